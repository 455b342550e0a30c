"""While the room's curve is not there yet."""

import streamlit as st

from fairlab.language import tr
from fairlab.reports.sentences.runs import state_words
from fairlab.runs.records import RunRecord
from fairlab.ui.store import store

EVERY = 2.0  # seconds between two looks at a run that trains


def show_training(record: RunRecord) -> None:
    """That the curve is trained now, or why there will be none."""
    with st.container(border=True):
        if record.state.active:
            st.subheader(tr("The curve is being trained"), anchor=False)
            _progress(record.id)
        else:
            st.subheader(tr("There is no curve"), anchor=False)
            st.markdown(
                tr(
                    "The run ended without one ({state}). Another can be shown.",
                    state=state_words(record),
                )
            )


@st.fragment(run_every=EVERY)
def _progress(run_id: str) -> None:
    """Drawn at intervals, only as long as the run is under way."""
    record = store().get(run_id)
    if not record.state.active:
        st.rerun()
    st.progress(record.share_done, text=state_words(record))
    st.markdown(tr("It appears here by itself."))
