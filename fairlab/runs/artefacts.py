"""Sweep results as one ``.npz`` file each, named by content, written whole or not at all.

A file holds the arrays and a JSON header in UTF-8 (no pickle). Its name is the SHA-256 of its
bytes, checked again on reading.
"""

import contextlib
import hashlib
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from fairlab.errors import InputError
from fairlab.outcomes import Array
from fairlab.results import Attribute, Folds, Guarantee, Point, SplitScores, SweepResult
from fairlab.runs.network_arrays import decode_networks, encode_networks

FORMAT = 1


def write_result(folder: Path, result: SweepResult) -> str:
    """Store a result.

    Returns:
        Its key (64 hexadecimal digits). The file is complete on disk when this returns.
    """
    return write_content(folder, result)[0]


def write_content(folder: Path, result: SweepResult) -> tuple[str, bytes]:
    """Store a result; its key and the bytes of its file."""
    content = encode(result)
    key = hashlib.sha256(content).hexdigest()
    write_bytes(folder / f"{key}.npz", content)
    return key, content


def find_result(folder: Path, key: str) -> SweepResult | None:
    """Read a stored result; None if its file is missing, damaged or of another format."""
    try:
        return read_result(folder, key)
    except InputError:
        return None


def read_result(folder: Path, key: str) -> SweepResult:
    """Read a stored result; its arrays are read-only.

    Raises:
        InputError: If the file is missing or its bytes are not those that were written.
    """
    path = folder / f"{key}.npz"
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(
            f"The stored result {key[:12]} is missing from {folder}. Train the run again."
        ) from error
    if hashlib.sha256(content).hexdigest() != key:
        raise InputError(
            f"The stored result {key[:12]} is damaged: its bytes are not those written. "
            "Delete the file and train the run again."
        )
    return decode(content)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically: readers see the old file, nothing, or all of the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
    _sync_folder(path.parent)


def encode(result: SweepResult) -> bytes:
    """Bytes of a result: the same result gives the same bytes."""
    arrays: dict[str, Array] = {}
    header = {
        "format": FORMAT,
        "points": [asdict(point) for point in result.points],
        "constraint": result.constraint,
        "group_by": list(result.group_by),
        "grouping": result.grouping,
        "threshold": result.threshold,
        "notes": list(result.notes),
        "cancelled": result.cancelled,
        "seconds": result.seconds,
        "splits": [_encode_split(name, split, arrays) for name, split in result.splits.items()],
        **_encode_folds(result.folds, arrays),
        **encode_networks(result.networks, arrays),
    }
    text = json.dumps(header, ensure_ascii=False, default=_plain).encode()
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, header=np.frombuffer(text, dtype=np.uint8), **arrays)
    return stream.getvalue()


def decode(content: bytes) -> SweepResult:
    """The result :func:`encode` wrote.

    Raises:
        InputError: If the bytes are not a result file of a known format.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = json.loads(arrays.pop("header").tobytes().decode())
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise InputError(
            "This is not a fairlab result file. Choose one written by fairlab."
        ) from error
    if header["format"] != FORMAT:
        raise InputError(
            f"The result file has format {header['format']}; this fairlab reads format {FORMAT}. "
            "Train the run again, or update fairlab."
        )
    for array in arrays.values():
        array.setflags(write=False)
    return SweepResult(
        points=tuple(_decode_point(point) for point in header["points"]),
        splits={entry["name"]: _decode_split(entry, arrays) for entry in header["splits"]},
        constraint=header["constraint"],
        group_by=tuple(header["group_by"]),
        grouping=header.get("grouping", "crossed"),
        threshold=header["threshold"],
        notes=tuple(header["notes"]),
        cancelled=header["cancelled"],
        seconds=header["seconds"],
        folds=_decode_folds(header, arrays),
        networks=decode_networks(header, arrays),
    )


def _encode_split(name: str, split: SplitScores, arrays: dict[str, Array]) -> dict[str, Any]:
    place = f"split{len(arrays)}"
    arrays[f"{place}.score"] = split.score
    arrays[f"{place}.y_true"] = split.y_true
    arrays[f"{place}.rows"] = split.rows
    if split.weight is not None:
        arrays[f"{place}.weight"] = split.weight
    if split.raw is not None:
        arrays[f"{place}.raw"] = split.raw
    attributes = []
    for position, (label, attribute) in enumerate(split.attributes.items()):
        arrays[f"{place}.attribute{position}"] = attribute.codes
        attributes.append({"label": label, "names": list(attribute.names)})
    return {"name": name, "place": place, "attributes": attributes}


def _decode_split(entry: Mapping[str, Any], arrays: Mapping[str, Array]) -> SplitScores:
    place = entry["place"]
    return SplitScores(
        score=arrays[f"{place}.score"],
        y_true=arrays[f"{place}.y_true"],
        attributes={
            item["label"]: Attribute(
                codes=arrays[f"{place}.attribute{position}"], names=tuple(item["names"])
            )
            for position, item in enumerate(entry["attributes"])
        },
        rows=arrays[f"{place}.rows"],
        weight=arrays.get(f"{place}.weight"),
        raw=arrays.get(f"{place}.raw"),
    )


def _encode_folds(folds: Folds | None, arrays: dict[str, Array]) -> dict[str, Any]:
    if folds is None:
        return {}
    for split, table in folds.counts.items():
        arrays[f"folds.{split}"] = table
    for split, table in (folds.people or {}).items():
        arrays[f"folds.people.{split}"] = table
    if folds.squares is not None:
        arrays["folds.squares"] = folds.squares
    return {"folds": {"asked": folds.asked, "splits": list(folds.counts)}}


def _decode_folds(header: Mapping[str, Any], arrays: Mapping[str, Array]) -> Folds | None:
    kept = header.get("folds")
    if kept is None:
        return None
    people = {split: arrays.get(f"folds.people.{split}") for split in kept["splits"]}
    return Folds(
        counts={split: arrays[f"folds.{split}"] for split in kept["splits"]},
        people={split: table for split, table in people.items() if table is not None} or None,
        squares=arrays.get("folds.squares"),
        asked=kept["asked"],
    )


def _decode_point(data: Mapping[str, Any]) -> Point:
    """A point; what files of earlier versions do not hold keeps its default."""
    guarantee = data["guarantee"]
    return Point(
        **{
            **data,
            "flags": tuple(data["flags"]),
            "guarantee": None if guarantee is None else _decode_guarantee(guarantee),
        }
    )


def _decode_guarantee(data: Mapping[str, Any]) -> Guarantee:
    """A guarantee; what files of earlier versions do not hold keeps its default."""
    return Guarantee(**{**data, "notes": tuple(data.get("notes", ()))})


def _plain(value: object) -> object:
    """A NumPy scalar as the Python number it is."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"A result header holds numbers, words and lists; found {type(value)}.")


def _sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` durable where the system allows syncing folders."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
