"""The rounds of successive halving: how many settings are trained for how long in each.

Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization",
AISTATS 2016, algorithm 1, with rounds that reach the sweep's own number of epochs at the end.
"""

from dataclasses import dataclass
from itertools import pairwise

from fairlab.config import SearchParams

# The first round has at least this many steps: after fewer, whoever learns fastest leads. On
# small tables that is all epochs, and nobody leaves before.
LEAST_STEPS = 300


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


def rungs(search: SearchParams, epochs: int, batches: int) -> tuple[Rung, ...]:
    """Rounds from all candidates down to a few, each ending ``reduction`` times as late.

    Args:
        search: How many candidates, and how many of them go on.
        epochs: Of the sweep; who is in the last round is trained as long in all.
        batches: Of an epoch.
    """
    sizes = [search.candidates]
    while sizes[-1] // search.reduction > 1:
        sizes.append(sizes[-1] // search.reduction)
    least = min(epochs, -(-LEAST_STEPS // batches))
    ends = [0]
    for rounds_left in reversed(range(len(sizes))):
        end = max(least, round(epochs / search.reduction**rounds_left))
        if end > ends[-1]:
            ends.append(end)
    lengths = [end - start for start, end in pairwise(ends)]
    return tuple(Rung(size, length) for size, length in zip(sizes, lengths, strict=False))


def search_epochs(search: SearchParams, epochs: int, batches: int) -> int:
    """Epochs of one model that a search takes at most, all candidates and rounds together."""
    first, *later = rungs(search, epochs, batches)
    return first.survivors * first.epochs + sum((r.survivors + 1) * r.epochs for r in later)
