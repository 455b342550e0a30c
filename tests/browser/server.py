"""The dashboard as a user starts it, on a free port, for journeys and benchmarks."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "artifacts"
PATIENCE = 300.0  # seconds until what does not come is given up; the other tests run meanwhile
PATIENCE_MS = 1000 * PATIENCE


class Server:
    """The dashboard as a user starts it, with a data folder of its own."""

    def __init__(self, home: Path, port: int | None = None) -> None:
        self.home = home
        self.port = port or _free_port()
        self.url = f"http://localhost:{self.port}"
        self.options: tuple[str, ...] = ()  # more of the command line
        self.variables: dict[str, str] = {}  # more of the environment
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        ARTIFACTS.mkdir(exist_ok=True)
        log = (ARTIFACTS / "server.log").open("ab")
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        options = ["--server.port", str(self.port), "--server.headless", "true", *self.options]
        environment = {**os.environ, "FAIRLAB_HOME": str(self.home), **self.variables}
        self.process = subprocess.Popen(
            command + options, cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        try:
            self._wait_until_healthy()
        except BaseException:
            self.stop(kill=True)
            raise

    def stop(self, *, kill: bool = False) -> None:
        """End it: politely, or at once."""
        if self.process is None:
            return
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        self.process.wait(timeout=60)
        self.process = None

    def _wait_until_healthy(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + PATIENCE
        while not self._healthy():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server did not start; see {ARTIFACTS / 'server.log'}.")
            time.sleep(0.1)

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
