"""Numbers of the chosen model in every split, with intervals, small cells hidden."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from fairlab.config import CONSTRAINT_GAPS, Choice
from fairlab.decision.chosen import people_decided
from fairlab.decision.fingerprints import check_of_scores
from fairlab.decision.parts import (
    MOST_GROUPS,
    FoldNumbers,
    GroupingNumbers,
    GroupNumbers,
    Measured,
    MeasuredGap,
    Split,
    SplitNumbers,
)
from fairlab.errors import UnknownNameError
from fairlab.metrics import GAPS, RATES, Audit, GapResult, GroupRate, audit, resampling
from fairlab.metrics.people_gaps import gap_of_people
from fairlab.metrics.suppression import hidden_sizes, suppress
from fairlab.outcomes import Array, Counts, count
from fairlab.pareto.folds import fold_summaries
from fairlab.pareto.measured import Measured as Spread
from fairlab.results import SweepResult

RECORDED_RATES = ("selection_rate", "base_rate", "accuracy", "tpr", "fpr", "ppv", "npv")
DRAWS, SEED, LEVEL = resampling.DRAWS, resampling.SEED, 0.95
DIGITS = 6
_SPLITS: tuple[Split, ...] = ("train", "validation", "test")


def split_numbers(
    result: SweepResult, index: int, choice: Choice, salt: str, smallest: int
) -> tuple[SplitNumbers, ...]:
    """Every split the result has, in the groups its run compared.

    Args:
        result: A sweep.
        index: The model.
        choice: It, with its threshold or thresholds.
        salt: Of the checks.
        smallest: Cells of fewer people are hidden, and what would give them away; 0 hides nothing.
    """
    return tuple(
        SplitNumbers(
            split=split,
            people=len(result.splits[split].y_true),
            groupings=groupings_of(result, index, choice, split, smallest),
            scores=check_of_scores(result.splits[split].score[index], salt),
        )
        for split in _SPLITS
        if split in result.splits
    )


def groupings_of(
    result: SweepResult, index: int, choice: Choice, split: str, smallest: int
) -> tuple[GroupingNumbers, ...]:
    """One split in each grouping. What one grouping must not say of everyone, none says."""
    people, cut = people_decided(result, index, choice, split)
    outcomes = [people.outcomes(by) for by in result.groupings]
    audits = [audit(one, cut, DRAWS, SEED, level=LEVEL, has_scores=False) for one in outcomes]
    shown = [suppress(one, smallest, sizes=True) for one in audits]
    whole = any(one.whole_hidden for one in shown)
    return tuple(
        _grouping(by, one, kept, count(replace(people, weight=None), cut), smallest, whole)
        for by, one, kept, people in zip(result.groupings, audits, shown, outcomes, strict=True)
    )


def _grouping(
    by: tuple[str, ...], found: Audit, shown: Audit, cells: Counts, smallest: int, whole: bool
) -> GroupingNumbers:
    people = _sizes(found, smallest)
    order = np.argsort(-found.sizes, kind="stable")
    listed = np.sort(order[:MOST_GROUPS])
    together = cells.overall()
    groups = tuple(
        _group(
            people[g],
            {name: shown.rates[name].groups[g] for name in RECORDED_RATES},
            {name: _behind(name, cells, int(g)) for name in RECORDED_RATES},
            shown.why_hidden,
        )
        for g in listed
        if found.sizes[g] > 0
    )
    return GroupingNumbers(
        by=by,
        everyone=_group(
            int(cells.n.sum()),
            {name: shown.rates[name].everyone for name in RECORDED_RATES},
            {name: _behind(name, together, 0) for name in RECORDED_RATES},
            shown.why_hidden,
            whole=whole,
        ),
        gaps={name: _gap(gap, cells) for name, gap in shown.gaps.items() if not gap.hidden},
        hidden_gaps=tuple(name for name, gap in shown.gaps.items() if gap.hidden),
        groups=groups,
        groups_left_out=int((found.sizes > 0).sum()) - len(groups),
    )


def _sizes(found: Audit, smallest: int) -> list[int | None]:
    """People of each group; None of small ones, and of one more where a single one is small."""
    gone = hidden_sizes(found.sizes, smallest)
    return [None if hidden else int(n) for n, hidden in zip(found.sizes, gone, strict=True)]


def _behind(name: str, cells: Counts, place: int) -> int:
    """People a rate divides by, weights aside."""
    return int(np.asarray(RATES[name].denominator(cells))[place])


def _group(
    people: int | None,
    rates: Mapping[str, GroupRate],
    behind: Mapping[str, int],
    why_hidden: str,
    *,
    whole: bool = False,
) -> GroupNumbers:
    """One group; with ``whole`` nothing of it is shown but how many people it has.

    Where not even that is shown, no rate is: a rate's interval, and its n, tell of how many.
    """
    whole = whole or people is None
    gone = [n for n, rate in rates.items() if whole or (why_hidden and rate.why == why_hidden)]
    return GroupNumbers(
        group=next(iter(rates.values())).group,
        people=people,
        rates={n: _rate(rate, behind[n]) for n, rate in rates.items() if n not in gone},
        hidden=tuple(gone),
    )


def _rate(rate: GroupRate, n: int) -> Measured:
    if rate.value is None:
        return Measured(why="undefined", n=n)
    return Measured(
        value=_digits(rate.value), lower=_digits(rate.lower), upper=_digits(rate.upper), n=n
    )


def _gap(gap: GapResult, cells: Counts) -> MeasuredGap:
    if gap.value is None:
        return MeasuredGap(why="undefined")
    return MeasuredGap(
        value=_digits(gap.value),
        lower=_digits(gap.lower),
        upper=_digits(gap.upper),
        highest=gap.highest,
        lowest=gap.lowest,
        n=_fewest(gap.name, cells),
    )


def _fewest(name: str, cells: Counts) -> int:
    """People its rates divide by in the group with fewest of those that are compared."""
    behind = [_denominator(rate.name, cells) for rate in GAPS[name].rates]
    return int(min(n[n > 0].min() for n in behind if (n > 0).any()))


def _denominator(name: str, cells: Counts) -> Array:
    """People behind a rate in each group; of a ratio of two counts those it counts below."""
    if name == "balanced_accuracy":
        return np.asarray(np.minimum(cells.tp + cells.fn, cells.fp + cells.tn))
    return np.asarray(RATES[name].denominator(cells))


def considered_numbers(
    result: SweepResult, index: int, choice: Choice, constraint: str, smallest: int
) -> dict[str, dict[str, Measured]]:
    """Accuracy and the gap of one constraint on validation and test people, for an alternative."""
    found = {}
    for split in ("validation", "test"):
        if split not in result.splits:
            continue
        groupings = groupings_of(result, index, choice, split, smallest)
        numbers = {"accuracy": accuracy_of(groupings)}
        name = CONSTRAINT_GAPS.get(constraint)
        if name is not None:
            numbers[name] = _considered_gap(result, index, choice, split, groupings, name)
        found[split] = numbers
    return found


def _considered_gap(
    result: SweepResult,
    index: int,
    choice: Choice,
    split: str,
    groupings: Sequence[GroupingNumbers],
    name: str,
) -> Measured:
    """The widest gap over the groupings, its interval that of the widest as one number."""
    gap = widest(groupings, name).model_dump(exclude={"highest", "lowest"})
    if len(groupings) > 1 and gap["value"] is not None:
        people, cut = people_decided(result, index, choice, split)
        outcomes = [people.outcomes(by) for by in result.groupings]
        whole = gap_of_people(outcomes, cut, name, draws=DRAWS, seed=SEED, level=LEVEL)
        gap.update(lower=_digits(whole.lower), upper=_digits(whole.upper))
    return Measured.model_validate(gap)


def accuracy_of(groupings: Sequence[GroupingNumbers]) -> Measured:
    """Everyone's accuracy, the same in every grouping."""
    return groupings[0].everyone.rates.get("accuracy", Measured(why="hidden"))


