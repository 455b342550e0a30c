"""What somebody started before signing in becomes their account's, inside a transaction."""

import sqlalchemy as sa

from fairlab.runs import room_log
from fairlab.runs.schema import owners, rooms, runs, uploads


def take_over(connection: sa.Connection, browser: str, account: str) -> int:
    """Give runs, tables, rooms and answers of one owner to another.

    Returns:
        How many runs.
    """
    moved = connection.execute(
        sa.update(runs)
        .where(runs.c.owner == browser, runs.c.deleted.is_(False))
        .values(owner=account)
    ).rowcount
    both = sa.select(uploads.c.fingerprint).where(uploads.c.owner == account)
    connection.execute(
        sa.delete(uploads).where(uploads.c.owner == browser, uploads.c.fingerprint.in_(both))
    )
    for table in (uploads, rooms):
        connection.execute(sa.update(table).where(table.c.owner == browser).values(owner=account))
    room_log.hand_over(connection, browser, account)
    connection.execute(sa.delete(owners).where(owners.c.id == browser))
    return int(moved)
