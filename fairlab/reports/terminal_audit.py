"""An audit as plain text for a terminal: the numbers of the Audit page, in its order."""

from collections.abc import Mapping
from math import isnan

import pandas as pd

from fairlab.metrics import GAPS, RATES, Audit, Multicalibration, WithinStrata
from fairlab.reports.examination import Examination
from fairlab.reports.sentences import audit as sentences
from fairlab.reports.sentences.pairs import bridge_sentence, clear_pair_sentence, clear_pairs
from fairlab.reports.sentences.strata import CONTROL_CAUTION, strata_sentence
from fairlab.reports.tables import audit as tables
from fairlab.reports.tables import calibration as score_tables
from fairlab.reports.tables.strata import pooled_table, strata_table

_STRATA_GAPS = tables.MAIN_GAPS
_MOST_SUBGROUPS = 5


def audit_text(found: Examination, *, to_overall: bool = False) -> str:
    """Everything of one grouping: sentences first, then every number with its interval and n.

    Args:
        found: The examination.
        to_overall: Also gaps measured from everyone.
    """
    result = found.result
    read = f"selected if {found.selected_if}" if found.selected_if else "decisions as given"
    lines = [f"Groups by {found.name}; {read}", "", *_nobody(found)]
    clear = clear_pairs(result, found.pairs, tables.MAIN_GAPS[:3])
    for name in tables.MAIN_GAPS[:3]:
        said = (
            clear_pair_sentence(clear.get(name)),
            sentences.gap_sentence(result, name),
            sentences.certainty_sentence(result, name, clear=name in clear),
        )
        lines.append(f"  {' '.join(part for part in said if part)}")
    bridge = bridge_sentence(result, clear)
    if bridge:
        lines.append(f"  {bridge}")
    lines += ["", *_counts(result), *_rates(result), *_gaps(result)]
    if to_overall:
        lines += _table("Gaps from everyone", tables.overall_table(result))
    lines += _pairs(found)
    if result.calibration:
        lines += _table(
            "Scores",
            score_tables.scores_table(result.calibration, result.ranking).set_index("Group").T,
            index=True,
        )
        lines += _score_gaps(result)
    lines += _table("Inequality of benefits", tables.inequality_table(result))
    for control in found.strata:
        lines += _within(found, control)
    if found.multicalibration is not None:
        lines += _subgroups(found.multicalibration)
    if found.dictionary:
        lines += _table("What other tools print", pd.DataFrame(list(found.dictionary)))
    return "\n".join([*lines, *(f"- {note}" for note in result.notes)])


def overview_text(audits: Mapping[str, Audit]) -> str:
    """The main gaps of several attributes, each by itself, side by side."""
    lines = _table("All attributes, each by itself", tables.overview_table(audits))
    return "\n".join(lines)


def _nobody(found: Examination) -> list[str]:
    """That all or nobody is selected, which makes most of what follows empty."""
    everyone = found.result.rates["selection_rate"].everyone
    if everyone.value not in (0.0, 1.0):
        return []
    who = "Nobody is" if everyone.value == 0 else "Everybody is"
    where = f" at {found.selected_if}: choose another --threshold" if found.selected_if else ""
    return [f"  {who} selected{where}.", ""]


def _counts(result: Audit) -> list[str]:
    table = tables.confusion_table(result, ("favourable", "unfavourable"))
    return _table("People by outcome and decision", table)


def _rates(result: Audit) -> list[str]:
    lines = []
    for name in RATES:
        rate = result.rates[name]
        lines.append(f"  {rate.label}")
        for group in (*rate.groups, rate.everyone):
            said = _estimate(group.value, group.lower, group.upper)
            if RATES[name].share:  # the denominators of the others are not people
                said += f" (n = {group.n:,.12g})"
            lines.append(f"    {group.group}: {said if group.value is not None else group.why}")
    return lines


def _gaps(result: Audit) -> list[str]:
    lines = ["  Gaps"]
    adjusted = tables.gaps_table(result)["p (Holm)"]
    for gap, p in zip(result.gaps.values(), adjusted, strict=True):
        if gap.value is None:
            lines.append(f"    {gap.name}: {gap.why_undefined}")
            continue
        ends = f"({gap.highest} highest, {gap.lowest} lowest)"
        odds = ""
        if gap.p_value is not None:
            odds = f", p {_equals(gap.p_value)}, Holm {_p(p)}"
        out = f"; left out: {', '.join(gap.left_out)}" if gap.left_out else ""
        lines.append(
            f"    {gap.name}: {_estimate(gap.value, gap.lower, gap.upper)} {ends}{odds}{out}"
        )
    return lines


def _pairs(found: Examination) -> list[str]:
    if not found.pairs:
        return []
    said = f"  {sentences.pairs_sentence(found.pairs)}"
    return [*_table("Every pair of groups", tables.pairs_table(found.pairs)), said]


def _score_gaps(result: Audit) -> list[str]:
    return [
        f"    {gap.name}: {_estimate(gap.value, gap.lower, gap.upper)}"
        for gap in result.score_gaps.values()
    ]


def _within(found: Examination, control: str) -> list[str]:
    within = found.strata[control]
    lines = _table(f"Within strata of {control}", _pooled(found, within))
    for name in _STRATA_GAPS:
        lines += _table(GAPS[name].label, strata_table(within, name, found.smallest))
        if not within.hidden:
            lines.append(f"    {strata_sentence(within, name, found.name, control)}")
    return [*lines, f"  {CONTROL_CAUTION}", *(f"  - {note}" for note in within.notes)]


def _pooled(found: Examination, within: WithinStrata) -> pd.DataFrame:
    return pooled_table(within, _STRATA_GAPS, found.smallest)


def _subgroups(many: Multicalibration) -> list[str]:
    beyond = many.found
    if not many.subgroups and many.withheld:
        return [f"  Calibration in crossed groups: {many.notes[-1]}"]
    lines = [
        f"  Calibration in crossed groups: {len(beyond)} of {len(many.subgroups)} groups and score "
        f"ranges are farther off than chance would put the worst of them"
    ]
    for one in many.subgroups[:_MOST_SUBGROUPS]:
        lines.append(
            f"    {one.subgroup}: outcome − score {_estimate(one.residual, one.lower, one.upper)} "
            f"(n = {one.n:,}, p {_equals(one.p_adjusted)})"
        )
    if many.withheld:
        lines.append(f"    {many.notes[-1]}")
    return lines


def _table(title: str, table: pd.DataFrame, *, index: bool = False) -> list[str]:
    for column in table.columns:
        if str(column) == "p" or str(column).startswith(("p ", "p,")):
            table = table.assign(**{str(column): table[column].map(_p_cell)})
    words = table.map(_cell).to_string(index=index, justify="left")
    return ["", f"  {title}", *(f"    {line}" for line in words.splitlines())]


def _p_cell(value: object) -> object:
    """A p-value as it is read; texts and what is missing as they are."""
    missing = value is None or (isinstance(value, float) and isnan(value))
    return _p(float(value)) if not missing and isinstance(value, (int, float)) else value


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3g}"


def _equals(p: float) -> str:
    return _p(p) if p < 0.001 else f"= {_p(p)}"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if isnan(value) else f"{value:.4g}"
    return "" if value is None else str(value)


def _estimate(value: float | None, lower: float | None, upper: float | None) -> str:
    if value is None:
        return "undefined"
    interval = "" if lower is None or upper is None else f" [{lower:.3f}, {upper:.3f}]"
    return f"{value:.3f}{interval}"
