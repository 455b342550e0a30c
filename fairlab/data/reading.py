"""What reading a file has found so far, and the names its columns get."""

from dataclasses import dataclass, field

from fairlab.data.findings import LONGEST_SHOWN, Finding, cut_name
from fairlab.data.labels import name_values
from fairlab.data.limits import Limits, can_raise

LONGEST_NAME = 1_000


@dataclass(eq=False)
class Reading:
    """What reading has found so far."""

    problems: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def problem(self, code: str, sentence: str, remedy: str, column: str = "") -> None:
        """Add a problem."""
        self.problems.append(Finding(code, sentence, remedy, column))


def too_many_rows(rows: str, limits: Limits) -> tuple[str, str]:
    """Sentence and remedy for a table of more people than are read."""
    return (
        f"The table has {rows} rows; at most {limits.rows:,} can be read.",
        f"Draw a sample of the people at random and upload that. {can_raise('rows')}",
    )


def too_many_columns(columns: int, limits: Limits, least: str = "") -> tuple[str, str]:
    """Sentence and remedy for a table of more columns than are read."""
    return (
        f"The table has {least}{columns:,} columns; at most {limits.columns:,} can be read.",
        f"Keep the columns you need. {can_raise('columns')}",
    )


def column_names(header: list[str], reading: Reading) -> list[str]:
    """Names of a header line; problems when it cannot be one."""
    if len(header) == 1:
        reading.problem(
            "one_column",
            f"Only one column was found ('{cut_name(header[0])}').",
            "Separate columns by comma, semicolon, tab or bar.",
        )
    stripped = [" ".join(name.split()) for name in header]
    check_lengths(stripped, reading)
    if len(stripped) > 1 and all(_is_number(name) for name in stripped):
        reading.problem(
            "no_header",
            f"The first line looks like data, not like names: {name_values(stripped, 5)}.",
            "Add a first line with the name of each column.",
        )
    return unique_names(stripped, reading)


def check_lengths(names: list[str], reading: Reading) -> None:
    """Names stand in every list of columns on every page: a problem for each that is too long."""
    for name in names:
        if len(name) > LONGEST_NAME:
            reading.problem(
                "long_name",
                f"The column '{cut_name(name)}' has a name of {len(name):,} characters; at most "
                f"{LONGEST_NAME:,} are read.",
                "Give it a short name.",
            )


def unique_names(names: list[str], reading: Reading) -> list[str]:
    """Names with empty and repeated ones replaced, each change noted."""
    taken: set[str] = set()
    given = set(names)
    result: list[str] = []
    for position, name in enumerate(names, start=1):
        new = name or f"column {position}"
        suffix = 2
        while new in taken or (new != name and new in given):
            new = f"{name or f'column {position}'} ({suffix})"
            suffix += 1
        if not name:
            reading.notes.append(f"Column {position} has no name; it is called '{new}'.")
        elif new != name:
            reading.notes.append(f"A second column '{cut_name(name)}' is called '{_end(new)}'.")
        taken.add(new)
        result.append(new)
    return result


def _end(name: str) -> str:
    """The end of a long name, which is what tells it from others."""
    return name if len(name) <= LONGEST_SHOWN else f"…{name[1 - LONGEST_SHOWN :]}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
