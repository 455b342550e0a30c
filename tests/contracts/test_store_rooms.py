"""Workshop rooms: what happens in them is kept, in order, once, and only as far as allowed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fairlab.errors import InputError, UnknownNameError
from fairlab.runs import room_rules, rooms
from fairlab.runs.holdings import Room
from fairlab.runs.store import RunStore
from fairlab.runs.store_errors import QuotaError
from tests.contracts import small
from tests.contracts.test_store import Clock

FACILITATOR, ANNA, BEN = "f" * 64, "a" * 64, "b" * 64


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(database: str, clock: Clock) -> Iterator[RunStore]:
    opened = RunStore(clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def room(store: RunStore) -> Room:
    return asking_room(store)


def asking_room(store: RunStore) -> Room:
    """A room where the answers are asked for."""
    opened = store.open_room(FACILITATOR, "Tuesday")
    run_id = store.submit(small.config(), owner=FACILITATOR)
    store.room_event(opened.id, FACILITATOR, "pinned", {"run_id": run_id, "question": "Which?"})
    store.room_event(opened.id, FACILITATOR, "phase", {"phase": "ask", "seconds": 300})
    return opened


def answer(store: RunStore, room: Room, who: str, index: int = 0, **more: Any) -> int:
    run_id = store.room_state(room.id).run_id
    return store.room_event(
        room.id, who, "answer", {"run_id": run_id, "index": index, "metric": "m", **more}
    )


def test_everything_that_happened_is_there_for_another_store(
    store: RunStore, room: Room, clock: Clock
) -> None:
    """A server that starts again reads from the database what the one before folded."""
    clock.now += 10
    seq = answer(store, room, ANNA, 3, reason="Fewer are refused", threshold=0.25)
    store.room_event(room.id, FACILITATOR, "revealed", {"revealed": True})
    state = store.room_state(room.id)
    other = RunStore(clock=clock)
    assert other.room_state(room.id) == state
    other.close()
    (found,) = state.answers
    assert (found.index, found.threshold, found.reason) == (3, 0.25, "Fewer are refused")
    assert (found.seq, state.version, state.question) == (seq, seq + 1, "Which?")
    assert state.revealed
    assert state.timer_ends == clock.now - 10 + 300
    assert [event.kind for event in store.room_log(room.id)] == [
        "pinned",
        "phase",
        "answer",
        "revealed",
    ]


def test_an_answer_sent_twice_counts_once(store: RunStore, room: Room) -> None:
    """A phone sends again what it had no reply to: the first one is kept, nobody is told anew."""
    first = answer(store, room, ANNA, 1, id="key-1")
    version = store.room_state(room.id).version
    assert answer(store, room, ANNA, 2, id="key-1") == first
    assert store.room_state(room.id).version == version
    assert store.room_state(room.id).answers[0].index == 1
    assert answer(store, room, BEN, 2, id="key-1") > first, "keys are each person's own"


def test_a_newer_answer_replaces_the_older_and_the_log_keeps_both(
    store: RunStore, room: Room
) -> None:
    for who, index in ((ANNA, 1), (BEN, 2), (ANNA, 5)):
        answer(store, room, who, index, id=f"k{index}")
    state = store.room_state(room.id)
    assert [(one.index, one.earlier) for one in state.answers] == [(5, 1), (2, 0)]
    kept = [event for event in store.room_log(room.id) if event.kind == "answer"]
    assert len(kept) == 3
    assert len(state.participants) == 2


def test_reset_puts_aside_and_replay_brings_back(store: RunStore, room: Room) -> None:
    before = answer(store, room, ANNA)
    store.room_event(room.id, FACILITATOR, "reset")
    state = store.room_state(room.id)
    assert (state.answers, state.phase, state.resets) == ((), "explain", 1)
    assert len(state.participants) == 1
    assert len(store.room_state(room.id, upto=before).answers) == 1
    assert store.room_state(room.id, upto=before).phase == "ask"
    assert store.room_state(room.id, upto=before - 1).answers == ()


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("phase", {"phase": "review"}),
        ("timer", {"seconds": 5}),
        ("locked", {"locked": True}),
        ("revealed", {"revealed": True}),
        ("hidden", {"seq": 1}),
        ("decided", {"run_id": "r", "index": 0}),
        ("reset", {}),
        ("closed", {}),
        ("pinned", {"run_id": "r"}),
    ],
)
def test_only_who_opened_a_room_leads_it(
    store: RunStore, room: Room, kind: str, payload: dict[str, Any]
) -> None:
    before = store.room_state(room.id)
    for who in (ANNA, ""):
        with pytest.raises(InputError, match="Only who leads this room"):
            store.room_event(room.id, who, kind, payload)
    assert store.room_state(room.id) == before


def test_a_locked_room_takes_no_answers_but_lets_people_in(store: RunStore, room: Room) -> None:
    store.room_event(room.id, FACILITATOR, "locked", {"locked": True})
    with pytest.raises(InputError, match=r"locked the room\. What you typed stays"):
        answer(store, room, ANNA)
    store.room_event(room.id, ANNA, "joined")
    assert len(store.room_state(room.id).participants) == 1
    store.room_event(room.id, FACILITATOR, "locked", {"locked": False})
    answer(store, room, ANNA)


def test_answers_are_taken_until_they_are_shown(store: RunStore, room: Room) -> None:
    """Who presses as the phase ends is not too late; who has seen the others' answers is."""
    store.room_event(room.id, FACILITATOR, "phase", {"phase": "review"})
    answer(store, room, ANNA)
    store.room_event(room.id, FACILITATOR, "revealed", {"revealed": True})
    with pytest.raises(InputError, match="not asked for now"):
        answer(store, room, BEN)


