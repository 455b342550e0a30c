"""What ``fairlab doctor`` looks at on this machine. No check changes anything that stays."""

import os
import platform
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import psutil
from packaging.requirements import Requirement

import fairlab
from fairlab.commands.doctor_findings import Finding, note, ok, wrong
from fairlab.errors import InputError
from fairlab.home import VARIABLE, home
from fairlab.settings import PREFIX, Settings, settings

ROOT = Path(fairlab.__file__).parents[1]
LEAST_PYTHON = (3, 11)
LEAST_MEMORY_MB = 1_500
NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs"})
# Of the app, not of Settings: where it is, and what tests and benchmarks set.
OTHER_VARIABLES = frozenset({VARIABLE})


def python() -> Iterator[Finding]:
    """The interpreter."""
    version = platform.python_version()
    if sys.version_info[:2] >= LEAST_PYTHON:
        yield ok("Python", version)
        return
    yield wrong("Python", version, "3.11 or newer is needed.", "Install it and make .venv anew.")


def packages() -> Iterator[Finding]:
    """Installed packages against the pins."""
    lines = _pins()
    differ = []
    for line in lines:
        pin = Requirement(line)
        if pin.marker is not None and not pin.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(pin.name)
        except metadata.PackageNotFoundError:
            differ.append(f"{pin.name} is missing")
            continue
        if not pin.specifier.contains(version.split("+")[0], prereleases=True):
            differ.append(f"{pin.name} {version} instead of {pin.specifier}")
    if not differ:
        yield ok("packages", f"all {len(lines)} as pinned")
        return
    yield wrong(
        "packages",
        "; ".join(differ),
        "Other versions than those that were tested: pages or numbers may be wrong.",
        "Run 'pip install -r requirements.txt' in this environment (make app does).",
    )


def _pins() -> list[str]:
    file = ROOT / "requirements.txt"
    if not file.is_file():
        return metadata.requires("fairlab") or []
    lines = (line.split("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def settings_valid() -> Iterator[Finding]:
    """Every variable has a value it can have, and none is misspelt."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES
    names = {name.upper() for name in os.environ if name.upper().startswith(PREFIX)}
    for name in sorted(names - known):
        yield note(
            "settings",
            f"{name} is set, but there is no such setting",
            "It does nothing; it may be misspelt.",
            "Compare it with the table in docs/deploy.md.",
        )
    settings.cache_clear()
    try:
        settings()
    except InputError as error:
        for problem in error.problems:
            yield wrong(
                "settings", problem, "Nothing starts with it.", "Change or unset the variable."
            )
        return
    given = sorted(names & known)
    yield ok("settings", f"{len(given)} given ({', '.join(given)})" if given else "all defaults")


def machine() -> Iterator[Finding]:
    """Memory and disk."""
    memory = psutil.virtual_memory().available // 1_000_000
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if memory >= LEAST_MEMORY_MB:
        yield ok("memory", f"{memory:,} MB free, {cores} cores")
    else:
        yield note(
            "memory",
            f"{memory:,} MB free, {cores} cores",
            f"Server and one training process want about {LEAST_MEMORY_MB:,} MB.",
            "Close other programs, or set FAIRLAB_RUNS_AT_ONCE=1.",
        )
    free, least = shutil.disk_usage(home()).free // 1_000_000, settings().free_mb
    if free >= least:
        yield ok("disk", f"{free:,} MB free where runs are kept")
    else:
        yield wrong(
            "disk",
            f"{free:,} MB free where runs are kept",
            f"Less than FAIRLAB_FREE_MB ({least:,}): results may not fit.",
            "Delete runs, or set FAIRLAB_HOME to a folder on a larger disk.",
        )


def home_folder() -> Iterator[Finding]:
    """Where runs, results and tables are: writable, and for its owner alone."""
    folder = home()
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"fairlab")
    except OSError as error:
        yield wrong(
            "data folder",
            f"{folder} cannot be written ({error.strerror})",
            "Nothing can be stored.",
            "Give this user permission, or set FAIRLAB_HOME to another folder.",
        )
        return
    mode = stat.S_IMODE(folder.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        yield wrong(
            "data folder",
            f"{folder} is open to other users of this machine (mode {mode:o})",
            "They can read uploaded tables and results.",
            f"chmod 700 {folder}",
        )
        return
    yield ok("data folder", f"{folder}, writable, its owner's alone")
    kind = _file_system(folder)
    if kind in NETWORK and not settings().database_url:
        yield wrong(
            "data folder",
            f"{folder} is on a network drive ({kind})",
            "SQLite loses data where file locks do not work.",
            "Set FAIRLAB_HOME to a local disk, or FAIRLAB_DATABASE_URL to a PostgreSQL.",
        )


def _file_system(folder: Path) -> str:
    parts = [
        one for one in psutil.disk_partitions(all=True) if folder.is_relative_to(one.mountpoint)
    ]
    return max(parts, key=lambda one: len(one.mountpoint)).fstype if parts else ""
