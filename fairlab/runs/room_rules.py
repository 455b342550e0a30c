"""Who may do what in a workshop room, when, and how often; the sentences of refusals."""

from fairlab.errors import InputError
from fairlab.language import tr
from fairlab.runs.room_events import OF_PARTICIPANTS, Answer, Decided, Payload, Proposal, Support
from fairlab.runs.room_state import RoomState
from fairlab.runs.store_errors import QuotaError

MOST_PARTICIPANTS = 200
MOST_EVENTS = 10_000
#: Of these, the last so many are kept for the facilitator, who can always end what goes wrong.
KEPT_FOR_FACILITATOR = 200
MOST_EVENTS_EACH = 200
MOST_ROOMS = 50  # one person opened within a day
#: Of all rooms a server keeps, those opened within a day beyond which no ended room makes way: who
#: opens very many must not delete what was said in rooms of others.
OF_A_DAY = 0.5
# On the table at a time, of participants: every phone draws them all, every few seconds.
MOST_PROPOSALS = 30
MOST_PROPOSALS_EACH = 3


def check_rooms(opened: int) -> None:
    """Refuse one more room of somebody who opened many today.

    Raises:
        QuotaError: With what to do.
    """
    if opened >= MOST_ROOMS:
        raise QuotaError(
            tr(
                "You opened {opened} rooms within a day; at most {most} can be. Use one of them, "
                "or delete one.",
                opened=opened,
                most=MOST_ROOMS,
            )
        )


def check_event(state: RoomState, kind: str, payload: Payload, *, is_owner: bool) -> None:
    """Refuse what this person may not do in a room in this state.

    Raises:
        InputError: With who may, or when.
    """
    if state.closed and kind != "hidden":
        raise InputError(tr("This room is closed and takes nothing more. All in it can be seen."))
    if kind not in OF_PARTICIPANTS:
        if not is_owner:
            raise InputError(tr("Only who leads this room can do that."))
        _check_led(state, payload)
        return
    if kind == "joined":
        return
    if state.locked and not is_owner:
        raise InputError(
            tr("The facilitator has locked the room. What you typed stays; send it when it opens.")
        )
    _check_phase(state, payload)


def check_admitted(state: RoomState, participant: str) -> None:
    """Refuse who was removed, and who is new while the door is closed.

    Args:
        state: Of the room.
        participant: Who asks; "" for who leads.

    Raises:
        InputError: With what to do.
    """
    why = refusal(state, participant)
    if why:
        raise InputError(why)


def refusal(state: RoomState, participant: str) -> str:
    """Why somebody may not be in this room; "" when they may."""
    if participant == "":
        return ""
    if participant in state.removed:
        return tr(
            "The facilitator removed this device from the room, and what it sent counts no more. "
            "If that was a mistake, ask the facilitator to let you in again."
        )
    if not state.door_open and participant not in state.participants:
        return tr(
            "The facilitator closed the door of this room: nobody new comes in. Ask the "
            "facilitator to open it for a moment."
        )
    return ""


def check_together(rooms: int, events: int, most_rooms: int, most_events: int) -> None:
    """Refuse more rooms or events than the server keeps of all people together.

    Args:
        rooms: There are, this one included when one is opened.
        events: There are in all rooms, one that is about to be written included.
        most_rooms, most_events: The server's settings.

    Raises:
        QuotaError: With what is there, what may be, and who can change it.
    """
    if rooms > most_rooms:
        raise QuotaError(
            tr(
                "This server keeps {most:,} rooms and all of them are open. Delete or close one of "
                "yours, or ask whoever runs the server for more (FAIRLAB_ROOMS_KEPT).",
                most=most_rooms,
            )
        )
    if events > most_events:
        raise QuotaError(
            tr(
                "The rooms on this server hold {most:,} events together, as many as it keeps. "
                "Close or delete rooms that are not needed any more, or ask whoever runs the "
                "server for more (FAIRLAB_ROOM_EVENTS_KEPT).",
                most=most_events,
            )
        )


