"""Before a room is entered: joining one by its code, opening one, and those opened before."""

import time

import streamlit as st

from fairlab.language import tr
from fairlab.reports.sentences.runs import ago
from fairlab.runs.holdings import Room
from fairlab.runs.store_errors import QuotaError
from fairlab.ui import rooms
from fairlab.ui.markdown import as_it_is
from fairlab.ui.owner import owner
from fairlab.ui.store import store
from fairlab.ui.widgets.room_session import keep_problem

LONGEST = 100
_PROBLEM = "fairlab.room_problem"


def current_room() -> Room | None:
    """The room this visitor is in, or comes to by a link; None to draw the ways in."""
    code, token = rooms.code_in_address(), rooms.token_in_address()
    if token and code:
        return _lead(code, token)
    room = rooms.room_entered()
    if room is None and code:
        problem = rooms.enter(code)
        if not problem:
            return rooms.room_entered()
        st.query_params.pop("room", None)
        st.session_state[_PROBLEM] = problem
    return room


def _lead(code: str, token: str) -> Room | None:
    """The room of a link that lets this device lead; it is gone from the address then."""
    rooms.leave()
    problem = rooms.enter(code)
    if problem:
        st.session_state[_PROBLEM] = problem
        return None
    problem = rooms.lead_with(token)
    if problem:
        keep_problem(problem)
    return rooms.room_entered()


def join_or_open() -> None:
    """Two ways in, side by side."""
    st.markdown(
        tr(
            "A group looks at one curve, everybody chooses a point on their own phone and says "
            "why, and the room decides together."
        )
    )
    join, begin = st.columns(2)
    with join.container(border=True, height="stretch"):
        _join()
    with begin.container(border=True, height="stretch"):
        _open()
    _opened_before()


def _join() -> None:
    st.subheader(tr("Join a room"), anchor=False)
    st.markdown(
        tr("The code is on the board, or in the link you were given. No name is asked for.")
    )
    with st.form("workshop.join", border=False):
        code = st.text_input(tr("Code"), placeholder="K7QF-9M2X-T4BD", max_chars=40)
        pressed = st.form_submit_button(tr("Join"), type="primary", width="stretch")
    problem = st.session_state.pop(_PROBLEM, "")
    if pressed:
        problem = rooms.enter(code) if code.strip() else tr("Type the code that is on the board.")
        if not problem:
            st.rerun()
    if problem:
        st.error(as_it_is(problem))


def _open() -> None:
    st.subheader(tr("Open a room"), anchor=False)
    st.markdown(tr("You get a code, a link and a QR code for everybody else. A room lasts a day."))
    with st.form("workshop.open", border=False):
        title = st.text_input(
            tr("Title"), placeholder=tr("Loans, Tuesday group"), max_chars=LONGEST
        )
        pressed = st.form_submit_button(tr("Open"), width="stretch")
    if pressed:
        try:
            rooms.open_one(title.strip() or tr("Workshop"))
        except QuotaError as error:
            st.error(as_it_is(str(error)))
            return
        st.rerun()


def _opened_before() -> None:
    mine = [room for room in store().rooms_of(owner()) if not rooms.is_over(room)]
    if not mine:
        return
    st.subheader(tr("Rooms you opened today"), anchor=False)
    for room in mine:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            state = tr("open") if room.is_open else tr("closed")
            st.markdown(
                f"**{as_it_is(room.title)}**  \n{room.code} · {state} · {_ago(room)}",
                width="stretch",
            )
            if st.button(tr("Enter"), key=f"workshop.enter.{room.id}"):
                rooms.stay_in(room)
                st.rerun()


def _ago(room: Room) -> str:
    return tr("opened {when}", when=ago(time.time() - room.created))