def test_an_answer_about_another_curve_is_refused(store: RunStore, room: Room) -> None:
    """A page that was open while the facilitator put up another one."""
    old = store.room_state(room.id).run_id
    new = store.submit(small.config(9), owner=FACILITATOR)
    store.room_event(room.id, FACILITATOR, "pinned", {"run_id": new})
    with pytest.raises(InputError, match="shows another curve now"):
        store.room_event(room.id, ANNA, "answer", {"run_id": old, "index": 0})
    with pytest.raises(UnknownNameError):
        store.room_event(room.id, FACILITATOR, "pinned", {"run_id": "nosuchrun"})


def test_people_negotiate_and_decide(store: RunStore, room: Room) -> None:
    run_id = store.room_state(room.id).run_id
    point = {"run_id": run_id, "index": 4}
    with pytest.raises(InputError, match="Nothing is negotiated now"):
        store.room_event(room.id, ANNA, "proposal", point)
    store.room_event(room.id, FACILITATOR, "phase", {"phase": "negotiate"})
    seq = store.room_event(room.id, ANNA, "proposal", {**point, "words": "A middle way"})
    for who, stance in ((ANNA, "support"), (BEN, "object"), (BEN, "accept")):
        store.room_event(room.id, who, "support", {"proposal": seq, "stance": stance})
    with pytest.raises(InputError, match="not on the table"):
        store.room_event(room.id, BEN, "support", {"proposal": 999, "stance": "accept"})
    (proposal,) = store.room_state(room.id).negotiation
    assert [proposal.count(s) for s in ("support", "accept", "object")] == [1, 1, 0]
    decided = {**point, "proposal": seq, "reason": "All can live with it", "dissent": ("No.",)}
    store.room_event(room.id, FACILITATOR, "decided", decided)
    state = store.room_state(room.id)
    assert state.phase == "decided"
    assert state.decision is not None
    assert state.decision.dissent == ("No.",)


def test_the_same_person_cannot_be_linked_between_rooms(store: RunStore, room: Room) -> None:
    second = store.open_room(FACILITATOR, "Second")
    for one in (room, second):
        store.room_event(one.id, ANNA, "joined")
    hashes = [store.room_state(one.id).participants[0] for one in (room, second)]
    assert hashes[0] != hashes[1]
    assert hashes == [store.room_participant(one.id, ANNA) for one in (room, second)]
    assert not any(part in ANNA for part in hashes)


