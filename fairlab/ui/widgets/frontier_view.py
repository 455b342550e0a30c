"""The threshold frontier behind the curve: for whose scores, what it says, and its rules."""

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fairlab.errors import FairlabError
from fairlab.frontier import (
    RoundedRule,
    RunFrontier,
    frontier_of_run,
    most_accurate_model,
    one_threshold_each,
    unmitigated_model,
)
from fairlab.language import in_english, tr
from fairlab.reports.export import frontier_csv
from fairlab.reports.sentences.curve import point_label
from fairlab.reports.sentences.frontier import (
    chance_sentence,
    frontier_notes,
    frontier_sentence,
    rule_sentence,
)
from fairlab.reports.tables.frontier import frontier_table, rule_table
from fairlab.results import SweepResult
from fairlab.ui import state
from fairlab.ui.markdown import as_it_is
from fairlab.ui.store import result as stored
from fairlab.ui.widgets.chart import show_table
from fairlab.ui.widgets.fold import fold
from fairlab.ui.widgets.on_screen import on_screen

_SLACK = "fairlab.frontier.slack"
_CLICKS = "fairlab.frontier.clicks"
_NONE = -1
DRAWS = 150
USUAL_SLACK = 0.05


def best_thresholds() -> DeltaGenerator:
    """Where all about the line goes: folded away, but open after a click on the line."""
    clicks = st.session_state.get(_CLICKS, 0)
    return fold(
        tr("Best thresholds per group: the line, and rules from it"),
        key=f"train.frontier.{clicks}",
        unfolded=clicks > 0,
        icon=":material/timeline:",
    )


def choose_scores(run_id: str, selected: int | None) -> int | None:
    """Ask for whose scores the frontier is drawn; None for nobody's.

    Args:
        run_id: A finished run.
        selected: The point selected on the curve, if any; offered too.
    """
    found = stored(run_id)
    offered: dict[int, str] = {}
    reasons = (
        (unmitigated_of(run_id), ""),
        (most_accurate_of(run_id), tr("most accurate: ")),
        (selected, tr("selected: ")),
    )
    for index, why in reasons:
        if index is not None and index not in offered:
            offered[index] = why + point_label(found.points[index])
    offered[_NONE] = tr("do not draw it")
    picked = st.selectbox(
        tr("Best thresholds per group (the line), for the scores of"),
        list(offered),
        format_func=offered.__getitem__,
        key=f"train.frontier.{run_id}",
        help=tr(
            "For one model's scores, the least gap any thresholds per group "
            "can have at each accuracy. Deciding that way needs each person's "
            "group."
        ),
        width=420,
    )
    return None if picked == _NONE else picked


def frontier_of(run_id: str, index: int) -> RunFrontier | str:
    """The frontier on test people, or why there is none."""
    try:
        return _frontier(run_id, index)
    except FairlabError as error:
        return str(error)


@st.cache_resource(show_spinner=False, max_entries=64)
@in_english
def _frontier(run_id: str, index: int) -> RunFrontier:
    return frontier_of_run(stored(run_id), index, "test", draws=DRAWS)


@st.cache_data(show_spinner=False, max_entries=64)
@in_english
def unmitigated_of(run_id: str) -> int | None:
    """The unmitigated model of a run."""
    return unmitigated_model(stored(run_id))


@st.cache_data(show_spinner=False, max_entries=64)
@in_english
def most_accurate_of(run_id: str) -> int | None:
    """The most accurate model of a run."""
    return most_accurate_model(stored(run_id))


@st.cache_data(show_spinner=False, max_entries=256)
@in_english
def _simple(run_id: str, index: int, slack: float) -> RoundedRule:
    found = _frontier(run_id, index)
    fitted = stored(run_id).scored(index, "validation").outcomes(found.by)
    return one_threshold_each(found.frontier, fitted, slack)


