"""The run store: what was asked for, where it is, its points, its result.

One SQLite database per home (any SQLAlchemy URL with the same statements), results as files
beside it. Web server and worker each open their own store; every state change is one
transaction. Nothing here needs torch.
"""

import contextlib
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterator
from importlib import metadata as installed
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock

import fairlab
from fairlab.config import RunConfig
from fairlab.errors import UnknownNameError
from fairlab.home import home as default_home
from fairlab.results import Progress, SweepResult
from fairlab.runs import artefacts
from fairlab.runs.records import LeaseLostError, RunEvent, RunRecord, RunState, progress_data
from fairlab.runs.schema import events, jobs, prepare, runs

STALE_AFTER = 20.0  # seconds without a heartbeat before a computation is given to another worker
MAX_ATTEMPTS = 3
ACTIVE = (RunState.QUEUED.value, RunState.RUNNING.value)

_COLUMNS = (
    runs.c.id,
    runs.c.title,
    runs.c.config,
    runs.c.digest,
    runs.c.created,
    runs.c.left_at,
    runs.c.position,
    runs.c.job_id,
    jobs.c.state,
    jobs.c.started,
    jobs.c.finished,
    jobs.c.message,
    jobs.c.worker,
    jobs.c.heartbeat,
    jobs.c.attempt,
    jobs.c.cancel_requested,
    jobs.c.result_key,
)


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
        self._engine = _engine(url or f"sqlite:///{self.home / 'runs.sqlite3'}")
        with FileLock(self.home / "runs.lock"):
            if self._engine.dialect.name == "sqlite":
                _write_ahead(self._engine)
            with self._write() as connection:
                prepare(connection)

    def close(self) -> None:
        """Give the database connections back."""
        self._engine.dispose()

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
        run_id = secrets.token_urlsafe(16)
        now = self._clock()
        with self._write() as connection:
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
                        message="",
                        attempt=0,
                        cancel_requested=False,
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
        with self._read() as connection:
            return self._record(connection, run_id)

    def list(self, limit: int = 200) -> list[RunRecord]:
        """The newest runs, newest first."""
        query = _all_runs().order_by(runs.c.created.desc(), runs.c.id).limit(limit)
        with self._read() as connection:
            return [self._as_record(connection, row) for row in connection.execute(query)]

    def events(self, run_id: str, after: int = 0) -> tuple[RunEvent, ...]:
        """Events of a run with a cursor greater than ``after``, in order.

        When a computation starts again (attempt 2), the events of the attempt before are gone
        and new ones have greater cursors.

        Raises:
            UnknownNameError: If there is no run with this id.
        """
        with self._read() as connection:
            return self._events(connection, self._record(connection, run_id), after)

    def follow(self, run_id: str, after: int = 0) -> tuple[RunRecord, tuple[RunEvent, ...], int]:
        """A run, its new events and its place in the queue, all of one moment.

        Returns:
            The record, the events after the cursor, and the place in the queue: 1 is next,
            0 when the run does not wait.

        Raises:
            UnknownNameError: If there is no run with this id.
        """
        with self._read() as connection:
            record = self._record(connection, run_id)
            place = self._queue_position(connection, record)
            return record, self._events(connection, record, after), place

    def request_cancel(self, run_id: str) -> bool:
        """Cancel a run. The computation stops when nobody else waits for it.

        A queued run is cancelled at once, a running one within an epoch.

        Returns:
            False if the run was already over.

        Raises:
            UnknownNameError: If there is no run with this id.
        """
        now = self._clock()
        with self._write() as connection:
            record = self._record(connection, run_id)
            if not record.state.active:
                return False
            others = connection.scalar(
                sa.select(sa.func.count())
                .select_from(runs)
                .where(runs.c.job_id == record.job, runs.c.left_at.is_(None), runs.c.id != run_id)
            )
            if others:
                connection.execute(sa.update(runs).where(runs.c.id == run_id).values(left_at=now))
                return True
            values: dict[str, Any] = {"cancel_requested": True}
            if record.state is RunState.QUEUED:
                values |= {"state": RunState.CANCELLED.value, "finished": now}
            connection.execute(sa.update(jobs).where(jobs.c.id == record.job).values(values))
            return True

    def load_result(self, run_id: str) -> SweepResult:
        """The stored result, with read-only arrays.

        Raises:
            UnknownNameError: If there is no run with this id.
            InputError: If the run has no result (yet), or its file is missing or damaged.
        """
        record = self.get(run_id)
        if record.result_key is None:
            remedy = record.message if record.state is RunState.FAILED else "Wait until it is done."
            raise UnknownNameError(f"Run {run_id} is {record.state} and has no result. {remedy}")
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
        if not self._anything_to_claim(now):
            return None
        with self._write() as connection:
            self._requeue(connection, jobs.c.heartbeat < now - self.stale_after, now)
            job_id = connection.scalar(
                sa.select(jobs.c.id)
                .where(jobs.c.state == RunState.QUEUED.value)
                .order_by(jobs.c.priority.desc(), jobs.c.created, jobs.c.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if job_id is None:
                return None
            connection.execute(sa.delete(events).where(events.c.job_id == job_id))
            connection.execute(
                sa.update(jobs)
                .where(jobs.c.id == job_id)
                .values(
                    state=RunState.RUNNING.value,
                    worker=worker_id,
                    heartbeat=now,
                    started=now,
                    attempt=jobs.c.attempt + 1,
                    message="Preparing the data.",
                )
            )
            run_id = connection.scalar(
                sa.select(runs.c.id)
                .where(runs.c.job_id == job_id)
                .order_by(runs.c.left_at.is_not(None), runs.c.position)
                .limit(1)
            )
            assert run_id is not None
            return self._record(connection, run_id)

    def requeue_lost(self) -> int:
        """Queue every running computation again; call only when no other worker can be alive.

        Returns:
            How many were running.
        """
        with self._write() as connection:
            return self._requeue(connection, sa.true(), self._clock())

    def release(self, run_id: str, worker_id: str) -> None:
        """Give a computation back to the queue unfinished; this does not count as an attempt."""
        with self._write() as connection:
            self._update_leased(
                connection,
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
        data = json.dumps(progress_data(progress), separators=(",", ":"), allow_nan=False)
        with self._write() as connection:
            record = self._update_leased(
                connection, run_id, worker_id, heartbeat=self._clock(), message=""
            )
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
        with self._write() as connection:
            self._update_leased(connection, run_id, worker_id, heartbeat=self._clock())

    def cancel_requested(self, run_id: str) -> bool:
        """Whether nobody waits for the computation of this run any more."""
        query = sa.select(jobs.c.cancel_requested).join(runs).where(runs.c.id == run_id)
        with self._read() as connection:
            return bool(connection.scalar(query))

    def finish(self, run_id: str, result: SweepResult, worker_id: str | None = None) -> None:
        """Store a result and end the run: ``done``, or ``cancelled`` if it was stopped early.

        The file is complete on disk before the state changes, in one transaction.

        Raises:
            LeaseLostError: If ``worker_id`` is given and no longer has the computation.
            OSError: If the disk is full or not writable; the run is then still running.
        """
        key = artefacts.write_result(self.results, result) if result.points else None
        state = RunState.CANCELLED if result.cancelled else RunState.DONE
        with self._write() as connection:
            self._update_leased(
                connection,
                run_id,
                worker_id,
                state=state.value,
                finished=self._clock(),
                result_key=key,
                message="",
                worker=None,
            )

    def fail(self, run_id: str, message: str, worker_id: str | None = None) -> None:
        """End a run as failed.

        Args:
            message: Why, and what to do, for its owner.

        Raises:
            LeaseLostError: If ``worker_id`` is given and no longer has the computation.
        """
        with self._write() as connection:
            self._update_leased(
                connection,
                run_id,
                worker_id,
                state=RunState.FAILED.value,
                finished=self._clock(),
                message=message,
                worker=None,
            )

    # Inside

    @contextlib.contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        with self._engine.connect() as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def _write(self) -> Iterator[sa.Connection]:
        with self._engine.connect() as connection:
            writing = connection.execution_options(fairlab_write=True)
            with writing.begin():
                yield writing

    def _record(self, connection: sa.Connection, run_id: str) -> RunRecord:
        row = connection.execute(_all_runs().where(runs.c.id == run_id)).first()
        if row is None:
            raise UnknownNameError(
                f"There is no run {run_id!r} here. Check the link, or start a new run on Train."
            )
        return self._as_record(connection, row)

    def _as_record(self, connection: sa.Connection, row: sa.Row[Any]) -> RunRecord:
        left = row.left_at is not None
        return RunRecord(
            id=row.id,
            title=row.title,
            config=RunConfig.model_validate_json(row.config),
            digest=row.digest,
            state=RunState.CANCELLED if left else RunState(row.state),
            created=row.created,
            started=row.started,
            finished=row.left_at if left else row.finished,
            message="" if left else row.message,
            cancel_requested=bool(row.cancel_requested),
            attempt=row.attempt,
            worker=row.worker,
            heartbeat=row.heartbeat,
            result_key=row.result_key,
            shared_from=None if row.position == 0 else self._first_run(connection, row.job_id),
            job=row.job_id,
        )

    def _first_run(self, connection: sa.Connection, job_id: str) -> str | None:
        return connection.scalar(
            sa.select(runs.c.id).where(runs.c.job_id == job_id, runs.c.position == 0)
        )

    def _events(
        self, connection: sa.Connection, record: RunRecord, after: int
    ) -> tuple[RunEvent, ...]:
        rows = connection.execute(
            sa.select(events.c.id, events.c.attempt, events.c.data)
            .where(events.c.job_id == record.job, events.c.id > after)
            .order_by(events.c.id)
        )
        return tuple(RunEvent(row.id, record.id, row.attempt, json.loads(row.data)) for row in rows)

    def _queue_position(self, connection: sa.Connection, record: RunRecord) -> int:
        if record.state is not RunState.QUEUED:
            return 0
        waiting = connection.scalars(
            sa.select(jobs.c.id)
            .where(jobs.c.state == RunState.QUEUED.value)
            .order_by(jobs.c.priority.desc(), jobs.c.created, jobs.c.id)
        ).all()
        return list(waiting).index(record.job) + 1

    def _shareable(self, connection: sa.Connection, key: str) -> str | None:
        rows = connection.execute(
            sa.select(jobs.c.id, jobs.c.state, jobs.c.result_key)
            .where(
                jobs.c.cache_key == key,
                jobs.c.state.in_((*ACTIVE, RunState.DONE.value)),
                jobs.c.cancel_requested.is_(False),
            )
            .order_by(jobs.c.created.desc())
        )
        for row in rows:
            if row.state in ACTIVE or (self.results / f"{row.result_key}.npz").exists():
                return str(row.id)
        return None

    def _anything_to_claim(self, now: float) -> bool:
        query = (
            sa.select(jobs.c.id)
            .where(
                (jobs.c.state == RunState.QUEUED.value)
                | (
                    (jobs.c.state == RunState.RUNNING.value)
                    & (jobs.c.heartbeat < now - self.stale_after)
                )
            )
            .limit(1)
        )
        with self._read() as connection:
            return connection.scalar(query) is not None

    def _requeue(self, connection: sa.Connection, lost: sa.ColumnElement[bool], now: float) -> int:
        running = (jobs.c.state == RunState.RUNNING.value) & lost
        found = connection.scalar(sa.select(sa.func.count()).select_from(jobs).where(running))
        gone: dict[str, Any] = {"worker": None, "heartbeat": None}
        connection.execute(
            sa.update(jobs)
            .where(running, jobs.c.cancel_requested.is_(True))
            .values(state=RunState.CANCELLED.value, finished=now, **gone)
        )
        connection.execute(
            sa.update(jobs)
            .where(running, jobs.c.attempt >= MAX_ATTEMPTS)
            .values(
                state=RunState.FAILED.value,
                finished=now,
                message=f"The worker stopped without a word {MAX_ATTEMPTS} times while training "
                "this run, most often because memory ran out. Train fewer strengths, a smaller "
                "model or fewer rows.",
                **gone,
            )
        )
        connection.execute(
            sa.update(jobs)
            .where(running)
            .values(
                state=RunState.QUEUED.value,
                message="The worker stopped; the run waits to start again.",
                **gone,
            )
        )
        return int(found or 0)

    def _update_leased(
        self, connection: sa.Connection, run_id: str, worker_id: str | None, **values: Any
    ) -> RunRecord:
        record = self._record(connection, run_id)
        leased = jobs.c.id == record.job
        if worker_id is not None:
            leased &= (jobs.c.worker == worker_id) & (jobs.c.state == RunState.RUNNING.value)
        changed = connection.execute(sa.update(jobs).where(leased).values(values))
        if changed.rowcount != 1:
            raise LeaseLostError(
                f"Run {run_id} no longer belongs to worker {worker_id}; another has taken it."
            )
        return record


def _all_runs() -> sa.Select[Any]:
    return sa.select(*_COLUMNS).join(jobs, runs.c.job_id == jobs.c.id)


def _cache_key(config: RunConfig) -> str:
    """What must be equal for two computations to give the same bytes."""
    parts = (config.digest(), fairlab.__version__, installed.version("torch"))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _can_share(config: RunConfig) -> bool:
    """A user's table is only known by its fingerprint; without one nothing is shared."""
    return config.data.source != "file" or config.data.fingerprint != ""


def _engine(url: str) -> sa.Engine:
    engine = sa.create_engine(url)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _configure_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in ("busy_timeout=10000", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writing = connection.get_execution_options().get("fairlab_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _write_ahead(engine: sa.Engine) -> None:
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode=WAL")
    finally:
        raw.close()
