"""Inside a workshop room: the facilitator's screen, a participant's phone, or the wall."""

import time

import streamlit as st

from fairlab.language import tr, tr_n
from fairlab.reports.sentences.runs import in_a_while
from fairlab.runs.holdings import Room
from fairlab.runs.rooms import LASTS
from fairlab.ui import rooms
from fairlab.ui.components.room_pulse import room_pulse
from fairlab.ui.markdown import as_it_is
from fairlab.ui.presenting import presenting
from fairlab.ui.widgets.room_invite import (
    how_to_type,
    invite,
    leads_only_here,
    not_from_elsewhere,
    on_the_board,
    qr_code,
    second_screen,
)
from fairlab.ui.widgets.room_runs import show_runs
from fairlab.ui.widgets.room_session import Curve, Here, come_in, say_refused
from fairlab.ui.widgets.workshop_board import show_board, show_steps
from fairlab.ui.widgets.workshop_files import offer_session
from fairlab.ui.widgets.workshop_lead import (
    clock_controls,
    close_and_delete,
    next_step,
    other_steps,
)
from fairlab.ui.widgets.workshop_people import other_device, people_and_door
from fairlab.ui.widgets.workshop_phone import show_participant
from fairlab.ui.widgets.workshop_plenum import decide
from fairlab.ui.widgets.workshop_replay import show_replay
from fairlab.ui.widgets.workshop_setup import set_up

# The room's own words are the title here; the page's steps back.
_STYLE = """
<style>
.st-key-shell-title h1 {font-size: 1.25rem; padding: 0;}
.stMarkdown blockquote, .stMarkdown blockquote * {color: inherit !important; opacity: 1 !important;}
.stMarkdown blockquote {border-left: 3px solid #0072B2 !important;
  margin: 0.25rem 0 !important;}
[data-testid="stRadio"] [data-testid="stCaptionContainer"] {color: inherit; opacity: 0.85;}
@media (max-width: 640px) {.stMain h3 {font-size: 1.25rem !important;}}
</style>
"""
SESSION, RUNS, REPLAY, SETUP = "session", "runs", "replay", "setup"

# Read out and copied from the board: never on two lines.
_CODE = "<style>.st-key-room-code h3 {white-space: nowrap; font-size: 1.5rem;}</style>"


def show_room(room: Room) -> None:
    """Draw the room for whoever looks at it."""
    here = come_in(room)
    st.html(_STYLE)
    if here.kept_out:
        _outside(here)
        return
    if not here.over:
        all_of_it = here.leads or here.watches
        room_pulse(room.code, here.state, scope="all" if all_of_it else "stage", key="room.pulse")
    if here.leads:
        _facilitator(here)
    elif here.watches:
        _wall(here)
    else:
        _participant(here)


def _outside(here: Here) -> None:
    """For who may not be in the room: why, and what can be done; it goes on when that changes."""
    say_refused()
    if not here.over:
        room_pulse(here.room.code, here.state, scope="stage", key="room.pulse")
    with st.container(border=True):
        st.subheader(tr("You are not in this room"), anchor=False)
        st.markdown(here.kept_out)
        with st.container(horizontal=True):
            st.button(tr("Try again"), type="primary", key="room.again")
            _leave()


def _participant(here: Here) -> None:
    _heading(here)
    show_participant(here)
    if not here.state.run_id:
        show_runs(here.room)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = st.toggle(tr("Show the runs in this room"), key="room.runs.shown")
        invite(here.room)
        _leave()
    if shown:
        show_runs(here.room)


