"""Workshop rooms inside a transaction: a code on the board, runs people put beside each other."""

import secrets

import sqlalchemy as sa

from fairlab.errors import InputError, UnknownNameError
from fairlab.runs import queue
from fairlab.runs.holdings import Room
from fairlab.runs.identity import new_id, storable
from fairlab.runs.queries import find_run
from fairlab.runs.schema import rooms, runs

# Without letters and digits that are mistaken for each other.
ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
GROUPS, LENGTH = 3, 4
LONGEST_TITLE = 200


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
    row = connection.execute(sa.select(rooms).where(rooms.c.code == "-".join(parts[:9]))).first()
    if row is None:
        raise UnknownNameError(
            "There is no room with this code. A code has twelve letters and digits, like "
            "K7QF-9M2X-T4BD; ask whoever opened the room."
        )
    return Room(*row)


def room_by_id(connection: sa.Connection, room_id: str) -> Room:
    """The room with this id.

    Raises:
        UnknownNameError: If there is none.
    """
    row = connection.execute(sa.select(rooms).where(rooms.c.id == room_id)).first()
    if row is None:
        raise UnknownNameError("There is no such room here. Enter it by its code.")
    return Room(*row)


def rooms_of(connection: sa.Connection, owner: str) -> tuple[Room, ...]:
    """Rooms somebody opened, newest first."""
    query = sa.select(rooms).where(rooms.c.owner == owner)
    order = (rooms.c.created.desc(), rooms.c.id)
    return tuple(Room(*row) for row in connection.execute(query.order_by(*order)))


def close_room(connection: sa.Connection, room_id: str, owner: str, now: float) -> None:
    """Take no more runs; those in it stay to be seen.

    Raises:
        UnknownNameError: If there is no such room.
        InputError: If it is somebody else's.
    """
    if room_by_id(connection, room_id).owner != owner:
        raise InputError("Only who opened a room can close it.")
    is_open = (rooms.c.id == room_id) & rooms.c.closed.is_(None)
    connection.execute(sa.update(rooms).where(is_open).values(closed=now))


def check_open(connection: sa.Connection, room_id: str) -> None:
    """Refuse to put anything into a closed room.

    Raises:
        UnknownNameError: If there is no such room.
        InputError: If it is closed.
    """
    if not room_by_id(connection, room_id).is_open:
        raise InputError(
            "This room is closed and takes no more runs. Ask for a new one; runs that are in it "
            "stay to be seen."
        )


def put_in_room(connection: sa.Connection, run_id: str, room_id: str, owner: str) -> None:
    """Show a run in a room, instead of any other it was in.

    Raises:
        UnknownNameError: If there is no such run or room.
        InputError: If the run is somebody else's, or the room is closed.
    """
    queue.check_owner(find_run(connection, run_id), owner, "put it into a room with")
    check_open(connection, room_id)
    connection.execute(sa.update(runs).where(runs.c.id == run_id).values(room=room_id))


def take_out_of_room(connection: sa.Connection, run_id: str, owner: str) -> None:
    """Show a run in no room. Its owner may, and who opened the room.

    Raises:
        UnknownNameError: If there is no such run.
        InputError: If both are somebody else.
    """
    record = find_run(connection, run_id)
    if record.room == "":
        return
    if room_by_id(connection, record.room).owner != owner:
        queue.check_owner(record, owner, "take it out of its room with")
    connection.execute(sa.update(runs).where(runs.c.id == run_id).values(room=""))
