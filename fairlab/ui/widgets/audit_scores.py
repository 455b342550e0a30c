"""The scores part of the Audit page: what a score means in every group."""

import streamlit as st

from fairlab.metrics import Audit
from fairlab.reports.figures import calibration as figures
from fairlab.reports.sentences import calibration as sentences
from fairlab.reports.tables import calibration as tables
from fairlab.ui.markdown import as_it_is
from fairlab.ui.widgets.chart import show_chart
from fairlab.ui.widgets.subject import Subject


def show_scores(subject: Subject, result: Audit) -> None:  # noqa: ARG001 - part of the contract
    """Calibration and ranking per group."""
    if not result.calibration:
        st.info("There are decisions but no scores, so calibration and ranking cannot be shown.")
        return
    show_chart(
        figures.reliability_figure(result),
        sentence=as_it_is(sentences.calibration_sentence(result)),
        table=tables.reliability_table(result),
        key="audit.reliability",
    )
    st.markdown(as_it_is(sentences.ranking_sentence(result)))
    st.dataframe(
        tables.scores_table(result), hide_index=True, width="stretch", key="audit.scores.table"
    )
    st.markdown(
        "A calibration error of few people is too large, because chance alone separates scores "
        "from shares; the debiased one takes an estimate of that off."
    )
