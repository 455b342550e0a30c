"""The dashboard as a user starts it, with everything it writes in one place."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]


class Running:
    """A server as a user starts it, with what it writes in one file."""

    def __init__(self, home: Path, **variables: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.home = home
        self.output = home.parent / "output.txt"
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        options = ["--server.port", str(self.port), "--server.headless", "true"]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command + options,
                cwd=ROOT,
                env={**os.environ, "FAIRLAB_HOME": str(home), **variables},
                stdout=output,
                stderr=output,
            )
        self.client = httpx.Client(base_url=f"http://localhost:{self.port}", timeout=30)

    def until(self, path: str, status: int = 200, seconds: float = 120) -> httpx.Response:
        """Ask until the answer has this status."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                answer = self.client.get(path)
                if answer.status_code == status:
                    return answer
            except httpx.HTTPError:
                answer = None
            assert self.process.poll() is None, self.written()
            assert time.monotonic() < deadline, (answer and answer.text, self.written())
            time.sleep(0.1)

    def written(self) -> str:
        """All of the output and of the logs so far."""
        logs = sorted(self.home.glob("*.log*"))
        return "\n".join(path.read_text(encoding="utf-8") for path in (self.output, *logs))

    def stop(self) -> int:
        """Ask it to end; the exit status."""
        self.client.close()
        self.process.terminate()
        return self.process.wait(60)
