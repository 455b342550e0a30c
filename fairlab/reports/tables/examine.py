"""Flips, importance, one person and proxies' effects as tables."""

import pandas as pd

from fairlab.examine.changes import Difference, Flip, FlipTest, Share
from fairlab.examine.importance import Contributions, Importance
from fairlab.examine.proxies_effect import Estimate, ProxyEffects
from fairlab.language import tr
from fairlab.reports.sentences.examine import step_name


def flips_table(test: FlipTest) -> pd.DataFrame:
    """One row per ordered pair of groups; shares in percent, differences in points, 95 %.

    Net is newly selected minus newly refused; "own group" is the placebo. Its columns, and those of
    the match, are there when values were taken.
    """
    return pd.DataFrame([_flip_row(flip, matched=bool(test.proxies)) for flip in test.flips])


def _flip_row(flip: Flip, *, matched: bool) -> dict[str, object]:
    row: dict[str, object] = {"From": flip.origin, "As": flip.target, "People": flip.people}
    row |= _columns(tr("Net, points"), flip.net())
    row |= _columns(tr("Decided otherwise, %"), flip.share())
    if matched:
        row |= _columns(tr("With own group's values, %"), flip.placebo_share())
        row |= _columns(tr("Difference, points"), flip.beyond_placebo())
    row |= {"Refused → selected": flip.to_selected, "Selected → refused": flip.to_refused}
    if not matched:
        return row
    own = flip.placebo
    return row | {
        "Refused → selected, own group": None if own is None else own.to_selected,
        "Selected → refused, own group": None if own is None else own.to_refused,
        "Not matched": flip.unmatched,
        "People matched with": flip.donors or None,
        "Of own group": None if own is None else own.donors or None,
        "Median distance": _two(flip.distance),
        "90 % within": _two(flip.distance_high),
        "Nearest of own group": _two(flip.own_distance),
    }


def importance_table(found: Importance) -> pd.DataFrame:
    """One row per column and group, in points of score with 95 % intervals."""
    return pd.DataFrame(
        {
            "Column": [w.player for w in found.weighings],
            "Group": [w.group for w in found.weighings],
            "Moves a score by, points": [_points(w.size) for w in found.weighings],
            "Lower": [_points(w.size_lower) for w in found.weighings],
            "Upper": [_points(w.size_upper) for w in found.weighings],
            "On average up or down, points": [_points(w.mean) for w in found.weighings],
            "Lower ": [_points(w.lower) for w in found.weighings],
            "Upper ": [_points(w.upper) for w in found.weighings],
            "People": [w.n for w in found.weighings],
        }
    )


def person_table(found: Contributions, values: dict[str, str]) -> pd.DataFrame:
    """One person's columns, strongest first: value, and what it adds in points of score."""
    own = found.values[0]
    order = sorted(range(len(own)), key=lambda c: -abs(own[c]))
    return pd.DataFrame(
        {
            "Column": [found.players[c] for c in order],
            "Value": [values.get(found.players[c], "") for c in order],
            "Adds, points of score": [_points(float(own[c])) for c in order],
        }
    )


def effects_table(found: ProxyEffects) -> pd.DataFrame:
    """One row per step; accuracy in percent, gaps and changes in points."""
    rows = []
    for step in found.steps:
        rows.append(
            {
                "Features": step_name(step),
                **_columns("Accuracy, %", step.accuracy),
                **_columns(tr("Gap, points"), step.gap),
                **_columns(tr("Change of accuracy, points"), step.accuracy_change),
                **_columns(tr("Change of gap, points"), step.gap_change),
                f"AUC for {found.attribute}": _two(step.auc),
                "AUC, linear": _two(step.auc_linear),
            }
        )
    return pd.DataFrame(rows)


def _columns(name: str, estimate: Estimate | Share | Difference | None) -> dict[str, float | None]:
    if estimate is None:
        estimate = Estimate(None, None, None)
    short = name.partition(",")[0]
    return {
        name: _percent(estimate.value),
        f"{short}, lower": _percent(estimate.lower),
        f"{short}, upper": _percent(estimate.upper),
    }


def _percent(value: float | None) -> float | None:
    return None if value is None else round(100 * value, 1)


def _points(value: float) -> float:
    return round(100 * value, 2)


def _two(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
