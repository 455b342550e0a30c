"""What the threshold slider of a report moves: counts that may be shown, and what is made of them.

The browser only looks counts up and divides them; the same formulas as in ``fairlab.metrics``.
"""

from typing import Any

import numpy as np

from fairlab.language import tr
from fairlab.outcomes import Array
from fairlab.reports.facts import Facts, attributes_in_words
from fairlab.reports.html.charts import marks
from fairlab.reports.html.thinned import ShownSweep, shown_sweep
from fairlab.reports.invisible import visible
from fairlab.reports.sentences.audit import people

RATES_MOVED = ("selection_rate", "tpr", "fpr", "ppv", "accuracy")
MOST_GROUPS = 12
ROWS = 11  # of the table beside the slider


def thresholds_part(facts: Facts) -> dict[str, Any] | None:
    """The slider's numbers; None where decisions are not made by one threshold."""
    if facts.choice.group_cuts is not None or facts.point.is_drawn:
        return None
    place = facts.chosen.widest(facts.gap_name)
    outcomes = facts.chosen.outcomes[place]
    if outcomes.n_groups > MOST_GROUPS:
        return None
    found = shown_sweep(outcomes, facts.choice.threshold, facts.smallest)
    names = [visible(name) for name in found.group_names]
    return {
        "by": visible(attributes_in_words(facts.result.groupings[place])),
        "names": names,
        "marks": marks(names),
        "any": bool(np.isfinite(found.selected).any()),
        "start": found.start,
        "size": len(found.thresholds),
        "left_out": found.left_out,
        "smallest": facts.smallest,
        "outcomes": [visible(word) for word in facts.config.task.outcome_words],
        "table": _table(found),
        "data": _data(found),
    }


def _table(found: ShownSweep) -> list[dict[str, Any]]:
    """A dozen of the thresholds, the one in use among them, for reading and for paper."""
    size = len(found.thresholds)
    even = np.linspace(0, size - 1, min(size, ROWS)).round().astype(int)
    return [
        {
            "start": at == found.start,
            "threshold": tr("{t:g}", t=round(float(found.thresholds[at]), 6)),
            "cells": [
                tr("withheld") if not np.isfinite(k) else people(float(k))
                for k in found.selected[at]
            ],
        }
        for at in np.union1d(even, [found.start]).tolist()
    ]


def _data(found: ShownSweep) -> dict[str, Any]:
    return {
        "thresholds": [round(float(t), 12) for t in found.thresholds],
        "n": _plain_list(found.n),
        "favourable": _plain_list(found.favourable),
        "selected": [_plain_list(row) for row in found.selected],
        "tp": [_plain_list(row) for row in found.tp],
        "start": found.start,
    }


def _plain_list(values: Array) -> list[float | int | None]:
    return [_plain(value) for value in values]


def _plain(value: float) -> float | int | None:
    if not np.isfinite(value):
        return None
    number = float(value)
    return int(number) if number.is_integer() else round(number, 6)


def slider_words() -> dict[str, str]:
    """What the script of the report says."""
    return {
        "withheld": tr("withheld"),
        "undefined": tr("undefined"),
        "percent": tr("{value} %", value="{value}"),
        "threshold": tr("Threshold {value}", value="{value}"),
        "chosen": tr("the threshold in use"),
    }
