"""What changes from one model to another on the same people, as a table."""

import pandas as pd

from fairlab.language import tr
from fairlab.metrics import RATES
from fairlab.metrics.gap_names import gap_title
from fairlab.reports.sentences.audit import chance, people
from fairlab.reports.sentences.changes import in_points, signed_change
from fairlab.sweeps.change_records import GapChange, ModelComparison, RateChange


def changes_table(found: ModelComparison) -> pd.DataFrame:
    """One row per rate and group, then one per gap: before, after, change, chance, resolution."""
    rows = [_rate_row(change) for change in found.rates]
    rows += [_gap_row(change) for change in found.gaps]
    return pd.DataFrame(
        rows,
        columns=[
            "Measure",
            "Group",
            "Before",
            "After",
            "Change",
            "95 % interval",
            "Chance alone",
            "Smallest visible change",
            "Decided differently",
        ],
    )


def _rate_row(change: RateChange) -> tuple[str, ...]:
    as_points = change.rate != "fn_fp_ratio"
    return (
        RATES[change.rate].label,
        change.group,
        *_numbers(change, as_points),
        people(change.plus + change.minus),
    )


def _gap_row(change: GapChange) -> tuple[str, ...]:
    label = gap_title(change.gap)
    return (
        label,
        tr("between groups"),
        *_numbers(change, in_points(change)),
        people(change.changed),
    )


def _numbers(change: RateChange | GapChange, as_points: bool) -> tuple[str, ...]:
    interval = tr("none")
    if change.lower is not None and change.upper is not None:
        ends = (signed_change(end, as_points) for end in (change.lower, change.upper))
        interval = " to ".join(ends)
    visible = (
        tr("none") if change.detectable is None else signed_change(change.detectable, as_points)
    )
    return (
        _plain(change.before, as_points),
        _plain(change.after, as_points),
        tr("undefined") if change.value is None else signed_change(change.value, as_points),
        interval,
        chance(change.p_adjusted),
        visible.lstrip("+"),
    )


def _plain(value: float | None, as_points: bool) -> str:
    if value is None:
        return tr("undefined")
    return tr("{value:.1f}", value=100 * value) if as_points else tr("{value:.2f}", value=value)
