"""Bootstrap and permutation of counts: thousands of draws in milliseconds, at any n.

Resampling the people of a group with replacement is exactly a multinomial draw of that group's
four (outcome, decision) cells, and shuffling group membership is exactly a hypergeometric draw
of cells. So counts are drawn, never rows.
"""

import numpy as np

from fairlab.errors import InputError
from fairlab.metrics.gaps import GAPS, Gap
from fairlab.metrics.rates import Given
from fairlab.outcomes import Array, Counts, FloatArray, IntArray

# Populations drawn for the interval of any number of a model, and where drawing starts: one choice,
# so that the same number has the same interval wherever it is shown.
DRAWS = 2000
SEED = 0
# An interval from draws is given only if at most this share of them is undefined.
MOST_UNDEFINED = 0.05


def bootstrap_counts(
    counts: Counts,
    draws: int,
    rng: np.random.Generator,
    effective_n: FloatArray | None = None,
) -> Counts:
    """Counts of ``draws`` populations resampled within each group.

    Args:
        counts: Fields of shape (G,), integers; or weighted counts with ``effective_n``.
        draws: Number of draws.
        rng: Source of chance.
        effective_n: (G,) effective number of people per group, for weighted counts: Kish's
            (Σw)² / Σw². That many people (rounded, at least 1) are drawn and rescaled to the
            group's total weight: an approximation that treats weights as independent of cells.

    Returns:
        Counts with fields of shape (draws, G).

    Raises:
        InputError: For counts with leading axes, or weighted counts without ``effective_n``.
    """
    cells = _cells(counts)
    if effective_n is None:
        _refuse_weights(counts)
        size, scale = cells.sum(axis=1).astype(np.int64), None
    else:
        total = cells.sum(axis=1)
        size = np.where(total > 0, np.maximum(np.rint(effective_n), 1), 0).astype(np.int64)
        scale = np.divide(total, size, out=np.zeros(len(size)), where=size > 0)
    drawn = np.zeros((4, draws, len(cells)), dtype=np.int64 if scale is None else np.float64)
    for g, row in enumerate(cells):
        if size[g] == 0:
            continue
        multinomial = rng.multinomial(size[g], row / row.sum(), size=draws)
        drawn[:, :, g] = (multinomial if scale is None else multinomial * scale[g]).T
    return Counts(drawn[0], drawn[1], drawn[2], drawn[3], counts.group_names)


def bootstrap_together(
    counts: Counts,
    draws: int,
    rng: np.random.Generator,
    effective_n: FloatArray | None = None,
) -> Counts:
    """Counts of ``draws`` populations resampled from everybody, whatever group they are of.

    Where cells of people are few each (the crossing of several groupings), drawing within a cell
    would lose much of the noise: who is alone in a cell would never vary. How many people a cell
    has varies here too, which hardly matters for the rates of groups that are compared.

    Args:
        counts, draws, rng, effective_n: As for :func:`bootstrap_counts`.

    Raises:
        InputError: As :func:`bootstrap_counts`.
    """
    cells = _cells(counts)
    total = cells.sum(axis=1)
    if effective_n is None:
        _refuse_weights(counts)
        size = total.astype(np.int64)
    else:
        size = np.where(total > 0, np.maximum(np.rint(effective_n), 1), 0).astype(np.int64)
    scale = np.divide(size, total, out=np.zeros(len(size)), where=total > 0)
    people = cells * scale[:, None]
    some = np.flatnonzero(people)
    share = people.ravel()[some]
    kind = np.int64 if effective_n is None else np.float64
    drawn = np.zeros((draws, cells.size), dtype=kind)
    if len(some):
        drawn[:, some] = rng.multinomial(size.sum(), share / share.sum(), size=draws)
    found = drawn.reshape(draws, *cells.shape)
    if effective_n is not None:
        found *= np.divide(1, scale, out=np.zeros(len(size)), where=scale > 0)[:, None]
    tp, fp, fn, tn = np.moveaxis(found, -1, 0)
    return Counts(tp, fp, fn, tn, counts.group_names)


def bootstrap_gap(counts: Counts, name: str, draws: int = 10_000, seed: int = 0) -> FloatArray:
    """A gap in each of ``draws`` resampled populations, shape (draws,); NaN where undefined.

    Args:
        counts: Integer counts of shape (G,).
        name: A name of ``GAPS``.
        draws: Number of draws.
        seed: The same seed gives the same draws.

    Raises:
        UnknownNameError: For a name that is not in ``GAPS``.
        InputError: As :func:`bootstrap_counts`.
    """
    gap = GAPS[name]
    return gap(bootstrap_counts(counts, draws, np.random.default_rng(seed)))


def percentile_interval(draws: FloatArray, level: float = 0.95) -> tuple[float, float]:
    """Percentile interval of draws along the first axis; (NaN, NaN) if too many are undefined.

    Undefined draws are set aside; with more than 5 % of them the interval is not given, because
    what is left would describe other populations than ours.
    """
    defined = draws[~np.isnan(draws)]
    if len(defined) < (1 - MOST_UNDEFINED) * len(draws) or len(defined) == 0:
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def permutation_counts(
    counts: Counts, draws: int, rng: np.random.Generator, given: Given = "nothing"
) -> Counts:
    """Counts of ``draws`` populations in which group membership was shuffled.

    Args:
        counts: Integer counts of shape (G,).
        draws: Number of draws.
        rng: Source of chance.
        given: ``label`` shuffles people among those with the same outcome (the question "do
            decisions depend on the group, given the outcome?"), ``decision`` among those with
            the same decision, ``nothing`` among all people.

    Returns:
        Counts with fields of shape (draws, G). Group sizes (and, when given, their outcome or
        decision totals) are those of ``counts`` in every draw.

    Raises:
        InputError: For weighted counts or counts with leading axes.
    """
    _refuse_weights(counts)
    tp, fp, fn, tn = _cells(counts).T
    if given == "label":
        tp, fn = _shuffled(np.stack([tp, fn]), draws, rng)
        fp, tn = _shuffled(np.stack([fp, tn]), draws, rng)
    elif given == "decision":
        tp, fp = _shuffled(np.stack([tp, fp]), draws, rng)
        fn, tn = _shuffled(np.stack([fn, tn]), draws, rng)
    else:
        tp, fp, fn, tn = _shuffled(np.stack([tp, fp, fn, tn]), draws, rng)
    return Counts(tp, fp, fn, tn, counts.group_names)


