"""Models side by side, and what a move between two of them means in people."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from fairlab.metrics import GAPS, RATES, Audit, GapResult, GroupRate
from fairlab.reports.sentences.audit import people
from fairlab.reports.sentences.people import signed
from fairlab.sweeps.people import Moved, PeopleMoved, net_interval

LETTERS = "ABCDEF"


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """One of the models side by side: its letter, its name in words, its audit, its flags."""

    letter: str
    label: str
    audit: Audit
    flags: tuple[str, ...] = ()

    @property
    def heading(self) -> str:
        """Letter and name, for a column."""
        return f"{self.letter}: {self.label}"


def overview_table(models: Sequence[Compared], gaps: Sequence[str]) -> pd.DataFrame:
    """One row per measure, one column per model: accuracy, share selected, chosen gaps.

    Args:
        models: All audited on the same groups.
        gaps: Names in ``GAPS``.
    """
    rows = {}
    for name in ("accuracy", "selection_rate"):
        rows[f"{RATES[name].label}, everyone"] = [
            estimate(model.audit.rates[name].everyone) for model in models
        ]
    for name in gaps:
        rows[GAPS[name].label] = [gap_estimate(model.audit.gaps[name]) for model in models]
    return _wide("Measure", list(rows), list(rows.values()), models)


def group_rates_table(models: Sequence[Compared], rate: str) -> pd.DataFrame:
    """One rate: one row per group, one column per model, with intervals and people."""
    found = [model.audit.rates[rate] for model in models]
    groups = [*models[0].audit.group_names, "everyone"]
    cells = [
        [
            f"{estimate(one)} of {people(one.n)}" if one.value is not None else "undefined"
            for one in row
        ]
        for row in zip(*[(*each.groups, each.everyone) for each in found], strict=True)
    ]
    return _wide("Group", groups, cells, models)


def gaps_table(models: Sequence[Compared]) -> pd.DataFrame:
    """Every gap: one row each, one column per model."""
    cells = [[gap_estimate(model.audit.gaps[name]) for model in models] for name in GAPS]
    return _wide("Gap", [gap.label for gap in GAPS.values()], cells, models)


def people_table(moved: PeopleMoved, words: tuple[str, str], weighted: bool) -> pd.DataFrame:
    """One row per group and one for everyone: who moved, by outcome, and per 1,000.

    Args:
        words: How to speak of the favourable and the unfavourable outcome.
        weighted: Whether counts are weights; they have no interval.
    """
    rows = [*moved.groups, moved.everyone]
    return pd.DataFrame(
        {
            "Group": [row.group for row in rows],
            "People": [people(row.n) for row in rows],
            "Selected before": [people(row.selected_before) for row in rows],
            "Selected after": [people(row.selected_after) for row in rows],
            "Newly selected": [people(row.gained) for row in rows],
            f"of these: {words[1]}": [people(row.gained_unfavourable) for row in rows],
            "No longer selected": [people(row.lost) for row in rows],
            f"of these: {words[0]}": [people(row.lost_favourable) for row in rows],
            "Net per 1,000": [_net(row) for row in rows],
            "95 % interval": ["none" if weighted else _interval(row) for row in rows],
        }
    )


def estimate(rate: GroupRate) -> str:
    """A share in percent with its interval: "62.1 % (55.0 to 68.7)"."""
    if rate.value is None:
        return "undefined"
    if rate.lower is None or rate.upper is None:
        return f"{100 * rate.value:.1f} %"
    return f"{100 * rate.value:.1f} % ({100 * rate.lower:.1f} to {100 * rate.upper:.1f})"


def gap_estimate(gap: GapResult) -> str:
    """A gap with its interval, in points where it is a difference of shares."""
    if gap.value is None:
        return "undefined"
    scale, digits = (1, 2) if _is_ratio(gap) else (100, 1)
    value = f"{scale * gap.value:.{digits}f}"
    if gap.lower is None or gap.upper is None:
        return value
    return f"{value} ({scale * gap.lower:.{digits}f} to {scale * gap.upper:.{digits}f})"


def _is_ratio(gap: GapResult) -> bool:
    return GAPS[gap.name].spread == "ratio" or gap.rate == "fn_fp_ratio"


def _wide(
    first: str, names: Sequence[str], cells: Sequence[Sequence[str]], models: Sequence[Compared]
) -> pd.DataFrame:
    columns = {first: list(names)}
    for place, model in enumerate(models):
        columns[model.heading] = [row[place] for row in cells]
    return pd.DataFrame(columns)


def _net(row: Moved) -> str:
    net = row.per_1000(row.net)
    return "undefined" if net is None else signed(net)


def _interval(row: Moved) -> str:
    bounds = net_interval(row)
    return "undefined" if bounds is None else f"{signed(bounds[0])} to {signed(bounds[1])}"
