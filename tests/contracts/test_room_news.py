"""News of workshop rooms: told at once, to who has the code, as long as the room lasts."""

import asyncio
import json
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette

from fairlab.runs import room_news
from fairlab.runs.holdings import Room
from fairlab.runs.room_news import RoomWant
from fairlab.runs.rooms import LASTS
from fairlab.runs.store import RunStore
from fairlab.ui import room_routes
from fairlab.ui.owner import COOKIE, owner_of_token
from fairlab.ui.throttle import Throttle
from fairlab.ui.watch import Watch
from tests.contracts import small

TOKEN, OTHER = "1" * 32, "2" * 32
FACILITATOR = owner_of_token(TOKEN)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunStore]:
    opened = RunStore()
    monkeypatch.setattr(room_routes, "store", lambda: opened)
    monkeypatch.setattr(room_routes, "_known", type(room_routes._known)())
    monkeypatch.setattr(room_routes, "wrong_codes", Throttle(3, 100, 600.0))
    yield opened
    opened.close()


@pytest.fixture
def room(store: RunStore) -> Room:
    opened = store.open_room(FACILITATOR, "Tuesday")
    run_id = store.submit(small.config(), owner=FACILITATOR)
    store.room_event(opened.id, FACILITATOR, "pinned", {"run_id": run_id})
    store.room_event(opened.id, FACILITATOR, "phase", {"phase": "ask"})
    return opened


def answer(store: RunStore, room: Room, who: str) -> int:
    run_id = store.room_state(room.id).run_id
    return store.room_event(room.id, who, "answer", {"run_id": run_id, "index": 0})


async def ask(path: str, token: str = OTHER) -> httpx.Response:
    transport = httpx.ASGITransport(app=Starlette(routes=room_routes.ROUTES))
    cookies = {COOKIE: token} if token else {}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", cookies=cookies
    ) as client:
        return await client.get(path)


def get(path: str, token: str = OTHER) -> httpx.Response:
    return asyncio.run(ask(path, token))


def test_who_is_behind_is_told_at_once(store: RunStore, room: Room) -> None:
    version = answer(store, room, "a" * 64)
    found = get(f"/api/rooms/{room.code}/news?after=0&wait=20")
    assert found.json()["news"] == {
        "version": version,
        "participants": 1,
        "answers": 1,
        "phase": "ask",
    }
    assert found.headers["cache-control"] == "no-store"
    assert get(f"/api/rooms/{room.code}/news?after={version}").json() == {"pause": 0, "news": None}


def test_participants_are_told_of_the_facilitator_and_not_of_each_other(
    store: RunStore, room: Room
) -> None:
    stage = store.room_state(room.id).stage
    answer(store, room, "a" * 64)

    def news() -> object:
        found = get(f"/api/rooms/{room.code}/news?after={stage}&scope=stage")
        return found.json()["news"]

    assert news() is None
    seq = store.room_event(room.id, FACILITATOR, "locked", {"locked": True})
    told = news()
    assert isinstance(told, dict)
    assert told["version"] == seq


def test_a_wrong_code_is_counted_and_then_not_looked_at(store: RunStore, room: Room) -> None:
    """Who is in the room already is not kept out by the guesses of others."""
    assert get(f"/api/rooms/{room.code}/news").status_code == 200
    second = store.open_room(FACILITATOR, "Second")
    codes = [get("/api/rooms/AAAA-BBBB-CCCC/news").status_code for _ in range(4)]
    assert codes == [404, 404, 404, 429]
    assert get(f"/api/rooms/{second.code}/news").status_code == 429
    assert get(f"/api/rooms/{room.code}/news").status_code == 200
    assert get(f"/api/rooms/{second.code}/news", "3" * 32).status_code == 200


@pytest.mark.parametrize("query", ["after=-1", "wait=x", "scope=mine", "after=1e9"])
def test_a_question_that_is_none_is_refused(store: RunStore, room: Room, query: str) -> None:
    assert get(f"/api/rooms/{room.code}/news?{query}").status_code == 400


def test_a_room_that_is_over_tells_its_owner_alone(
    store: RunStore, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_routes.time, "time", lambda: room.created + LASTS)
    assert get(f"/api/rooms/{room.code}/news", OTHER).status_code == 410
    assert get(f"/api/rooms/{room.code}/news", "").status_code == 410
    assert get(f"/api/rooms/{room.code}/news", TOKEN).status_code == 200


def test_who_waits_is_told_when_it_happens(store: RunStore, room: Room) -> None:
    """Thirty people and one watcher: as many looks as for one."""
    watch = Watch[RoomWant](lambda wants: room_news.look(store, wants))
    version = store.room_state(room.id).version

    async def all_of_them() -> tuple[list[dict[str, str]], int]:
        async def one(scope: room_news.Scope) -> dict[str, str]:
            return await watch.news([RoomWant(room.id, version, scope)], 20)

        waiting = [asyncio.ensure_future(one("all")) for _ in range(30)]
        while watch.waiting < 30:
            await asyncio.sleep(0)
        looks = watch.looks
        await asyncio.to_thread(answer, store, room, "a" * 64)
        found = await asyncio.wait_for(asyncio.gather(*waiting), 20)
        return found, watch.looks - looks

    found, looks = asyncio.run(all_of_them())
    assert {json.loads(told[room.id])["version"] for told in found} == {version + 1}
    assert looks < 30


def test_a_deleted_room_is_told(store: RunStore, room: Room) -> None:
    assert get(f"/api/rooms/{room.code}/news").status_code == 200
    store.delete_room(room.id, FACILITATOR)
    assert get(f"/api/rooms/{room.code}/news?after=9").json()["news"] == {"gone": True}


def test_what_is_sent_behind_a_code_is_not_kept(store: RunStore, room: Room) -> None:
    """Known codes are kept as they are sent: whoever knows one must not fill the memory."""
    for n in range(3):
        assert get(f"/api/rooms/{room.code}{'-' * 30}{n}{'-' * 5000}/news").status_code == 200
    assert max(map(len, room_routes._known)) <= 40
    assert len(room_routes._known) == 1
