"""Inside a workshop room: its runs on one chart and in one table, and how to put one's own in."""

import io
import time
from typing import Any

import segno
import streamlit as st

from fairlab.reports.sentences.curve import gap_words, point_label
from fairlab.reports.sentences.runs import in_a_while, run_title, state_words
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
from fairlab.ui.components.copy_link import copy_link
from fairlab.ui.components.live_curve import live_curve
from fairlab.ui.links import link_for_others, only_here, origin
from fairlab.ui.markdown import as_it_is
from fairlab.ui.owner import owner
from fairlab.ui.permissions import is_mine
from fairlab.ui.store import result, store
from fairlab.ui.widgets.chart import draw_table, show_table
from fairlab.ui.widgets.room_controls import control_room, put_in, take_out
from fairlab.ui.widgets.runs_view import rows_of

MOST_ON_CHART = 6
MOST = 100
_SELECTED = "fairlab.selected"
ONLY_HERE = (
    "Other devices cannot follow this link: it says *localhost*, as you opened fairlab, and "
    "that is each device itself. Open fairlab by the address that others use, and the room there; "
    'or start it for the network: `make app ARGS="--server.address 0.0.0.0"`.'
)
EVERY = 10.0  # seconds between two looks whether somebody put a run in


def show_room(room: Room) -> None:
    """Draw the room."""
    newest_first = store().list(limit=MOST, room=room.id)
    runs = [RoomRun(record, is_mine(record)) for record in reversed(newest_first)]
    if room.is_open and not rooms.is_over(room):
        _watch(room.id, _seen(room.id))
    if room.owner == owner():
        words, code = st.columns([3, 1], gap="large")
        with code:
            st.subheader(room.code, anchor=False)
            _on_the_board(room)
    else:
        words = st.container()
    with words:
        _heading(room, runs)
        if room.is_open:
            put_in(room, runs)
        if runs:
            _together(runs)
        else:
            with st.container(border=True):
                st.subheader("No runs yet", anchor=False)
                st.markdown(
                    "Runs appear here as people put them in, for everybody in the room."
                    if room.is_open
                    else "The room is closed: none can be put in. Press **Leave** to open another."
                )


def _heading(room: Room, runs: list[RoomRun]) -> None:
    st.subheader(as_it_is(room.title), anchor=False)
    left = room.created + rooms.LASTS - time.time()
    ends = f"ends {in_a_while(left)}" if left > 0 else "has ended, and is yours to see"
    status = "open" if room.is_open else "closed: no more runs can be put in"
    count = f"{len(runs)} run{'' if len(runs) == 1 else 's'}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{count} · {status} · {ends}")
        take_out(room, runs)
        if room.owner == owner():
            control_room(room, len(runs))
        else:
            with st.popover("Invite", icon=":material/qr_code:"):
                st.markdown(f"Code **{room.code}**")
                _on_the_board(room)
        if st.button("Leave", key="room.leave"):
            rooms.leave()
            st.rerun()


def _on_the_board(room: Room) -> None:
    link = link_for_others("workshop", {"room": room.code})
    st.image(qr_svg(link), width=180, alt="QR code of the link to this room")
    copy_link(link, label=f"Link to the room {room.title}", key="room.link")
    if only_here(link):
        st.warning(ONLY_HERE, icon=":material/wifi_off:")
    elif origin(link):
        st.markdown(f"Or open `{origin(link)}`, press **Join a workshop** and type the code.")


def qr_svg(text: str) -> str:
    """A QR code as SVG, dark on white on both themes, as cameras want it."""
    drawn = io.BytesIO()
    segno.make(text, error="m").save(
        drawn, kind="svg", scale=6, border=3, dark="#000000", light="#ffffff", xmldecl=False
    )
    return drawn.getvalue().decode()


def _together(runs: list[RoomRun]) -> None:
    """The chart of one question, the table of all, and a closer look at one."""
    questions = {question(run.record.config): run for run in runs}  # the newest of each
    shown = list(questions)[-1]
    if len(questions) > 1:
        shown = st.selectbox(
            "Question",
            list(reversed(questions)),
            format_func=lambda one: run_title(questions[one].record.config),
            key="room.question",
            help="Runs share a chart when constraint, groups and table are the same.",
        )
    same = [run for run in runs if question(run.record.config) == shown]
    points = {run.record.id: _points(run) for run in runs}
    rows = {run_id: found for run_id, found in points.items() if found is not None}
    drawn = drawn_once([run for run in same if run.record.state.active or run.record.id in rows])
    if _chart(drawn[-MOST_ON_CHART:], rows) is not None:
        st.rerun()
    if len(drawn) > MOST_ON_CHART:
        st.markdown(
            f"The chart shows the newest {MOST_ON_CHART} of {len(drawn)} curves; the table has all."
        )
    _choose(runs, rows)
    draw_table(room_table(list(reversed(runs)), rows), key="room.runs")
    finished = [run for run in same if run.record.id in rows]
    if finished:
        show_table(points_of_room(finished, rows), key="room.points", label="All points as a table")
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
        split_words="test people" if finished else "validation people",
        alt=f"Accuracy against gap of {len(runs)} runs of this room, one marker per model.",
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
        words = "Chosen" if chosen else "Choose this"
        if st.button(words, type="primary", disabled=chosen, key="room.choose"):
            state.choose(point)
            st.rerun()


def _look_closer(runs: list[RoomRun]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        run = st.selectbox(
            "Look closer at",
            list(reversed(runs)),
            format_func=lambda one: (
                f"{one.label}: {run_title(one.record.config)}, {state_words(one.record)}"
            ),
            key="room.closer",
        )
        if st.button("Open on Train", key="room.open") and run is not None:
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
