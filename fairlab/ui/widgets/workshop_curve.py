"""The room's curve on screen: numbered points, what each means in people, what people chose."""

from collections.abc import Mapping

from fairlab.config import CONSTRAINT_GAPS
from fairlab.language import tr
from fairlab.reports.figures.theme import MODE_STYLES
from fairlab.reports.invisible import visible
from fairlab.reports.sentences.curve import gap_words
from fairlab.reports.sentences.point import family_label
from fairlab.reports.sentences.workshop import (
    accuracy_sentence,
    against_sentence,
    curve_words,
    gap_sentence,
    group_sentence,
    moved_sentence,
    point_title,
)
from fairlab.reports.tables.workshop import PointInPeople
from fairlab.ui.components.room_curve import room_curve
from fairlab.ui.presenting import presenting
from fairlab.ui.widgets.room_session import Curve


def show_curve(
    curve: Curve,
    *,
    metric: str = "",
    selected: int | None = None,
    mine: int | None = None,
    counts: Mapping[int, int] | None = None,
    choosing: bool = False,
    quiet: bool = False,
    key: str,
) -> int | None:
    """Draw the curve; the model picked since the last run of the page, if one was.

    Args:
        curve: What is pinned.
        metric: The gap said of a point beside that of the constraint.
        selected, mine, counts, choosing, quiet, key: As in :func:`room_curve`.
    """
    shown = {p.index for p in curve.points}
    others = [
        (100 * r.accuracy, 100 * r.gap)
        for r in curve.rows
        if r.index not in shown and r.accuracy is not None and r.gap is not None and not r.flags
    ]
    drawn = [p for p in curve.points if p.row.accuracy is not None and p.row.gap is not None]
    modes = dict.fromkeys(p.row.mode for p in drawn)
    return room_curve(
        [_point(curve, p, metric) for p in drawn],
        others=others,
        legend=[
            {
                "label": family_label(mode) if mode != "baseline" else tr("Baselines"),
                "color": MODE_STYLES[mode].color,
                "symbol": MODE_STYLES[mode].symbol,
            }
            for mode in modes
        ],
        words={
            "x": tr("Right decisions, % (more →)"),
            "y": tr("Gap in {what}, points (↓ more equal)", what=_gap_words(curve)),
            "previous": tr("← Previous"),
            "next": tr("Next →"),
            "hint": f"{tr('Tap a point to see what it means in people.')} {words_of_curve(curve)}",
            "mine": tr("yours"),
            "people": tr("Chosen by {{n}}."),
        },
        alt=words_of_curve(curve),
        selected=selected,
        mine=mine,
        counts=counts,
        choosing=choosing,
        beside=True,
        tall=presenting(),
        quiet=quiet,
        key=key,
    )


def words_of_curve(curve: Curve) -> str:
    """What the curve shows, as a sentence."""
    sweep = curve.config.sweep
    return curve_words(curve.points, len(curve.rows), sweep.constraint, _apart(curve))


def _apart(curve: Curve) -> bool:
    sweep = curve.config.sweep
    return sweep.grouping == "marginal" and len(sweep.group_by) > 1


def _gap_words(curve: Curve) -> str:
    return gap_words(curve.config.sweep.constraint, apart=_apart(curve))


def _point(curve: Curve, point: PointInPeople, metric: str) -> dict[str, object]:
    row, model = point.row, curve.result.points[point.index]
    assert row.accuracy is not None
    assert row.gap is not None
    own = CONSTRAINT_GAPS[curve.config.sweep.constraint]
    gaps = [gap_sentence(point, own)] if own in point.gaps else []
    if metric not in ("", own):
        gaps.append(gap_sentence(point, metric))
    style = MODE_STYLES[row.mode]
    return {
        "index": point.index,
        "number": point.number,
        "x": 100 * row.accuracy,
        "y": 100 * row.gap,
        "across": _percents(row.accuracy_lower, row.accuracy_upper),
        "interval": _percents(row.lower, row.upper),
        "color": style.color,
        "symbol": style.symbol,
        "title": visible(point_title(point, model)),
        "lines": [visible(line) for line in (accuracy_sentence(point), *gaps)],
        "groups": [
            {
                "name": visible(group.name),
                "said": group_sentence(group),
                "share": None
                if group.too_few or group.selected is None
                else round(100 * group.selected, 1),
                "moved": "" if point.number == point.base else moved_sentence(group),
            }
            for group in point.groups
        ],
        "note": against_sentence(point),
    }


def _percents(low: float | None, high: float | None) -> list[float] | None:
    return None if low is None or high is None else [100 * low, 100 * high]
