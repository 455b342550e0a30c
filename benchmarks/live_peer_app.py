"""Streamlit's own way to a live chart: a fragment that runs at intervals and draws the figure.

A script of the benchmark ``live``; Streamlit's defaults, the same store, the same run.
"""

import plotly.graph_objects as go
import streamlit as st

from fairlab.runs.store import RunStore


@st.cache_resource
def store() -> RunStore:
    """The run store, opened once."""
    return RunStore()


@st.fragment(run_every=0.5)
def chart() -> None:
    """The newest epoch of each family; the marks of all epochs are in the layout, unseen."""
    run_id = st.query_params["run"]
    seen = st.session_state.setdefault("seen", 0)
    events = store().events(run_id, seen)
    latest = st.session_state.setdefault("latest", {})
    for event in events:
        latest[event.data["mode"]] = event.data
    if events:
        st.session_state["seen"] = events[-1].id
    figure = go.Figure()
    for mode, row in latest.items():
        figure.add_scatter(x=row["accuracy"], y=row["gap"], mode="markers", name=mode)
    figure.update_layout(meta={"new": [[event.id, event.data["at"]] for event in events]})
    st.plotly_chart(figure, key="curve")


chart()
