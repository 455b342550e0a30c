"""Every test, in two pytest runs side by side: ``python -m tests``, and what both are to be told.

Journeys in a browser wait more than they compute, so they run beside all other tests, which keep
every core busy. What the others say is shown as it comes; what the journeys say follows. The last
lines say how both ended, and the exit status is 0 only if both passed. Ctrl-C ends both.
"""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType

ARTIFACTS = Path(__file__).parents[1] / "artifacts"
JOURNEYS = "tests/browser"
# Files stay whole, so that what they share is made once, and start in the order of their folders:
# the contracts, whose servers and trainings take longest, are not left for the end.
PYTEST = (sys.executable, "-m", "pytest", "--dist", "loadfile", "--no-loadscope-reorder")


class Run:
    """One pytest run; its output is kept, and shown at once if ``live``."""

    def __init__(self, name: str, *arguments: str, live: bool, niceness: int = 0) -> None:
        self.name = name
        self.said = b""
        self._live = live
        colour = "--color=yes" if sys.stdout.isatty() else "--color=no"
        self._process = subprocess.Popen(
            [*PYTEST, colour, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: os.nice(niceness) and None,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        while chunk := os.read(self._process.stdout.fileno(), 65536):
            self.said += chunk
            if self._live:
                _write(chunk)

    def ask_to_end(self) -> None:
        """As Ctrl-C would: fixtures still put away what they started."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    def wait(self) -> int:
        """Its exit status, once all is read."""
        self._reader.join()
        return self._process.wait()

    def closing_line(self) -> str:
        """pytest's last line, or that there was none."""
        lines = self.said.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "said nothing"


def main() -> int:
    """Run both; 0 if both passed."""
    # Compiled test files are kept between runs and shared by all processes, whatever a shell says.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    runs: list[Run] = []

    def end_both(_signal: int, _frame: FrameType | None) -> None:
        for run in runs:
            run.ask_to_end()

    signal.signal(signal.SIGTERM, end_both)
    # A terminal sends Ctrl-C to the two runs as well; both end in order and are waited for.
    signal.signal(signal.SIGINT, lambda *_: None)
    asked = sys.argv[1:]
    journeys = Run("In a browser", JOURNEYS, "--numprocesses=2", *asked, live=False)
    runs.append(journeys)
    # Where both want a core the journeys go first: whoever waits there is a person.
    rest = (f"--ignore={JOURNEYS}", "--numprocesses=auto")
    others = Run("Without a browser", *rest, *asked, live=True, niceness=5)
    runs.append(others)
    status = others.wait()
    _write(b"\nJourneys in a browser:\n")
    status = journeys.wait() or status
    _write(journeys.said)
    ARTIFACTS.mkdir(exist_ok=True)
    for run in (others, journeys):
        file = ARTIFACTS / f"{run.name.lower().replace(' ', '-')}.txt"
        file.write_bytes(run.said)
        _write(
            f"\n{run.name} ({file.relative_to(ARTIFACTS.parent)}): {run.closing_line()}".encode()
        )
    _write(b"\n")
    return status


def _write(text: bytes) -> None:
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    raise SystemExit(main())
