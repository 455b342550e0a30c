"""The visitor's own runs, newest first: open one, delete one."""

import time

import streamlit as st

from fairlab.errors import UnknownNameError
from fairlab.language import tr
from fairlab.reports.sentences.runs import (
    MB,
    ago,
    delete_run_sentence,
    quota_sentence,
    run_parts,
    run_title,
    state_words,
)
from fairlab.runs.records import RunRecord, RunState
from fairlab.settings import settings
from fairlab.ui import state
from fairlab.ui.markdown import as_it_is
from fairlab.ui.owner import owner
from fairlab.ui.store import forget_run, store

SHOWN = 5
MOST = 200
_ICONS = {
    RunState.QUEUED: ":material/hourglass_empty:",
    RunState.RUNNING: ":material/sync:",
    RunState.DONE: ":material/check:",
    RunState.FAILED: ":material/error:",
    RunState.CANCELLED: ":material/stop:",
}


def your_runs() -> None:
    """Draw the list; nothing for who has none yet."""
    held = store().usage(owner())
    if not held.runs:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(tr("Your runs"), anchor=False)
        _say_usage(held.bytes)
    limit = MOST if st.session_state.get("home.all_runs", False) else SHOWN
    with st.container(key="home.runs", gap="xsmall"):
        for record in store().list(limit=limit, owner=owner()):
            _row(record)
    if held.runs > SHOWN:
        st.toggle(tr("Show all {runs}", runs=min(held.runs, MOST)), key="home.all_runs")


def _row(record: RunRecord) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        when = ago(time.time() - record.created)
        st.markdown(
            f"{_ICONS[record.state]} **{as_it_is(run_title(record.config))}**  \n"
            f"{state_words(record)} · {as_it_is(run_parts(record.config))} · {when}",
            width="stretch",
        )
        if st.button(tr("Open"), key=f"home.open.{record.id}"):
            state.open_run(record)
            st.switch_page("pages/train.py")
        with st.popover(tr("Delete"), key=f"home.delete.{record.id}"):
            st.markdown(delete_run_sentence(record))
            if st.button(tr("Delete this run"), type="primary", key=f"home.deleted.{record.id}"):
                delete(record)
                st.rerun()


def delete(record: RunRecord) -> None:
    """Delete a run of this visitor, also from memory; gone already is as good."""
    try:
        store().delete_run(record.id, owner())
    except UnknownNameError:
        return
    finally:
        forget_run(record.id)
        state.remove_run(record.id)


def _say_usage(used: int) -> None:
    """How much room is taken, once it begins to matter."""
    most = settings().owner_mb * MB
    if 2 * used > most:
        st.badge(quota_sentence(used, most), color="orange" if 10 * used > 9 * most else "gray")
