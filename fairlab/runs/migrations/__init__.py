"""From the tables of any released version to those of this one, run by the store itself.

A new database is made as ``schema.py`` says and marked with the newest revision; Alembic is
imported only where there is something to change. Every migration sets ``meta.schema``, the
number people and error messages speak of.
"""

import logging

import sqlalchemy as sa

from fairlab.errors import InputError
from fairlab.runs.schema import SCHEMA_VERSION, meta, metadata

# Revision of each schema number.
REVISIONS = {1: "0001", 2: "0002", 3: "0003"}

_version = sa.table("alembic_version", sa.column("version_num", sa.String))


def prepare(connection: sa.Connection) -> None:
    """Create the tables, or bring those of an earlier fairlab to this version.

    Args:
        connection: In a transaction nobody else can write during; all happens in it or nothing.

    Raises:
        InputError: If the database was written by a newer fairlab.
    """
    found = _schema_of(connection)
    if found is None:
        metadata.create_all(connection)
        connection.execute(sa.insert(meta).values(key="schema", value=str(SCHEMA_VERSION)))
        _mark(connection, SCHEMA_VERSION)
        return
    if found > SCHEMA_VERSION:
        raise InputError(
            f"The run database has schema {found}; this fairlab knows schemas up to "
            f"{SCHEMA_VERSION}. Update fairlab, or set FAIRLAB_HOME to another folder."
        )
    if found < SCHEMA_VERSION:
        _upgrade(connection, found)


def _schema_of(connection: sa.Connection) -> int | None:
    if not sa.inspect(connection).has_table("meta"):
        return None
    value = connection.scalar(sa.select(meta.c.value).where(meta.c.key == "schema"))
    return None if value is None else int(value)


def _upgrade(connection: sa.Connection, found: int) -> None:
    from alembic import command
    from alembic.config import Config

    logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", "fairlab.runs:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    if not sa.inspect(connection).has_table("alembic_version"):
        _mark(connection, found)  # made before fairlab used Alembic
    command.upgrade(config, REVISIONS[SCHEMA_VERSION])


def _mark(connection: sa.Connection, schema: int) -> None:
    versions = sa.Table(
        "alembic_version",
        sa.MetaData(),
        sa.Column("version_num", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
    )
    versions.create(connection, checkfirst=True)
    connection.execute(sa.delete(_version))
    connection.execute(sa.insert(_version).values(version_num=REVISIONS[schema]))
