"""How sure gaps are along a sweep: bands from resampled (group, outcome, score-bin) histograms.

Everything at a threshold follows from how many people of each group and outcome lie in each bin
of scores between neighbouring thresholds. Poisson(1) weights on people make those counts Poisson
(Chamandy et al. 2012, "Estimating uncertainty for massive data streams"), so histograms are
drawn, never rows, and every threshold shares the draws: all gaps of all draws at all thresholds
are one tensor operation.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from fairlab.errors import InputError
from fairlab.metrics.gaps import GAPS, Gap
from fairlab.metrics.group_rates import effective_people, equal_weights_aside
from fairlab.metrics.pairs import at_bound, widest_pairs
from fairlab.metrics.resampling import MOST_UNDEFINED
from fairlab.outcomes import Array, Counts, FloatArray, GroupedOutcomes
from fairlab.sweeps.thresholds import ThresholdSweep

# Numbers held at once while resampling: (draws, thresholds, outcomes, groups).
AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class GapBands:
    """Gaps along a sweep with a band around each; NaN where undefined.

    Attributes:
        thresholds: (B,) increasing; selected iff ``score >= threshold``.
        values: (B, K) the gaps found, exact.
        lower, upper: (B, K) ends of the band: pointwise intervals, each at ``level`` for its own
            threshold, not for the whole curve at once. NaN where the gap is undefined, where more
            than 5 % of the draws are, and everywhere for weighted people whose weights are not
            known.
        gaps: K names in ``GAPS``.
        draws, level: How the bands were made.
        notes: What a reader must know, in sentences.
    """

    thresholds: FloatArray
    values: FloatArray
    lower: FloatArray
    upper: FloatArray
    gaps: tuple[str, ...]
    draws: int
    level: float
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row per threshold and gap: threshold, gap, value, lower, upper."""
        size = len(self.gaps)
        return pd.DataFrame(
            {
                "threshold": np.repeat(self.thresholds, size),
                "gap": list(self.gaps) * len(self.thresholds),
                "value": self.values.ravel(),
                "lower": self.lower.ravel(),
                "upper": self.upper.ravel(),
            }
        )


def gap_bands(
    sweep: ThresholdSweep,
    gaps: Sequence[str],
    *,
    size: int = 200,
    draws: int = 400,
    seed: int = 0,
    level: float = 0.95,
    keep: Iterable[int] = (),
    outcomes: GroupedOutcomes | None = None,
) -> GapBands:
    """Pointwise bands of gaps along a sweep thinned to about ``size`` thresholds.

    Percentiles of resampled people, with the three mends of a single gap's interval
    (``metrics/gap_intervals.py``): the end towards "no gap" moves by twice the bias of the draws,
    because noise widens a gap; it reaches "no gap" where groups that do not differ would be this
    far apart in more than 1 − level of the draws (the draws, moved to a common rate, say so); and
    Newcombe's interval takes over where a rate is exactly 0 or 1 and so never varies when
    resampled. At an infinite threshold no one can be selected: a gap of selection is exactly 0.

    Args:
        sweep: All thresholds.
        gaps: Names in ``GAPS``.
        size: Thresholds to draw, at least 2, both ends among them.
        draws: Resampled populations, at least 100.
        seed: The same seed gives the same bands.
        level: Confidence level at each threshold.
        keep: Positions in the sweep that must be among the thresholds.
        outcomes: The people of a weighted sweep: bands then use Kish's effective number of people
            in each bin. Not needed without weights.

    Raises:
        InputError: If no gap is named, or ``size``, ``draws`` or ``level`` is out of range.
        UnknownNameError: For an unknown gap.
    """
    if not gaps:
        raise InputError("Name at least one gap to draw bands for.")
    if draws < 100 or not 0 < level < 1:
        raise InputError(
            "Bands need at least 100 draws and a level between 0 and 1; "
            f"found {draws} and {level:g}. Use 400 and 0.95."
        )
    chosen = [GAPS[name] for name in gaps]
    thin, outcomes = _in_people(sweep.downsample(size, keep), outcomes)
    values = np.column_stack([gap(thin.counts) for gap in chosen])
    weighted = thin.counts.tp.dtype.kind not in "iu"
    notes = [
        f"Bands hold at {100 * level:g} % for each threshold on its own, not for the whole curve.",
        "Resampled gaps are too wide on average; the end towards no gap is moved by twice that.",
    ]
    if weighted and outcomes is None:
        notes = ["People are weighted and their weights were not given, so there are no bands."]
        nothing = np.full(values.shape, np.nan)
        lower = upper = nothing
    else:
        if weighted:
            notes.append("Bands of weighted people use effective numbers of people (Kish).")
        lower, upper = _bands(thin, chosen, values, (draws, seed, level), outcomes)
    undefined = int(np.isnan(lower).sum() - np.isnan(values).sum())
    if undefined and not (weighted and outcomes is None):
        notes.append(
            f"At {undefined} points there is a gap but no band: it is undefined in more than "
            f"{100 * MOST_UNDEFINED:g} % of the draws."
        )
    return GapBands(thin.thresholds, values, lower, upper, tuple(gaps), draws, level, tuple(notes))


