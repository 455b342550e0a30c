"""States of rooms, folded on from what was folded before, inside a transaction."""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace

import sqlalchemy as sa

from fairlab.runs import room_log
from fairlab.runs.room_state import EMPTY, RoomState, fold

KEPT = 64  # rooms whose state is remembered


class RoomStates:
    """Reads states of rooms; only events that came since the last reading are read again."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, RoomState] = OrderedDict()
        self._lock = threading.Lock()

    def now(self, connection: sa.Connection, room_ids: Iterable[str]) -> dict[str, RoomState]:
        """The state of each of these rooms that is there."""
        known = room_log.versions_of(connection, room_ids)
        return {
            room_id: self._folded(connection, room_id, version, erased)
            for room_id, (version, erased) in known.items()
        }

    def at(self, connection: sa.Connection, room_id: str, version: int) -> RoomState:
        """The state before the number this transaction gave the room: ``version`` is the last."""
        _, erased = room_log.versions_of(connection, [room_id])[room_id]
        return self._folded(connection, room_id, version, erased)

    def _folded(
        self, connection: sa.Connection, room_id: str, version: int, erased: int
    ) -> RoomState:
        with self._lock:
            begin = self._kept.get(room_id, EMPTY)
        # Events were deleted meanwhile, or this transaction sees an older moment.
        if begin.version < erased or begin.version > version:
            begin = EMPTY
        elif begin.version == version:
            return begin
        state = fold(room_log.events_of(connection, room_id, begin.version, version), begin)
        state = replace(state, version=version, stage=max(state.stage, erased))
        with self._lock:
            self._kept.pop(room_id, None)
            self._kept[room_id] = state
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return state
