"""The runs on screen: the live curve, Cancel, what went wrong, and the selected point."""

from typing import Any

import pandas as pd
import streamlit as st

from fairlab.baselines import BASELINES
from fairlab.config import RunConfig, SweepConfig
from fairlab.errors import FairlabError
from fairlab.frontier import RunFrontier
from fairlab.language import language, tr, tr_n
from fairlab.reports.figures.theme import MODE_LABELS
from fairlab.reports.sentences.curve import (
    baseline_sentence,
    curve_sentence,
    gap_words,
    point_label,
    reading_notes,
)
from fairlab.reports.sentences.runs import compared
from fairlab.reports.tables.curve import CurveRow, chart_rows, curve_rows, curve_table
from fairlab.reports.tables.frontier import chart_frontier
from fairlab.reports.tables.honesty import told_apart_column
from fairlab.reports.tables.seeds import chart_settings
from fairlab.results import CROSSING
from fairlab.runs.records import RunRecord, RunState
from fairlab.ui import state
from fairlab.ui.components.live_curve import live_curve
from fairlab.ui.markdown import as_it_is
from fairlab.ui.owner import owner
from fairlab.ui.permissions import is_mine
from fairlab.ui.store import result, store
from fairlab.ui.widgets.chart import draw_table
from fairlab.ui.widgets.fold import fold
from fairlab.ui.widgets.frontier_view import (
    best_thresholds,
    choose_scores,
    frontier_of,
    keep_slack,
    say_frontier,
)
from fairlab.ui.widgets.honesty_cache import honesty_of
from fairlab.ui.widgets.honesty_view import best_within, health_view
from fairlab.ui.widgets.point_detail import point_detail
from fairlab.ui.widgets.run_ends import say_ends
from fairlab.ui.widgets.share import say_read_only
from fairlab.ui.widgets.train_headline import say_headline

_SELECTED = "fairlab.selected"


@st.cache_data(show_spinner=False, max_entries=64)
def _rows_of(run_id: str, result_key: str, spoken: str) -> tuple[CurveRow, ...]:  # noqa: ARG001
    return curve_rows(result(run_id))


def rows_of(run_id: str, result_key: str) -> tuple[CurveRow, ...]:
    """Finished points of a run on test people; kept for each language by itself."""
    return _rows_of(run_id, result_key, language())


def runs_view() -> None:
    """Draw everything about the runs on screen."""
    records = [store().get(run_id) for run_id in state.run_ids()]
    if not records:
        with st.container(border=True):
            st.subheader(tr("No curve yet"), anchor=False)
            st.markdown(tr("Press **Train**. Points appear after the first epoch, within seconds."))
        return
    with st.container():  # always there, so that what it holds never moves the chart to a new place
        say_ends(records)
        say_read_only(records)
        if records[-1].state.active and is_mine(records[-1]):
            _cancel(records[-1])
    shown = [r for r in records if r.state.active or r.result_key is not None]
    if shown:
        _curve_and_words(shown)
    else:
        _nothing_to_show(records[-1])
    if len(records) > 1:
        _other_runs(records)


def _curve_and_words(records: list[RunRecord]) -> None:
    """The chart of runs that have or will have points, and what the newest says."""
    newest = records[-1]
    same = [r for r in records if _axis(r) == _axis(newest)]
    finished = {r.id: rows_of(r.id, r.result_key) for r in same if r.result_key is not None}
    sentence = _sentence(newest, finished.get(newest.id))
    chart, words, more = st.container(), st.container(), st.container(key="train-more")
    line = None
    if newest.id in finished:
        with more:
            st.subheader(tr("Look closer"), anchor=False)
            line = _closer(newest, finished[newest.id], sentence)
    with chart:
        done = _curve(newest, same, finished, sentence, line)
    if done is not None:
        st.rerun()
    if newest.id in finished:
        with words:
            _finished_words(newest, finished)
    elif newest.state.active:
        _what_to_see(newest.config)


def _finished_words(newest: RunRecord, finished: dict[str, tuple[CurveRow, ...]]) -> None:
    """One plain sentence, what of it is uncertain in counts, and the pick of a point."""
    rows = finished[newest.id]
    say_headline(newest, rows)
    with st.container(border=True):
        st.markdown(tr("**Which point?** Click one on the chart, or start here."))
        found, own = st.columns(2, gap="large")
        with found:
            best_within(newest, _select)
        with own:
            picked = _pick(newest, rows)
            st.page_link(
                "pages/compare.py", label=tr("Help me choose a point"), icon=":material/balance:"
            )
    _detail(newest, picked, [run_id for run_id in finished if run_id != newest.id])


