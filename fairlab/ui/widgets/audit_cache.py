"""Audits computed once per content and shared between visitors; nothing is computed twice."""

import hashlib

import numpy as np
import streamlit as st

from fairlab.language import in_english
from fairlab.metrics import (
    Audit,
    ScoreNumbers,
    WithinStrata,
    audit,
    score_numbers,
    within_strata,
)
from fairlab.outcomes import GroupedOutcomes
from fairlab.results import Attribute, ScoredPeople


def audited(people: ScoredPeople, by: tuple[str, ...], threshold: float) -> Audit:
    """The audit of people in groups; computed once per content, shared and never modified."""
    outcomes = people.outcomes(by)
    return _audit(_content(outcomes), threshold, people.has_scores, outcomes)


def audited_within(
    people: ScoredPeople, by: tuple[str, ...], control: str, threshold: float
) -> WithinStrata:
    """Every gap between groups within the strata of a control; computed once per content."""
    outcomes, strata = people.outcomes(by), people.strata_for(by)[control]
    codes = hashlib.sha256(np.ascontiguousarray(strata.codes).tobytes())
    codes.update("\x1f".join(strata.names).encode())
    return _within(_content(outcomes) + codes.hexdigest(), threshold, outcomes, strata)


@st.cache_resource(show_spinner=False, max_entries=32)
@in_english
def _scores(
    digest: str,  # noqa: ARG001 - the cache key that stands for the outcomes
    _outcomes: GroupedOutcomes,
) -> ScoreNumbers:
    return score_numbers(_outcomes)


@st.cache_resource(show_spinner=False, max_entries=64)
@in_english
def _audit(digest: str, threshold: float, has_scores: bool, _outcomes: GroupedOutcomes) -> Audit:
    scores = _scores(digest, _outcomes) if has_scores else None
    return audit(_outcomes, threshold, has_scores=has_scores, scores=scores)


@st.cache_resource(show_spinner=False, max_entries=32)
@in_english
def _within(
    digest: str,  # noqa: ARG001 - the cache key that stands for outcomes and strata
    threshold: float,
    _outcomes: GroupedOutcomes,
    _strata: Attribute,
) -> WithinStrata:
    return within_strata(_outcomes, _strata, threshold)


def _content(outcomes: GroupedOutcomes) -> str:
    content = hashlib.sha256()
    for array in (outcomes.y_true, outcomes.score, outcomes.group, outcomes.weight):
        content.update(b"none" if array is None else np.ascontiguousarray(array).data)
    content.update("\x1f".join(outcomes.group_names).encode())
    return content.hexdigest()
