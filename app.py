"""The dashboard: page list, server hooks. Start it with ``make app``.

The file has two lives. The server imports it to find ``app`` (routes, start and stop hooks);
each visit then runs it as a Streamlit script, which draws the page chosen in the navigation.
"""

from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from fairlab.language import tr
from fairlab.runs.store_errors import StoreError
from fairlab.ui.markdown import as_it_is
from fairlab.ui.server import lifespan, middleware, routes
from fairlab.ui.speech import begin_speaking

app = st.App(Path(__file__).resolve(), routes=routes(), middleware=middleware(), lifespan=lifespan)

if get_script_run_ctx(suppress_warning=True) is not None:
    st.set_page_config(page_title=tr("fairlab"), page_icon="⚖️", layout="wide")
    st.logo(Path(__file__).parent / "fairlab" / "ui" / "logo.svg", size="large")
    begin_speaking()
    pages = [
        st.Page("pages/home.py", title=tr("Home"), default=True),
        st.Page("pages/data.py", title=tr("Data")),
        st.Page("pages/train.py", title=tr("Train")),
        st.Page("pages/thresholds.py", title=tr("Thresholds")),
        st.Page("pages/impossibility.py", title=tr("Impossibility")),
        st.Page("pages/audit.py", title=tr("Audit")),
        st.Page("pages/compare.py", title=tr("Compare")),
        st.Page("pages/stream.py", title=tr("Stream")),
        st.Page("pages/workshop.py", title=tr("Workshop")),
        st.Page("pages/report.py", title=tr("Report")),
        st.Page("pages/tutorial.py", title=tr("Tutorial")),
        st.Page("pages/admin.py", title=tr("Admin"), visibility="hidden"),
    ]
    page = st.navigation(pages, position="top")
    try:
        page.run()
    except StoreError as error:  # locked, damaged, full, away: a sentence instead of the rest
        st.title(tr("The run store does not answer"), anchor=False)
        st.error(as_it_is(str(error)), icon=":material/database_off:")
