"""Models side by side, and what a move between two of them means in people."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from fairlab.language import tr
from fairlab.metrics import GAPS, RATES, Audit, GapResult, GroupRate
from fairlab.metrics.gap_names import gap_title
from fairlab.reports.sentences.audit import people
from fairlab.reports.sentences.people import signed
from fairlab.sweeps.people import EVERYONE, Moved, PeopleMoved, net_interval

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
        rows[tr("{rate}, everyone", rate=RATES[name].label)] = [
            estimate(model.audit.rates[name].everyone) for model in models
        ]
    for name in gaps:
        rows[gap_title(name)] = [gap_estimate(model.audit.gaps[name]) for model in models]
    return _wide(tr("Measure"), list(rows), list(rows.values()), models)


def group_rates_table(models: Sequence[Compared], rate: str) -> pd.DataFrame:
    """One rate: one row per group, one column per model, with intervals and people."""
    found = [model.audit.rates[rate] for model in models]
    groups = [*models[0].audit.group_names, tr("everyone")]
    cells = [
        [rate_estimate(one) for one in row]
        for row in zip(*[(*each.groups, each.everyone) for each in found], strict=True)
    ]
    return _wide(tr("Group"), groups, cells, models)


def gaps_table(models: Sequence[Compared]) -> pd.DataFrame:
    """Every gap: one row each, one column per model."""
    cells = [[gap_estimate(model.audit.gaps[name]) for model in models] for name in GAPS]
    return _wide(tr("Gap"), [gap_title(name) for name in GAPS], cells, models)


def people_table(moved: PeopleMoved, words: tuple[str, str]) -> pd.DataFrame:
    """One row per group and one for everyone: who moved, by outcome, and per 1,000.

    Args:
        words: How to speak of the favourable and the unfavourable outcome.
    """
    rows = [*moved.groups, moved.everyone]
    return pd.DataFrame(
        {
            tr("Group"): [tr("everyone") if row.group == EVERYONE else row.group for row in rows],
            tr("People"): [people(row.n) for row in rows],
            tr("Selected before"): [people(row.selected_before) for row in rows],
            tr("Selected after"): [people(row.selected_after) for row in rows],
            tr("Newly selected"): [people(row.gained) for row in rows],
            tr("of these: {outcome}", outcome=words[1]): [
                people(row.gained_unfavourable) for row in rows
            ],
            tr("No longer selected"): [people(row.lost) for row in rows],
            tr("of these: {outcome}", outcome=words[0]): [
                people(row.lost_favourable) for row in rows
            ],
            tr("Net per 1,000"): [_net(row) for row in rows],
            tr("95 % interval"): [_interval(row) for row in rows],
        }
    )


def estimate(rate: GroupRate) -> str:
    """A share in percent with its interval: "62.1 % (55.0 to 68.7)"."""
    if rate.value is None:
        return tr("undefined")
    if rate.lower is None or rate.upper is None:
        return tr("{value:.1f} %", value=100 * rate.value)
    return tr(
        "{value:.1f} % ({lower:.1f} to {upper:.1f})",
        value=100 * rate.value,
        lower=100 * rate.lower,
        upper=100 * rate.upper,
    )


def rate_estimate(rate: GroupRate) -> str:
    """The same with the number of people behind it."""
    if rate.value is None:
        return tr("undefined")
    return tr("{estimate} of {people}", estimate=estimate(rate), people=people(rate.n))


def gap_estimate(gap: GapResult) -> str:
    """A gap with its interval, in points where it is a difference of shares."""
    if gap.value is None:
        return tr("undefined")
    ratio = _is_ratio(gap)
    scale = 1 if ratio else 100
    if gap.lower is None or gap.upper is None:
        value = scale * gap.value
        return tr("{value:.2f}", value=value) if ratio else tr("{value:.1f}", value=value)
    ends = {"value": scale * gap.value, "lower": scale * gap.lower, "upper": scale * gap.upper}
    if ratio:
        return tr("{value:.2f} ({lower:.2f} to {upper:.2f})", **ends)
    return tr("{value:.1f} ({lower:.1f} to {upper:.1f})", **ends)


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
    return tr("undefined") if net is None else signed(net)


def _interval(row: Moved) -> str:
    bounds = net_interval(row)
    if bounds is None:
        return tr("undefined")
    return tr("{lower} to {upper}", lower=signed(bounds[0]), upper=signed(bounds[1]))
