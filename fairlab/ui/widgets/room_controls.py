"""What can be done in a workshop room: put runs in, take them out; close and empty it."""

from collections.abc import Callable

import streamlit as st

from fairlab.errors import InputError
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
                "A run of yours",
                mine,
                format_func=lambda r: f"{run_title(r.config)}, {state_words(r)}",
                key="room.own",
            )
            if st.button("Put it in", type="primary", key="room.put") and record is not None:
                _try(lambda: store().put_in_room(record.id, room.id, owner()))
    elif not any(run.mine for run in runs) and not (runs and room.owner == owner()):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("To put a run in, train one first; this room waits.")
            if st.button("Train models", type="primary", key="room.train"):
                st.switch_page("pages/train.py")


def take_out(room: Room, runs: list[RoomRun]) -> None:
    """Take one of one's own runs out, or anybody's for who opened the room."""
    can = [run for run in reversed(runs) if run.mine or room.owner == owner()]
    if not can:
        return
    with st.popover("Take a run out"):
        run = st.selectbox("Run", can, format_func=lambda one: one.label, key="room.out")
        st.markdown("It stays with whoever started it.")
        if st.button("Take it out", key="room.take") and run is not None:
            _try(lambda: store().take_out_of_room(run.record.id, owner()))


def control_room(room: Room, runs: int) -> None:
    """For who opened the room: close it, empty it."""
    if room.is_open and not rooms.is_over(room):
        with st.popover("Close"):
            st.markdown(
                "No more runs can be put in. Those inside stay to be seen until the day is over."
            )
            if st.button("Close the room", type="primary", key="room.close"):
                _try(lambda: store().close_room(room.id, owner()))
    if runs:
        with st.popover("Empty"):
            st.markdown("The list is emptied. The runs stay with whoever started them.")
            if st.button("Empty the list", type="primary", key="room.empty"):
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
