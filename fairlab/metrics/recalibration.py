"""Scores recalibrated: one curve for everybody, or one for each group.

A recalibrated score comes from curves fitted on *other* people: validation people, or by
cross-fitting the people of the other folds. Nobody's own outcome enters her own score.
Recalibration within groups makes scores mean the same in every group. It does not make decisions
equally often right: with unequal base rates the two exclude each other (Kleinberg, Mullainathan,
Raghavan 2016; Pleiss and others 2017).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from fairlab.errors import InputError
from fairlab.metrics.calibration import scores_are_probabilities
from fairlab.metrics.score_maps import METHODS, Method, ScoreMap, fit_map
from fairlab.outcomes import FloatArray, GroupedOutcomes, IntArray

SMALLEST_GROUP = 100
FEWEST_OUTCOMES = 10
_STEEP = 1000
_FORMAT = "fairlab recalibration 1"


@dataclass(frozen=True, slots=True)
class Recalibration:
    """Curves fitted on some people, to be applied to others. Build with :func:`fit_recalibration`.

    Attributes:
        method: ``isotonic`` or ``platt``.
        per_group: Whether groups have curves of their own.
        group_names: Groups it knows.
        pooled: The curve of everybody; used where a group has none of its own.
        maps: One curve per group, None for the pooled one; () when not ``per_group``.
        people: People each group was fitted on.
        notes: Groups that use the pooled curve and why, and other findings, in sentences.
    """

    method: Method
    per_group: bool
    group_names: tuple[str, ...]
    pooled: ScoreMap
    maps: tuple[ScoreMap | None, ...]
    people: tuple[int, ...]
    notes: tuple[str, ...] = ()

    @property
    def uses_attribute_when_deciding(self) -> bool:
        """Whether a recalibrated score needs the person's group."""
        return any(own is not None for own in self.maps)

    def apply(
        self,
        score: ArrayLike,
        group: ArrayLike | None = None,
        group_names: Sequence[str] | None = None,
    ) -> FloatArray:
        """Recalibrated scores in [0, 1] of new people. Needs no outcomes.

        Args:
            score: (n,) finite scores on the scale it was fitted on.
            group: (n,) indices into ``group_names``; needed where groups have own curves.
            group_names: Names of those groups, matched by name; None is the order of the fit. A
                group that was not there gets the pooled curve.

        Raises:
            InputError: If groups are needed and missing, of another length or out of range.
        """
        scores = np.asarray(score, dtype=np.float64)
        found = self.pooled.apply(scores)
        if not self.uses_attribute_when_deciding:
            return found
        names = self.group_names if group_names is None else tuple(group_names)
        codes = None if group is None else np.asarray(group)
        if codes is None or codes.shape != scores.shape or codes.dtype.kind not in "iu":
            raise InputError(
                "These scores are recalibrated group by group: give one group index per score."
            )
        if codes.size and (codes.min() < 0 or codes.max() >= len(names)):
            raise InputError(
                f"Groups run from {codes.min()} to {codes.max()}; there are {len(names)} names. "
                "Pass group_names, or indices into the groups of the fit."
            )
        own = dict(zip(self.group_names, self.maps, strict=True))
        for g, name in enumerate(names):
            curve = own.get(name)
            if curve is not None:
                inside = codes == g
                found[inside] = curve.apply(scores[inside])
        return found

    def to_outcomes(self, outcomes: GroupedOutcomes) -> GroupedOutcomes:
        """The same people with recalibrated scores; their outcomes are carried, never used."""
        score = self.apply(outcomes.score, outcomes.group, outcomes.group_names)
        score.setflags(write=False)
        return replace(outcomes, score=score)

    def to_json(self) -> str:
        """Strict JSON that :meth:`from_json` reads back to the same curves."""
        record = {
            "format": _FORMAT,
            "method": self.method,
            "per_group": self.per_group,
            "group_names": list(self.group_names),
            "pooled": self.pooled.to_record(),
            "maps": [None if own is None else own.to_record() for own in self.maps],
            "people": list(self.people),
            "notes": list(self.notes),
        }
        return json.dumps(record, allow_nan=False, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Recalibration":
        """Read back :meth:`to_json`.

        Raises:
            InputError: For text that is not such an export.
        """
        try:
            record = json.loads(text.removeprefix("\ufeff"))
            if record["format"] != _FORMAT or record["method"] not in METHODS:
                raise KeyError("format")
            maps, names = record["maps"], record["group_names"]
            if not all(
                isinstance(record[k], list) for k in ("maps", "group_names", "people", "notes")
            ):
                raise TypeError("lists")
            if not all(isinstance(name, str) for name in names) or len(set(names)) != len(names):
                raise ValueError("group names")
            "".join(names).encode()  # half of a surrogate pair cannot be written again
            found = cls(
                record["method"],
                record["per_group"] is True,
                tuple(names),
                ScoreMap.from_record(record["pooled"]),
                tuple(None if own is None else ScoreMap.from_record(own) for own in maps),
                tuple(int(n) for n in record["people"]),
                tuple(str(note) for note in record["notes"]),
            )
        except (TypeError, KeyError, ValueError, OverflowError, RecursionError) as error:
            raise InputError(
                "This is not a recalibration exported by fairlab. Export it again with to_json()."
            ) from error
        if len(found.maps) != (len(found.group_names) if found.per_group else 0):
            raise InputError(
                f"{len(found.maps)} curves for {len(found.group_names)} groups: the export is cut "
                "short. Export the recalibration again."
            )
        return found


def fit_recalibration(
    outcomes: GroupedOutcomes,
    method: Method = "isotonic",
    *,
    per_group: bool = True,
    smallest: int = SMALLEST_GROUP,
) -> Recalibration:
    """Fit curves on people whose outcomes are known; apply them to others.

    Any finite score will do: the result lies in [0, 1].

    Args:
        outcomes: People to fit on, for example validation people.
        method: ``isotonic`` or ``platt``; see :func:`fairlab.metrics.score_maps.fit_map`.
        per_group: Give each group a curve of its own, where it has at least ``smallest`` people and
            10 with either outcome; others use the pooled curve and a note says so.
        smallest: Fewest people for a curve of one's own.

    Raises:
        InputError: For an unknown method, or if everybody has the same outcome.
    """
    if method not in METHODS:
        raise InputError(f"There is no method {method!r}. Known: {', '.join(METHODS)}.")
    favourable = int(outcomes.y_true.sum())
    if favourable in (0, outcomes.n):
        raise InputError(
            f"Recalibration needs people with both outcomes; all {outcomes.n} people have the "
            f"{'favourable' if favourable else 'unfavourable'} one. Fit on other people."
        )
    in_unit = scores_are_probabilities(outcomes)
    y, score, weight = outcomes.y_true, outcomes.score, outcomes.weight
    pooled = fit_map(score, y, weight, method, in_unit)
    n = np.bincount(outcomes.group, minlength=outcomes.n_groups)
    ones = np.bincount(outcomes.group, y, minlength=outcomes.n_groups)
    maps: list[ScoreMap | None] = []
    notes = []
    for g, name in enumerate(outcomes.group_names if per_group else ()):
        fewer = int(min(ones[g], n[g] - ones[g]))
        if n[g] < smallest or fewer < FEWEST_OUTCOMES:
            maps.append(None)
            if n[g]:
                notes.append(
                    f"{name} uses the curve of everybody: {n[g]:,} people, {fewer:,} of them with "
                    f"the rarer outcome; its own would take {smallest:,} and {FEWEST_OUTCOMES}."
                )
            continue
        inside = outcomes.group == g
        own = None if weight is None else weight[inside]
        maps.append(fit_map(score[inside], y[inside], own, method, in_unit))
    notes += _findings(method, pooled, maps, outcomes.group_names, n)
    return Recalibration(
        method,
        per_group,
        outcomes.group_names,
        pooled,
        tuple(maps),
        tuple(int(v) for v in n),
        tuple(notes),
    )


def _findings(
    method: Method,
    pooled: ScoreMap,
    maps: Sequence[ScoreMap | None],
    names: Sequence[str],
    n: IntArray,
) -> list[str]:
    curves = [("everybody", pooled, int(n.sum()))]
    curves += [
        (name, own, int(n[g]))
        for g, (name, own) in enumerate(zip(names, maps, strict=False))
        if own is not None
    ]
    if method == "platt":
        falling = [name for name, curve, _ in curves if curve.slope < 0]
        return [
            f"Among {name} higher scores go with fewer favourable outcomes: the curve falls."
            for name in falling
        ]
    few = [name for name, _, people in curves if people < _STEEP]
    if not few:
        return []
    return [
        f"Isotonic curves of fewer than {_STEEP:,} people follow chance: {', '.join(few)}. Platt's "
        "curve needs fewer."
    ]
