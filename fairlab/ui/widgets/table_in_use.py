"""One line that says which table is in use and what is predicted for whom."""

import streamlit as st

from fairlab.data import TaskData
from fairlab.ui.markdown import as_it_is


def table_in_use(data: TaskData) -> None:
    """Draw the line, with a link to the Data page."""
    task = data.task
    name = data.data.filename or data.data.source
    groups = ", ".join(task.sensitive) or "none chosen"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"Table **{as_it_is(name)}**, {len(data.frame):,} rows · favourable outcome: "
            f"**{as_it_is(task.outcome_words[0])}** · sensitive attributes: **{as_it_is(groups)}**"
        )
        st.page_link("pages/data.py", label="Change", icon=":material/edit:")
