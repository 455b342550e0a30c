"""What the facilitator steers with: phases, clock, lock, reveal, reset; nothing of it is lost."""

from typing import Any

import streamlit as st

from fairlab.language import tr
from fairlab.reports.sentences.workshop import phase_title
from fairlab.runs.room_events import PHASES, Phase
from fairlab.ui import rooms
from fairlab.ui.owner import owner
from fairlab.ui.store import store
from fairlab.ui.widgets.room_session import Curve, Here, act, act_all
from fairlab.ui.widgets.workshop_answers import moderate

#: Minutes a phase lasts unless the facilitator says otherwise: a workshop of sixty with the rest.
MINUTES: dict[str, int] = {"explain": 12, "ask": 10, "review": 10, "negotiate": 15, "decided": 0}
_MINUTES = "fairlab.room_minutes"


def next_step(here: Here, curve: Curve | None) -> None:
    """The one button that goes on, whatever comes next; the rest is for when plans change."""
    state = here.state
    if here.over or curve is None:
        return
    if state.phase_began is None:
        _begin(here, "explain", tr("Begin: Explain"))
    elif state.phase == "explain":
        _begin(here, "ask", tr("Begin: Ask"))
    elif state.phase == "ask":
        _begin(here, "review", tr("Begin: Review"))
    elif state.phase == "review" and not state.revealed:
        _reveal(here)
    elif state.phase == "review":
        _begin(here, "negotiate", tr("Begin: Negotiate"))
    elif state.phase == "negotiate":
        st.markdown(tr("When the room has chosen, record the decision below."))
    _lock(here)


def _reveal(here: Here) -> None:
    count = len(here.state.answers)
    if st.button(
        tr("Show the answers"),
        type="primary",
        icon=":material/visibility:",
        disabled=count == 0,
        help=tr("On every screen. Answers can then not be changed any more."),
        key="room.reveal",
    ):
        act(here, "revealed", {"revealed": True})


def _begin(here: Here, phase: Phase, label: str) -> None:
    if st.button(label, type="primary", icon=":material/arrow_forward:", key="room.next"):
        act(here, "phase", _phase(phase))


def _phase(phase: Phase) -> dict[str, Any]:
    minutes = minutes_of(phase)
    return {"phase": phase, "seconds": 60 * minutes if minutes else None}


def minutes_of(phase: str) -> int:
    """How long the facilitator wants a phase to last; 0 for no limit."""
    return int(st.session_state.get(_MINUTES, {}).get(phase, MINUTES[phase]))


def _lock(here: Here) -> None:
    if here.state.locked:
        if st.button(tr("Unlock"), icon=":material/lock_open:", key="room.lock"):
            act(here, "locked", {"locked": False})
    elif st.button(
        tr("Lock"),
        icon=":material/lock:",
        help=tr("Nothing is taken from phones until you unlock. What people typed stays."),
        key="room.lock",
    ):
        act(here, "locked", {"locked": True})


def clock_controls(here: Here) -> None:
    """More or less time, on every screen at once."""
    state = here.state
    if here.over or state.phase_began is None:
        return
    with st.popover(tr("Clock"), icon=":material/timer:"):
        minutes = st.number_input(tr("Minutes from now"), 1, 180, 5, key="room.clock.minutes")
        if st.button(tr("Set the clock"), type="primary", key="room.clock.set"):
            act(here, "timer", {"seconds": 60 * int(minutes)})
        if state.timer_ends is not None and st.button(tr("No time limit"), key="room.clock.stop"):
            act(here, "timer", {"seconds": None})
        st.markdown(f"**{tr('Minutes of the phases to come')}**")
        held = st.session_state.setdefault(_MINUTES, dict(MINUTES))
        for phase in PHASES[:-1]:
            held[phase] = int(
                st.number_input(
                    phase_title(phase),
                    0,
                    180,
                    held[phase],
                    help=tr("0 is no limit."),
                    key=f"room.minutes.{phase}",
                )
            )


def other_steps(here: Here) -> None:
    """Back, anew, hide words, close: what is needed once."""
    state = here.state
    if not here.over:
        with st.popover(tr("Go to"), icon=":material/swap_horiz:"):
            st.markdown(tr("Any phase, in any order. Nothing that was said is lost."))
            for phase in PHASES[:-1]:
                if st.button(
                    phase_title(phase),
                    disabled=phase == state.phase and state.phase_began is not None,
                    width="stretch",
                    key=f"room.goto.{phase}",
                ):
                    act(here, "phase", _phase(phase))
            if state.revealed and st.button(
                tr("Hide the answers again"), width="stretch", key="room.conceal"
            ):
                act(here, "revealed", {"revealed": False})
        moderate(here)
        with st.popover(tr("New round"), icon=":material/restart_alt:"):
            st.markdown(
                tr(
                    "Answers, proposals and the decision are put aside, and everybody starts "
                    "again at Explain. The curve stays; Replay and the export keep this round."
                )
            )
            if st.button(tr("Start a new round"), type="primary", key="room.reset"):
                act_all(here, ("reset", {}))


def close_and_delete(here: Here) -> None:
    """The end of a room."""
    if not here.over:
        with st.popover(tr("Close"), icon=":material/door_front:"):
            st.markdown(
                tr(
                    "No more runs or answers can be put in. What is inside stays to be seen until "
                    "the day is over."
                )
            )
            if st.button(tr("Close the room"), type="primary", key="room.close"):
                store().close_room(here.room.id, owner())
                st.rerun()
    if here.room.owner != owner():  # leads from another device
        return
    with st.popover(tr("Delete"), icon=":material/delete:"):
        st.markdown(
            tr("The room goes, with all that was said in it. Runs stay with whoever started them.")
        )
        if st.button(tr("Delete the room"), type="primary", key="room.delete"):
            store().delete_room(here.room.id, owner())
            rooms.leave()
            st.rerun()
