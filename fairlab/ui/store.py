"""The run store and the tables, opened once per server and shared by all visitors."""

import streamlit as st

from fairlab.data import TaskData, load, open_task
from fairlab.errors import UnknownNameError
from fairlab.results import SweepResult
from fairlab.runs.store import RunStore


@st.cache_resource(show_spinner=False)
def store() -> RunStore:
    """The server's run store."""
    return RunStore()


@st.cache_resource(show_spinner=False, max_entries=24)
def result(run_id: str) -> SweepResult:
    """The result of a finished run; shared, never modified.

    Raises:
        FairlabError: If the run has no result.
    """
    return store().load_result(run_id)


@st.cache_resource(show_spinner=False, max_entries=8)
def task_data(run_id: str) -> TaskData:
    """The table and roles of a run."""
    return open_task(store().get(run_id).config)


@st.cache_resource(show_spinner=False)
def builtin() -> TaskData:
    """The built-in table of mortgage applications."""
    return load("loanapp")


def run_exists(run_id: str) -> bool:
    """Whether the store knows this run."""
    try:
        store().get(run_id)
    except UnknownNameError:
        return False
    return True


def forget_run(run_id: str) -> None:
    """Drop what this server keeps of a run in memory: it was deleted."""
    result.clear(run_id)
    task_data.clear(run_id)
