"""A workshop room as this visitor meets it: its state, who they are in it, and what they can do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from fairlab.config import RunConfig
from fairlab.errors import FairlabError, InputError
from fairlab.language import in_english, tr
from fairlab.reports.sentences.runs import in_a_while
from fairlab.reports.tables.curve import CurveRow, curve_rows
from fairlab.reports.tables.workshop import PointInPeople, numbered, points_in_people
from fairlab.results import SweepResult
from fairlab.runs.holdings import Room
from fairlab.runs.records import RunRecord
from fairlab.runs.room_rules import refusal
from fairlab.runs.room_state import RoomState
from fairlab.ui import rooms
from fairlab.ui.markdown import as_it_is
from fairlab.ui.owner import owner
from fairlab.ui.presenting import presenting
from fairlab.ui.store import result, store
from fairlab.ui.widgets.runs_view import rows_of

_PROBLEM = "fairlab.room_refused"


@dataclass(frozen=True, slots=True)
class Here:
    """A visitor in a room.

    Attributes:
        room: The room.
        state: What it is now.
        me: What the room knows the visitor by.
        leads: Whether the visitor opened it.
        watches: Whether this screen only shows it: a projector that is not the facilitator's own.
        over: Whether nothing more is taken: closed, or its day is over.
        kept_out: Why the visitor may not be in the room; "" when they may.
    """

    room: Room
    state: RoomState
    me: str
    leads: bool
    watches: bool
    over: bool
    kept_out: str = ""

    @property
    def may_answer(self) -> bool:
        """Whether an answer is taken now."""
        asked = self.state.phase == "ask" or (
            self.state.phase == "review" and not self.state.revealed
        )
        return asked and not self.state.locked and not self.over


@dataclass(frozen=True, slots=True)
class Curve:
    """The curve all look at.

    Attributes:
        record: Its run.
        rows: All its points.
        points: Those with numbers.
    """

    record: RunRecord
    rows: tuple[CurveRow, ...]
    points: tuple[PointInPeople, ...]

    @property
    def config(self) -> RunConfig:
        """What was trained."""
        return self.record.config

    @property
    def result(self) -> SweepResult:
        """The models and their scores."""
        return result(self.record.id)

    @property
    def words(self) -> tuple[str, str]:
        """How to speak of the two outcomes."""
        return self.config.task.outcome_words

    def point(self, index: int) -> PointInPeople | None:
        """The numbered point of a model."""
        return next((p for p in self.points if p.index == index), None)

    def number(self, index: int) -> int | str:
        """What a model is called by; "?" for one that is not on the curve."""
        point = self.point(index)
        return "?" if point is None else point.number


def come_in(room: Room) -> Here:
    """Be in the room: counted among its people, unless this screen leads or only shows it."""
    state = store().room_state(room.id)
    me = store().room_participant(room.id, owner())
    leads = rooms.leads(room)
    watches = presenting() and not leads
    over = state.closed or not room.is_open or rooms.is_over(room)
    kept_out = "" if leads else _kept_out(state, me, watches=watches)
    if not (leads or watches or over or kept_out or me in state.participants):
        try:
            kept_out = _join(room)
            state = store().room_state(room.id)
            me = store().room_participant(room.id, owner())
        except InputError as error:  # full, or closed meanwhile: it can be looked at
            st.warning(as_it_is(str(error)))
    return Here(room, state, me, leads, watches, over, kept_out)


def _kept_out(state: RoomState, me: str, *, watches: bool) -> str:
    """Why this visitor may not be in the room; a closed door leaves those in who only watch."""
    if watches and me not in state.removed:
        return ""
    return refusal(state, me or "?")


def _join(room: Room) -> str:
    """Be counted among the room's people; why not, where very many came from here just now."""
    crowd, known = rooms.crowd_at(room), rooms.newcomers()
    wait = known.wait(crowd)
    if wait > 0:
        return tr(
            "Very many people came into this room from your network just now. Try again "
            "{in_a_while}; whoever runs the server can let more in (FAIRLAB_ROOM_NEWCOMERS).",
            in_a_while=in_a_while(wait),
        )
    store().room_event(room.id, owner(), "joined")
    known.wrong(crowd)
    return ""


def act(here: Here, kind: str, payload: Mapping[str, Any] | None = None) -> None:
    """Let something happen and draw the page anew; or keep why it cannot, to say it there."""
    try:
        store().room_event(here.room.id, owner(), kind, payload)
    except InputError as error:
        st.session_state[_PROBLEM] = str(error)
    st.rerun()


def act_all(here: Here, *events: tuple[str, Mapping[str, Any]]) -> None:
    """As :func:`act`, several in a row; the first that is refused ends it."""
    try:
        for kind, payload in events:
            store().room_event(here.room.id, owner(), kind, payload)
    except InputError as error:
        st.session_state[_PROBLEM] = str(error)
    st.rerun()


def keep_problem(problem: str) -> None:
    """Say in the room why something could not be done, once."""
    st.session_state[_PROBLEM] = problem


def say_refused() -> None:
    """Why the last thing could not be done, once."""
    problem = st.session_state.pop(_PROBLEM, "")
    if problem:
        st.error(as_it_is(problem))


def curve_of(state: RoomState, also: tuple[int, ...] = ()) -> Curve | RunRecord | None:
    """The pinned curve; its run while it has no points; None when none is pinned or it is gone.

    What others answered is not on it before it is revealed.

    Args:
        also: Further models that need a number.
    """
    if not state.run_id:
        return None
    try:
        record = store().get(state.run_id)
        if record.result_key is None:
            return record
        rows = rows_of(record.id, record.result_key)
        chosen = [one.index for one in state.answers] if state.revealed else []
        chosen += [one.index for one in state.negotiation]
        if state.decision is not None:
            chosen.append(state.decision.index)
        more = tuple(i for i in sorted({*chosen, *also}) if i < len(rows))
        return Curve(record, rows, _points(record.id, record.result_key, more))
    except FairlabError:
        return None


@st.cache_data(show_spinner=False, max_entries=64)
def _points(run_id: str, result_key: str, also: tuple[int, ...]) -> tuple[PointInPeople, ...]:
    rows = rows_of(run_id, result_key)
    numbers = numbered(_validation_rows(run_id, result_key), also)
    return points_in_people(result(run_id), rows, numbers)


@st.cache_resource(show_spinner=False, max_entries=16)
@in_english
def _validation_rows(run_id: str, result_key: str) -> tuple[CurveRow, ...]:  # noqa: ARG001 (cache key)
    """The curve on validation people: by it points are offered, and nothing of it is shown."""
    return curve_rows(result(run_id), "validation")
