"""The part of the form on Train that asks for baselines: models of other libraries."""

import streamlit as st

from fairlab.baselines import BASELINES, baselines_for, why_no_reductions
from fairlab.config import BaselineName, Constraint, Grouping, PluginParams, ReductionParams
from fairlab.language import tr
from fairlab.ui.widgets.training_form import class_weight_in_use

# Trained unless told otherwise: they take a second or two, and boosting is hard to beat.
USUAL: tuple[BaselineName, ...] = ("logistic", "boosting")
_KEY = "train.baselines"
_SLACKS = (0.01, 0.02, 0.05, 0.1, 0.2)
_PLUGIN_SLACKS = (0.0, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2)


def choose_baselines(
    constraint: Constraint, grouping: Grouping, weighted: bool
) -> tuple[tuple[BaselineName, ...], ReductionParams]:
    """Draw the choice of baselines, and of slacks and multipliers where they have them.

    Returns:
        What was picked, in the order of the catalogue, and the settings of reductions.
    """
    offered = list(baselines_for(constraint, marginal=grouping == "marginal", weighted=weighted))
    kept = [name for name in st.session_state.get(_KEY, USUAL) if name in offered]
    if _KEY in st.session_state:
        st.session_state[_KEY] = kept
    picked = st.pills(
        tr("Beside them (models of other libraries)"),
        offered,
        default=None if _KEY in st.session_state else kept,
        selection_mode="multi",
        format_func=lambda name: BASELINES[name].label,
        key=_KEY,
        help=_help(),
        wrap=True,
    )
    if len(offered) < len(BASELINES):
        st.markdown(_no_reductions(constraint, grouping, weighted))
    chosen = tuple(name for name in BASELINES if name in picked)
    return tuple(BASELINES[name].name for name in chosen), _reductions(chosen)


def _no_reductions(constraint: Constraint, grouping: Grouping, weighted: bool) -> str:
    """Why reductions are not offered: the one reason that applies, and what would offer them."""
    if weighted and class_weight_in_use() != "none":
        reason = tr(
            "Fairlearn's reductions take no weights, and outcomes are weighted (class weights)"
        )
    else:
        reason = why_no_reductions(
            constraint, marginal=grouping == "marginal", weighted=weighted
        ).replace("_", " ")
    return tr("Reductions are not offered here: {reason}.", reason=reason)


def choose_plugin(chosen: tuple[BaselineName, ...]) -> PluginParams:
    """Draw the choice of slacks of plug-in rules, where one was picked."""
    usual = PluginParams()
    if not any(BASELINES[name].mitigation == "plugin" for name in chosen):
        return usual
    slacks = _pick_slacks(
        tr("Slacks of plug-in rules"), _PLUGIN_SLACKS, usual.slacks, "train.plugin.slacks"
    )
    return PluginParams(slacks=slacks)


def _pick_slacks(
    label: str, offered: tuple[float, ...], usual: tuple[float, ...], key: str
) -> tuple[float, ...]:
    """Slacks to train for; the usual ones where none is left."""
    picked = st.pills(
        label,
        offered,
        default=list(usual),
        selection_mode="multi",
        format_func=lambda slack: (
            "1 point" if slack == 0.01 else tr("{slack:g} points", slack=100 * slack)
        ),
        key=key,
        wrap=True,
    )
    return tuple(slack for slack in offered if slack in picked) or usual


def _reductions(chosen: tuple[str, ...]) -> ReductionParams:
    usual = ReductionParams()
    slacks, multipliers = usual.slacks, usual.multipliers
    if "exponentiated_gradient" in chosen:
        slacks = _pick_slacks(
            tr("Slacks of exponentiated gradient"), _SLACKS, usual.slacks, "train.reduction.slacks"
        )
    if "grid_search" in chosen:
        multipliers = st.slider(
            tr("Models of grid search"), 2, 50, usual.multipliers, key="train.reduction.multipliers"
        )
    return ReductionParams(slacks=slacks, multipliers=int(multipliers))


def _help() -> str:
    said = [
        tr(
            "Trained on the same split and shown on the same chart. None uses a person's group to "
            "decide, unless sensitive attributes are features."
        ),
        "",
        *(f"- **{one.label}**: {one.aim}" for one in BASELINES.values()),
        "",
        tr(
            "Reductions fit many models one after another, so they take longer; plug-in rules fit "
            "two, five times each."
        ),
    ]
    return "\n".join(said)
