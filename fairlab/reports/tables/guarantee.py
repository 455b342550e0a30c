"""The guarantee meter as a table: what was promised beside what was measured, per split."""

import pandas as pd

from fairlab.reports.sentences.guarantee import SMALL
from fairlab.results import Guarantee

_SPLITS = ("train", "validation", "test")
_WORDS = {"train": "Training people", "validation": "Validation people", "test": "Test people"}


def guarantee_table(guarantee: Guarantee) -> pd.DataFrame:
    """One row for the training batches, where the promise is made, and one per split.

    Where the promise is about batches and the people before them, these have a row too.

    Results stored by earlier versions lack the draws and the numbers of people: these columns
    are then left out.
    """
    decided = "not promised"
    if guarantee.decisions_asked is not None:
        decided = f"asked for {100 * guarantee.decisions_asked:.1f}, not promised"
    rows = []
    if guarantee.window is not None:
        where = f"Every {guarantee.window:,} training people in a row"
        rows.append(_row(where, _windows(guarantee), "", decided, None))
        decided = "not promised"
    rows.append(_row("Every training batch", _batches(guarantee), "", decided, None))
    for split in _SPLITS:
        if split not in guarantee.score_gap:
            continue
        rows.append(
            _row(
                f"{_WORDS[split]}, frozen rule",
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
        ("Promised in training", f"{100 * guarantee.promised:.1f} points"),
        ("Scores, test people", _with_unit(guarantee.score_gap.get("test"))),
        ("Decisions, test people", _with_unit(guarantee.decision_gap.get("test"))),
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
            return "not promised"
        return f"at most {100 * guarantee.batch_gap:.1f}, not promised"
    if guarantee.batch_gap is None:
        return f"≤ {100 * guarantee.promised:.1f}, excess {guarantee.batch_excess:.0e}"
    return f"at most {100 * guarantee.batch_gap:.1f}, excess {guarantee.batch_excess:.0e}"


def _windows(guarantee: Guarantee) -> str:
    gap, excess = guarantee.window_gap, guarantee.window_excess
    assert gap is not None
    assert excess is not None
    return f"at most {100 * gap:.1f}, excess {excess:.0e}"


def _people(n: int) -> str:
    return f"{n:,} people" if n >= SMALL else f"fewer than {SMALL} people"


def _points(value: float | None) -> str:
    return "undefined" if value is None else f"{100 * value:.1f}"


def _with_unit(value: float | None) -> str:
    return "undefined" if value is None else f"{100 * value:.1f} points"
