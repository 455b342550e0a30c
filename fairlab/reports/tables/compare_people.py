"""A move in people of a population, and its worth: a row per group, then everyone."""

import pandas as pd

from fairlab.language import tr
from fairlab.reports.sentences.amounts import amount, expected, expected_change
from fairlab.reports.sentences.population import group_name
from fairlab.sweeps.costs import Benefit
from fairlab.sweeps.expected import PopulationMoved


def population_table(found: PopulationMoved, words: tuple[str, str]) -> pd.DataFrame:
    """Expected people with intervals.

    Args:
        words: How to speak of the favourable and the unfavourable outcome.
    """
    rows = [*found.groups, found.everyone]
    newly, no_longer = tr("Newly selected"), tr("No longer selected")
    return pd.DataFrame(
        {
            tr("Group"): [group_name(row.group) for row in rows],
            tr("People"): [amount(row.people) for row in rows],
            newly: [expected(row.gained) for row in rows],
            f"{newly}: {words[0]}": [expected(row.gained_favourable) for row in rows],
            f"{newly}: {words[1]}": [expected(row.gained_unfavourable) for row in rows],
            no_longer: [expected(row.lost) for row in rows],
            f"{no_longer}: {words[0]}": [expected(row.lost_favourable) for row in rows],
            f"{no_longer}: {words[1]}": [expected(row.lost_unfavourable) for row in rows],
            tr("Net"): [expected_change(row.net) for row in rows],
        }
    )


def benefit_table(found: Benefit) -> pd.DataFrame:
    """Totals in the unit of the values, with intervals."""
    rows = [*found.groups, found.everyone]
    return pd.DataFrame(
        {
            tr("Group"): [group_name(row.group) for row in rows],
            tr("People"): [amount(row.people) for row in rows],
            tr("Before"): [expected_change(row.before) for row in rows],
            tr("After"): [expected_change(row.after) for row in rows],
            tr("Change"): [expected_change(row.change) for row in rows],
        }
    )