def alike_counts(
    counts: Counts,
    draws: int,
    rng: np.random.Generator,
    given: Given,
    effective_n: FloatArray,
) -> Counts:
    """Counts of ``draws`` populations of weighted people in which groups do not differ.

    What :func:`permutation_counts` is for whole people: every group draws its cells from those of
    all groups together, given the outcome or the decision where ``given`` says so. Each group has
    its effective number of people (Kish; rounded, at least 1), rescaled to its total weight: an
    approximation that treats weights as independent of cells.

    Args:
        counts: Weighted counts of shape (G,).
        draws: Number of draws.
        rng: Source of chance.
        given: What the groups may differ in: the shares of outcomes (``label``) or of decisions
            (``decision``), or ``nothing``.
        effective_n: (G,) effective number of people per group.

    Returns:
        Counts with fields of shape (draws, G). Total weights of groups (and, when given, of their
        outcomes or decisions) are those of ``counts`` in every draw.
    """
    cells = _cells(counts)
    kinds = {"label": ((0, 2), (1, 3)), "decision": ((0, 1), (2, 3)), "nothing": ((0, 1, 2, 3),)}
    total = cells.sum(axis=1)
    drawn = np.zeros((4, draws, len(cells)))
    for kind in kinds[given]:
        together = cells[:, kind].sum(axis=0)
        for g, weight in enumerate(cells[:, kind].sum(axis=1)):
            if weight > 0:
                size = max(1, round(float(effective_n[g] * weight / total[g])))
                shares = rng.multinomial(size, together / together.sum(), size=draws) / size
                drawn[kind, :, g] = (shares * weight).T
    return Counts(drawn[0], drawn[1], drawn[2], drawn[3], counts.group_names)


def permutation_p_value(counts: Counts, gap: Gap | str, draws: int = 2000, seed: int = 0) -> float:
    """Share of shuffled populations whose gap is at least as large as the one found.

    A gap's interval cannot exclude 0 by construction; this answers "would chance alone do it?".
    Groups are shuffled given what the gap's rates condition on. A draw in which the gap is
    undefined counts as at least as large, so the value errs upward.

    Returns:
        (1 + number at least as far from equal) / (1 + draws), in (0, 1]; NaN if the gap is
        undefined.

    Raises:
        InputError: As :func:`permutation_counts`.
    """
    chosen = GAPS[gap] if isinstance(gap, str) else gap
    found = float(chosen(counts))
    if np.isnan(found):
        return float("nan")
    given = chosen.rates[0].given
    shuffled = permutation_counts(counts, draws, np.random.default_rng(seed), given)
    return p_value_of_draws(found, chosen(shuffled), chosen.spread == "ratio")


def p_value_of_draws(found: float, draws: FloatArray, small_is_far: bool = False) -> float:
    """(1 + draws at least as far from equal as ``found``) / (1 + draws); NaN draws count as far."""
    rounding = 1e-12
    far = draws <= found + rounding if small_is_far else draws >= found - rounding
    return float((1 + np.count_nonzero(far | np.isnan(draws))) / (1 + len(draws)))


def _shuffled(table: Array, draws: int, rng: np.random.Generator) -> IntArray:
    """Tables (K cells, draws, G) with the margins of ``table`` (K, G), group after group."""
    kinds, groups = table.shape
    drawn = np.zeros((kinds, draws, groups), dtype=np.int64)
    remaining = np.repeat(table.sum(axis=1)[:, None], draws, axis=1).astype(np.int64)
    for g in range(groups - 1):
        to_draw = np.full(draws, table[:, g].sum(), dtype=np.int64)
        for k in range(kinds - 1):
            others = remaining[k + 1 :].sum(axis=0)
            drawn[k, :, g] = rng.hypergeometric(remaining[k], others, to_draw)
            to_draw = to_draw - drawn[k, :, g]
        drawn[kinds - 1, :, g] = to_draw
        remaining = remaining - drawn[:, :, g]
    drawn[:, :, groups - 1] = remaining
    return drawn


def _cells(counts: Counts) -> Array:
    """(G, 4) cells tp, fp, fn, tn."""
    if len(counts.shape) != 1:
        raise InputError(
            f"Resampling needs the counts of one population, shape (G,); found {counts.shape}. "
            "Pick one threshold first."
        )
    return np.stack([counts.tp, counts.fp, counts.fn, counts.tn], axis=1)


def _refuse_weights(counts: Counts) -> None:
    if counts.tp.dtype.kind not in "iu":
        raise InputError(
            "Resampling needs whole numbers of people; found weighted counts "
            f"({counts.tp.dtype}). Use audit(), which knows the weights of the people, pass "
            "effective_n, or convert whole counts to integers."
        )
