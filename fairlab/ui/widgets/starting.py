"""Starting a run, or saying why it cannot be started now."""

import streamlit as st

from fairlab.config import RunConfig
from fairlab.data import TaskData
from fairlab.language import tr
from fairlab.reports.sentences.runs import MB, quota_problems, quota_sentence
from fairlab.runs.store_errors import QuotaError
from fairlab.settings import settings
from fairlab.ui import state
from fairlab.ui.markdown import as_it_is
from fairlab.ui.owner import owner
from fairlab.ui.store import store


def start(config: RunConfig, table: TaskData, *, priority: int = 0) -> str | None:
    """Start a run; None after saying that there is no room for one more."""
    try:
        return state.start_run(config, table, priority=priority)
    except QuotaError as error:
        say_no_room(error)
        return None


def keep(data: TaskData) -> bool:
    """Keep an uploaded table as this visitor's; False after saying that there is no room."""
    try:
        state.keep_table(data)
    except QuotaError as error:
        say_no_room(error)
        return False
    except OSError:
        say_no_disk(tr("The table"))
        return False
    return True


def say_no_disk(what: str) -> None:
    """That the server could not write, and whom to ask."""
    st.error(
        tr(
            "{what} could not be kept: the server's disk is full, or fairlab "
            "may not write to it. Ask whoever runs the server; nothing you "
            "entered is lost.",
            what=what,
        )
    )


def say_no_room(error: QuotaError) -> None:
    """Why, how much of one's room is taken, and the way to what can be deleted."""
    used, most = store().usage(owner()).bytes, settings().owner_mb * MB
    said = quota_problems(error)
    share = "" if "MB" in said else f" ({quota_sentence(used, most)}.)"
    st.error(as_it_is(f"{said}{share}"), icon=":material/inventory_2:")
    st.page_link("pages/home.py", label=tr("Go to your runs"), icon=":material/arrow_forward:")
