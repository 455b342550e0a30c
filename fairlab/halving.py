"""The rounds of successive halving: how many settings are trained for how long in each.

Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization",
AISTATS 2016, algorithm 1, with rounds that reach the sweep's own number of epochs at the end.
"""

from dataclasses import dataclass

from fairlab.config import SearchParams


@dataclass(frozen=True, slots=True)
class Rung:
    """One round.

    Attributes:
        survivors: Settings in it. The run's own setting is trained beside them where it is none
            of them, so that it can be compared at the end.
        epochs: How many more epochs each is trained.
    """

    survivors: int
    epochs: int


def rungs(search: SearchParams, epochs: int) -> tuple[Rung, ...]:
    """Rounds from all candidates down to a few, each ``reduction`` times as long as the last.

    Args:
        search: How many candidates, and how many of them go on.
        epochs: Of the sweep; who is in the last round is trained about as long in all.
    """
    sizes = [search.candidates]
    while sizes[-1] // search.reduction > 1:
        sizes.append(sizes[-1] // search.reduction)
    ends = [
        max(1, round(epochs / search.reduction**rounds_left))
        for rounds_left in reversed(range(len(sizes)))
    ]
    lengths = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    return tuple(Rung(size, max(1, length)) for size, length in zip(sizes, lengths, strict=True))


def search_epochs(search: SearchParams, epochs: int) -> int:
    """Epochs of one model that a search takes at most, all candidates and rounds together."""
    first, *later = rungs(search, epochs)
    return first.survivors * first.epochs + sum((r.survivors + 1) * r.epochs for r in later)
