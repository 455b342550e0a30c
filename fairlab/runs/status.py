"""What an active run is waiting for, in words: its place in the queue, a worker, its parts.

Found again only when the queue or the workers have changed, so that whoever watches a run that
waits for long is told nothing new and costs nothing.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from fairlab.config import RunConfig
from fairlab.runs import queries
from fairlab.runs.estimate import estimate_seconds
from fairlab.runs.parts import parts_of
from fairlab.runs.records import RunRecord, RunState
from fairlab.runs.schema import jobs, workers
from fairlab.runs.supervisor import trouble
from fairlab.settings import settings

LOOKED_AT = 200  # newest runs that a forecast is made from
KEPT = 1000  # answers
SHARE_KNOWN = 0.02  # of a run done, from which on its own pace says when it ends
LONG_SILENT = 20.0  # seconds without a sign of life until a worker counts as gone

SILENT = 10.0  # seconds without one until the page says so

QUIET = (
    "The training process that has this run gives no sign of life. If it is gone, another goes on "
    "from the finished parts within half a minute."
)
CANCELLING = "Cancelling: training stops at the end of the epoch under way."
TAKE_TURNS = "Visitors take turns, so nobody waits behind another's whole list."
STARTS_ITSELF = "The run waits and starts by itself as soon as there is one."


def resumed_words(kept: int, parts: int) -> str:
    """Of a run that goes on after its worker ended."""
    if kept == 0:
        return (
            "Taken up again after an interruption: no part was finished, so training begins anew."
        )
    return f"Taken up again after an interruption: {kept} of {parts} parts were kept."


def waiting_words(place: int, seconds: float | None, under_way: int) -> str:
    """Of a run in the queue.

    Args:
        place: 1 for the run that starts next.
        seconds: Until it starts, roughly; None if that cannot be said.
        under_way: Runs that train now.
    """
    about = "" if seconds is None else _expected(max(1.0, seconds))
    if place <= 1:
        if under_way == 0:
            return "Starting …"
        told = ["Next in line: it starts when a run that trains now ends.", about]
        return " ".join(one for one in told if one)
    before = "1 run starts" if place == 2 else f"{place - 1} runs start"
    told = [f"{before} before this one.", about, TAKE_TURNS]
    return " ".join(one for one in told if one)


def _expected(seconds: float) -> str:
    """When it starts, in a sentence that can be told in other languages."""
    if seconds < 90:
        return f"It is expected to start in about {seconds:.0f} seconds."
    if seconds < 5400:
        return f"It is expected to start in about {seconds / 60:.0f} minutes."
    return f"It is expected to start in about {seconds / 3600:.1f} hours."


def nobody_words(device: str, others: bool) -> str:
    """Of a run in the queue while no training process for its device is there.

    Args:
        device: The run's.
        others: Whether there is a training process for another device.
    """
    if device == "cuda" and others:
        return (
            "This run asks for a graphics card, and no training process for one is there. Cancel "
            "it and choose the device cpu, or have whoever runs this server start one with "
            "fairlab worker --device cuda."
        )
    if not settings().own_worker:
        return (
            "No training process is there: this server starts none itself. Whoever runs it starts "
            f"one with fairlab worker. {STARTS_ITSELF}"
        )
    found = trouble()
    if found:
        return f"No training process is there. {found} {STARTS_ITSELF}"
    return f"The training process is starting. {STARTS_ITSELF}"


class Status:
    """Words for active runs. One thread at a time; remembers its answers while nothing changes."""

    def __init__(self) -> None:
        self._seen: tuple[Any, dict[tuple[str, int], str]] = (None, {})
        self._parts: dict[str, int] = {}

    def words(
        self, connection: sa.Connection, now: float, places: Mapping[str, int]
    ) -> dict[str, str]:
        """What waiting runs wait for, by id.

        Args:
            connection: In a transaction that reads.
            now: Seconds since the epoch.
            places: Place in the queue by run id.
        """
        if not places:
            return {}
        present = _present(connection, now)
        version = (present, trouble(), _under_way(connection))
        known = self._seen[1] if self._seen[0] == version and len(self._seen[1]) < KEPT else {}
        new = {run_id: place for run_id, place in places.items() if (run_id, place) not in known}
        if new:  # who comes new does not make it be found again for those who wait already
            found = _found(connection, now, new, present)
            known = known | {(run_id, place): found[run_id] for run_id, place in new.items()}
            self._seen = (version, known)
        return {run_id: known[run_id, place] for run_id, place in places.items()}

    def resumed(self, connection: sa.Connection, run_id: str, attempt: int, kept: int) -> str:
        """Of a run that trains: what was kept of the attempt before; "" if there was none."""
        if kept == 0:
            return resumed_words(0, 0) if attempt > 1 else ""
        if run_id not in self._parts:
            self._parts = dict(list(self._parts.items())[-100:])
            config = queries.find_run(connection, run_id).config
            self._parts[run_id] = len(parts_of(config))
        return resumed_words(kept, self._parts[run_id])


def _present(connection: sa.Connection, now: float) -> frozenset[str]:
    """Devices that a worker has given a sign of life for."""
    query = sa.select(workers.c.id).where(workers.c.seen >= now - LONG_SILENT)
    return frozenset(
        "cuda" if str(name).endswith(":cuda") else "cpu" for name in connection.scalars(query)
    )


def _under_way(connection: sa.Connection) -> int:
    running = jobs.c.state == RunState.RUNNING.value
    query = sa.select(sa.func.count()).select_from(jobs).where(running)
    return int(connection.scalar(query) or 0)


def _found(
    connection: sa.Connection, now: float, places: Mapping[str, int], present: frozenset[str]
) -> dict[str, str]:
    records = queries.newest_runs(connection, LOOKED_AT)
    first = {record.job: record for record in reversed(records)}
    running = [record for record in first.values() if record.state is RunState.RUNNING]
    order = list(dict.fromkeys(connection.scalars(queries.claim_order())))
    past = [record for record in records if record.state is RunState.DONE]
    left = _sum(_left(record, now, past) for record in running)
    answers = {}
    for run_id, place in places.items():
        config = queries.find_run(connection, run_id).config
        device = config.sweep.device
        if device not in present:
            answers[run_id] = nobody_words(device, bool(present))
            continue
        before = [first[job] for job in order[: max(0, place - 1)] if job in first]
        known = len(before) == max(0, place - 1)
        ahead = _sum(_whole(record.config, past) for record in before) if known else None
        seconds = None if left is None or ahead is None else (left + ahead) / max(1, len(running))
        answers[run_id] = waiting_words(place, seconds if past else None, len(running))
    return answers


def _left(record: RunRecord, now: float, past: list[RunRecord]) -> float | None:
    """Seconds until a run that trains ends."""
    used = 0.0 if record.started is None else max(0.0, now - record.started)
    if record.share_done > SHARE_KNOWN:
        return used * (1 - record.share_done) / record.share_done
    whole = _whole(record.config, past)
    return None if whole is None else max(0.0, whole - used)


def _whole(config: RunConfig, past: list[RunRecord]) -> float | None:
    """Seconds a run takes; None for a table of unknown size."""
    return estimate_seconds(config, config.data.rows, past) if config.data.rows else None


def _sum(values: Iterable[float | None]) -> float | None:
    """None if any is not known."""
    found = list(values)
    known = [value for value in found if value is not None]
    return sum(known) if len(known) == len(found) else None
