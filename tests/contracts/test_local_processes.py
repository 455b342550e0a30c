"""Parts in processes of this machine: the same bytes, limits, and every way a process can end."""

import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing import forkserver
from pathlib import Path

import psutil
import pytest
import torch

from fairlab.config import RunConfig
from fairlab.data import open_task
from fairlab.results import Progress, SweepResult
from fairlab.runs.artefacts import encode
from fairlab.runs.executors import Limits, PartFailed
from fairlab.runs.local_processes import LocalProcesses
from fairlab.runs.parts import Part, merge, parts_of
from fairlab.training import fit_sweep
from tests.contracts.small import sweep as config

LONG = 9_999  # epochs that nobody waits for
PATIENCE = 120.0


def endless(mode: str = "penalty") -> RunConfig:
    """One part that would train for a long time."""
    return config(modes=(mode,), baselines=(), epochs=LONG)


@pytest.fixture(scope="module")
def executor() -> Iterator[LocalProcesses]:
    executor = LocalProcesses(at_once=2)
    yield executor
    executor.close()


def never() -> bool:
    return False


def children() -> list[psutil.Process]:
    """Training processes that there are now."""
    pid = forkserver._forkserver._forkserver_pid
    return psutil.Process(pid).children() if pid is not None and psutil.pid_exists(pid) else []


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        threading.Event().wait(0.02)


def trained(
    executor: LocalProcesses,
    run: RunConfig,
    on_progress: Callable[[Progress], None] = lambda _progress: None,
    should_stop: Callable[[], bool] = never,
    limits: Limits = Limits(),  # noqa: B008
) -> dict[str, SweepResult]:
    found = executor.train(run, parts_of(run), on_progress, should_stop, limits)
    return {part.name: result for part, result in found}


@pytest.mark.parametrize("folds", [1, 2])
def test_processes_give_the_bytes_of_one_thread_here(executor: LocalProcesses, folds: int) -> None:
    """Also with folds; what is told is of the whole run, every epoch once, exactly."""
    run = config(folds=folds)
    told: list[Progress] = []
    result = merge(run, trained(executor, run, told.append))
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    here: list[Progress] = []
    expected = fit_sweep(open_task(run), run, here.append)
    torch.set_num_threads(before)
    assert result.points == expected.points
    assert result.notes == expected.notes
    bare = [dataclasses.replace(one, seconds=0.0) for one in (result, expected)]
    assert encode(bare[0]) == encode(bare[1])

    def key(p: Progress) -> tuple[object, ...]:
        losses = {name: list(values) for name, values in p.losses.items()}
        return (p.fold, p.mode, p.epoch, list(p.accuracy), list(p.gap), list(p.strength), losses)

    assert sorted(map(str, map(key, told))) == sorted(map(str, map(key, here)))
    shares = [p.share_done for p in told]
    assert shares == sorted(shares)
    assert shares[-1] <= 1.0
    assert children() == []


def test_a_cancelled_run_keeps_what_it_has(executor: LocalProcesses) -> None:
    """Asked to stop, a process ends within an epoch and gives its best so far."""
    told: list[Progress] = []
    found = trained(executor, endless(), told.append, lambda: len(told) > 1)
    assert found["penalty"].cancelled
    assert merge(endless(), found).cancelled
    assert len(merge(endless(), found).points) == 2


