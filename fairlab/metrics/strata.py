"""Gaps within the strata of a control feature: is it still there among comparable people?

A gap over everyone can come from the mix: groups spread differently over departments, regions or
prior convictions. Within a stratum that mix is the same. (Controlling is not excusing: if the
control is itself shaped by the group, a gap within strata misses what came before them.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from fairlab.errors import InputError
from fairlab.metrics.gap_intervals import add_interval
from fairlab.metrics.gaps import GAPS, Gap, GapResult, optional
from fairlab.metrics.group_rates import equal_weights_aside
from fairlab.metrics.mantel_haenszel import StratifiedTest, stratified_test
from fairlab.metrics.overall import mended_interval
from fairlab.metrics.resampling import (
    alike_counts,
    bootstrap_counts,
    p_value_of_draws,
    permutation_counts,
)
from fairlab.metrics.standardised import (
    StandardisedPair,
    average_gap,
    standardised_gap,
    standardised_pair,
)
from fairlab.metrics.strata_counts import (
    count_within,
    effective_within,
    everyone_of,
    flat,
    shaped,
    stacked,
    stratum_of,
)
from fairlab.outcomes import Counts, FloatArray, GroupedOutcomes, IntArray
from fairlab.results import Attribute

FEWEST = 10


@dataclass(frozen=True, slots=True)
class StratumGap:
    """One gap within one stratum.

    Attributes:
        stratum: Its name.
        n: People (or total weight) in it.
        gap: With interval and p-value; its value is None where fewer than two groups have a rate.
        fewest: People behind the gap in its smallest group.
        small: Whether that is below the minimum asked for: shown, pooled, never "the widest".
    """

    stratum: str
    n: float
    gap: GapResult
    fewest: float
    small: bool


@dataclass(frozen=True, slots=True)
class PooledGap:
    """One number over all strata. None is undefined.

    Attributes:
        value: The pooled gap.
        lower, upper: Resampled within every stratum and group, mended towards "no gap" as for
            gaps over everyone; None for too few people, or when resampling cannot vary it.
        p_value: Groups shuffled within strata; None for weighted people.
        by_chance: What it would be on average if groups did not differ within any stratum: small
            groups are never exactly alike.
    """

    value: float | None
    lower: float | None
    upper: float | None
    p_value: float | None
    by_chance: float | None = None


@dataclass(frozen=True, slots=True)
class ConditionalGap:
    """One gap over everyone, in every stratum, and pooled over them.

    Attributes:
        name: Name in ``GAPS``.
        unconditional: The gap over everyone, strata aside.
        strata: The gap within each, in order.
        standardised: With every group spread over the strata as everyone is
            (:func:`~fairlab.metrics.standardised.standardised_gap`).
        average: Mean of the unsigned gaps within strata.
        rate: The rate that sets the standardised gap; "" when undefined.
        highest, lowest: Its two groups; None when undefined.
        high, low: Their standardised rates.
        covered: Share of the people that rate is about who live in strata where both groups do.
        reversed: Whether the same two groups stand the other way round over everyone: Simpson's
            paradox.
        widest: Stratum with the widest gap among those with enough people; None if there is none.
        picked_from: Number of strata with enough people, among which it is the widest.
        widest_lower, widest_upper: Interval of the widest gap at level 1 − (1 − level) /
            ``picked_from``, so that picking it leaves the level what it was; reaches "no gap" as
            every gap's does. None without an interval.
        left_out: Strata without a gap, each with the reason.
        test: Cochran–Mantel–Haenszel, for differences of one share of whole people.
    """

    name: str
    unconditional: GapResult
    strata: tuple[StratumGap, ...]
    standardised: PooledGap
    average: PooledGap
    rate: str
    highest: str | None
    lowest: str | None
    high: float | None
    low: float | None
    covered: float | None
    reversed: bool
    widest: str | None
    left_out: tuple[str, ...]
    test: StratifiedTest | None
    picked_from: int = 0
    widest_lower: float | None = None
    widest_upper: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class WithinStrata:
    """The result of :func:`within_strata`.

    Attributes:
        names: Strata, in order, empty ones included.
        counts: Confusion counts, fields of shape (S, G); floats when weighted.
        cells: The same counts of people, weights aside.
        gaps: By name of ``GAPS``.
        threshold, level, draws, seed, fewest: As asked.
        notes: What a reader must know, in sentences.
        hidden: Suppressed strata (``strata_suppression.py``); ``why_hidden`` says why.
    """

    names: tuple[str, ...]
    counts: Counts
    cells: Counts
    gaps: Mapping[str, ConditionalGap]
    threshold: float
    level: float
    draws: int
    seed: int
    fewest: int
    notes: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    why_hidden: str = ""

    def to_record(self) -> dict[str, Any]:
        """Plain numbers, texts, lists and mappings; None where undefined.

        Of hidden strata only the names; without counts where there are any.
        """
        record: dict[str, Any] = {"strata": list(self.names)}
        record["groups"] = list(self.counts.group_names)
        if not self.hidden:
            record["counts"] = {
                f: getattr(self.counts, f).tolist() for f in ("tp", "fp", "fn", "tn")
            }
        gaps = {name: asdict(gap) for name, gap in self.gaps.items()}
        for gap in gaps.values():
            gap["strata"] = [s for s in gap["strata"] if s["stratum"] not in self.hidden]
        return record | {
            "gaps": gaps,
            "fewest": self.fewest,
            "notes": list(self.notes),
            "hidden": list(self.hidden),
        }


def within_strata(
    outcomes: GroupedOutcomes,
    strata: Attribute,
    threshold: float = 0.5,
    *,
    gaps: Sequence[str] = tuple(GAPS),
    fewest: int = FEWEST,
    draws: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> WithinStrata:
    """Gaps between groups within every stratum, pooled over strata, and tested.

    Args:
        outcomes: People with labels, scores and groups; weights are used when present.
        strata: Stratum of every person, in the same order.
        threshold: Selected iff score >= threshold.
        gaps: Names in ``GAPS``.
        fewest: A stratum whose smallest compared group has fewer people behind the gap is marked
            small. It still enters the pooled gaps.
        draws, seed, level: For intervals and p-values.

    Raises:
        InputError: If strata and people differ in number.
        UnknownNameError: For a gap that is not in ``GAPS``.
    """
    if len(strata.codes) != outcomes.n:
        raise InputError(
            f"Every person needs a stratum: {outcomes.n} people, {len(strata.codes)} strata codes. "
            "Pass one code per person."
        )
    outcomes = equal_weights_aside(outcomes)
    counts = count_within(outcomes, strata, threshold)
    cells = count_within(replace(outcomes, weight=None), strata, threshold)
    population = _Population(counts, cells, effective_within(outcomes, strata), draws, seed, level)
    return WithinStrata(
        names=strata.names,
        counts=counts,
        cells=cells,
        gaps={
            name: _conditional(GAPS[name], population, strata.names, fewest)
            for name in dict.fromkeys(gaps)
        },
        threshold=float(threshold),
        level=level,
        draws=draws,
        seed=seed,
        fewest=fewest,
        notes=_notes(cells, strata.names, outcomes.weight is not None),
    )


class _Population:
    """Counts (S, G) with their resampled and shuffled draws, each made once."""

    def __init__(
        self,
        counts: Counts,
        cells: Counts,
        effective: FloatArray | None,
        draws: int,
        seed: int,
        level: float,
    ) -> None:
        self.counts, self.cells = counts, cells
        self.draws, self.seed, self.level = draws, seed, level
        self.weighted = effective is not None
        self.effective = None if effective is None else effective.reshape(counts.shape)
        rng = np.random.default_rng(seed)
        drawn = bootstrap_counts(flat(counts), draws, rng, effective)
        self.resampled = shaped(drawn, counts, draws)
        self._shuffled: dict[str, Counts] = {}

    def shuffled(self, gap: Gap) -> Counts:
        """Groups shuffled within strata; of weighted people, groups drawn alike."""
        given = gap.rates[0].given
        if given not in self._shuffled:
            rng = np.random.default_rng(self.seed)
            parts = []
            for s in range(self.counts.shape[0]):
                here = stratum_of(self.counts, s)
                if self.effective is None:
                    parts.append(permutation_counts(here, self.draws, rng, given))
                else:
                    parts.append(alike_counts(here, self.draws, rng, given, self.effective[s]))
            self._shuffled[given] = stacked(parts)
        return self._shuffled[given]


def _conditional(
    gap: Gap, population: _Population, names: tuple[str, ...], fewest: int
) -> ConditionalGap:
    counts = population.counts
    everyone = everyone_of(counts)
    strata = tuple(_within(gap, population, s, name, fewest) for s, name in enumerate(names))
    pair = standardised_pair(gap, counts)
    enough = [s for s in strata if s.gap.value is not None and not s.small]
    widest = max(enough, key=lambda s: abs(_known(s.gap.value) - gap.equal), default=None)
    at_once = None
    if widest is not None:
        level = 1 - (1 - population.level) / len(enough)
        at_once = _gap_in(gap, population, names.index(widest.stratum), level)
    single = gap.combine == "one" and gap.spread == "difference" and gap.rates[0].share
    groups = counts.group_names
    return ConditionalGap(
        name=gap.name,
        unconditional=gap.result(everyone),
        strata=strata,
        standardised=_pooled(gap, standardised_gap, population),
        average=_pooled(gap, average_gap, population),
        rate="" if pair is None else pair.rate,
        highest=None if pair is None else groups[pair.highest],
        lowest=None if pair is None else groups[pair.lowest],
        high=None if pair is None else pair.high,
        low=None if pair is None else pair.low,
        covered=None if pair is None else pair.covered,
        reversed=_reversed(gap, pair, everyone),
        widest=None if widest is None else widest.stratum,
        left_out=tuple(f"{s.stratum}: {s.gap.why_undefined}" for s in strata if not _has(s)),
        test=stratified_test(gap.rates[0], counts) if single and not population.weighted else None,
        picked_from=len(enough),
        widest_lower=None if at_once is None else at_once.lower,
        widest_upper=None if at_once is None else at_once.upper,
    )


def _within(gap: Gap, population: _Population, s: int, name: str, fewest: int) -> StratumGap:
    found = _gap_in(gap, population, s, population.level)
    behind = _fewest_behind(gap, stratum_of(population.cells, s))
    n = stratum_of(population.counts, s).n.sum().item()
    return StratumGap(name, n, found, behind, behind < fewest)


def _gap_in(gap: Gap, population: _Population, s: int, level: float) -> GapResult:
    """The gap within one stratum."""
    counts = stratum_of(population.counts, s)
    found = gap.result(counts)
    if found.value is None:
        return found
    shuffled = gap(stratum_of(population.shuffled(gap), s))
    chance = p_value_of_draws(found.value, shuffled, gap.spread == "ratio")
    effective = None if population.effective is None else population.effective[s]
    if effective is None:
        found = replace(found, p_value=chance)
    draws = gap(stratum_of(population.resampled, s))
    return add_interval(gap, found, counts, draws, level, effective, chance)


def _pooled(gap: Gap, pool: Any, population: _Population) -> PooledGap:
    value = float(pool(gap, population.counts))
    if np.isnan(value):
        return PooledGap(None, None, None, None)
    far = pool(gap, population.shuffled(gap))
    chance = p_value_of_draws(value, far, gap.spread == "ratio")
    p_value = None if population.weighted else chance
    by_chance = optional(np.nanmean(far)) if not np.isnan(far).all() else None
    draws = pool(gap, population.resampled)
    lower, upper = mended_interval(gap, value, draws, chance, population.level)
    if np.isnan(lower) or not np.ptp(draws[~np.isnan(draws)]) > 0:
        return PooledGap(value, None, None, p_value, by_chance)
    return PooledGap(value, optional(lower), optional(upper), p_value, by_chance)


def _reversed(gap: Gap, pair: StandardisedPair | None, everyone: Counts) -> bool:
    if pair is None or pair.high == pair.low:
        return False
    rate = next(rate for rate in gap.rates if rate.name == pair.rate)(everyone)
    return bool(rate[pair.highest] < rate[pair.lowest])


def _fewest_behind(gap: Gap, cells: Counts) -> float:
    """People behind the gap in the smallest group that has a rate; 0 with fewer than two."""
    fewest = np.inf
    for rate in gap.rates:
        n = np.asarray(rate.denominator(cells) if rate.share else cells.n, dtype=np.float64)
        compared = n[~np.isnan(rate(cells))]
        fewest = min(fewest, compared.min() if len(compared) > 1 else 0.0)
    return float(fewest)


def _notes(cells: Counts, names: tuple[str, ...], weighted: bool) -> tuple[str, ...]:
    sizes: IntArray = np.asarray(cells.n, dtype=np.int64).sum(axis=-1)
    empty = [names[s] for s in np.flatnonzero(sizes == 0)]
    notes = [f"No one is in these strata: {', '.join(empty)}."] if empty else []
    if weighted:
        notes.append("People are weighted: there are no p-values and no stratified test.")
    return tuple(notes)


def _has(stratum: StratumGap) -> bool:
    return stratum.gap.value is not None


def _known(value: float | None) -> float:
    assert value is not None
    return value
