"""How much of a file is read at most."""

from dataclasses import dataclass


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