def test_a_process_that_does_not_stop_is_killed(
    executor: LocalProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is given for its part, and nothing is left of it."""
    monkeypatch.setattr("fairlab.runs.local_processes.GRACE", 0.0)

    def deaf(_progress: Progress) -> None:
        for process in children():
            process.suspend()

    told: list[Progress] = []

    def tell(progress: Progress) -> None:
        told.append(progress)
        deaf(progress)

    assert trained(executor, endless(), tell, lambda: bool(told)) == {}
    assert children() == []


def test_a_killed_process_costs_one_attempt(executor: LocalProcesses) -> None:
    """Killed once, the part is trained again, and the bytes are the same."""
    killed: list[int] = []

    def kill_once(progress: Progress) -> None:
        if not killed and progress.mode == "layer":
            for process in children():
                killed.append(process.pid)
                process.kill()

    run = config(epochs=6)
    result = merge(run, trained(executor, run, kill_once))
    assert killed
    assert encode(dataclasses.replace(result, seconds=0.0)) == encode(
        dataclasses.replace(merge(run, trained(executor, run)), seconds=0.0)
    )


@pytest.mark.parametrize(
    ("number", "times", "said"),
    [
        (signal.SIGKILL, 3, "ended from outside"),
        (signal.SIGSEGV, 1, "crashed .SIGSEGV"),
        (signal.SIGXCPU, 1, "processor time"),
        (signal.SIGTERM, 3, "asked to end .SIGTERM"),
    ],
)
def test_every_end_has_its_sentence(
    executor: LocalProcesses, number: int, times: int, said: str
) -> None:
    """What was ended from outside is tried three times; what crashed, once."""
    sent: list[int] = []

    def send(_progress: Progress) -> None:
        for process in children():
            if process.pid not in sent:
                sent.append(process.pid)
                process.send_signal(number)

    with pytest.raises(PartFailed, match=said) as failure:
        trained(executor, endless(), send)
    assert failure.value.part == "penalty"
    assert len(sent) == times
    assert children() == []


def test_time_and_memory_have_limits(executor: LocalProcesses) -> None:
    """Held by this side; both say what was found, what is allowed, and what to do."""
    with pytest.raises(PartFailed, match="a run may take"):
        trained(executor, endless(), limits=Limits(seconds=0.0))
    with pytest.raises(PartFailed, match="a training process may take"):
        trained(executor, endless(), limits=Limits(memory_mb=50))
    assert children() == []


def test_memory_that_is_refused_says_so(
    executor: LocalProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before this side looks, the system refuses what would go over the limit."""
    monkeypatch.setattr("fairlab.runs.local_processes.MEMORY_PAUSE", 1e9)
    pid = forkserver._forkserver._forkserver_pid
    assert pid is not None
    base = psutil.Process(pid).memory_info().rss // 2**20
    greedy = config(
        modes=("penalty",), baselines=(), model={"width": 1024, "depth": 8}, seeds=tuple(range(9))
    )
    with pytest.raises(PartFailed, match="Memory ran out while training"):
        trained(executor, greedy, limits=Limits(memory_mb=base + 100))


def test_what_cannot_be_trained_says_what_fit_sweep_says(executor: LocalProcesses) -> None:
    """Refusals come through as they are."""
    run = config(modes=("adversarial",), constraint="mean_residual_parity", baselines=())
    with pytest.raises(PartFailed, match="Mode adversarial cannot be trained"):
        trained(executor, run)


def test_the_death_of_the_process_to_fork_from_is_survived(executor: LocalProcesses) -> None:
    """Its children die with it, another takes its place, and the part is trained again."""
    server = forkserver._forkserver._forkserver_pid
    assert server is not None
    gone: list[psutil.Process] = []

    def kill_once(_progress: Progress) -> None:
        if not gone:
            gone.extend(children())
            os.kill(server, signal.SIGKILL)

    found = trained(executor, config(modes=("penalty",), baselines=(), epochs=6), kill_once)
    assert set(found) == {"penalty"}
    assert gone
    until(lambda: not any(p.is_running() and p.status() != "zombie" for p in gone))
    # A part that had already said all it had to say needed no other process.
    assert set(trained(executor, config(modes=("penalty",), baselines=(), epochs=1))) == {"penalty"}
    assert forkserver._forkserver._forkserver_pid != server


def test_closing_ends_every_run(executor: LocalProcesses) -> None:
    """Abandoning the iterator kills what is under way."""
    run = endless()
    told: list[Progress] = []

    def abandon() -> bool:
        if told:
            raise InterruptedError
        return False

    with pytest.raises(InterruptedError):
        trained(executor, run, told.append, abandon)
    assert children() == []


def test_no_orphans_after_the_worker_is_killed(tmp_path: Path) -> None:
    """SIGKILL leaves it no time to clean up; its processes end by themselves."""
    script = tmp_path / "host.py"
    script.write_text(
        "import sys\n"
        "from fairlab.runs.executors import Limits\n"
        "from fairlab.runs.local_processes import LocalProcesses\n"
        "from fairlab.runs.parts import parts_of\n"
        "from tests.contracts.small import sweep\n"
        "if __name__ == '__main__':\n"
        f"    run = sweep(modes=('penalty',), baselines=(), epochs={LONG})\n"
        "    tell = lambda p: print(p.epoch, flush=True)\n"
        "    list(LocalProcesses().train(run, parts_of(run), tell, lambda: False, Limits()))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, env=environment
    ) as host:
        assert host.stdout is not None
        assert host.stdout.readline().strip() == b"1"
        family = psutil.Process(host.pid).children(recursive=True)
        assert len(family) >= 2
        training = [p for p in family if p.ppid() != host.pid]  # forked by a child of the host
        assert len(training) == 1
        assert training[0].nice() >= 10
        score = Path(f"/proc/{training[0].pid}/oom_score_adj")  # Linux has it
        assert not score.exists() or score.read_text() == "800\n"
        host.kill()
        host.wait()
    until(lambda: not any(p.is_running() and p.status() != "zombie" for p in family))


def test_a_second_run_need_not_wait_for_all_parts_of_the_first() -> None:
    """Every run may have one process, however many parts another has under way."""
    executor = LocalProcesses(at_once=1)
    told: list[Progress] = []
    long = threading.Thread(
        target=lambda: trained(executor, endless("layer"), told.append, lambda: len(told) > LONG)
    )
    long.start()
    until(lambda: told)
    short = config(modes=("penalty",), baselines=())
    assert set(trained(executor, short)) == {"penalty"}
    executor.close()
    long.join()
    assert children() == []


def test_parts_know_their_path(executor: LocalProcesses, tmp_path: Path) -> None:
    """A user's file is opened where it is."""
    run = config(modes=("penalty",), baselines=())
    table = open_task(run)
    path = tmp_path / "people.csv"
    table.frame.to_csv(path, index=False)
    own = run.model_copy(update={"data": run.data.model_copy(update={"source": "file"})})
    part = dataclasses.replace(parts_of(own)[0], path=path)
    ((done, result),) = executor.train(own, [part], lambda _p: None, never, Limits())
    assert isinstance(done, Part)
    assert len(result.points) == 2
