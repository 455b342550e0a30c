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
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from benchmarks import live_memory, live_peer
from benchmarks.harness import faster, report
from benchmarks.live_browser import forget, noted, open_page
from benchmarks.live_client import Chart, Received, Session, read_slowly
from benchmarks.live_report import QUICK, WINDOWS, Load, Plan, facts_of, figures_of, percentile
from fairlab.config import RunConfig
from fairlab.data import load
from fairlab.errors import InputError
from fairlab.runs.store import RunStore
from tests.browser.chromium import ARGS, REMEDY, find
from tests.browser.server import Server

SETTLING = 3.0  # seconds between the last page's opening and the first measured second
LATEST = 5.0  # seconds after which a point that has not come counts as missed
SEEDS = count(1)


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
    busy = psutil.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        found, peer = asyncio.run(_measure(home, plan))
        figures = figures_of(found)
        if plan.memory:
            figures += asyncio.run(live_memory.measure(home))
    ours = percentile([t for window in found.windows for t in window], 0.95)
    lines = []
    if peer is not None:
        how = f"run_every=0.5 and st.plotly_chart, {plan.sessions} sessions"
        lines = [
            faster("a point on its way, p95", ours, how, peer[0]),
            faster("seconds of a core per second", median(found.cores), how, peer[1]),
        ]
    facts = (*facts_of(found, plan), f"Before it began, the machine had a load of {busy:.1f}.")
    report("Live curves", lines, json_path, facts, figures)


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
        ended = time.time()
        found.pages = [await noted(page) for page in pages]
        received = [one for chart in charts for one in chart.received]
        received += [
            _of_page(run_id, run) for page in found.pages for run_id, run in page.runs.items()
        ]
        failed = [task for task in tasks if task.done() and task.exception() is not None]
        found.errors += [repr(task.exception()) for task in failed]
        compare(received, store, found, until=ended - LATEST)
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


def compare(
    received: Sequence[Received], store: RunStore, found: Load, until: float = float("inf")
) -> None:
    """What each chart had beside what the store has, from the first answer on.

    Args:
        received: By chart and run.
        store: What is compared with.
        found: Counts are added to it.
        until: Of a run that goes on, points stored by then must have come; later ones may.
    """
    stored = {one.run_id: store.events(one.run_id) for one in received}
    for one in received:
        events = stored[one.run_id]
        came = max([one.first, *one.ids])
        wanted = {
            event.id
            for event in events
            if event.id > one.first and (event.id <= came or one.final or event.data["at"] <= until)
        }
        found.runs_done += one.final
        found.missed += len(wanted - set(one.ids)) - one.skipped
        found.twice += len(one.ids) - len(set(one.ids)) + len(set(one.ids) & set(one.begun))
        found.points += len(one.ids)


def _of_page(run_id: str, run: dict[str, Any]) -> Received:
    return Received(run_id, run["first"], tuple(run["begun"]), run["ids"], run["skipped"])


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
