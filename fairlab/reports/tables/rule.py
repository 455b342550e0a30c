"""What a rule does to people, per group, beside the thresholds in use."""

import numpy as np
import pandas as pd

from fairlab.frontier import Rule
from fairlab.language import tr
from fairlab.metrics import RATES
from fairlab.outcomes import Counts, FloatArray, GroupedOutcomes
from fairlab.reports.tables.frontier import decided_words

_SHOWN = ("selection_rate", "tpr", "fpr")


def rule_effect_table(
    rule: Rule, people: GroupedOutcomes, in_use: Counts, *, risk: bool = False
) -> pd.DataFrame:
    """How each group is decided, and its rates under the rule (expected) and in use.

    Args:
        rule: Has a threshold for every group of the people.
        people: In groups.
        in_use: Their counts as they are decided now, fields (G,).
        risk: Scores are minus a risk; thresholds are then said as the risk.
    """
    words = {one.group: decided_words(one, risk=risk) for one in rule.groups}
    counts = rule.expected_counts(people)
    there = np.flatnonzero(counts.n > 0).tolist()
    table: dict[str, list[str]] = {
        "Group": [people.group_names[g] for g in there],
        "People": [tr("{counts_n:,.0f}", counts_n=counts.n[g]) for g in there],
        "Selected": [words[people.group_names[g]] for g in there],
    }
    for name in _SHOWN:
        rate = RATES[name]
        before, after = rate(in_use), rate(counts)
        table[f"{rate.label}, %: in use → rule"] = [
            f"{_tenth(before, g)} → {_tenth(after, g)}" for g in there
        ]
    return pd.DataFrame(table)


def _tenth(values: FloatArray, g: int) -> str:
    return tr("undefined") if np.isnan(values[g]) else tr("{values:.1f}", values=100 * values[g])
