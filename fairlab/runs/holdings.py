"""Records of what people hold in the store: tables, rooms, disk, and the store as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Upload:
    """A table somebody uploaded.

    Attributes:
        fingerprint: SHA-256 of its content, the name it is kept under.
        name: The file's name as given, for messages only.
        bytes: Size of the kept file.
        rows: People in it.
        created: Seconds since the epoch.
    """

    fingerprint: str
    name: str
    bytes: int
    rows: int
    created: float


@dataclass(frozen=True, slots=True)
class Room:
    """A workshop room: people who have its code see the runs put into it.

    Attributes:
        id: Unguessable token.
        code: What is written on the board: "K7QF-9M2X-T4BD", 60 random bits.
        title: Words of whoever opened it.
        owner: Who opened it.
        created, closed: Seconds since the epoch; ``closed`` is None while it is open.
    """

    id: str
    code: str
    title: str
    owner: str
    created: float
    closed: float | None

    @property
    def is_open(self) -> bool:
        """Whether runs may be put into it."""
        return self.closed is None


@dataclass(frozen=True, slots=True)
class Usage:
    """What one person holds.

    Attributes:
        runs: All of them.
        waiting: Those queued or running.
        bytes: Of their tables and results; what is shared counts in full for everybody.
        tables: Uploaded tables.
    """

    runs: int
    waiting: int
    bytes: int
    tables: int


@dataclass(frozen=True, slots=True)
class Deleted:
    """What deleting took away: runs and tables of a person, bytes of files from the disk."""

    runs: int
    tables: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Collected:
    """Files nothing mentioned any more, and their bytes."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The store at one moment, without anything personal.

    Attributes:
        queued, running: Computations.
        workers: State by id of the workers that gave a sign of life lately.
        visitors_today: People seen in the last 24 hours.
        bytes_results, bytes_tables: On disk.
        bytes_free: Left on that disk.
        runs_by_state: Runs (not computations) by state.
        oldest_wait: Seconds the longest waiting computation has waited; None when none waits.
    """

    queued: int
    running: int
    workers: Mapping[str, str]
    visitors_today: int
    bytes_results: int
    bytes_tables: int
    bytes_free: int
    runs_by_state: Mapping[str, int]
    oldest_wait: float | None
