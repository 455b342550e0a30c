"""How rates and gaps change from one model to another on the same people, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from scipy.special import ndtri

from fairlab.errors import InputError
from fairlab.metrics import GAPS, RATES, holm, percentile_interval
from fairlab.metrics.gap_changes import change_interval, exchange_p
from fairlab.metrics.gap_intervals import gap_with_interval
from fairlab.metrics.gaps import optional
from fairlab.metrics.intervals import normal_quantile
from fairlab.metrics.paired import mcnemar_p, minimum_detectable_change, paired_interval
from fairlab.metrics.pairs import at_bound
from fairlab.metrics.rates import Rate
from fairlab.metrics.resampling import DRAWS
from fairlab.outcomes import Counts, FloatArray, GroupedOutcomes
from fairlab.sweeps.change_records import GapChange, ModelComparison, RateChange
from fairlab.sweeps.pairing import (
    Pairing,
    effect_of_selecting,
    exchanged_pairing,
    kish,
    pair,
    people_behind,
    resampled_pairing,
)

__all__ = ["GapChange", "ModelComparison", "RateChange", "compare_models", "gap_change"]

# Rates that say the same as another: one question, counted once by Holm's correction.
_MIRRORS = {"tnr": "fpr", "fnr": "tpr", "fdr": "ppv", "false_omission_rate": "npv"}
_SAME_RULE = "Both models have the same scores and threshold, so nothing can change."
_NO_SPREAD = "Too few people are decided differently to say how sure the change is."
_UNDEFINED = "Too many resampled populations leave it undefined to say how sure the change is."

Change = TypeVar("Change", GapChange, RateChange)


def compare_models(
    before: GroupedOutcomes,
    after: GroupedOutcomes,
    *,
    threshold_before: float = 0.5,
    threshold_after: float = 0.5,
    rates: Sequence[str] | None = None,
    gaps: Sequence[str] | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = 0.95,
) -> ModelComparison:
    """Every rate and gap under two models, with intervals and tests that know the pairing.

    Both models decide about the same persons, so only those decided differently carry any news;
    two separate intervals would be too wide, and their overlap says nothing. The p-values of all
    rates and gaps asked for are Holm-adjusted together: ask for fewer to lose less.

    Weighted people get intervals from effective numbers (Kish) and no p-values: there is no exact
    test of weights.

    Args:
        before, after: The same people in the same order and groups; only scores differ.
        threshold_before, threshold_after: A person is selected iff score >= threshold.
        rates: Names in ``RATES``; None is all that a decision can change.
        gaps: Names in ``GAPS``; None is all that a decision can change.
        draws: Resampled and exchanged populations, at least 100. A p-value from exchanged decisions
            is at least 1 / (1 + draws) before correction.
        seed: The same seed gives the same numbers.
        level: Confidence level.

    Raises:
        InputError: If the two are not the same people in the same groups, or for too few draws or
            a level outside (0, 1).
        UnknownNameError: For an unknown rate or gap.
    """
    normal_quantile(level)
    if draws < 100:
        raise InputError(f"Intervals need at least 100 draws; found {draws}. Use 2000 or more.")
    found = pair(before, after, threshold_before, threshold_after)
    chance = _Chance.of(found, draws, seed, level)
    if rates is None:
        rates = [name for name, r in RATES.items() if effect_of_selecting(r) != (0, 0)]
    if gaps is None:
        gaps = [name for name in GAPS if name != "base_rate_difference"]
    rate_changes = [one for name in rates for one in _rate_changes(RATES[name], chance)]
    gap_changes = [_gap_change(name, chance) for name in gaps]
    rate_changes, gap_changes = _adjusted(rate_changes, gap_changes)
    everyone = found.together()
    return ModelComparison(
        rates=tuple(rate_changes),
        gaps=tuple(gap_changes),
        decided_differently=float(everyone.decided_differently[0]),
        n=float(found.cells.sum()),
        group_names=found.group_names,
        level=level,
        draws=draws,
        seed=seed,
        notes=_notes(found),
    )


def gap_change(
    before: GroupedOutcomes,
    after: GroupedOutcomes,
    gap: str,
    *,
    threshold_before: float = 0.5,
    threshold_after: float = 0.5,
    draws: int = DRAWS,
    seed: int = 0,
    level: float = 0.95,
) -> GapChange:
    """One gap of :func:`compare_models`: change between two models on the same people.

    People are resampled within their group together with both decisions about them, which is a
    multinomial draw of the group's eight (outcome, before, after) cells. What the two models
    have in common cancels, so the interval is narrower than two separate ones suggest. It is mended
    where it would be too sure: see :mod:`fairlab.metrics.gap_changes`.

    Args:
        before, after: The same people in the same groups.
        gap: Name in ``GAPS``.

    Raises:
        InputError: If the two are not the same people in the same groups.
        UnknownNameError: If there is no such gap.
    """
    found = pair(before, after, threshold_before, threshold_after)
    return _gap_change(gap, _Chance.of(found, draws, seed, level))


@dataclass(frozen=True, slots=True, eq=False)
class _Chance:
    """What was found, and what chance could have made of it."""

    found: Pairing
    resampled: Pairing
    exchanged: Pairing | None
    level: float
    draws: int
    seed: int

    @classmethod
    def of(cls, found: Pairing, draws: int, seed: int, level: float) -> "_Chance":
        resampled = resampled_pairing(found, draws, np.random.default_rng(seed))
        exchanged = None
        if found.squares is None:
            exchanged = exchanged_pairing(found, draws, np.random.default_rng(seed + 1))
        return cls(found, resampled, exchanged, level, draws, seed)

    def together(self) -> "_Chance":
        exchanged = None if self.exchanged is None else self.exchanged.together()
        return replace(
            self,
            found=self.found.together(),
            resampled=self.resampled.together(),
            exchanged=exchanged,
        )

    def ends(self, name: str, counts: Counts) -> tuple[float | None, float | None]:
        """Of one model's own interval of a gap."""
        squares, effective = self.found.squares, None
        if squares is not None:
            effective = kish(np.asarray(counts.n), squares.sum(axis=1))
        one = gap_with_interval(
            counts, name, self.draws, self.seed, level=self.level, effective_n=effective
        )
        return one.lower, one.upper


