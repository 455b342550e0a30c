"""The run store: what was asked for, where it is, its points, its result.

One SQLite database per home (any SQLAlchemy URL takes the same statements), results as files
beside it. Web server and worker each open their own store; every state change is one
transaction. Nothing here needs torch.
"""

import functools
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from importlib import metadata as installed
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import fairlab
from fairlab.config import RunConfig
from fairlab.errors import UnknownNameError
from fairlab.home import home as default_home
from fairlab.results import Progress, SweepResult
from fairlab.runs import artefacts, queries, queue
from fairlab.runs.database import Database
from fairlab.runs.feed import Feed, Want
from fairlab.runs.records import RunEvent, RunRecord, RunState, progress_data
from fairlab.runs.schema import events, jobs, runs, workers

STALE_AFTER = 20.0  # seconds without a sign of life until a computation is taken from its worker


class RunStore:
    """Runs, their events and results.

    Args:
        home: Folder of the database and the results; default :func:`fairlab.home.home`.
        url: SQLAlchemy URL of another database; results stay in ``home``.
        stale_after: Seconds without a heartbeat after which a running computation is taken
            from its worker.
        clock: Seconds since the epoch; replaced in tests.

    Raises:
        InputError: If the database was written by a newer fairlab.
    """

    def __init__(
        self,
        home: Path | None = None,
        url: str | None = None,
        *,
        stale_after: float = STALE_AFTER,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.home = default_home() if home is None else home
        self.results = self.home / "results"
        self.results.mkdir(parents=True, exist_ok=True)
        self.stale_after = stale_after
        self._clock = clock
        where = f"sqlite:///{self.home / 'runs.sqlite3'}" if url is None else url
        self._database = Database(where, self.home / "runs.lock")

    def close(self) -> None:
        """Give the database connections back."""
        self._database.close()

    # What people ask for

    def submit(self, config: RunConfig, *, title: str = "", priority: int = 0) -> str:
        """Queue a run; the same computation, if done or under way, is shared.

        Args:
            config: What to compute; validated by its own type.
            title: Words to find the run by.
            priority: Higher goes first; otherwise first come, first served.

        Returns:
            The run's id: 22 characters of 128 random bits, safe in a URL.
        """
        key = _cache_key(config)
        run_id = _new_id()
        now = self._clock()
        with self._database.write() as connection:
            job_id = self._shareable(connection, key) if _can_share(config) else None
            if job_id is None:
                job_id = secrets.token_urlsafe(16)
                connection.execute(
                    sa.insert(jobs).values(
                        id=job_id,
                        cache_key=key,
                        state=RunState.QUEUED.value,
                        priority=priority,
                        created=now,
                    )
                )
            position = connection.scalar(
                sa.select(sa.func.count()).select_from(runs).where(runs.c.job_id == job_id)
            )
            connection.execute(
                sa.insert(runs).values(
                    id=run_id,
                    job_id=job_id,
                    position=position,
                    title=title,
                    config=config.model_dump_json(),
                    digest=config.digest(),
                    created=now,
                )
            )
        return run_id

    def get(self, run_id: str) -> RunRecord:
        """One run.

        Raises:
            UnknownNameError: If there is no run with this id.
        """
        with self._database.read() as connection:
            return queries.find_run(connection, run_id)

    def list(self, limit: int = 200) -> list[RunRecord]:
        """The newest runs, newest first."""
        with self._database.read() as connection:
            return queries.newest_runs(connection, limit)

    def events(self, run_id: str, after: int = 0) -> tuple[RunEvent, ...]:
        """Events of a run with a cursor greater than ``after``, in order.

        When a computation starts again (attempt 2), the events of the attempt before are gone
        and new ones have greater cursors.

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

    def request_cancel(self, run_id: str) -> bool:
        """Cancel a run. The computation stops when nobody else waits for it.

        A queued run is cancelled at once, a running one within an epoch.

        Returns:
            False if the run was already over.

        Raises:
            UnknownNameError: If there is no run with this id.
        """
        now = self._clock()
        with self._database.write() as connection:
            record = queries.find_run(connection, run_id)
            if not record.state.active:
                return False
            if queries.others_waiting(connection, record):
                connection.execute(sa.update(runs).where(runs.c.id == run_id).values(left_at=now))
                return True
            values: dict[str, Any] = {"cancel_requested": True}
            if record.state is RunState.QUEUED:
                values |= {"state": RunState.CANCELLED.value, "finished": now, "message": ""}
            connection.execute(sa.update(jobs).where(jobs.c.id == record.job).values(values))
            return True

    def load_result(self, run_id: str) -> SweepResult:
        """The stored result, with read-only arrays.

        Raises:
            UnknownNameError: If there is no such run, or it has no result (yet).
            InputError: If the result's file is missing or damaged.
        """
        record = self.get(run_id)
        if record.result_key is None:
            remedy = {
                RunState.FAILED: record.message,
                RunState.CANCELLED: "Train it again.",
            }.get(record.state, "Wait until it is done.")
            raise UnknownNameError(f"This run is {record.state} and has no result. {remedy}")
        return artefacts.read_result(self.results, record.result_key)

    # What a worker does

    def claim(self, worker_id: str) -> RunRecord | None:
        """Take the next queued computation; exactly one worker gets it.

        Computations whose worker gave no sign of life for ``stale_after`` seconds are queued
        again first, or failed after three attempts.

        Returns:
            A run of the computation, now ``running``; None if nothing waits.
        """
        now = self._clock()
        stale_before = now - self.stale_after
        with self._database.read() as connection:
            if not queue.anything_to_claim(connection, stale_before):
                return None
        with self._database.write() as connection:
            queue.requeue(connection, jobs.c.heartbeat < stale_before, now)
            return queue.claim_next(connection, worker_id, now)

    def requeue_lost(self) -> int:
        """Queue every running computation again; call only when no other worker can be alive.

        Returns:
            How many were running.
        """
        with self._database.write() as connection:
            connection.execute(sa.delete(workers))
            return queue.requeue(connection, sa.true(), self._clock())

    def release(self, run_id: str, worker_id: str) -> None:
        """Give a computation back to the queue unfinished; this does not count as an attempt.

        Raises:
            LeaseLostError: If the worker no longer has the computation.
        """
        self._update(
            run_id,
            worker_id,
            state=RunState.QUEUED.value,
            worker=None,
            heartbeat=None,
            message="",
            attempt=jobs.c.attempt - 1,
        )

    def append_progress(self, run_id: str, progress: Progress, worker_id: str | None = None) -> int:
        """Add one epoch; also a sign of life.

        Returns:
            The event's cursor.

        Raises:
            LeaseLostError: If ``worker_id`` is given and no longer has the computation.
        """
        content = progress_data(progress) | {"at": round(self._clock(), 3)}
        data = json.dumps(content, separators=(",", ":"), allow_nan=False)
        sign: Mapping[str, Any] = {"heartbeat": self._clock(), "share_done": content["share_done"]}
        with self._database.write() as connection:
            record = queue.update_leased(connection, run_id, worker_id, message="", **sign)
            cursor = connection.scalar(
                sa.insert(events)
                .values(job_id=record.job, attempt=record.attempt, data=data)
                .returning(events.c.id)
            )
        assert cursor is not None
        return int(cursor)

    def heartbeat(self, run_id: str, worker_id: str | None = None) -> None:
        """Sign of life.

        Raises:
            LeaseLostError: If ``worker_id`` is given and no longer has the computation.
        """
        self._update(run_id, worker_id, heartbeat=self._clock())

    def cancel_requested(self, run_id: str) -> bool:
        """Whether nobody waits for the computation of this run any more."""
        query = sa.select(jobs.c.cancel_requested).join(runs).where(runs.c.id == run_id)
        with self._database.read() as connection:
            return bool(connection.scalar(query))

    def finish(self, run_id: str, result: SweepResult, worker_id: str | None = None) -> None:
        """Store a result and end the run: ``done``, or ``cancelled`` if it was stopped early.

        The file is complete on disk before the state changes, in one transaction.

        Raises:
            LeaseLostError: If ``worker_id`` is given and no longer has the computation.
            OSError: If the disk is full or not writable; the run is then still running.
        """
        key = artefacts.write_result(self.results, result) if result.points else None
        ended: dict[str, Any] = {"state": RunState.CANCELLED.value}
        if not result.cancelled:
            ended = {"state": RunState.DONE.value, "share_done": 1.0}
        self._update(run_id, worker_id, result_key=key, **ended, **self._over())

    def fail(self, run_id: str, message: str, worker_id: str | None = None) -> None:
        """End a run as failed.

        Args:
            message: Why, and what to do, for its owner.

        Raises:
            LeaseLostError: If ``worker_id`` is given and no longer has the computation.
        """
        failed = RunState.FAILED.value
        self._update(run_id, worker_id, state=failed, **(self._over() | {"message": message}))

    def announce(self, worker_id: str, state: str) -> None:
        """Say that a worker is there: ``starting``, ``ready``, ``busy``; ``gone`` removes it."""
        with self._database.write() as connection:
            connection.execute(sa.delete(workers).where(workers.c.id == worker_id))
            if state != "gone":
                connection.execute(
                    sa.insert(workers).values(id=worker_id, state=state, seen=self._clock())
                )

    def workers(self) -> dict[str, str]:
        """State by worker id, of workers seen in the last ``stale_after`` seconds."""
        query = sa.select(workers).where(workers.c.seen >= self._clock() - self.stale_after)
        with self._database.read() as connection:
            return {row.id: row.state for row in connection.execute(query)}

    # Inside

    def _update(self, run_id: str, worker_id: str | None, **values: Any) -> None:
        with self._database.write() as connection:
            queue.update_leased(connection, run_id, worker_id, **values)

    def _over(self) -> dict[str, Any]:
        return {"finished": self._clock(), "message": "", "worker": None, "heartbeat": None}

    def _shareable(self, connection: sa.Connection, key: str) -> str | None:
        """The computation with this key that is under way or done with its file in place."""
        rows = connection.execute(
            sa.select(jobs.c.id, jobs.c.state, jobs.c.result_key)
            .where(
                jobs.c.cache_key == key,
                jobs.c.state.in_((*queue.ACTIVE, RunState.DONE.value)),
                jobs.c.cancel_requested.is_(False),
            )
            .order_by(jobs.c.created.desc())
        ).all()
        for row in rows:
            if row.state in queue.ACTIVE or (self.results / f"{row.result_key}.npz").exists():
                return str(row.id)
        return None


def _new_id() -> str:
    """128 random bits; never starts with "-", which a shell would take for an option."""
    while (found := secrets.token_urlsafe(16)).startswith("-"):
        pass
    return found


def _cache_key(config: RunConfig) -> str:
    """What must be equal for two computations to give the same bytes."""
    parts = (config.digest(), _code_digest(), installed.version("torch"))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@functools.cache
def _code_digest() -> str:
    """Content of the code that a result depends on: an update must not bring back old numbers."""
    root = Path(fairlab.__file__).parent
    files = list(root.glob("*.py"))
    for folder in ("data", "metrics", "projection", "training"):
        files += (root / folder).rglob("*.py")
    content = hashlib.sha256()
    for path in sorted(files):
        content.update(path.relative_to(root).as_posix().encode())
        content.update(path.read_bytes())
    return content.hexdigest()


def _can_share(config: RunConfig) -> bool:
    """A user's table is known only by its fingerprint; without one nothing is shared."""
    return config.data.source != "file" or config.data.fingerprint != ""
