"""The benchmark of rooms sees what is lost, doubled, or said by nobody."""

from benchmarks.room import Found, _orders
from fairlab.runs.store import RunStore
from tests.contracts import small

FACILITATOR = "f" * 64


def test_answers_are_compared_with_the_log() -> None:
    """By round; times by the order in which they reached the room, not in which they were sent."""
    store = RunStore()
    room = store.open_room(FACILITATOR, "Room")
    run_id = store.submit(small.config(), owner=FACILITATOR)
    store.room_event(room.id, FACILITATOR, "pinned", {"run_id": run_id})
    for number, reasons in enumerate((["b", "a", "a", "x"], ["at once"])):
        store.room_event(room.id, FACILITATOR, "phase", {"phase": "ask"})
        for who, reason in enumerate(reasons):
            answer = {"run_id": run_id, "index": 0, "reason": reason}
            store.room_event(room.id, f"{number}{who}" * 32, "answer", answer)
        if number == 0:
            store.room_event(room.id, FACILITATOR, "reset")
    found = Found(
        presses={"a": 10.0, "b": 11.0, "lost": 12.0},
        shown={1: 11.5, 2: 12.5, 3: 13.0},
        burst={"at once": 20.0},
        burst_shown={1: 20.25},
    )
    assert _orders(store, room, found) == ([2.5, 0.5], [0.25])
    assert (found.missing, found.twice, found.strange) == (1, 1, 1)
    assert found.errors == ["nobody sent 'x'"]
    store.close()
