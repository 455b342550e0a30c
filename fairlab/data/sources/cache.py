"""Public tables, downloaded once: checked, kept under the user's data folder, re-checked on use."""

import hashlib
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError

import pandas as pd
import pooch
from filelock import FileLock
from requests.exceptions import RequestException

from fairlab.data.labels import name_values
from fairlab.data.limits import Limits
from fairlab.data.parquet import read_parquet, write_parquet
from fairlab.data.upload import read_table
from fairlab.data.values import distinct_text
from fairlab.errors import InputError
from fairlab.home import home

MIRROR = "FAIRLAB_MIRROR"
TIMEOUT = 60
LARGEST = Limits(bytes=2_000_000_000, rows=10_000_000)


@dataclass(frozen=True, slots=True)
class Schema:
    """What a downloaded table must look like.

    Attributes:
        columns: Columns it must have (it may have more).
        rows: Number of rows, or None if it depends on an option.
        values: For some columns, the values there may be, as text.
    """

    columns: tuple[str, ...]
    rows: int | None = None
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def problems(self, frame: pd.DataFrame) -> list[str]:
        """Ways in which a table differs, in sentences."""
        found = []
        absent = [name for name in self.columns if name not in frame.columns]
        if absent:
            found.append(
                f"It lacks the columns {name_values(absent)}; it has "
                f"{name_values([str(c) for c in frame.columns])}."
            )
        if self.rows is not None and len(frame) != self.rows:
            found.append(f"It has {len(frame):,} rows; wanted {self.rows:,}.")
        for name, allowed in self.values.items():
            if name in frame.columns:
                other = [v for v in distinct_text(frame[name]) if v not in allowed]
                if other:
                    found.append(
                        f"Column '{name}' has the values {name_values(other, 4)}; wanted only "
                        f"{name_values(allowed)}."
                    )
        return found


def public_table(
    name: str,
    title: str,
    address: str,
    schema: Schema,
    fetch: Callable[[], pd.DataFrame],
    tidy: Callable[[pd.DataFrame], pd.DataFrame],
) -> pd.DataFrame:
    """The table from this machine, or downloaded and kept.

    Looks for, in this order: the checked copy; a file ``{name}.csv`` that a person put beside
    it; the internet. What is found must fit the schema. The checked copy's SHA-256 is recorded
    and verified each time.

    Args:
        name: File name stem.
        title, address: For messages: what it is and where a person can get it.
        schema: Checked after ``tidy``.
        fetch: Downloads the raw table.
        tidy: Makes the raw table ours (column names, missing values).

    Raises:
        InputError: Offline, download failed, unexpected content, or a damaged copy; says what
            to do.
    """
    folder = home() / "datasets"
    folder.mkdir(parents=True, exist_ok=True)
    kept, by_hand = folder / f"{name}.parquet", folder / f"{name}.csv"
    with FileLock(folder / f"{name}.lock"):
        if kept.exists():
            return _read_kept(kept, title)
        if by_hand.exists():
            raw, origin = read_table(by_hand.read_bytes(), by_hand.name, LARGEST).frame, by_hand
            frame = tidy(raw)
        else:
            frame, origin = tidy(_fetch(fetch, title, address, by_hand)), Path(address)
        problems = schema.problems(frame)
        if problems:
            where = by_hand if origin == by_hand else address
            raise InputError(
                f"{title}, from {where}, is not the table fairlab knows. {' '.join(problems)} "
                f"Get the original from {address} and save it as {by_hand}.",
                problems,
            )
        write_parquet(frame, kept)
        _record(kept).write_text(_sha256(kept), encoding="ascii")
        return frame


def download(filename: str, address: str) -> bytes:
    """A public file's bytes. ``FAIRLAB_MIRROR`` replaces everything before the file name.

    Raises:
        RequestException, OSError: As they come; :func:`public_table` puts them in words.
    """
    mirror = os.environ.get(MIRROR, "")
    url = f"{mirror.rstrip('/')}/{filename}" if mirror else address
    folder = home() / "downloads"
    folder.mkdir(parents=True, exist_ok=True)
    pooch.get_logger().setLevel(logging.WARNING)
    path = Path(
        pooch.retrieve(
            url,
            known_hash=None,
            fname=filename,
            path=folder,
            downloader=pooch.HTTPDownloader(timeout=TIMEOUT),
        )
    )
    try:
        return path.read_bytes()
    finally:
        path.unlink(missing_ok=True)


def _fetch(
    fetch: Callable[[], pd.DataFrame], title: str, address: str, by_hand: Path
) -> pd.DataFrame:
    remedy = (
        f"Check the connection and try again; or get it by hand from {address} and save it as "
        f"{by_hand} (comma-separated, with its header); or use the built-in table, which needs "
        "no internet."
    )
    try:
        return fetch()
    except InputError as error:
        raise InputError(f"{title} cannot be read after download: {error} {remedy}") from error
    except (RequestException, URLError, OSError, ValueError, LookupError) as error:
        raise InputError(f"{title} cannot be downloaded ({_reason(error)}). {remedy}") from error


def _reason(error: Exception) -> str:
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answered {response.status_code}"
    code = getattr(error, "code", None)
    if isinstance(code, int):
        return f"the server answered {code}"
    return f"{type(error).__name__}: {str(error)[:120]}"


def _read_kept(kept: Path, title: str) -> pd.DataFrame:
    record = _record(kept)
    wanted = record.read_text(encoding="ascii").strip() if record.exists() else ""
    if wanted != _sha256(kept):
        raise InputError(
            f"The copy of {title} on this machine has changed since it was downloaded. Delete "
            f"{kept} and load the table again."
        )
    return read_parquet(kept)


def _record(kept: Path) -> Path:
    return kept.with_suffix(".sha256")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
