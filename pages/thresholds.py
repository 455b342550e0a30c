"""Thresholds: move the decision threshold and see people, rates and gaps move."""

from dataclasses import replace

import streamlit as st

from fairlab.impossibility import least_worst_gap, within_tolerance
from fairlab.metrics import RATES
from fairlab.reports.figures.explorer import explorer_payload, slider_grid
from fairlab.reports.sentences.sweep import (
    at_threshold_sentence,
    least_worst_sentence,
    tolerance_sentence,
)
from fairlab.reports.tables.sweep import sweep_csv, sweep_table
from fairlab.ui import state
from fairlab.ui.components.threshold_explorer import threshold_explorer
from fairlab.ui.markdown import as_it_is
from fairlab.ui.shell import begin_page
from fairlab.ui.widgets.subject import choose_subject
from fairlab.ui.widgets.sweep_view import (
    choose_gaps,
    interval_of,
    nothing_to_sweep,
    outcomes_of,
    sweep_of,
)

begin_page(
    "Thresholds",
    "A person is selected when the score reaches the threshold. Move it and watch who is selected "
    "in each group, and every gap at once.",
)
subject = choose_subject(key="thresholds")
if not subject.people.has_scores:
    nothing_to_sweep(subject)
    st.stop()

outcomes, digest = outcomes_of(subject)
sweep = sweep_of(digest, outcomes)
gaps, tolerance, within = choose_gaps("thresholds")
found = least_worst_gap(sweep, gaps, within)
best = sweep.thresholds[RATES["accuracy"](sweep.counts.overall())[:, 0].argmax()]
in_use = subject.people.threshold if subject.point is None else subject.point.threshold
start = slider_grid(sweep).deciding(in_use)
marks = {"In use": in_use, "Most accurate": float(best)}
if found is not None:
    marks["Smallest worst gap"] = found.threshold
sentence = least_worst_sentence(found, interval_of(digest, sweep, gaps, within), gaps, within)
payload = explorer_payload(
    outcomes,
    sweep,
    gaps=gaps,
    marks=marks,
    tolerance=tolerance,
    outcome_words=subject.outcome_words,
    digest=digest,
)


@st.fragment
def explorer() -> None:
    """The slider with everything that follows it; only this part runs when it is let go."""
    moved = threshold_explorer(payload, start=start, alt=sentence, key=f"explorer.{digest}")
    threshold = start if moved is None else moved
    st.markdown(as_it_is(at_threshold_sentence(sweep.at(threshold), threshold, gaps)))
    if subject.point is not None and st.button(
        "Use this threshold",
        key="thresholds.use",
        disabled=not 0 < threshold < 1 or threshold == subject.point.threshold,
        help="Audit, Compare and Report then read this model at this threshold.",
    ):
        state.choose(replace(subject.point, threshold=threshold))
        st.rerun()


explorer()
st.markdown(sentence)
if found is not None:
    ranges = within_tolerance(sweep, gaps, tolerance, within)
    st.markdown(tolerance_sentence(ranges, gaps, tolerance, within))
with st.expander("Show as table"):
    table = sweep_table(sweep, gaps)
    st.markdown(
        f"{len(table):,} of {len(sweep.thresholds):,} thresholds, exact at each. Empty cells are "
        "undefined; the last row selects nobody. The file has a row for every ten decisions that "
        "change: finer steps would give away single people."
    )
    st.dataframe(table, hide_index=True, width="stretch")
    st.download_button(
        "Download the sweep (CSV)",
        lambda: sweep_csv(sweep, gaps),
        "thresholds.csv",
        "text/csv",
        on_click="ignore",
    )
