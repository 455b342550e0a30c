"""The scores part of the Audit page: what a score means in every group."""

import streamlit as st

from fairlab.errors import InputError
from fairlab.language import later, tr, translated
from fairlab.metrics import Audit, GroupCalibration, calibration
from fairlab.metrics.calibration import scores_are_probabilities
from fairlab.metrics.suppression import suppress, suppress_calibration
from fairlab.reports.figures import calibration as figures
from fairlab.reports.sentences import calibration as sentences
from fairlab.reports.tables import calibration as tables
from fairlab.ui.markdown import as_it_is
from fairlab.ui.widgets.audit_cache import audited
from fairlab.ui.widgets.chart import draw_table, in_points, show_chart
from fairlab.ui.widgets.fold import fold
from fairlab.ui.widgets.scores_recalibrated import (
    people_with_chances,
    read_as_probabilities,
    show_recalibration,
)
from fairlab.ui.widgets.scores_subgroups import show_subgroups
from fairlab.ui.widgets.subject import Subject, with_scores

# Distances between scores and shares, said in points.
_ERRORS = (
    "Calibration error",
    "Lower",
    "Upper",
    "By chance alone",
    "Debiased",
    "Mean of outcome − score",
)


def show_scores(subject: Subject, result: Audit, smallest: int = 0) -> None:
    """Calibration and ranking per group; recalibration; the worst-calibrated subgroups.

    Args:
        subject: People; with thresholds per group, the scores behind them are read.
        result: Their audit.
        smallest: Cells of fewer people are hidden; 0 hides none.
    """
    if subject.point is not None and subject.point.cuts:
        subject = with_scores(subject)
        result = suppress(audited(subject.people, subject.by, result.threshold), smallest)
        st.markdown(tr("This part reads the scores behind the thresholds per group."))
    if not subject.people.has_scores or not result.calibration:
        st.info(
            tr(
                "There are decisions but no scores. Calibration asks what a "
                "score means, so it cannot be shown; rates and gaps of the "
                "decisions are in the other parts."
            )
        )
        return
    parts = {
        later("Curves"): lambda: _show_curves(subject, result, smallest),
        later("Recalibrate"): lambda: show_recalibration(subject, result.threshold),
        later("Subgroups"): lambda: show_subgroups(subject, result, smallest),
    }
    part = st.segmented_control(
        tr("What about scores"),
        list(parts),
        default="Curves",
        format_func=translated,
        required=True,
        key="audit.scores.part",
        label_visibility="collapsed",
    )
    if part == "Recalibrate" and smallest:
        st.info(
            tr(
                "Not shown while small cells are hidden: the same people "
                "decided in two ways would let them be worked out. Show small "
                "cells to see this part."
            )
        )
    elif part is not None:
        parts[part]()


def _show_curves(subject: Subject, result: Audit, smallest: int) -> None:
    groups = _calibrated(subject, result)
    if groups is not None:
        groups = suppress_calibration(groups, smallest, frozenset(result.hidden))
    if groups is not None:
        show_chart(
            figures.reliability_figure(groups),
            sentence=as_it_is(sentences.calibration_sentence(groups, result.level)),
            table=tables.reliability_table(groups),
            key="audit.reliability",
        )
    st.markdown(as_it_is(sentences.ranking_sentence(result)))
    shown = result.calibration if groups is None else groups
    table = in_points(tables.scores_table(shown, result.ranking), _ERRORS)
    draw_table(table, key="audit.scores.table")
    if groups is not None:
        own_scale = groups == result.calibration
        gap = result.score_gaps.get("brier_difference") if own_scale else None
        st.markdown(as_it_is(sentences.brier_sentence(groups, gap)))
        with fold(tr("The Brier score taken apart"), key="audit.brier"):
            st.markdown(
                tr(
                    "Brier score = uncertainty − resolution + reliability + "
                    "what is within bins. Uncertainty comes with the base rate "
                    "alone, so scores of groups with base rates nearer to one "
                    "half have a higher Brier score, however good they are."
                )
            )
            draw_table(tables.brier_table(groups), key="audit.brier.table")


def _calibrated(subject: Subject, result: Audit) -> tuple[GroupCalibration, ...] | None:
    """Calibration of the scores, or of what one curve makes of scores on another scale."""
    outcomes, added = people_with_chances(subject)
    if scores_are_probabilities(outcomes) and not added:
        return result.calibration
    if result.hidden:
        st.info(tr("Curves of scores on another scale are not shown while small cells are hidden."))
        return None
    if added:
        return calibration(outcomes, result.level)
    rising = subject.people.higher_is_better
    st.info(as_it_is(sentences.not_probabilities_sentence(outcomes.score, rising)))
    try:
        read = read_as_probabilities(subject.digest, outcomes)
    except InputError as error:
        st.info(as_it_is(tr("We cannot tell: {error}", error=error)))
        return None
    return calibration(read, result.level)
