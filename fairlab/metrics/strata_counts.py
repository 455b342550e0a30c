"""Counts per stratum and group: fields of shape (..., S, G)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fairlab.outcomes import Counts, FloatArray, GroupedOutcomes, count
from fairlab.results import Attribute


def count_within(outcomes: GroupedOutcomes, strata: Attribute, threshold: float = 0.5) -> Counts:
    """Confusion counts per stratum and group: fields of shape (S, G)."""
    shape = (len(strata.names), outcomes.n_groups)
    cells = replace(
        outcomes,
        group=strata.codes * outcomes.n_groups + outcomes.group,
        group_names=tuple(str(cell) for cell in range(shape[0] * shape[1])),
    )
    found = count(cells, threshold)
    tp, fp, fn, tn = (f.reshape(shape) for f in (found.tp, found.fp, found.fn, found.tn))
    return Counts(tp, fp, fn, tn, outcomes.group_names)


def effective_within(outcomes: GroupedOutcomes, strata: Attribute) -> FloatArray | None:
    """Kish's (Σw)² / Σw² per stratum and group; None without weights."""
    if outcomes.weight is None:
        return None
    size = len(strata.names) * outcomes.n_groups
    cell = strata.codes * outcomes.n_groups + outcomes.group
    total = np.bincount(cell, outcomes.weight, minlength=size)
    squares = np.bincount(cell, outcomes.weight**2, minlength=size)
    return np.divide(total**2, squares, out=np.zeros(size), where=squares > 0)


def flat(counts: Counts) -> Counts:
    """Strata and groups on one axis, (S·G,), as resampling wants them."""
    tp, fp, fn, tn = (f.reshape(-1) for f in (counts.tp, counts.fp, counts.fn, counts.tn))
    return Counts(tp, fp, fn, tn, tuple(str(cell) for cell in range(tp.size)))


def shaped(drawn: Counts, like: Counts, draws: int) -> Counts:
    """The inverse of :func:`flat` for draws: (draws, S·G) to (draws, S, G)."""
    shape = (draws, *like.shape)
    tp, fp, fn, tn = (f.reshape(shape) for f in (drawn.tp, drawn.fp, drawn.fn, drawn.tn))
    return Counts(tp, fp, fn, tn, like.group_names)


def stratum_of(counts: Counts, s: int) -> Counts:
    """Counts of one stratum: the strata axis is the last but one."""
    tp, fp, fn, tn = (f[..., s, :] for f in (counts.tp, counts.fp, counts.fn, counts.tn))
    return Counts(tp, fp, fn, tn, counts.group_names)


def stacked(parts: Sequence[Counts]) -> Counts:
    """Counts of single strata, (..., G) each, as (..., S, G)."""
    tp, fp, fn, tn = (
        np.stack([getattr(part, f) for part in parts], axis=-2) for f in ("tp", "fp", "fn", "tn")
    )
    return Counts(tp, fp, fn, tn, parts[0].group_names)


def everyone_of(counts: Counts) -> Counts:
    """Counts (..., S, G) with strata added up: (..., G)."""
    tp, fp, fn, tn = (f.sum(axis=-2) for f in (counts.tp, counts.fp, counts.fn, counts.tn))
    return Counts(tp, fp, fn, tn, counts.group_names)
