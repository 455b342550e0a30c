"""Recalibration on the Audit page: an option, with its effect on every gap shown."""

import math
from dataclasses import replace

import streamlit as st

from fairlab.data.small_groups import with_groups_of
from fairlab.errors import InputError
from fairlab.language import in_english, later, told, tr
from fairlab.metrics.calibration import scores_are_probabilities
from fairlab.metrics.score_maps import METHODS, Method
from fairlab.outcomes import GroupedOutcomes
from fairlab.reports.figures import calibration as figures
from fairlab.reports.sentences import recalibration as sentences
from fairlab.reports.sentences.audit import points
from fairlab.reports.tables import recalibration as tables
from fairlab.sweeps.recalibrated import (
    Recalibrated,
    RecalibrationEffect,
    recalibrate,
    recalibration_effect,
    threshold_selecting,
)
from fairlab.ui.markdown import as_it_is
from fairlab.ui.spinner import with_spinner
from fairlab.ui.store import result as stored
from fairlab.ui.widgets.chart import draw_table, in_points, show_chart, show_table
from fairlab.ui.widgets.fold import fold
from fairlab.ui.widgets.subject import Subject

_SHOWN_GROUPS = 4
_WAYS = told({True: later("A curve per group"), False: later("One curve for everybody")})


@with_spinner(later("Fitting curves on other people …"))
@st.cache_resource(show_spinner=False, max_entries=16)
@in_english
def _recalibrated(
    digest: str,  # noqa: ARG001 - stands for the people
    method: Method,
    per_group: bool,
    _people: GroupedOutcomes,
    _fit_on: GroupedOutcomes | None,
) -> Recalibrated:
    return recalibrate(_people, _fit_on, method, per_group=per_group)


@st.cache_resource(show_spinner=False, max_entries=32)
@in_english
def _effect(
    digest: str,  # noqa: ARG001 - stands for the people
    method: Method,  # noqa: ARG001 - with per_group it stands for the new scores
    per_group: bool,  # noqa: ARG001
    threshold_before: float,
    threshold_after: float,
    _before: GroupedOutcomes,
    _after: GroupedOutcomes,
) -> RecalibrationEffect:
    return recalibration_effect(
        _before, _after, threshold_before=threshold_before, threshold_after=threshold_after
    )


def read_as_probabilities(digest: str, people: GroupedOutcomes) -> GroupedOutcomes:
    """Scores on any scale read through one curve for everybody, cross-fitted.

    Raises:
        InputError: If everybody has the same outcome, or there are too few people.
    """
    return _recalibrated(f"{digest}:alone", "isotonic", False, people, None).outcomes


def people_with_chances(subject: Subject) -> tuple[GroupedOutcomes, float]:
    """The people, and what was added to their scores.

    A risk in 0 to 1 comes here with its sign turned; one added makes it the chance of the
    favourable outcome again. Other scores are left as they are.
    """
    people = subject.people.outcomes(subject.by)
    if subject.people.higher_is_better:
        return people, 0.0
    shifted = replace(people, score=people.score + 1.0)
    return (shifted, 1.0) if scores_are_probabilities(shifted) else (people, 0.0)


def show_recalibration(subject: Subject, threshold: float) -> None:
    """Choose a curve; see calibration and gaps before and after, on the same people."""
    people, added = people_with_chances(subject)
    threshold += added
    fit_on = _others(subject)
    left, right = st.columns(2)
    method = left.selectbox(
        tr("Curve"),
        METHODS,
        format_func=sentences.METHOD_WORDS.__getitem__,
        key="audit.recalibrate.method",
    )
    per_group = right.selectbox(
        tr("For whom"), list(_WAYS), format_func=_WAYS.__getitem__, key="audit.recalibrate.way"
    )
    try:
        ways = {
            way: _recalibrated(subject.digest, method, way, people, fit_on) for way in (False, True)
        }
    except InputError as error:
        st.info(as_it_is(tr("We cannot tell: {error}", error=error)))
        return
    after = _threshold(subject, people, ways[per_group].outcomes, threshold)
    effects = {
        way: _effect(subject.digest, method, way, threshold, after, people, found.outcomes)
        for way, found in ways.items()
    }
    st.markdown(as_it_is(sentences.fitted_sentence(ways[per_group], subject.split)))
    _show_headlines(effects[per_group])
    st.markdown(as_it_is(sentences.effect_sentence(effects[per_group])))
    st.markdown(as_it_is(sentences.lesson_sentence(effects[per_group])))
    _show_curves(effects[per_group])
    _show_tables(effects, per_group)
    notes = ways[per_group].notes
    if notes:
        title = tr("What to know about these curves ({n_notes})", n_notes=len(notes))
        with fold(title, key="audit.recalibrated.notes"):
            st.markdown("\n".join(f"- {as_it_is(note)}" for note in notes))


