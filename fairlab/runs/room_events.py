"""What can happen in a workshop room: one record per kind of event, with bounds.

A room is the list of its events, in order; nothing in it is changed. What the room is at any
moment is a fold of them: :func:`fairlab.runs.room_state.fold`.
"""

import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError

from fairlab.config import Record
from fairlab.errors import InputError
from fairlab.language import tr
from fairlab.runs.identity import storable

Phase = Literal["explain", "ask", "review", "negotiate", "decided"]
Stance = Literal["support", "accept", "object"]
Kind = Literal[
    "joined",
    "answer",
    "proposal",
    "support",
    "pinned",
    "phase",
    "timer",
    "locked",
    "revealed",
    "hidden",
    "decided",
    "reset",
    "closed",
    "removed",
    "door",
    "lead_link",
    "leads",
]

PHASES: tuple[Phase, ...] = get_args(Phase)
STANCES: tuple[Stance, ...] = get_args(Stance)
KINDS: tuple[Kind, ...] = get_args(Kind)
#: What participants do; the rest is for whoever opened the room.
OF_PARTICIPANTS: frozenset[Kind] = frozenset(("joined", "answer", "proposal", "support"))

MOST_WORDS = 1_000  # characters of a reason, a dissent, a proposal's words
MOST_DISSENTS = 50
MOST_REMOVED = 500  # people removed by one event
MOST_HOW = 8_000  # characters of how a point was chosen, as JSON
LONGEST_PHASE = 6 * 3600


def _as_words(value: object) -> object:
    return storable(value).strip() if isinstance(value, str) else value


