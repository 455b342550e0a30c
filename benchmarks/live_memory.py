"""What a session costs the server in memory, and what it leaves behind."""

import asyncio
import gc
import os
from collections.abc import Sequence
from pathlib import Path

import psutil

from benchmarks.harness import Figure
from benchmarks.live_client import Session
from tests.browser.server import Server

KEPT = 5  # seconds a closed session is kept here; Streamlit's default is 120
IDLE = 30
VISITS = 200
AT_ONCE = 5
VARIABLE = "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL"


async def measure(home: Path) -> list[Figure]:
    """MiB per idle session; growth by the second two hundred visits that end."""
    os.environ[VARIABLE] = str(KEPT)
    server = Server(home)
    await asyncio.to_thread(server.start)
    try:
        assert server.process is not None
        process = psutil.Process(server.process.pid)
        await _visits(server, 30)  # what is loaded once
        await asyncio.sleep(2 * KEPT)
        before = _mib(process)
        idle = [Session(server.port) for _ in range(IDLE)]
        await _open(idle)
        each = (_mib(process) - before) / IDLE
        for session in idle:
            await session.close()
        sizes = []
        for _ in range(2):
            await _visits(server, VISITS)
            await asyncio.sleep(3 * KEPT)
            sizes.append(_mib(process))
    finally:
        del os.environ[VARIABLE]
        await asyncio.to_thread(server.stop)
        gc.collect()
    note = f"closed sessions kept {KEPT} s (Streamlit's default: 120 s)"
    return [
        Figure("memory of a server with nobody there, MiB", before),
        Figure("memory per idle session, MiB", each, note=f"{IDLE} open Train pages"),
        Figure(f"memory after {VISITS} visits that ended, MiB", sizes[0], note=note),
        Figure(f"growth by {VISITS} more, MiB", sizes[1] - sizes[0]),
    ]


async def _visits(server: Server, number: int) -> None:
    """Visitors who open the Train page and leave, a few at a time."""
    for _ in range(0, number, AT_ONCE):
        batch = [Session(server.port) for _ in range(AT_ONCE)]
        await _open(batch)
        for session in batch:
            await session.close()


async def _open(sessions: Sequence[Session]) -> None:
    await asyncio.gather(*(session.open() for session in sessions))


def _mib(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 2**20
