"""Looking at a run database without changing it: no table is made, nothing is upgraded."""

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from fairlab.runs.database import read_address
from fairlab.runs.schema import SCHEMA_VERSION, meta
from fairlab.runs.store_errors import store_error
from fairlab.settings import settings

FILE = "runs.sqlite3"
SHORT_PATIENCE = 5  # seconds


@dataclass(frozen=True, slots=True)
class FoundDatabase:
    """What there is.

    Attributes:
        place: In words, without a password.
        kind: ``SQLite`` or ``PostgreSQL``.
        schema: Its version; None where there is none yet: the first start makes it.
        wanted: The version this fairlab writes.
        damage: What SQLite found wrong inside the file; "" for nothing, or not asked.
    """

    place: str
    kind: str
    schema: int | None
    wanted: int = SCHEMA_VERSION
    damage: str = ""


def inspect_database(home: Path) -> FoundDatabase:
    """The run database of these settings as it is now.

    Raises:
        InputError: If the address cannot be read.
        StoreError: If it cannot be opened: locked, damaged, not reachable, not readable.
    """
    url = settings().database_url
    if not url and not (home / FILE).exists():
        return FoundDatabase(str(home / FILE), "SQLite", None)
    address = read_address(url or f"sqlite:///{home / FILE}")
    sqlite = address.get_backend_name() == "sqlite"
    place = (
        str(address.database)
        if sqlite
        else f"{address.database} on {address.host or 'this machine'}"
    )
    wait = {"timeout" if sqlite else "connect_timeout": SHORT_PATIENCE}
    engine = sa.create_engine(address, connect_args=wait, hide_parameters=True)
    try:
        with engine.connect() as connection:
            schema = None
            if sa.inspect(connection).has_table("meta"):
                value = connection.scalar(sa.select(meta.c.value).where(meta.c.key == "schema"))
                schema = None if value is None else int(value)
            said = "ok"
            if sqlite:
                said = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
    except (sa.exc.SQLAlchemyError, OSError) as error:
        raise store_error(error, place) from None
    finally:
        engine.dispose()
    kind = "SQLite" if sqlite else "PostgreSQL"
    return FoundDatabase(place, kind, schema, damage="" if said == "ok" else said)
