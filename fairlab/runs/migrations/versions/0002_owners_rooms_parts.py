"""Owners, rooms, uploaded tables, quotas, and finished parts of runs."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

META = sa.table("meta", sa.column("key", sa.String), sa.column("value", sa.String))
RUNS = sa.table(
    "runs",
    sa.column("id", sa.String),
    sa.column("job_id", sa.String),
    sa.column("config", sa.Text),
    sa.column("fingerprint", sa.String),
)
JOBS = sa.table("jobs", sa.column("id", sa.String), sa.column("device", sa.String))


def upgrade() -> None:
    """Make the tables of schema 2 from those of schema 1; runs of before are nobody's."""
    _more_of_jobs_runs_and_events()
    _new_tables()
    _read_configurations()
    op.execute(sa.update(META).where(META.c.key == "schema").values(value="2"))


def downgrade() -> None:
    """Not offered: what schema 1 cannot hold would be lost. Restore a copy instead."""
    raise NotImplementedError


def _more_of_jobs_runs_and_events() -> None:
    op.add_column("jobs", sa.Column("device", sa.String(16), nullable=False, server_default="cpu"))
    op.add_column("jobs", sa.Column("bytes", sa.BigInteger))
    op.add_column("jobs", _number("parts_done"))
    op.add_column("jobs", _number("resumed"))
    op.create_index("ix_jobs_result_key", "jobs", ["result_key"])
    op.add_column("runs", _text("owner", 64))
    op.add_column("runs", _text("room", 32))
    op.add_column("runs", _text("fingerprint", 64))
    op.add_column(
        "runs", sa.Column("deleted", sa.Boolean, nullable=False, server_default=sa.false())
    )
    for name in ("owner", "room", "fingerprint"):
        op.create_index(f"ix_runs_{name}", "runs", [name])
    op.add_column("events", _text("part", 64))
    if op.get_bind().dialect.name == "postgresql":  # SQLite's integers are as wide as needed
        op.alter_column("events", "id", type_=sa.BigInteger)
        op.execute("ALTER SEQUENCE events_id_seq AS BIGINT")


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False, server_default="")


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")


def _new_tables() -> None:
    op.create_table(
        "parts",
        sa.Column("job_id", sa.String(32), sa.ForeignKey("jobs.id"), primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(64), nullable=False, index=True),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("created", sa.Float, nullable=False),
    )
    op.create_table(
        "owners",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("seen", sa.Float, index=True),
        sa.Column("served", sa.Float),
    )
    op.create_table(
        "uploads",
        sa.Column("owner", sa.String(64), primary_key=True),
        sa.Column("fingerprint", sa.String(64), primary_key=True, index=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
    )
    op.create_table(
        "rooms",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("code", sa.String(16), nullable=False, unique=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("owner", sa.String(64), nullable=False, index=True),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("closed", sa.Float),
    )


def _read_configurations() -> None:
    """Fill what is now a column from the configurations: the uploaded table, the device."""
    connection = op.get_bind()
    for row in connection.execute(sa.select(RUNS.c.id, RUNS.c.job_id, RUNS.c.config)).all():
        config = json.loads(row.config)
        data = config["data"]
        if data["source"] == "file" and data.get("fingerprint"):
            known = sa.update(RUNS).where(RUNS.c.id == row.id)
            connection.execute(known.values(fingerprint=data["fingerprint"]))
        device = config.get("sweep", {}).get("device", "cpu")
        if device != "cpu":
            connection.execute(sa.update(JOBS).where(JOBS.c.id == row.job_id).values(device=device))