def check_flood(opened: int, most_rooms: int) -> None:
    """Refuse one more room for which an ended one would make way, where very many were opened.

    Args:
        opened: By all people, within a day.
        most_rooms: The server's setting.

    Raises:
        QuotaError: With what to do.
    """
    if opened + 1 > OF_A_DAY * most_rooms:
        raise QuotaError(
            tr(
                "{opened:,} rooms were opened on this server within a day, and rooms that ended do "
                "not make way for more of them. Delete one of yours, try again later, or ask "
                "whoever runs the server for more (FAIRLAB_ROOMS_KEPT).",
                opened=opened,
            )
        )


def check_room_for(
    state: RoomState, participant: str, written: int, *, is_participant: bool
) -> None:
    """Refuse more people or more events than a room holds.

    Args:
        state: Of the room.
        participant: Who asks.
        written: Events they have in the room.
        is_participant: Whether it is something participants do.

    Raises:
        QuotaError: With what a room holds.
    """
    most = MOST_EVENTS - (KEPT_FOR_FACILITATOR if is_participant else 0)
    if state.events >= most:
        raise QuotaError(
            tr(
                "This room holds {most:,} events and is full. Export it and open another one.",
                most=MOST_EVENTS,
            )
        )
    if not is_participant or participant == "":
        return
    if participant not in state.participants and len(state.participants) >= MOST_PARTICIPANTS:
        raise QuotaError(
            tr(
                "{most} people are in this room, as many as it takes. Open a second room for the "
                "others.",
                most=MOST_PARTICIPANTS,
            )
        )
    if written >= MOST_EVENTS_EACH:
        raise QuotaError(
            tr(
                "You answered {most} times in this room, as often as it takes. Your last answer "
                "counts.",
                most=MOST_EVENTS_EACH,
            )
        )


def check_table(state: RoomState, payload: Payload, participant: str) -> None:
    """Refuse one more proposal of a participant where the table is full; facilitators always may.

    Raises:
        QuotaError: With what is possible.
    """
    if not isinstance(payload, Proposal) or participant == "":
        return
    theirs = [one for one in state.negotiation if one.participant != ""]
    if sum(one.participant == participant for one in theirs) >= MOST_PROPOSALS_EACH:
        raise QuotaError(
            tr(
                "You made {most} proposals, as many as one person can in a round. Say where you "
                "stand on those on the table.",
                most=MOST_PROPOSALS_EACH,
            )
        )
    if len(theirs) >= MOST_PROPOSALS:
        raise QuotaError(
            tr(
                "{most} proposals are on the table, as many as it holds. Say where you stand on "
                "them; the facilitator can add another.",
                most=MOST_PROPOSALS,
            )
        )


def _check_phase(state: RoomState, payload: Payload) -> None:
    match payload:
        case Answer():
            open_now = state.phase == "ask" or (state.phase == "review" and not state.revealed)
            if not open_now:
                raise InputError(
                    tr("Answers are not asked for now. Wait until the facilitator asks.")
                )
            _check_pinned(state, payload.run_id)
        case Proposal():
            _check_negotiating(state)
            _check_pinned(state, payload.run_id)
        case Support(proposal=seq):
            _check_negotiating(state)
            if state.proposal(seq) is None:
                raise InputError(tr("This proposal is not on the table any more. Choose another."))


def _check_negotiating(state: RoomState) -> None:
    if state.phase != "negotiate":
        raise InputError(tr("Nothing is negotiated now. Wait until the facilitator begins."))


def _check_pinned(state: RoomState, run_id: str) -> None:
    if state.run_id == "":
        raise InputError(tr("No curve is shown in this room yet. Wait for the facilitator."))
    if run_id != state.run_id:
        raise InputError(
            tr("The facilitator shows another curve now. Choose a point of that one, then send.")
        )


def _check_led(state: RoomState, payload: Payload) -> None:
    follows = payload.proposal if isinstance(payload, Decided) else None
    if follows is not None and state.proposal(follows) is None:
        raise InputError(tr("This proposal is not on the table any more. Choose another."))
