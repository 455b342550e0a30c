"""The finished curve as rows: one per model, accuracy and gap with intervals."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from fairlab.config import CONSTRAINT_GAPS
from fairlab.language import tr
from fairlab.metrics import GAPS, RATES
from fairlab.metrics.people_gaps import accuracy_of_people, gap_of_people
from fairlab.outcomes import Array, Counts, count
from fairlab.pareto import non_dominated
from fairlab.reports.measure import counts_of, people_of, widest
from fairlab.reports.sentences.point import dial_words, family_label, uses_attribute_words
from fairlab.results import SweepResult


@dataclass(frozen=True, slots=True)
class CurveRow:
    """One model on the curve. Rates and gaps in [0, 1]; None where undefined.

    Attributes:
        index: Model index in the result.
        mode, seed, baseline: As in :class:`fairlab.results.Point`.
        strength: λ, or the slack ε where that is varied; None for baselines without either.
        accuracy: Share of right decisions, with its Wilson interval.
        gap: The constraint's gap of decisions; for marginal groups the widest over attributes.
        lower, upper: 95 % interval of the gap; weighted people count by their effective number.
        front: No other model of the same family is better on one axis and as good on the other,
            judged on validation people.
        flags: Health findings.
        groups: Selection rate per group, in words with n, for hovering.
        family: The mode, or the baseline's method: what a front is drawn through.
        label: The family in words.
        dial: How the model was set, in words; "" where nothing was.
        uses_attribute: Whether a decision needs the person's group; None if not recorded.
    """

    index: int
    mode: str
    strength: float | None
    seed: int
    baseline: bool
    accuracy: float | None
    accuracy_lower: float | None
    accuracy_upper: float | None
    gap: float | None
    lower: float | None
    upper: float | None
    front: bool
    flags: tuple[str, ...]
    groups: tuple[str, ...]
    family: str = ""
    label: str = ""
    dial: str = ""
    uses_attribute: bool | None = None


def curve_rows(result: SweepResult, split: str = "test") -> tuple[CurveRow, ...]:
    """Accuracy and gap of every model, on one split, at the threshold of the sweep.

    Args:
        result: A finished (or cancelled) sweep.
        split: ``test``, ``validation`` or ``train``.
    """
    front = front_by_family(result)
    rows = []
    for point in result.points:
        groupings = people_of(result, point.index, split)
        tables = tuple(count(outcomes, result.threshold) for outcomes in groupings)
        accuracy, low, high = accuracy_of_people(groupings[0], result.threshold)
        found = gap_of_people(groupings, result.threshold, CONSTRAINT_GAPS[result.constraint])
        rows.append(
            CurveRow(
                index=point.index,
                mode=point.mode,
                strength=point.strength if point.slack is None else point.slack,
                seed=point.seed,
                baseline=point.baseline,
                accuracy=_number(accuracy),
                accuracy_lower=_number(low),
                accuracy_upper=_number(high),
                gap=found.value,
                lower=found.lower,
                upper=found.upper,
                front=bool(front[point.index]),
                flags=point.flags,
                groups=tuple(words for table in tables for words in _group_words(table)),
                family=point.family,
                label=family_label(point.family),
                dial=dial_words(point),
                uses_attribute=point.uses_attribute,
            )
        )
    return tuple(rows)


def front_by_family(result: SweepResult) -> Array:
    """(M,) whether a model is on its family's front, by validation accuracy and gap."""
    gap = GAPS[CONSTRAINT_GAPS[result.constraint]]
    costs = np.full((len(result.points), 2), np.nan)
    for point in result.points:
        tables = counts_of(result, point.index, "validation")
        accuracy = (tables[0].tp + tables[0].tn).sum() / tables[0].n.sum()
        costs[point.index] = 1 - accuracy, widest(gap, tables)
    families = np.array([point.family for point in result.points])
    front = np.zeros(len(result.points), dtype=bool)
    for family in np.unique(families):
        own = families == family
        front[own] = non_dominated(costs[own])
    return front


def curve_table(rows: tuple[CurveRow, ...]) -> pd.DataFrame:
    """The curve for reading: percentages and percentage points, rounded to a tenth."""
    return pd.DataFrame(
        {
            "Family": [r.label for r in rows],
            "Strength or slack": [
                "" if r.strength is None else tr("{strength:.4g}", strength=r.strength)
                for r in rows
            ],
            "Seed": [r.seed for r in rows],
            "Accuracy, %": [_tenth(r.accuracy) for r in rows],
            "Gap, points": [_tenth(r.gap) for r in rows],
            "95 % interval of the gap": [
                tr("undefined")
                if r.lower is None
                else tr(
                    "{r_lower:.1f} to {r_upper:.1f}",
                    r_lower=100 * r.lower,
                    r_upper=100 * (r.upper or 0),
                )
                for r in rows
            ],
            "On the front": [tr("yes") if r.front else "" for r in rows],
            "Uses the attribute when deciding": [
                uses_attribute_words(r.uses_attribute) for r in rows
            ],
            "Findings": [" ".join(r.flags) for r in rows],
        }
    )


def chart_rows(
    rows: tuple[CurveRow, ...], told_apart: Sequence[bool | None] = ()
) -> list[dict[str, Any]]:
    """The curve as JSON-able rows for the live chart.

    Args:
        rows: Finished points.
        told_apart: Of each whether it can be told from the unmitigated model; () if not known.
    """
    wanted = (
        "index", "mode", "family", "label", "dial", "strength", "seed", "baseline", "accuracy",
        "gap", "front",
    )  # fmt: skip
    return [
        {
            **{key: value for key, value in asdict(row).items() if key in wanted},
            "strength": 0.0 if row.strength is None else row.strength,
            "interval": None if row.lower is None else [row.lower, row.upper],
            "across": None
            if row.accuracy_lower is None
            else [row.accuracy_lower, row.accuracy_upper],
            "apart": told_apart[row.index] if told_apart else None,
            "flagged": bool(row.flags),
            "uses": row.uses_attribute,
            "hover": [
                *row.groups,
                tr("uses the sensitive attribute when deciding: ")
                + uses_attribute_words(row.uses_attribute),
                *row.flags,
            ],
        }
        for row in rows
    ]


def _group_words(counts: Counts) -> tuple[str, ...]:
    rates = RATES["selection_rate"](counts)
    return tuple(
        f"{name}: "
        + (tr("{rate:.0f} % of {n:.0f} selected", rate=100 * rate, n=n) if n > 0 else tr("nobody"))
        for name, rate, n in zip(counts.group_names, rates, counts.n, strict=True)
    )


def _number(value: Any) -> float | None:
    number = float(value)
    return number if np.isfinite(number) else None


def _tenth(value: float | None) -> str:
    return tr("undefined") if value is None else tr("{value:.1f}", value=100 * value)
