"""Report: the chosen model with its reasons, what it does not show, and files to take away."""

import streamlit as st

from fairlab.ui.shell import begin_page
from fairlab.ui.widgets import report_view as view
from fairlab.ui.widgets.report_files import offer_files
from fairlab.ui.widgets.report_numbers import show_choice
from fairlab.ui.widgets.share import share

begin_page("Report", "Take the choice away, with its reasons, as files that anyone can run again.")
view.adopt_import()
chosen = view.choose()
if chosen is not None:
    share("report", key="report.share")
    view.say_whose(chosen)
    show_choice(chosen)
    st.subheader("Reasons", anchor=False)
    config = view.ask_reasons(chosen)
    st.subheader("What this does not show", anchor=False)
    view.show_limits(chosen)
    st.subheader("Files", anchor=False)
    offer_files(chosen, config)
st.subheader("Import a run", anchor=False)
view.offer_import()
