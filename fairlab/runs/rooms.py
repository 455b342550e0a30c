"""Workshop rooms inside a transaction: a code on the board, runs people put beside each other."""

import secrets

import sqlalchemy as sa

from fairlab.errors import InputError, UnknownNameError
from fairlab.language import tr
from fairlab.runs import queue
from fairlab.runs.holdings import Room
from fairlab.runs.identity import new_id, storable
from fairlab.runs.queries import find_run
from fairlab.runs.schema import rooms, runs

# Without letters and digits that are mistaken for each other.
ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
GROUPS, LENGTH = 3, 4
LONGEST_TITLE = 200
LASTS = 24 * 3600.0  # seconds a room takes runs and answers, and is seen by all who have its code
KEPT_FOR = 30 * 24 * 3600.0  # seconds until a room and all that was said in it are deleted


_OF_A_ROOM = (
    rooms.c.id,
    rooms.c.code,
    rooms.c.title,
    rooms.c.owner,
    rooms.c.created,
    rooms.c.closed,
)


def new_code() -> str:
    """A code for the board: twelve of thirty signs, more than 58 random bits."""
    letters = (secrets.choice(ALPHABET) for _ in range(GROUPS * LENGTH))
    text = "".join(letters)
    return "-".join(text[start : start + LENGTH] for start in range(0, len(text), LENGTH))


def open_room(connection: sa.Connection, owner: str, title: str, now: float) -> Room:
    """A new room."""
    room = Room(new_id(), new_code(), storable(title)[:LONGEST_TITLE], owner, now, None)
    connection.execute(
        sa.insert(rooms).values(
            id=room.id, code=room.code, title=room.title, owner=owner, created=now
        )
    )
    return room


def find_room(connection: sa.Connection, code: str) -> Room:
    """The room with a code, however its letters and dashes were typed.

    Raises:
        UnknownNameError: If there is none.
    """
    typed = "".join(sign for sign in code.upper() if sign.isascii() and sign.isalnum())
    parts = [typed[start : start + LENGTH] for start in range(0, len(typed), LENGTH)]
    row = connection.execute(
        sa.select(*_OF_A_ROOM).where(rooms.c.code == "-".join(parts[:9]))
    ).first()
    if row is None:
        raise UnknownNameError(
            tr(
                "There is no room with this code. A code has twelve letters and digits, like "
                "K7QF-9M2X-T4BD; ask whoever opened the room."
            )
        )
    return Room(*row)


def room_by_id(connection: sa.Connection, room_id: str) -> Room:
    """The room with this id.

    Raises:
        UnknownNameError: If there is none.
    """
    row = connection.execute(sa.select(*_OF_A_ROOM).where(rooms.c.id == room_id)).first()
    if row is None:
        raise UnknownNameError(tr("There is no such room here. Enter it by its code."))
    return Room(*row)


def rooms_of(connection: sa.Connection, owner: str) -> tuple[Room, ...]:
    """Rooms somebody opened, newest first."""
    query = sa.select(*_OF_A_ROOM).where(rooms.c.owner == owner)
    order = (rooms.c.created.desc(), rooms.c.id)
    return tuple(Room(*row) for row in connection.execute(query.order_by(*order)))


def opened_since(connection: sa.Connection, owner: str | None, moment: float) -> int:
    """How many rooms somebody opened since a moment; None for everybody."""
    query = sa.select(sa.func.count()).select_from(rooms).where(rooms.c.created > moment)
    if owner is not None:
        query = query.where(rooms.c.owner == owner)
    return int(connection.scalar(query) or 0)


def held_by_all(connection: sa.Connection) -> tuple[int, int]:
    """How many rooms there are, and how many events at most they hold together."""
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(rooms.c.version), 0))
    count, events = connection.execute(query.select_from(rooms)).one()
    return int(count), int(events)


def first_ended(connection: sa.Connection, now: float, *, events: bool) -> str | None:
    """The room that makes way first, of those closed or over; None where there is none.

    One in which nothing happened goes before all others, then the oldest.

    Args:
        connection: Of the transaction.
        now: Seconds since the epoch.
        events: Whether room for events is needed: one without any would be of no use.
    """
    ended = sa.or_(rooms.c.closed.is_not(None), rooms.c.created <= now - LASTS)
    silent = rooms.c.version <= sa.case((rooms.c.closed.is_(None), 0), else_=1)
    query = sa.select(rooms.c.id).where(ended)
    if events:
        query = query.where(rooms.c.version > 0)
    order = (sa.case((silent, 0), else_=1), rooms.c.created, rooms.c.id)
    return connection.scalar(query.order_by(*order).limit(1))


def is_over(room: Room, now: float) -> bool:
    """Whether a room has ended: a day after it was opened."""
    return now - room.created >= LASTS


def check_not_over(room: Room, now: float) -> None:
    """Refuse what comes to a room after its day.

    Raises:
        InputError: If it is over.
    """
    if is_over(room, now):
        raise InputError(
            tr("This room has ended: rooms last a day. Ask whoever opened it for a new one.")
        )


def close_room(connection: sa.Connection, room_id: str, now: float) -> bool:
    """Take no more runs; those in it stay to be seen.

    Returns:
        False if it was closed already.
    """
    is_open = (rooms.c.id == room_id) & rooms.c.closed.is_(None)
    return connection.execute(sa.update(rooms).where(is_open).values(closed=now)).rowcount > 0


def check_open(connection: sa.Connection, room_id: str, now: float) -> None:
    """Refuse to put anything into a room that is closed or over.

    Raises:
        UnknownNameError: If there is no such room.
        InputError: If it is closed or over.
    """
    room = room_by_id(connection, room_id)
    if not room.is_open:
        raise InputError(
            tr(
                "This room is closed and takes no more runs. Ask for a new one; runs that are in "
                "it stay to be seen."
            )
        )
    check_not_over(room, now)


def put_in_room(
    connection: sa.Connection, run_id: str, room_id: str, owner: str, now: float
) -> None:
    """Show a run in a room, instead of any other it was in.

    Raises:
        UnknownNameError: If there is no such run or room.
        InputError: If the run is somebody else's, or the room is closed or over.
    """
    queue.check_owner(find_run(connection, run_id), owner, "put it into a room with")
    check_open(connection, room_id, now)
    connection.execute(sa.update(runs).where(runs.c.id == run_id).values(room=room_id))
    note_change(connection, room_id)


def note_change(connection: sa.Connection, room_id: str) -> None:
    """Give a room a new version: who watches it looks again."""
    connection.execute(
        sa.update(rooms).where(rooms.c.id == room_id).values(version=rooms.c.version + 1)
    )


def take_out_of_room(
    connection: sa.Connection, run_id: str, owner: str, *, leads: bool = False
) -> None:
    """Show a run in no room. Its owner may, and who opened the room or ``leads`` it.

    Raises:
        UnknownNameError: If there is no such run.
        InputError: If both are somebody else.
    """
    record = find_run(connection, run_id)
    if record.room == "":
        return
    if not leads and room_by_id(connection, record.room).owner != owner:
        queue.check_owner(record, owner, "take it out of its room with")
    connection.execute(sa.update(runs).where(runs.c.id == run_id).values(room=""))
    note_change(connection, record.room)