def _in_people(
    sweep: ThresholdSweep, outcomes: GroupedOutcomes | None
) -> tuple[ThresholdSweep, GroupedOutcomes | None]:
    """Weights that are all equal are set aside: counts in people, as without weights."""
    if outcomes is None or outcomes.weight is None or sweep.counts.tp.dtype.kind in "iu":
        return sweep, outcomes
    people = equal_weights_aside(outcomes)
    if people.weight is not None:
        return sweep, outcomes
    c, weight = sweep.counts, outcomes.weight[0]
    tp, fp, fn, tn = (np.rint(f / weight).astype(np.int64) for f in (c.tp, c.fp, c.fn, c.tn))
    return replace(sweep, counts=Counts(tp, fp, fn, tn, c.group_names)), people


def resampled_sweep(
    sweep: ThresholdSweep,
    draws: int,
    rng: np.random.Generator,
    outcomes: GroupedOutcomes | None = None,
) -> Counts:
    """Counts of ``draws`` resampled populations at every threshold, fields (draws, T, G).

    Poisson weights on what each step of the sweep loses. All draws are held at once: thin the
    sweep first. The first draws are the same however many are asked for.

    Args:
        sweep: Of whole people, or weighted with ``outcomes``.
        draws, rng: How many, and the source of chance.
        outcomes: The people of a weighted sweep.

    Raises:
        InputError: For a weighted sweep without its people.
    """
    people, per_person = _histogram(sweep, outcomes)
    drawn: Array = rng.poisson(people, size=(draws, *people.shape))
    if per_person is not None:
        drawn = drawn * per_person
    total = drawn.sum(axis=1, keepdims=True)
    below = np.concatenate((np.zeros_like(total), np.cumsum(drawn, axis=1)), axis=1)
    above = np.clip(total - below, 0, None)
    if per_person is not None:
        above[:, -1] = 0  # sums of weights: nobody selected is exactly 0
    (fp, tp), (tn, fn) = np.moveaxis(above, 2, 0), np.moveaxis(below, 2, 0)
    return Counts(tp, fp, fn, tn, sweep.counts.group_names)


def _histogram(
    sweep: ThresholdSweep, outcomes: GroupedOutcomes | None
) -> tuple[Array, FloatArray | None]:
    """People (T − 1, 2, G) by bin, outcome and group; and with weights, weight per person."""
    counts = sweep.counts
    total = -np.diff(np.stack([counts.fp, counts.tp], axis=1), axis=0)
    if total.dtype.kind in "iu":
        return total, None
    if outcomes is None:
        raise InputError(
            "The sweep is weighted, and how much weights vary is not known from it. Pass the "
            "people as outcomes too."
        )
    weight = np.ones(outcomes.n) if outcomes.weight is None else outcomes.weight
    place = np.searchsorted(sweep.thresholds, outcomes.score, side="right") - 1
    cell = (place * 2 + outcomes.y_true) * outcomes.n_groups + outcomes.group
    weights, squares = (
        np.bincount(cell, weights=w, minlength=total.size).reshape(total.shape)
        for w in (weight, weight**2)
    )
    some = squares > 0
    effective = np.divide(weights**2, squares, out=np.zeros_like(weights), where=some)
    per_person = np.divide(weights, effective, out=np.zeros_like(weights), where=some)
    return effective, per_person


