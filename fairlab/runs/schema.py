"""Tables of the run store, their version, and the way from an older version to this one.

A *job* is one computation; a *run* is one person's view of it. Runs of the same configuration
share a job, so that thirty people who press the same button train once.
"""

from collections.abc import Callable, Mapping

import sqlalchemy as sa

from fairlab.errors import InputError

SCHEMA_VERSION = 1

metadata = sa.MetaData()

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("value", sa.String(255), nullable=False),
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("cache_key", sa.String(64), nullable=False, index=True),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("priority", sa.Integer, nullable=False, default=0),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("started", sa.Float),
    sa.Column("finished", sa.Float),
    sa.Column("message", sa.Text, nullable=False, default=""),
    sa.Column("worker", sa.String(128)),
    sa.Column("heartbeat", sa.Float),
    sa.Column("attempt", sa.Integer, nullable=False, default=0),
    sa.Column("share_done", sa.Float, nullable=False, default=0.0),
    sa.Column("cancel_requested", sa.Boolean, nullable=False, default=False),
    sa.Column("result_key", sa.String(64)),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("job_id", sa.String(32), sa.ForeignKey("jobs.id"), nullable=False, index=True),
    sa.Column("position", sa.Integer, nullable=False),  # 0 for the first run of its job
    sa.Column("title", sa.Text, nullable=False, default=""),
    sa.Column("config", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, index=True),
    sa.Column("created", sa.Float, nullable=False, index=True),
    sa.Column("left_at", sa.Float),  # cancelled by its owner while others still waited
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("job_id", sa.String(32), sa.ForeignKey("jobs.id"), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.Index("events_by_job", "job_id", "id"),
    sqlite_autoincrement=True,  # a cursor is never given twice, even after deletions
)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", sa.String(128), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("seen", sa.Float, nullable=False),
)

# From version n to n + 1, inside the transaction that opens the database.
MIGRATIONS: Mapping[int, Callable[[sa.Connection], None]] = {}


def prepare(connection: sa.Connection) -> None:
    """Create the tables, or bring an older database to this version.

    Raises:
        InputError: If the database was written by a newer fairlab.
    """
    metadata.create_all(connection)
    row = connection.execute(sa.select(meta.c.value).where(meta.c.key == "schema")).first()
    if row is None:
        connection.execute(sa.insert(meta).values(key="schema", value=str(SCHEMA_VERSION)))
        return
    found = int(row.value)
    if found > SCHEMA_VERSION:
        raise InputError(
            f"The run database has schema {found}; this fairlab knows schemas up to "
            f"{SCHEMA_VERSION}. Update fairlab, or set FAIRLAB_HOME to another folder."
        )
    for version in range(found, SCHEMA_VERSION):
        MIGRATIONS[version](connection)
    connection.execute(
        sa.update(meta).where(meta.c.key == "schema").values(value=str(SCHEMA_VERSION))
    )
