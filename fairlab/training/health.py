"""Findings about trained models, in sentences; a bad model is flagged, never hidden."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from fairlab.outcomes import Counts

# What to try when a model has collapsed to one answer for everybody.
REMEDY = " A smaller strength or more epochs may help."
# The same where slacks are varied: towards less mitigation is wider.
WIDER_SLACK = " A wider slack or more epochs may help."
WIDER_GAP = " Asking for a wider gap or more epochs may help."


def health_flags(
    score: Tensor,
    counts: Counts,
    failed: Sequence[bool],
    best_epoch: Sequence[int],
    remedy: str = REMEDY,
) -> list[tuple[str, ...]]:
    """Sentences for each of M models; () for a healthy one.

    Args:
        score: (M, n) validation scores.
        counts: Validation counts, fields (M, G).
        failed: Whether a loss or parameter stopped being finite.
        best_epoch: Kept epoch, 1-based; 0 when none was completed.
        remedy: What to try when a model has collapsed, as a sentence after a space.
    """
    spread = (score.amax(1) - score.amin(1)).cpu().numpy()
    selected = counts.tp + counts.fp
    people = counts.n
    flags = []
    for m in range(len(spread)):
        own = []
        if failed[m]:
            own.append(
                "The loss stopped being finite; the last finite state was kept"
                + (f" (epoch {best_epoch[m]})." if best_epoch[m] else " (before the first epoch).")
            )
        elif best_epoch[m] == 0:
            own.append("No epoch was completed: these are the scores of an untrained model.")
        if spread[m] < 1e-3:
            own.append("The model gives everybody nearly the same score." + remedy)
        own += _one_sided(selected[m], people[m], counts.group_names, remedy)
        flags.append(tuple(own))
    return flags


def _one_sided(
    selected: np.ndarray, people: np.ndarray, names: Sequence[str], remedy: str
) -> list[str]:
    present = people > 0
    nobody = present & (selected <= 0)
    everybody = present & (selected >= people)
    if nobody.sum() == present.sum():
        return ["Nobody is selected on validation." + remedy]
    if everybody.sum() == present.sum():
        return ["Everybody is selected on validation." + remedy]
    found = [f"Nobody in group {names[g]} is selected on validation." for g in np.where(nobody)[0]]
    found += [
        f"Everybody in group {names[g]} is selected on validation." for g in np.where(everybody)[0]
    ]
    return found
