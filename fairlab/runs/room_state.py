"""What a workshop room is at one moment: a pure fold of its events.

The same events give the same state, on any machine and at any time; the state after the first k
is the room as it was then (replay).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from fairlab.runs import room_events as kinds
from fairlab.runs.room_events import Phase, RoomEvent, Stance


@dataclass(frozen=True, slots=True)
class Answer:
    """The newest answer of one participant.

    Attributes:
        seq, time: Of the event.
        participant: A hash that is another one in every room.
        metric, run_id, index, threshold: What was chosen; see
            :class:`fairlab.runs.room_events.Answer`.
        reason, dissent: In the participant's words.
        how: How the point was found; None when by hand.
        earlier: How many answers of the participant it replaced in this round.
        hidden: Whether its words are not to be shown.
    """

    seq: int
    time: float
    participant: str
    metric: str
    run_id: str
    index: int
    threshold: float | None
    reason: str
    dissent: str = ""
    how: dict[str, Any] | None = None
    earlier: int = 0
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Support:
    """Where one participant stands on a proposal, by their newest word."""

    seq: int
    time: float
    participant: str
    stance: Stance
    words: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """A point put before all.

    Attributes:
        seq: The number it is known by.
        participant: Who proposed it; "" for who opened the room.
        supports: One per participant, in the order they first spoke.
    """

    seq: int
    time: float
    participant: str
    metric: str
    run_id: str
    index: int
    threshold: float | None
    words: str
    supports: tuple[Support, ...] = ()
    hidden: bool = False

    def count(self, stance: Stance) -> int:
        """How many take this stance."""
        return sum(one.stance == stance for one in self.supports)

    def stance_of(self, participant: str) -> Support | None:
        """Where somebody stands; None when they said nothing."""
        return next((one for one in self.supports if one.participant == participant), None)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the room decided, and who disagrees."""

    seq: int
    time: float
    proposal: int | None
    metric: str
    run_id: str
    index: int
    threshold: float | None
    reason: str
    dissent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RoomState:
    """A room at one moment.

    Attributes:
        version: Number of the newest event or change; grows with each.
        phase: "explain" until the facilitator begins another one.
        phase_began: Seconds since the epoch; None before the first phase.
        phase_seconds: What the timer was last set to; None without one.
        timer_ends: When it runs out, seconds since the epoch; None without one.
        locked: Whether nothing is taken from participants.
        revealed: Whether the answers of all are shown to all.
        run_id, question: The curve all look at ("" for none), and what is asked.
        participants: Hashes, in the order they came.
        answers: The newest of each participant in this round, in the order they first answered.
        negotiation: Proposals of this round, oldest first.
        decision: None until decided.
        resets: How many rounds were put aside.
        closed: Whether nothing more is taken at all.
        stage: Version of the newest change participants must see at once: what the facilitator
            did, and new proposals; not the answers and stances of others.
        hidden: Numbers of events whose words are not to be shown.
        events: How many events the log has.
        arrivals: When each of the participants came, seconds since the epoch.
        removed: Hashes of those the facilitator removed: nothing of theirs counts.
        door_open: Whether somebody new may come in.
        lead_digest: SHA-256 of the token of the link that lets other devices lead; "" for none.
        leaders: Hashes of devices that lead by it, besides who opened the room.
    """

    version: int = 0
    phase: Phase = "explain"
    phase_began: float | None = None
    phase_seconds: int | None = None
    timer_ends: float | None = None
    locked: bool = False
    revealed: bool = False
    run_id: str = ""
    question: str = ""
    participants: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    negotiation: tuple[Proposal, ...] = ()
    decision: Decision | None = None
    resets: int = 0
    closed: bool = False
    stage: int = 0
    hidden: frozenset[int] = field(default_factory=frozenset)
    events: int = 0
    arrivals: tuple[float, ...] = ()
    removed: frozenset[str] = field(default_factory=frozenset)
    door_open: bool = True
    lead_digest: str = ""
    leaders: frozenset[str] = field(default_factory=frozenset)

    def answer_of(self, participant: str) -> Answer | None:
        """What somebody answered in this round; None when nothing."""
        return next((one for one in self.answers if one.participant == participant), None)

    def proposal(self, seq: int) -> Proposal | None:
        """The proposal with this number."""
        return next((one for one in self.negotiation if one.seq == seq), None)

    def seconds_left(self, now: float) -> float | None:
        """Until the timer runs out, at least 0; None without one."""
        return None if self.timer_ends is None else max(0.0, self.timer_ends - now)


EMPTY = RoomState()


def fold(events: Iterable[RoomEvent], begin: RoomState = EMPTY) -> RoomState:
    """The state after these events, in their order.

    Args:
        events: Of one room, each later than ``begin``.
        begin: The state before them.
    """
    state = begin
    for event in events:
        state = _after(state, event)
    return state


