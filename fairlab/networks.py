"""Trained networks as plain arrays: what is needed to score people again, without torch.

Layer weights, the layer's frozen rule and the encoding of the columns are data; nothing here is
code that was stored. A result keeps them (see :class:`fairlab.results.SweepResult`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import expit

from fairlab.config import Mode
from fairlab.errors import InputError, UnknownNameError
from fairlab.outcomes import Array, FloatArray, IntArray

Weights = np.ndarray[Any, np.dtype[np.float32]]

# All networks of a result together; the scores of a thousand models on Adult take 150 MB.
MOST_BYTES = 64 * 2**20
PEOPLE_AT_ONCE = 65_536
_LIMIT = 50.0
_EDGE = 1e-6

DIRECTIONS = ("everyone", "favourable", "unfavourable", "correctness")


@dataclass(frozen=True, slots=True, eq=False)
class GroupRule:
    """The layer's frozen rule (see :class:`fairlab.projection.FrozenRule`) of m models as data.

    A score becomes ``clip(z − Σ_f shift[f, group] · direction_f(z), 0, 1)``, and is then drawn to
    ``centre`` by the share ``blend``.

    Attributes:
        by: Attributes whose crossing makes the groups, for each of the A compared groupings.
        group_names: Their groups.
        directions: Of each of the F families, grouping by grouping: ``everyone`` is 1,
            ``favourable`` q = P(y = 1 | z), ``unfavourable`` 1 − q, ``correctness`` 2q − 1.
        shift: (m, F, W) by family and group; W the most groups of any grouping.
        blend, centre: (m,).
        slope, intercept: (m,) of q = σ(slope · logit z + intercept); None where no direction
            needs it.
    """

    by: tuple[tuple[str, ...], ...]
    group_names: tuple[tuple[str, ...], ...]
    directions: tuple[str, ...]
    shift: FloatArray
    blend: FloatArray
    centre: FloatArray
    slope: FloatArray | None = None
    intercept: FloatArray | None = None

    def moves(self, place: int) -> bool:
        """Whether model ``place`` of the rule scores people of some groups differently."""
        return bool((self.shift[place] != 0).any())

    def apply(self, place: int, z: Weights, codes: IntArray) -> Weights:
        """(n,) scores from raw scores (n,) float32 and groups (n, A)."""
        score = z.astype(np.float64)
        moved = score.copy()
        each = len(self.directions) // len(self.by)
        chance = self._chance(place, score)
        for f, direction in enumerate(self.directions):
            own = self.shift[place, f, codes[:, f // each]]
            moved -= own * _way(direction, chance)
        p = np.clip(moved, 0.0, 1.0)
        p += self.blend[place] * (self.centre[place] - p)
        return p.astype(np.float32)

    def _chance(self, place: int, z: FloatArray) -> FloatArray | None:
        if self.slope is None or self.intercept is None:
            return None
        inside = np.clip(z, _EDGE, 1 - _EDGE)
        x = np.log(inside / (1 - inside))
        return np.asarray(expit(self.slope[place] * x + self.intercept[place]), dtype=np.float64)


def _way(direction: str, chance: FloatArray | None) -> FloatArray | float:
    if direction == "everyone":
        return 1.0
    if chance is None:
        raise InputError(f"A rule along {direction!r} needs its calibration. Train the run again.")
    if direction == "favourable":
        return chance
    return 1.0 - chance if direction == "unfavourable" else 2.0 * chance - 1.0


@dataclass(frozen=True, slots=True, eq=False)
class NetworkFamily:
    """Networks of the same shape.

    Attributes:
        mode: Their family.
        models: (m,) places on the models axis of the result.
        weights: Per layer (m, units out, units in); ReLU between layers. One layer: logistic
            regression.
        biases: Per layer (m, units out).
        rule: The layer's frozen rule, or None for the other modes.
    """

    mode: Mode
    models: IntArray
    weights: tuple[Weights, ...]
    biases: tuple[Weights, ...]
    rule: GroupRule | None = None

    @property
    def nbytes(self) -> int:
        """Memory of the weights."""
        return sum(one.nbytes for one in (*self.weights, *self.biases))


@dataclass(frozen=True, slots=True, eq=False)
class Networks:
    """All networks of a result, and what their features mean.

    Attributes:
        families: The networks; baselines of other libraries are not among them.
        feature_names: F names of encoded features.
        columns: Columns of the table the features are made of.
        origin: (F,) place in ``columns`` of each feature.
        encoding: The fitted encoding as data, to be read by
            :func:`fairlab.data.encoding_record.read_encoding`; None if it was not kept.
    """

    families: tuple[NetworkFamily, ...]
    feature_names: tuple[str, ...]
    columns: tuple[str, ...] = ()
    origin: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    encoding: Mapping[str, Any] | None = None

    def __contains__(self, index: object) -> bool:
        return any((family.models == index).any() for family in self.families)

    def uses_group(self, index: int) -> bool:
        """Whether the rule of model ``index`` looks at the group (features apart).

        Raises:
            UnknownNameError: If no weights of that model were kept.
        """
        family, place = self._find(index)
        return family.rule is not None and family.rule.moves(place)

    def compared(self, index: int) -> tuple[tuple[str, ...], ...]:
        """Attributes whose crossing the rule of model ``index`` looks at; () without a rule."""
        rule = self._find(index)[0].rule
        return () if rule is None else rule.by

    def logit(self, index: int, features: Array) -> Weights:
        """(n,) float32 output of the network before σ, for features (n, F).

        Raises:
            UnknownNameError: If no weights of that model were kept.
            InputError: If the features are not those the network was trained on.
        """
        family, place = self._find(index)
        x = np.asarray(features, dtype=np.float32)
        if x.ndim != 2 or x.shape[1] != family.weights[0].shape[2]:
            raise InputError(
                f"The network reads {family.weights[0].shape[2]} features per person; found an "
                f"array of shape {x.shape}. Encode the table with the result's own encoding."
            )
        pieces = [
            _forward(family, place, x[start : start + PEOPLE_AT_ONCE])
            for start in range(0, max(len(x), 1), PEOPLE_AT_ONCE)
        ]
        return np.concatenate(pieces)

    def raw(self, index: int, features: Array) -> Weights:
        """(n,) float32 scores before the layer's rule: σ of :meth:`logit`."""
        return np.asarray(expit(self.logit(index, features)), dtype=np.float32)

    def score(self, index: int, features: Array, group: Array | None = None) -> Weights:
        """(n,) float32 scores, equal to the stored ones to float32 rounding.

        Args:
            index: Which model of the result.
            features: (n, F) encoded features.
            group: (n,) codes of the compared groups, or (n, A) for several groupings (see
                :meth:`compared`); only the layer's rule reads it.

        Raises:
            UnknownNameError, InputError: As :meth:`logit`; a rule without groups, or groups it
                does not know.
        """
        family, place = self._find(index)
        z = self.raw(index, features)
        if family.rule is None:
            return z
        return family.rule.apply(place, z, _codes(family.rule, group, len(z)))

    def coefficients(self, index: int) -> tuple[FloatArray, float]:
        """Coefficients (F,) and intercept of a logistic regression, in log-odds.

        Raises:
            InputError: If the model has hidden layers.
        """
        family, place = self._find(index)
        if len(family.weights) > 1:
            raise InputError(
                f"Model {index} is a network with {len(family.weights) - 1} hidden layer(s) and "
                "has no coefficients. Train with model kind 'logistic' to read coefficients."
            )
        own = family.weights[0][place, 0].astype(np.float64)
        return own, float(family.biases[0][place, 0])

    @property
    def nbytes(self) -> int:
        """Memory of all weights."""
        return sum(family.nbytes for family in self.families)

    def _find(self, index: int) -> tuple[NetworkFamily, int]:
        for family in self.families:
            where = np.flatnonzero(family.models == index)
            if len(where):
                return family, int(where[0])
        raise UnknownNameError(
            f"No weights of model {index} were kept: it is a model of another library, or the run "
            "was too large or is of an earlier fairlab. Choose a network, or train the run again."
        )


