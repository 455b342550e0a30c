"""What live charts ask for: a run's state and its new points, as JSON, for many at once.

One :class:`Feed` per server reads for all who watch: a look is one query for the states of all
watched runs, and one more per run that has new points, however many people watch it.
"""

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fairlab.errors import UnknownNameError
from fairlab.language import later
from fairlab.runs import queries
from fairlab.runs.records import RunState
from fairlab.runs.schema import events, jobs, runs
from fairlab.runs.status import CANCELLING, QUIET, SILENT, Status

if TYPE_CHECKING:
    from fairlab.runs.store import RunStore

MOST_ROWS = 60  # epochs sent one by one; of a longer history only the newest of each family
KEPT_JOBS = 256
NOTHING = ""  # what a sign is for who has seen nothing yet
GONE = json.dumps(
    {
        "state": "gone",
        "message": later("This run is not here any more."),
        "final": True,
        "attempt": 0,
        "share_done": 0.0,
        "queue_position": 0,
        "words": "",
        "words_alone": False,
        "has_result": False,
        "next": 0,
        "skipped": 0,
        "seen": "gone",
        "rows": [],
    }
)


@dataclass(frozen=True, slots=True)
class Want:
    """One chart's question about one run.

    Attributes:
        run_id: The run.
        after: ``next`` of the answer before; 0 for who comes new.
        attempt: ``attempt`` of the answer before; -1 for who comes new.
        seen: ``seen`` of the answer before, a sign of the state it told.
    """

    run_id: str
    after: int = 0
    attempt: int = -1
    seen: str = NOTHING

    @property
    def about(self) -> str:
        """What the answer is told under."""
        return self.run_id


class Feed:
    """Reads what is new for many charts. One thread at a time; remembers a little between looks."""

    def __init__(self) -> None:
        self._newest: OrderedDict[tuple[str, int], tuple[int, dict[str, int]]] = OrderedDict()
        self._queue: tuple[Any, dict[str, int]] = (None, {})
        self._status = Status()

    def look(self, connection: sa.Connection, wants: Iterable[Want]) -> dict[Want, str | None]:
        """The answer to each question, None where nothing changed since the answer before.

        Returns:
            JSON objects with ``state``, ``message``, ``final`` (nothing will change any more),
            ``cancel_requested``, ``attempt`` (another one than before: forget the earlier rows,
            all are here), ``share_done``, ``queue_position`` (1 starts next, 0 does not wait),
            ``words`` (what it waits for, or was kept of; see :mod:`fairlab.runs.status`),
            ``words_alone`` (they stand in place of how far it is),
            ``has_result``, ``next`` (the cursor to ask with), ``seen``, and ``rows``: one per
            family and epoch as :func:`fairlab.runs.records.progress_data` makes it, plus ``id``
            and ``at`` (when it was stored, seconds since the epoch). Of more than
            ``MOST_ROWS`` rows only the newest of each family are there; ``skipped`` counts the
            others. State ``gone`` stands for a run that does not exist.
        """
        asked = list(wants)
        states = _states(connection, {want.run_id for want in asked})
        places = self._places(connection, [s for s in states.values() if _waits(s)])
        waits = self._status.words(connection, time.time(), places)
        known: dict[tuple[str, int], tuple[str, int]] = {}
        answers: dict[Want, str | None] = {}
        for want in asked:
            state = states.get(want.run_id)
            if state is None:
                answers[want] = None if want.seen == "gone" else GONE
                continue
            after = want.after if want.attempt == state.attempt else 0
            words = waits.get(want.run_id, "") or self._of_training(connection, state)
            head = _head(state, places.get(want.run_id, 0), words, max(after, state.newest))
            if head["seen"] == want.seen and after >= state.newest:
                answers[want] = None
                continue
            key = (state.job, after)
            if key not in known:
                known[key] = self._rows(connection, state, after)
            rows, skipped = known[key]
            text = json.dumps({**head, "skipped": skipped}, allow_nan=False)
            answers[want] = f'{text[:-1]}, "rows": [{rows}]}}'
        return answers

    def _of_training(self, connection: sa.Connection, state: Any) -> str:
        """That nobody is at a run, that it is being cancelled, or what was kept; else ""."""
        if state.state != RunState.RUNNING.value:
            return ""
        if state.heartbeat is not None and time.time() - state.heartbeat > SILENT:
            return QUIET
        if state.cancel_requested:
            return CANCELLING
        return self._status.resumed(connection, state.id, state.attempt, state.resumed)

    def _places(self, connection: sa.Connection, waiting: list[Any]) -> dict[str, int]:
        """Places in the queue by run; the order is read again only when the queue has moved."""
        if not waiting:
            return {}
        version = tuple(connection.execute(_QUEUE_VERSION).one())
        if self._queue[0] != version:
            order = dict.fromkeys(connection.scalars(queries.claim_order()))
            self._queue = (version, {job: place for place, job in enumerate(order, 1)})
        return {state.id: self._queue[1].get(state.job, 0) for state in waiting}

    def _rows(self, connection: sa.Connection, state: Any, after: int) -> tuple[str, int]:
        """Rows after a cursor as JSON texts with commas between, and how many were left out."""
        if after >= state.newest:
            return "", 0
        own = (events.c.job_id == state.job) & (events.c.id > after) & (events.c.id <= state.newest)
        count = connection.scalar(sa.select(sa.func.count()).select_from(events).where(own)) or 0
        if count > MOST_ROWS:
            newest = self._newest_of_each(connection, state).values()
            own &= events.c.id.in_([cursor for cursor in newest if cursor > after])
        query = sa.select(events.c.id, events.c.data).where(own).order_by(events.c.id)
        rows = connection.execute(query).all()
        # The data are JSON objects already; each gets its cursor in front.
        texts = [f'{{"id": {row.id}, {row.data[1:]}' for row in rows]
        return ", ".join(texts), count - len(texts)

    def _newest_of_each(self, connection: sa.Connection, state: Any) -> dict[str, int]:
        """Cursor of the newest epoch of each family, kept up from look to look."""
        key = (state.job, state.attempt)
        upto, found = self._newest.pop(key, (0, {}))
        family = _family(connection)
        query = (
            sa.select(family.label("family"), sa.func.max(events.c.id))
            .where(events.c.job_id == state.job, events.c.id > upto, events.c.id <= state.newest)
            .group_by("family")  # by name: a driver would see the two expressions as different
        )
        found = found | {row[0]: row[1] for row in connection.execute(query)}
        self._newest[key] = (max(upto, state.newest), found)
        while len(self._newest) > KEPT_JOBS:
            self._newest.popitem(last=False)
        return found


