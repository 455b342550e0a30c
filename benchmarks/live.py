"""Thirty people watch live curves while models train: how old a point is when they have it.

A real server with a home of its own; 30 visitors by Streamlit's WebSocket protocol whose charts
ask as ``live_curve.js`` does; 3 real Chromium pages; 10 clients that hardly read; real runs that
train all the while. What each chart had is compared with the store: nothing missed, nothing twice.
Then Streamlit's own way (``run_every`` and ``st.plotly_chart``) with as many sessions, and the
server's memory with idle sessions and after hundreds that came and went.

    fairlab bench live [--json-out PATH] [--quick]
"""

import asyncio
import contextlib
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from benchmarks import live_memory, live_peer
from benchmarks.harness import Figure, faster, report
from benchmarks.live_browser import Watched, forget, noted, open_page
from benchmarks.live_client import Chart, Received, Session, read_slowly
from fairlab.config import RunConfig
from fairlab.data import load
from fairlab.errors import InputError
from fairlab.runs.store import RunStore
from tests.browser.chromium import ARGS, REMEDY, find
from tests.browser.server import Server

WINDOWS = 3
SETTLING = 3.0  # seconds between the last page's opening and the first measured second
SEEDS = count(1)


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is asked of the server.

    Attributes:
        sessions: Visitors by WebSocket; half watch one run together, half one run each.
        pages: Chromium pages, on the common run.
        slow: Clients that read a byte a second, or nothing.
        seconds: Measured time, in three windows.
        wait: As for :class:`benchmarks.live_client.Chart`; 0 polls.
        memory: Whether to measure memory afterwards.
        peer: Seconds of Streamlit's own way; 0 leaves it out.
    """

    sessions: int = 30
    pages: int = 3
    slow: int = 10
    seconds: float = 45.0
    wait: int = 20
    memory: bool = True
    peer: float = 20.0


QUICK = Plan(sessions=5, pages=0, slow=2, seconds=3.0, memory=False, peer=0.0)


@dataclass(slots=True)
class Load:
    """What was measured. Times in seconds, of all points of all sessions in a window."""

    windows: list[list[float]] = field(default_factory=list)
    cores: list[float] = field(default_factory=list)
    answers: float = 0.0
    rss: float = 0.0
    opened: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    pages: list[Watched] = field(default_factory=list)
    missed: int = 0
    twice: int = 0
    points: int = 0
    runs_done: int = 0
    released: float = float("nan")


def main(data: Path | None = None, json_path: Path | None = None, quick: bool = False) -> None:
    """Measure, print a table, and write JSON when a path is given.

    Args:
        data: Not used: the figures are about the built-in table.
        json_path: Where to write the same as JSON.
        quick: Five sessions for some seconds, no browser, no memory, no peer.

    Raises:
        InputError: If ``data`` is given, or no browser is found.
    """
    if data is not None:
        raise InputError("bench live trains on the built-in table only. Leave --data out.")
    plan = QUICK if quick else Plan()
    if plan.pages and find() is None:
        raise InputError(REMEDY)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        found, peer = asyncio.run(_measure(home, plan))
        figures = _figures(found)
        if plan.memory:
            figures += asyncio.run(live_memory.measure(home))
    ours = _percentile([t for window in found.windows for t in window], 0.95)
    lines = []
    if peer is not None:
        how = f"run_every=0.5 and st.plotly_chart, {plan.sessions} sessions"
        lines = [
            faster("a point on its way, p95", ours, how, peer[0]),
            faster("seconds of a core per second", median(found.cores), how, peer[1]),
        ]
    report("Live curves", lines, json_path, _facts(found, plan), figures)


async def _measure(home: Path, plan: Plan) -> tuple[Load, tuple[float, float] | None]:
    found = Load()
    server = Server(home)
    await asyncio.to_thread(server.start)
    store = RunStore(home)
    common = store.submit(config(epochs=10_000), owner=_owner())
    try:
        await _load(server, store, common, plan, found)
    finally:
        await asyncio.to_thread(server.stop)
    peer = None
    if plan.peer:
        with _worker(home):
            await _running(store, common)
            peer = await live_peer.measure(home, common, plan.sessions, plan.peer)
    store.close()
    return found, peer


async def _load(server: Server, store: RunStore, common: str, plan: Plan, found: Load) -> None:
    """Open everything, measure in windows, compare with the store, stop the server."""
    assert server.process is not None
    await _running(store, common)
    sessions = [Session(server.port, "train", f"run={common}") for _ in range(plan.sessions)]
    found.opened = sorted(await asyncio.gather(*(session.open() for session in sessions)))
    found.errors = [error for session in sessions for error in session.errors]
    charts = [Chart(server.port, plan.wait) for _ in sessions]
    async with background() as tasks, _browser(plan) as browser:
        tasks += [asyncio.create_task(session.listen()) for session in sessions]
        tasks += [asyncio.create_task(chart.follow(common)) for chart in charts[::2]]
        tasks += [asyncio.create_task(_own_runs(chart, store)) for chart in charts[1::2]]
        tasks += slow_clients(server, common, plan.slow)
        url = f"{server.url}/train?run={common}"
        pages = [await open_page(browser, url) for _ in range(plan.pages)]
        await asyncio.sleep(SETTLING if plan.pages else 0.5)
        for page in pages:
            await forget(page)
        await _windows(psutil.Process(server.process.pid), charts, plan, found)
        found.pages = [await noted(page) for page in pages]
        received = [one for chart in charts for one in chart.received]
        received += [
            _of_page(run_id, run) for page in found.pages for run_id, run in page.runs.items()
        ]
        failed = [task for task in tasks if task.done() and task.exception() is not None]
        found.errors += [repr(task.exception()) for task in failed]
        compare(received, store, found)
        found.released = await _released(server, charts)


async def _windows(
    process: psutil.Process, charts: Sequence[Chart], plan: Plan, found: Load
) -> None:
    questions = sum(chart.questions for chart in charts)
    for _ in range(WINDOWS):
        for chart in charts:
            chart.latencies.clear()
        before, began = _seconds_of(process), time.perf_counter()
        await asyncio.sleep(plan.seconds / WINDOWS)
        found.cores.append((_seconds_of(process) - before) / (time.perf_counter() - began))
        found.windows.append([t for chart in charts for t in chart.latencies])
    found.answers = (sum(chart.questions for chart in charts) - questions) / plan.seconds
    found.rss = process.memory_info().rss / 2**20


def _seconds_of(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def slow_clients(server: Server, run_id: str, number: int) -> "list[asyncio.Task[None]]":
    """Clients that ask all the time and read a byte a second, or nothing, until cancelled."""
    return [
        asyncio.create_task(read_slowly(server.port, run_id, index % 2)) for index in range(number)
    ]


async def _own_runs(chart: Chart, store: RunStore) -> None:
    """One short run after the other, as somebody who tries things."""
    owner = _owner()
    while True:
        asked = config(epochs=6, seed=next(SEEDS))
        await chart.follow(await asyncio.to_thread(store.submit, asked, owner=owner))


async def _running(store: RunStore, run_id: str) -> None:
    while not await asyncio.to_thread(store.events, run_id):
        if not store.get(run_id).state.active:
            raise RuntimeError(f"The run ended: {store.get(run_id).message}")
        await asyncio.sleep(0.2)


async def _released(server: Server, charts: Sequence[Chart]) -> float:
    """Seconds from SIGTERM until no chart waits for an answer any more."""
    assert server.process is not None
    began = time.perf_counter()
    server.process.terminate()
    await asyncio.gather(*(chart.ended() for chart in charts))
    return time.perf_counter() - began


def compare(received: Sequence[Received], store: RunStore, found: Load) -> None:
    """What each chart had beside what the store has: between the first answer and the last."""
    stored = {one.run_id: [e.id for e in store.events(one.run_id)] for one in received}
    for one in received:
        last = max([one.first, *one.ids])
        if one.final:
            last = max([last, *stored[one.run_id]])
            found.runs_done += 1
        wanted = {cursor for cursor in stored[one.run_id] if one.first < cursor <= last}
        found.missed += len(wanted - set(one.ids)) - one.skipped
        found.twice += len(one.ids) - len(set(one.ids)) + len(set(one.ids) & set(one.begun))
        found.points += len(one.ids)


def _of_page(run_id: str, run: dict[str, Any]) -> Received:
    return Received(run_id, run["first"], tuple(run["begun"]), run["ids"], run["skipped"])


def _figures(found: Load) -> list[Figure]:
    every = [t for window in found.windows for t in window]

    def of_windows(share: float) -> float:
        return median(_percentile(window, share) for window in found.windows)

    figures = [
        Figure("a point on its way, p50 of a window", of_windows(0.5), seconds=True),
        Figure("a point on its way, p95 of a window", of_windows(0.95), 0.5, seconds=True),
        Figure("a point on its way, p99 of a window", of_windows(0.99), 1.0, seconds=True),
        Figure("a point on its way, longest of all", max(every, default=0.0), seconds=True),
        Figure("cores of the server", median(found.cores), 0.3),
        Figure("answers per second", found.answers),
        Figure("points missed", found.missed, 0),
        Figure("points twice", found.twice, 0),
        Figure(
            "errors on pages and in charts", len(found.errors), 0, note=" ".join(found.errors)[:300]
        ),
        Figure("first visits at once on a new server, median", median(found.opened), seconds=True),
        Figure("first visits at once on a new server, longest", max(found.opened), seconds=True),
        Figure("from SIGTERM until nobody waits", found.released, 1.0, seconds=True),
        Figure("memory of the server under load, MiB", found.rss),
    ]
    if found.pages:
        received = [t for page in found.pages for t in page.received]
        drawn = [t for page in found.pages for t in page.drawn]
        figures[4:4] = [
            Figure("in Chromium, p95", _percentile(received, 0.95), 0.5, seconds=True),
            Figure("in Chromium and drawn, p50", _percentile(drawn, 0.5), seconds=True),
            Figure("in Chromium and drawn, p95", _percentile(drawn, 0.95), seconds=True),
        ]
    return figures


def _facts(found: Load, plan: Plan) -> tuple[str, ...]:
    return (
        f"{plan.sessions} sessions, {plan.pages} Chromium pages and {plan.slow} clients that "
        f"hardly read, {plan.seconds:g} s in {WINDOWS} windows (medians); half of the sessions "
        "watch one run together, the others one short run after the other.",
        f"{found.points:,} points were compared with the store; {found.runs_done} runs were "
        "followed to their end. Training, browsers and clients share the machine's cores.",
    )


def _percentile(values: Sequence[float], share: float) -> float:
    found = sorted(values)
    return found[int(share * (len(found) - 1))] if found else float("nan")


def config(epochs: int, seed: int = 0) -> RunConfig:
    """A sweep of the penalty on the built-in table."""
    table = load("loanapp")
    sweep = {"epochs": epochs, "modes": ("penalty",), "seeds": (seed,)}
    return RunConfig.model_validate({"data": table.data, "task": table.task, "sweep": sweep})


def _owner() -> str:
    return secrets.token_hex(32)


@contextlib.asynccontextmanager
async def background() -> AsyncIterator[list["asyncio.Task[Any]"]]:
    """Tasks that end with the block."""
    tasks: list[asyncio.Task[Any]] = []
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def _browser(plan: Plan) -> AsyncIterator[Any]:
    if not plan.pages:
        yield None
        return
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find(), args=list(ARGS))
        yield browser
        await browser.close()


@contextlib.contextmanager
def _worker(home: Path) -> Iterator[None]:
    """A training process of its own: the peer's server starts none."""
    from fairlab.runs.supervisor import WorkerSupervisor

    worker = WorkerSupervisor(home)
    worker.start()
    try:
        yield
    finally:
        worker.stop()
