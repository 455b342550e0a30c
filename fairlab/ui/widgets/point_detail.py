"""One point of the curve, looked at closely: splits, groups, and what was promised."""

import pandas as pd
import streamlit as st

from fairlab.baselines import BASELINES
from fairlab.language import in_english, tr, translated
from fairlab.reports.sentences.curve import point_label
from fairlab.reports.sentences.drawn import drawn_sentence
from fairlab.reports.sentences.guarantee import guarantee_notes, guarantee_sentence
from fairlab.reports.sentences.threshold import RULE, no_offer_sentence, offer_sentence
from fairlab.reports.tables.drawn import drawn_table
from fairlab.reports.tables.guarantee import guarantee_table, meter_numbers
from fairlab.reports.tables.point import rates_by_group, splits_table
from fairlab.results import SweepResult
from fairlab.sweeps import ThresholdOffer, offer_threshold
from fairlab.sweeps.drawn import drawn_decisions
from fairlab.ui import state
from fairlab.ui.markdown import as_it_is
from fairlab.ui.store import result as stored
from fairlab.ui.widgets.chart import draw_table, show_table
from fairlab.ui.widgets.coefficients_view import show_coefficients
from fairlab.ui.widgets.fold import fold
from fairlab.ui.widgets.honesty_cache import honesty_of
from fairlab.ui.widgets.honesty_view import point_folds, point_honesty
from fairlab.ui.widgets.on_screen import on_screen

# Offered where nothing was promised: a number to start from, not a verdict.
USUAL_SLACK = 0.05


def point_detail(run_id: str, result: SweepResult, index: int, result_key: str) -> None:
    """Draw the detail of one model, with the button that chooses it."""
    point = result.points[index]
    label = point_label(point)
    with st.container(border=True):
        first = st.container(key="train_detail")  # the chart scrolls it into view after a click
        head, button = first.columns([4, 1], vertical_alignment="center")
        head.subheader(label, anchor=False)
        own = [
            p
            for p in state.chosen_points()
            if (p.run_id, p.index) == (run_id, index) and not p.cuts
        ]
        usual = any(p.threshold == result.threshold for p in own)
        if button.button(
            tr("Chosen")
            if usual
            else tr("Choose at {threshold:g}", threshold=result.threshold)
            if own
            else tr("Choose this"),
            type="primary",
            key="train.choose",
            disabled=usual,
            width="stretch",
        ):
            state.choose(state.ChosenPoint(run_id, index, label, result.threshold))
            st.rerun()
        for flag in point.flags:
            st.warning(as_it_is(flag))
        if point.method is not None:
            st.markdown(as_it_is(BASELINES[point.method].aim))
        point_honesty(index, honesty_of(run_id, result_key))
        st.markdown(tr("**Test people, by group** (95 % intervals in brackets)"))
        _table(rates_by_group(result, index))
        if point.guarantee is not None:
            _meter(result, index)
        _drawn(result, index)
        point_folds(run_id, result, index, result_key)
        title = tr("Training, validation and test people beside each other")
        with fold(title, key="train.splits"):
            _table(splits_table(result, index))
        if not point.is_drawn:
            _threshold(run_id, result, index)
        show_coefficients(result, index)
    if own:
        _next_steps()


def _meter(result: SweepResult, index: int) -> None:
    """The guarantee meter: three numbers, a sentence, and the table for who wants more."""
    guarantee = result.points[index].guarantee
    assert guarantee is not None
    st.markdown(tr("**What the layer promised, and what was measured**"))
    if guarantee.promised < 1:
        for column, (name, value) in zip(st.columns(3), meter_numbers(guarantee), strict=True):
            column.metric(name, value, border=True)
    st.markdown(guarantee_sentence(guarantee, result.constraint, result.threshold))
    if guarantee.promised >= 1:
        return
    for note in guarantee.notes:
        st.warning(as_it_is(note))
    with fold(tr("The promise split by split, and how to read it"), key="train.meter"):
        draw_table(guarantee_table(guarantee), key="train.meter.table")
        for note in guarantee_notes(guarantee):
            st.markdown(f"- {as_it_is(note)}")


def _drawn(result: SweepResult, index: int) -> None:
    """For decisions that are drawn the three ways to read them; nothing for others."""
    point = result.points[index]
    if point.method is None or point.mixed is None:
        return
    found = drawn_decisions(result, index)
    st.markdown(drawn_sentence(found, point.mixed, tr("test people")))
    show_table(drawn_table(result, index), key="train.drawn", label=tr("Every split, as a table"))


def _threshold(run_id: str, result: SweepResult, index: int) -> None:
    """One threshold for everybody that keeps decisions within a gap, picked on validation."""
    guarantee = result.points[index].guarantee
    promised = None if guarantee is None or guarantee.promised >= 1 else guarantee.promised
    with fold(tr("A threshold that keeps decisions within a gap"), key="train.within"):
        slack = st.number_input(
            tr("Gap of decisions to stay within, points"),
            0.0,
            100.0,
            100 * (USUAL_SLACK if promised is None else promised),
            1.0,
            key=f"train.within.{run_id}.{index}",
            help=translated(RULE),
            width=320,
        )
        offer = offer_of(run_id, index, slack / 100)
        if offer is None:
            st.markdown(no_offer_sentence(result.constraint))
            return
        st.markdown(offer_sentence(offer))
        picked = offer.picked
        used = any(
            (p.run_id, p.index, p.threshold) == (run_id, index, picked.threshold)
            for p in state.chosen_points()
        )
        if st.button(
            tr("In use") if used else tr("Use threshold {threshold:g}", threshold=picked.threshold),
            key="train.threshold.use",
            disabled=used,
        ):
            label = point_label(result.points[index])
            within = round(slack / 100, 6)
            state.choose(state.ChosenPoint(run_id, index, label, picked.threshold, within))
            st.rerun()


@st.cache_data(show_spinner=False, max_entries=256)
@in_english
def offer_of(run_id: str, index: int, slack: float) -> ThresholdOffer | None:
    """The threshold offered for a model of a stored run."""
    return offer_threshold(stored(run_id), index, slack)


def _table(frame: pd.DataFrame) -> None:
    st.dataframe(on_screen(frame), hide_index=True, width="stretch")


def _next_steps() -> None:
    """The report at once, or a closer look first."""
    if st.button(
        tr("Write the report"), type="primary", key="train.report", icon=":material/description:"
    ):
        st.switch_page("pages/report.py")
    st.markdown(tr("**Or look at the chosen model first:**"))
    with st.container(horizontal=True):
        for file, name in (
            ("thresholds", tr("Thresholds")),
            ("impossibility", tr("Impossibility")),
            ("audit", tr("Audit")),
            ("compare", tr("Compare")),
            ("stream", tr("Stream")),
        ):
            st.page_link(f"pages/{file}.py", label=name, icon=":material/arrow_forward:")
