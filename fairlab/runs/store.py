"""The run store: what was asked for, where it is, its points, its result.

One SQLite database per home, or PostgreSQL by URL, with the same statements; results and tables
are files beside it. Web server and worker each open their own store; every state change is one
transaction. Nothing here needs torch.
"""

import builtins
from collections.abc import Iterable

from fairlab.config import RunConfig
from fairlab.errors import UnknownNameError
from fairlab.results import SweepResult
from fairlab.runs import artefacts, queries, quotas, rooms, submitting
from fairlab.runs.feed import Feed, Want
from fairlab.runs.identity import cache_key, new_id
from fairlab.runs.records import RunEvent, RunRecord, RunState
from fairlab.runs.store_base import STALE_AFTER
from fairlab.runs.store_care import CareSide
from fairlab.runs.store_holdings import HoldingsSide
from fairlab.runs.store_rooms import RoomsSide
from fairlab.runs.store_work import WorkSide

__all__ = ["STALE_AFTER", "RunStore"]


class RunStore(WorkSide, HoldingsSide, RoomsSide, CareSide):
    """Runs, their events and results; rooms, tables and limits of people.

    Args:
        home: Folder of the database and the results; default :func:`fairlab.home.home`.
        url: SQLAlchemy URL of another database; default ``FAIRLAB_DATABASE_URL``. Results stay in
            ``home``.
        stale_after: Seconds without a heartbeat after which a running computation is taken
            from its worker.
        clock: Seconds since the epoch; replaced in tests.
        limits: How much may be stored; default :func:`fairlab.settings.settings`.

    Every method may raise :class:`~fairlab.runs.store_errors.StoreError`, when the database or
    the disk does not do what it should.

    Raises:
        InputError: If the URL is none, or the database was written by a newer fairlab.
        StoreError: If it cannot be opened.
    """

    def submit(
        self,
        config: RunConfig,
        *,
        title: str = "",
        priority: int = 0,
        owner: str = "",
        room: str = "",
    ) -> str:
        """Queue a run; the same computation, if done or under way, is shared.

        Args:
            config: What to compute; validated by its own type.
            title: Words to find the run by.
            priority: Higher goes first, for one run of an owner at a time; their later ones
                count as 0. See :func:`fairlab.runs.queries.claim_order` for the rest.
            owner: Who asks; "" is nobody in particular, and has no limit.
            room: Id of an open room to show it in.

        Returns:
            The run's id: 22 characters of 128 random bits, safe in a URL.

        Raises:
            QuotaError: If this owner has too much under way or stored, or the disk is full.
            UnknownNameError: If there is no such room.
            InputError: If the room is closed.
        """
        run_id, key, now = new_id(), cache_key(config), self._clock()
        quotas.check_disk(self.home, self._stored_if_limited(), 0, self.limits, owner)
        with self._database.write(f"owner {owner}", f"job {key}") as connection:
            if owner:
                quotas.check_run(quotas.usage_of(connection, owner), self.limits)
            if room:
                rooms.check_open(connection, room, now)
                rooms.note_change(connection, room)
            submitting.add_run(
                connection,
                config,
                run_id=run_id,
                key=key,
                results=self.results,
                now=now,
                title=title,
                priority=priority,
                owner=owner,
                room=room,
            )
        return run_id

    def get(self, run_id: str) -> RunRecord:
        """One run.

        Raises:
            UnknownNameError: If there is no run with this id.
        """
        with self._database.read() as connection:
            return queries.find_run(connection, run_id)

    def list(
        self, limit: int = 200, *, owner: str | None = None, room: str | None = None
    ) -> builtins.list[RunRecord]:
        """The newest runs, newest first: all, or those of an owner, or those in a room."""
        with self._database.read() as connection:
            return queries.newest_runs(connection, limit, owner, room)

    def events(self, run_id: str, after: int = 0) -> tuple[RunEvent, ...]:
        """Events of a run with a cursor greater than ``after``, in order.

        When a computation starts again (attempt 2), the events of the attempt before are gone;
        those of parts that are kept come again, with greater cursors.

        Raises:
            UnknownNameError: If there is no run with this id.
        """
        with self._database.read() as connection:
            return queries.find_events(connection, queries.find_run(connection, run_id), after)

    def follow(self, run_id: str, after: int = 0) -> tuple[RunRecord, tuple[RunEvent, ...], int]:
        """A run, its new events and its place in the queue, all of one moment.

        Returns:
            The record, the events after the cursor, and the place in the queue: 1 is next,
            0 when the run does not wait.

        Raises:
            UnknownNameError: If there is no run with this id.
        """
        with self._database.read() as connection:
            record = queries.find_run(connection, run_id)
            found = queries.find_events(connection, record, after)
            return record, found, queries.queue_position(connection, record)

    def look(self, feed: Feed, wants: Iterable[Want]) -> dict[Want, str | None]:
        """What live charts want to know, read in one transaction; see ``Feed.look``."""
        with self._database.read() as connection:
            return feed.look(connection, wants)

    def request_cancel(self, run_id: str, *, owner: str | None = None) -> bool:
        """Cancel a run. The computation stops when nobody else waits for it.

        A queued run is cancelled at once, a running one within an epoch.

        Args:
            owner: Who asks; None does not look whose run it is.

        Returns:
            False if the run was already over.

        Raises:
            UnknownNameError: If there is no run with this id.
            InputError: If it is not ``owner``'s.
        """
        with self._database.write() as connection:
            return submitting.cancel(connection, run_id, self._clock(), owner)

    def load_result(self, run_id: str) -> SweepResult:
        """The stored result, with read-only arrays.

        Raises:
            UnknownNameError: If there is no such run, or it has no result (yet).
            InputError: If the result's file is missing or damaged.
            StoreError: If it may not be read.
        """
        record = self.get(run_id)
        if record.result_key is None:
            remedy = {
                RunState.FAILED: record.message,
                RunState.CANCELLED: "Train it again.",
            }.get(record.state, "Wait until it is done.")
            raise UnknownNameError(f"This run is {record.state} and has no result. {remedy}")
        with self._disk():
            return artefacts.read_result(self.results, record.result_key)