def _others(subject: Subject) -> GroupedOutcomes | None:
    """Validation people of the same model to fit curves on; None to cross-fit."""
    if subject.point is None or subject.split == "validation":
        return None
    point = subject.point
    others = stored(point.run_id).scored(point.index, "validation")
    return with_groups_of(others, subject.people, subject.by).outcomes(subject.by)


def _threshold(
    subject: Subject, before: GroupedOutcomes, after: GroupedOutcomes, threshold: float
) -> float:
    """The threshold for recalibrated scores: the same, or as many people where scales differ."""
    start = threshold
    words = tr("Threshold for recalibrated scores (at first the same as before)")
    if not scores_are_probabilities(before) or not math.isfinite(threshold):
        selected = before.score >= threshold
        share = (
            selected.mean()
            if before.weight is None
            else before.weight[selected].sum() / before.weight.sum()
        )
        start = threshold_selecting(after.score, float(share), after.weight)
        words = tr("Threshold for recalibrated scores (at first it selects about as many people)")
    chosen = st.number_input(
        words,
        # Rounded down: a threshold just above a score would leave out all who have it.
        value=math.floor(1000 * start) / 1000 if math.isfinite(start) else 1.0,
        step=0.01,
        format="%.3f",
        key=f"audit.recalibrate.threshold.{subject.label}.{threshold}",
        width=520,
    )
    return float(chosen)


def _show_headlines(effect: RecalibrationEffect) -> None:
    after = max((g.error for g in effect.after if g.error is not None), default=None)
    columns = st.columns(3)
    columns[0].metric(tr("Largest calibration error"), points(after), border=True)
    columns[0].markdown(sentences.error_before(effect))
    for column, label, name in (
        (columns[1], tr("Gap in true positive rates"), "equal_opportunity_difference"),
        (columns[2], tr("Gap in false positive rates"), "predictive_equality_difference"),
    ):
        gap = effect.decisions.gap(name)
        column.metric(label, points(gap.after), border=True)
        column.markdown(tr("before: {before}", before=points(gap.before)))


def _show_curves(effect: RecalibrationEffect) -> None:
    present = [g.group for g in effect.after if g.bins]
    shown = present
    if len(present) > _SHOWN_GROUPS:
        shown = st.multiselect(
            tr("Groups shown"),
            present,
            default=present[:_SHOWN_GROUPS],
            key="audit.recalibrate.shown",
        )
    show_chart(
        figures.before_after_figure(effect, shown),
        sentence=as_it_is(sentences.overlay_sentence(effect)),
        table=tables.curves_table(effect),
        key="audit.recalibrate.curves",
    )


def _show_tables(effects: dict[bool, RecalibrationEffect], per_group: bool) -> None:
    st.markdown(tr("**Gaps of the decisions, before and after, on the same people**"))
    gaps = tables.gaps_table(effects[per_group])
    numbers = (tr("Before"), tr("After"), tr("Change"), tr("Lower"), tr("Upper"))
    draw_table(in_points(gaps, numbers), key="audit.recalibrate.gaps")
    st.markdown(tr("**One curve for everybody, or a curve per group**"))
    choices = tables.choices_table([(_WAYS[way], effect) for way, effect in effects.items()])
    draw_table(in_points(choices, list(choices.columns[1:])), key="audit.recalibrate.choices")
    show_table(
        tables.groups_table(effects[per_group]),
        key="audit.recalibrate.groups",
        label=tr("Every group, before and after"),
    )
