"""Uploaded tables, kept by content on this machine, so that a run can find its table again."""

import re
from pathlib import Path

import pandas as pd
import pyarrow as pa

from fairlab.config import DataConfig, RunConfig
from fairlab.data.catalog import load
from fairlab.data.fingerprint import fingerprint
from fairlab.data.parquet import read_parquet, write_parquet
from fairlab.data.roles import guess_roles
from fairlab.data.task import TaskData
from fairlab.data.upload import read_table
from fairlab.errors import InputError
from fairlab.home import home

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


def save_table(frame: pd.DataFrame) -> str:
    """Keep a table under its fingerprint; saving it again changes nothing.

    The file appears whole or not at all.

    Returns:
        The fingerprint, for :func:`load_table` and ``DataConfig.fingerprint``.
    """
    name = fingerprint(frame)
    path = _path(name)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_parquet(frame, path)
    return name


def kept_bytes(name: str) -> int:
    """Size of the table kept under this fingerprint; 0 if none is."""
    path = _path(name)
    return path.stat().st_size if path.exists() else 0


def load_table(name: str) -> pd.DataFrame:
    """The table kept under this fingerprint.

    Raises:
        InputError: If it is not kept here, or what is kept is damaged.
    """
    if not _FINGERPRINT.fullmatch(name):
        raise InputError(f"A table's fingerprint has 64 hexadecimal digits; found {name[:80]!r}.")
    path = _path(name)
    if not path.exists():
        raise InputError(
            f"The table with fingerprint {name[:12]}… is not kept on this machine. Upload the "
            "file again on the Data page, or give its path."
        )
    try:
        frame = read_parquet(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(
            f"The kept table {name[:12]}… cannot be read ({str(error)[:100]}). Upload the file "
            "again."
        ) from error
    if fingerprint(frame) != name:
        raise InputError(
            f"The kept table {name[:12]}… no longer has the content it was saved with. Upload "
            "the file again."
        )
    return frame


def open_task(config: RunConfig, path: Path | None = None) -> TaskData:
    """The table and roles a run is about.

    A table of the catalog is loaded by name; a user's table from ``path`` if given, else from
    what is kept on this machine.

    Args:
        config: A run. Its task's roles are used, not the catalog's.
        path: A CSV or Parquet file.

    Raises:
        InputError: If the table cannot be found or read, or is not the one the run was made
            with (their fingerprints differ).
    """
    data = load_data(config.data, path)
    return TaskData(data.frame, config.task, data.data, data.notes)


def load_data(config: DataConfig, path: Path | None = None) -> TaskData:
    """The table of a configuration, checked against its fingerprint if it has one.

    For a user's file the returned task is a guess from column names.

    Raises:
        InputError: As for :func:`open_task`.
    """
    if path is not None:
        found = read_path(path)
    elif config.source == "file":
        if not config.fingerprint:
            raise InputError(
                "The configuration names a file but not which content. Give the file's path."
            )
        found = _file_data(load_table(config.fingerprint), config.filename or "uploaded table", ())
    else:
        found = load(config.source, **config.options)
    if config.fingerprint and found.data.fingerprint != config.fingerprint:
        raise InputError(_mismatch(config, found.data))
    return found


def read_path(path: Path) -> TaskData:
    """A file of the user as a table with guessed roles.

    Raises:
        InputError: If there is no such file or it cannot be read.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(
            f"The file {path} cannot be opened ({error.strerror}). Check the path."
        ) from error
    table = read_table(content, Path(path).name)
    return _file_data(table.frame, table.filename, table.notes)


def _file_data(frame: pd.DataFrame, filename: str, notes: tuple[str, ...]) -> TaskData:
    config = DataConfig(
        source="file", filename=filename, fingerprint=fingerprint(frame), rows=len(frame)
    )
    return TaskData(frame, guess_roles(frame), config, notes)


def _path(name: str) -> Path:
    return home() / "tables" / f"{name}.parquet"


def _mismatch(config: DataConfig, found: DataConfig) -> str:
    size = ""
    if config.rows is not None and found.rows is not None and config.rows != found.rows:
        size = f" It had {config.rows:,} rows, this one has {found.rows:,}."
    return (
        f"This is not the table the configuration was made with: its content has fingerprint "
        f"{found.fingerprint[:12]}…, wanted {config.fingerprint[:12]}….{size} Give the original "
        "file, or remove the fingerprint from the configuration to use this table on purpose."
    )
