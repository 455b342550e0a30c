"""One line that says which table is in use and what is predicted for whom."""

import streamlit as st

from fairlab.data import TaskData


def table_in_use(data: TaskData) -> None:
    """Draw the line, with a link to the Data page."""
    task = data.task
    name = data.data.filename or data.data.source
    groups = ", ".join(task.sensitive) or "none chosen"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"Table **{_plain(name)}**, {len(data.frame):,} rows · favourable outcome: "
            f"**{_plain(task.outcome_words[0])}** · sensitive attributes: **{_plain(groups)}**"
        )
        st.page_link("pages/data.py", label="Change", icon=":material/edit:")


def _plain(text: str) -> str:
    """Text of the user's shown as it is: Markdown's own signs lose their meaning."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]()<>#+-.!|$~:" else c for c in text)
