"""Each metric's best rule judged by every metric, as a table."""

from collections.abc import Mapping

import pandas as pd

from fairlab.language import tr
from fairlab.metrics import GAPS
from fairlab.reports.sentences import amounts
from fairlab.reports.sentences.judged import (
    against_text,
    cell_text,
    changed_text,
    metric_label,
    picked_text,
)
from fairlab.sweeps.judged import MetricMatrix


def matrix_table(found: MetricMatrix, labels: Mapping[str, str]) -> pd.DataFrame:
    """One row per rule, one column per metric it is judged by.

    Args:
        labels: The rule of each row in words.
    """
    rows = found.rows
    columns: dict[str, list[str]] = {
        tr("Best by"): [metric_label(row.metric) for row in rows],
        tr("Rule"): [labels.get(row.metric, tr("none")) for row in rows],
        tr("Accuracy"): [amounts.share(row.accuracy) for row in rows],
    }
    for place, name in enumerate(found.metrics):
        columns[_heading(name)] = [
            cell_text(row.cells[place]) if row.cells else tr("undefined") for row in rows
        ]
    columns |= {
        tr("Selected"): [amounts.share(row.selected) for row in rows],
        tr("Accuracy against the most accurate, points"): [against_text(row) for row in rows],
        tr("People decided otherwise"): [
            changed_text(row) if row.rule else tr("undefined") for row in rows
        ],
        tr("On validation people"): [picked_text(row) for row in rows],
        tr("Needs the group"): [
            _yes(row.rule is not None and row.rule.needs_attribute) for row in rows
        ],
    }
    return pd.DataFrame(columns)


def _heading(name: str) -> str:
    if GAPS[name].spread == "ratio":
        return metric_label(name)
    return tr("{metric}, points", metric=metric_label(name))


def _yes(what: bool) -> str:
    return tr("yes") if what else tr("no")
