"""Noise, comparisons and picks of finished runs, worked out once per result and shared."""

import streamlit as st

from fairlab.errors import InputError
from fairlab.language import in_english
from fairlab.pareto.folds import FoldSummary, fold_summaries
from fairlab.pareto.honesty import Honesty, honesty
from fairlab.pareto.selection import Selection, ValidationDraws, select, validation_draws
from fairlab.ui.store import result


@st.cache_resource(show_spinner=False, max_entries=16)
@in_english
def honesty_of(run_id: str, result_key: str) -> Honesty:  # noqa: ARG001 (cache key)
    """Everything a finished run says of its own noise, on test people."""
    return honesty(result(run_id))


@st.cache_resource(show_spinner=False, max_entries=8)
@in_english
def draws_of(run_id: str, result_key: str) -> ValidationDraws:  # noqa: ARG001 (cache key)
    """Validation people of a run drawn anew, for picking again."""
    return validation_draws(result(run_id))


@st.cache_resource(show_spinner=False, max_entries=16)
@in_english
def folds_of(run_id: str, result_key: str) -> tuple[FoldSummary, ...]:  # noqa: ARG001 (cache key)
    """Every model of a run over its folds; () for one split."""
    found = result(run_id)
    return () if found.folds is None else fold_summaries(found)


@st.cache_data(show_spinner=False, max_entries=256)
@in_english
def picked(
    run_id: str, result_key: str, within: float, uses_attribute: bool | None
) -> Selection | str:
    """The best model within a gap; or why there is none to pick from."""
    try:
        return select(
            result(run_id),
            within,
            uses_attribute=uses_attribute,
            draws=draws_of(run_id, result_key),
        )
    except InputError as error:
        return str(error)