_QUEUE_VERSION = sa.select(
    sa.func.count(),
    sa.func.sum(sa.case((jobs.c.state == RunState.QUEUED.value, 1), else_=0)),
    sa.func.max(jobs.c.created),
    sa.func.max(jobs.c.started),
).where(jobs.c.state.in_((RunState.QUEUED.value, RunState.RUNNING.value)))

_NEWEST = (
    sa.select(sa.func.max(events.c.id))
    .where(events.c.job_id == jobs.c.id)
    .correlate(jobs)
    .scalar_subquery()
)
_STATES = (
    sa.select(
        runs.c.id,
        runs.c.left_at,
        jobs.c.id.label("job"),
        jobs.c.state,
        jobs.c.message,
        jobs.c.cancel_requested,
        jobs.c.attempt,
        jobs.c.share_done,
        jobs.c.result_key,
        jobs.c.resumed,
        jobs.c.heartbeat,
        sa.func.coalesce(_NEWEST, 0).label("newest"),
    )
    .join(jobs, runs.c.job_id == jobs.c.id)
    .where(runs.c.id.in_(sa.bindparam("ids", expanding=True)))
)


def _states(connection: sa.Connection, run_ids: set[str]) -> dict[str, Any]:
    rows = connection.execute(_STATES, {"ids": sorted(run_ids)})
    return {row.id: row for row in rows}


def _waits(state: Any) -> bool:
    return state.left_at is None and bool(state.state == RunState.QUEUED.value)


def _head(state: Any, place: int, words: str, cursor: int) -> dict[str, Any]:
    """What an answer says beside its rows, with a sign of itself."""
    left = state.left_at is not None  # its owner cancelled it, others still wait
    kind = RunState.CANCELLED if left else RunState(state.state)
    head = {
        "state": kind.value,
        "message": "" if left else state.message,
        "final": not kind.active,
        "cancel_requested": bool(state.cancel_requested),
        "attempt": state.attempt,
        "share_done": state.share_done,
        "queue_position": place,
        "words": words,
        "words_alone": words in (QUIET, CANCELLING),
        "has_result": state.result_key is not None,
        "next": cursor,
    }
    sign = hashlib.sha256(json.dumps(head, allow_nan=False).encode()).hexdigest()[:16]
    return head | {"seen": sign}


def _family(connection: sa.Connection) -> sa.ColumnElement[Any]:
    """The family of an event, from its JSON."""
    if connection.dialect.name == "sqlite":
        return sa.func.json_extract(events.c.data, "$.mode")
    family: sa.ColumnElement[Any] = sa.cast(events.c.data, sa.JSON)["mode"].as_string()
    return family


def points_payload(store: "RunStore", run_id: str, after: int = 0) -> dict[str, Any]:
    """State of one run and its points after a cursor, at once; see :meth:`Feed.look`.

    Args:
        store: Where the run is.
        run_id: The run.
        after: ``next`` of the payload before; 0 for who comes new.

    Raises:
        UnknownNameError: If there is no run with this id.
    """
    attempt = store.get(run_id).attempt if after else -1
    want = Want(run_id, after, attempt)
    answer = store.look(Feed(), [want])[want]
    if answer is None or answer == GONE:
        raise UnknownNameError(f"There is no run {run_id!r} here. Check the link.")
    found: dict[str, Any] = json.loads(answer)
    return found
