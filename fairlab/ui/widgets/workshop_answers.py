"""What the room chose: which points, which metrics, and the reasons, without names."""

import hashlib
from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fairlab.language import tr, tr_n
from fairlab.reports.figures.workshop import Bar, bars_html
from fairlab.reports.sentences.workshop import answers_sentence, few_warning, metric_title
from fairlab.reports.tables.workshop import FEW, by_point_table, chosen_counts
from fairlab.runs.room_state import Answer
from fairlab.ui.markdown import as_it_is
from fairlab.ui.presenting import presenting
from fairlab.ui.widgets.chart import show_table
from fairlab.ui.widgets.room_session import Curve, Here, act
from fairlab.ui.widgets.workshop_curve import show_curve


def show_answers(here: Here, curve: Curve, *, key: str) -> None:
    """The distribution: the points on the curve, then metrics and points as bars, then reasons."""
    answers = here.state.answers
    counts = chosen_counts(one.index for one in answers)
    present = len(here.state.participants)
    st.markdown(f"**{answers_sentence(len(answers), present, counts, curve.points)}**")
    mine = here.state.answer_of(here.me)
    own = None if mine is None else mine.index
    first = next(iter(counts), None)
    on_wall = presenting()
    chart, left, right = _places(on_wall)
    with chart:
        shown = None if on_wall else first
        show_curve(
            curve, counts=counts, mine=own, selected=shown, quiet=on_wall, key=f"{key}.curve"
        )
    if not answers:
        return
    with left:
        st.markdown(f"**{tr('Which point')}**")
        st.html(bars_html(_points(curve, counts), tr("How many chose each point")))
    with right:
        st.markdown(f"**{tr('What matters')}**")
        st.html(bars_html(_metrics(answers), tr("How many chose each metric")))
    show_reasons(here, curve)
    table = by_point_table(counts, curve.points, len(answers))
    show_table(table, key=f"{key}.table")


def _places(on_wall: bool) -> tuple[DeltaGenerator, DeltaGenerator, DeltaGenerator]:
    """Where chart, points and metrics go: all in one view on the wall, else one under another."""
    if on_wall:
        chart, bars = st.columns([3, 2], gap="large")
        return chart, bars, bars
    chart = st.container()
    left, right = st.columns(2, gap="large")
    return chart, left, right


def _points(curve: Curve, counts: dict[int, int]) -> list[Bar]:
    order = sorted(counts.items(), key=lambda item: (-item[1], curve.number(item[0])))
    return [
        Bar(tr("Point {number}", number=curve.number(index)), n, _people(n)) for index, n in order
    ]


def _metrics(answers: Sequence[Answer]) -> list[Bar]:
    counts: dict[str, int] = {}
    for one in answers:
        counts[one.metric] = counts.get(one.metric, 0) + 1
    order = sorted(counts.items(), key=lambda item: -item[1])
    return [Bar(metric_title(name), n, _people(n)) for name, n in order]


def _people(n: int) -> str:
    return tr_n("{n} person", "{n} people", n)


def show_reasons(here: Here, curve: Curve) -> None:
    """Reasons by point; of points that few chose together, so that nobody is found by theirs."""
    said = [one for one in here.state.answers if one.reason and not one.hidden]
    if not said:
        return
    counts = chosen_counts(one.index for one in here.state.answers)
    st.markdown(f"**{tr('Why')}**")
    often = [index for index, n in counts.items() if n >= FEW]
    for index in often:
        own = [one for one in said if one.index == index]
        if own:
            title = tr("Point {number}", number=curve.number(index))
            _quotes(f"{title}: {_people(counts[index])}", own)
    rest = [one for one in said if one.index not in often]
    if rest:
        few = tr("Points chosen by fewer than {few} people, together", few=FEW)
        _quotes(tr("All points") if not often else few, rest)


def _quotes(title: str, answers: Sequence[Answer]) -> None:
    """In an order that says nothing of who came or answered first."""
    order = sorted(answers, key=lambda one: hashlib.sha256(one.reason.encode()).digest())
    with st.container(border=True):
        st.markdown(f"**{title}**")
        for one in order:
            st.markdown(f"> {quoted(one.reason)}")


def quoted(text: str) -> str:
    """Somebody's words in one line of Markdown, as they are."""
    return as_it_is(" ".join(text.split()))


def before_reveal(here: Here) -> None:
    """How many answered; for the facilitator whether so few can be guessed at."""
    answers, present = len(here.state.answers), len(here.state.participants)
    st.progress(
        min(answers / present, 1.0) if present else 0.0,
        text=tr(
            "**{answers} of {present}** people in the room have answered.",
            answers=answers,
            present=max(present, answers),
        ),
    )
    warning = few_warning(answers) if answers else ""
    if warning and here.leads:
        st.warning(warning, icon=":material/visibility_off:")


def moderate(here: Here) -> None:
    """For the facilitator: words that should not be on the wall can be hidden, and shown again."""
    said = [
        (one.seq, one.reason, one.hidden)
        for one in here.state.answers
        if one.reason and here.state.revealed
    ]
    for proposal in here.state.negotiation:
        said += [(s.seq, s.words, s.hidden) for s in proposal.supports if s.words]
        if proposal.words and proposal.participant:
            said.append((proposal.seq, proposal.words, proposal.hidden))
    if not said:
        return
    with st.popover(tr("Hide words"), icon=":material/visibility_off:"):
        st.markdown(tr("Hidden words are shown to nobody and not exported; the choice counts."))
        for seq, words, hidden in said[:100]:
            line = st.container(horizontal=True, vertical_alignment="center")
            line.markdown(quoted(words[:120]), width="stretch")
            label = tr("Show") if hidden else tr("Hide")
            if line.button(label, key=f"room.hide.{seq}"):
                act(here, "hidden", {"seq": seq, "hidden": not hidden})
