"""The worst-calibrated subgroups on the Audit page, over all crossed groups at once."""

from dataclasses import replace

import streamlit as st

from fairlab.errors import InputError
from fairlab.language import in_english, tr
from fairlab.metrics import Audit, Multicalibration, audit_multicalibration
from fairlab.metrics.calibration import scores_are_probabilities
from fairlab.metrics.multicalibration_suppression import suppress_multicalibration
from fairlab.outcomes import FloatArray
from fairlab.reports.figures import calibration as figures
from fairlab.reports.sentences import calibration, multicalibration
from fairlab.reports.tables.multicalibration import subgroups_table
from fairlab.results import ScoredPeople
from fairlab.ui.markdown import as_it_is
from fairlab.ui.widgets.chart import show_chart
from fairlab.ui.widgets.scores_recalibrated import people_with_chances, read_as_probabilities
from fairlab.ui.widgets.subject import Subject

_FEWEST = 30
_RANGES = 5


@st.cache_resource(show_spinner=False, max_entries=32)
@in_english
def _audited(
    digest: str,  # noqa: ARG001 - stands for the people
    smallest: int,
    bins: int,
    _people: ScoredPeople,
    _score: FloatArray,
) -> Multicalibration:
    return audit_multicalibration(
        _people.y_true, _score, _people.attributes, _people.weight, smallest=smallest, bins=bins
    )


def show_subgroups(subject: Subject, shown: Audit, hide_below: int = 0) -> None:
    """Which subgroups' scores are farthest from outcomes, beside what chance makes.

    Args:
        subject: Whose scores.
        shown: Their audit, small cells suppressed.
        hide_below: Rows that rest on fewer people, or give them away, are left out; 0 shows all.
    """
    people = subject.people
    outcomes, _ = people_with_chances(subject)
    score = outcomes.score
    if not scores_are_probabilities(outcomes):
        st.info(as_it_is(calibration.not_probabilities_sentence(score, people.higher_is_better)))
        try:
            score = read_as_probabilities(subject.digest, outcomes).score
        except InputError as error:
            st.info(as_it_is(tr("We cannot tell: {error}", error=error)))
            return
    left, right = st.columns(2, vertical_alignment="bottom")
    smallest = left.number_input(
        tr("Fewest people of a subgroup"),
        min_value=_FEWEST,
        max_value=max(_FEWEST, outcomes.n),
        value=max(_FEWEST, -(-outcomes.n // 100)),
        step=10,
        key=f"audit.subgroups.smallest.{subject.label}",
    )
    by_range = right.toggle(tr("Also by range of scores"), key="audit.subgroups.ranges")
    bins = _RANGES if by_range else 1
    result = suppress_multicalibration(
        _audited(subject.digest, int(smallest), bins, people, score),
        replace(outcomes, score=score),
        people.attributes,
        hide_below,
        shown=shown,
        by=subject.by,
        selected=people.score >= shown.threshold,
        bins=bins,
    )
    _show(result)


def _show(result: Multicalibration) -> None:
    st.markdown(as_it_is(multicalibration.scope_sentence(result)))
    sentence = as_it_is(multicalibration.worst_sentence(result))
    rows = figures.shown_subgroups(result)
    if not rows:
        st.info(sentence)
        _show_notes(result)
        return
    show_chart(
        figures.subgroups_figure(rows, result.level),
        sentence=sentence,
        table=subgroups_table(result),
        key="audit.subgroups",
    )
    st.markdown(as_it_is(multicalibration.violation_sentence(result)))
    st.markdown(as_it_is(multicalibration.shown_sentence(result, len(rows))))
    _show_notes(result)


def _show_notes(result: Multicalibration) -> None:
    for note in result.notes:
        st.markdown(f"- {as_it_is(note)}")
