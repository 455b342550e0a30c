"""The numbers of a model: safetensors, read only if they are exactly what is described."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors
from safetensors.numpy import save

from fairlab.artefact.schema import LinearFacts, ModelRecord, NetworkFacts, TreesFacts
from fairlab.errors import InputError
from fairlab.language import tr
from fairlab.outcomes import Array

Arrays = Mapping[str, Array]
SET_WORDS = 8  # of 32 bits: codes of categories run to 255
_DTYPES = {
    "float32": ("F32", "<f4"),
    "float64": ("F64", "<f8"),
    "int32": ("I32", "<i4"),
    "int64": ("I64", "<i8"),
    "uint8": ("U8", "|u1"),
    "uint32": ("U32", "<u4"),
}
Expected = dict[str, tuple[str, tuple[int, ...]]]


def expected_arrays(record: ModelRecord, features: int, columns: int) -> Expected:
    """Names, types and shapes of the arrays a record speaks of.

    Args:
        record: A model's record.
        features: How many features its preprocessing makes.
        columns: How many columns it reads.
    """
    facts = record.predictor
    if isinstance(facts, NetworkFacts):
        return _network(facts, features)
    if isinstance(facts, LinearFacts):
        return _linear(facts, features)
    return _trees(facts, columns)


def to_bytes(arrays: Arrays) -> bytes:
    """Arrays as safetensors; the same arrays give the same bytes."""
    plain = {name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}
    written: bytes = save(plain)
    return written


def from_bytes(content: bytes, expected: Expected) -> dict[str, Array]:
    """The arrays of a file, read-only.

    Raises:
        InputError: If the file is no safetensors file, or holds anything but what is expected, or
            a number that is not finite.
    """
    try:
        found: list[tuple[str, dict[str, Any]]] = safetensors.deserialize(content)  # type: ignore[no-untyped-call]
    except (safetensors.SafetensorError, ValueError, TypeError, OverflowError) as error:
        raise InputError(
            tr(
                "The weights are not a safetensors file ({why}). Export the model again.",
                why=str(error)[:200],
            )
        ) from error
    arrays: dict[str, Array] = {}
    by_name = dict(found)
    if set(by_name) != set(expected) or len(by_name) != len(found):
        odd = sorted(set(by_name) ^ set(expected))[:3]
        raise InputError(
            tr(
                "The weights are not those of this model: it has {wanted} arrays, and the file "
                "has {found} ({odd}). Export the model again.",
                wanted=len(expected),
                found=len(found),
                odd=", ".join(repr(name[:60]) for name in odd),
            )
        )
    for name, (dtype, shape) in expected.items():
        entry = by_name[name]
        code, plain = _DTYPES[dtype]
        if str(entry["dtype"]) not in (code, dtype) or tuple(entry["shape"]) != shape:
            raise InputError(
                tr(
                    "The array '{name}' of the weights is {found}, and the model needs {wanted}. "
                    "Export the model again.",
                    name=name,
                    found=f"{str(entry['dtype'])[:20]} {tuple(entry['shape'])}",
                    wanted=f"{dtype} {shape}",
                )
            )
        array = np.frombuffer(bytes(entry["data"]), dtype=plain).reshape(shape)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise InputError(
                tr(
                    "The array '{name}' of the weights holds numbers that are not finite. A model "
                    "with such weights has no scores. Export the model again.",
                    name=name,
                )
            )
        array.setflags(write=False)
        arrays[name] = array
    return arrays


def _network(facts: NetworkFacts, features: int) -> Expected:
    found: Expected = {}
    before = features
    for layer, units in enumerate(facts.units):
        found[f"weight{layer}"] = ("float32", (units, before))
        found[f"bias{layer}"] = ("float32", (units,))
        before = units
    rule = facts.rule
    if rule is not None:
        found["rule.shift"] = ("float64", (len(rule.directions), rule.widest))
        names = ("blend", "centre", *(("slope", "intercept") if rule.calibrated else ()))
        found |= {f"rule.{name}": ("float64", (1,)) for name in names}
    return found


def _linear(facts: LinearFacts, features: int) -> Expected:
    found: Expected = {
        "coefficients": (facts.precision, (facts.members, features)),
        "intercepts": (facts.precision, (facts.members,)),
    }
    if facts.mixed:
        found["shares"] = ("float64", (facts.members,))
    return found


def _trees(facts: TreesFacts, columns: int) -> Expected:
    nodes = (facts.nodes,)
    return {
        "starts": ("int64", (facts.trees + 1,)),
        "feature": ("int32", nodes),
        "threshold": ("float64", nodes),
        "left": ("int32", nodes),
        "right": ("int32", nodes),
        "value": ("float64", nodes),
        "leaf": ("uint8", nodes),
        "missing_left": ("uint8", nodes),
        "set": ("int32", nodes),
        "left_sets": ("uint32", (facts.sets, SET_WORDS)),
        "known_sets": ("uint32", (columns, SET_WORDS)),
        "start_value": ("float64", (1,)),
    }
