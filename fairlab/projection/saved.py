"""Policies on disk: arrays in safetensors, everything else as JSON beside them. No pickle.

Importing this module does not import torch.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from fairlab.errors import InputError

__all__ = ["VERSION", "load_policy", "read_policy", "write_policy"]

# Raise when the meaning of what is saved changes.
VERSION = 1
_KEY = "fairlab_policy"


def write_policy(
    path: str | Path, kind: str, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]
) -> None:
    """Write a policy; a reader sees the old file or the new one, never half of it.

    Args:
        path: Where to.
        kind: Which policy.
        arrays: Numbers, kept bit by bit.
        facts: What JSON can hold.
    """
    target = Path(path)
    text = json.dumps({"version": VERSION, "kind": kind, "facts": dict(facts)}, allow_nan=False)
    data = to_bytes({k: np.array(v, order="C") for k, v in arrays.items()}, {_KEY: text})
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(data)
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def read_policy(
    path: str | Path, kind: str | None = None
) -> tuple[str, dict[str, NDArray[Any]], dict[str, Any]]:
    """Kind, arrays and facts of a saved policy.

    Args:
        path: The file.
        kind: Which policy it must be; None takes any.

    Raises:
        InputError: No such file, not a saved policy, another version, another kind.
    """
    source = Path(path)
    if not source.is_file():
        raise InputError(f"There is no file {source}. Check the path.")
    try:
        with safe_open(str(source), framework="numpy") as opened:
            text = (opened.metadata() or {}).get(_KEY)
            arrays = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise InputError(
            f"{source.name} is not a policy saved by fairlab ({error}). Save the policy again."
        ) from error
    if text is None:
        raise InputError(
            f"{source.name} holds arrays but no policy. Give a file written by a policy's save()."
        )
    header = json.loads(text)
    if header.get("version") != VERSION:
        raise InputError(
            f"{source.name} was saved in version {header.get('version')} of the format; this "
            f"fairlab reads version {VERSION}. Load it with the fairlab that wrote it, or fit and "
            "save the policy again."
        )
    if kind is not None and header["kind"] != kind:
        raise InputError(
            f"{source.name} holds the policy {header['kind']!r}, and {kind!r} was wanted. Use "
            "load_policy(path), which takes any."
        )
    return header["kind"], arrays, header["facts"]


def load_policy(path: str | Path) -> Any:
    """The policy saved at ``path``, of whichever class it is.

    Raises:
        InputError: As :func:`read_policy`, or a kind this fairlab does not know.
    """
    kind, _, _ = read_policy(path)
    if kind in ("online", "online_paper"):
        from fairlab.projection.online import OnlineRule, PaperOnlineRule

        return OnlineRule.load(path) if kind == "online" else PaperOnlineRule.load(path)
    if kind in ("batch", "frozen"):
        from fairlab.projection.policies import BatchRule, FrozenRule

        return BatchRule.load(path) if kind == "batch" else FrozenRule.load(path)
    raise InputError(f"{Path(path).name} holds the policy {kind!r}, which is not known here.")
