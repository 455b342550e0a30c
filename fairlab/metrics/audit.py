"""Everything there is to say about one population at one threshold, with how sure we are."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from fairlab.errors import InputError
from fairlab.metrics.audit_frame import audit_frame
from fairlab.metrics.calibration import GroupCalibration
from fairlab.metrics.gap_intervals import add_interval
from fairlab.metrics.gaps import GAPS, Gap, GapResult
from fairlab.metrics.group_rates import (
    RateResult,
    effective_people,
    equal_weights_aside,
    rate_result,
)
from fairlab.metrics.inequality import InequalityResult, inequality_results
from fairlab.metrics.overall import OverallGap, overall_gap
from fairlab.metrics.ranking import GroupRanking
from fairlab.metrics.rates import RATES, Given
from fairlab.metrics.resampling import (
    DRAWS,
    SEED,
    alike_counts,
    bootstrap_counts,
    p_value_of_draws,
    permutation_counts,
)
from fairlab.metrics.score_gaps import ScoreGap
from fairlab.metrics.score_numbers import ScoreNumbers, score_numbers
from fairlab.outcomes import Counts, FloatArray, GroupedOutcomes, IntArray, count


@dataclass(frozen=True, slots=True, eq=False)
class Audit:
    """The result of :func:`audit`.

    Attributes:
        threshold: Selected iff score >= threshold.
        counts: Confusion counts, fields of shape (G,); floats when weighted.
        cells: The same counts of people (rows), weights aside.
        sizes, totals: (G,) people and total weight per group.
        rates: By name of ``RATES``.
        gaps: By name of ``GAPS``, with interval, bias and p-value.
        to_overall: The same gaps measured from everyone.
        score_gaps: By name; empty when the scores are decisions.
        calibration, ranking: Per group; () when the scores are decisions.
        inequality: ``theil`` and ``generalized_entropy`` of benefits, with the part that lies
            between groups.
        level: Confidence level of all intervals.
        draws, seed: Of the resampling; the same seed gives the same audit.
        notes: What a reader must know, in sentences.
        weighted: Whether people have weights.
        hidden: Groups with suppressed numbers (``suppression.py``); ``whole_hidden`` says whether
            everyone's are, too, and ``why_hidden`` why.
    """

    threshold: float
    counts: Counts
    cells: Counts
    sizes: IntArray
    totals: FloatArray
    rates: Mapping[str, RateResult]
    gaps: Mapping[str, GapResult]
    to_overall: Mapping[str, OverallGap]
    score_gaps: Mapping[str, ScoreGap]
    calibration: tuple[GroupCalibration, ...]
    ranking: tuple[GroupRanking, ...]
    inequality: Mapping[str, InequalityResult]
    level: float
    draws: int
    seed: int
    notes: tuple[str, ...]
    weighted: bool = False
    hidden: tuple[str, ...] = ()
    whole_hidden: bool = False
    why_hidden: str = ""

    @property
    def group_names(self) -> tuple[str, ...]:
        """Names of the groups, in order, empty ones included."""
        return self.counts.group_names

    @property
    def people(self) -> IntArray:
        """(G,) people (rows) per group, weights aside."""
        return self.sizes

    def to_frame(self) -> pd.DataFrame:
        """One row per number: cells, rates per group, gaps. Missing means undefined.

        Columns: kind, name, group, value, lower, upper, n, numerator, p_value, note.
        """
        return audit_frame(self)

    def to_record(self) -> dict[str, Any]:
        """Plain numbers, texts, lists and mappings; None where undefined, never NaN."""
        counts = self.counts
        cells = {f: getattr(counts, f).tolist() for f in ("tp", "fp", "fn", "tn")}
        record: dict[str, Any] = {
            "threshold": self.threshold,
            "level": self.level,
            "draws": self.draws,
            "seed": self.seed,
            "groups": list(self.group_names),
            "people": self.people.tolist(),
            "counts": cells,
            "rates": {name: asdict(rate) for name, rate in self.rates.items()},
            "gaps": {name: asdict(gap) for name, gap in self.gaps.items()},
            "to_overall": {name: asdict(gap) for name, gap in self.to_overall.items()},
            "score_gaps": {name: asdict(gap) for name, gap in self.score_gaps.items()},
            "calibration": [asdict(group) for group in self.calibration],
            "ranking": [asdict(group) for group in self.ranking],
            "inequality": {name: asdict(value) for name, value in self.inequality.items()},
            "notes": list(self.notes),
            "hidden": list(self.hidden),
        }
        return dict(without_nan(record))

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
    draws: int = DRAWS,
    seed: int = SEED,
    *,
    level: float = 0.95,
    has_scores: bool | None = None,
    scores: ScoreNumbers | None = None,
) -> Audit:
    """Rates, gaps and scores of every group at one threshold, each with its uncertainty.

    Shares get Wilson intervals; gaps get intervals and the bias of resampled counts (Newcombe's
    interval where a rate is exactly 0 or 1), and a permutation p-value of "no gap". An interval
    includes "no gap" whenever the p-value says that chance alone would make such a gap.
    Weighted people get intervals from effective sizes (Kish) and no p-values: there is no exact
    shuffle of weights. Weights that are all equal are set aside, whatever they are: people then
    count as one each, which changes no rate and no gap.

    Args:
        outcomes: People with labels, scores and groups.
        threshold: Selected iff score >= threshold; +inf selects nobody.
        draws: Resampled and shuffled populations, at least 100.
        seed: The same seed gives the same numbers.
        level: Confidence level of the intervals.
        has_scores: False when ``score`` holds decisions; None looks (only 0 and 1 are decisions).
        scores: What :func:`score_numbers` said of the same people with the same draws, seed and
            level; it does not depend on the threshold. Computed when None.

    Raises:
        InputError: For a NaN threshold, too few draws or a level outside (0, 1).
    """
    if np.isnan(threshold):
        raise InputError(
            "The threshold is missing (NaN). Give a number on the scale of the scores."
        )
    if draws < 100:
        raise InputError(f"Intervals need at least 100 draws; found {draws}. Use 2000 or more.")
    given, outcomes = outcomes, equal_weights_aside(outcomes)
    if has_scores is None:
        has_scores = not bool(np.isin(outcomes.score, (0.0, 1.0)).all())
    if not has_scores:
        scores = ScoreNumbers((), (), {})
    elif scores is None:
        scores = score_numbers(outcomes, draws, seed, level)
    counts = count(outcomes, threshold)
    cells = counts
    if outcomes.weight is not None:
        cells = count(replace(outcomes, weight=None), threshold)
    drawn = _Draws(counts, effective_people(outcomes), draws, seed, level)
    return Audit(
        threshold=float(threshold),
        counts=counts,
        cells=cells,
        sizes=np.asarray(cells.n, dtype=np.int64),
        totals=np.asarray(counts.n, dtype=np.float64),
        rates={
            name: rate_result(rate, counts, drawn.resampled, drawn.effective, level)
            for name, rate in RATES.items()
        },
        gaps={name: _gap_result(gap, drawn) for name, gap in GAPS.items()},
        to_overall={
            name: overall_gap(
                gap, counts, drawn.resampled, drawn.shuffled(gap), level, drawn.effective
            )
            for name, gap in GAPS.items()
        },
        score_gaps=scores.gaps,
        calibration=scores.calibration,
        ranking=scores.ranking,
        inequality=inequality_results(
            counts,
            drawn.resampled,
            drawn.shuffled_given("nothing"),
            level,
            drawn.effective is None,
        ),
        level=level,
        draws=draws,
        seed=seed,
        notes=_notes(given, outcomes, has_scores),
        weighted=outcomes.weight is not None,
    )


def without_nan(value: Any) -> Any:
    """A record of plain mappings, sequences and numbers with None for every NaN."""
    if isinstance(value, dict):
        return {key: without_nan(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(one) for one in value]
    return None if isinstance(value, float) and np.isnan(value) else value


class _Draws:
    """Counts with their resampled and shuffled draws, each made once."""

    def __init__(
        self, counts: Counts, effective: FloatArray | None, draws: int, seed: int, level: float
    ) -> None:
        self.counts, self.effective = counts, effective
        self.draws, self.seed, self.level = draws, seed, level
        self.resampled = bootstrap_counts(counts, draws, np.random.default_rng(seed), effective)
        self._shuffled: dict[Given, Counts] = {}

    def shuffled(self, gap: Gap) -> Counts:
        return self.shuffled_given(gap.rates[0].given)

    def shuffled_given(self, given: Given) -> Counts:
        """Groups shuffled; of weighted people, drawn alike: weights have no exact shuffle."""
        if given not in self._shuffled:
            rng, counts, draws = np.random.default_rng(self.seed), self.counts, self.draws
            self._shuffled[given] = (
                permutation_counts(counts, draws, rng, given)
                if self.effective is None
                else alike_counts(counts, draws, rng, given, self.effective)
            )
        return self._shuffled[given]


def _gap_result(gap: Gap, drawn: _Draws) -> GapResult:
    found = gap.result(drawn.counts)
    if found.value is None:
        return found
    chance = p_value_of_draws(found.value, gap(drawn.shuffled(gap)), gap.spread == "ratio")
    if drawn.effective is None:
        found = replace(found, p_value=chance)
    return add_interval(
        gap, found, drawn.counts, gap(drawn.resampled), drawn.level, drawn.effective, chance
    )


def _notes(given: GroupedOutcomes, outcomes: GroupedOutcomes, has_scores: bool) -> tuple[str, ...]:
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
    elif given.weight is not None:
        notes.append(
            f"All weights are equal ({given.weight[0]:g}), so people count as one each: rates, "
            "gaps, intervals and p-values are those of people without weights."
        )
    if not has_scores:
        notes.append("There are decisions but no scores, so calibration and ranking are not shown.")
    return tuple(notes)
