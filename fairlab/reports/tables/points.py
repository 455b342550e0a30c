"""Every number of a sweep as two tables: models per split, and rates per group.

Aggregates only: rates that could give away a small number of people are left out, and the row
says so.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fairlab.config import CONSTRAINT_GAPS
from fairlab.metrics import GAPS, RATES, Rate, wilson
from fairlab.metrics.suppression import hidden_sizes
from fairlab.outcomes import Counts, count
from fairlab.reports.left_out import COLUMN, few_people, left_out_words
from fairlab.reports.measure import counts_of, people_of, widest
from fairlab.reports.tables.curve import front_by_family
from fairlab.reports.withheld import hidden_columns, shown_flags, withheld_of
from fairlab.results import CROSSING, Point, SweepResult
from fairlab.sweeps.drawn import drawn_decisions

SMALL_CELL = 10  # rates that could give away fewer people than this are not exported
_MARGINS = ("selection_rate", "base_rate")
_PROMISE = (
    "promised_score_gap",
    "measured_score_gap",
    "drawn_decision_gap",
    "largest_batch_score_gap",
    "largest_batch_excess",
    "promise_window",
    "largest_window_score_gap",
    "asked_decision_gap",
    "solver_residual",
    "policy",
)
_DRAWN = (
    "expected_accuracy",
    "expected_gap",
    "thresholded_accuracy",
    "thresholded_gap",
)


def points_table(
    result: SweepResult, threshold: float | None = None, *, smallest: int = 0
) -> pd.DataFrame:
    """One row per model and split: accuracy, every gap, what the layer promised.

    Args:
        threshold: A person is selected iff score >= threshold; None is the one trained for.
        smallest: Gaps that rest on a group with fewer people in a cell are left out, and accuracy
            where it would give such a cell away; 0 keeps everything.

    Returns:
        Columns ``model, mode, method, strength, slack, place, seed, best_epoch, baseline, split,
        group_by,
        threshold, n, accuracy, accuracy_lower, accuracy_upper, selection_rate``, one per name of
        ``GAPS`` (for marginal groups the widest over attributes), ``on_front`` (as on the curve:
        no other model of its family beats it on
        validation people at the threshold trained for), ``promised_score_gap``,
        ``measured_score_gap``, ``drawn_decision_gap`` (one draw of decisions with probability =
        score), ``largest_batch_score_gap``, ``largest_batch_excess``, ``promise_window`` (people
        of the windows the promise is about; missing where it is about each batch),
        ``largest_window_score_gap``, ``asked_decision_gap`` (asked of decisions in training, not
        promised), ``solver_residual``, ``policy``, ``uses_attribute_when_deciding``, for models
        that draw their decisions ``expected_accuracy`` and ``expected_gap`` (over all draws;
        ``accuracy`` and gaps are of the one draw shown) and ``thresholded_accuracy`` and
        ``thresholded_gap`` (of selecting at a chance of one half), ``flags``, ``left_out`` (why,
        and which columns). Missing means undefined, not applicable or left out.
    """
    cut = result.threshold if threshold is None else threshold
    fronts = _fronts(result)
    flags = {p.index: shown_flags(result, p, smallest) for p in result.points}
    rows = []
    for split in result.splits:
        weighted = result.splits[split].weight is not None
        for point in result.points:
            tables = counts_of(result, point.index, split, cut)
            gone = withheld_of(result, point.index, split, cut, smallest)
            hidden = hidden_columns(gone, result.constraint)
            row = {
                **_identity(result, point, split, cut),
                **_overall(tables[0], weighted),
                **{name: widest(gap, tables) for name, gap in GAPS.items()},
                "on_front": fronts[point.index],
                **_promise(point, split),
                "uses_attribute_when_deciding": point.uses_attribute,
                **_drawn(result, point, split),
                "flags": " ".join(flags[point.index]),
            }
            gone_columns = [name for name in row if name in _asked(point, hidden)]
            rows.append(
                {
                    **row,
                    **dict.fromkeys(gone_columns, np.nan),
                    COLUMN: left_out_words(gone_columns, smallest),
                }
            )
    return pd.DataFrame(rows)


def rates_table(
    result: SweepResult, threshold: float | None = None, *, smallest: int = SMALL_CELL
) -> pd.DataFrame:
    """One row per model, split, group and rate, with a 95 % Wilson interval and its n.

    A group with fewer than ``smallest`` people in a cell of its confusion matrix keeps only its
    selection and base rate; ``left_out`` says so. 0 keeps everything. Rates that are not shares
    of people (F1, balanced accuracy …) and rates of weighted people have no interval here;
    ``n`` counts people, whatever their weight.

    Returns:
        Columns ``model, mode, method, strength, slack, place, seed, best_epoch, baseline, split,
        group_by,
        threshold, group, rate, value, lower, upper, n, left_out``.
    """
    cut = result.threshold if threshold is None else threshold
    rows = []
    for split in result.splits:
        for point in result.points:
            groupings = people_of(result, point.index, split)
            for by, outcomes in zip(result.groupings, groupings, strict=True):
                counts = count(outcomes, cut)
                people = count(replace(outcomes, weight=None), cut)
                identity = {
                    **_identity(result, point, split, cut),
                    "group_by": CROSSING.join(by),
                }
                for rate in RATES.values():
                    found = _rate_rows(rate, counts, people, smallest)
                    rows += [{**identity, **row} for row in found]
    return pd.DataFrame(rows)


def _identity(result: SweepResult, point: Point, split: str, threshold: float) -> dict[str, Any]:
    return {
        "model": point.index,
        "mode": point.mode,
        "method": point.method,
        "strength": np.nan if point.strength is None else point.strength,
        "slack": np.nan if point.slack is None else point.slack,
        "place": np.nan if point.place is None else point.place,
        "seed": point.seed,
        "best_epoch": point.best_epoch,
        "baseline": point.baseline,
        "split": split,
        "group_by": result.groups_in_words,
        "threshold": threshold,
    }


def _overall(counts: Counts, weighted: bool) -> dict[str, float]:
    everyone = counts.overall()
    accuracy = RATES["accuracy"]
    lower = upper = np.array([np.nan])
    if not weighted:
        lower, upper = wilson(accuracy.numerator(everyone), everyone.n)
    return {
        "n": everyone.n[0].item(),
        "accuracy": float(accuracy(everyone)[0]),
        "accuracy_lower": float(lower[0]),
        "accuracy_upper": float(upper[0]),
        "selection_rate": float(RATES["selection_rate"](everyone)[0]),
    }


def _fronts(result: SweepResult) -> list[bool | None]:
    if result.constraint not in CONSTRAINT_GAPS or "validation" not in result.splits:
        return [None] * len(result.points)
    return [bool(value) for value in front_by_family(result)]


def _asked(point: Point, hidden: set[str]) -> set[str]:
    """Hidden columns that could hold a number of such a model at all."""
    absent = set() if point.is_drawn else set(_DRAWN)
    return hidden - (absent if point.guarantee is not None else absent | set(_PROMISE))


def _promise(point: Point, split: str) -> dict[str, Any]:
    promise = point.guarantee
    if promise is None:
        return dict.fromkeys(_PROMISE)
    values = (
        promise.promised,
        promise.score_gap.get(split),
        promise.drawn_gap.get(split),
        promise.batch_gap,
        promise.batch_excess,
        promise.window,
        promise.window_gap,
        promise.decisions_asked,
        promise.residual,
        promise.policy,
    )
    return dict(zip(_PROMISE, values, strict=True))


def _drawn(result: SweepResult, point: Point, split: str) -> dict[str, float | None]:
    if not point.is_drawn:
        return dict.fromkeys(_DRAWN)
    found = drawn_decisions(result, point.index, split)
    values = (
        found.expected.accuracy,
        found.expected.gap,
        found.thresholded.accuracy,
        found.thresholded.gap,
    )
    return dict(zip(_DRAWN, values, strict=True))


def _rate_rows(rate: Rate, counts: Counts, people: Counts, smallest: int) -> list[dict[str, Any]]:
    value = rate(counts)
    lower = upper = np.full(len(value), np.nan)
    if rate.share and np.issubdtype(counts.tp.dtype, np.integer):
        lower, upper = wilson(rate.numerator(counts), rate.denominator(counts))
    hidden = _hidden(rate, people, smallest)
    behind = rate.denominator(people) if rate.share else people.n
    rows = []
    for g, name in enumerate(counts.group_names):
        undefined = bool(np.isnan(value[g]))
        absent = undefined or hidden[g]
        reason = rate.undefined(name) if undefined else ""
        rows.append(
            {
                "group": name,
                "rate": rate.name,
                "value": np.nan if absent else value[g],
                "lower": np.nan if absent else lower[g],
                "upper": np.nan if absent else upper[g],
                "n": np.nan if hidden[g] else behind[g],
                COLUMN: few_people(smallest) if hidden[g] else reason,
            }
        )
    return rows


def _hidden(rate: Rate, people: Counts, smallest: int) -> NDArray[np.bool_]:
    """Groups whose rate could give away a cell of fewer than ``smallest`` people.

    A group with a small cell (none at all included) keeps its selection and base rate where
    both sides of them are large enough: from those its cells cannot be worked out. When one
    group alone has a small cell, the group with the next smallest joins it, so that nothing
    can be found by subtraction from everyone. Nor is anything shown, or how many people there are,
    of a group of fewer people; nor of the smallest other one where that is a single group.
    """
    least = np.min([people.tp, people.fp, people.fn, people.tn], axis=0)
    present = people.n > 0
    small = present & (least < smallest)
    rest = np.flatnonzero(present & ~small)
    if small.sum() == 1 and len(rest):
        small[rest[np.argmin(least[rest])]] = True
    if rate.name in _MARGINS:
        numerator, n = rate.numerator(people), rate.denominator(people)
        small &= (numerator < smallest) | (n - numerator < smallest)
    small |= hidden_sizes(people.n, smallest)
    return np.asarray(small, dtype=np.bool_)
