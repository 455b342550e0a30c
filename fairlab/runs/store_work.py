"""What a worker does with the run store."""

import json
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from fairlab.results import Progress, SweepResult
from fairlab.runs import artefacts, deleting, kept_parts, queries, queue
from fairlab.runs.database import put
from fairlab.runs.garbage import RESULT
from fairlab.runs.identity import storable
from fairlab.runs.records import RunRecord, RunState, progress_data
from fairlab.runs.schema import events, jobs, runs, workers
from fairlab.runs.store_base import FILES, StoreBase

CLAIM = "claim"  # one worker at a time looks whose turn it is


class WorkSide(StoreBase):
    """Claiming, heartbeats, points, parts and results."""

    def claim(self, worker_id: str, *, device: str | None = None) -> RunRecord | None:
        """Take the next queued computation; exactly one worker gets it.

        Computations whose worker gave no sign of life for ``stale_after`` seconds are queued
        again first, or failed after five attempts.

        Args:
            device: ``cpu`` or ``cuda``: only computations for it; None takes any.

        Returns:
            A run of the computation, now ``running``; None if nothing waits.
        """
        now = self._clock()
        stale_before = now - self.stale_after
        with self._database.read() as connection:
            if not queue.anything_to_claim(connection, stale_before, device):
                return None
        with self._database.write(CLAIM) as connection:
            queue.requeue(connection, jobs.c.heartbeat < stale_before, now)
            return queue.claim_next(connection, worker_id, now, device)

    def requeue_lost(self, dead: Collection[str] | None = None) -> int:
        """Queue running computations again whose worker cannot be alive.

        Args:
            dead: Ids of these workers; None is all workers there are.

        Returns:
            How many were running.
        """
        theirs: sa.ColumnElement[bool] = sa.true()
        lost: sa.ColumnElement[bool] = sa.true()
        if dead is not None:
            theirs, lost = workers.c.id.in_(dead), jobs.c.worker.in_(dead)
        with self._database.write(CLAIM) as connection:
            connection.execute(sa.delete(workers).where(theirs))
            return queue.requeue(connection, lost, self._clock())

    def release(self, run_id: str, worker_id: str) -> None:
        """Give a computation back to the queue unfinished; this does not count as an attempt.

        Finished parts stay. If nobody waits for it any more, it is cancelled.

        Raises:
            LeaseLostError: If the worker no longer has the computation.
        """
        unwanted = jobs.c.cancel_requested.is_(True)
        again = {
            "state": sa.case((unwanted, RunState.CANCELLED.value), else_=RunState.QUEUED.value),
            "finished": sa.case((unwanted, self._clock()), else_=None),
            "attempt": jobs.c.attempt - 1,
        }
        self._end(run_id, worker_id, **{**self._over(), **again})

    def append_progress(
        self, run_id: str, progress: Progress, worker_id: str | None = None, *, part: str = ""
    ) -> int:
        """Add one epoch; also a sign of life.

        Args:
            part: The part of the run it belongs to: the points of a part that is stored stay when
                the run is taken up again.

        Returns:
            The event's cursor.

        Raises:
            LeaseLostError: If ``worker_id`` is given and no longer has the computation.
        """
        now = self._clock()
        content = progress_data(progress) | {"at": round(now, 3)}
        data = json.dumps(content, separators=(",", ":"), allow_nan=False)
        sign: Mapping[str, Any] = {"heartbeat": now, "share_done": content["share_done"]}
        with self._database.write() as connection:
            # The row stays locked until the end: cursors of one computation appear in order.
            record = queue.update_leased(connection, run_id, worker_id, message="", **sign)
            cursor = connection.scalar(
                sa.insert(events)
                .values(job_id=record.job, attempt=record.attempt, data=data, part=part)
                .returning(events.c.id)
            )
        assert cursor is not None
        return int(cursor)

    def heartbeat(self, run_id: str, worker_id: str | None = None) -> None:
        """Sign of life.

        Raises:
            LeaseLostError: If ``worker_id`` is given and no longer has the computation.
        """
        with self._database.write() as connection:
            queue.update_leased(connection, run_id, worker_id, heartbeat=self._clock())

    def cancel_requested(self, run_id: str) -> bool:
        """Whether nobody waits for the computation of this run any more."""
        query = sa.select(jobs.c.cancel_requested).join(runs).where(runs.c.id == run_id)
        with self._database.read() as connection:
            found = connection.scalar(query)
        return True if found is None else bool(found)

    def save_part(
        self, run_id: str, name: str, result: SweepResult, worker_id: str | None = None
    ) -> None:
        """Keep a finished part: a later attempt goes on from it. Also a sign of life.

        Raises:
            LeaseLostError: If ``worker_id`` is given and no longer has the computation.
            StoreError: If the disk is full or not writable; the run is then still running.
        """
        key, content = self._write(result)
        now = self._clock()
        with self._database.write(f"~{FILES}") as connection:
            record = queue.update_leased(connection, run_id, worker_id, heartbeat=now)
            kept_parts.add(connection, record.job, name, key, len(content), now)
            self._ensure(key, content)

    def parts(self, run_id: str) -> dict[str, SweepResult]:
        """Finished parts of a run by name, those trained by this version of fairlab.

        A part whose file is missing or damaged is left out: it is trained again.

        Raises:
            UnknownNameError: If there is no run with this id.
        """
        with self._database.read() as connection:
            record = queries.find_run(connection, run_id, deleted_too=True)
            keys = kept_parts.keys(connection, record.job)
        found = {name: artefacts.find_result(self.results, key) for name, key in keys.items()}
        return {name: result for name, result in found.items() if result is not None}

    def finish(self, run_id: str, result: SweepResult, worker_id: str | None = None) -> None:
        """Store a result and end the run: ``done``, or ``cancelled`` if it was stopped early.

        The file is complete on disk before the state changes, in one transaction.

        Raises:
            LeaseLostError: If ``worker_id`` is given and no longer has the computation.
            StoreError: If the disk is full or not writable; the run is then still running.
        """
        ended: dict[str, Any] = {"state": RunState.CANCELLED.value}
        if not result.cancelled:
            ended = {"state": RunState.DONE.value, "share_done": 1.0}
        if not result.points:
            self._end(run_id, worker_id, parts_too=True, **ended, **self._over())
            return
        key, content = self._write(result)
        stored = {"result_key": key, "bytes": len(content)}
        self._end(
            run_id, worker_id, (key, content), parts_too=True, **stored, **ended, **self._over()
        )

    def fail(self, run_id: str, message: str, worker_id: str | None = None) -> None:
        """End a run as failed. Finished parts stay a while, for the same run started again.

        Args:
            message: Why, and what to do, for its owner.

        Raises:
            LeaseLostError: If ``worker_id`` is given and no longer has the computation.
        """
        failed = {"state": RunState.FAILED.value, "message": storable(message)}
        self._end(run_id, worker_id, **{**self._over(), **failed})

    def announce(self, worker_id: str, state: str) -> None:
        """Say that a worker is there: ``starting``, ``ready``, ``busy``; ``gone`` removes it."""
        with self._database.write() as connection:
            if state == "gone":
                connection.execute(sa.delete(workers).where(workers.c.id == worker_id))
            else:
                put(connection, workers, {"id": worker_id}, state=state, seen=self._clock())

    def workers(self) -> dict[str, str]:
        """State by worker id, of workers seen in the last ``stale_after`` seconds."""
        query = sa.select(workers).where(workers.c.seen >= self._clock() - self.stale_after)
        with self._database.read() as connection:
            return {row.id: row.state for row in connection.execute(query)}

    def _end(
        self,
        run_id: str,
        worker_id: str | None,
        stored: tuple[str, bytes] | None = None,
        *,
        parts_too: bool = False,
        **values: Any,
    ) -> None:
        """Take a computation from its worker; what its owners deleted meanwhile goes now."""
        with self._database.write(f"~{FILES}") as connection:
            record = queue.update_leased(connection, run_id, worker_id, **values)
            if stored is not None:
                self._ensure(*stored)
            unused = kept_parts.drop(connection, record.job) if parts_too else []
            names = {f"{key}{RESULT}" for key in unused}
            names |= deleting.purge_job(connection, record.job)
        if names:
            self._delete_files(names)

    def _write(self, result: SweepResult) -> tuple[str, bytes]:
        with self._disk():
            return artefacts.write_content(self.results, result)

    def _ensure(self, key: str, content: bytes) -> None:
        """Write a file again that was deleted since, while no row mentioned it."""
        path = self.results / f"{key}{RESULT}"
        if not path.exists():
            with self._disk():
                artefacts.write_bytes(path, content)

    def _over(self) -> dict[str, Any]:
        return {"finished": self._clock(), "message": "", "worker": None, "heartbeat": None}