def test_a_room_lasts_a_day_in_the_store_too(store: RunStore, room: Room, clock: Clock) -> None:
    answer(store, room, ANNA)
    run_id = store.submit(small.config(7), owner=ANNA)
    clock.now += rooms.LASTS
    for act in (
        lambda: answer(store, room, BEN),
        lambda: store.put_in_room(run_id, room.id, ANNA),
        lambda: store.submit(small.config(8), owner=ANNA, room=room.id),
        lambda: store.room_event(room.id, FACILITATOR, "phase", {"phase": "review"}),
        lambda: store.room_state(room.id, who=ANNA),
    ):
        with pytest.raises(InputError, match="rooms last a day"):
            act()
    assert len(store.room_state(room.id, who=FACILITATOR).answers) == 1


def test_a_closed_room_takes_nothing_more(store: RunStore, room: Room) -> None:
    """Closed by its button or by its event: both are the same."""
    store.close_room(room.id, FACILITATOR)
    store.close_room(room.id, FACILITATOR)
    assert store.room_state(room.id).closed
    assert [event.kind for event in store.room_log(room.id)].count("closed") == 1
    with pytest.raises(InputError, match="closed and takes nothing more"):
        answer(store, room, ANNA)
    second = store.open_room(FACILITATOR, "Second")
    store.room_event(second.id, FACILITATOR, "closed")
    assert not store.room(second.id).is_open


def test_a_room_takes_so_many_people_and_events(
    store: RunStore, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_rules, "MOST_PARTICIPANTS", 1)
    monkeypatch.setattr(room_rules, "MOST_EVENTS_EACH", 2)
    store.room_event(room.id, ANNA, "joined")
    answer(store, room, ANNA)
    with pytest.raises(QuotaError, match="Open a second room"):
        answer(store, room, BEN)
    with pytest.raises(QuotaError, match="Your last answer counts"):
        answer(store, room, ANNA)
    monkeypatch.setattr(room_rules, "MOST_EVENTS_EACH", 50)
    monkeypatch.setattr(room_rules, "MOST_EVENTS", 6)
    monkeypatch.setattr(room_rules, "KEPT_FOR_FACILITATOR", 2)
    with pytest.raises(QuotaError, match=r"is full\. Export it"):
        answer(store, room, ANNA)
    store.room_event(room.id, FACILITATOR, "locked", {"locked": True})
    monkeypatch.setattr(room_rules, "MOST_ROOMS", 1)
    with pytest.raises(QuotaError, match="opened 1 rooms within a day"):
        store.open_room(FACILITATOR, "One more")


