"""The log of a workshop room inside a transaction: reading it, adding to it, deleting from it."""

import hashlib
import json
import secrets
from collections.abc import Iterable

import sqlalchemy as sa

from fairlab.errors import UnknownNameError
from fairlab.language import tr
from fairlab.runs.room_events import Payload, RoomEvent, read_payload
from fairlab.runs.schema import room_events, rooms, runs


def participant_of(salt: str, who: str) -> str:
    """What a room knows somebody by: another hash in every room, 32 hexadecimal digits."""
    return hashlib.sha256(f"fairlab room\n{salt}\n{who}".encode()).hexdigest()[:32]


def move_on(connection: sa.Connection, room_id: str) -> tuple[int, str]:
    """Give a room its next number, and hold the room until the transaction ends.

    Returns:
        The number, and the room's salt.

    Raises:
        UnknownNameError: If there is no such room.
    """
    salt = sa.case((rooms.c.salt == "", secrets.token_hex(16)), else_=rooms.c.salt)
    row = connection.execute(
        sa.update(rooms)
        .where(rooms.c.id == room_id)
        .values(version=rooms.c.version + 1, salt=salt)
        .returning(rooms.c.version, rooms.c.salt)
    ).first()
    if row is None:
        raise UnknownNameError(tr("There is no such room here. Enter it by its code."))
    return int(row.version), str(row.salt)


def add(connection: sa.Connection, room_id: str, event: RoomEvent, key: str) -> None:
    """Write one event at the end of a log."""
    connection.execute(
        sa.insert(room_events).values(
            room_id=room_id,
            seq=event.seq,
            time=event.time,
            participant=event.participant,
            kind=event.kind,
            key=key or None,
            payload=event.payload.model_dump_json(),
        )
    )


def sent_before(connection: sa.Connection, room_id: str, participant: str, key: str) -> int | None:
    """Number of the event somebody sent with this key already."""
    theirs = (room_events.c.room_id == room_id) & (room_events.c.participant == participant)
    return connection.scalar(sa.select(room_events.c.seq).where(theirs, room_events.c.key == key))


def events_of(
    connection: sa.Connection, room_id: str, after: int = 0, upto: int | None = None
) -> tuple[RoomEvent, ...]:
    """Events numbered after one and up to another, in order."""
    query = sa.select(
        room_events.c.seq,
        room_events.c.time,
        room_events.c.participant,
        room_events.c.kind,
        room_events.c.payload,
    ).where(room_events.c.room_id == room_id, room_events.c.seq > after)
    if upto is not None:
        query = query.where(room_events.c.seq <= upto)
    rows = connection.execute(query.order_by(room_events.c.seq))
    return tuple(
        RoomEvent(row.seq, row.time, row.participant, row.kind, _payload(row.kind, row.payload))
        for row in rows
    )


def _payload(kind: str, text: str) -> Payload:
    return read_payload(kind, json.loads(text))


def written_by(connection: sa.Connection, room_id: str, participant: str) -> int:
    """How many events one participant has in a room."""
    theirs = (room_events.c.room_id == room_id) & (room_events.c.participant == participant)
    query = sa.select(sa.func.count()).select_from(room_events).where(theirs)
    return int(connection.scalar(query) or 0)


def versions_of(connection: sa.Connection, room_ids: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Version of each room that is there, and the version at which events were last deleted."""
    query = sa.select(rooms.c.id, rooms.c.version, rooms.c.erased)
    rows = connection.execute(query.where(rooms.c.id.in_(sorted(set(room_ids)))))
    return {row.id: (row.version, row.erased) for row in rows}


def delete_rooms(connection: sa.Connection, which: sa.ColumnElement[bool]) -> int:
    """Delete rooms with all that happened in them; runs that were in one are in none.

    Returns:
        How many rooms.
    """
    chosen = sa.select(rooms.c.id).where(which)
    connection.execute(sa.update(runs).where(runs.c.room.in_(chosen)).values(room=""))
    connection.execute(sa.delete(room_events).where(room_events.c.room_id.in_(chosen)))
    return connection.execute(sa.delete(rooms).where(which)).rowcount


def delete_participant(connection: sa.Connection, who: str) -> int:
    """Delete all that somebody did as a participant, in every room.

    Returns:
        How many events.
    """
    gone = 0
    for room_id, participant in _places(connection, who):
        move_on(connection, room_id)
        theirs = (room_events.c.room_id == room_id) & (room_events.c.participant == participant)
        gone += connection.execute(sa.delete(room_events).where(theirs)).rowcount
        known = sa.update(rooms).where(rooms.c.id == room_id)
        connection.execute(known.values(erased=rooms.c.version))
    return gone


def hand_over(connection: sa.Connection, before: str, after: str) -> None:
    """Let what one did as a participant be another's: both are the same person, signed in now."""
    for room_id, participant in _places(connection, before):
        move_on(connection, room_id)
        salt = connection.scalar(sa.select(rooms.c.salt).where(rooms.c.id == room_id))
        theirs = (room_events.c.room_id == room_id) & (room_events.c.participant == participant)
        # What was sent twice, once as each, stays twice: the newer one counts anyway.
        known_as = participant_of(str(salt), after)
        moved = {"participant": known_as, "key": None}
        connection.execute(sa.update(room_events).where(theirs).values(moved))
        # Who was removed stays removed.
        removals = (room_events.c.room_id == room_id) & (room_events.c.kind == "removed")
        named = sa.func.replace(room_events.c.payload, participant, known_as)
        connection.execute(sa.update(room_events).where(removals).values(payload=named))
        known = sa.update(rooms).where(rooms.c.id == room_id)
        connection.execute(known.values(erased=rooms.c.version))


def _places(connection: sa.Connection, who: str) -> list[tuple[str, str]]:
    """Rooms somebody did something in, and the hash they have there; in an order all agree on."""
    salted = connection.execute(
        sa.select(rooms.c.id, rooms.c.salt).where(rooms.c.salt != "").order_by(rooms.c.id)
    ).all()
    found = []
    for row in salted:
        participant = participant_of(row.salt, who)
        theirs = (room_events.c.room_id == row.id) & (room_events.c.participant == participant)
        if connection.scalar(sa.select(room_events.c.seq).where(theirs).limit(1)) is not None:
            found.append((row.id, participant))
    return found
