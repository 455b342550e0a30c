"""Which tables somebody uploaded, inside a transaction; the files are named by content."""

import sqlalchemy as sa

from fairlab.runs.database import put
from fairlab.runs.holdings import Upload
from fairlab.runs.identity import storable
from fairlab.runs.schema import uploads


def keep_upload(
    connection: sa.Connection,
    owner: str,
    fingerprint: str,
    name: str,
    size: int,
    rows: int,
    now: float,
) -> None:
    """Record that somebody has a table; recorded again, its name is the newer one."""
    put(
        connection,
        uploads,
        {"owner": owner, "fingerprint": fingerprint},
        name=storable(name),
        bytes=size,
        rows=rows,
        created=now,
    )


def uploads_of(connection: sa.Connection, owner: str) -> tuple[Upload, ...]:
    """Tables of somebody, newest first."""
    query = (
        sa.select(
            uploads.c.fingerprint,
            uploads.c.name,
            uploads.c.bytes,
            uploads.c.rows,
            uploads.c.created,
        )
        .where(uploads.c.owner == owner)
        .order_by(uploads.c.created.desc(), uploads.c.fingerprint)
    )
    return tuple(Upload(*row) for row in connection.execute(query))


def forget_upload(connection: sa.Connection, owner: str, fingerprint: str) -> bool:
    """Somebody has a table no more; False if they had not."""
    theirs = (uploads.c.owner == owner) & (uploads.c.fingerprint == fingerprint)
    return connection.execute(sa.delete(uploads).where(theirs)).rowcount > 0