def _rate_changes(rate: Rate, chance: _Chance) -> list[RateChange]:
    change = _matched_changes if effect_of_selecting(rate) is not None else _drawn_changes
    return [*change(rate, chance), *change(rate, chance.together())]


def _matched_changes(rate: Rate, chance: _Chance) -> list[RateChange]:
    """A share whose people no decision moves: closed forms from those who changed."""
    found = chance.found
    plus, minus = _changed_people(rate, found)
    n = np.asarray(rate.denominator(found.before))
    size = people_behind(rate, found)
    scale = np.divide(size, n, out=np.zeros(len(n)), where=n > 0)
    lower, upper = paired_interval(plus * scale, minus * scale, size, chance.level)
    rows = []
    for g, row in enumerate(_plain(rate, found)):
        if row.value is None:
            rows.append(row)
            continue
        row = replace(row, plus=float(plus[g]), minus=float(minus[g]), test="McNemar mid-p")
        detectable = minimum_detectable_change(size[g], (plus[g] + minus[g]) * scale[g])
        row = replace(
            row,
            lower=optional(lower[g]),
            upper=optional(upper[g]),
            p_value=mcnemar_p(int(plus[g]), int(minus[g])) if found.squares is None else None,
            detectable=optional(detectable),
        )
        rows.append(_settled(row, chance))
    return rows


def _drawn_changes(rate: Rate, chance: _Chance) -> list[RateChange]:
    """A ratio whose people change with the decisions: resampled and exchanged."""
    draws = rate(chance.resampled.after) - rate(chance.resampled.before)
    far = None
    if chance.exchanged is not None:
        far = rate(chance.exchanged.after) - rate(chance.exchanged.before)
    rows = []
    for g, row in enumerate(_plain(rate, chance.found)):
        if row.value is None:
            rows.append(row)
            continue
        lower, upper, why = _percentiles(draws[:, g], chance.level)
        row = replace(
            row,
            lower=lower,
            upper=upper,
            why=why,
            p_value=None if far is None else exchange_p(row.value, far[:, g]),
            test="exchanged decisions",
            detectable=_from_spread(draws[:, g]) if lower is not None else None,
        )
        rows.append(_settled(row, chance))
    return rows


def _plain(rate: Rate, found: Pairing) -> list[RateChange]:
    """Values without intervals or tests."""
    before, after = rate(found.before), rate(found.after)
    n = [np.asarray(rate.denominator(c)) for c in (found.before, found.after)]
    gained = found.cells[..., 0, 1].sum(axis=-1)
    lost = found.cells[..., 1, 0].sum(axis=-1)
    return [
        RateChange(
            rate=rate.name,
            group=name,
            n_before=float(n[0][g]),
            n_after=float(n[1][g]),
            before=optional(before[g]),
            after=optional(after[g]),
            value=optional(after[g] - before[g]),
            lower=None,
            upper=None,
            p_value=None,
            test="",
            p_adjusted=None,
            detectable=None,
            plus=float(gained[g]),
            minus=float(lost[g]),
            why=rate.undefined(name).capitalize() + "." if np.isnan(after[g] - before[g]) else "",
        )
        for g, name in enumerate(found.group_names)
    ]


