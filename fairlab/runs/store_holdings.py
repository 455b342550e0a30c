"""What people have in the run store: tables, their share of the disk, and deleting it."""

import sqlalchemy as sa

from fairlab.errors import InputError
from fairlab.runs import deleting, quotas, taking_over, uploads
from fairlab.runs.database import put
from fairlab.runs.garbage import TABLE
from fairlab.runs.holdings import Deleted, Upload, Usage
from fairlab.runs.schema import owners
from fairlab.runs.store_base import FILES, StoreBase

SEEN_EVERY = 60.0  # seconds between two notes of the same visitor


class HoldingsSide(StoreBase):
    """Visitors, uploaded tables, deleting."""

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
        """Delete everything of somebody: runs, results, points, tables, rooms, answers, visits.

        Rooms they opened go with all that others said in them; what they said in rooms of others
        goes there. What others share stays for them. Runs that train are cancelled, unless
        others wait for them too, and leave nothing when their worker has stopped.
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

    def _stored_if_limited(self) -> int:
        """Bytes of all files, counted only where there is a limit to compare them with."""
        return self._stored_bytes() if self.limits.total_mb else 0