def _after(state: RoomState, event: RoomEvent) -> RoomState:
    """The state after one more event."""
    is_stage = event.kind not in ("joined", "answer", "support")
    seen = replace(
        state,
        version=event.seq,
        events=state.events + 1,
        stage=event.seq if is_stage else state.stage,
    )
    if event.kind in kinds.OF_PARTICIPANTS and event.participant in seen.removed:
        return seen
    if event.kind in kinds.OF_PARTICIPANTS and event.participant not in ("", *seen.participants):
        seen = replace(
            seen,
            participants=(*seen.participants, event.participant),
            arrivals=(*seen.arrivals, event.time),
        )
    payload = event.payload
    match payload:
        case kinds.Answer():
            return _answered(seen, event, payload)
        case kinds.Proposal():
            return _proposed(seen, event, payload)
        case kinds.Support():
            return _supported(seen, event, payload)
        case kinds.Decided():
            decision = Decision(event.seq, event.time, **_fields(payload))
            return replace(
                seen,
                decision=decision,
                phase="decided",
                phase_began=event.time,
                phase_seconds=None,
                timer_ends=None,
            )
        case kinds.Reset():
            return _reset(seen, event)
        case kinds.Hidden():
            return _hidden(seen, payload)
        case _:
            return _led(seen, event)


def _led(state: RoomState, event: RoomEvent) -> RoomState:
    """After an act of the facilitator that sets fields."""
    match event.payload:
        case kinds.Pinned(run_id=run_id, question=question):
            return replace(state, run_id=run_id, question=question)
        case kinds.PhaseBegins(phase=phase, seconds=seconds):
            ends = None if seconds is None else event.time + seconds
            return replace(
                state,
                phase=phase,
                phase_began=event.time,
                phase_seconds=seconds,
                timer_ends=ends,
            )
        case kinds.Timer(seconds=seconds):
            ends = None if seconds is None else event.time + seconds
            return replace(state, phase_seconds=seconds, timer_ends=ends)
        case kinds.Locked(locked=locked):
            return replace(state, locked=locked)
        case kinds.Revealed(revealed=revealed):
            return replace(state, revealed=revealed)
        case kinds.Closed():
            return replace(state, closed=True)
        case kinds.Removed():
            return _removed(state, event.payload)
        case kinds.Door(open=is_open):
            return replace(state, door_open=is_open)
        case kinds.LeadLink(digest=digest):
            return replace(state, lead_digest=digest, leaders=frozenset())
        case kinds.Leads() if event.participant:
            return replace(state, leaders=state.leaders | {event.participant})
    return state


def _answered(state: RoomState, event: RoomEvent, payload: kinds.Answer) -> RoomState:
    before = state.answer_of(event.participant)
    earlier = 0 if before is None else before.earlier + 1
    answer = Answer(event.seq, event.time, event.participant, earlier=earlier, **_fields(payload))
    if before is None:
        return replace(state, answers=(*state.answers, answer))
    answers = tuple(answer if one is before else one for one in state.answers)
    return replace(state, answers=answers)


def _proposed(state: RoomState, event: RoomEvent, payload: kinds.Proposal) -> RoomState:
    proposal = Proposal(event.seq, event.time, event.participant, **_fields(payload))
    return replace(state, negotiation=(*state.negotiation, proposal))


def _supported(state: RoomState, event: RoomEvent, payload: kinds.Support) -> RoomState:
    """A stance on a proposal that was put aside, or deleted by who made it, says nothing."""
    proposal = state.proposal(payload.proposal)
    if proposal is None:
        return state
    word = Support(event.seq, event.time, event.participant, payload.stance, payload.words)
    before = proposal.stance_of(event.participant)
    if before is None:
        supports = (*proposal.supports, word)
    else:
        supports = tuple(word if one is before else one for one in proposal.supports)
    changed = replace(proposal, supports=supports)
    negotiation = tuple(changed if one is proposal else one for one in state.negotiation)
    return replace(state, negotiation=negotiation)


def _removed(state: RoomState, payload: kinds.Removed) -> RoomState:
    """Without some people and all they said in this round; or they may come in again."""
    who = frozenset(payload.participants)
    if not payload.removed:
        return replace(state, removed=state.removed - who)
    stay = [
        (one, came)
        for one, came in zip(state.participants, state.arrivals, strict=True)
        if one not in who
    ]
    return replace(
        state,
        removed=state.removed | who,
        leaders=state.leaders - who,
        participants=tuple(one for one, _ in stay),
        arrivals=tuple(came for _, came in stay),
        answers=tuple(one for one in state.answers if one.participant not in who),
        negotiation=tuple(
            replace(one, supports=tuple(s for s in one.supports if s.participant not in who))
            for one in state.negotiation
            if one.participant not in who
        ),
    )


def _reset(state: RoomState, event: RoomEvent) -> RoomState:
    return replace(
        state,
        phase="explain",
        phase_began=event.time,
        phase_seconds=None,
        timer_ends=None,
        locked=False,
        revealed=False,
        answers=(),
        negotiation=(),
        decision=None,
        resets=state.resets + 1,
    )


def _hidden(state: RoomState, payload: kinds.Hidden) -> RoomState:
    only = frozenset((payload.seq,))
    return with_hidden(state, state.hidden | only if payload.hidden else state.hidden - only)


def with_hidden(state: RoomState, hidden: frozenset[int]) -> RoomState:
    """The state with the words of these events hidden and of no others: to look back, say."""
    return replace(
        state,
        hidden=hidden,
        answers=tuple(replace(one, hidden=one.seq in hidden) for one in state.answers),
        negotiation=tuple(
            replace(
                one,
                hidden=one.seq in hidden,
                supports=tuple(replace(s, hidden=s.seq in hidden) for s in one.supports),
            )
            for one in state.negotiation
        ),
    )


def _fields(payload: kinds.Payload) -> dict[str, Any]:
    """A payload's fields by name, without the key it was sent with."""
    return {name: value for name, value in payload if name != "id"}
