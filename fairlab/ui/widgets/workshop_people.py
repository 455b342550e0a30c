"""For the facilitator: who may be in the room, and leading it from another device."""

import time
from collections.abc import Iterable

import streamlit as st

from fairlab.language import tr, tr_n
from fairlab.ui import rooms
from fairlab.ui.components.copy_link import copy_link
from fairlab.ui.links import link_for_others
from fairlab.ui.owner import owner
from fairlab.ui.store import store
from fairlab.ui.widgets.room_session import Here, act

_LINK = "fairlab.room_lead_link"


def people_and_door(here: Here) -> None:
    """The door, everybody who is in (without names) to remove, and who was removed."""
    if here.over:
        return
    with st.popover(tr("People"), icon=":material/group:"):
        _door(here)
        st.markdown(
            tr(
                "Nobody has a name here: people are numbered as they came. Who is removed cannot "
                "come back with that browser, and what they said in this round counts no more; "
                "Replay shows that somebody was removed."
            )
        )
        _choose(here)
        removed = sorted(here.state.removed)
        if removed:
            words = tr_n(
                "Let {n} removed person in again",
                "Let {n} removed people in again",
                len(removed),
            )
            if st.button(words, key="room.remove.undo"):
                act(here, "removed", {"participants": removed, "removed": False})


def _door(here: Here) -> None:
    if here.state.door_open:
        st.markdown(tr("**The door is open**: whoever has the code comes in."))
        if st.button(
            tr("Close the door to newcomers"), icon=":material/door_front:", key="room.door"
        ):
            act(here, "door", {"open": False})
        return
    st.markdown(tr("**The door is closed**: who is in stays in, and nobody new comes."))
    if st.button(tr("Open the door"), icon=":material/meeting_room:", key="room.door"):
        act(here, "door", {"open": True})


def _choose(here: Here) -> None:
    """Some of those who are in, or all who sent nothing in this round."""
    people = here.state.participants
    silent = [one for one in people if not _spoke(here, one)]
    picked = st.multiselect(
        tr("Remove"),
        people,
        format_func=lambda one: _words(here, one),
        placeholder=tr("Choose people"),
        key="room.remove.who",
    )
    with st.container(horizontal=True):
        if st.button(tr("Remove them"), disabled=not picked, key="room.remove"):
            _remove(here, picked)
        if here.state.phase == "explain":
            return  # nobody was asked anything yet: all would go
        words = tr_n(
            "Remove the {n} who sent nothing", "Remove the {n} who sent nothing", len(silent)
        )
        if st.button(words, disabled=not silent, key="room.remove.silent"):
            _remove(here, silent)


def _remove(here: Here, who: Iterable[str]) -> None:
    act(here, "removed", {"participants": list(who)})


def _spoke(here: Here, who: str) -> bool:
    """Whether somebody answered, proposed or took a stance in this round."""
    state = here.state
    return state.answer_of(who) is not None or any(
        one.participant == who or one.stance_of(who) is not None for one in state.negotiation
    )


def _words(here: Here, who: str) -> str:
    place = here.state.participants.index(who)
    number = place + 1
    clock = time.strftime("%H:%M", time.localtime(here.state.arrivals[place]))
    if _spoke(here, who):
        return tr("No. {number}, came at {clock}, sent something", number=number, clock=clock)
    return tr("No. {number}, came at {clock}, sent nothing", number=number, clock=clock)


def other_device(here: Here) -> None:
    """For who opened the room: a private link with which another device leads it, and its end."""
    if here.over or here.room.owner != owner():
        return
    with st.popover(tr("Lead from another device"), icon=":material/phonelink_ring:"):
        st.markdown(
            tr(
                "Whoever has this link leads the room: begins phases, removes people, closes it. "
                "Make it before you need it, and keep it where another device of yours can open "
                "it. It is shown once; later only a new one can be made, which ends this one."
            )
        )
        link = st.session_state.get(_LINK, {}).get(here.room.id)
        if link:
            copy_link(link, label=tr("Private link"), key="room.lead.link")
            if st.button(tr("I have kept it: hide it"), key="room.lead.hide"):
                st.session_state[_LINK].pop(here.room.id)
                st.rerun()
        else:
            words = tr("Make a new link") if here.state.lead_digest else tr("Make a link")
            if st.button(words, type="primary", key="room.lead.make"):
                _make(here)
        devices = len(here.state.leaders)
        if devices:
            st.markdown(
                tr_n("{n} other device leads, too.", "{n} other devices lead, too.", devices)
            )
        if here.state.lead_digest and st.button(tr("Revoke it"), key="room.lead.revoke"):
            st.session_state.get(_LINK, {}).pop(here.room.id, None)
            act(here, "lead_link", {"digest": ""})


def _make(here: Here) -> None:
    token = store().make_lead_link(here.room.id, owner())
    link = link_for_others("workshop", {"room": here.room.code, rooms.LEAD: token})
    st.session_state.setdefault(_LINK, {})[here.room.id] = link
    st.rerun()
