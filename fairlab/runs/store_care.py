"""Looking after the run store: is it well, what is in it, what can go."""

import shutil
import tempfile

import sqlalchemy as sa

from fairlab.runs import deleting, garbage, room_log
from fairlab.runs.database import put
from fairlab.runs.holdings import Collected, Overview
from fairlab.runs.identity import new_id
from fairlab.runs.records import RunState
from fairlab.runs.rooms import KEPT_FOR
from fairlab.runs.schema import jobs, meta, owners, rooms, runs, workers
from fairlab.runs.store_base import FILES, StoreBase
from fairlab.runs.store_errors import StoreError

DAY = 86_400.0
WRITING = 3600.0  # seconds after which a file that is still unfinished has no writer any more


class CareSide(StoreBase):
    """Checks, counts and garbage."""

    def check(self) -> None:
        """Write once and read it back, in the database and in the folder of results.

        Raises:
            StoreError: With what is wrong and what to do.
        """
        written = new_id()
        with self._database.write() as connection:
            put(connection, meta, {"key": "checked"}, value=written)
            read = connection.scalar(sa.select(meta.c.value).where(meta.c.key == "checked"))
        if read is None:
            raise StoreError(f"The run database {self.place} does not keep what is written to it.")
        with self._disk(), tempfile.TemporaryFile(dir=self.results) as file:
            file.write(written.encode())

    def overview(self) -> Overview:
        """The store at one moment, without anything personal."""
        now = self._clock()
        with self._database.read() as connection:
            states = sa.select(jobs.c.state, sa.func.count().label("count")).group_by(jobs.c.state)
            by_state = {row.state: row[1] for row in connection.execute(states)}
            oldest = connection.scalar(
                sa.select(sa.func.min(jobs.c.created)).where(jobs.c.state == RunState.QUEUED.value)
            )
            visitors = connection.scalar(
                sa.select(sa.func.count()).where(owners.c.seen >= now - DAY)
            )
            seen = workers.c.seen >= now - self.stale_after
            alive = connection.execute(sa.select(workers).where(seen)).all()
            seen_as = sa.case(
                (runs.c.left_at.is_not(None), RunState.CANCELLED.value), else_=jobs.c.state
            ).label("seen_as")
            of_runs = connection.execute(
                sa.select(seen_as, sa.func.count().label("count"))
                .join(jobs, runs.c.job_id == jobs.c.id)
                .where(runs.c.deleted.is_(False))
                .group_by(seen_as)
            )
            runs_by_state = {row.seen_as: row[1] for row in of_runs}
        return Overview(
            queued=by_state.get(RunState.QUEUED.value, 0),
            running=by_state.get(RunState.RUNNING.value, 0),
            workers={row.id: row.state for row in alive},
            visitors_today=int(visitors or 0),
            bytes_results=garbage.bytes_in(self.results),
            bytes_tables=garbage.bytes_in(self.tables),
            bytes_free=shutil.disk_usage(self.home).free,
            runs_by_state={state.value: runs_by_state.get(state.value, 0) for state in RunState},
            oldest_wait=None if oldest is None else max(0.0, now - oldest),
        )

    def collect_garbage(self, older_than: float = DAY) -> Collected:
        """Delete files that nothing mentions, and the points of runs that ended long ago.

        Rooms are deleted 30 days after they were opened, with all that was said in them.

        Args:
            older_than: Seconds since a file was written, and since a run ended. Younger ones stay:
                a writer may not have recorded its file yet.

        Returns:
            Files that were deleted, and their bytes.
        """
        now = self._clock()
        with self._database.write() as connection:
            garbage.forget_old_points(connection, now - older_than)
            room_log.delete_rooms(connection, rooms.c.created <= now - KEPT_FOR)
            names = deleting.purge_left_over(connection)
        with self._disk():
            gone = garbage.delete_unfinished(self._folders, now - max(older_than, WRITING))
        now_unused = self._delete_files(names)
        files, size = gone.files + now_unused.files, gone.bytes + now_unused.bytes
        for some in garbage.batches(garbage.candidates(self._folders, now - older_than)):
            with self._disk(), self._database.write(FILES) as connection:
                gone = garbage.delete_unmentioned(connection, self._folders, some, now - older_than)
            files, size = files + gone.files, size + gone.bytes
        return Collected(files, size)
