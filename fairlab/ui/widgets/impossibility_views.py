"""The views of the Impossibility page: each a sentence, a chart, a reason and a table."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import streamlit as st

from fairlab.impossibility import (
    BalanceIntervals,
    BaseRateTest,
    DialCourse,
    balance_intervals,
    balance_table,
    base_rate_test,
    dial_course,
    forced_intervals,
    groups_that_cannot_move,
    identity_table,
    parity_table,
    within_tolerance,
)
from fairlab.language import in_english, later, tr
from fairlab.outcomes import Counts, GroupedOutcomes, count
from fairlab.reports.figures.explorer import dial_payload
from fairlab.reports.figures.impossibility import (
    add_bands,
    balance_figure,
    identity_figure,
    parity_figure,
)
from fairlab.reports.figures.sweep import sweep_figure
from fairlab.reports.sentences.impossibility import (
    balance_sentence,
    dial_interval_sentence,
    identity_sentence,
    parity_sentence,
    within_noise,
)
from fairlab.reports.sentences.sweep import tolerance_sentence
from fairlab.reports.tables.impossibility import (
    balance_frame,
    dial_frame,
    identity_frame,
    parity_frame,
)
from fairlab.reports.tables.sweep import sweep_table
from fairlab.sweeps import GapBands, ThresholdSweep, gap_bands
from fairlab.ui.components.base_rate_dial import base_rate_dial
from fairlab.ui.markdown import as_it_is
from fairlab.ui.widgets.chart import show_chart, show_table
from fairlab.ui.widgets.compatibility_view import which_together
from fairlab.ui.widgets.subject import Subject, people_of
from fairlab.ui.widgets.sweep_view import (
    asked_first,
    choose_gaps,
    least_worst,
    nothing_to_sweep,
    outcomes_of,
    say_thinned,
    sweep_of,
)
from fairlab.ui.widgets.theorem import BALANCE, DIAL, IDENTITY, PARITY, SWEEP, why

DIAL_GAPS = ("demographic_parity_difference", "predictive_parity_difference")
STEPS = 101
_MOST_MARKED = 6  # thresholds of groups in one chart


def every_threshold(subject: Subject, outcomes: GroupedOutcomes, digest: str) -> None:
    """View 1: every gap at every threshold."""
    if not subject.people.has_scores:
        nothing_to_sweep(subject)
        return
    gaps, tolerance, within = choose_gaps("impossibility")
    sweep = sweep_of(digest, outcomes)
    risk = not subject.people.higher_is_better
    found, sentence = least_worst(subject, digest, sweep, gaps, within)
    if found is not None and tolerance is not None:
        ranges = within_tolerance(sweep, gaps, tolerance, within)
        sentence += f" {tolerance_sentence(ranges, gaps, tolerance, within, risk=risk)}"
    bands = bands_of(digest, sweep, gaps, outcomes)
    if not np.isnan(bands.lower).all():
        sentence += tr(
            " Shaded: a 95 % band of the first gap, for each threshold on "
            "its own; a click in the legend shows the others'."
        )
    show_chart(
        add_bands(
            sweep_figure(
                sweep,
                gaps,
                tolerance=tolerance,
                thresholds=_in_use(subject),
                least_worst=None if found is None else (found.threshold, found.value),
            ),
            bands,
        ),
        sentence=as_it_is(sentence + within_noise(noise_of(digest, outcomes))),
        table=sweep_table(sweep, gaps, risk=risk),
        key="impossibility.sweep",
    )
    say_thinned(sweep)
    why(SWEEP)


def equal_precision(subject: Subject, outcomes: GroupedOutcomes, digest: str) -> None:
    """View 2: Chouldechova's identity."""
    counts = _counts(subject, outcomes)
    table = identity_table(counts)
    show_chart(
        identity_figure(table),
        sentence=as_it_is(
            identity_sentence(table, forced_intervals(counts))
            + within_noise(noise_of(digest, outcomes))
        ),
        table=identity_frame(table),
        key="impossibility.identity",
    )
    why(IDENTITY)


def parity_or_odds(subject: Subject, outcomes: GroupedOutcomes, digest: str) -> None:
    """View 3: demographic parity against equalized odds."""
    counts = _counts(subject, outcomes)
    table = parity_table(counts)
    show_chart(
        parity_figure(table),
        sentence=as_it_is(
            parity_sentence(table, forced_intervals(counts))
            + within_noise(noise_of(digest, outcomes))
        ),
        table=parity_frame(table),
        key="impossibility.parity",
    )
    why(PARITY)


