"""The same watching in Streamlit's own way: how long its points take, and what they cost."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.live_client import Session

ROOT = Path(__file__).parents[1]
SCRIPT = Path(__file__).with_name("live_peer_app.py")
STARTING = 90.0


@contextlib.contextmanager
def server(home: Path) -> Iterator[tuple[int, int]]:
    """Streamlit with its defaults on the script; its port and process id."""
    with socket.socket() as probe, tempfile.TemporaryDirectory() as elsewhere:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
        probe.close()
        options = {"port": port, "headless": "true", "address": "localhost"}
        command = [sys.executable, "-m", "streamlit", "run", str(SCRIPT)]
        command += [f"--server.{name}={value}" for name, value in options.items()]
        # Started elsewhere: our .streamlit/config.toml has settings that are not the defaults.
        environment = {**os.environ, "FAIRLAB_HOME": str(home), "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            [*command, "--browser.gatherUsageStats=false"],
            cwd=elsewhere,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(port, process)
            yield port, process.pid
        finally:
            process.kill()
            process.wait()


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + STARTING
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=2)
            return
        time.sleep(0.1)
    raise RuntimeError("The peer's server did not start.")


class PeerSession(Session):
    """A visitor whose browser runs the fragment at its interval and draws what comes."""

    def __init__(self, port: int, run_id: str) -> None:
        super().__init__(port, page="", query=f"run={run_id}")
        self.latencies: list[float] = []
        self.first = True

    async def watch(self) -> None:
        """Until cancelled."""
        async with self._at_intervals():
            while True:
                self._take(await self.receive())

    def _take(self, message: ForwardMsg) -> None:
        now = time.time()
        element = message.delta.new_element
        if message.WhichOneof("type") != "delta" or element.WhichOneof("type") != "plotly_chart":
            return
        new = json.loads(element.plotly_chart.spec)["layout"]["meta"]["new"]
        if not self.first:
            self.latencies += [now - at for _, at in new]
        self.first = False

    @contextlib.asynccontextmanager
    async def _at_intervals(self) -> AsyncIterator[None]:
        async def again(fragment: str, seconds: float) -> None:
            while True:
                await asyncio.sleep(seconds)
                await self.rerun(fragment)

        timers = [asyncio.create_task(again(f, s)) for f, s in self.reruns.items()]
        try:
            yield
        finally:
            for timer in timers:
                timer.cancel()


async def measure(home: Path, run_id: str, sessions: int, seconds: float) -> tuple[float, float]:
    """Sessions that watch one run: 95 % of points came within this time; cores of the server.

    A point that did not come at all while somebody watched counts as ``seconds``.
    """
    import psutil

    with server(home) as (port, pid):
        watching = [PeerSession(port, run_id) for _ in range(sessions)]
        for session in watching:  # one after the other: its cold server fails many at once
            await session.open()
        tasks = [asyncio.create_task(session.watch()) for session in watching]
        await asyncio.sleep(2.0)
        for session in watching:
            session.latencies.clear()
        process = psutil.Process(pid)
        before, began = sum(process.cpu_times()[:2]), time.perf_counter()
        await asyncio.sleep(seconds)
        cores = (sum(process.cpu_times()[:2]) - before) / (time.perf_counter() - began)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for session in watching:
            with contextlib.suppress(OSError, asyncio.TimeoutError):
                await asyncio.wait_for(session.close(), 2.0)
    found = sorted(time for session in watching for time in (session.latencies or [seconds]))
    return found[int(0.95 * (len(found) - 1))], cores
