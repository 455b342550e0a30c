"""What an installation can be told by environment variables; each has a default that works.

Every variable begins with ``FAIRLAB_``; ``docs/deploy.md`` lists them. Nothing here is a secret
that is shown: :func:`settings` keeps tokens as ``SecretStr``.
"""

import functools
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from fairlab.errors import InputError

PREFIX = "FAIRLAB_"

Positive = Annotated[int, Field(ge=1)]


class Settings(BaseSettings):
    """Limits, addresses and switches of an installation.

    Attributes:
        database_url: SQLAlchemy URL of the run database; "" is SQLite in the home folder.
        ray_address: Of a Ray cluster that trains; "" trains in processes of this machine.
        runs_at_once: Runs a worker has under way together; 0 is one per core, at most four.
        own_worker: Whether the app starts a training process beside itself.
        run_seconds: Longest time a run may train.
        run_memory_mb: Most memory a training process may take; 0 is the memory of the machine.
        upload_mb, upload_rows, upload_columns, upload_cell: Largest table that is read: size of
            the file, people, columns, characters of one value.
        upload_seconds, upload_memory_mb: Most time and memory reading one table takes.
        uploads_at_once: Tables read at a time by one server; the others wait.
        open_tables_mb: Most memory the tables on all open pages of a server take; 0 is 40 % of
            the machine's.
        owner_mb: Most disk one visitor's tables and results take.
        owner_waiting: Most runs of one visitor that wait or train together.
        total_mb: Most disk all tables and results take; 0 is what the disk has.
        free_mb: Least free disk with which the server counts as ready.
        rooms_kept: Most workshop rooms kept; beyond it the oldest that ended make way.
        room_events_kept: Most events of all workshop rooms together; likewise.
        room_newcomers: Most new people that come into one workshop room from one address within
            ten minutes; 0 is no limit. A class behind one router has one address.
        admin_token: Opens the page for whoever runs the server; "" closes it.
        log_format: ``text`` for people, ``json`` for a collector.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    database_url: Annotated[str, Field(repr=False)] = ""  # may hold a password
    ray_address: str = ""
    runs_at_once: Annotated[int, Field(ge=0, le=64)] = 0
    own_worker: bool = True
    run_seconds: Positive = 4 * 3600
    run_memory_mb: Annotated[int, Field(ge=0)] = 0
    upload_mb: Positive = 50
    upload_rows: Positive = 1_000_000
    upload_columns: Positive = 500
    upload_cell: Positive = 10_000
    upload_seconds: Positive = 60
    upload_memory_mb: Annotated[int, Field(ge=256)] = 700
    uploads_at_once: Annotated[int, Field(ge=1, le=64)] = 2
    open_tables_mb: Annotated[int, Field(ge=0)] = 0
    owner_mb: Positive = 2_000
    owner_waiting: Positive = 20
    total_mb: Annotated[int, Field(ge=0)] = 0
    free_mb: Annotated[int, Field(ge=0)] = 500
    rooms_kept: Positive = 2_000
    room_events_kept: Positive = 500_000
    room_newcomers: Annotated[int, Field(ge=0)] = 120
    admin_token: SecretStr = SecretStr("")
    log_format: Annotated[str, Field(pattern="^(text|json)$")] = "text"


@functools.cache
def settings() -> Settings:
    """The settings of this process, read once; tests call ``settings.cache_clear()``.

    Raises:
        InputError: Naming each variable that has a value it cannot have.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = []
        for one in error.errors():
            name = PREFIX + "_".join(str(part) for part in one["loc"]).upper()
            problems.append(f"{name} is {one['input']!r}: {one['msg']}. Change it, or unset it.")
        raise InputError(" ".join(problems), problems) from error
