"""One line that says which table is in use and what is predicted for whom."""

import streamlit as st

from fairlab.config import DataConfig, Task
from fairlab.data import TaskData
from fairlab.language import tr
from fairlab.reports.sentences.runs import run_title
from fairlab.runs.records import RunRecord
from fairlab.ui import state
from fairlab.ui.markdown import as_it_is
from fairlab.ui.store import store


def table_in_use(data: TaskData) -> None:
    """Draw the line, with a link to the Data page; and another where what is shown is not of it."""
    elsewhere = _run_of_another_table(data.data)
    with st.container(horizontal=True, vertical_alignment="center"):
        if elsewhere is not None:
            rows = elsewhere.config.data.rows
            people = tr("{rows:,} rows · ", rows=rows) if rows else ""
            st.markdown(
                tr(
                    "On screen: **{run_title}** · {people}{for_whom}",
                    run_title=as_it_is(run_title(elsewhere.config)),
                    people=people,
                    for_whom=_for_whom(elsewhere.config.task),
                )
            )
        lead = tr("Table") if elsewhere is None else tr("A new run would be on another table:")
        name = as_it_is(data.data.filename or data.data.source)
        roles = f" · {_for_whom(data.task)}" if elsewhere is None else ""
        st.markdown(
            tr(
                "{lead} **{name}**, {n_frame:,} rows{roles}",
                lead=lead,
                name=name,
                n_frame=len(data.frame),
                roles=roles,
            )
        )
        st.page_link("pages/data.py", label=tr("Change table"), icon=":material/edit:")


def _for_whom(task: Task) -> str:
    groups = ", ".join(task.sensitive) or tr("none chosen")
    return tr(
        "favourable outcome: **{outcome_first}** · sensitive attributes: **{groups}**",
        outcome_first=as_it_is(task.outcome_words[0]),
        groups=as_it_is(groups),
    )


def _run_of_another_table(data: DataConfig) -> RunRecord | None:
    """The newest run on screen if it is not on this table: a link leads to anybody's."""
    if not state.run_ids():
        return None
    record = store().get(state.run_ids()[-1])
    shown = record.config.data
    known = bool(shown.fingerprint) and bool(data.fingerprint)
    by_content = (shown.fingerprint, data.fingerprint)
    one, other = by_content if known else (shown.filename, data.filename)
    return None if shown.source == data.source and one == other else record
