"""In plenum: proposals and where the room stands on each; then the decision and the dissent."""

import hashlib

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fairlab.language import tr, tr_n
from fairlab.reports.figures.workshop import Bar, bars_html
from fairlab.reports.sentences.workshop import stance_title, stances_sentence
from fairlab.results import SweepResult
from fairlab.runs.room_events import MOST_DISSENTS, MOST_WORDS, STANCES
from fairlab.runs.room_state import Proposal
from fairlab.ui import state as visitor
from fairlab.ui.markdown import as_it_is
from fairlab.ui.presenting import presenting
from fairlab.ui.widgets.fold import fold
from fairlab.ui.widgets.room_session import Curve, Here, act
from fairlab.ui.widgets.workshop_answers import quoted
from fairlab.ui.widgets.workshop_curve import show_curve


def show_proposals(here: Here, curve: Curve) -> None:
    """Every proposal, newest last, with stances; participants take theirs, and may propose."""
    proposals = here.state.negotiation
    if not proposals:
        with st.container(border=True):
            st.subheader(tr("No proposal yet"), anchor=False)
            st.markdown(
                tr("Somebody proposes a point; then everybody says where they stand on it.")
            )
    for position, (place, proposal) in enumerate(
        zip(_places(len(proposals)), proposals, strict=True)
    ):
        with place:
            _proposal(here, curve, position + 1, proposal)
    if not here.watches and not here.over:
        _propose(here, curve)
    with fold(tr("Look at the points again"), key="room.again.fold"):
        mine = here.state.answer_of(here.me)
        show_curve(
            curve,
            mine=None if mine is None else mine.index,
            selected=proposals[-1].index if proposals else None,
            key="room.again",
        )


def _places(count: int) -> list[DeltaGenerator]:
    """One under another; on the wall two beside each other, so that they are seen together."""
    if not presenting() or count < 2:
        return [st.container() for _ in range(count)]
    left, right = st.columns(2, gap="medium")
    return [left if i % 2 == 0 else right for i in range(count)]


def _proposal(here: Here, curve: Curve, position: int, proposal: Proposal) -> None:
    with st.container(border=True):
        number = curve.number(proposal.index)
        st.subheader(
            tr("Proposal {position}: point {number}", position=position, number=number),
            anchor=False,
        )
        if proposal.words and not proposal.hidden:
            st.markdown(f"> {quoted(proposal.words)}")
        counts = {stance: proposal.count(stance) for stance in STANCES}
        bars = [
            Bar(stance_title(stance), n, str(n), pattern)
            for pattern, (stance, n) in enumerate(counts.items())
        ]
        present = len(here.state.participants)
        st.html(bars_html(bars, tr("Where the room stands"), of=present))
        st.markdown(
            stances_sentence(counts["support"], counts["accept"], counts["object"], present)
        )
        _words_of(proposal)
        if not (here.leads or here.watches or here.over):
            _stand(here, proposal)


def _words_of(proposal: Proposal) -> None:
    """What people said beside their stance, objections first."""
    for stance in reversed(STANCES):
        said = [s for s in proposal.supports if s.stance == stance and s.words and not s.hidden]
        for one in sorted(said, key=lambda s: hashlib.sha256(s.words.encode()).digest()):
            st.markdown(f"> **{stance_title(stance)}:** {quoted(one.words)}")


def _stand(here: Here, proposal: Proposal) -> None:
    """Where this participant stands; changed by pressing another."""
    mine = proposal.stance_of(here.me)
    shut = here.state.locked
    key = f"room.words.{proposal.seq}"
    words = st.text_input(
        tr("In a few words (optional)"),
        value="" if mine is None else mine.words,
        max_chars=MOST_WORDS,
        key=key,
        disabled=shut,
    )
    buttons = st.columns(3)
    for column, stance in zip(buttons, STANCES, strict=True):
        chosen = mine is not None and mine.stance == stance
        pressed = column.button(
            stance_title(stance),
            type="primary" if chosen else "secondary",
            icon=":material/check:" if chosen else None,
            width="stretch",
            disabled=shut,
            key=f"room.stand.{proposal.seq}.{stance}",
        )
        if pressed:
            payload = {"proposal": proposal.seq, "stance": stance, "words": (words or "").strip()}
            act(here, "support", payload)


def _propose(here: Here, curve: Curve) -> None:
    """A form with a point and words."""
    if here.state.phase != "negotiate" or (here.state.locked and not here.leads):
        return
    mine = here.state.answer_of(here.me)
    counts: dict[int, int] = {}
    for one in here.state.answers if here.state.revealed else ():
        counts[one.index] = counts.get(one.index, 0) + 1
    options = [p.index for p in curve.points]
    first = mine.index if mine is not None else max(counts, key=lambda i: counts[i], default=None)
    with (
        fold(tr("Propose a point"), key="room-propose"),
        st.form("room.propose", border=False, clear_on_submit=True),
    ):
        index = st.selectbox(
            tr("Point"),
            options,
            index=options.index(first) if first in options else 0,
            format_func=lambda i: _option(curve, counts, i),
        )
        words = st.text_input(tr("Why this one"), max_chars=MOST_WORDS)
        if st.form_submit_button(tr("Propose it"), type="primary") and index is not None:
            payload = {"run_id": curve.record.id, "index": index, "words": (words or "").strip()}
            act(here, "proposal", payload)


