"""Report: the choice, its reasons, the report as it will be read, and files to take away."""

import streamlit as st

from fairlab.language import tr
from fairlab.ui.newest import newest
from fairlab.ui.shell import begin_page
from fairlab.ui.widgets import report_view as view
from fairlab.ui.widgets.report_files import choose_smallest, offer_files, offer_report
from fairlab.ui.widgets.report_numbers import show_choice
from fairlab.ui.widgets.report_preview import show_preview
from fairlab.ui.widgets.report_written import written
from fairlab.ui.widgets.share import share


@st.fragment
def report(chosen: view.Chosen) -> None:
    """Words and files. Files of a page that runs anew as a whole are gone until it has run."""
    newest().begin()
    config = view.ask_reasons(chosen)
    view.show_limits(chosen)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(tr("The report"), anchor=False, width="stretch")
        share("report", key="report.share")
        smallest = choose_smallest(chosen)
        files = written(chosen, view.with_newest_words(chosen, config), smallest)
        offer_report(chosen, config, files, smallest)
    show_preview(chosen, config, written(chosen, lambda: config, smallest), smallest)
    st.subheader(tr("Files"), anchor=False)
    offer_files(chosen, config, files, smallest)


begin_page(tr("Report"), tr("Take the choice away, with its reasons, as one file for anyone."))
view.adopt_import()
chosen = view.choose()
if chosen is not None:
    view.say_whose(chosen)
    show_choice(chosen)
    report(chosen)
view.offer_import(open_now=chosen is None)
