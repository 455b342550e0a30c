"""What Compare computes once per run and question, shared between visitors and never modified."""

import streamlit as st

from fairlab.results import SweepResult
from fairlab.sweeps.candidates import Candidates, PickedRule, candidate_rules, pick_rule
from fairlab.sweeps.judged import MetricMatrix, metric_matrix
from fairlab.ui.store import result

Groupings = tuple[tuple[str, ...], ...]


def picked(
    run_id: str,
    groupings: Groupings,
    metric: str,
    tolerance: float,
    models: tuple[int, ...] | None = None,
) -> PickedRule | None:
    """The rule of a run that is best under a metric, on validation people."""
    found = _candidates(run_id, groupings, result(run_id))
    return pick_rule(found, metric, tolerance, models=models)


def matrix(
    run_id: str,
    groupings: Groupings,
    metrics: tuple[str, ...],
    tolerance: float,
    give_up: float,
    attribute: bool,
    models: tuple[int, ...] | None,
) -> MetricMatrix:
    """Each metric's best rule of a run judged by every metric."""
    return _matrix(
        run_id, groupings, metrics, tolerance, give_up, attribute, models, result(run_id)
    )


@st.cache_resource(show_spinner=False, max_entries=16)
def _candidates(
    run_id: str,  # noqa: ARG001 - the cache key that stands for the result
    groupings: Groupings,
    _result: SweepResult,
) -> Candidates:
    return candidate_rules(_result, groupings)


@st.cache_resource(show_spinner=False, max_entries=64)
def _matrix(
    run_id: str,
    groupings: Groupings,
    metrics: tuple[str, ...],
    tolerance: float,
    give_up: float,
    attribute: bool,
    models: tuple[int, ...] | None,
    _result: SweepResult,
) -> MetricMatrix:
    return metric_matrix(
        _result,
        groupings,
        metrics=metrics,
        tolerance=tolerance,
        give_up=give_up,
        attribute=attribute,
        models=models,
        candidates=_candidates(run_id, groupings, _result),
    )
