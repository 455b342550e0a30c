"""What is wrong with a table and what to do about it, one finding per sentence."""

from collections.abc import Iterable
from dataclasses import dataclass

from fairlab.errors import InputError

LONGEST_SHOWN = 60


def cut_name(text: str, most: int = LONGEST_SHOWN) -> str:
    """A name or value of a file as a message quotes it: its beginning, if it is long."""
    return text if len(text) <= most else text[: most - 1] + "…"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a table.

    Attributes:
        code: Short stable name, for tests and links ("label_three_values").
        sentence: What was found, with the value and the place.
        remedy: What to do about it.
        column: Column it is about, "" for the whole table.
    """

    code: str
    sentence: str
    remedy: str
    column: str = ""

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}".strip()


@dataclass(frozen=True, slots=True)
class Findings:
    """Problems must be fixed before training; warnings should be known."""

    problems: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()

    @property
    def ready(self) -> bool:
        """True if nothing must be fixed."""
        return not self.problems

    def codes(self) -> set[str]:
        """Codes of all problems and warnings."""
        return {finding.code for finding in (*self.problems, *self.warnings)}


def refuse(problems: Iterable[Finding]) -> None:
    """Raise one InputError that lists all problems; do nothing if there are none.

    Raises:
        InputError: With every problem as a sentence.
    """
    sentences = [str(problem) for problem in problems]
    if sentences:
        raise InputError(" ".join(sentences), sentences)