def calibration_or_balance(subject: Subject, outcomes: GroupedOutcomes, digest: str) -> None:
    """View 4: calibration against balance."""
    if not subject.people.has_scores:
        nothing_to_sweep(subject, tr("Calibration needs scores"))
        return
    table = balance_table(outcomes)
    intervals = balance_intervals_of(digest, outcomes)
    show_chart(
        balance_figure(table, intervals),
        sentence=as_it_is(
            balance_sentence(table, intervals) + within_noise(noise_of(digest, outcomes))
        ),
        table=balance_frame(table),
        key="impossibility.balance",
    )
    why(BALANCE)


def dial(subject: Subject, outcomes: GroupedOutcomes, digest: str) -> None:
    """View 6: what if base rates moved together."""
    counts = _counts(subject, outcomes)
    course = course_of(f"{digest}@{_threshold(subject)}", counts)
    base_rate_dial(dial_payload(course), key=f"dial.{digest}")
    sure = dial_interval_sentence(forced_intervals(counts)) + within_noise(
        noise_of(digest, outcomes)
    )
    if sure:
        st.markdown(as_it_is(sure.strip()))
    stuck = groups_that_cannot_move(outcomes)
    if stuck:
        st.markdown(
            tr(
                "Everyone in {stuck} has the same outcome, so no weights move "
                "that base rate; it stays.",
                stuck=as_it_is(", ".join(stuck)),
            )
        )
    show_table(dial_frame(course), key="impossibility.dial")
    why(DIAL)


@st.cache_resource(show_spinner=False, max_entries=32)
@in_english
def course_of(key: str, _counts: Counts) -> DialCourse:  # noqa: ARG001
    """The dial's course; ``key`` identifies people and threshold."""
    return dial_course(_counts, DIAL_GAPS, STEPS)


@st.cache_data(show_spinner=False, max_entries=64)
@in_english
def noise_of(digest: str, _outcomes: GroupedOutcomes) -> BaseRateTest:  # noqa: ARG001
    """Whether base rates differ beyond chance; ``digest`` identifies the people."""
    return base_rate_test(_outcomes)


@st.cache_resource(show_spinner=False, max_entries=32)
@in_english
def balance_intervals_of(digest: str, _outcomes: GroupedOutcomes) -> BalanceIntervals | None:  # noqa: ARG001
    """Intervals of the balance view; ``digest`` identifies the people."""
    return balance_intervals(_outcomes)


@st.cache_resource(show_spinner=False, max_entries=32)
@in_english
def bands_of(
    digest: str,  # noqa: ARG001
    _sweep: ThresholdSweep,
    gaps: tuple[str, ...],
    _outcomes: GroupedOutcomes,
) -> GapBands:
    """Bands of the gaps along the sweep; ``digest`` identifies the people."""
    return gap_bands(_sweep, gaps, size=100, draws=200, outcomes=_outcomes)


View = Callable[[Subject, GroupedOutcomes, str], None]
VIEWS: dict[str, View] = {
    later("Base-rate dial"): dial,
    later("Precision and false alarms"): equal_precision,
    later("Parity and equalized odds"): parity_or_odds,
    later("Calibration and balance"): calibration_or_balance,
    later("Which can hold together"): which_together,
    later("Every threshold"): every_threshold,
}


#: Views of scores; where a threshold per group was chosen, they read the scores behind it.
OF_SCORES = ("Calibration and balance", "Which can hold together", "Every threshold")


def show_view(name: str, subject: Subject, outcomes: GroupedOutcomes, digest: str) -> None:
    """Draw one of :data:`VIEWS`."""
    point = subject.point
    if name in OF_SCORES and point is not None and point.cuts:
        st.markdown(
            tr("This view reads the model's scores; thresholds per group do not change it.")
        )
        people = people_of(point, subject.split, scores=True)
        # Only the curves mark where each group's own threshold stands.
        kept = point if name == "Every threshold" else replace(point, by=(), cuts=())
        subject = replace(subject, people=people, point=kept)
        outcomes, digest = outcomes_of(subject)
    if name == "Which can hold together" and not asked_first(
        outcomes,
        digest,
        "impossibility.together.asked",
        tr("Work it out"),
        tr("searching for the best rules of every pair of criteria takes minutes."),
    ):
        return
    VIEWS[name](subject, outcomes, digest)


def _in_use(subject: Subject) -> dict[str, float]:
    """What decides at present: one threshold, or those of the groups shown; {} for other groups."""
    point = subject.point
    if point is None or not point.cuts:
        return {"in use": _threshold(subject)}
    if point.by != subject.by:
        return {}
    names = subject.people.outcomes(subject.by).group_names
    if len(names) != len(point.cuts) or len(names) > _MOST_MARKED:
        return {}
    return {tr("in use for {n}", n=n): cut for n, cut in zip(names, point.cuts, strict=True)}


def _threshold(subject: Subject) -> float:
    if subject.point is None or not subject.people.has_scores:
        return subject.people.threshold
    return subject.point.threshold


def _counts(subject: Subject, outcomes: GroupedOutcomes) -> Counts:
    return count(outcomes, _threshold(subject))
