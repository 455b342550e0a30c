"""The runs of a workshop room beside each other: one chart, one table, and a closer look."""

from typing import Any

import streamlit as st

from fairlab.language import tr, tr_n
from fairlab.reports.sentences.curve import gap_words, point_label
from fairlab.reports.sentences.runs import run_title, state_words
from fairlab.reports.tables.curve import CurveRow, chart_rows
from fairlab.reports.tables.room import (
    RoomRun,
    drawn_once,
    points_of_room,
    question,
    room_table,
)
from fairlab.runs.holdings import Room
from fairlab.ui import rooms, state
from fairlab.ui.components.live_curve import live_curve
from fairlab.ui.markdown import as_it_is
from fairlab.ui.permissions import is_mine
from fairlab.ui.store import result, store
from fairlab.ui.widgets.chart import draw_table, show_table
from fairlab.ui.widgets.room_controls import empty_room, put_in, take_out
from fairlab.ui.widgets.runs_view import rows_of

_SELECTED = "fairlab.selected"
MOST_ON_CHART = 6
MOST = 100
EVERY = 10.0  # seconds between two looks whether somebody put a run in


def show_runs(room: Room) -> None:
    """Draw the runs people put in, and what can be done with them."""
    newest_first = store().list(limit=MOST, room=room.id)
    runs = [RoomRun(record, is_mine(record)) for record in reversed(newest_first)]
    open_now = room.is_open and not rooms.is_over(room)
    if open_now:
        _watch(room.id, _seen(room.id))
    _heading(room, runs)
    if room.is_open:
        put_in(room, runs)
    if runs:
        _together(runs)
        return
    with st.container(border=True):
        st.subheader(tr("No runs yet"), anchor=False)
        st.markdown(
            tr("Runs appear here as people put them in, for everybody in the room.")
            if room.is_open
            else tr("The room is closed: none can be put in. Press **Leave** to open another.")
        )


def _heading(room: Room, runs: list[RoomRun]) -> None:
    status = tr("open") if room.is_open else tr("closed: no more runs can be put in")
    count = tr_n("{n} run", "{n} runs", len(runs))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{count} · {status}")
        take_out(room, runs)
        empty_room(room, len(runs))


def _together(runs: list[RoomRun]) -> None:
    """The chart of one question, the table of all, and a closer look at one."""
    questions = {question(run.record.config): run for run in runs}  # the newest of each
    shown = list(questions)[-1]
    if len(questions) > 1:
        shown = st.selectbox(
            tr("Question"),
            list(reversed(questions)),
            format_func=lambda one: run_title(questions[one].record.config),
            key="room.question",
            help=tr("Runs share a chart when constraint, groups and table are the same."),
        )
    same = [run for run in runs if question(run.record.config) == shown]
    points = {run.record.id: _points(run) for run in runs}
    rows = {run_id: found for run_id, found in points.items() if found is not None}
    drawn = drawn_once([run for run in same if run.record.state.active or run.record.id in rows])
    if _chart(drawn[-MOST_ON_CHART:], rows) is not None:
        st.rerun()
    if len(drawn) > MOST_ON_CHART:
        st.markdown(
            tr(
                "The chart shows the newest {most} of {all} curves; the table has all.",
                most=MOST_ON_CHART,
                all=len(drawn),
            )
        )
    _choose(runs, rows)
    draw_table(room_table(list(reversed(runs)), rows), key="room.runs")
    finished = [run for run in same if run.record.id in rows]
    if finished:
        show_table(
            points_of_room(finished, rows), key="room.points", label=tr("All points as a table")
        )
    _look_closer(runs)


def _points(run: RoomRun) -> tuple[CurveRow, ...] | None:
    key = run.record.result_key
    return None if key is None else rows_of(run.record.id, key)


def _chart(drawn: list[tuple[RoomRun, str]], rows: dict[str, tuple[CurveRow, ...]]) -> str | None:
    if not drawn:
        return None
    runs = [run for run, _ in drawn]
    sweep = runs[-1].record.config.sweep
    apart = sweep.grouping == "marginal" and len(sweep.group_by) > 1
    finished = all(run.record.id in rows for run in runs)
    return live_curve(
        [
            _chart_run(run, rows.get(run.record.id)) | {"label": name, "named": len(drawn) > 1}
            for run, name in drawn
        ],
        gap_words=gap_words(sweep.constraint, apart=apart),
        split_words=tr("test people") if finished else tr("validation people"),
        alt=tr(
            "Accuracy against gap of {runs} runs of this room, one marker per model.",
            runs=len(runs),
        ),
        selected=st.session_state.get(_SELECTED),
        on_select=_select,
        key="room.curve",
    )


def _chart_run(run: RoomRun, rows: tuple[CurveRow, ...] | None) -> dict[str, Any]:
    config = run.record.config
    return {
        "id": run.record.id,
        "label": run.label,
        "live": run.record.state.active,
        "sees": config.task.sensitive_as_features,
        "penalty_asked": config.sweep.varies_slack("penalty"),
        "final": None if rows is None else chart_rows(rows),
        "settings": None,
    }


def _select(run_id: str, index: int) -> None:
    st.session_state[_SELECTED] = (run_id, index)


def _choose(runs: list[RoomRun], rows: dict[str, tuple[CurveRow, ...]]) -> None:
    """The point picked on the chart, and the button that takes it to the other pages."""
    run_id, index = st.session_state.get(_SELECTED) or ("", -1)
    run = next((run for run in runs if run.record.id == run_id and run_id in rows), None)
    if run is None or not 0 <= index < len(rows[run_id]):
        return
    found = result(run_id)
    label = point_label(found.points[index])
    point = state.ChosenPoint(run_id, index, label, found.threshold)
    chosen = point.key in {known.key for known in state.chosen_points()}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{run.label}**: {as_it_is(label)}")
        words = tr("Chosen") if chosen else tr("Choose this")
        if st.button(words, type="primary", disabled=chosen, key="room.choose"):
            state.choose(point)
            st.rerun()


def _look_closer(runs: list[RoomRun]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        run = st.selectbox(
            tr("Look closer at"),
            list(reversed(runs)),
            format_func=lambda one: (
                f"{one.label}: {run_title(one.record.config)}, {state_words(one.record)}"
            ),
            key="room.closer",
        )
        if st.button(tr("Open on Train"), key="room.open") and run is not None:
            state.open_run(run.record)
            st.switch_page("pages/train.py")


def _seen(room_id: str) -> tuple[str, ...]:
    """What would change the page: which runs are in, and which of them are over."""
    found = store().list(limit=MOST, room=room_id)
    return tuple(f"{record.id} {record.state.active}" for record in found)


@st.fragment(run_every=EVERY)
def _watch(room_id: str, seen: tuple[str, ...]) -> None:
    """Draw the page anew when somebody put a run in or took one out."""
    if _seen(room_id) != seen:
        st.rerun()
