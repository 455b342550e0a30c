"""Which criteria of fairness can hold together, and how far apart they pull at least."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pandas as pd

from fairlab.errors import InputError
from fairlab.impossibility.attained import AttainedRule, attained_rule
from fairlab.impossibility.certificates import Certificate
from fairlab.impossibility.criteria import CRITERIA, expand
from fairlab.impossibility.least_conflict import TOLERANCE, Found
from fairlab.impossibility.reach import LEAST_SHARE, TELLS_APART, Reach, reach_of
from fairlab.impossibility.search import least_conflict
from fairlab.metrics import RATES
from fairlab.outcomes import FloatArray, GroupedOutcomes
from fairlab.sweeps import thinned_sweep


@dataclass(frozen=True, slots=True, eq=False)
class Compatibility:
    """The least worst gap of one set of criteria on these people.

    Attributes:
        criteria: Names in ``CRITERIA``.
        lower: No rule that counts has a worst gap below this; proved by ``certificate``.
        upper: The worst gap of ``rule``, counted on the people. Equal to ``lower`` up to the
            table's tolerance. Both None where undefined.
        gaps: All gaps of ``rule``, by name in ``GAPS``: those asked for and the others.
        accuracy: Expected accuracy of ``rule``: the best there is with this worst gap where all
            criteria are linear, the best that was found where not.
        rule: Attains ``upper``.
        certificate: Multipliers that prove ``lower``.
        why_undefined: In a sentence; "" when there is a value.
    """

    criteria: tuple[str, ...]
    lower: float | None
    upper: float | None
    gaps: Mapping[str, float | None]
    accuracy: float | None
    rule: AttainedRule | None
    certificate: Certificate | None
    why_undefined: str = ""

    @property
    def label(self) -> str:
        """The criteria in words."""
        return " + ".join(CRITERIA[name].label for name in self.criteria)


@dataclass(frozen=True, slots=True, eq=False)
class CompatibilityTable:
    """Least worst gaps of sets of criteria, with proofs.

    Attributes:
        entries: One per set, small sets first.
        criteria: The criteria that were combined.
        reach: The rules that count, which every proof speaks of.
        tolerance: Largest distance of ``upper`` from ``lower`` that was asked for.
        notes: What counts, what was left out, in sentences.
        solved: What was found for each set, from which larger sets start.
    """

    entries: tuple[Compatibility, ...]
    criteria: tuple[str, ...]
    reach: Reach
    tolerance: float
    notes: tuple[str, ...]
    solved: Mapping[tuple[str, ...], Found] = field(default_factory=dict, repr=False)

    @property
    def settings(self) -> tuple[float, float, float]:
        """Accuracy given up, least share selected, and distance of TPR and FPR kept."""
        return self.reach.within, self.reach.least_share, self.reach.tells_apart

    def entry(self, *names: str) -> Compatibility:
        """The entry of a set of criteria; ``equalized_odds`` stands for its two.

        Raises:
            UnknownNameError: For an unknown criterion.
            InputError: If the set is not in the table.
        """
        wanted = expand(names)
        for one in self.entries:
            if one.criteria == wanted:
                return one
        raise InputError(
            f"The table has no entry for {', '.join(wanted)}. It combines "
            f"{', '.join(self.criteria)}; ask compatibility() for more criteria or sizes."
        )

    def check(self, *, exact: bool = False) -> bool:
        """Whether every proof holds, without a solver; see :meth:`Certificate.check`."""
        proofs = [one.certificate for one in self.entries if one.certificate is not None]
        return all(proof.check(self.reach, exact=exact) for proof in proofs)

    def to_frame(self) -> pd.DataFrame:
        """One row per set of criteria; shares in [0, 1], missing where undefined."""
        return pd.DataFrame(
            {
                "criteria": [" + ".join(one.criteria) for one in self.entries],
                "lower": [one.lower for one in self.entries],
                "upper": [one.upper for one in self.entries],
                "accuracy": [one.accuracy for one in self.entries],
                "why_undefined": [one.why_undefined for one in self.entries],
            }
        )


def compatibility(
    outcomes: GroupedOutcomes,
    criteria: Sequence[str] = tuple(CRITERIA),
    within: float = 0.02,
    size: Sequence[int] = (1, 2, 3),
    *,
    least_share: float = LEAST_SHARE,
    tells_apart: float = TELLS_APART,
    tolerance: float = TOLERANCE,
    known: CompatibilityTable | None = None,
) -> CompatibilityTable:
    """The least worst gap any rule by group thresholds can reach, for every set of criteria.

    The worst gap is the largest, over the criteria of the set, of the range of its rate over all
    groups. Rules may mix thresholds. A rule counts if it

    1. is expected to select at least ``least_share`` of every group and to refuse as many, so
       that PPV and NPV exist everywhere;
    2. is at most ``within`` less accurate than the most accurate rule with (1);
    3. keeps at least ``tells_apart`` of that rule's TPR − FPR, averaged over people by group. A
       rule that ignores the score has TPR = FPR and never counts if the score says anything.

    Sets of linear criteria (demographic parity, equal opportunity, predictive equality, accuracy
    parity) are one linear programme over the groups' ROC hulls. Predictive parities are linear
    only at a given lowest value: a branch and bound over it leaves an interval [lower, upper].

    Demographic parity against the other criteria is a conflict of its own, not part of the
    theorems of Chouldechova or of Kleinberg, Mullainathan and Raghavan. Everything is said of
    these people; see :func:`fairlab.impossibility.conflict_by_chance` for what chance can do.

    Args:
        outcomes: Labelled, scored people.
        criteria: Names in ``CRITERIA``; ``equalized_odds`` adds equal opportunity and predictive
            equality.
        within: In [0, 1].
        size: How many criteria to combine: 1, 2, 3 or more.
        least_share, tells_apart: See above; in (0, 0.5] and [0, 1].
        tolerance: Width of [lower, upper] at most, unless ``notes`` say so.
        known: A table of the same people and settings: its entries are taken over, not solved
            again. Whether the people are the same is not checked.

    Raises:
        UnknownNameError: For an unknown criterion.
        InputError: For a setting outside its range.

    Source: Hardt, Price and Srebro 2016, section 4, for the polygons; weak duality for proofs.
    """
    names = expand(tuple(criteria))
    if not size or min(size) < 1:
        raise InputError(f"Sizes must be 1 or more criteria; found {tuple(size)}.")
    if not 0 < tolerance <= 1:
        raise InputError(f"The tolerance must be above 0 and at most 1; found {tolerance!r}.")
    settings = (within, least_share, tells_apart)
    if known is None or (known.settings, known.tolerance) != (settings, tolerance):
        known = None
    reach = reach_of(thinned_sweep(outcomes), *settings) if known is None else known.reach
    earlier = {} if known is None else {one.criteria: one for one in known.entries}
    found: dict[tuple[str, ...], Found] = {} if known is None else dict(known.solved)
    entries = []
    for many in sorted(set(size)):
        for one in combinations(names, many):
            if one in earlier:
                entries.append(earlier[one])
                continue
            why = _why_undefined(reach, one)
            if why:
                entries.append(Compatibility(one, None, None, {}, None, None, None, why))
                continue
            found[one] = _find(reach, one, found, tolerance)
            entries.append(_entry(outcomes, reach, one, found[one]))
    notes = _notes(reach, names, entries, tolerance)
    return CompatibilityTable(tuple(entries), names, reach, tolerance, notes, found)


def _find(
    reach: Reach,
    criteria: tuple[str, ...],
    found: Mapping[tuple[str, ...], Found],
    tolerance: float,
) -> Found:
    """Solve one set, with what is known of its parts."""
    parts = [found[p] for p in combinations(criteria, len(criteria) - 1) if p in found]
    known = max((p.certificate for p in parts), key=lambda c: c.bound, default=None)
    starts = [max(parts, key=lambda p: p.upper).points] if parts else []
    return least_conflict(reach, criteria, tolerance=tolerance, starts=starts, known=known)


def _entry(
    outcomes: GroupedOutcomes, reach: Reach, criteria: tuple[str, ...], found: Found
) -> Compatibility:
    """The optimum as a record, its rule measured by counting people."""
    rule = attained_rule(reach, found.points, outcomes.group_names)
    counts = rule.expected_counts(outcomes)
    gaps = {CRITERIA[name].gap: _range(CRITERIA[name].rated(counts)) for name in CRITERIA}
    gaps["equalized_odds_difference"] = _range_of_odds(gaps)
    worst = max(gaps[CRITERIA[name].gap] or 0.0 for name in criteria)
    return Compatibility(
        criteria=criteria,
        lower=max(0.0, min(found.certificate.bound, worst)),
        upper=worst,
        gaps=gaps,
        accuracy=float(RATES["accuracy"](counts.overall())[0]),
        rule=rule,
        certificate=found.certificate,
    )


def _range(rates: FloatArray) -> float | None:
    defined = rates[~np.isnan(rates)]
    return float(np.ptp(defined)) if len(defined) > 1 else None


def _range_of_odds(gaps: Mapping[str, float | None]) -> float | None:
    two = [gaps[CRITERIA[n].gap] for n in ("equal_opportunity", "predictive_equality")]
    known = [v for v in two if v is not None]
    return max(known) if known else None


def _why_undefined(reach: Reach, criteria: tuple[str, ...]) -> str:
    for name in criteria:
        compared = reach.compared(name)
        if compared.sum() < 2:
            lacking = [g for g, c in zip(reach.group_names, compared, strict=True) if not c]
            rate = CRITERIA[name].rated
            reasons = "; ".join(f"no one in {g} {rate.condition}" for g in lacking)
            return (
                f"Undefined: fewer than two groups have a {rate.label.lower()}"
                f"{f' ({reasons})' if reasons else ''}."
            )
    return ""


def _notes(
    reach: Reach, names: Sequence[str], entries: Sequence[Compatibility], tolerance: float
) -> tuple[str, ...]:
    notes = [
        f"Rules that count select at least {100 * reach.least_share:.3g} % of every group and "
        f"refuse as many, are within {100 * reach.within:.3g} points of the best accuracy "
        f"({100 * reach.best_accuracy:.1f} %), and keep at least {100 * reach.tells_apart:.0f} % "
        "of the most accurate rule's distance between true and false positive rate."
    ]
    constant = float(reach.sizes.max(axis=1).sum() / reach.n)
    if constant >= reach.accuracy_floor:
        notes.append(
            f"Deciding everyone of a group alike would be {100 * constant:.1f} % accurate, close "
            "enough to the best. Such rules are excluded because they ignore the score."
        )
    for name in names:
        left = [g for g, c in zip(reach.group_names, reach.compared(name), strict=True) if not c]
        if left:
            rate = CRITERIA[name].rated
            notes.append(
                f"Left out of {CRITERIA[name].label}: {', '.join(left)} (no one there "
                f"{rate.condition})."
            )
    wide = [
        one
        for one in entries
        if one.upper is not None and one.lower is not None and one.upper - one.lower > tolerance
    ]
    if wide:
        notes.append(
            "Known less precisely than asked: " + "; ".join(one.label for one in wide) + "."
        )
    return tuple(notes)