def widest(groupings: Sequence[GroupingNumbers], name: str) -> MeasuredGap:
    """A difference in the grouping where it is widest; hidden where it is in any."""
    if any(name in one.hidden_gaps for one in groupings):
        return MeasuredGap(why="hidden")
    gaps = [one.gaps[name] for one in groupings]
    return max(gaps, key=lambda gap: -1.0 if gap.value is None else gap.value)


def folds_of(result: SweepResult, index: int, results: tuple[SplitNumbers, ...]) -> (
    FoldNumbers | None
):  # fmt: skip
    """The model's place over all folds; hidden where the first fold's numbers are."""
    if result.folds is None:
        return None
    one = next((s for s in fold_summaries(result) if s.index == index), None)
    if one is None:
        raise UnknownNameError(f"There is no model {index} over the folds of this sweep.")
    test = next(s for s in results if s.split == "test").groupings
    alone = accuracy_of(test).why != "hidden"
    gap = widest(test, CONSTRAINT_GAPS[result.constraint]).why != "hidden"
    return FoldNumbers(
        folds=one.folds,
        accuracy=_spread(one.accuracy, shown=alone),
        gap=_spread(one.gap, shown=gap),
        accuracy_sd=_digits(one.accuracy_sd) if alone else None,
        gap_sd=_digits(one.gap_sd) if gap else None,
    )


def _spread(found: Spread, *, shown: bool) -> Measured:
    if not shown:
        return Measured(why="hidden")
    if found.value is None:
        return Measured(why="undefined")
    lower, upper = _digits(found.lower), _digits(found.upper)
    return Measured(value=_digits(found.value), lower=lower, upper=upper)


def shown_score_gaps(gaps: Mapping[str, float | None]) -> dict[str, float | None]:
    """Gaps of mean scores by split."""
    return {split: _digits(value) for split, value in gaps.items()}


def _digits(value: float | None) -> float | None:
    return None if value is None else round(float(value), DIGITS) + 0.0
