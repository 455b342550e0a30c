"""The coefficients of a logistic regression, in the detail of a point on Train."""

import streamlit as st

from fairlab.language import tr, translated
from fairlab.reports.tables.coefficients import (
    COEFFICIENTS_SENTENCE,
    coefficients_table,
    has_coefficients,
)
from fairlab.results import SweepResult
from fairlab.ui.widgets.chart import draw_table
from fairlab.ui.widgets.fold import fold


def show_coefficients(result: SweepResult, index: int) -> None:
    """Draw them, folded away; nothing for a model that has none."""
    if not has_coefficients(result, index):
        return
    with fold(tr("Coefficients"), key="train.coefficients.fold"):
        st.markdown(translated(COEFFICIENTS_SENTENCE))
        draw_table(coefficients_table(result, index), key="train.coefficients")
