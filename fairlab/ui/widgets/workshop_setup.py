"""For the facilitator, before a workshop begins: a curve, and a question in plain words."""

import streamlit as st

from fairlab.config import RunConfig
from fairlab.errors import FairlabError
from fairlab.language import tr
from fairlab.reports.sentences.runs import run_title, state_words
from fairlab.runs.records import RunRecord
from fairlab.runs.room_events import MOST_WORDS
from fairlab.ui import state as visitor
from fairlab.ui.markdown import as_it_is
from fairlab.ui.owner import owner
from fairlab.ui.store import builtin, store
from fairlab.ui.widgets.room_session import Here, act_all
from fairlab.ui.widgets.starting import start
from fairlab.ui.widgets.sweep_form import default_config

MOST = 50


def set_up(here: Here) -> None:
    """Which curve the room looks at, and what it is asked."""
    st.subheader(tr("1 · Choose the curve"), anchor=False)
    runs = _runs(here)
    left, right = st.columns([3, 2], gap="large")
    with left:
        if runs:
            _pin(here, runs)
        else:
            st.markdown(
                tr("You have no finished run yet. Take the one at the side: it needs seconds.")
            )
    with right:
        _other_ways(here)


def _runs(here: Here) -> list[RunRecord]:
    """Own runs and those in the room that have a curve or will have one, newest first."""
    found = {r.id: r for r in store().list(limit=MOST, owner=owner())}
    found |= {r.id: r for r in store().list(limit=MOST, room=here.room.id)}
    usable = [r for r in found.values() if r.state.active or r.result_key is not None]
    return sorted(usable, key=lambda r: -r.created)


def _pin(here: Here, runs: list[RunRecord]) -> None:
    ids = [r.id for r in runs]
    by_id = {r.id: r for r in runs}
    now = here.state.run_id
    with st.container(border=True):
        run_id = st.selectbox(
            tr("Curve"),
            ids,
            index=ids.index(now) if now in ids else 0,
            format_func=lambda i: f"{run_title(by_id[i].config)} · {state_words(by_id[i])}",
            key="room.pin.run",
        )
        chosen = by_id[run_id or ids[0]]
        fits = here.state.question if chosen.id == now and here.state.question else None
        question = st.text_area(
            tr("Question to the room, in plain words"),
            value=fits or default_question(chosen.config),
            max_chars=MOST_WORDS,
            key=f"room.pin.question.{chosen.id}",
        )
        label = tr("Show it to the room") if not now else tr("Show this instead")
        if st.button(label, type="primary", width="stretch", key="room.pin"):
            payload = {"run_id": chosen.id, "question": (question or "").strip()}
            act_all(here, ("pinned", payload))


def default_question(config: RunConfig) -> str:
    """What a room is asked about a run, until its facilitator says it better."""
    good, bad = config.task.outcome_words
    return tr(
        "A model tells “{good}” from “{bad}”, and decides who is selected. Which point would you "
        "choose, and why?",
        good=good,
        bad=bad,
    )


def _other_ways(here: Here) -> None:
    with st.container(border=True):
        st.markdown(f"**{tr('Try it now')}**")
        st.markdown(
            tr(
                "63 models on 1,989 real mortgage applications from Boston, by race and "
                "ethnicity. It is shown to the room at once and trains in about ten seconds."
            )
        )
        if st.button(
            tr("Train and show it"), icon=":material/play_arrow:", width="stretch", key="room.try"
        ):
            _try_it(here)
        st.markdown(f"**{tr('Your own data, or another constraint')}**")
        st.markdown(
            tr("Choose the table and what to train; this room waits. Then come back to Workshop.")
        )
        with st.container(horizontal=True):
            if st.button(tr("Choose data"), key="room.data"):
                st.switch_page("pages/data.py")
            if st.button(tr("Choose a constraint"), key="room.constraint"):
                st.switch_page("pages/train.py")


def _try_it(here: Here) -> None:
    data = builtin()
    config = default_config(data)
    run_id = start(config, data, priority=1)
    if run_id is None:
        return
    visitor.set_current_data(data)
    events = (("pinned", {"run_id": run_id, "question": default_question(config)}),)
    try:
        store().put_in_room(run_id, here.room.id, owner())
    except FairlabError as error:  # closed meanwhile: pinning says so, too
        st.error(as_it_is(str(error)))
        return
    act_all(here, *events)
