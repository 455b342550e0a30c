"""What all parts of the run store stand on: the home, the database, the clock, the limits."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from fairlab.home import home as default_home
from fairlab.runs import garbage
from fairlab.runs.database import Database
from fairlab.runs.holdings import Collected
from fairlab.runs.room_states import RoomStates
from fairlab.runs.store_errors import store_error
from fairlab.settings import Settings, settings

STALE_AFTER = 20.0  # seconds without a sign of life until a computation is taken from its worker

FILES = "files"  # the lock of whoever deletes files; "~files" of whoever records one


class StoreBase:
    """An open store. See :class:`fairlab.runs.store.RunStore`."""

    def __init__(
        self,
        home: Path | None = None,
        url: str | None = None,
        *,
        stale_after: float = STALE_AFTER,
        clock: Callable[[], float] = time.time,
        limits: Settings | None = None,
    ) -> None:
        self.home = default_home() if home is None else home
        self.results = self.home / "results"
        self.tables = self.home / "tables"
        self.stale_after = stale_after
        self._clock = clock
        self._own_limits = limits
        self._states = RoomStates()
        self._folders = garbage.Folders(self.results, self.tables)
        with self._disk():
            self.results.mkdir(parents=True, exist_ok=True)
        asked = self.limits.database_url if url is None else url
        where = asked if asked else f"sqlite:///{self.home / 'runs.sqlite3'}"
        self._database = Database(where, self.home / "runs.lock")

    @property
    def limits(self) -> Settings:
        """The limits this store keeps."""
        return settings() if self._own_limits is None else self._own_limits

    @property
    def place(self) -> str:
        """The database in words, without its password."""
        return self._database.place

    def now(self) -> float:
        """Seconds since the epoch, as signs of life are counted in."""
        return self._clock()

    def close(self) -> None:
        """Give the database connections back."""
        self._database.close()

    @contextlib.contextmanager
    def _disk(self) -> Iterator[None]:
        """Errors of the disk below the home as :class:`StoreError`."""
        try:
            yield
        except OSError as error:
            raise store_error(error, str(self.home)) from error

    def _delete_files(self, names: Iterable[str]) -> Collected:
        """Delete those among files that no row mentions any more."""
        found = sorted(set(names))
        files = size = 0
        for some in garbage.batches(found):
            with self._disk(), self._database.write(FILES) as connection:
                gone = garbage.delete_unmentioned(connection, self._folders, some)
            files, size = files + gone.files, size + gone.bytes
        return Collected(files, size)

    def _stored_bytes(self) -> int:
        return garbage.bytes_in(self.results) + garbage.bytes_in(self.tables)
