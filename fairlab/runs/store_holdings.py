"""What people have in the run store: tables, rooms, their share of the disk, and deleting it."""

import sqlalchemy as sa

from fairlab.errors import InputError
from fairlab.runs import deleting, quotas, rooms, taking_over, uploads
from fairlab.runs.database import put
from fairlab.runs.garbage import TABLE
from fairlab.runs.holdings import Deleted, Room, Upload, Usage
from fairlab.runs.schema import owners
from fairlab.runs.store_base import FILES, StoreBase

SEEN_EVERY = 60.0  # seconds between two notes of the same visitor


class HoldingsSide(StoreBase):
    """Visitors, uploaded tables, rooms, deleting."""

    def seen(self, owner: str) -> None:
        """Note a visit; at most once a minute is written."""
        if owner == "":
            return
        now = self._clock()
        with self._database.read() as connection:
            last = connection.scalar(sa.select(owners.c.seen).where(owners.c.id == owner))
        if last is None or not 0 <= now - last < SEEN_EVERY:
            with self._database.write() as connection:
                put(connection, owners, {"id": owner}, seen=now)

    def usage(self, owner: str) -> Usage:
        """What somebody holds."""
        with self._database.read() as connection:
            return quotas.usage_of(connection, owner)

    def keep_upload(self, owner: str, fingerprint: str, name: str, bytes: int, rows: int) -> bool:
        """Record that somebody has a table. Call this first, then save the table.

        Args:
            fingerprint: SHA-256 of the content.
            name: The file's name, for messages.
            bytes: Of the file that is kept, or is going to be.
            rows: People in it.

        Returns:
            Whether the file is there already. If not, save it now: from here on it is not
            taken for garbage.

        Raises:
            QuotaError: If it would take the owner, or the server, over what may be stored.
        """
        there = any(upload.fingerprint == fingerprint for upload in self.uploads_of(owner))
        if not there:
            quotas.check_disk(self.home, self._stored_if_limited(), bytes, self.limits, owner)
        with self._database.write(f"owner {owner}", f"~{FILES}") as connection:
            if owner and not there:
                quotas.check_upload(quotas.usage_of(connection, owner), bytes, self.limits)
            now = self._clock()
            uploads.keep_upload(connection, owner, fingerprint, name, bytes, rows, now)
            return self._folders.path(f"{fingerprint}{TABLE}").exists()

    def uploads_of(self, owner: str) -> tuple[Upload, ...]:
        """Tables of somebody, newest first."""
        with self._database.read() as connection:
            return uploads.uploads_of(connection, owner)

    def forget_upload(self, owner: str, fingerprint: str) -> int:
        """Delete a table of somebody; the file goes when nobody else has it and no run needs it.

        Returns:
            Bytes this took from the disk.
        """
        with self._database.write() as connection:
            had = uploads.forget_upload(connection, owner, fingerprint)
        return self._delete_files({f"{fingerprint}{TABLE}"}).bytes if had else 0

    def delete_run(self, run_id: str, owner: str) -> Deleted:
        """Delete a run with its points and result; what others share stays.

        A computation nobody else waits for is cancelled.

        Raises:
            UnknownNameError: If there is no run with this id.
            InputError: If it is somebody else's.
        """
        with self._database.write() as connection:
            names = deleting.delete_run(connection, run_id, owner, self._clock())
        return Deleted(1, 0, self._delete_files(names).bytes)

    def delete_owner(self, owner: str) -> Deleted:
        """Delete everything of somebody: runs, results, points, tables, rooms, visits.

        What others share stays for them. Runs that train are cancelled, unless others wait for
        them too, and leave nothing when their worker has stopped.
        """
        if owner == "":  # everybody of before, and the command line
            return Deleted(0, 0, 0)
        names: set[str] = set()
        with self._database.write(f"owner {owner}") as connection:
            ids = deleting.runs_of(connection, owner)
            for run_id in ids:
                names |= deleting.delete_run(connection, run_id, owner, self._clock())
            tables, more = deleting.delete_holdings(connection, owner)
        size = self._delete_files(names | more).bytes
        self._database.settle()
        return Deleted(len(ids), tables, size)

    def take_over(self, browser: str, account: str) -> int:
        """Give what one owner has to another: runs, tables and rooms.

        Whoever was anonymous signs in, and says that both are the same person.

        Returns:
            How many runs.

        Raises:
            InputError: If one of them is nobody, or both are the same.
        """
        if "" in (browser, account) or browser == account:
            raise InputError("Runs can be taken over by one owner from another; found one only.")
        with self._database.write(*sorted((f"owner {browser}", f"owner {account}"))) as connection:
            return taking_over.take_over(connection, browser, account)

    def open_room(self, owner: str, title: str) -> Room:
        """A new room, with a code for the board."""
        with self._database.write() as connection:
            return rooms.open_room(connection, owner, title, self._clock())

    def find_room(self, code: str) -> Room:
        """The room with a code, however its letters and dashes were typed; open or closed.

        Raises:
            UnknownNameError: If there is none.
        """
        with self._database.read() as connection:
            return rooms.find_room(connection, code)

    def room(self, room_id: str) -> Room:
        """The room with this id.

        Raises:
            UnknownNameError: If there is none.
        """
        with self._database.read() as connection:
            return rooms.room_by_id(connection, room_id)

    def rooms_of(self, owner: str) -> tuple[Room, ...]:
        """Rooms somebody opened, newest first."""
        with self._database.read() as connection:
            return rooms.rooms_of(connection, owner)

    def close_room(self, room_id: str, owner: str) -> None:
        """Take no more runs into a room; those in it stay to be seen.

        Raises:
            UnknownNameError: If there is no such room.
            InputError: If it is somebody else's.
        """
        with self._database.write() as connection:
            rooms.close_room(connection, room_id, owner, self._clock())

    def put_in_room(self, run_id: str, room_id: str, owner: str) -> None:
        """Show a run in a room, instead of any other it was in.

        Raises:
            UnknownNameError: If there is no such run or room.
            InputError: If the run is somebody else's, or the room is closed.
        """
        with self._database.write() as connection:
            rooms.put_in_room(connection, run_id, room_id, owner)

    def take_out_of_room(self, run_id: str, owner: str) -> None:
        """Show a run in no room. Its owner may, and whoever opened the room.

        Raises:
            UnknownNameError: If there is no such run.
            InputError: If both are somebody else.
        """
        with self._database.write() as connection:
            rooms.take_out_of_room(connection, run_id, owner)

    def _stored_if_limited(self) -> int:
        """Bytes of all files, counted only where there is a limit to compare them with."""
        return self._stored_bytes() if self.limits.total_mb else 0
