"""A sweep and an audit as plain text for a terminal."""

from fairlab.config import CONSTRAINT_GAPS
from fairlab.metrics.audit import Audit
from fairlab.reports.tables.points import points_table
from fairlab.results import SweepResult

_RATES = ("selection_rate", "base_rate", "tpr", "fpr", "ppv", "accuracy")


def sweep_text(result: SweepResult) -> str:
    """Models of a sweep on test people, and everything the training disclosed."""
    gap = CONSTRAINT_GAPS.get(result.constraint)
    columns = ["model", "mode", "strength", "slack", "seed", "accuracy", "on_front"]
    if gap is not None:
        columns.insert(-1, gap)
    table = points_table(result)
    shown = table.loc[table["split"] == "test", columns]
    words = shown.to_string(index=False, na_rep="", float_format=lambda value: f"{value:.4g}")
    return "\n".join([f"{len(result.points)} models on test people", words, *_list(result.notes)])


def audit_text(by: str, found: Audit, has_scores: bool) -> str:
    """Rates per group and gaps, each with its interval and its n."""
    read = f"selected if score >= {found.threshold:g}" if has_scores else "decisions as given"
    lines = [f"Groups by {by}; {read}"]
    for name in _RATES:
        rate = found.rates[name]
        lines.append(f"  {rate.label}")
        for group in rate.groups:
            said = f"{_estimate(group.value, group.lower, group.upper)} (n = {group.n:g})"
            lines.append(f"    {group.group}: {said if group.value is not None else group.why}")
    lines.append("  Gaps")
    for gap in found.gaps.values():
        ends = "" if gap.value is None else f" ({gap.highest} highest, {gap.lowest} lowest)"
        lines.append(f"    {gap.name}: {_estimate(gap.value, gap.lower, gap.upper)}{ends}")
    return "\n".join([*lines, *_list(found.notes)])


def _estimate(value: float | None, lower: float | None, upper: float | None) -> str:
    if value is None:
        return "undefined"
    interval = "" if lower is None or upper is None else f" [{lower:.3f}, {upper:.3f}]"
    return f"{value:.3f}{interval}"


def _list(notes: tuple[str, ...]) -> list[str]:
    return [f"- {note}" for note in notes]
