"""A sweep as plain text for a terminal."""

from fairlab.config import CONSTRAINT_GAPS
from fairlab.reports.tables.points import points_table
from fairlab.results import SweepResult


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


def _list(notes: tuple[str, ...]) -> list[str]:
    return [f"- {note}" for note in notes]
