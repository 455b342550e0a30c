"""Ids nobody can guess, and what must be equal for two computations to give the same bytes."""

import functools
import hashlib
import secrets
from importlib import metadata as installed
from pathlib import Path

import fairlab
from fairlab.config import RunConfig


def new_id() -> str:
    """128 random bits; never starts with "-", which a shell would take for an option."""
    while (found := secrets.token_urlsafe(16)).startswith("-"):
        pass
    return found


def cache_key(config: RunConfig) -> str:
    """What must be equal for two computations to give the same bytes."""
    return hashlib.sha256(f"{config.digest()}\n{code_version()}".encode()).hexdigest()


def code_version() -> str:
    """The program that trains, as 64 hexadecimal digits: fairlab's own code and torch."""
    return hashlib.sha256(f"{code_digest()}\n{_torch_version()}".encode()).hexdigest()


@functools.cache
def code_digest() -> str:
    """Content of the code that a result depends on: an update must not bring back old numbers."""
    root = Path(fairlab.__file__).parent
    files = list(root.glob("*.py"))
    for folder in ("data", "metrics", "projection", "training"):
        files += (root / folder).rglob("*.py")
    content = hashlib.sha256()
    for path in sorted(files):
        content.update(path.relative_to(root).as_posix().encode())
        content.update(path.read_bytes())
    return content.hexdigest()


@functools.cache
def _torch_version() -> str:
    return installed.version("torch")  # read from its files, without importing it


def can_share(config: RunConfig) -> bool:
    """A user's table is known only by its fingerprint; without one nothing is shared."""
    return config.data.source != "file" or config.data.fingerprint != ""


def storable(text: str) -> str:
    """Text as every database takes it: without NUL and half characters."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
