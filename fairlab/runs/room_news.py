"""What pages in a workshop room ask for: whether it changed since they were drawn."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fairlab.runs.room_state import RoomState

if TYPE_CHECKING:
    from fairlab.runs.store import RunStore

Scope = Literal["all", "stage"]
GONE = json.dumps({"gone": True})


@dataclass(frozen=True, slots=True)
class RoomWant:
    """One page's question about its room.

    Attributes:
        room_id: The room.
        after: The version the page was drawn with.
        scope: "all" for every change; "stage" for those participants must see at once.
    """

    room_id: str
    after: int
    scope: Scope = "all"

    @property
    def about(self) -> str:
        """What the answer is told under."""
        return self.room_id

    @property
    def seen(self) -> str:
        """Nothing: the room is looked at at once, then again while the page waits."""
        return ""


def version_of(state: RoomState, scope: Scope) -> int:
    """The version a page of this scope compares."""
    return state.version if scope == "all" else state.stage


def look(store: "RunStore", wants: Iterable[RoomWant]) -> dict[RoomWant, str | None]:
    """The answer to each question, None where nothing changed.

    Returns:
        JSON objects with ``version`` (to ask with), ``participants`` and ``answers`` (counts of
        this round), ``phase``; or ``gone`` when the room was deleted.
    """
    asked = list(wants)
    states = store.room_states({want.room_id for want in asked})
    answers: dict[RoomWant, str | None] = {}
    for want in asked:
        state = states.get(want.room_id)
        if state is None:
            answers[want] = GONE
            continue
        version = version_of(state, want.scope)
        told = {
            "version": version,
            "participants": len(state.participants),
            "answers": len(state.answers),
            "phase": state.phase,
        }
        answers[want] = json.dumps(told) if version > want.after else None
    return answers
