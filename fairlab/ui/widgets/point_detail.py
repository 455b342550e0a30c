"""One point of the curve, looked at closely: splits, groups, and what was promised."""

import pandas as pd
import streamlit as st

from fairlab.reports.sentences.curve import guarantee_sentence, point_label
from fairlab.reports.tables.point import guarantee_table, rates_by_group, splits_table
from fairlab.results import SweepResult
from fairlab.ui import state
from fairlab.ui.markdown import as_it_is


def point_detail(run_id: str, result: SweepResult, index: int) -> None:
    """Draw the detail of one model, with the button that chooses it."""
    point = result.points[index]
    label = point_label(point)
    with st.container(border=True):
        head, button = st.columns([4, 1], vertical_alignment="center")
        head.subheader(label, anchor=False)
        chosen = any(p.run_id == run_id and p.index == index for p in state.chosen_points())
        if button.button(
            "Chosen" if chosen else "Choose this",
            type="primary",
            key="train.choose",
            disabled=chosen,
            width="stretch",
        ):
            state.choose(state.ChosenPoint(run_id, index, label, result.threshold))
            st.rerun()
        for flag in point.flags:
            st.warning(as_it_is(flag))
        st.markdown("**Test people, by group** (95 % intervals in brackets)")
        _table(rates_by_group(result, index))
        st.markdown("**Training, validation, test**")
        _table(splits_table(result, index))
        if point.guarantee is not None:
            st.markdown("**What the layer promised, and what was measured**")
            st.markdown(guarantee_sentence(point.guarantee))
            if point.guarantee.promised < 1:
                _table(guarantee_table(point.guarantee))
    if chosen:
        _next_steps()


def _table(frame: pd.DataFrame) -> None:
    st.dataframe(frame, hide_index=True, width="stretch")


def _next_steps() -> None:
    st.markdown("**Look at the chosen model:**")
    columns = st.columns(5)
    targets = ("Thresholds", "Impossibility", "Audit", "Compare", "Report")
    for column, name in zip(columns, targets, strict=True):
        with column:
            st.page_link(f"pages/{name.lower()}.py", label=name, icon=":material/arrow_forward:")