def _small(value: dict[str, Any]) -> dict[str, Any]:
    try:
        size = len(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        raise ValueError("must be plain JSON with finite numbers") from None
    if size > MOST_HOW:
        raise ValueError(f"takes {size} characters; at most {MOST_HOW} can be kept")
    return value


Words = Annotated[str, StringConstraints(max_length=MOST_WORDS), BeforeValidator(_as_words)]
RunId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
Metric = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{0,80}$")]
#: Made by the page before it sends: sent twice after a lost connection, an event counts once.
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{0,64}$")]
#: What a room knows a participant by, see :func:`fairlab.runs.room_log.participant_of`.
Who = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")]
Seconds = Annotated[int, Field(ge=1, le=LONGEST_PHASE)]
Seq = Annotated[int, Field(ge=1, le=10**9)]


class PointOfCurve(Record):
    """A model of a run at a threshold.

    Attributes:
        run_id: The run, normally the one that is pinned.
        index: Of the model in the run's result, as ``SweepResult.points`` counts.
        threshold: Of its scores; None keeps the model's own rule.
    """

    run_id: RunId
    index: Annotated[int, Field(ge=0, le=10**6)]
    threshold: Annotated[float, Field(gt=0, lt=1)] | None = None


class Joined(Record):
    """Somebody is here."""


class Answer(PointOfCurve):
    """What one participant would choose; a newer one takes the place of the older.

    Attributes:
        id: See :data:`Key`.
        metric: The gap by which the participant judged, by its name in ``fairlab.metrics.GAPS``.
        reason, dissent: In the participant's words.
        how: How the point was found, as ``HowChosen`` writes itself; None when by hand.
    """

    id: Key = ""
    metric: Metric = ""
    reason: Words = ""
    dissent: Words = ""
    how: Annotated[dict[str, Any], AfterValidator(_small)] | None = None


class Proposal(PointOfCurve):
    """A point somebody puts before all, in the negotiation."""

    id: Key = ""
    metric: Metric = ""
    words: Words = ""


class Support(Record):
    """Where one participant stands on a proposal; a newer stance takes the place of the older.

    Attributes:
        proposal: Number (``seq``) of the proposal's event.
        stance: For it, able to live with it, or against it.
        words: Why.
    """

    id: Key = ""
    proposal: Seq
    stance: Stance
    words: Words = ""


class Pinned(Record):
    """The curve everybody looks at, and what is asked of them."""

    run_id: RunId
    question: Words = ""


class PhaseBegins(Record):
    """A phase begins, with a timer or without."""

    phase: Phase
    seconds: Seconds | None = None


class Timer(Record):
    """The timer runs for so many seconds from now; None stops it."""

    seconds: Seconds | None = None


class Locked(Record):
    """Nobody's answer, proposal or stance is taken (True), or they are again."""

    locked: bool


class Revealed(Record):
    """The answers of all are shown to all, or no more."""

    revealed: bool


class Hidden(Record):
    """The words of an event are not shown (and not exported), or are again; the choice counts."""

    seq: Seq
    hidden: bool = True


class Decided(PointOfCurve):
    """What the room decided.

    Attributes:
        proposal: Number of the proposal it follows; None for none.
        metric: The gap it was judged by.
        reason: Why, in the plenum's words.
        dissent: What those who disagree want recorded.
    """

    proposal: Seq | None = None
    metric: Metric = ""
    reason: Words = ""
    dissent: Annotated[tuple[Words, ...], Field(max_length=MOST_DISSENTS)] = ()


class Reset(Record):
    """A new round: answers, proposals and the decision are put aside. The log keeps them."""


class Closed(Record):
    """Nothing more is taken."""


class Removed(Record):
    """People are removed: what they said counts no more and they cannot come back; or may again."""

    participants: Annotated[tuple[Who, ...], Field(min_length=1, max_length=MOST_REMOVED)]
    removed: bool = True


class Door(Record):
    """Nobody new comes in (False), or people do again. Who is in stays in."""

    open: bool


class LeadLink(Record):
    """Other devices may lead with a link from now on; those that did before may not any more.

    Attributes:
        digest: SHA-256 of the link's token; "" for no link.
    """

    digest: Digest = ""


class Leads(Record):
    """A device that brought the link's token leads, too."""


Payload = (
    Joined
    | Answer
    | Proposal
    | Support
    | Pinned
    | PhaseBegins
    | Timer
    | Locked
    | Revealed
    | Hidden
    | Decided
    | Reset
    | Closed
    | Removed
    | Door
    | LeadLink
    | Leads
)

MODELS: dict[str, type[Payload]] = {
    "joined": Joined,
    "answer": Answer,
    "proposal": Proposal,
    "support": Support,
    "pinned": Pinned,
    "phase": PhaseBegins,
    "timer": Timer,
    "locked": Locked,
    "revealed": Revealed,
    "hidden": Hidden,
    "decided": Decided,
    "reset": Reset,
    "closed": Closed,
    "removed": Removed,
    "door": Door,
    "lead_link": LeadLink,
    "leads": Leads,
}


@dataclass(frozen=True, slots=True)
class RoomEvent:
    """One event of a room's log.

    Attributes:
        seq: Number in the room; greater is later. Numbers may be missing: what somebody deleted,
            and changes of a room that are no events.
        time: Seconds since the epoch.
        participant: Who, by a hash that is another one in every room; "" for who opened the room.
        kind: One of :data:`KINDS`.
        payload: The record of that kind.
    """

    seq: int
    time: float
    participant: str
    kind: str
    payload: Payload


def read_payload(kind: str, given: object) -> Payload:
    """The payload of a kind, from a record or a mapping.

    Raises:
        InputError: If there is no such kind, or the payload is not what the kind holds.
    """
    model = MODELS.get(kind)
    if model is None:
        raise InputError(
            tr(
                "There is no event {kind!r} in a room. Known: {known}.",
                kind=str(kind)[:40],
                known=", ".join(KINDS),
            )
        )
    if isinstance(given, model):
        return given
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise InputError(" ".join(_problems(error)), _problems(error)) from None


def _problems(error: ValidationError) -> list[str]:
    found = []
    for one in error.errors(include_url=False, include_input=False)[:5]:
        where = ".".join(str(part)[:40] for part in one["loc"])
        if one["type"] == "string_too_long":
            found.append(
                tr(
                    "What you wrote is too long; at most {most:,} characters can be kept. "
                    "Shorten it.",
                    most=MOST_WORDS,
                )
            )
            continue
        found.append(
            tr("{what} cannot be kept: {problem}.", what=where or "payload", problem=one["msg"])
        )
    return found
