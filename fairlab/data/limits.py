"""How much of a file is read at most, and who can change it."""

from dataclasses import dataclass

from fairlab.settings import settings


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on an uploaded table.

    Attributes:
        bytes: Size of the file, and of its content when compressed.
        rows: People.
        columns: Columns.
        cell: Characters of one value.
    """

    bytes: int = 50_000_000
    rows: int = 1_000_000
    columns: int = 500
    cell: int = 10_000


def installed_limits() -> Limits:
    """The limits of this installation (``FAIRLAB_UPLOAD_MB``, ``_ROWS``, ``_COLUMNS``, ``_CELL``).

    Raises:
        InputError: If one of these variables has a value it cannot have.
    """
    given = settings()
    return Limits(
        given.upload_mb * 1_000_000, given.upload_rows, given.upload_columns, given.upload_cell
    )


def can_raise(what: str) -> str:
    """Who can change a limit: "mb", "rows", "columns", "cell", "seconds" or "memory_mb"."""
    return f"Whoever runs this server can raise the limit (FAIRLAB_UPLOAD_{what.upper()})."
