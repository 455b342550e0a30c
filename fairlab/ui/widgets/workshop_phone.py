"""What a participant sees: the phase, what is asked, the curve, and their own answer."""

import hashlib
import secrets
import time
from dataclasses import replace
from typing import Any

import streamlit as st

from fairlab.language import tr
from fairlab.reports.sentences.workshop import (
    clock_words,
    metric_title,
    metric_words,
    phase_task,
    phase_title,
)
from fairlab.reports.tables.workshop import METRICS
from fairlab.runs.records import RunRecord
from fairlab.runs.room_events import MOST_WORDS
from fairlab.ui.components.kept_draft import kept_draft
from fairlab.ui.components.phase_clock import phase_clock
from fairlab.ui.markdown import as_it_is
from fairlab.ui.store import store
from fairlab.ui.widgets.choosing_view import help_me_choose
from fairlab.ui.widgets.fold import fold
from fairlab.ui.widgets.room_session import Curve, Here, act, curve_of, say_refused
from fairlab.ui.widgets.workshop_answers import show_answers
from fairlab.ui.widgets.workshop_curve import show_curve
from fairlab.ui.widgets.workshop_plenum import show_decision, show_proposals
from fairlab.ui.widgets.workshop_waiting import show_training

_FORM = "fairlab.room_form"
SLOWLY = 5.0  # seconds between two looks of a phone at the stances of others


def show_participant(here: Here) -> None:
    """The whole screen of a participant."""
    say_refused()
    form = form_of(here)
    mine = here.state.answer_of(here.me)
    own = (form["index"], None if mine is None else mine.index)
    curve = curve_of(here.state, tuple(index for index in own if index is not None))
    show_phase(here)
    if curve is None:
        _nothing_yet()
        return
    show_question(here)
    if isinstance(curve, RunRecord):
        show_training(curve)
        return
    state = here.state
    if state.phase == "decided" and state.decision is not None:
        show_decision(here, curve)
    elif here.may_answer or (state.phase == "ask"):
        _answer(here, curve)
    elif state.phase == "review" and not state.revealed:
        _waits(here, curve)
    elif state.phase == "negotiate":
        _negotiation(here, curve)
    elif state.revealed and state.answers:
        show_answers(here, curve, key="room.review")
    else:
        show_curve(curve, key="room.explore")


def show_phase(here: Here) -> None:
    """Where the room is, the time left, and what is asked now."""
    state = here.state
    if here.over:
        with st.container(border=True):
            st.subheader(tr("This workshop has ended"), anchor=False)
            st.markdown(tr("Nothing more is taken. What the room said stays to be seen."))
        return
    phase_clock(
        phase_title(state.phase),
        ends=state.timer_ends,
        seconds=state.phase_seconds,
        words=clock_words(timed=state.phase != "decided"),
        key="room.clock",
    )
    if state.run_id:
        st.markdown(phase_task(state.phase, state.revealed))
    if state.locked:
        st.info(
            tr(
                "The facilitator has locked the room: nothing can be sent now. What you typed "
                "stays."
            ),
            icon=":material/lock:",
        )


def show_question(here: Here) -> None:
    """What the room is asked, in its facilitator's words."""
    if here.state.question:
        st.subheader(as_it_is(here.state.question), anchor=False)


def _nothing_yet() -> None:
    with st.container(border=True):
        st.subheader(tr("You are in"), anchor=False)
        st.markdown(
            tr(
                "The facilitator is preparing the curve. Keep this page open: it goes on by "
                "itself. No name is asked for."
            )
        )


@st.fragment(run_every=SLOWLY)
def _negotiation(here: Here, curve: Curve) -> None:
    """Counts of others move here slowly, so that thirty phones do not keep the server busy."""
    show_proposals(replace(here, state=store().room_state(here.room.id)), curve)


def _waits(here: Here, curve: Curve) -> None:
    mine = here.state.answer_of(here.me)
    with st.container(border=True):
        if mine is None:
            st.markdown(tr("You have not answered, and answers are not taken now."))
        else:
            st.markdown(_own_words(curve, mine.metric, mine.index, mine.reason))
    show_curve(
        curve,
        mine=None if mine is None else mine.index,
        selected=None if mine is None else mine.index,
        key="room.explore",
    )


def _own_words(curve: Curve, metric: str, index: int, reason: str) -> str:
    said = tr(
        "Your answer: **point {number}**, because of “{metric}”.",
        number=curve.number(index),
        metric=metric_title(metric),
    )
    return f"{said}  \n{as_it_is(reason)}" if reason else said


def form_of(here: Here) -> dict[str, Any]:
    """What this visitor has entered in this round, kept while phases come and go."""
    forms = st.session_state.setdefault(_FORM, {})
    name = f"{here.room.id}.{here.state.resets}.{here.state.run_id}"
    if name not in forms:
        mine = here.state.answer_of(here.me)
        first = {
            "metric": None if mine is None else mine.metric,
            "index": None if mine is None else mine.index,
            "text": "" if mine is None else mine.reason,
        }
        forms[name] = {
            **first,
            "first": first,  # what is still so was not entered here
            "how": None if mine is None else mine.how,
            "ask": secrets.token_hex(8),  # until this device has said what it keeps
        }
    form: dict[str, Any] = forms[name]
    return form


