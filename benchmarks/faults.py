"""A hundred faults while fifty runs train: processes killed, the database locked, the disk full.

A real server and its training process on a data folder of their own, of a small file system where
the machine gives one to ordinary users. Faults are drawn from a seed and injected one after the
other while runs of several visitors wait and train. Then every run must be done, or failed with a
reason, or cancelled; every finished result must be unchanged since it was first seen and, of the
runs hit most often, have the bytes of the same run without faults; no point may be stored twice;
and no process may be left.

    python -m benchmarks.faults [--quick] [--seed N] [--json PATH]
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.faults_checks import Seen, check
from benchmarks.faults_world import World
from benchmarks.harness import machine_line
from fairlab.config import RunConfig
from fairlab.errors import FairlabError, InputError
from fairlab.runs.records import RunRecord, RunState
from fairlab.runs.store import RunStore

FAULTS, RUNS, VISITORS = 100, 50, 7
QUICK_FAULTS, QUICK_RUNS = 12, 8
AHEAD = 4  # runs submitted before the faults they are for
PAUSE = (0.3, 2.5)  # seconds between faults
SETTLE = 900.0  # seconds the runs may take to end after the last fault
DISK_MB = 96
ROOM = "FAIRLAB_FAULTS_ROOM"  # folder of the small file system, in the process that is inside it
# Out of a hundred.
MIX = {
    "kill_worker": 28,
    "kill_child": 30,
    "kill_server": 8,
    "kill_both": 5,
    "kill_everything": 4,
    "stop_server": 3,
    "lock_database": 11,
    "fill_disk": 11,
}


def main(json_path: Path | None = None, quick: bool = False, seed: int = 0) -> None:
    """Inject the faults, print what became of the runs, and write JSON when a path is given.

    Args:
        json_path: Where to write the same as JSON.
        quick: 12 faults over 8 runs.
        seed: Of the faults and their moments.

    Raises:
        InputError: Where processes cannot be found and killed as here (Windows).
        SystemExit: With status 1 if anything that must hold does not.
    """
    if os.name != "posix":
        raise InputError("bench faults kills processes by signals. Run it on Linux or macOS.")
    if ROOM not in os.environ and _has_rooms():
        sys.exit(_inside(json_path, quick, seed))
    room = os.environ.get(ROOM)
    with tempfile.TemporaryDirectory(dir=room) as folder:
        home = Path(folder) / "home"
        home.mkdir()
        record = _measure(World(home, own_disk=room is not None), quick, seed)
    _say(record)
    if json_path is not None:
        json_path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    if record["problems"]:
        sys.exit(1)


def _has_rooms() -> bool:
    """Whether this user may have a small file system of their own."""
    probe = ["unshare", "-Urm", "mount", "-t", "tmpfs", "-o", "size=1m", "none", "/mnt"]
    try:
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _inside(json_path: Path | None, quick: bool, seed: int) -> int:
    """The same in a process that has a small file system; its status."""
    with tempfile.TemporaryDirectory() as room:
        again = [sys.executable, "-m", "benchmarks.faults", "--seed", str(seed)]
        again += ["--quick"] if quick else []
        again += [] if json_path is None else ["--json", str(json_path.resolve())]
        mount = f'mount -t tmpfs -o size={DISK_MB}m none "$0" && exec "$@"'
        command = ["unshare", "-Urm", "sh", "-c", mount, room, *again]
        environment = {**os.environ, ROOM: room}
        root = Path(__file__).parents[1]
        return subprocess.run(command, env=environment, cwd=root, check=False).returncode


def _measure(world: World, quick: bool, seed: int) -> dict[str, Any]:
    faults, runs = (QUICK_FAULTS, QUICK_RUNS) if quick else (FAULTS, RUNS)
    draw = random.Random(seed)
    began = time.monotonic()
    world.start()
    store = RunStore(world.home)
    plan = _plan(draw, faults)
    ids: list[str] = []
    seen, done, refused = Seen(), [], Counter[str]()
    for number, kind in enumerate(plan):
        while len(ids) < min(runs, AHEAD + round(runs * (number + 1) / faults)):
            if not _submit(store, ids, seed, refused):
                break
        time.sleep(draw.uniform(*PAUSE))
        act: Callable[[random.Random], str] = getattr(world, kind)
        found = act(draw)
        done.append((kind, found))
        _print(f"{time.monotonic() - began:6.0f} s  {number + 1:3d}  {kind}: {found}")
        world.ensure()
        _look(store, seen, ids)
    while len(ids) < runs:
        _submit(store, ids, seed, refused)
    _print("Waiting for the runs to end.")
    settled = _settle(store, seen, ids)
    seconds = time.monotonic() - began
    _print("Stopping the server; then comparing with runs that nothing happened to.")
    stops = [*world.stops, world.stop()]
    left = world.left()
    problems = check(store, ids, seen)
    if not settled:
        problems.append(f"Runs were still under way {SETTLE:.0f} s after the last fault.")
    if left:
        problems.append(f"{left} processes were left when the server had ended.")
    slow = [f"{stop:.1f} s" for stop in stops if stop > 10.0]
    problems += [f"A stop took {words}." for words in slow]
    records = [store.get(run_id) for run_id in ids]
    return _record(world, records, done, refused, stops, problems, seconds, seed)


def _plan(draw: random.Random, faults: int) -> list[str]:
    """Kinds of faults in the order they come; each kind at least once."""
    kinds = [kind for kind, share in MIX.items() for _ in range(max(1, share * faults // 100))]
    kinds = (kinds + draw.choices(list(MIX), k=faults))[:faults]
    draw.shuffle(kinds)
    return kinds


def config_of(number: int, seed: int = 0) -> RunConfig:
    """A small run of its own: a few seconds, two or three parts."""
    from fairlab.data import load

    table = load("loanapp")
    modes = (("penalty",), ("penalty", "layer"), ("penalty", "adversarial"))[number % 3]
    sweep = {
        "modes": modes,
        "penalty": {"strengths": (0.0, 0.1, 1.0)},
        "adversarial": {"strengths": (0.0, 1.0)},
        "layer": {"slacks": (1.0, 0.1)},
        "baselines": ("logistic",),
        "epochs": 12,
        "seeds": (1000 * seed + number,),
    }
    data = table.data.model_copy(update={"rows": len(table.frame)})
    return RunConfig.model_validate({"data": data, "task": table.task, "sweep": sweep})


def _submit(store: RunStore, ids: list[str], seed: int, refused: Counter[str]) -> bool:
    """Ask for one more run; a store that refuses says why, and nothing was asked for."""
    number = len(ids)
    try:
        ids.append(store.submit(config_of(number, seed), owner=f"{number % VISITORS:064x}"))
    except FairlabError as error:
        refused[str(error)] += 1
        return False
    return True


def _look(store: RunStore, seen: Seen, ids: list[str]) -> bool:
    """Look at finished results; whether all runs have ended."""
    try:
        records = [store.get(run_id) for run_id in ids]
        seen.look(store, records)
    except FairlabError:
        return False
    return not any(record.state.active for record in records)


def _settle(store: RunStore, seen: Seen, ids: list[str]) -> bool:
    deadline = time.monotonic() + SETTLE
    while not _look(store, seen, ids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True


def _record(
    world: World,
    records: list[RunRecord],
    done: list[tuple[str, str]],
    refused: Counter[str],
    stops: list[float],
    problems: list[str],
    seconds: float,
    seed: int,
) -> dict[str, Any]:
    missed = sum(1 for _, found in done if found == "nobody there")
    return {
        "machine": machine_line(),
        "seed": seed,
        "disk": "its own, of a quota" if world.own_disk else "files may not grow (RLIMIT_FSIZE)",
        "seconds": round(seconds),
        "faults": dict(Counter(kind for kind, _ in done)),
        "faults_total": len(done),
        "faults_that_met_nobody": missed,
        "runs": len(records),
        "runs_by_state": dict(Counter(record.state.value for record in records)),
        "reasons": dict(Counter(r.message for r in records if r.state is RunState.FAILED)),
        "runs_taken_up_again": sum(record.attempt > 1 for record in records),
        "runs_with_kept_parts": sum(record.resumed > 0 for record in records),
        "attempts": dict(sorted(Counter(record.attempt for record in records).items())),
        "submissions_refused": sum(refused.values()),
        "stops_seconds": [round(stop, 2) for stop in stops],
        "problems": problems,
    }


def _say(record: dict[str, Any]) -> None:
    _print("")
    for name, value in record.items():
        words = (
            ", ".join(f"{k}: {v}" for k, v in value.items()) if isinstance(value, dict) else value
        )
        _print(f"{name.replace('_', ' '):26} {words}")
    _print("Nothing lost." if not record["problems"] else "Something is wrong: see problems.")


def _print(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, default=None)
    chosen = parser.parse_args()
    main(chosen.json, chosen.quick, chosen.seed)