def _option(curve: Curve, counts: dict[int, int], index: int) -> str:
    label = visitor.point_label(curve.record.id, index)
    number = curve.number(index)
    if not counts.get(index):
        return tr("Point {number} ({label})", number=number, label=label)
    return tr_n(
        "Point {number} ({label}): chosen by {n} person",
        "Point {number} ({label}): chosen by {n} people",
        counts[index],
        number=number,
        label=label,
    )


def decide(here: Here, curve: Curve) -> None:
    """For the facilitator: what the room decided, why, and what those who disagree want kept.

    What is typed stays while stances go on arriving; objections of later can be added.
    """
    proposals = here.state.negotiation
    best = max(
        proposals, key=lambda p: (p.count("support") - p.count("object"), p.seq), default=None
    )
    begun = f"{here.room.id}.{here.state.resets}.{bool(proposals)}"
    reason_key, dissent_key = f"room.decide.reason.{begun}", f"room.decide.dissent.{begun}"
    if reason_key not in st.session_state:
        st.session_state[reason_key] = "" if best is None or best.hidden else best.words
        st.session_state[dissent_key] = "\n".join(_objections(best))
    with st.container(border=True):
        st.markdown(f"**{tr('Record the decision')}**")
        options: list[tuple[int | None, int]] = [(p.seq, p.index) for p in proposals]
        options += [(None, p.index) for p in curve.points]
        chosen = st.selectbox(
            tr("The room chose"),
            options,
            index=None if best is None else [p.seq for p in proposals].index(best.seq),
            format_func=lambda one: _decidable(here, curve, one),
            placeholder=tr("Choose a point"),
            key=f"room.decide.point.{begun}",
        )
        proposal = here.state.proposal(chosen[0] or 0) if chosen is not None else None
        _add_objections(proposal, dissent_key)
        reason = st.text_area(
            tr("Why, in the plenum's words"), max_chars=MOST_WORDS, key=reason_key
        )
        dissent = st.text_area(
            tr("What those who disagree want recorded, one per line"), key=dissent_key
        )
        pressed = st.button(
            tr("Record the decision"), type="primary", disabled=chosen is None, key="room.decide"
        )
    if pressed and chosen is not None:
        lines = [line.strip()[:MOST_WORDS] for line in (dissent or "").splitlines()]
        payload = {
            "run_id": curve.record.id,
            "index": chosen[1],
            "proposal": chosen[0],
            "metric": "" if proposal is None else proposal.metric,
            "reason": (reason or "").strip(),
            "dissent": [line for line in lines if line][:MOST_DISSENTS],
        }
        act(here, "decided", payload)


def _add_objections(proposal: Proposal | None, key: str) -> None:
    """A button for objections that came after the text was begun; nothing where there are none."""
    said = str(st.session_state.get(key, ""))
    missing = [words for words in _objections(proposal) if words not in said.splitlines()]
    if not missing:
        return
    label = tr_n("Add {n} objection below", "Add {n} objections below", len(missing))
    if st.button(label, icon=":material/add:", key="room.decide.add"):
        st.session_state[key] = "\n".join([*said.splitlines(), *missing])
        st.rerun()


def _objections(proposal: Proposal | None) -> list[str]:
    if proposal is None:
        return []
    return [
        " ".join(s.words.split())
        for s in proposal.supports
        if s.stance == "object" and s.words and not s.hidden
    ]


def _decidable(here: Here, curve: Curve, one: tuple[int | None, int]) -> str:
    seq, index = one
    number = curve.number(index)
    if seq is None:
        return tr("Point {number}", number=number)
    position = [p.seq for p in here.state.negotiation].index(seq) + 1
    return tr("Proposal {position}: point {number}", position=position, number=number)


def show_decision(here: Here, curve: Curve) -> None:
    """What was decided, why, who disagrees, and what the point means in people."""
    decision = here.state.decision
    if decision is None:
        return
    with st.container(border=True):
        st.subheader(
            tr("The room chose point {number}", number=curve.number(decision.index)), anchor=False
        )
        if decision.reason:
            st.markdown(f"> {quoted(decision.reason)}")
        proposal = here.state.proposal(decision.proposal or 0)
        if proposal is not None:
            st.markdown(
                stances_sentence(
                    proposal.count("support"),
                    proposal.count("accept"),
                    proposal.count("object"),
                    len(here.state.participants),
                )
            )
        st.markdown(f"**{tr('Dissent')}**")
        if not decision.dissent:
            st.markdown(tr("None was recorded."))
        for words in decision.dissent:
            st.markdown(f"> {quoted(words)}")
    show_curve(curve, selected=decision.index, mine=None, key="room.decided")
    if not here.watches:
        _take_away(curve, decision.index, decision.threshold)


def _take_away(curve: Curve, index: int, threshold: float | None) -> None:
    """The point on the other pages."""
    found: SweepResult = curve.result
    label = as_it_is(visitor.point_label(curve.record.id, index))
    if st.button(tr("Look at it on Report"), icon=":material/arrow_forward:", key="room.report"):
        cut = found.threshold if threshold is None else threshold
        visitor.choose(visitor.ChosenPoint(curve.record.id, index, label, cut))
        st.switch_page("pages/report.py")
