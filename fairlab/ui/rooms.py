"""Which workshop room this visitor is in, and how long rooms last."""

import sys
import time

import streamlit as st

from fairlab.errors import InputError, UnknownNameError
from fairlab.language import tr
from fairlab.reports.sentences.runs import in_a_while
from fairlab.runs.holdings import Room
from fairlab.runs.rooms import LASTS
from fairlab.runs.store_errors import QuotaError
from fairlab.settings import settings
from fairlab.ui.owner import owner
from fairlab.ui.store import store
from fairlab.ui.throttle import Throttle

_ROOM = "fairlab.room"
_IN_ADDRESS = "room"
LEAD = "lead"
OPENED_FROM_ONE_PLACE = 60  # rooms within ten minutes


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


@st.cache_resource(show_spinner=False)
def newcomers() -> Throttle:
    """New people in rooms by room and address: nobody fills a room with invented cookies at once.

    A class behind one router has one address, and behind a proxy on the same machine everybody
    has, so the limit is well above a class (``FAIRLAB_ROOM_NEWCOMERS``).
    """
    each = settings().room_newcomers or sys.maxsize
    return Throttle(each=each, together=sys.maxsize, seconds=600.0)


@st.cache_resource(show_spinner=False)
def openers() -> Throttle:
    """Rooms opened, by address: for new rooms the oldest that ended make way."""
    return Throttle(each=OPENED_FROM_ONE_PLACE, together=sys.maxsize, seconds=600.0)


def crowd_at(room: Room) -> str:
    """Who comes from this visitor's address into a room: what newcomers are counted by."""
    return f"{room.id} {address()}"


def address() -> str:
    """This visitor's address; "" on the server's own machine, where a proxy may stand."""
    return st.context.ip_address or ""


def open_one(title: str) -> None:
    """Open a room and be in it.

    Raises:
        QuotaError: If this visitor, this address or all together opened very many.
    """
    here = address()
    wait = openers().wait(here) if here else 0.0
    if wait > 0:
        raise QuotaError(
            tr(
                "Very many rooms were opened from your network just now. Try again {in_a_while}, "
                "or use one of them.",
                in_a_while=in_a_while(wait),
            )
        )
    stay_in(store().open_room(owner(), title))
    openers().wrong(here)


def leads(room: Room) -> bool:
    """Whether this visitor leads a room: opened it, or came by the link that lets others lead."""
    return store().leads_room(room.id, owner())


def may_see(room: Room) -> bool:
    """Whether this visitor may see a room whose code they know: while it lasts, or they lead it."""
    return not is_over(room) or leads(room)


def enter(code: str) -> str:
    """Enter the room with this code.

    Returns:
        "" when in, else why not. A wrong code counts; too many, and no code is looked at.
    """
    wait = guesses().wait(owner())
    if wait > 0:
        return tr(
            "Too many codes that were wrong. Try again {in_a_while}.", in_a_while=in_a_while(wait)
        )
    try:
        room = store().find_room(code)
    except UnknownNameError as error:
        guesses().wrong(owner())
        return str(error)
    if not may_see(room):
        return tr("This room has ended: rooms last a day. Ask whoever opened it for a new one.")
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


def lead_with(token: str) -> str:
    """Lead the room this visitor is in from now on, with the token of a link.

    Returns:
        "" when leading, else why not. A wrong token counts like a wrong code.
    """
    room = room_entered()
    wait = guesses().wait(owner())
    if room is None:
        return ""
    if wait > 0:
        return tr(
            "Too many codes that were wrong. Try again {in_a_while}.", in_a_while=in_a_while(wait)
        )
    try:
        if store().lead_room(room.id, owner(), token):
            return ""
    except InputError as error:  # removed, or over meanwhile
        return str(error)
    guesses().wrong(owner())
    return tr(
        "This link does not lead the room any more: it was revoked, or another took its place. "
        "You are here as a participant. Ask whoever opened the room for a new link."
    )


def token_in_address() -> str:
    """The token of a link that lets this device lead, taken out of the address; "" for none."""
    return str(st.query_params.pop(LEAD, ""))[:100]


def code_in_address() -> str:
    """The code a link to a room holds; "" for none."""
    return st.query_params.get(_IN_ADDRESS, "")[:40]
