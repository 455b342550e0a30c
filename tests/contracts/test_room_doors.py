"""Who may be in a workshop room and who leads it: removing, the door, other devices, limits."""

from collections.abc import Iterator
from typing import Any

import pytest

from fairlab.errors import InputError
from fairlab.runs import rooms
from fairlab.runs.holdings import Room
from fairlab.runs.store import RunStore
from fairlab.runs.store_errors import QuotaError
from fairlab.settings import settings
from tests.contracts import small
from tests.contracts.test_store import Clock
from tests.contracts.test_store_rooms import ANNA, BEN, FACILITATOR, answer, asking_room

PHONE = "e" * 64


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


def me(store: RunStore, room: Room, who: str) -> str:
    return store.room_participant(room.id, who)


def lead(store: RunStore, room: Room, kind: str, payload: dict[str, Any]) -> int:
    return store.room_event(room.id, FACILITATOR, kind, payload)


def test_who_is_removed_counts_no_more_and_stays_out(store: RunStore, room: Room) -> None:
    """Answer, proposal and stances go; the log keeps them; letting in again begins anew."""
    answer(store, room, ANNA)
    seq = answer(store, room, BEN, 1)
    lead(store, room, "phase", {"phase": "negotiate"})
    run = store.room_state(room.id).run_id
    store.room_event(room.id, ANNA, "proposal", {"run_id": run, "index": 2})
    kept = lead(store, room, "proposal", {"run_id": run, "index": 3})
    store.room_event(room.id, ANNA, "support", {"proposal": kept, "stance": "object"})
    last = store.room_event(room.id, BEN, "support", {"proposal": kept, "stance": "support"})
    anna, ben = me(store, room, ANNA), me(store, room, BEN)
    lead(store, room, "removed", {"participants": [anna]})
    state = store.room_state(room.id)
    assert state.participants == (ben,)
    assert len(state.arrivals) == 1
    assert [one.seq for one in state.answers] == [seq]
    (proposal,) = state.negotiation
    assert (proposal.seq, proposal.count("object"), proposal.count("support")) == (kept, 0, 1)
    assert len(store.room_state(room.id, upto=last).answers) == 2, "replay shows what was"
    for kind, payload in (
        ("joined", {}),
        ("support", {"proposal": kept, "stance": "object"}),
    ):
        with pytest.raises(InputError, match="removed this device"):
            store.room_event(room.id, ANNA, kind, payload)
    assert store.room_state(room.id).participants == (ben,)
    lead(store, room, "removed", {"participants": [anna], "removed": False})
    store.room_event(room.id, ANNA, "joined")
    assert store.room_state(room.id).participants == (ben, anna)
    assert len(store.room_state(room.id).answers) == 1


