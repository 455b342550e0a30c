"""Everything there is to say about one population at one threshold, with how sure we are."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from fairlab.errors import InputError
from fairlab.metrics.calibration import GroupCalibration, calibration
from fairlab.metrics.gap_intervals import add_interval
from fairlab.metrics.gaps import GAPS, GapResult, optional
from fairlab.metrics.inequality import generalized_entropy, theil
from fairlab.metrics.intervals import wilson
from fairlab.metrics.ranking import GroupRanking, ranking
from fairlab.metrics.rates import RATES, Given, Rate
from fairlab.metrics.resampling import (
    bootstrap_counts,
    p_value_of_draws,
    percentile_interval,
    permutation_counts,
)
from fairlab.metrics.score_gaps import ScoreGap, score_gaps
from fairlab.outcomes import Counts, FloatArray, GroupedOutcomes, IntArray, count


@dataclass(frozen=True, slots=True)
class GroupRate:
    """One rate of one group; None where it is undefined.

    Attributes:
        group: Its name.
        value: The rate.
        numerator, n: What it is a ratio of: people, or total weight.
        lower, upper: Interval: Wilson for shares of people, resampled for other ratios.
        why: "undefined: no one in … …" when there is no value, else "".
    """

    group: str
    value: float | None
    numerator: float
    n: float
    lower: float | None
    upper: float | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class RateResult:
    """One rate of every group and of everyone together."""

    name: str
    label: str
    groups: tuple[GroupRate, ...]
    everyone: GroupRate

    def __getitem__(self, group: str) -> GroupRate:
        """The rate of a group by name.

        Raises:
            KeyError: For a name that is no group; lists the known ones.
        """
        for rate in self.groups:
            if rate.group == group:
                return rate
        known = ", ".join(rate.group for rate in self.groups)
        raise KeyError(f"There is no group named {group!r}. Known: {known}.")


@dataclass(frozen=True, slots=True)
class InequalityResult:
    """Inequality of benefits: in total, between groups, and the share between; None undefined."""

    name: str
    total: float | None
    between: float | None
    share: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Audit:
    """The result of :func:`audit`.

    Attributes:
        threshold: Selected iff score >= threshold.
        counts: Confusion counts, fields of shape (G,); floats when weighted.
        cells: The same counts of people (rows), weights aside.
        rates: By name of ``RATES``.
        gaps: By name of ``GAPS``, with interval, bias and p-value.
        score_gaps: By name; empty when the scores are decisions.
        calibration, ranking: Per group; () when the scores are decisions.
        inequality: ``theil`` and ``generalized_entropy`` of benefits.
        level: Confidence level of all intervals.
        draws, seed: Of the resampling; the same seed gives the same audit.
        notes: What a reader must know, in sentences.
    """

    threshold: float
    counts: Counts
    cells: Counts
    rates: Mapping[str, RateResult]
    gaps: Mapping[str, GapResult]
    score_gaps: Mapping[str, ScoreGap]
    calibration: tuple[GroupCalibration, ...]
    ranking: tuple[GroupRanking, ...]
    inequality: Mapping[str, InequalityResult]
    level: float
    draws: int
    seed: int
    notes: tuple[str, ...]

    @property
    def group_names(self) -> tuple[str, ...]:
        """Names of the groups, in order, empty ones included."""
        return self.counts.group_names

    @property
    def people(self) -> IntArray:
        """(G,) people (rows) per group, weights aside."""
        return np.asarray(self.cells.n, dtype=np.int64)

    def to_frame(self) -> pd.DataFrame:
        """One row per number: cells, rates per group, gaps. Missing means undefined.

        Columns: kind, name, group, value, lower, upper, n, numerator, p_value, note.
        """
        columns = [
            "kind",
            "name",
            "group",
            "value",
            "lower",
            "upper",
            "n",
            "numerator",
            "p_value",
            "note",
        ]
        return pd.DataFrame(
            [*_cell_rows(self), *_rate_rows(self), *_gap_rows(self)], columns=columns
        )

    def to_record(self) -> dict[str, Any]:
        """Plain numbers, texts, lists and mappings; None where undefined, never NaN."""
        counts = self.counts
        cells = {f: getattr(counts, f).tolist() for f in ("tp", "fp", "fn", "tn")}
        return {
            "threshold": self.threshold,
            "level": self.level,
            "draws": self.draws,
            "seed": self.seed,
            "groups": list(self.group_names),
            "people": self.people.tolist(),
            "counts": cells,
            "rates": {name: asdict(rate) for name, rate in self.rates.items()},
            "gaps": {name: asdict(gap) for name, gap in self.gaps.items()},
            "score_gaps": {name: asdict(gap) for name, gap in self.score_gaps.items()},
            "calibration": [asdict(group) for group in self.calibration],
            "ranking": [asdict(group) for group in self.ranking],
            "inequality": {name: asdict(value) for name, value in self.inequality.items()},
            "notes": list(self.notes),
        }

    def to_json(self, indent: int | None = 2) -> str:
        """The record as strict JSON: undefined is null.

        An infinite threshold ("select nobody") is written as the text "inf".
        """
        record = self.to_record()
        if not np.isfinite(self.threshold):
            record["threshold"] = str(self.threshold)
        return json.dumps(record, indent=indent, allow_nan=False, ensure_ascii=False)


def audit(
    outcomes: GroupedOutcomes,
    threshold: float = 0.5,
    draws: int = 2000,
    seed: int = 0,
    *,
    level: float = 0.95,
    has_scores: bool | None = None,
) -> Audit:
    """Rates, gaps and scores of every group at one threshold, each with its uncertainty.

    Shares get Wilson intervals; gaps get intervals and the bias of resampled counts (Newcombe's
    interval where a rate is exactly 0 or 1), and a permutation p-value of "no gap". An interval
    includes "no gap" whenever the p-value says that chance alone would make such a gap.
    Weighted people get intervals from effective sizes (Kish) and no p-values: there is no exact
    shuffle of weights.

    Args:
        outcomes: People with labels, scores and groups.
        threshold: Selected iff score >= threshold; +inf selects nobody.
        draws: Resampled and shuffled populations, at least 100.
        seed: The same seed gives the same numbers.
        level: Confidence level of the intervals.
        has_scores: False when ``score`` holds decisions; None looks (only 0 and 1 are decisions).

    Raises:
        InputError: For a NaN threshold, too few draws or a level outside (0, 1).
    """
    if np.isnan(threshold):
        raise InputError(
            "The threshold is missing (NaN). Give a number on the scale of the scores."
        )
    if draws < 100:
        raise InputError(f"Intervals need at least 100 draws; found {draws}. Use 2000 or more.")
    counts = count(outcomes, threshold)
    effective = effective_people(outcomes)
    resampled = bootstrap_counts(counts, draws, np.random.default_rng(seed), effective)
    if has_scores is None:
        has_scores = not bool(np.isin(outcomes.score, (0.0, 1.0)).all())
    calibrations = calibration(outcomes, level) if has_scores else ()
    rankings = ranking(outcomes) if has_scores else ()
    return Audit(
        threshold=float(threshold),
        counts=counts,
        cells=counts
        if outcomes.weight is None
        else count(replace(outcomes, weight=None), threshold),
        rates={
            name: _rate_result(rate, counts, resampled, effective, level)
            for name, rate in RATES.items()
        },
        gaps=_gap_results(counts, resampled, outcomes.weight is not None, seed, level),
        score_gaps=score_gaps(calibrations, rankings, draws, seed, level) if has_scores else {},
        calibration=calibrations,
        ranking=rankings,
        inequality=_inequality(counts),
        level=level,
        draws=draws,
        seed=seed,
        notes=_notes(outcomes, has_scores),
    )


def effective_people(outcomes: GroupedOutcomes) -> FloatArray | None:
    """Kish's (Σw)² / Σw² per group; None without weights."""
    if outcomes.weight is None:
        return None
    total = np.bincount(outcomes.group, outcomes.weight, minlength=outcomes.n_groups)
    squares = np.bincount(outcomes.group, outcomes.weight**2, minlength=outcomes.n_groups)
    return np.divide(total**2, squares, out=np.zeros_like(total), where=squares > 0)