def _heading(here: Here) -> None:
    """Title and, without a curve, the ways out; with one they are under it."""
    room = here.room
    if here.state.run_id:
        st.markdown(f"**{as_it_is(room.title)}**")
        return
    st.subheader(as_it_is(room.title), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(_ends(room))
        invite(room)
        _leave()


def _ends(room: Room) -> str:
    if rooms.is_over(room):
        return tr("has ended, and is yours to see")
    return tr("ends {when}", when=in_a_while(room.created + LASTS - time.time()))


def _leave() -> None:
    if st.button(tr("Leave"), key="room.leave"):
        rooms.leave()
        st.rerun()


def _wall(here: Here) -> None:
    """A projector that is not the facilitator's: it follows and has no controls."""
    if not here.state.run_id:
        _welcome(here)
        return
    _head(here)
    show_board(here)


def _head(here: Here) -> None:
    """On the wall: phases and clock, and beside them the way in for those who come late."""
    steps, late = st.columns([6, 1], gap="medium", vertical_alignment="center")
    with steps:
        show_steps(here)
    with late:
        qr_code(here.room, width=150)


def _welcome(here: Here) -> None:
    """Before it begins: how to get in, as large as it goes."""
    st.subheader(as_it_is(here.room.title), anchor=False)
    words, code = st.columns([3, 2], gap="large", vertical_alignment="center")
    with words:
        st.subheader(tr("Scan the code with your phone"), anchor=False)
        if leads_only_here(here.room):
            st.warning(not_from_elsewhere(), icon=":material/wifi_off:")
        else:
            st.markdown(how_to_type(here.room))
        st.title(here.room.code, anchor=False)
        people = len(here.state.participants)
        st.subheader(tr_n("{n} person is here", "{n} people are here", people), anchor=False)
    with code:
        qr_code(here.room, width=560)


def _facilitator(here: Here) -> None:
    say_refused()
    part = _part(here)
    if presenting():
        _present(here, part)
        return
    main, side = st.columns([7, 2], gap="large")
    with side:
        st.html(_CODE)
        with st.container(key="room-code"):
            st.subheader(here.room.code, anchor=False)
        on_the_board(here.room)
        second_screen(here.room)
        other_device(here)
    with main:
        _status(here)
        if part == SESSION:
            _session(here)
        elif part == SETUP:
            set_up(here)
            if not here.state.run_id:
                st.subheader(tr("Runs in this room"), anchor=False)
                show_runs(here.room)
        elif part == RUNS:
            show_runs(here.room)
        elif part == REPLAY:
            show_replay(here)


def _part(here: Here) -> str:
    """Which part of the facilitator's screen is shown; before a curve there is only one."""
    if not here.state.run_id:
        return SESSION if presenting() else SETUP
    if presenting() and st.session_state.get("room.part") != REPLAY:
        return SESSION
    names = {
        SESSION: tr("Session"),
        SETUP: tr("Curve and question"),
        RUNS: tr("Runs in this room"),
        REPLAY: tr("Replay"),
    }
    part = st.segmented_control(
        tr("Part of the room"),
        list(names),
        default=SESSION,
        required=True,
        format_func=names.__getitem__,
        label_visibility="collapsed",
        key="room.part",
    )
    return part or SESSION


def _status(here: Here) -> None:
    """Who is here, how long the room lasts, and the ways to end it."""
    room, state = here.room, here.state
    st.subheader(as_it_is(room.title), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        people = tr_n("{n} person here", "{n} people here", len(state.participants))
        answers = tr_n("{n} answer", "{n} answers", len(state.answers))
        status = tr("closed") if here.over else tr("open")
        if not here.over and not state.door_open:
            status = tr("door closed to newcomers")
        st.markdown(f"{people} · {answers} · {status} · {_ends(room)}")
        people_and_door(here)
        close_and_delete(here)
        _leave()


def _session(here: Here) -> None:
    show_steps(here)
    with st.container(key="room-controls"):
        tools = st.container(horizontal=True, vertical_alignment="center")
    curve = show_board(here)
    with tools:
        next_step(here, curve)
        clock_controls(here)
        other_steps(here)
    if curve is not None:
        _end(here, curve)


def _end(here: Here, curve: Curve) -> None:
    """Deciding, and taking the session away."""
    if here.state.phase == "negotiate" and not here.over:
        decide(here, curve)
    if here.state.phase == "decided" or here.over:
        offer_session(here, curve)


def _present(here: Here, part: str) -> None:
    """The facilitator's own screen on the wall: what everybody sees, and the one next button."""
    if not here.state.run_id:
        _welcome(here)
        return
    if part == REPLAY:
        show_replay(here)
        return
    _head(here)
    head = st.container(horizontal=True, vertical_alignment="center")
    curve = show_board(here)
    with head:
        next_step(here, curve)
    if curve is not None and here.state.phase == "negotiate" and not here.over:
        decide(here, curve)
