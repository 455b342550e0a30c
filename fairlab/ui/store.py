"""The run store and the tables, opened once per server and shared by all visitors."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import streamlit as st

from fairlab.data import TaskData, load, open_task
from fairlab.errors import UnknownNameError
from fairlab.results import SweepResult
from fairlab.runs.store import RunStore
from fairlab.ui.kept import Kept

MOST_RESULTS = 256 * 2**20  # bytes of results of runs, of all visitors together
MOST_TABLES = 512 * 2**20


@st.cache_resource(show_spinner=False)
def store() -> RunStore:
    """The server's run store."""
    return RunStore()


def _load_result(run_id: str) -> SweepResult:
    return store().load_result(run_id)


def _result_bytes(found: SweepResult) -> int:
    return sum({id(array): array.nbytes for array in _arrays(found)}.values())


def _arrays(value: object) -> Iterator[np.ndarray[Any, Any]]:
    """Every array inside records, mappings and tuples."""
    if isinstance(value, np.ndarray):
        yield value
    elif dataclasses.is_dataclass(value):
        for one in dataclasses.fields(value):
            yield from _arrays(getattr(value, one.name))
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _arrays(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from _arrays(inner)


def _load_table(run_id: str) -> TaskData:
    return open_task(store().get(run_id).config)


def table_bytes(data: TaskData) -> int:
    """What a table takes in memory."""
    return int(data.frame.memory_usage(deep=True).sum())


#: The result of a finished run; shared, never modified. FairlabError if it has none.
result = Kept(_load_result, _result_bytes, MOST_RESULTS)

#: The table and roles of a run.
task_data = Kept(_load_table, table_bytes, MOST_TABLES)


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
