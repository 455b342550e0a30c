"""The dashboard: page list, server hooks. Start it with ``make app``.

The file has two lives. The server imports it to find ``app`` (routes, start and stop hooks);
each visit then runs it as a Streamlit script, which draws the page chosen in the navigation.
"""

from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from fairlab.runs.store_errors import StoreError
from fairlab.ui.markdown import as_it_is
from fairlab.ui.server import lifespan, middleware, routes

app = st.App(Path(__file__).resolve(), routes=routes(), middleware=middleware(), lifespan=lifespan)

if get_script_run_ctx(suppress_warning=True) is not None:
    st.set_page_config(page_title="fairlab", page_icon="⚖️", layout="wide")
    st.logo(Path(__file__).parent / "fairlab" / "ui" / "logo.svg", size="large")
    pages = [
        st.Page("pages/home.py", title="Home", default=True),
        st.Page("pages/data.py", title="Data"),
        st.Page("pages/train.py", title="Train"),
        st.Page("pages/thresholds.py", title="Thresholds"),
        st.Page("pages/impossibility.py", title="Impossibility"),
        st.Page("pages/audit.py", title="Audit"),
        st.Page("pages/compare.py", title="Compare"),
        st.Page("pages/stream.py", title="Stream"),
        st.Page("pages/workshop.py", title="Workshop"),
        st.Page("pages/report.py", title="Report"),
        st.Page("pages/admin.py", title="Admin", visibility="hidden"),
    ]
    page = st.navigation(pages, position="top")
    try:
        page.run()
    except StoreError as error:  # locked, damaged, full, away: a sentence instead of the rest
        st.title("The run store does not answer", anchor=False)
        st.error(as_it_is(str(error)), icon=":material/database_off:")