def keep_slack(slack: float) -> None:
    """A click on the line: the rule at this slack is shown below."""
    st.session_state[_SLACK] = slack
    st.session_state[_CLICKS] = st.session_state.get(_CLICKS, 0) + 1


def say_frontier(run_id: str, found: RunFrontier | str) -> None:
    """The frontier in words, as a table, and its rules; folded away but for the sentence."""
    if isinstance(found, str):
        st.markdown(as_it_is(tr("No line of best thresholds is drawn. {found}", found=found)))
        return
    label = point_label(stored(run_id).points[found.index])
    st.markdown(as_it_is(frontier_sentence(found, label)))
    show_table(frontier_table(found), key="train.frontier", label=tr("The line as a table"))
    clicked = st.session_state.pop(_SLACK, None)
    clicks = st.session_state.get(_CLICKS, 0)
    with fold(tr("A rule from the line"), key=f"train.rule.{clicks}", unfolded=clicks > 0):
        _rule(run_id, found, clicked)
    with fold(tr("How to read the line"), key="train.frontier.reading"):
        for note in frontier_notes(found):
            st.markdown(f"- {as_it_is(note)}")
        st.download_button(
            tr("Download the line (CSV)"),
            lambda: frontier_csv(found, stored(run_id)),
            f"frontier-{run_id[:8]}.csv",
            "text/csv",
            on_click="ignore",
            key="train.frontier.csv",
        )


def _rule(run_id: str, found: RunFrontier, clicked: float | None) -> None:
    key = f"train.frontier.slack.{run_id}.{found.index}"
    if clicked is not None:
        st.session_state[key] = round(100 * clicked, 2)
    elif key not in st.session_state:
        st.session_state[key] = 100 * USUAL_SLACK
    asked = st.number_input(
        tr("Gap allowed where fitted, points"),
        0.0,
        200.0,
        step=1.0,
        key=key,
        help=tr("On validation people. A click on the line sets it too."),
        width=320,
    )
    slack = asked / 100
    exact, simple = found.frontier.at(slack), _simple(run_id, found.index, slack)
    st.markdown(rule_sentence(found, slack))
    st.dataframe(on_screen(rule_table(exact, simple.rule)), hide_index=True, width="stretch")
    st.markdown(as_it_is(chance_sentence(simple, exact)))
    use, save, save_simple = st.columns(3)
    _use(use, run_id, stored(run_id), found, simple)
    save.download_button(
        tr("Best rule (JSON)"), exact.to_json(), "rule.json", "application/json",
        on_click="ignore", key="train.rule.json", width="stretch",
    )  # fmt: skip
    if exact.randomised:
        save_simple.download_button(
            tr("One threshold each (JSON)"), simple.rule.to_json(), "rule-one-threshold.json",
            "application/json", on_click="ignore", key="train.rule.simple", width="stretch",
        )  # fmt: skip


def _use(
    column: "st.delta_generator.DeltaGenerator",
    run_id: str,
    result: SweepResult,
    found: RunFrontier,
    simple: RoundedRule,
) -> None:
    """Choose the model with the thresholds of the rule without chance."""
    cuts = tuple(_finite(one.thresholds, result.threshold) for one in simple.rule.groups)
    label = point_label(result.points[found.index])
    point = state.ChosenPoint(run_id, found.index, label, result.threshold)
    point = point.with_cuts(found.by, cuts)
    used = point in state.chosen_points()
    if column.button(
        tr("In use") if used else tr("Choose one threshold each"),
        type="primary",
        key="train.rule.use",
        disabled=used,
        width="stretch",
        help=tr("Audit, Compare and Report then decide this model's people by these thresholds."),
    ):
        state.choose(point)
        st.rerun()


def _finite(thresholds: tuple[float, ...], usual: float) -> float:
    """A threshold a link can hold: scores of models lie between 0 and 1."""
    if not thresholds:
        return usual
    return float(np.clip(thresholds[0], 0.0, 1.01))
