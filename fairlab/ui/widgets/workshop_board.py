"""What is on the wall in each phase: the same for the facilitator's screen and for a projector."""

import streamlit as st

from fairlab.language import tr
from fairlab.reports.figures.workshop import steps_html
from fairlab.reports.sentences.workshop import (
    clock_words,
    metric_title,
    metric_words,
    phase_task,
    phase_title,
)
from fairlab.reports.tables.workshop import METRICS
from fairlab.runs.records import RunRecord
from fairlab.runs.room_events import PHASES
from fairlab.ui.components.phase_clock import phase_clock
from fairlab.ui.presenting import presenting
from fairlab.ui.widgets.fold import fold
from fairlab.ui.widgets.room_session import Curve, Here, curve_of
from fairlab.ui.widgets.workshop_answers import before_reveal, show_answers
from fairlab.ui.widgets.workshop_curve import show_curve
from fairlab.ui.widgets.workshop_phone import show_question
from fairlab.ui.widgets.workshop_plenum import show_decision, show_proposals
from fairlab.ui.widgets.workshop_waiting import show_training


def show_steps(here: Here) -> None:
    """The phases in a row and the clock under them."""
    state = here.state
    st.html(
        steps_html(
            [phase_title(phase) for phase in PHASES],
            PHASES.index(state.phase) if state.phase_began is not None else -1,
            tr("Phases"),
        )
    )
    if state.phase_began is not None and not here.over:
        phase_clock(
            phase_task(state.phase, state.revealed),
            ends=state.timer_ends,
            seconds=state.phase_seconds,
            words=clock_words(timed=state.phase != "decided"),
            key="room.clock",
        )


def show_board(here: Here) -> Curve | None:
    """The phase's own content; the curve when there is one."""
    curve = curve_of(here.state)
    show_question(here)
    if isinstance(curve, RunRecord):
        show_training(curve)
        return None
    if curve is None:
        return None
    state = here.state
    if state.phase == "decided" and state.decision is not None:
        show_decision(here, curve)
    elif state.phase == "negotiate":
        show_proposals(here, curve)
    elif state.phase == "review" and state.revealed:
        show_answers(here, curve, key="room.review")
    elif state.phase in ("ask", "review"):
        before_reveal(here)
        _metrics(curve)
        show_curve(curve, key="room.explore")
    else:
        show_curve(curve, key="room.explore")
    return curve


def _metrics(curve: Curve) -> None:
    """What there is to choose among, for whoever explains it."""
    if presenting():
        return
    with fold(tr("What participants choose among"), key="room.metrics"):
        for name in METRICS:
            st.markdown(f"- **{metric_title(name)}**: {metric_words(name, curve.words)}")
