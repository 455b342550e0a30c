"""Tables of the run store, as the newest migration leaves them.

A *job* is one computation; a *run* is one person's view of it. Runs of the same configuration
share a job, so that thirty people who press the same button train once. ``migrations/`` brings
databases of earlier versions here; a test compares the two.
"""

import sqlalchemy as sa

SCHEMA_VERSION = 3

metadata = sa.MetaData()

# SQLite numbers rows only in columns of this very type.
_CURSOR = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

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
    sa.Column("result_key", sa.String(64), index=True),
    sa.Column("device", sa.String(16), nullable=False, server_default="cpu"),
    sa.Column("bytes", sa.BigInteger),  # of the result's file; None without one
    sa.Column("parts_done", sa.Integer, nullable=False, server_default="0"),
    sa.Column("resumed", sa.Integer, nullable=False, server_default="0"),
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
    sa.Column("owner", sa.String(64), nullable=False, server_default="", index=True),
    sa.Column("room", sa.String(32), nullable=False, server_default="", index=True),
    # Of the uploaded table it is about; "" for a table of the catalog.
    sa.Column("fingerprint", sa.String(64), nullable=False, server_default="", index=True),
    # Deleted by its owner while a worker holds its job; gone when the job is over.
    sa.Column("deleted", sa.Boolean, nullable=False, server_default=sa.false()),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", _CURSOR, primary_key=True, autoincrement=True),
    sa.Column("job_id", sa.String(32), sa.ForeignKey("jobs.id"), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.Column("part", sa.String(64), nullable=False, server_default=""),
    sa.Index("events_by_job", "job_id", "id"),
    sqlite_autoincrement=True,  # a cursor is never given twice, even after deletions
)

parts = sa.Table(
    "parts",
    metadata,
    sa.Column("job_id", sa.String(32), sa.ForeignKey("jobs.id"), primary_key=True),
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("key", sa.String(64), nullable=False, index=True),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("code", sa.String(64), nullable=False),  # of the program that trained it
    sa.Column("created", sa.Float, nullable=False),
)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", sa.String(128), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("seen", sa.Float, nullable=False),
)

owners = sa.Table(
    "owners",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("seen", sa.Float, index=True),  # last visit
    sa.Column("served", sa.Float),  # last time a worker took a run of theirs
)

uploads = sa.Table(
    "uploads",
    metadata,
    sa.Column("owner", sa.String(64), primary_key=True),
    sa.Column("fingerprint", sa.String(64), primary_key=True, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("created", sa.Float, nullable=False),
)

rooms = sa.Table(
    "rooms",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("code", sa.String(16), nullable=False, unique=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("owner", sa.String(64), nullable=False, index=True),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("closed", sa.Float),
    # Number of the newest event or change; never goes back, whatever is deleted.
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),
    # The version at which events were last deleted: what was folded before must be folded anew.
    sa.Column("erased", sa.Integer, nullable=False, server_default="0"),
    # Makes the hash of a participant another one in every room; "" until the first event.
    sa.Column("salt", sa.String(32), nullable=False, server_default=""),
)

room_events = sa.Table(
    "room_events",
    metadata,
    sa.Column("room_id", sa.String(32), sa.ForeignKey("rooms.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("time", sa.Float, nullable=False),
    sa.Column("participant", sa.String(32), nullable=False),  # "" for who opened the room
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("key", sa.String(64)),  # made by the page; None where sending twice does no harm
    sa.Column("payload", sa.Text, nullable=False),
    sa.UniqueConstraint("room_id", "participant", "key", name="room_events_once"),
)
