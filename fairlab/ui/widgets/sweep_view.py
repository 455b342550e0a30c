"""The exact sweep of the chosen people, computed once and shared by pages."""

import hashlib
from collections.abc import Sequence
from typing import Literal

import numpy as np
import streamlit as st

from fairlab.impossibility import (
    USUAL_GAPS,
    LeastWorstGap,
    least_worst_gap,
    least_worst_interval,
)
from fairlab.language import in_english, tr
from fairlab.metrics import GAPS
from fairlab.outcomes import GroupedOutcomes
from fairlab.reports.sentences.sweep import (
    interval_sentence,
    least_worst_sentence,
    thinned_sentence,
)
from fairlab.sweeps import ThresholdSweep, thinned_sweep
from fairlab.ui.markdown import as_it_is
from fairlab.ui.widgets.audit_cache import audited
from fairlab.ui.widgets.fold import fold
from fairlab.ui.widgets.subject import Subject

COMPARABLE = (
    *USUAL_GAPS,
    "equalized_odds_difference",
    "accuracy_difference",
    "negative_predictive_value_difference",
)

#: With more groups than this, what takes minutes is worked out once asked for.
MANY_GROUPS = 20


def outcomes_of(subject: Subject) -> tuple[GroupedOutcomes, str]:
    """The subject's people in groups, and a key that changes when any of their numbers does."""
    outcomes = subject.people.outcomes(subject.by)
    return outcomes, digest_of(outcomes)


def digest_of(outcomes: GroupedOutcomes) -> str:
    """Identifies people, scores, groups and weights; a cache key."""
    content = hashlib.blake2b(digest_size=16)
    content.update("\x1f".join(outcomes.group_names).encode())
    for array in (outcomes.y_true, outcomes.score, outcomes.group, outcomes.weight):
        content.update(b"none" if array is None else np.ascontiguousarray(array).tobytes())
    return content.hexdigest()


# A sweep of a million people takes 100 MB: few are kept.
@st.cache_resource(show_spinner=False, max_entries=6)
@in_english
def sweep_of(digest: str, _outcomes: GroupedOutcomes) -> ThresholdSweep:  # noqa: ARG001
    """Sweep, thinned where people and groups are many; ``digest`` identifies the people."""
    return thinned_sweep(_outcomes)


def say_thinned(sweep: ThresholdSweep) -> None:
    """Draw how many of all thresholds are compared, where not all are."""
    said = thinned_sentence(len(sweep.thresholds), sweep.n_distinct)
    if said:
        st.markdown(said)


def say_intervals(subject: Subject, threshold: float, gaps: Sequence[str]) -> None:
    """Draw the gaps' intervals at one threshold, the same as Audit's, and why bands are wider."""
    if subject.people.outcomes(subject.by).n_groups > MANY_GROUPS:
        return
    found = audited(subject.people, subject.by, threshold)
    said = interval_sentence([found.gaps[name] for name in gaps])
    if said:
        st.markdown(as_it_is(said))


def asked_first(outcomes: GroupedOutcomes, digest: str, key: str, button: str, why: str) -> bool:
    """With many groups draw why something takes long and a button for it.

    Returns:
        Whether to go on: there are few groups, or it was asked for on these people.
    """
    if outcomes.n_groups <= MANY_GROUPS or st.session_state.get(key) == digest:
        return True
    st.markdown(tr("With {n_groups} groups {why}", n_groups=outcomes.n_groups, why=why))
    if not st.button(button, key=f"{key}.go"):
        return False
    st.session_state[key] = digest
    return True


@st.cache_data(show_spinner=False, max_entries=256)
@in_english
def interval_of(
    digest: str,  # noqa: ARG001
    _sweep: ThresholdSweep,
    gaps: tuple[str, ...],
    within: float,
) -> tuple[float, float] | None:
    """Interval of the smallest worst gap; ``digest`` identifies the people."""
    return least_worst_interval(_sweep, gaps, within)


def least_worst(
    subject: Subject, digest: str, sweep: ThresholdSweep, gaps: tuple[str, ...], within: float
) -> tuple[LeastWorstGap | None, str]:
    """The single threshold whose worst gap is smallest, and its sentence with the interval."""
    found = least_worst_gap(sweep, gaps, within)
    sentence = least_worst_sentence(
        found,
        interval_of(digest, sweep, gaps, within),
        gaps,
        within,
        risk=not subject.people.higher_is_better,
        every=sweep.every,
    )
    return found, sentence


def choose_gaps(
    key: str, default: Sequence[str] = USUAL_GAPS, *, linked: bool = False
) -> tuple[tuple[str, ...], float | None, float]:
    """Draw which gaps to compare, a tolerance if wanted, and the accuracy that may be given up.

    Args:
        key: Prefix of the widgets' keys, unique on the page.
        default: Gaps compared at first.
        linked: Keep the answers in the address bar.

    Returns:
        Gap names (never empty); tolerance in [0, 1], None unless one is set; accuracy limit.
    """
    bind: Literal["query-params"] | None = "query-params" if linked else None
    with fold(tr("What to compare"), key=f"{key}.compared"):
        picked = st.multiselect(
            tr("Gaps"),
            COMPARABLE,
            default=list(default),
            format_func=lambda name: GAPS[name].label.removesuffix(tr(" difference")),
            key=f"{key}.gaps",
            bind=bind,
        )
        left, right = st.columns(2)
        tolerance = left.number_input(
            tr("Tolerance you want to hold gaps against, points"),
            min_value=0.0,
            max_value=100.0,
            value=None,
            step=1.0,
            placeholder="none",
            key=f"{key}.tolerance",
            bind=bind,
            help=tr(
                "Gaps up to this size then lie inside a grey band. The number "
                "is yours to choose; no number is right by itself."
            ),
        )
        within = right.number_input(
            tr("Accuracy that may be given up, points"),
            0.0,
            100.0,
            5.0,
            1.0,
            key=f"{key}.within",
            bind=bind,
            help=tr(
                "Thresholds that lose more accuracy than this against the best "
                "single threshold do not count: selecting almost nobody makes "
                "gaps small for an empty reason."
            ),
        )
    gaps = tuple(name for name in COMPARABLE if name in picked)
    if not gaps:
        st.warning(tr("Choose at least one gap to compare."))
        st.stop()
    return gaps, None if tolerance is None else tolerance / 100, within / 100


def nothing_to_sweep(subject: Subject, title: str = "There is no threshold to move") -> None:
    """Say that decisions are no scores, and what to do. Draws; the page then stops."""
    with st.container(border=True):
        st.subheader(title, anchor=False)
        st.markdown(
            tr(
                "“{subject}” holds decisions, not scores: every person is "
                "already selected or not. To see more, upload the scores the "
                "decisions were made from (a column of numbers, higher meaning "
                "more likely favourable), or train a model here.",
                subject=as_it_is(subject.label),
            )
        )
        left, right = st.columns(2)
        left.page_link("pages/data.py", label=tr("Upload scores"), icon=":material/upload:")
        right.page_link(
            "pages/audit.py", label=tr("Audit the decisions"), icon=":material/fact_check:"
        )
