"""What the benchmark of live curves is asked for, what it found, and how that is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.harness import Figure
from benchmarks.live_browser import Watched

WINDOWS = 3


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


def figures_of(found: Load) -> list[Figure]:
    """One line per number."""
    every = [t for window in found.windows for t in window]

    def of_windows(share: float) -> float:
        return median(percentile(window, share) for window in found.windows)

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
            Figure("in Chromium, p95", percentile(received, 0.95), 0.5, seconds=True),
            Figure("in Chromium and drawn, p50", percentile(drawn, 0.5), seconds=True),
            Figure("in Chromium and drawn, p95", percentile(drawn, 0.95), seconds=True),
        ]
    return figures


def facts_of(found: Load, plan: Plan) -> tuple[str, ...]:
    """What was done, in sentences."""
    return (
        f"{plan.sessions} sessions, {plan.pages} Chromium pages and {plan.slow} clients that "
        f"hardly read, {plan.seconds:g} s in {WINDOWS} windows (medians); half of the sessions "
        "watch one run together, the others one short run after the other.",
        f"{found.points:,} points were compared with the store; {found.runs_done} runs were "
        "followed to their end. Training, browsers and clients share the machine's cores.",
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which a share of them lies; NaN of none."""
    found = sorted(values)
    return found[int(share * (len(found) - 1))] if found else float("nan")
