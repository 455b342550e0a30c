"""The threshold frontier of a trained model: fitted on validation people, measured on others."""

from dataclasses import dataclass, replace

import numpy as np

from fairlab.errors import InputError
from fairlab.frontier.evaluated import EvaluatedFrontier
from fairlab.frontier.problem import gap_of
from fairlab.frontier.programme import Frontier, threshold_frontier
from fairlab.outcomes import GroupedOutcomes, count
from fairlab.results import SweepResult

# With more groups, fitting anew in every draw takes seconds.
QUICK_GROUPS = 6


@dataclass(frozen=True, slots=True, eq=False)
class RunFrontier:
    """What thresholds per group can make of one model's scores.

    Attributes:
        index: The model.
        by: Attributes whose crossing makes the groups.
        split: The people it is measured on.
        frontier: Fitted on validation people.
        measured: Its rules on the people of ``split``.
        fitted_on, measured_on: Numbers of people.
        notes: Who was left out, in sentences.
    """

    index: int
    by: tuple[str, ...]
    split: str
    frontier: Frontier
    measured: EvaluatedFrontier
    fitted_on: int
    measured_on: int
    notes: tuple[str, ...]


def unmitigated_model(result: SweepResult) -> int | None:
    """The model with nothing done about its gap that is right most often on validation people.

    Of those that have scores; the first of equals. None if the sweep has none.
    """
    return _most_accurate(result, [p.index for p in result.points if p.baseline])


def most_accurate_model(result: SweepResult) -> int | None:
    """The model that is right most often on validation people, of those that have scores."""
    return _most_accurate(result, [p.index for p in result.points])


def frontier_of_run(
    result: SweepResult, index: int, split: str = "test", *, draws: int = 200, seed: int = 0
) -> RunFrontier:
    """The frontier of the run's own constraint and groups for one model's scores.

    Where that is quick (one bounded rate, few groups) bands hold the noise of both people, else
    that of ``split`` alone; ``measured.refitted`` says which.

    People of ``split`` in groups nobody of the validation people is in are left out, and said.

    Args:
        result: A finished sweep.
        index: Which model's scores.
        split: On whom its rules are measured.
        draws, seed: For the bands.

    Raises:
        InputError: Saying why there is none: several attributes each by itself, decisions
            without scores, or fewer than two groups with the rate.
        UnknownNameError: For an unknown model or split.
    """
    if len(result.groupings) > 1:
        raise InputError(
            f"This run compares {result.groups_in_words}, each by itself. Thresholds per group "
            "are set for one grouping, so their frontier would have another vertical axis. Train "
            "for one attribute, or for combinations, to see it."
        )
    people, others = (result.scored(index, name) for name in ("validation", split))
    if not people.has_scores:
        raise InputError("This model draws its decisions: there is no score to set thresholds on.")
    by = result.groupings[0]
    fitted = people.outcomes(by)
    frontier = threshold_frontier(fitted, result.constraint)
    quick = len(gap_of(result.constraint).rates) == 1 and fitted.n_groups <= QUICK_GROUPS
    measured_on, notes = _known(others.outcomes(by), frontier)
    return RunFrontier(
        index,
        by,
        split,
        frontier,
        frontier.evaluate(measured_on, draws, seed, refit=fitted if quick else None),
        fitted.n,
        measured_on.n,
        (*frontier.notes, *notes),
    )


def _known(people: GroupedOutcomes, frontier: Frontier) -> tuple[GroupedOutcomes, tuple[str, ...]]:
    """The people the frontier has thresholds for, and who is left out."""
    known = np.array([name in frontier.group_names for name in people.group_names])[people.group]
    if known.all():
        return people, ()
    left = sorted({people.group_names[g] for g in people.group[~known]})
    note = (
        f"{int((~known).sum())} of {people.n} people are left out of the frontier: no one in "
        f"{', '.join(left)} was among those it was fitted on."
    )
    if not known.any():
        raise InputError(note)
    weight = None if people.weight is None else people.weight[known]
    kept = replace(
        people,
        y_true=people.y_true[known],
        score=people.score[known],
        group=people.group[known],
        weight=weight,
    )
    return kept, (note,)


def _most_accurate(result: SweepResult, indices: list[int]) -> int | None:
    best, found = -1.0, None
    for index in indices:
        people = result.scored(index, "validation")
        if not people.has_scores or not np.isfinite(people.score).all():
            continue
        counts = count(people.outcomes(result.groupings[0]), result.threshold)
        accuracy = float((counts.tp + counts.tn).sum() / counts.n.sum())
        if accuracy > best:
            best, found = accuracy, index
    return found
