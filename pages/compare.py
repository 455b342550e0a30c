"""Compare: two to six choices side by side, and what a move between two means in people."""

import streamlit as st

from fairlab.ui.shell import begin_page
from fairlab.ui.widgets import compare_view as view
from fairlab.ui.widgets.choosing_view import show_choosing
from fairlab.ui.widgets.compare_changes import show_changes

begin_page("Compare", "Choices side by side: how often they are right, for whom, and who moves.")
show_choosing()
side = view.choose_models()
charts = not st.toggle("Without charts", key="compare.plain")

view.show_overview(side, charts=charts)
st.subheader("In people", anchor=False)
view.show_people(side, charts=charts)
st.subheader("Group by group", anchor=False)
view.show_rates(side, charts=charts)
st.subheader("Every gap", anchor=False)
view.show_gaps(side)
st.subheader("More than chance?", anchor=False)
show_changes(side)
