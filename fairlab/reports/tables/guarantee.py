"""The guarantee meter as a table: what was promised beside what was measured, per split."""

import pandas as pd

from fairlab.language import later, told, tr
from fairlab.reports.sentences.guarantee import SMALL
from fairlab.results import Guarantee

_SPLITS = ("train", "validation", "test")
_WORDS = told(
    {
        "train": later("Training people"),
        "validation": later("Validation people"),
        "test": later("Test people"),
    }
)


def guarantee_table(guarantee: Guarantee) -> pd.DataFrame:
    """One row for the training batches, where the promise is made, and one per split.

    Where the promise is about batches and the people before them, these have a row too.

    Results stored by earlier versions lack the draws and the numbers of people: these columns
    are then left out.
    """
    decided = tr("not promised")
    if guarantee.decisions_asked is not None:
        decided = tr(
            "asked for {decisions_asked:.1f}, not promised",
            decisions_asked=100 * guarantee.decisions_asked,
        )
    rows = []
    if guarantee.window is not None:
        where = tr("Every {window:,} training people in a row", window=guarantee.window)
        rows.append(_row(where, _windows(guarantee), "", decided, None))
        decided = tr("not promised")
    rows.append(_row(tr("Every training batch"), _batches(guarantee), "", decided, None))
    for split in _SPLITS:
        if split not in guarantee.score_gap:
            continue
        rows.append(
            _row(
                tr("{split}, frozen rule", split=_WORDS[split]),
                _points(guarantee.score_gap.get(split)),
                _points(guarantee.drawn_gap.get(split)),
                _points(guarantee.decision_gap.get(split)),
                guarantee.smallest_cell.get(split),
            )
        )
    table = pd.DataFrame(rows)
    if not guarantee.drawn_gap:
        table = table.drop(columns=["One draw of decisions", "Smallest group compared"])
    return table


def meter_numbers(guarantee: Guarantee) -> tuple[tuple[str, str], ...]:
    """The three numbers that come first: promised, measured on test people, and decisions there."""
    return (
        (
            tr("Promised in training"),
            tr("{promised:.1f} points", promised=100 * guarantee.promised),
        ),
        (tr("Scores, test people"), _with_unit(guarantee.score_gap.get("test"))),
        (tr("Decisions, test people"), _with_unit(guarantee.decision_gap.get("test"))),
    )


def _row(where: str, score: str, drawn: str, decided: str, people: int | None) -> dict[str, str]:
    return {
        "Gap in points, on": where,
        "Mean scores": score,
        "One draw of decisions": drawn,
        "Decisions at the threshold": decided,
        "Smallest group compared": "" if people is None else _people(people),
    }


def _batches(guarantee: Guarantee) -> str:
    if guarantee.window is not None:
        if guarantee.batch_gap is None:
            return tr("not promised")
        return tr("at most {batch_gap:.1f}, not promised", batch_gap=100 * guarantee.batch_gap)
    if guarantee.batch_gap is None:
        return tr(
            "≤ {promised:.1f}, excess {batch_excess:.0e}",
            promised=100 * guarantee.promised,
            batch_excess=guarantee.batch_excess,
        )
    return tr(
        "at most {batch_gap:.1f}, excess {batch_excess:.0e}",
        batch_gap=100 * guarantee.batch_gap,
        batch_excess=guarantee.batch_excess,
    )


def _windows(guarantee: Guarantee) -> str:
    gap, excess = guarantee.window_gap, guarantee.window_excess
    assert gap is not None
    assert excess is not None
    return tr("at most {gap:.1f}, excess {excess:.0e}", gap=100 * gap, excess=excess)


def _people(n: int) -> str:
    return tr("{n:,} people", n=n) if n >= SMALL else tr("fewer than {small} people", small=SMALL)


def _points(value: float | None) -> str:
    return tr("undefined") if value is None else tr("{value:.1f}", value=100 * value)


def _with_unit(value: float | None) -> str:
    return tr("undefined") if value is None else tr("{value:.1f} points", value=100 * value)
