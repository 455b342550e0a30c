"""A model as a file or a folder: ``model.json`` and ``weights.safetensors``, nothing else.

A file of somebody else may be made to do harm: no name of it is used as a path, nothing is
unpacked to disk, every size is bounded before it is read, and every number is checked.
"""

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fairlab.artefact.model import Artefact, expected_of
from fairlab.artefact.schema import KIND, SCHEMA_VERSION, ModelRecord
from fairlab.artefact.sentences import checked_sentence, explain, privacy_sentence
from fairlab.artefact.weights import Arrays, from_bytes, to_bytes
from fairlab.errors import InputError
from fairlab.language import SOURCE, speaking, tr
from fairlab.mappings import shorten

MODEL = "model.json"
WEIGHTS = "weights.safetensors"
# The most bytes of each part, unpacked.
LIMITS = {MODEL: 8_000_000, WEIGHTS: 160_000_000}
_MOST = sum(LIMITS.values())
_SHOWN = 6
_MOST_LISTED = 100
_MOST_DIGITS = 20
_LONGEST_LIST = 100_000


def write_model(record: Mapping[str, Any], arrays: Arrays) -> bytes:
    """A model as one zip file; the same model gives the same bytes.

    Args:
        record: Fields of :class:`~fairlab.artefact.schema.ModelRecord`, without sentences and
            without the fingerprint of the weights.
        arrays: Its numbers.

    Raises:
        InputError: If they do not belong together, or are too many.
    """
    weights = to_bytes(arrays)
    if len(weights) > LIMITS[WEIGHTS]:
        raise InputError(
            tr(
                "The weights of this model take {mb:,.0f} MB, and at most {most:,.0f} MB are "
                "written. Choose a smaller model.",
                mb=len(weights) / 1e6,
                most=LIMITS[WEIGHTS] / 1e6,
            )
        )
    whole = _validated({**record, "weights_sha256": hashlib.sha256(weights).hexdigest()})
    with speaking(SOURCE):
        said = [*explain(whole), checked_sentence(whole), privacy_sentence()]
    whole = whole.model_copy(update={"sentences": tuple(one for one in said if one)})
    from_bytes(weights, expected_of(whole))
    content = whole.model_dump(mode="json")
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in ((MODEL, f"{text}\n".encode()), (WEIGHTS, weights)):
            entry = zipfile.ZipInfo(name)  # dated 1980: the clock is not part of the content
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, part)
    return stream.getvalue()


def read_model(source: str | Path | bytes) -> Artefact:
    """A model from its file, its folder, or the bytes of its file.

    Raises:
        InputError: If it is no such file, was written by a newer fairlab, is damaged, or holds
            anything it should not.
    """
    if isinstance(source, bytes):
        return _whole(_unpacked(source))
    path = Path(source)
    try:
        if path.is_dir():
            return _whole({name: _file(path / name, most) for name, most in LIMITS.items()})
        return _whole(_unpacked(_file(path, _MOST)))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(
            tr(
                "{path} cannot be opened as a model ({why}). Give the zip file or the folder that "
                "fairlab wrote.",
                path=path,
                why=why,
            )
        ) from error


def _file(path: Path, most: int) -> bytes:
    if not path.is_file():
        raise InputError(
            tr(
                "There is no file {path}. A model is a zip file, or a folder with {model} and "
                "{weights}.",
                path=path,
                model=MODEL,
                weights=WEIGHTS,
            )
        )
    with path.open("rb") as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise InputError(_too_large(path.name, most))
    return content