def _closer(
    newest: RunRecord, rows: tuple[CurveRow, ...], sentence: str
) -> RunFrontier | str | None:
    """All else the run says, folded away under titles with counts; the line to be drawn."""
    title = tr("How to read this curve")
    with fold(title, key="train.reading", icon=":material/menu_book:"):
        st.markdown(as_it_is(f"{sentence} {baseline_sentence(rows)}".strip()))
        for note in reading_notes(rows, tr("test people")):
            st.markdown(f"- {note}")
    health_view(newest)
    with best_thresholds():
        line = _frontier(newest)
        if line is not None:
            say_frontier(newest.id, line)
    title = tr_n("{n} model as a table", "All {n} models as a table", len(rows))
    with fold(title, key="train.points", icon=":material/table:"):
        draw_table(_table(newest, rows), key="train.points.table")
    _notes(newest)
    return line


def _nothing_to_show(newest: RunRecord) -> None:
    """In place of an empty chart: what became of the run, and what to do next."""
    why, do = tr("the reason is above"), tr("change what it names, and press **Train** again")
    if newest.state is RunState.CANCELLED:
        why, do = tr("it was cancelled"), tr("press **Train** to start again")
    with st.container(border=True):
        st.subheader(tr("No points to show"), anchor=False)
        st.markdown(
            tr(
                "This run trained no model: {why}. The settings are as you left them: {do}.",
                why=why,
                do=do,
            )
        )


def _curve(
    newest: RunRecord,
    same: list[RunRecord],
    finished: dict[str, tuple[CurveRow, ...]],
    sentence: str,
    line: RunFrontier | str | None,
) -> str | None:
    """The chart; the run that finished just now, if one did."""
    return live_curve(
        [
            _chart_run(record, number, finished.get(record.id))
            for number, record in enumerate(same, 1)
        ],
        gap_words=gap_words(newest.config.sweep.constraint, apart=bool(_apart(newest))),
        split_words=tr("test people") if newest.id in finished else tr("validation people"),
        alt=sentence,
        selected=st.session_state.get(_SELECTED),
        on_select=_select,
        frontier=_drawn(newest.id, line),
        on_slack=keep_slack,
        key="train.curve",
    )


def _frontier(record: RunRecord) -> RunFrontier | str | None:
    """The line of best thresholds for a finished run; why there is none; None if not wanted."""
    run_id, selected = st.session_state.get(_SELECTED) or ("", None)
    index = choose_scores(record.id, selected if run_id == record.id else None)
    return None if index is None else frontier_of(record.id, index)


def _drawn(run_id: str, line: RunFrontier | str | None) -> dict[str, Any] | None:
    if not isinstance(line, RunFrontier):
        return None
    return chart_frontier(line, point_label(result(run_id).points[line.index]))


def _select(run_id: str, index: int) -> None:
    st.session_state[_SELECTED] = (run_id, index)


def _table(record: RunRecord, rows: tuple[CurveRow, ...]) -> pd.DataFrame:
    table = curve_table(rows)
    found = honesty_of(record.id, record.result_key or "")
    table.insert(7, tr("Told from the unmitigated model"), told_apart_column(found))
    return table


def _chart_run(record: RunRecord, number: int, rows: tuple[CurveRow, ...] | None) -> dict[str, Any]:
    known = None if rows is None else honesty_of(record.id, record.result_key or "")
    apart = () if known is None else tuple(one.told_apart for one in known.comparisons)
    return {
        "id": record.id,
        "label": tr("run {number}", number=number),
        "live": record.state.active,
        "sees": record.config.task.sensitive_as_features,
        "penalty_asked": record.config.sweep.varies_slack("penalty"),
        "final": None if rows is None else chart_rows(rows, apart),
        "settings": None if known is None else chart_settings(result(record.id), known),
    }


def _sentence(record: RunRecord, rows: tuple[CurveRow, ...] | None) -> str:
    if rows is None:
        return tr("Accuracy against gap, one marker per model; models are still training.")
    return curve_sentence(rows, record.config.sweep.constraint, tr("test people"), _apart(record))


def _apart(record: RunRecord) -> tuple[str, ...]:
    """The attributes compared each by itself; () when groups are crossed or of one attribute."""
    sweep = record.config.sweep
    several = sweep.grouping == "marginal" and len(sweep.group_by) > 1
    return sweep.group_by if several else ()