def _bands(
    thin: ThresholdSweep,
    chosen: Sequence[Gap],
    values: FloatArray,
    chance: tuple[int, int, float],
    outcomes: GroupedOutcomes | None,
) -> tuple[FloatArray, FloatArray]:
    """Lower and upper ends (B, K)."""
    draws, seed, level = chance
    resampled, alike = _drawn_gaps(thin, chosen, draws, seed, outcomes)
    lower, upper = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    known = ~np.isnan(values) & (np.isnan(resampled).mean(axis=0) <= MOST_UNDEFINED)
    if known.any():
        some = resampled[:, known]
        ends = np.nanquantile(some, [(1 - level) / 2, (1 + level) / 2], axis=0)
        lower[known], upper[known] = ends
        excess = np.zeros(values.shape)
        excess[known] = np.nanmean(some, axis=0) - values[known]
        for k, gap in enumerate(chosen):
            _mend(gap, lower[:, k], upper[:, k], values[:, k], excess[:, k], alike[:, :, k], level)
    effective = None if outcomes is None else effective_people(outcomes)
    _at_bounds(thin, chosen, values, (lower, upper), level, effective)
    return lower, upper


def _drawn_gaps(
    thin: ThresholdSweep,
    chosen: Sequence[Gap],
    draws: int,
    seed: int,
    outcomes: GroupedOutcomes | None,
) -> tuple[FloatArray, FloatArray]:
    """Gaps (D, B, K) of resampled people, and of the same moved so that no groups differ."""
    rng = np.random.default_rng(seed)
    rates = {rate.name: rate for gap in chosen for rate in gap.rates}
    found = {name: rate(thin.counts) for name, rate in rates.items()}
    step = max(1, AT_ONCE // (2 * thin.counts.tp.size))
    parts: list[tuple[FloatArray, FloatArray]] = []
    for start in range(0, draws, step):
        counts = resampled_sweep(thin, min(step, draws - start), rng, outcomes)
        drawn = {name: rate(counts) for name, rate in rates.items()}
        gaps = [gap.of([drawn[r.name] for r in gap.rates]) for gap in chosen]
        alike = [_without_differences(gap, drawn, found) for gap in chosen]
        parts.append((np.stack(gaps, axis=-1), np.stack(alike, axis=-1)))
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def _without_differences(
    gap: Gap, drawn: Mapping[str, FloatArray], found: Mapping[str, FloatArray]
) -> FloatArray:
    """The gap of drawn rates after taking from each group what sets it apart."""
    if gap.spread == "difference":
        return gap.of([drawn[rate.name] - found[rate.name] for rate in gap.rates])
    with np.errstate(divide="ignore", invalid="ignore"):
        return gap.of([drawn[rate.name] / found[rate.name] for rate in gap.rates])


def _mend(
    gap: Gap,
    lower: FloatArray,
    upper: FloatArray,
    values: FloatArray,
    excess: FloatArray,
    alike: FloatArray,
    level: float,
) -> None:
    """Move the end towards "no gap" (in place): by twice the bias, and to it within chance."""
    rounding = 1e-12
    if gap.spread == "ratio":
        far = (alike <= values + rounding) | np.isnan(alike)
        upper[:] = np.minimum(1.0, upper - 2 * np.minimum(excess, 0.0))
        upper[~np.isnan(upper) & (far.mean(axis=0) > 1 - level)] = 1.0
        return
    far = (alike >= values - rounding) | np.isnan(alike)
    lower[:] = np.maximum(0.0, lower - 2 * np.maximum(excess, 0.0))
    lower[~np.isnan(lower) & (far.mean(axis=0) > 1 - level)] = 0.0


def _at_bounds(
    thin: ThresholdSweep,
    chosen: Sequence[Gap],
    values: FloatArray,
    ends: tuple[FloatArray, FloatArray],
    level: float,
    effective: FloatArray | None,
) -> None:
    """The closed form (in place) where a rate is exactly 0 or 1, infinite thresholds aside.

    Weighted people count as their group's effective number (Kish). Where there is no closed form
    there is no band: resampled counts would not vary.
    """
    counts, (lower, upper) = thin.counts, ends
    finite = np.isfinite(thin.thresholds)
    for k, gap in enumerate(chosen):
        here = at_bound(gap.rates, counts) & finite & ~np.isnan(values[:, k])
        for t in np.flatnonzero(here):
            one = Counts(counts.tp[t], counts.fp[t], counts.fn[t], counts.tn[t])
            low, high = widest_pairs(one, gap, level, effective)
            # NaN stays NaN: no closed form, no band.
            lower[t, k] = np.minimum(low, values[t, k])
            upper[t, k] = np.maximum(high, values[t, k])
