"""The state of a room is a fold: of a part and then the rest as of all at once."""

from hypothesis import given
from hypothesis import strategies as st

from fairlab.runs.room_events import MODELS, RoomEvent, read_payload
from fairlab.runs.room_state import EMPTY, RoomState, fold

POINT = {"run_id": "r", "index": 1}
PAYLOADS = {
    "joined": {},
    "answer": POINT | {"reason": "because"},
    "proposal": POINT,
    "support": {"proposal": 1, "stance": "object"},
    "pinned": {"run_id": "r", "question": "Which?"},
    "phase": {"phase": "ask", "seconds": 60},
    "timer": {"seconds": None},
    "locked": {"locked": True},
    "revealed": {"revealed": True},
    "hidden": {"seq": 2},
    "decided": POINT | {"dissent": ["no"]},
    "reset": {},
    "closed": {},
    "removed": {"participants": ["a" * 32]},
    "door": {"open": False},
    "lead_link": {"digest": "0" * 64},
    "leads": {},
}


def event(seq: int, kind: str, who: str = "", **more: object) -> RoomEvent:
    payload = read_payload(kind, PAYLOADS[kind] | more)
    return RoomEvent(seq, 100.0 + seq, who, kind, payload)


def test_every_kind_has_a_payload() -> None:
    assert set(PAYLOADS) == set(MODELS)


kinds = st.sampled_from(sorted(PAYLOADS))
logs = st.lists(st.tuples(kinds, st.sampled_from(["a" * 32, "b" * 32])), max_size=14)


@given(log=logs, cut=st.integers(0, 14))
def test_folding_on_is_folding_anew(log: list[tuple[str, str]], cut: int) -> None:
    """So what a server remembered of a room is what another reads from the start."""
    events = [event(seq, kind, who) for seq, (kind, who) in enumerate(log, 1)]
    assert fold(events[cut:], fold(events[:cut])) == fold(events)
    assert fold(events).version == len(events)


@given(log=logs)
def test_each_participant_answers_once_per_round(log: list[tuple[str, str]]) -> None:
    events = [event(seq, kind, who) for seq, (kind, who) in enumerate(log, 1)]
    resets = [e.seq for e in events if e.kind == "reset"]
    out = min((e.seq for e in events if e.kind == "removed"), default=len(events) + 1)
    since = [
        e
        for e in events
        if e.seq > max(resets, default=0)
        and e.kind == "answer"
        and not (e.participant == "a" * 32 and out <= len(events))
    ]
    state = fold(events)
    assert {a.participant: a.seq for a in state.answers} == {e.participant: e.seq for e in since}
    assert state.resets == len(resets)


def test_the_timer_runs_from_when_it_was_set() -> None:
    state = fold([event(1, "phase"), event(2, "timer", seconds=30)])
    assert (state.timer_ends, state.phase_seconds, state.phase_began) == (132.0, 30, 101.0)
    assert state.seconds_left(130.0) == 2.0
    assert state.seconds_left(999.0) == 0.0
    assert fold([event(3, "timer")], state).seconds_left(130.0) is None


def test_answers_and_stances_of_others_are_no_news_for_participants() -> None:
    """Thirty phones do not draw their page anew each time one of them presses."""

    def stage(kind: str) -> int:
        return fold([event(5, kind, "p")], RoomState(version=4, stage=4)).stage

    assert [stage(kind) for kind in ("joined", "answer", "support")] == [4, 4, 4]
    assert [stage(kind) for kind in ("proposal", "phase", "revealed", "reset")] == [5, 5, 5, 5]


def test_a_stance_on_a_deleted_proposal_says_nothing() -> None:
    state = fold([event(2, "support", "p", proposal=1)])
    assert (state.negotiation, state.participants, EMPTY.events) == ((), ("p",), 0)