def _axis(record: RunRecord) -> tuple[str, tuple[str, ...]]:
    """Runs with the same vertical axis share the chart."""
    return record.config.sweep.constraint, _apart(record)


def _cancel(record: RunRecord) -> None:
    if st.button(tr("Cancel"), key="train.cancel", icon=":material/stop:"):
        store().request_cancel(record.id, owner=owner())
        st.toast(tr("Cancelling. Training stops at the end of this epoch."))


def _pick(record: RunRecord, rows: tuple[CurveRow, ...]) -> int | None:
    """A point can be picked from the chart, with the chart's buttons, or from this list.

    Args:
        record: The newest run, whose points are listed.
        rows: Its points.

    Returns:
        The model of the newest run that is picked; None for none of its.
    """
    found = result(record.id)
    order = sorted((r for r in rows if r.gap is not None), key=lambda r: -(r.accuracy or 0))
    indices = [r.index for r in order]
    run_id, index = st.session_state.get(_SELECTED) or ("", -1)
    if run_id != record.id or index not in indices:
        index = None
    picked: int | None = st.selectbox(
        tr("Point (click one on the chart, or choose here)"),
        indices,
        index=None if index is None else indices.index(index),
        format_func=lambda i: _row_words(rows[i], point_label(found.points[i])),
        placeholder=tr("Choose a point to see its details"),
        key=f"train.pick.{record.id}.{index}",
    )
    if picked is not None and picked != index:
        st.session_state[_SELECTED] = (record.id, picked)
        st.rerun()
    return picked


def _detail(record: RunRecord, picked: int | None, others: list[str]) -> None:
    """The picked point of the newest run, or of another on the same chart, where it is seen.

    Args:
        record: The newest run.
        picked: Its model.
        others: Finished runs on the same chart, whose points can be clicked.
    """
    run_id, index = st.session_state.get(_SELECTED) or ("", -1)
    if run_id in others and 0 <= index < len(result(run_id).points):
        point_detail(run_id, result(run_id), index, store().get(run_id).result_key or "")
    elif picked is not None:
        point_detail(record.id, result(record.id), picked, record.result_key or "")


def _row_words(row: CurveRow, label: str) -> str:
    gap = tr("undefined") if row.gap is None else tr("{gap:.1f} points", gap=100 * row.gap)
    return tr(
        "{label}: accuracy {accuracy:.1f} %, gap {gap}",
        label=label,
        accuracy=100 * (row.accuracy or 0),
        gap=gap,
    )


def _notes(record: RunRecord) -> None:
    try:
        found = result(record.id)
    except FairlabError as error:
        st.error(as_it_is(str(error)))
        return
    title = tr_n(
        "What was done with the data: {n} note", "What was done with the data: {n} notes",
        len(found.notes),
    )  # fmt: skip
    with fold(title, key="train.notes", icon=":material/inventory:"):
        for note in found.notes:
            st.markdown(f"- {as_it_is(note)}")


def _what_to_see(config: RunConfig) -> None:
    sweep = config.sweep
    families = ", ".join(MODE_LABELS[mode] for mode in sweep.modes)
    model = tr("neural networks") if sweep.model.kind == "mlp" else tr("logistic regressions")
    between = tr(" and by ") if sweep.grouping == "marginal" else CROSSING
    groups = between.join(compared(config))
    st.markdown(
        tr(
            "This run trains {model} by {families}, all strengths at once, "
            "groups by {groups}. {then}Markers move as epochs pass. You can "
            "reload this page; nothing is lost.",
            model=model,
            families=families,
            groups=as_it_is(groups),
            then=_then(sweep),
        )
    )


def _then(sweep: SweepConfig) -> str:
    names = ", ".join(BASELINES[name].label for name in sweep.baselines)
    return tr("Then, on the same split: {names}. ", names=names) if names else ""


def _other_runs(records: list[RunRecord]) -> None:
    with fold(tr("Runs on screen"), key="train.runs"):
        for number, record in enumerate(records, 1):
            words, button = st.columns([5, 1], vertical_alignment="center")
            sweep = record.config.sweep
            words.markdown(
                tr(
                    "Run {number}: {replace}, {m}, {state}",
                    number=number,
                    replace=sweep.constraint.replace("_", " "),
                    m=", ".join(MODE_LABELS[m] for m in sweep.modes),
                    state=record.state,
                )
            )
            if button.button(tr("Remove"), key=f"train.remove.{record.id}"):
                state.remove_run(record.id)
                st.rerun()
