"""Visitors of a real server who watch real training: nothing missed, nothing twice."""

import asyncio
from pathlib import Path

from benchmarks import live, live_report
from benchmarks.live_client import Chart, Session
from fairlab.runs.store import RunStore
from tests.browser.server import Server


def test_five_visitors_of_a_new_server_get_every_point_once(tmp_path: Path) -> None:
    """All come at once; two watch one run, three another, to the end, past clients that stall."""
    server, store = Server(tmp_path), RunStore(tmp_path)
    server.start()
    found = live_report.Load()
    try:
        asyncio.run(_story(server, store, found))
    finally:
        server.stop()
        store.close()
    assert (found.missed, found.twice, found.errors) == (0, 0, [])
    assert found.runs_done == 5


async def _story(server: Server, store: RunStore, found: live.Load) -> None:
    runs = [store.submit(live.config(epochs=20, seed=seed)) for seed in (1, 2)]
    sessions = [Session(server.port, "train", f"run={runs[i % 2]}") for i in range(5)]
    await asyncio.gather(*(session.open() for session in sessions))
    charts = [Chart(server.port) for _ in sessions]
    async with live.background() as tasks:
        tasks += live.slow_clients(server, runs[0], 2)
        following = (chart.follow(runs[i % 2]) for i, chart in enumerate(charts))
        received = await asyncio.gather(*following)
    for visitor in (*sessions, *charts):
        await visitor.close()
    found.errors = [error for session in sessions for error in session.errors]
    live.compare(received, store, found)
    assert all(one.begun or one.ids for one in received)