def bounded(networks: Networks) -> tuple[Networks | None, tuple[str, ...]]:
    """The networks if they take at most ``MOST_BYTES``, else None and why, in a sentence."""
    if networks.nbytes <= MOST_BYTES:
        return networks, ()
    return None, (too_heavy(networks.nbytes),)


def too_heavy(nbytes: int) -> str:
    """Why networks of so many bytes together are not kept, in a sentence."""
    return (
        f"The weights of the models ({nbytes / 2**20:,.0f} MB) are not kept: at most "
        f"{MOST_BYTES / 2**20:.0f} MB are. Scores are; what a model looks at cannot be shown. "
        "Train fewer models at a time to keep them."
    )


def _forward(family: NetworkFamily, place: int, x: Weights) -> Weights:
    h = x
    last = len(family.weights) - 1
    for layer, (weight, bias) in enumerate(zip(family.weights, family.biases, strict=True)):
        h = h @ weight[place].T + bias[place]
        if layer < last:
            np.maximum(h, 0, out=h)
    out = np.nan_to_num(h[:, 0], nan=0.0, posinf=_LIMIT, neginf=-_LIMIT)
    return np.asarray(out, dtype=np.float32)


def _codes(rule: GroupRule, group: Array | None, n: int) -> IntArray:
    if group is None:
        raise InputError(
            f"This model's rule looks at {_in_words(rule.by)}; no groups were given. Pass group."
        )
    codes = np.asarray(group, dtype=np.int64)
    codes = codes[:, None] if codes.ndim == 1 else codes
    if codes.shape != (n, len(rule.by)):
        raise InputError(
            f"The rule needs {len(rule.by)} group(s) of each of {n} people ({_in_words(rule.by)}); "
            f"found an array of shape {codes.shape}."
        )
    for names, own in zip(rule.group_names, codes.T, strict=True):
        if len(own) and (own.min() < 0 or own.max() >= len(names)):
            raise InputError(
                f"Groups run from {own.min()} to {own.max()}; the rule knows 0 to "
                f"{len(names) - 1}. Use the codes of the result."
            )
    return codes


def _in_words(by: Sequence[Sequence[str]]) -> str:
    return ", ".join(" × ".join(names) for names in by)
