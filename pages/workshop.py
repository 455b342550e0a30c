"""Workshop: people in one room look at a curve, choose, and decide, under a code on the board."""

import streamlit as st

from fairlab.language import tr
from fairlab.ui.shell import begin_page
from fairlab.ui.widgets import workshop_view as view
from fairlab.ui.widgets.room_view import show_room

begin_page(tr("Workshop"))
room = view.current_room()
if room is None:
    view.join_or_open()
    st.stop()
show_room(room)
