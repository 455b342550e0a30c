"""What became of runs that ended without all their points, and a button to train them again."""

import streamlit as st

from fairlab.errors import FairlabError
from fairlab.language import tr
from fairlab.runs.records import RunRecord, RunState
from fairlab.ui import state
from fairlab.ui.markdown import as_it_is
from fairlab.ui.permissions import is_mine, may_open_table
from fairlab.ui.store import store, task_data
from fairlab.ui.widgets.starting import start


def say_ends(records: list[RunRecord]) -> None:
    """A sentence for each run that failed or was cancelled; its visitor may train it again."""
    for record in records:
        if record.state is RunState.FAILED:
            st.error(tr("This run stopped: {message}", message=as_it_is(record.message)))
            _again(record)
        elif record.state is RunState.CANCELLED:
            st.info(as_it_is(record.message) or _cancelled(record))
            _again(record)


def _cancelled(record: RunRecord) -> str:
    if record.result_key is None:
        return tr("This run was cancelled before a model had points.")
    return tr("This run was cancelled. Its models are shown as they were then.")


def _again(record: RunRecord) -> None:
    """The same configuration once more, in the place of this run."""
    if not is_mine(record) or not may_open_table(record.config.data):
        return
    words = tr("Train it again")
    if record.state is RunState.FAILED and record.parts_done:
        words += tr(", from what was finished")
    if not st.button(words, key=f"train.again.{record.id}", icon=":material/replay:"):
        return
    try:
        table = task_data(record.id)
    except (FairlabError, OSError) as error:
        st.error(as_it_is(str(error)))
        return
    if start(store().get(record.id).config, table) is not None:
        state.remove_run(record.id)
        st.rerun()
