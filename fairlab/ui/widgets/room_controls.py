"""What can be done with the runs of a workshop room: put them in, take them out."""

from collections.abc import Callable

import streamlit as st

from fairlab.errors import InputError
from fairlab.language import tr
from fairlab.reports.sentences.runs import run_title, state_words
from fairlab.reports.tables.room import RoomRun
from fairlab.runs.holdings import Room
from fairlab.ui import rooms
from fairlab.ui.markdown import as_it_is
from fairlab.ui.owner import owner
from fairlab.ui.store import store


def put_in(room: Room, runs: list[RoomRun]) -> None:
    """Put one of one's own runs in."""
    inside = {run.record.id for run in runs}
    mine = [r for r in store().list(limit=50, owner=owner()) if r.id not in inside]
    if mine:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            record = st.selectbox(
                tr("A run of yours"),
                mine,
                format_func=lambda r: f"{run_title(r.config)}, {state_words(r)}",
                key="room.own",
            )
            if st.button(tr("Put it in"), type="primary", key="room.put") and record is not None:
                _try(lambda: store().put_in_room(record.id, room.id, owner()))
    elif runs and not rooms.leads(room) and not any(run.mine for run in runs):
        # Only where others put runs in: thirty phones that wait for a curve train nothing.
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(tr("To put a run in, train one first; this room waits."))
            if st.button(tr("Train models"), key="room.train"):
                st.switch_page("pages/train.py")


def take_out(room: Room, runs: list[RoomRun]) -> None:
    """Take one of one's own runs out, or anybody's for who opened the room."""
    leads = rooms.leads(room)
    can = [run for run in reversed(runs) if run.mine or leads]
    if not can:
        return
    with st.popover(tr("Take a run out")):
        run = st.selectbox(tr("Run"), can, format_func=lambda one: one.label, key="room.out")
        st.markdown(tr("It stays with whoever started it."))
        if st.button(tr("Take it out"), key="room.take") and run is not None:
            _try(lambda: store().take_out_of_room(run.record.id, owner()))


def empty_room(room: Room, runs: int) -> None:
    """For who opened the room: empty its list of runs."""
    if runs and rooms.leads(room):
        with st.popover(tr("Empty")):
            st.markdown(tr("The list is emptied. The runs stay with whoever started them."))
            if st.button(tr("Empty the list"), type="primary", key="room.empty"):
                _try(lambda: _empty(room))


def _empty(room: Room) -> None:
    for record in store().list(limit=1000, room=room.id):
        store().take_out_of_room(record.id, owner())


def _try(do: Callable[[], None]) -> None:
    """Do it and draw the page anew; or say why it cannot be done (closed meanwhile, gone)."""
    try:
        do()
    except InputError as error:
        st.error(as_it_is(str(error)))
        return
    st.rerun()
