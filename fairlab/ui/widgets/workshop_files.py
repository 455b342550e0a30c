"""What a facilitator takes away: the session without names, and the decision as a record."""

import re
from collections.abc import Callable
from functools import partial

import streamlit as st

from fairlab.decision.chosen import choice_of
from fairlab.decision.making import make_record
from fairlab.decision.parts import Dissent
from fairlab.errors import FairlabError
from fairlab.language import language, speaking, tr
from fairlab.reports.sentences.runs import run_title
from fairlab.reports.workshop_counts import workshop_part
from fairlab.reports.workshop_export import workshop_export
from fairlab.runs.holdings import Room
from fairlab.ui import state as visitor
from fairlab.ui.permissions import may_open_table
from fairlab.ui.store import store, task_data
from fairlab.ui.widgets.room_session import Curve, Here


def offer_session(here: Here, curve: Curve) -> None:
    """Downloads: made when they are pressed, so that looking at the page costs nothing."""
    st.subheader(tr("Take the session away"), anchor=False)
    st.markdown(
        tr(
            "Without names: choices are counted, and those of few people are counted together. "
            "People's own words may say who they are: read them before you pass the files on."
        )
    )
    room = here.room
    name = re.sub(r"[^A-Za-z0-9]+", "-", room.title).strip("-")[:40] or "workshop"
    with st.container(horizontal=True):
        for label, ending, kind in (
            (tr("Session (Markdown)"), "md", "text/markdown"),
            (tr("Session (CSV)"), "csv", "text/csv"),
            (tr("Session (JSON)"), "json", "application/json"),
        ):
            st.download_button(
                label,
                data=_in_this_language(partial(_session, room, ending)),
                file_name=f"{name}.{ending}",
                mime=kind,
                icon=":material/download:",
                on_click="ignore",
                key=f"room.session.{ending}",
            )
        if here.state.decision is not None:
            _offer_record(here, curve, name)


def _in_this_language(make: Callable[[], bytes]) -> Callable[[], bytes]:
    """The same, in the language of the page, wherever it is called."""
    spoken = language()

    def made() -> bytes:
        with speaking(spoken):
            return make()

    return made


def _session(room: Room, ending: str) -> bytes:
    found = workshop_export(
        room.title, store().room_log(room.id), curve_words=_curve_words, point_words=_point_words
    )
    if ending == "csv":
        return found.csv
    return (found.json if ending == "json" else found.markdown).encode()


def _curve_words(run_id: str) -> str:
    try:
        return run_title(store().get(run_id).config)
    except FairlabError:
        return tr("a curve that was deleted")


def _point_words(run_id: str, index: int) -> str:
    return visitor.point_label(run_id, index)


def _offer_record(here: Here, curve: Curve, name: str) -> None:
    """The decision record, where the facilitator may open the run's table: it is fingerprinted."""
    if not may_open_table(curve.config.data):
        st.markdown(tr("The decision record needs the table; who uploaded it can export it."))
        return
    st.download_button(
        tr("Decision record (YAML)"),
        data=_in_this_language(partial(decision_record, here, curve)),
        file_name=f"{name}-decision.yaml",
        mime="application/yaml",
        icon=":material/gavel:",
        on_click="ignore",
        type="primary",
        key="room.record",
    )


def decision_record(here: Here, curve: Curve) -> bytes:
    """The room's decision with its run, reasons, dissent and the counts of the room."""
    decision = here.state.decision
    assert decision is not None
    found = curve.result
    threshold = found.threshold if decision.threshold is None else decision.threshold
    choice = choice_of(found, decision.index, threshold)
    record = make_record(
        curve.config,
        found,
        task_data(curve.record.id),
        choice=choice,
        reason=decision.reason,
        dissent=tuple(Dissent(words=words) for words in decision.dissent if words.strip()),
        workshop=workshop_part(here.state, _point_words),
    )
    return record.to_yaml().encode()
