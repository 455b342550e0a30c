"""Step by step through what happened in a room, all rounds, on the facilitator's screen."""

import time
from dataclasses import replace

import streamlit as st

from fairlab.language import tr, tr_n
from fairlab.reports.sentences.workshop import phase_title, stance_title
from fairlab.runs import room_events as kinds
from fairlab.runs.room_events import RoomEvent
from fairlab.runs.room_state import with_hidden
from fairlab.ui.markdown import as_it_is
from fairlab.ui.store import store
from fairlab.ui.widgets.room_session import Curve, Here, curve_of
from fairlab.ui.widgets.workshop_answers import show_answers
from fairlab.ui.widgets.workshop_curve import show_curve
from fairlab.ui.widgets.workshop_plenum import show_decision, show_proposals

_AT = "room.replay.at"


def show_replay(here: Here) -> None:
    """A slider over the room's log, and the room as all saw it then. Nothing can be changed here.

    Answers are there from the step at which they were shown, all at once.
    """
    log = store().room_log(here.room.id)
    if len(log) < 2:
        st.markdown(tr("Nothing has happened yet."))
        return
    st.session_state[_AT] = min(st.session_state.get(_AT, len(log)), len(log))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        back = st.button(tr("← Step back"), key="room.replay.back")
        on = st.button(tr("Step on →"), key="room.replay.on")
        if back or on:
            st.session_state[_AT] = max(1, min(len(log), st.session_state[_AT] + (1 if on else -1)))
        at = st.slider(tr("Step"), 1, len(log), key=_AT)
    event = log[at - 1]
    then_state = store().room_state(here.room.id, upto=event.seq)
    state = with_hidden(then_state, here.state.hidden)  # what is hidden now was never to be seen
    curve = curve_of(state, tuple(one.index for one in state.answers))
    found = curve if isinstance(curve, Curve) else None
    clock = time.strftime("%H:%M:%S", time.localtime(event.time))
    st.markdown(f"**{clock}** · {event_sentence(event, found)}")
    then = replace(here, state=state, watches=True)
    if found is not None:
        _as_it_was(then, found)


def _as_it_was(then: Here, curve: Curve) -> None:
    state = then.state
    counts = f"{len(state.participants)}"
    st.markdown(
        tr(
            "At this moment: people {people}, answers {answers}, proposals {proposals}.",
            people=counts,
            answers=len(state.answers),
            proposals=len(state.negotiation),
        )
    )
    if state.decision is not None:
        show_decision(then, curve)
    elif state.negotiation:
        show_proposals(then, curve)
    elif state.answers and state.revealed:
        show_answers(then, curve, key="room.replayed")
    else:
        show_curve(curve, key="room.replayed.curve")


def event_sentence(event: RoomEvent, curve: Curve | None) -> str:
    """What happened, without a name."""
    payload = event.payload
    who = tr("The facilitator") if event.participant == "" else tr("Somebody")
    match payload:
        case kinds.Joined():
            return tr("Somebody came in.")
        case kinds.Pinned():
            return tr("The facilitator showed a curve to the room.")
        case kinds.PhaseBegins(phase=phase):
            return tr("{phase} began.", phase=phase_title(phase))
        case kinds.Timer(seconds=None):
            return tr("The clock was stopped.")
        case kinds.Timer(seconds=seconds):
            return tr("The clock was set to {minutes:.0f} minutes.", minutes=(seconds or 0) / 60)
        case kinds.Locked(locked=locked):
            return tr("The room was locked.") if locked else tr("The room was opened again.")
        case kinds.Revealed(revealed=revealed):
            return tr("The answers were shown.") if revealed else tr("The answers were hidden.")
        case kinds.Answer():  # not what: the time would tell those who were there whose it is
            return tr("Somebody answered.")
        case kinds.Proposal(index=index):
            return tr("{who} proposed point {number}.", who=who, number=_number(curve, index))
        case kinds.Support(stance=stance):
            return tr("Somebody took a stance: {stance}.", stance=stance_title(stance))
        case kinds.Decided(index=index):
            return tr("The decision was recorded: point {number}.", number=_number(curve, index))
        case kinds.Reset():
            return tr("A new round began.")
        case kinds.Closed():
            return tr("The room was closed.")
        case kinds.Removed(participants=gone, removed=True):
            return tr_n("{n} person was removed.", "{n} people were removed.", len(gone))
        case kinds.Removed(participants=back):
            return tr_n("{n} person may come in again.", "{n} people may come in again.", len(back))
        case kinds.Door(open=is_open):
            if is_open:
                return tr("The door was opened to newcomers.")
            return tr("The door was closed to newcomers.")
        case kinds.LeadLink(digest=digest):
            if digest:
                return tr("A link to lead from another device was made.")
            return tr("The link to lead from another device was revoked.")
        case kinds.Leads():
            return tr("The facilitator leads from another device, too.")
        case kinds.Hidden():
            return tr("Words were hidden or shown again.")
    return as_it_is(event.kind)


def _number(curve: Curve | None, index: int) -> int | str:
    return "?" if curve is None else curve.number(index)
