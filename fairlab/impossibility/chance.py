"""How much of a least worst gap chance alone would make, were base rates equal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from fairlab.errors import FairlabError, InputError
from fairlab.impossibility.criteria import expand
from fairlab.impossibility.least_conflict import Programme
from fairlab.impossibility.reach import LEAST_SHARE, TELLS_APART, reach_of
from fairlab.impossibility.search import descend, descended
from fairlab.metrics import percentile_interval
from fairlab.outcomes import Array, Counts, FloatArray, GroupedOutcomes
from fairlab.sweeps import ThresholdSweep, thinned_sweep

BINS = 400
# Searches end this close to the optimum.
ROUNDING = 1e-6
# A gap that prints as 0.0 points is nothing.
NOTHING = 0.0005
# Samples end when this many reach the value, but not before so many are drawn.
CLEAR, FEWEST = 10, 39


@dataclass(frozen=True, slots=True)
class ConflictByChance:
    """A least worst gap beside what equal base rates would leave. Undefined is None.

    In a sample base rates are never exactly equal and hulls never the same, so the least worst
    gap is hardly ever exactly 0. The question is whether it is more than samples of this size
    show when base rates *are* equal.

    Attributes:
        criteria: Names in ``CRITERIA``.
        value: Least worst gap of these people (scores in at most 400 bins).
        lower, upper: 95 % interval of it, people drawn again with replacement. Noise widens least
            worst gaps, so the lower end is moved down by twice the bias of the draws; it is 0
            unless the value or what is left at equal base rates is beyond chance.
        at_equal_base_rates: Least worst gap of the same people weighted so that every group has
            the common base rate: what is left is due to a score that tells outcomes apart
            better in one group than in another, in the population or by chance.
        by_chance: 95 of 100 samples of such people, of the same size, have at most this.
        p_value: Share of those samples with at least ``value``, (1 + k) / (1 + draws).
        left_p_value: The same of ``at_equal_base_rates``, in samples in which the score is
            equally good in every group; 1 where nothing is left.
        draws: Samples drawn for each at most.
    """

    criteria: tuple[str, ...]
    value: float | None
    lower: float | None
    upper: float | None
    at_equal_base_rates: float | None
    by_chance: float | None
    p_value: float | None
    left_p_value: float | None
    draws: int

    @property
    def beyond_chance(self) -> bool | None:
        """Whether equal base rates explain the value at the 5 % level: False if they do."""
        return None if self.p_value is None else self.p_value <= 0.05

    @property
    def left_beyond_chance(self) -> bool | None:
        """Whether a score that is equally good in every group fails to explain what is left."""
        return None if self.left_p_value is None else self.left_p_value <= 0.05


def conflict_by_chance(
    outcomes: GroupedOutcomes,
    criteria: Sequence[str],
    within: float = 0.02,
    *,
    draws: int = 99,
    seed: int = 0,
    least_share: float = LEAST_SHARE,
    tells_apart: float = TELLS_APART,
) -> ConflictByChance:
    """Compare the least worst gap with samples in which base rates are equal.

    The samples (a parametric bootstrap under the hypothesis): every group keeps its number of
    people; each has the favourable outcome with the base rate of everyone; given group and
    outcome, scores are drawn from these people's. Selection by the optimum happens anew in every
    sample. Scores of the sample are drawn from a sample, so hulls differ between groups a little
    more than in fresh people: the test errs towards "chance explains it".

    What is left at equal base rates has a test of its own. In its samples, scores are places
    within a group (the share of the group, weighted to the common base rate, with lower scores)
    and are drawn, given the outcome, from the places of everyone: the score is equally good in
    every group, whatever its scale there.

    Samples under either hypothesis end early once 10 of 39 or more reach the value: that is far
    from the 5 % level (Besag and Clifford 1991).

    Args:
        outcomes: Labelled, scored people without weights.
        criteria: Names in ``CRITERIA``, or ``equalized_odds``.
        within, least_share, tells_apart: As in :func:`fairlab.impossibility.compatibility`.
        draws: Samples for each test at most, and as many for the interval.
        seed: The same seed gives the same numbers.

    Raises:
        InputError: For weighted people: their effective number is not known here.
        UnknownNameError: For an unknown criterion.
    """
    names = expand(tuple(criteria))
    if outcomes.weight is not None:
        raise InputError(
            "Samples are drawn of whole people; found weights. Leave the weights out, or read the "
            "table without a chance test."
        )
    thin = thinned_sweep(outcomes).downsample(BINS)
    people = _histogram(thin)
    settings = (within, least_share, tells_apart)

    def least(cells: FloatArray) -> float:
        return _least(_sweep_of(cells, thin), names, settings)

    rng = np.random.default_rng(seed)
    value = least(people)
    if np.isnan(value):
        return ConflictByChance(names, None, None, None, None, None, None, None, draws)
    size = people.sum(axis=(0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(size > 0, people[:, 1].sum(axis=0) / size, 0.0)
    common = np.full_like(own, people[:, 1].sum() / size.sum())
    nulls = _until_clear(lambda: least(_drawn(people, common, rng)), value, draws)
    p_value = _p_value(nulls, value)
    left, left_p_value = least(_moved(people, common)), 1.0
    if not left < NOTHING:
        alike = _equally_good(people, common)

        def left_of() -> float:
            drawn = _drawn(people, common, rng, alike)
            return least(_moved(drawn, np.full_like(own, drawn[:, 1].sum() / drawn.sum())))

        left_p_value = _p_value(_until_clear(left_of, left, draws), left)
    again = np.array([least(_drawn(people, own, rng)) for _ in range(draws)])
    low, high = percentile_interval(again)
    low -= 2 * max(0.0, float(np.nanmean(again)) - value) if low == low else 0.0
    if min(p_value, left_p_value) > 0.05:
        low = min(low, 0.0)
    defined = nulls[~np.isnan(nulls)]
    return ConflictByChance(
        criteria=names,
        value=value,
        lower=_known(min(value, max(0.0, low)) if low == low else low),
        upper=_known(max(value, high) if high == high else high),
        at_equal_base_rates=_known(left),
        by_chance=float(np.quantile(defined, 0.95)) if len(defined) >= 0.9 * len(nulls) else None,
        p_value=p_value,
        left_p_value=None if np.isnan(left) else left_p_value,
        draws=draws,
    )


def _until_clear(draw: Callable[[], float], value: float, draws: int) -> FloatArray:
    """Draws, ended early when many of them reach the value."""
    found: list[float] = []
    far = 0
    while len(found) < draws and not (far >= CLEAR and len(found) >= FEWEST):
        found.append(draw())
        far += not found[-1] < value - ROUNDING
    return np.array(found)


def _p_value(nulls: FloatArray, value: float) -> float:
    """Share that reaches the value; undefined draws count as if they did."""
    far = np.count_nonzero(~(nulls < value - ROUNDING))
    return float((1 + far) / (1 + len(nulls)))


def _least(
    sweep: ThresholdSweep, names: tuple[str, ...], settings: tuple[float, float, float]
) -> float:
    """The least worst gap that is found; NaN where a criterion has fewer than two groups."""
    try:
        reach = reach_of(sweep, *settings)
        if any(reach.compared(name).sum() < 2 for name in names):
            return float("nan")
        programme = Programme(reach, names)
        if not programme.ratios:
            return programme.worst(programme.relaxed(0.0, ()).points)
        if not programme.linear:
            return descend(programme)[1]
        alone = Programme(reach, tuple(programme.linear))
        start = alone.relaxed(0.0, ()).points
        points, value = descended(programme, start)
        if value <= alone.worst(start) + ROUNDING:
            return value  # no rule does better on the linear criteria alone
        return min(value, descend(programme, [points])[1])
    except FairlabError:
        return float("nan")


def _histogram(sweep: ThresholdSweep) -> FloatArray:
    """(bins, 2, G) people by score bin, outcome and group."""
    counts = sweep.counts
    unfavourable, favourable = -np.diff(counts.fp, axis=0), -np.diff(counts.tp, axis=0)
    return np.stack([unfavourable, favourable], axis=1).astype(np.float64)


def _drawn(
    people: FloatArray,
    base: FloatArray,
    rng: np.random.Generator,
    places: FloatArray | None = None,
) -> FloatArray:
    """A sample of the same size with base rates (G,), scores drawn from ``people``.

    With ``places`` (bins, 2) scores are drawn from these in every group instead. A group without
    one of the outcomes keeps its outcomes: nobody's score can be drawn.
    """
    own = people.sum(axis=0)
    drawn = np.zeros_like(people)
    for g, (zeros, ones) in enumerate(own.T):
        n = int(zeros + ones)
        favourable = rng.binomial(n, base[g]) if zeros > 0 and ones > 0 else int(ones)
        for label, many in ((0, n - favourable), (1, favourable)):
            if own[label, g] > 0:
                source = people[:, label, g] if places is None else places[:, label]
                drawn[:, label, g] = rng.multinomial(many, source / source.sum())
    return drawn


def _equally_good(people: FloatArray, base: FloatArray) -> FloatArray:
    """(bins, 2) people of all groups by place within their group and by outcome.

    A place is the share of the group, weighted to base rates (G,), that scores lower, those who
    score the same counted half: the same in groups whose scores differ in scale alone.
    """
    mass = _moved(people, base).sum(axis=1)
    share = mass / np.clip(mass.sum(axis=0), 1e-300, None)
    middle = np.cumsum(share, axis=0) - share / 2
    bins = len(people)
    place = np.clip((middle * bins).astype(int), 0, bins - 1)
    places = np.zeros((bins, 2))
    for label in (0, 1):
        np.add.at(places[:, label], place.ravel(), people[:, label].ravel())
    return places


def _moved(people: FloatArray, base: FloatArray) -> FloatArray:
    """The people weighted to base rates (G,); groups with one outcome stay as they are."""
    own = people.sum(axis=0)
    totals = own.sum(axis=0) * np.stack([1 - base, base])
    movable = (own > 0).all(axis=0)
    factor = np.divide(totals, own, out=np.ones_like(own), where=movable & (own > 0))
    return np.asarray(people * factor)


def _sweep_of(people: FloatArray, sweep: ThresholdSweep) -> ThresholdSweep:
    """Counts at the thresholds of ``sweep`` from people per bin."""
    total = people.sum(axis=0, keepdims=True)
    below: Array = np.concatenate([np.zeros_like(total), np.cumsum(people, axis=0)])
    above = np.clip(total - below, 0, None)
    counts = Counts(
        tp=above[:, 1],
        fp=above[:, 0],
        fn=below[:, 1],
        tn=below[:, 0],
        group_names=sweep.counts.group_names,
    )
    return ThresholdSweep(sweep.thresholds, counts)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
