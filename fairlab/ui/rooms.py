"""Which workshop room this visitor is in, and how long rooms last."""

import time

import streamlit as st

from fairlab.errors import UnknownNameError
from fairlab.reports.sentences.runs import in_a_while
from fairlab.runs.holdings import Room
from fairlab.runs.rooms import LASTS
from fairlab.ui.owner import owner
from fairlab.ui.store import store
from fairlab.ui.throttle import Throttle

_ROOM = "fairlab.room"
_IN_ADDRESS = "room"


@st.cache_resource(show_spinner=False)
def guesses() -> Throttle:
    """Wrong codes of everybody: rooms must not be found by trying.

    With 20,000 wrong codes in ten minutes a code of 58 bits is not found in a million years, and
    no visitor alone can send so many as to keep a workshop out of its rooms.
    """
    return Throttle(each=10, together=20_000, seconds=600.0)


def is_over(room: Room, now: float | None = None) -> bool:
    """Whether a room has ended: a day after it was opened."""
    return (time.time() if now is None else now) - room.created >= LASTS


def may_see(room: Room) -> bool:
    """Whether this visitor may see a room whose code they know: while it lasts, or it is theirs."""
    return not is_over(room) or room.owner == owner()


def enter(code: str) -> str:
    """Enter the room with this code.

    Returns:
        "" when in, else why not. A wrong code counts; too many, and no code is looked at.
    """
    wait = guesses().wait(owner())
    if wait > 0:
        return f"Too many codes that were wrong. Try again {in_a_while(wait)}."
    try:
        room = store().find_room(code)
    except UnknownNameError as error:
        guesses().wrong(owner())
        return str(error)
    if not may_see(room):
        return "This room has ended: rooms last a day. Ask whoever opened it for a new one."
    stay_in(room)
    return ""


def stay_in(room: Room) -> None:
    """Be in this room until left; a reload finds it by the address."""
    st.session_state[_ROOM] = room.code
    st.query_params[_IN_ADDRESS] = room.code


def leave() -> None:
    """Be in no room."""
    st.session_state.pop(_ROOM, None)
    st.query_params.pop(_IN_ADDRESS, None)


def room_entered() -> Room | None:
    """The room this visitor is in; None outside, or when it is gone."""
    code = st.session_state.get(_ROOM)
    if code is None:
        return None
    try:
        room = store().find_room(code)
    except UnknownNameError:
        leave()
        return None
    if not may_see(room):
        leave()
        return None
    st.query_params[_IN_ADDRESS] = room.code
    return room


def code_in_address() -> str:
    """The code a link to a room holds; "" for none."""
    return st.query_params.get(_IN_ADDRESS, "")[:40]
