"""Decisions that are drawn: the same luck for a person under every model."""

import numpy as np

from fairlab.outcomes import FloatArray, IntArray

# So that no other use of a seed repeats these draws.
_SALT = 11

DRAWN_NOTE = (
    "This model draws its decisions, each with the person's own chance of being selected. What is "
    "shown is one draw, the same every time; another would differ somewhat."
)


def draw_decisions(chance: FloatArray, rows: IntArray, seed: int) -> FloatArray:
    """(n,) decisions, 1 with the given chance and 0 otherwise.

    A person's luck depends on the seed and on the row in the table alone, not on the model, the
    split or who else is there: models of one seed decide differently only where their chances do.

    Args:
        chance: (n,) in [0, 1]; 0 is never selected, 1 always.
        rows: (n,) row positions in the table as read.
        seed: Seed of the draws.
    """
    if not len(rows):
        return np.zeros(0)
    luck = np.random.default_rng([_SALT, seed]).random(int(rows.max()) + 1)[rows]
    return (luck < chance).astype(np.float64)