def test_the_table_holds_so_many_proposals_and_always_one_of_the_facilitator(
    store: RunStore, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every phone draws every proposal every few seconds; one person must not fill them."""
    monkeypatch.setattr(room_rules, "MOST_PROPOSALS", 4)
    store.room_event(room.id, FACILITATOR, "phase", {"phase": "negotiate"})
    point = {"run_id": store.room_state(room.id).run_id, "index": 1}
    for _ in range(3):
        store.room_event(room.id, ANNA, "proposal", point)
    with pytest.raises(QuotaError, match="You made 3 proposals"):
        store.room_event(room.id, ANNA, "proposal", point)
    store.room_event(room.id, BEN, "proposal", point)
    with pytest.raises(QuotaError, match="4 proposals are on the table"):
        store.room_event(room.id, BEN, "proposal", point)
    store.room_event(room.id, FACILITATOR, "proposal", point)
    assert len(store.room_state(room.id).negotiation) == 5
    store.room_event(room.id, FACILITATOR, "reset")
    store.room_event(room.id, FACILITATOR, "phase", {"phase": "negotiate"})
    store.room_event(room.id, ANNA, "proposal", point)


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        ({"reason": "x" * 1001}, "too long; at most 1,000"),
        ({"index": -1}, "index cannot be kept"),
        ({"threshold": 1.0}, "threshold cannot be kept"),
        ({"threshold": float("nan")}, "threshold cannot be kept"),
        ({"name": "Anna"}, "name cannot be kept"),
        ({"how": {"deep": "x" * 9000}}, "how cannot be kept"),
        ({"metric": "<b>"}, "metric cannot be kept"),
    ],
)
def test_what_is_too_large_or_unknown_is_refused(
    store: RunStore, room: Room, payload: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        answer(store, room, ANNA, **{"index": 0, **payload})
    with pytest.raises(InputError, match="There is no event 'shout'"):
        store.room_event(room.id, ANNA, "shout")


def test_hostile_words_are_kept_as_they_are(store: RunStore, room: Room) -> None:
    words = "<script>alert(1)</script> \0 'Robert'); DROP TABLE rooms;-- \ud83d{name}"
    answer(store, room, ANNA, reason=words)
    kept = store.room_state(room.id).answers[0].reason
    assert kept.startswith("<script>alert(1)</script>")
    assert "\0" not in kept
    assert "{name}" in kept


def test_who_deletes_their_data_leaves_nothing_in_rooms_of_others(
    store: RunStore, room: Room
) -> None:
    """The others' answers stay, and who watches the room is told; a reading of before is not."""
    for who in (ANNA, BEN):
        answer(store, room, who, reason=f"{who[0]} says")
    version = store.room_state(room.id).version
    store.delete_owner(ANNA)
    state = store.room_state(room.id)
    assert state.version > version
    assert state.stage == state.version
    assert [one.reason for one in state.answers] == ["b says"]
    assert "a says" not in repr(store.room_log(room.id))
    assert answer(store, room, BEN) > state.version


def test_a_room_is_deleted_with_all_that_was_said(
    store: RunStore, room: Room, clock: Clock
) -> None:
    run_id = store.submit(small.config(5), owner=ANNA, room=room.id)
    answer(store, room, ANNA)
    with pytest.raises(InputError, match="Only who opened a room can delete it"):
        store.delete_room(room.id, ANNA)
    store.delete_room(room.id, FACILITATOR)
    with pytest.raises(UnknownNameError):
        store.room_state(room.id)
    assert store.get(run_id).room == ""
    second = store.open_room(FACILITATOR, "Second")
    store.room_event(second.id, ANNA, "joined")
    clock.now += rooms.KEPT_FOR - 1
    store.collect_garbage()
    assert len(store.room_log(second.id)) == 1
    clock.now += 1
    store.collect_garbage()
    with pytest.raises(UnknownNameError):
        store.room_log(second.id)
    third = store.open_room(FACILITATOR, "Third")
    store.room_event(third.id, ANNA, "joined")
    store.delete_owner(FACILITATOR)
    with pytest.raises(UnknownNameError):
        store.room_log(third.id)


def test_who_signs_in_keeps_their_answers(store: RunStore, room: Room) -> None:
    answer(store, room, ANNA, 1)
    account = "c" * 64
    store.take_over(ANNA, account)
    answer(store, room, account, 2)
    state = store.room_state(room.id)
    assert [one.index for one in state.answers] == [2]
    assert len(state.participants) == 1
    store.take_over(FACILITATOR, "d" * 64)
    store.room_event(room.id, "d" * 64, "locked", {"locked": True})


def test_hidden_words_are_marked_and_the_choice_counts(store: RunStore, room: Room) -> None:
    seq = answer(store, room, ANNA, 2, reason="An insult")
    store.room_event(room.id, FACILITATOR, "hidden", {"seq": seq})
    assert [(one.index, one.hidden) for one in store.room_state(room.id).answers] == [(2, True)]
    store.room_event(room.id, FACILITATOR, "hidden", {"seq": seq, "hidden": False})
    assert not store.room_state(room.id).answers[0].hidden


def test_many_at_once_get_numbers_of_their_own(store: RunStore, room: Room, clock: Clock) -> None:
    """Two stores, as two servers have; thirty answers at a time, one of each sent twice."""
    other = RunStore(clock=clock)

    def send(number: int) -> int:
        who = f"{number // 2:064d}"
        return answer((store, other)[number % 2], room, who, number // 2, id="once")

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(send, range(60)))
    assert numbers[::2] == numbers[1::2]
    assert len(set(numbers)) == 30
    for one in (store, other):
        assert sorted(a.index for a in one.room_state(room.id).answers) == list(range(30))
    other.close()


def test_runs_that_come_and_go_are_told(store: RunStore, room: Room, fairlab_home: Path) -> None:
    """Who watches a room learns of its runs, though they are no events."""
    versions = [store.room_state(room.id).version]
    run_id = store.submit(small.config(3), owner=ANNA, room=room.id)
    versions.append(store.room_state(room.id).version)
    store.take_out_of_room(run_id, ANNA)
    versions.append(store.room_state(room.id).version)
    store.put_in_room(run_id, room.id, ANNA)
    versions.append(store.room_state(room.id).version)
    assert sorted(set(versions)) == versions
