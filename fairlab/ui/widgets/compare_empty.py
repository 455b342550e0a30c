"""Compare with fewer than two choices: what to do."""

import streamlit as st

from fairlab.errors import FairlabError
from fairlab.language import tr
from fairlab.reports.sentences.point import point_label
from fairlab.ui import state
from fairlab.ui.markdown import as_it_is
from fairlab.ui.store import result


def too_few(chosen: tuple[state.ChosenPoint, ...]) -> None:
    """Say what to do, and offer the unmitigated model beside a single choice."""
    with st.container(border=True):
        st.subheader(tr("Two choices are needed"), anchor=False)
        if not chosen:
            st.markdown(
                tr(
                    "Nothing is chosen yet. Train models, select two or more points of the curve, "
                    "and press **Choose this** for each."
                )
            )
            if st.button(tr("Train models"), type="primary"):
                st.switch_page("pages/train.py")
            return
        point = chosen[0]
        baseline, why_not = _baseline_of(point)
        label = as_it_is(point.label)
        if baseline is None:
            text = tr(
                "One model is chosen: **{label}**. Choose another on Train. {why}",
                label=label,
                why=why_not,
            )
        else:
            text = tr(
                "One model is chosen: **{label}**. Choose another on Train, or hold it against the "
                "unmitigated model of the same run.",
                label=label,
            )
        st.markdown(text)
        left, right = st.columns(2)
        if baseline is not None and left.button(
            tr("Compare with the unmitigated model"), type="primary", width="stretch"
        ):
            state.forget(point)
            state.choose(baseline)
            state.choose(point)
            st.rerun()
        if right.button(tr("Choose another on Train"), width="stretch"):
            st.switch_page("pages/train.py")


def _baseline_of(point: state.ChosenPoint) -> tuple[state.ChosenPoint | None, str]:
    """The unmitigated model to hold a point against; or why there is none."""
    try:
        known = result(point.run_id)
    except FairlabError as error:
        return None, as_it_is(str(error))
    if known.points[point.index].baseline:
        return None, tr("It is itself unmitigated, so its run has no other to hold it against.")
    index = known.unmitigated(point.index)
    if index is None:
        return None, tr("Its run has no unmitigated model of its kind to hold it against.")
    label = point_label(known.points[index])
    return state.ChosenPoint(point.run_id, index, label, point.threshold), ""
