"""The real training process on real, small sweeps: stopped, killed, cancelled, taken up again."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from fairlab.config import RunConfig
from fairlab.results import SweepResult
from fairlab.runs.artefacts import encode
from fairlab.runs.parts import merge, parts_of, train_part
from fairlab.runs.records import RunState
from fairlab.runs.stopping import STOP_PATIENCE
from fairlab.runs.store import RunStore
from fairlab.runs.supervisor import WorkerSupervisor


def config(epochs: int, **sweep: object) -> RunConfig:
    own = {"penalty": {"strengths": [0, 1]}, "epochs": epochs, "batch_size": 64}
    return RunConfig.model_validate(
        {
            "data": {"source": "synthetic", "options": {"n": 400}},
            "task": {"label": "outcome", "favourable": ["yes"], "sensitive": ["group"]},
            "sweep": {**own, **sweep},
        }
    )


def trained_here(run: RunConfig) -> SweepResult:
    """The same run without a worker."""
    import torch

    torch.set_num_threads(1)
    parts = parts_of(run)
    return merge(run, {p.name: train_part(run, p, lambda _: None, lambda: False) for p in parts})


def same(one: SweepResult, other: SweepResult) -> bool:
    """Whether two results are equal bit by bit, but for how long they took."""
    return encode(replace(one, seconds=0.0)) == encode(replace(other, seconds=0.0))


def until(true: Callable[[], bool], seconds: float = 120) -> None:
    """Look until something is so; a test that waits longer than this is broken."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        threading.Event().wait(0.02)


@pytest.fixture
def supervisor() -> Iterator[WorkerSupervisor]:
    supervisor = WorkerSupervisor(shortest_pause=0.0)
    supervisor.start()
    yield supervisor
    supervisor.stop()


def test_a_run_goes_through_the_process_and_back(supervisor: WorkerSupervisor) -> None:
    """Same bytes as training here; a run can be cancelled; stopping gives a run back."""
    store = RunStore()
    until(lambda: "ready" in store.workers().values())
    short = store.submit(config(2))
    until(lambda: not store.get(short).state.active)
    assert store.get(short).message == ""
    assert store.get(short).state is RunState.DONE
    assert [event.data["epoch"] for event in store.events(short)] == [1, 2]
    assert same(store.load_result(short), trained_here(config(2)))

    long = store.submit(config(9_999))
    until(lambda: len(store.events(long)) > 0)
    store.request_cancel(long)
    until(lambda: not store.get(long).state.active)
    assert store.get(long).state is RunState.CANCELLED
    assert store.load_result(long).cancelled

    other = store.submit(config(9_998))
    until(lambda: len(store.events(other)) > 0)
    assert supervisor.pid is not None
    process = psutil.Process(supervisor.pid)
    started = process.children(recursive=True)
    assert started
    supervisor.stop()
    assert store.get(other).state is RunState.QUEUED
    assert store.workers() == {}
    assert psutil.wait_procs(started, timeout=STOP_PATIENCE)[1] == []


def test_a_killed_worker_costs_no_finished_part(supervisor: WorkerSupervisor) -> None:
    """SIGKILL while the second of two parts trains: the next worker goes on from the first at
    once, and the result has the bytes of a run that nothing happened to."""
    store = RunStore()
    run = config(40, baselines=["logistic"])
    run_id = store.submit(run)
    until(lambda: store.get(run_id).parts_done == 1)
    if store.get(run_id).state is not RunState.DONE:
        assert supervisor.pid is not None
        psutil.Process(supervisor.pid).send_signal(signal.SIGKILL)
    until(lambda: not store.get(run_id).state.active)
    record = store.get(run_id)
    assert record.state is RunState.DONE
    assert (record.attempt, record.resumed) in ((2, 1), (1, 0))
    points = [(e.data["mode"], e.data["epoch"]) for e in store.events(run_id)]
    assert len(points) == len(set(points))
    assert same(store.load_result(run_id), trained_here(run))


def test_a_worker_that_cannot_start_leaves_its_reason(fairlab_home: Path) -> None:
    """A setting that cannot be: the last line on stderr is for the supervisor, in a sentence."""
    ended = subprocess.run(
        [sys.executable, "-m", "fairlab", "worker"],
        env={**os.environ, "FAIRLAB_RUN_SECONDS": "soon"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 3
    assert ended.stderr.startswith("fairlab worker: FAIRLAB_RUN_SECONDS is 'soon'")


def test_a_run_over_its_time_says_the_limit_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FAIRLAB_RUN_SECONDS", "1")
    supervisor = WorkerSupervisor(shortest_pause=0.0)
    supervisor.start()
    try:
        store = RunStore()
        run_id = store.submit(config(9_999))
        until(lambda: not store.get(run_id).state.active)
        record = store.get(run_id)
        assert record.state is RunState.FAILED
        assert record.attempt == 1
        assert "a run may take 1 seconds" in record.message
    finally:
        supervisor.stop()


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files, with a name short enough for a socket in it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield Path(folder)


def test_a_stopped_worker_leaves_no_temporary_folder(temporary: Path) -> None:
    """Where the process to fork from listens; a server that starts daily would leave hundreds."""
    supervisor = WorkerSupervisor(shortest_pause=0.0)
    supervisor.start()
    try:
        until(lambda: "ready" in RunStore().workers().values())
        assert list(temporary.glob("pymp-*"))
    finally:
        supervisor.stop()
    assert list(temporary.glob("pymp-*")) == []


def test_ctrl_c_while_the_process_to_fork_from_imports_is_not_for_it() -> None:
    """In a shell it reaches every process; this one would end on an error, with a trace.

    Asked when the import of torch, the longest, begins; nothing is trained then.
    """
    asked = (
        "import signal, sys\n"
        "class Asking:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'torch':\n"
        "            print(signal.getsignal(signal.SIGINT).name)\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Asking())\n"
        "import fairlab.runs.warm\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=120
    )
    assert told.stdout.strip() == "SIG_IGN"
