"""Workshop rooms in the run store: opening, entering, what happens in them, and their news."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from hmac import compare_digest
from typing import Any

import sqlalchemy as sa

from fairlab.errors import InputError
from fairlab.language import tr
from fairlab.runs import queries, room_log, rooms
from fairlab.runs.holdings import Room
from fairlab.runs.room_events import OF_PARTICIPANTS, Payload, Pinned, RoomEvent, read_payload
from fairlab.runs.room_rules import (
    check_admitted,
    check_event,
    check_flood,
    check_room_for,
    check_rooms,
    check_table,
    check_together,
)
from fairlab.runs.room_state import RoomState, fold
from fairlab.runs.schema import rooms as table
from fairlab.runs.store_base import StoreBase
from fairlab.settings import settings


class RoomsSide(StoreBase):
    """Rooms and their events."""

    def open_room(self, owner: str, title: str) -> Room:
        """A new room, with a code for the board.

        Raises:
            QuotaError: If this owner opened very many within a day, or the server has no room for
                one more, also after rooms that ended made way.
        """
        now = self._clock()
        with self._database.write(f"owner {owner}") as connection:
            check_rooms(rooms.opened_since(connection, owner, now - rooms.LASTS))
            _make_way(connection, now, more_rooms=1)
            return rooms.open_room(connection, owner, title, now)

    def find_room(self, code: str) -> Room:
        """The room with a code, however its letters and dashes were typed; open or closed.

        Raises:
            UnknownNameError: If there is none.
        """
        with self._database.read() as connection:
            return rooms.find_room(connection, code)

    def room(self, room_id: str) -> Room:
        """The room with this id.

        Raises:
            UnknownNameError: If there is none.
        """
        with self._database.read() as connection:
            return rooms.room_by_id(connection, room_id)

    def rooms_of(self, owner: str) -> tuple[Room, ...]:
        """Rooms somebody opened, newest first."""
        with self._database.read() as connection:
            return rooms.rooms_of(connection, owner)

    def close_room(self, room_id: str, owner: str) -> None:
        """Take no more runs, answers or anything into a room; what is in it stays to be seen.

        Raises:
            UnknownNameError: If there is no such room.
            InputError: If somebody else leads it.
        """
        with self._database.write() as connection:
            now = self._clock()
            if not self._leads(connection, rooms.room_by_id(connection, room_id), owner):
                raise InputError(tr("Only who leads a room can close it."))
            if rooms.close_room(connection, room_id, now):
                seq, _ = room_log.move_on(connection, room_id)
                event = RoomEvent(seq, now, "", "closed", read_payload("closed", {}))
                room_log.add(connection, room_id, event, "")

    def delete_room(self, room_id: str, owner: str) -> None:
        """Delete a room with all that was said in it, by anybody. Runs stay with their owners.

        Raises:
            UnknownNameError: If there is no such room.
            InputError: If it is somebody else's.
        """
        with self._database.write() as connection:
            if rooms.room_by_id(connection, room_id).owner != owner or owner == "":
                raise InputError(tr("Only who opened a room can delete it."))
            room_log.delete_rooms(connection, table.c.id == room_id)
        self._database.settle()

    def put_in_room(self, run_id: str, room_id: str, owner: str) -> None:
        """Show a run in a room, instead of any other it was in.

        Raises:
            UnknownNameError: If there is no such run or room.
            InputError: If the run is somebody else's, or the room is closed or over; if who asks
                was removed, or is new and the door is closed.
        """
        with self._database.write() as connection:
            self._check_admitted(connection, rooms.room_by_id(connection, room_id), owner)
            rooms.put_in_room(connection, run_id, room_id, owner, self._clock())

    def take_out_of_room(self, run_id: str, owner: str) -> None:
        """Show a run in no room. Its owner may, and whoever opened the room.

        Raises:
            UnknownNameError: If there is no such run.
            InputError: If both are somebody else.
        """
        with self._database.write() as connection:
            held = queries.find_run(connection, run_id).room
            leads = held != "" and self._leads(
                connection, rooms.room_by_id(connection, held), owner
            )
            rooms.take_out_of_room(connection, run_id, owner, leads=leads)

    def room_event(
        self, room_id: str, who: str, kind: str, payload: Payload | Mapping[str, Any] | None = None
    ) -> int:
        """Let something happen in a room.

        Sent again with the same key (``id`` of answers, proposals and stances) by the same
        person, it counts once.

        Args:
            room_id: The room.
            who: Who does it: the visitor's owner id. The log keeps a hash of it that is another
                one in every room.
            kind: One of :data:`fairlab.runs.room_events.KINDS`.
            payload: What the kind holds; a record of it or a mapping.

        Returns:
            Number of the event; that of the first one when it was sent again.

        Raises:
            UnknownNameError: If there is no such room, or no such run to pin.
            InputError: If the payload is not what the kind holds; if who asks may not do this,
                or not now; if they were removed, or are new and the door is closed; if the room is
                closed or over.
            QuotaError: If the room is full, or all rooms of the server together are.
        """
        found = read_payload(kind, {} if payload is None else payload)
        try:
            with self._database.write() as connection:
                return self._happens(connection, room_id, who, kind, found)
        except _SentBeforeError as before:
            return before.seq

    def _happens(
        self, connection: sa.Connection, room_id: str, who: str, kind: str, payload: Payload
    ) -> int:
        """Check and write one event; see :meth:`room_event`."""
        seq, salt = room_log.move_on(connection, room_id)
        room, now = rooms.room_by_id(connection, room_id), self._clock()
        state = self._states.at(connection, room_id, seq - 1)
        is_owner = _leads(room, state, salt, who)
        if kind in ("lead_link", "leads") and room.owner != who:
            raise InputError(tr("Only who opened this room can let other devices lead it."))
        led = kind not in OF_PARTICIPANTS or (is_owner and kind == "proposal")
        participant = "" if led else _participant(salt, who)
        key = str(getattr(payload, "id", ""))
        before = room_log.sent_before(connection, room_id, participant, key) if key else None
        if before is not None:
            raise _SentBeforeError(before)
        rooms.check_not_over(room, now)
        if kind == "joined" and participant in state.participants:
            raise _SentBeforeError(state.version)
        check_event(state, kind, payload, is_owner=is_owner)
        if not led:
            check_admitted(state, participant)
            _make_way(connection, now, keep=room_id)
        written = 0 if led else room_log.written_by(connection, room_id, participant)
        check_room_for(state, participant, written, is_participant=not led)
        check_table(state, payload, participant)
        if isinstance(payload, Pinned):
            queries.find_run(connection, payload.run_id)
        room_log.add(connection, room_id, RoomEvent(seq, now, participant, kind, payload), key)
        if kind == "closed":
            rooms.close_room(connection, room_id, now)
        return seq

    def make_lead_link(self, room_id: str, owner: str) -> str:
        """A token with which other devices may lead a room; one before it opens nothing any more.

        It is given once: the log keeps a hash of it. Devices that led by the one before do not any
        more.

        Raises:
            UnknownNameError: If there is no such room.
            InputError: If somebody else opened it, or it is closed or over.
        """
        token = secrets.token_urlsafe(24)
        self.room_event(room_id, owner, "lead_link", {"digest": _digest(token)})
        return token

    def lead_room(self, room_id: str, who: str, token: str) -> bool:
        """Lead a room from one more device.

        Args:
            room_id: The room.
            who: The visitor of that device.
            token: Of :meth:`make_lead_link`.

        Returns:
            False for a token that opens nothing: wrong, or no longer in use.

        Raises:
            UnknownNameError: If there is no such room.
            InputError: If the room is over, or the device was removed from it.
        """
        with self._database.write() as connection:
            room, now = rooms.room_by_id(connection, room_id), self._clock()
            if self._leads(connection, room, who):
                return True
            state = self._states.now(connection, [room_id])[room_id]
            if not (state.lead_digest and compare_digest(_digest(token), state.lead_digest)):
                return False
            rooms.check_not_over(room, now)
            seq, salt = room_log.move_on(connection, room_id)
            participant = _participant(salt, who)
            if participant in state.removed:
                check_admitted(state, participant)
            event = RoomEvent(seq, now, participant, "leads", read_payload("leads", {}))
            room_log.add(connection, room_id, event, "")
            return True

    def leads_room(self, room_id: str, who: str) -> bool:
        """Whether somebody leads a room: opened it, or came with the link that lets others lead.

        Raises:
            UnknownNameError: If there is no such room.
        """
        with self._database.read() as connection:
            return self._leads(connection, rooms.room_by_id(connection, room_id), who)

    def _leads(self, connection: sa.Connection, room: Room, who: str) -> bool:
        salt = str(connection.scalar(sa.select(table.c.salt).where(table.c.id == room.id)))
        state = self._states.now(connection, [room.id])[room.id]
        return _leads(room, state, salt, who)

    def _check_admitted(self, connection: sa.Connection, room: Room, who: str) -> None:
        """Refuse who was removed, and who is new while the door is closed; not who leads."""
        if who == "" or self._leads(connection, room, who):
            return
        salt = str(connection.scalar(sa.select(table.c.salt).where(table.c.id == room.id)))
        state = self._states.now(connection, [room.id])[room.id]
        check_admitted(state, room_log.participant_of(salt, who))

    def room_state(
        self, room_id: str, upto: int | None = None, who: str | None = None
    ) -> RoomState:
        """What a room is now, or was after the event numbered ``upto``.

        Args:
            room_id: The room.
            upto: Number of an event to go back to; None for now.
            who: Who asks; None does not look. A room that is over is seen by its owner alone.

        Raises:
            UnknownNameError: If there is no such room.
            InputError: If it is over and not ``who``'s.
        """
        with self._database.read() as connection:
            room = rooms.room_by_id(connection, room_id)
            if who is not None and not self._leads(connection, room, who):
                rooms.check_not_over(room, self._clock())
            if upto is not None:
                return fold(room_log.events_of(connection, room_id, upto=upto))
            return self._states.now(connection, [room_id])[room_id]

    def room_log(self, room_id: str) -> tuple[RoomEvent, ...]:
        """All that happened in a room, in order, of all rounds.

        Raises:
            UnknownNameError: If there is no such room.
        """
        with self._database.read() as connection:
            rooms.room_by_id(connection, room_id)
            return room_log.events_of(connection, room_id)

    def room_participant(self, room_id: str, who: str) -> str:
        """What somebody is known by in a room: compare with ``Answer.participant``.

        Raises:
            UnknownNameError: If there is no such room.
        """
        with self._database.read() as connection:
            rooms.room_by_id(connection, room_id)
            salt = connection.scalar(sa.select(table.c.salt).where(table.c.id == room_id))
        return room_log.participant_of(str(salt), who) if salt else ""

    def room_states(self, room_ids: Iterable[str]) -> dict[str, RoomState]:
        """The state of each of these rooms that is there; for who waits for news of many."""
        with self._database.read() as connection:
            return self._states.now(connection, room_ids)


class _SentBeforeError(Exception):
    """Undoes a transaction: what it would write is there already."""

    def __init__(self, seq: int) -> None:
        super().__init__(seq)
        self.seq = seq


def _participant(salt: str, who: str) -> str:
    if who == "":
        raise InputError(tr("Who takes part in a room needs a browser that keeps a cookie."))
    return room_log.participant_of(salt, who)


def _leads(room: Room, state: RoomState, salt: str, who: str) -> bool:
    if who == "":
        return False
    return room.owner == who or (bool(salt) and room_log.participant_of(salt, who) in state.leaders)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _make_way(
    connection: sa.Connection, now: float, *, more_rooms: int = 0, keep: str = ""
) -> None:
    """Delete rooms that ended until there is room for more; refuse if there is not.

    Args:
        connection: Of the transaction.
        now: Seconds since the epoch.
        more_rooms: That are about to be opened.
        keep: A room that does not make way.

    Raises:
        QuotaError: If no ended room is left to make way, or very many were opened within a day.
    """
    most_rooms, most_events = settings().rooms_kept, settings().room_events_kept
    while True:
        count, events = rooms.held_by_all(connection)
        many = events > most_events
        if count + more_rooms <= most_rooms and not many:
            return
        first = rooms.first_ended(connection, now, events=many)
        if first is None or first == keep:
            check_together(count + more_rooms, events, most_rooms, most_events)
            return
        if more_rooms:
            check_flood(rooms.opened_since(connection, None, now - rooms.LASTS), most_rooms)
        room_log.delete_rooms(connection, table.c.id == first)