def _answer(here: Here, curve: Curve) -> None:
    """Metric, point, reason; what is entered survives reruns, reloads and a locked room."""
    form = form_of(here)
    metric_key, reason_key = f"room.metric.{here.state.resets}", f"room.reason.{here.state.resets}"
    if form.pop("given_back", False):
        for name, key in (("metric", metric_key), ("text", reason_key)):
            entered = st.session_state.get(key, form["first"][name])
            if entered == form["first"][name]:  # else what was entered is newer
                st.session_state.pop(key, None)
    shut = not here.may_answer
    st.markdown(f"**{tr('1 · What matters most to you?')}**")
    # Nothing to give back leaves what an open page sends again to a server that starts anew.
    if metric_key not in st.session_state and form["metric"] is not None:
        st.session_state[metric_key] = form["metric"]
    form["metric"] = st.radio(
        tr("What matters most to you?"),
        METRICS,
        index=None,
        format_func=metric_title,
        captions=[metric_words(name, curve.words) for name in METRICS],
        label_visibility="collapsed",
        disabled=shut,
        key=metric_key,
    )
    st.markdown(f"**{tr('2 · Which point would you choose?')}**")
    mine = here.state.answer_of(here.me)
    picked = show_curve(
        curve,
        metric=form["metric"] or "",
        selected=form["index"],
        mine=None if mine is None else mine.index,
        choosing=not shut,
        key="room.curve.choose",
    )
    if picked is not None:
        form |= {"index": picked, "how": None}
    if not shut:
        _help(here, curve, form)
    st.markdown(f"**{tr('3 · Why?')}**")
    if reason_key not in st.session_state and form["text"]:
        st.session_state[reason_key] = form["text"]
    with st.container(key="room-reason"):
        typed = st.text_area(
            tr("Why this point?"),
            key=reason_key,
            max_chars=MOST_WORDS,
            height=120,
            placeholder=tr("In a sentence or two. Please no names."),
            label_visibility="collapsed",
        )
    form["text"] = typed or ""
    _keep(here, curve, form)
    _send(here, curve, form, shut)


def _help(here: Here, curve: Curve, form: dict[str, Any]) -> None:
    """By a gap that is accepted, by costs, or by A or B; what comes out is filled in above."""
    with fold(tr("Help me choose"), key="room.help.fold", icon=":material/balance:"):
        helped = help_me_choose(curve.record.id, "room.help", button=tr("Take this point"))
    if helped is None:
        return
    form |= {"index": helped.point.index, "text": helped.how.reason[:MOST_WORDS]}
    form["how"] = helped.how.model_dump(mode="json")
    st.session_state.pop(f"room.reason.{here.state.resets}", None)
    st.rerun()


def _keep(here: Here, curve: Curve, form: dict[str, Any]) -> None:
    """Keep what is entered on this device; once, give back what it kept and nobody has yet.

    It stands after the form, so that what was just entered is kept, too.
    """
    found = kept_draft(
        f"{here.room.code}.{here.state.resets}.{here.state.run_id}",
        area=".st-key-room-reason",
        keep={name: form[name] for name in ("metric", "index")},
        ask=form["ask"],
        key="room.draft",
    )
    if found is None or not form["ask"]:
        return
    form["ask"] = ""
    first = form["first"]
    if form["metric"] == first["metric"] and found.get("metric") in METRICS:
        form["metric"] = found["metric"]
    kept = found.get("index")
    is_model = isinstance(kept, int) and 0 <= kept < len(curve.rows)
    if form["index"] == first["index"] and is_model:
        form["index"] = kept
    if isinstance(found.get("text"), str) and found["text"].strip():  # written as it is typed
        form["text"] = found["text"][:MOST_WORDS]
    form["given_back"] = True
    st.rerun()


def _send(here: Here, curve: Curve, form: dict[str, Any], shut: bool) -> None:
    """The button, and whether the room has what is on screen."""
    mine = here.state.answer_of(here.me)
    text = form["text"].strip()
    same = mine is not None and (mine.metric, mine.index, mine.reason) == (
        form["metric"],
        form["index"],
        text,
    )
    if mine is not None and same:
        st.success(
            tr(
                "Received at {time}: point {number}. You can change it until the answers are "
                "shown.",
                time=time.strftime("%H:%M", time.localtime(mine.time)),
                number=curve.number(mine.index),
            ),
            icon=":material/check:",
        )
    elif mine is not None:
        st.warning(
            tr(
                "You changed something since you sent point {number}.",
                number=curve.number(mine.index),
            ),
            icon=":material/edit:",
        )
    number = None if form["index"] is None else curve.number(form["index"])
    label = tr("Send") if number is None else tr("Send point {number}", number=number)
    if mine is not None and same:
        label = tr("Sent")
    missing = form["index"] is None or form["metric"] is None
    if missing and not shut:
        st.markdown(tr("Choose what matters to you and tap a point; then you can send it."))
    pressed = st.button(
        label,
        type="primary",
        width="stretch",
        disabled=shut or missing or same,
        key="room.send",
    )
    if pressed:
        before = 0 if mine is None else mine.seq
        content = f"{before} {form['metric']} {form['index']} {text}"
        act(
            here,
            "answer",
            {
                "id": hashlib.sha256(content.encode()).hexdigest()[:40],
                "metric": form["metric"],
                "run_id": curve.record.id,
                "index": form["index"],
                "reason": text,
                "how": form["how"],
            },
        )
