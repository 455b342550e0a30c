"""Workshop: people in one room put their runs beside each other, under a code on the board."""

import streamlit as st

from fairlab.ui.shell import begin_page
from fairlab.ui.widgets import workshop_view as view
from fairlab.ui.widgets.room_view import show_room

begin_page("Workshop", "Put runs beside each other, in a room that only people with its code see.")
room = view.current_room()
if room is None:
    view.join_or_open()
    st.stop()
show_room(room)