def effective_together(counts: Counts, effective: FloatArray) -> float:
    """Kish's number for all groups together, from theirs: groups may weigh differently."""
    squares = np.divide(counts.n**2, effective, out=np.zeros(len(effective)), where=counts.n > 0)
    return float(counts.n.sum() ** 2 / squares.sum())


def _rate_result(
    rate: Rate, counts: Counts, resampled: Counts, effective: FloatArray | None, level: float
) -> RateResult:
    shrink = None if effective is None else effective / np.where(counts.n > 0, counts.n, 1)
    whole = None
    if effective is not None:
        whole = np.array([effective_together(counts, effective) / counts.n.sum()])
    everyone = _group_rates(rate, counts.overall(), resampled.overall(), whole, level)
    groups = _group_rates(rate, counts, resampled, shrink, level)
    return RateResult(rate.name, rate.label, groups, everyone[0])


def _group_rates(
    rate: Rate, counts: Counts, resampled: Counts, shrink: FloatArray | None, level: float
) -> tuple[GroupRate, ...]:
    value = rate(counts)
    numerator, n = np.asarray(rate.numerator(counts)), np.asarray(rate.denominator(counts))
    if rate.share:
        scale = 1.0 if shrink is None else shrink
        lower, upper = wilson(np.minimum(numerator, n) * scale, n * scale, level)
    else:
        draws = rate(resampled)
        bounds = [percentile_interval(draws[:, g], level) for g in range(len(value))]
        lower, upper = np.array(bounds).T
    return tuple(
        GroupRate(
            group=name,
            value=optional(value[g]),
            numerator=numerator[g].item(),
            n=n[g].item(),
            lower=optional(lower[g]) if not np.isnan(value[g]) else None,
            upper=optional(upper[g]) if not np.isnan(value[g]) else None,
            why=rate.undefined(name) if np.isnan(value[g]) else "",
        )
        for g, name in enumerate(counts.group_names)
    )