def _unpacked(content: bytes) -> dict[str, bytes]:
    """The two parts of a zip file; nothing of it is written anywhere."""
    if len(content) > _MOST:
        raise InputError(_too_large(tr("the file"), _MOST))
    try:
        _refuse_directory(content)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [entry.filename for entry in archive.infolist()]
            if sorted(names) != sorted(LIMITS):
                raise InputError(
                    tr(
                        "A model's zip file holds {model} and {weights}, and nothing else; found "
                        "{found}. Give the file as fairlab wrote it.",
                        model=MODEL,
                        weights=WEIGHTS,
                        found=shorten(names[:_SHOWN]),
                    )
                )
            return {name: _part(archive, name, most) for name, most in LIMITS.items()}
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        RuntimeError,  # encrypted
        NotImplementedError,  # packed in a way Python cannot
        ValueError,
        OverflowError,
    ) as error:
        raise InputError(
            tr(
                "This is not a model fairlab can open ({why}). Give the zip file that fairlab "
                "wrote.",
                why=str(error)[:200],
            )
        ) from error


def _refuse_directory(content: bytes) -> None:
    """Refuse a file whose list of contents is long: merely opening it would fill the memory."""
    end = content[-22:]
    listed, size = (int.from_bytes(end[a:b], "little") for a, b in ((10, 12), (12, 16)))
    if not end.startswith(b"PK\x05\x06") or content[-42:-38] == b"PK\x06\x07":
        raise ValueError(tr("it is no zip file of the plain kind"))
    if listed > _MOST_LISTED or size > _LONGEST_LIST:
        raise ValueError(tr("it lists {n:,} files", n=listed))


def _part(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    if archive.getinfo(name).file_size > most:
        raise InputError(_too_large(name, most))
    with archive.open(name) as stream:  # what a zip file says of its sizes may be a lie
        content = stream.read(most + 1)
    if len(content) > most:
        raise InputError(_too_large(name, most))
    return content


def _too_large(name: str, most: int) -> str:
    return tr(
        "'{name}' is larger than {mb:,.0f} MB, and no model fairlab writes is. Give the file as "
        "fairlab wrote it.",
        name=name,
        mb=most / 1e6,
    )


def _whole(parts: Mapping[str, bytes]) -> Artefact:
    record = _validated(_plain(parts[MODEL]))
    if hashlib.sha256(parts[WEIGHTS]).hexdigest() != record.weights_sha256:
        raise InputError(
            tr(
                "The weights are not those the model was written with: the file is damaged, or "
                "put together from two. Export the model again."
            )
        )
    return Artefact(record, from_bytes(parts[WEIGHTS], expected_of(record)))


def _plain(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(
            content.decode("utf-8"),
            parse_constant=_no_constant,
            parse_int=_integer,
            object_pairs_hook=_each_once,
        )
    except (ValueError, RecursionError) as error:
        raise InputError(
            tr(
                "{model} cannot be read ({why}). Export the model again.",
                model=MODEL,
                why=str(error)[:200],
            )
        ) from error
    if not isinstance(found, dict) or found.get("kind") != KIND:
        raise InputError(
            tr(
                "{model} is not the record of a model of fairlab. Give the file that fairlab "
                "wrote; decision records and runs are other files.",
                model=MODEL,
            )
        )
    version = found.get("schema_version")
    if version != SCHEMA_VERSION or isinstance(version, bool):
        raise InputError(
            tr(
                "The model is written in version {found} of the format; this fairlab reads "
                "version {known}. Update fairlab, or export the model again.",
                found=shorten(version),
                known=SCHEMA_VERSION,
            )
        )
    return found


def _validated(found: Mapping[str, Any]) -> ModelRecord:
    try:
        return ModelRecord.model_validate(found)
    except (ValidationError, RecursionError) as error:
        problems = _problems(error) if isinstance(error, ValidationError) else [str(error)]
        raise InputError(
            tr(
                "The model has problems: {problems}. Export it again.",
                problems="; ".join(problems),
            ),
            problems,
        ) from error


def _problems(error: ValidationError) -> list[str]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    said = [
        f"{'.'.join(str(part)[:60] for part in one['loc']) or 'model'}: {one['msg'][:200]}"
        for one in found[:_SHOWN]
    ]
    return [*said, "…"] if len(found) > _SHOWN else said


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a whole number has {len(digits):,} digits")
    return int(digits)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key comes twice")
    return found