def test_removing_makes_room_for_others(
    store: RunStore, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hundred invented cookies do not keep the class out for good."""
    monkeypatch.setattr("fairlab.runs.room_rules.MOST_PARTICIPANTS", 1)
    store.room_event(room.id, ANNA, "joined")
    with pytest.raises(QuotaError, match="as many as it takes"):
        store.room_event(room.id, BEN, "joined")
    lead(store, room, "removed", {"participants": [me(store, room, ANNA)]})
    store.room_event(room.id, BEN, "joined")
    assert store.room_state(room.id).participants == (me(store, room, BEN),)


def test_a_closed_door_keeps_newcomers_out_and_nobody_else(store: RunStore, room: Room) -> None:
    store.room_event(room.id, ANNA, "joined")
    lead(store, room, "door", {"open": False})
    for do in (
        lambda: store.room_event(room.id, BEN, "joined"),
        lambda: answer(store, room, BEN),
    ):
        with pytest.raises(InputError, match="closed the door"):
            do()
    answer(store, room, ANNA)
    store.room_event(room.id, ANNA, "joined")
    lead(store, room, "door", {"open": True})
    answer(store, room, BEN)
    assert len(store.room_state(room.id).answers) == 2


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("removed", {"participants": ["a" * 32]}),
        ("door", {"open": False}),
        ("lead_link", {}),
        ("leads", {}),
    ],
)
def test_participants_have_none_of_these_powers(
    store: RunStore, room: Room, kind: str, payload: dict[str, Any]
) -> None:
    store.room_event(room.id, ANNA, "joined")
    with pytest.raises(InputError, match="Only who"):
        store.room_event(room.id, ANNA, kind, payload)


def test_another_device_leads_with_the_link_until_it_is_revoked(
    store: RunStore, room: Room, clock: Clock
) -> None:
    """After the laptop died the phone reveals, closes and still sees the room the day after."""
    token = store.make_lead_link(room.id, FACILITATOR)
    assert len(token) >= 32
    version = store.room_state(room.id).version
    assert not store.lead_room(room.id, PHONE, token[:-1] + "!")
    assert store.room_state(room.id).version == version, "a wrong one is no news to anybody"
    with pytest.raises(InputError, match="Only who leads"):
        store.room_event(room.id, PHONE, "locked", {"locked": True})
    assert store.lead_room(room.id, PHONE, token)
    assert store.leads_room(room.id, PHONE)
    assert not store.leads_room(room.id, ANNA)
    store.room_event(room.id, PHONE, "revealed", {"revealed": True})
    assert store.room_state(room.id).revealed
    assert store.room_state(room.id).participants == (), "who leads is not counted"
    assert token not in str(store.room_log(room.id))
    with pytest.raises(InputError, match="Only who opened"):
        store.make_lead_link(room.id, PHONE)
    with pytest.raises(InputError, match="Only who opened"):
        store.delete_room(room.id, PHONE)
    lead(store, room, "lead_link", {"digest": ""})
    assert not store.leads_room(room.id, PHONE)
    assert not store.lead_room(room.id, PHONE, token)
    again = store.make_lead_link(room.id, FACILITATOR)
    assert store.lead_room(room.id, PHONE, again)
    store.close_room(room.id, PHONE)
    assert store.room_state(room.id).closed
    clock.now += rooms.LASTS + 1
    assert store.room_state(room.id, who=PHONE).revealed
    with pytest.raises(InputError, match="has ended"):
        store.room_state(room.id, who=ANNA)


def test_the_oldest_ended_room_makes_way_and_an_open_one_never(
    store: RunStore, room: Room, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    """Of all rooms together; when only open ones are left, nobody loses theirs: it is said."""
    monkeypatch.setattr("fairlab.runs.room_rules.OF_A_DAY", 2.0)
    clock.now += 1
    second = store.open_room(BEN, "Second")
    monkeypatch.setenv("FAIRLAB_ROOMS_KEPT", "2")
    settings.cache_clear()
    with pytest.raises(QuotaError, match=r"keeps 2 rooms .*FAIRLAB_ROOMS_KEPT"):
        store.open_room(ANNA, "Third")
    store.close_room(second.id, BEN)
    third = store.open_room(ANNA, "Third")
    assert {one.id for who in (FACILITATOR, ANNA, BEN) for one in store.rooms_of(who)} == {
        room.id,
        third.id,
    }


def test_all_events_together_are_bounded_and_the_facilitator_can_end_it(
    store: RunStore, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLAB_ROOM_EVENTS_KEPT", "3")
    settings.cache_clear()
    answer(store, room, ANNA)
    with pytest.raises(QuotaError, match="hold 3 events together"):
        answer(store, room, BEN)
    lead(store, room, "locked", {"locked": True})
    store.close_room(room.id, FACILITATOR)


def test_who_is_removed_stays_removed_after_signing_in(store: RunStore, room: Room) -> None:
    """Signing in gives what one said another hash: the removal goes with it, in the past, too."""
    answer(store, room, ANNA, reason="Shouting")
    answer(store, room, BEN, 1)
    lead(store, room, "removed", {"participants": [me(store, room, ANNA)]})
    store.take_over(ANNA, PHONE)
    state = store.room_state(room.id)
    assert [one.participant for one in state.answers] == [me(store, room, BEN)]
    assert state.removed == {me(store, room, PHONE)}
    with pytest.raises(InputError, match="removed this device"):
        answer(store, room, PHONE)


def test_a_removed_device_does_not_lead_again_by_the_link(store: RunStore, room: Room) -> None:
    """The link that others still need does not bring it back; being let in again does."""
    token = store.make_lead_link(room.id, FACILITATOR)
    store.room_event(room.id, PHONE, "joined")
    assert store.lead_room(room.id, PHONE, token)
    gone = {"participants": [me(store, room, PHONE)]}
    lead(store, room, "removed", gone)
    with pytest.raises(InputError, match="removed this device"):
        store.lead_room(room.id, PHONE, token)
    assert not store.leads_room(room.id, PHONE)
    lead(store, room, "door", {"open": False})
    assert store.lead_room(room.id, ANNA, token), "a closed door does not keep those out who lead"
    lead(store, room, "removed", gone | {"removed": False})
    assert store.lead_room(room.id, PHONE, token)


def test_who_may_not_be_in_a_room_puts_no_run_into_it(store: RunStore, room: Room) -> None:
    """Removed people and, behind a closed door, new ones; who is in and who leads may."""
    runs = {who: store.submit(small.config(), owner=who) for who in (ANNA, BEN, PHONE, FACILITATOR)}
    store.room_event(room.id, ANNA, "joined")
    store.room_event(room.id, BEN, "joined")
    lead(store, room, "removed", {"participants": [me(store, room, ANNA)]})
    lead(store, room, "door", {"open": False})
    with pytest.raises(InputError, match="removed this device"):
        store.put_in_room(runs[ANNA], room.id, ANNA)
    with pytest.raises(InputError, match="closed the door"):
        store.put_in_room(runs[PHONE], room.id, PHONE)
    store.put_in_room(runs[BEN], room.id, BEN)
    store.put_in_room(runs[FACILITATOR], room.id, FACILITATOR)
    assert {one.id for one in store.list(room=room.id)} == {runs[BEN], runs[FACILITATOR]}


def test_who_opens_very_many_rooms_deletes_little_of_what_others_said(
    store: RunStore, room: Room, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    """Rooms in which nothing happened go first; then a day's rooms take half of all places."""
    monkeypatch.setenv("FAIRLAB_ROOMS_KEPT", "6")
    settings.cache_clear()
    said = [room]
    for n in range(3):
        clock.now += 1
        said.append(store.open_room(FACILITATOR, f"Group {n}"))
        lead(store, said[-1], "locked", {"locked": True})
    clock.now += 1
    silent = store.open_room(BEN, "Nothing happens")
    clock.now += rooms.LASTS + 1
    opened = [store.open_room(ANNA, "New") for _ in range(2)]
    kept = {one.id for who in (FACILITATOR, BEN) for one in store.rooms_of(who)}
    assert kept == {one.id for one in said}, f"the silent one {silent.id} made way"
    opened.append(store.open_room(ANNA, "New"))
    with pytest.raises(QuotaError, match=r"^3 rooms were opened .*FAIRLAB_ROOMS_KEPT"):
        store.open_room(ANNA, "One too many")
    assert {one.id for one in store.rooms_of(FACILITATOR)} == {one.id for one in said[1:]}
    store.delete_room(opened[0].id, ANNA)
    store.open_room(ANNA, "Instead")


def test_rooms_without_events_do_not_make_way_for_events(
    store: RunStore, room: Room, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    """Deleting them would help nobody; the oldest ended one with events goes."""
    clock.now += 1
    silent = store.open_room(BEN, "Nothing happens")
    clock.now += rooms.LASTS + 1
    now = asking_room(store)
    monkeypatch.setenv("FAIRLAB_ROOM_EVENTS_KEPT", "4")
    settings.cache_clear()
    answer(store, now, ANNA)
    assert [one.id for one in store.rooms_of(BEN)] == [silent.id]
    assert [one.id for one in store.rooms_of(FACILITATOR)] == [now.id]