def _gap_change(name: str, chance: _Chance) -> GapChange:
    gap, found = GAPS[name], chance.found
    before, after = float(gap(found.before)), float(gap(found.after))
    change = GapChange(
        value=optional(after - before),
        lower=None,
        upper=None,
        gap=name,
        before=optional(before),
        after=optional(after),
        changed=float(found.decided_differently.sum()),
    )
    if change.value is None:
        which = found.before if np.isnan(before) else found.after
        return replace(change, why=gap.result(which).why_undefined)
    draws = np.asarray(gap(chance.resampled.after) - gap(chance.resampled.before))
    p_value = None
    if chance.exchanged is not None:
        far = np.asarray(gap(chance.exchanged.after) - gap(chance.exchanged.before))
        p_value = exchange_p(change.value, far)
    lower, upper, why = _percentiles(draws, chance.level)
    if lower is not None and upper is not None:
        lower, upper = change_interval(
            gap,
            change.value,
            draws,
            chance.ends(name, found.before),
            chance.ends(name, found.after),
            chance.level,
            at_bound=bool(at_bound(gap.rates, found.before) or at_bound(gap.rates, found.after)),
            chance=p_value,
        )
    detectable = _from_spread(draws) if lower is not None else None
    change = replace(
        change, lower=lower, upper=upper, p_value=p_value, detectable=detectable, why=why
    )
    return _settled(change, chance)


def _changed_people(rate: Rate, found: Pairing) -> tuple[FloatArray, FloatArray]:
    """(G,) people who count in a rate after and not before, and before and not after."""
    gained, lost = found.cells[..., 0, 1], found.cells[..., 1, 0]
    plus, minus = np.zeros(len(gained)), np.zeros(len(gained))
    for label, effect in enumerate(effect_of_selecting(rate) or ()):
        if effect:
            plus += (gained if effect > 0 else lost)[:, label]
            minus += (lost if effect > 0 else gained)[:, label]
    return plus, minus


def _percentiles(draws: FloatArray, level: float) -> tuple[float | None, float | None, str]:
    """Percentile interval of draws, or why there is none."""
    lower, upper = percentile_interval(draws, level)
    if np.isnan(lower):
        return None, None, _UNDEFINED
    if np.nanmax(draws) == np.nanmin(draws):
        return None, None, _NO_SPREAD
    return lower, upper, ""


def _from_spread(draws: FloatArray, power: float = 0.8, level: float = 0.05) -> float:
    """Smallest change found this often, if the change found varies normally as resampled."""
    return float((ndtri(1 - level / 2) + ndtri(power)) * np.nanstd(draws))


def _settled(change: Change, chance: _Chance) -> Change:
    """A change that could not have been another is certain."""
    if not chance.found.same_rule:
        return change
    return replace(change, lower=0.0, upper=0.0, detectable=None, why=_SAME_RULE)


def _adjusted(
    rates: list[RateChange], gaps: list[GapChange]
) -> tuple[list[RateChange], list[GapChange]]:
    """Holm's correction over all questions asked; mirrored rates ask one question twice."""
    questions = [(_MIRRORS.get(r.rate, r.rate), r.group) for r in rates]
    questions += [(g.gap, "") for g in gaps]
    p_of: dict[tuple[str, str], float] = {}
    p_values = [*(r.p_value for r in rates), *(g.p_value for g in gaps)]
    for question, p_value in zip(questions, p_values, strict=True):
        p_of.setdefault(question, np.nan if p_value is None else p_value)
    adjusted = dict(zip(p_of, holm(list(p_of.values())), strict=True))
    found = [optional(adjusted[question]) for question in questions]
    return (
        [replace(r, p_adjusted=p) for r, p in zip(rates, found[: len(rates)], strict=True)],
        [replace(g, p_adjusted=p) for g, p in zip(gaps, found[len(rates) :], strict=True)],
    )


def _notes(found: Pairing) -> tuple[str, ...]:
    notes = []
    empty = [
        name
        for name, n in zip(found.group_names, found.cells.sum(axis=(1, 2, 3)), strict=True)
        if n == 0
    ]
    if empty:
        notes.append(f"No one in the data belongs to: {', '.join(empty)}.")
    if found.same_rule:
        notes.append(_SAME_RULE)
    if found.squares is not None:
        notes.append(
            "People are weighted: intervals use effective numbers of people, and p-values are not "
            "given."
        )
    return tuple(notes)
