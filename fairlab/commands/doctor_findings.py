"""What a check of ``fairlab doctor`` says: found, what it means, what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a finding is meant."""

    OK = "ok"
    NOTE = "note"  # works, but whoever runs fairlab should know
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """Found, what it means, what to do."""

    name: str
    status: Status
    found: str
    means: str = ""
    remedy: str = ""


def ok(name: str, found: str) -> Finding:
    """All is well with this."""
    return Finding(name, Status.OK, found)


def note(name: str, found: str, means: str, remedy: str) -> Finding:
    """Something to know."""
    return Finding(name, Status.NOTE, found, means, remedy)


def wrong(name: str, found: str, means: str, remedy: str) -> Finding:
    """Something that keeps fairlab from working as it should."""
    return Finding(name, Status.WRONG, found, means, remedy)
