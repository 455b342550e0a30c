"""Which model of a sweep a choice names, and what it decides."""

from fairlab.config import Choice
from fairlab.errors import InputError
from fairlab.results import ScoredPeople, SweepResult
from fairlab.sweeps.cuts import decided

# What tells the models of a sweep apart, in results and in choices.
_NAMED_BY = ("mode", "method", "strength", "slack", "place", "seed")


def chosen_index(result: SweepResult, choice: Choice) -> int:
    """The model of a sweep that a choice names.

    Raises:
        InputError: If the sweep has no such model.
    """
    wanted = [getattr(choice, name) for name in _NAMED_BY]
    for point in result.points:
        if [getattr(point, name) for name in _NAMED_BY] == wanted:
            return point.index
    if choice.mode == "baseline":
        raise InputError(
            f"The choice names the baseline {choice.method}, which this sweep did not train with "
            "these settings. Correct the choice, or add the baseline to the sweep."
        )
    dial = f"slack {choice.slack:g}" if choice.slack is not None else f"strength {choice.strength}"
    raise InputError(
        f"The choice names {choice.mode}, {dial}, seed {choice.seed}, which this sweep did not "
        "train. Correct the choice, or add that value to the sweep."
    )


def choice_of(result: SweepResult, index: int, threshold: float) -> Choice:
    """The choice of a model at one threshold, without words."""
    point = result.points[index]
    named = {name: getattr(point, name) for name in _NAMED_BY}
    return Choice(threshold=threshold, **named)


def people_decided(
    result: SweepResult, index: int, choice: Choice, split: str
) -> tuple[ScoredPeople, float]:
    """People as the choice decides about them, and the threshold at which to read their scores.

    Raises:
        InputError: If there is not one threshold for each group.
    """
    people = result.scored(index, split)
    if choice.group_cuts is None:
        return people, choice.threshold
    return decided(people, choice.group_cuts), 0.5