def _gap_results(
    counts: Counts, resampled: Counts, weighted: bool, seed: int, level: float
) -> dict[str, GapResult]:
    draws = resampled.shape[0]
    shuffled: dict[Given, Counts] = {}
    results = {}
    for name, gap in GAPS.items():
        found = gap.result(counts)
        if found.value is None:
            results[name] = found
            continue
        given = gap.rates[0].given
        if not weighted and given not in shuffled:
            rng = np.random.default_rng(seed)
            shuffled[given] = permutation_counts(counts, draws, rng, given)
        p_value = None
        if not weighted:
            far = gap(shuffled[given])
            p_value = p_value_of_draws(found.value, far, gap.spread == "ratio")
        found = replace(found, p_value=p_value)
        results[name] = add_interval(gap, found, counts, gap(resampled), level)
    return results


def _inequality(counts: Counts) -> dict[str, InequalityResult]:
    measures = {"theil": theil(counts), "generalized_entropy": generalized_entropy(counts)}
    return {
        name: InequalityResult(name, optional(m.total), optional(m.between), optional(m.share))
        for name, m in measures.items()
    }


def _notes(outcomes: GroupedOutcomes, has_scores: bool) -> tuple[str, ...]:
    notes = []
    people = np.bincount(outcomes.group, minlength=outcomes.n_groups)
    empty = [outcomes.group_names[g] for g in np.flatnonzero(people == 0)]
    if empty:
        notes.append(f"No one in the data belongs to: {', '.join(empty)}.")
    if outcomes.weight is not None:
        notes.append(
            "People are weighted: counts are total weights, intervals use effective numbers of "
            "people, and p-values are not given."
        )
    if not has_scores:
        notes.append("There are decisions but no scores, so calibration and ranking are not shown.")
    return tuple(notes)


def _cell_rows(result: Audit) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for field in ("tp", "fp", "fn", "tn"):
        for g, group in enumerate(result.group_names):
            value = getattr(result.counts, field)[g].item()
            n = result.counts.n[g].item()
            rows.append(("count", field, group, value, None, None, n, value, None, ""))
    return rows


def _rate_rows(result: Audit) -> list[tuple[Any, ...]]:
    return [
        ("rate", rate.name, g.group, g.value, g.lower, g.upper, g.n, g.numerator, None, g.why)
        for rate in result.rates.values()
        for g in (*rate.groups, rate.everyone)
    ]


def _gap_rows(result: Audit) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    total = result.counts.n.sum().item()
    for gap in result.gaps.values():
        note = gap.why_undefined
        if gap.value is not None:
            note = f"highest: {gap.highest}; lowest: {gap.lowest}"
            if gap.left_out:
                note += f"; left out: {', '.join(gap.left_out)}"
        rows.append(
            ("gap", gap.name, "", gap.value, gap.lower, gap.upper, total, None, gap.p_value, note)
        )
    for score_gap in result.score_gaps.values():
        note = f"highest: {score_gap.highest}; lowest: {score_gap.lowest}"
        if score_gap.value is None:
            note = "Undefined: fewer than two groups have a value."
        numbers = (score_gap.value, score_gap.lower, score_gap.upper)
        rows.append(("score gap", score_gap.name, "", *numbers, total, None, None, note))
    return rows
