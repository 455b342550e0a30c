"""The small read-only API beside the app."""

import asyncio
import json
import re

import httpx
import pytest
from starlette.applications import Starlette

from fairlab.runs.status import waiting_words
from fairlab.runs.store import RunStore
from fairlab.ui import routes
from tests.contracts import small


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> RunStore:
    store = RunStore()
    monkeypatch.setattr(routes, "store", lambda: store)
    return store


class Client:
    """Asks the routes without a socket."""

    def request(self, method: str, path: str, **options: object) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=Starlette(routes=routes.ROUTES))
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, path, **options)  # type: ignore[arg-type]

        return asyncio.run(ask())

    def get(self, path: str, **options: object) -> httpx.Response:
        return self.request("GET", path, **options)


@pytest.fixture
def client(store: RunStore) -> Client:
    return Client()


def test_points_of_a_run(store: RunStore, client: Client) -> None:
    """Rows after the cursor, as strict JSON, never cached."""
    run_id = store.submit(small.config())
    store.claim("w")
    store.append_progress(run_id, small.progress(), "w")
    answer = client.get(f"/api/runs/{run_id}/points")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    content = answer.json()
    assert content["rows"][0]["accuracy"] == [0.75, 0.5]
    assert "NaN" not in answer.text
    again = client.get(f"/api/runs/{run_id}/points", params={"after": content["next"]})
    assert again.json()["rows"] == []


@pytest.mark.parametrize("run_id", ["A" * 22, "short", "A" * 21 + "'", "..%2F..%2Fetc"])
def test_unknown_run_is_404_in_json(client: Client, run_id: str) -> None:
    answer = client.get(f"/api/runs/{run_id}/points")
    assert answer.status_code == 404
    if run_id[0] != ".":
        assert "no run" in answer.json()["error"] or "no such run" in answer.json()["error"]


@pytest.mark.parametrize("after", ["-1", "1.5", "x", "", "9" * 30, "1 OR 1=1", "٣"])
def test_bad_cursor_is_400(store: RunStore, client: Client, after: str) -> None:
    run_id = store.submit(small.config())
    answer = client.get(f"/api/runs/{run_id}/points", params={"after": after})
    assert answer.status_code == 400
    assert "whole number" in answer.json()["error"]


def test_health_tells_whether_a_training_process_is_ready(store: RunStore, client: Client) -> None:
    assert client.get("/api/health").json()["workers"] == []
    store.announce("w", "ready")
    assert client.get("/api/health").json()["workers"] == ["ready"]
    store.announce("w", "gone")
    assert client.get("/api/health").json()["workers"] == []


@pytest.mark.parametrize(
    ("code", "says"),
    [("en", "training process"), ("de", "Trainingsprozess"), ("xx", "training process")],
)
def test_what_a_run_waits_for_is_told_in_the_visitors_language(
    store: RunStore, client: Client, code: str, says: str
) -> None:
    """One look at the store serves all; the rows of points are the same in every language."""
    run_id = store.submit(small.config())
    question = {"run": f"{run_id}:0:-1:", "wait": 0}
    plain = client.get("/api/points", params=question).json()["runs"][run_id]
    told = client.get("/api/points", params=question | {"lang": code}).json()["runs"][run_id]
    assert says in told["words"]
    assert {**told, "words": plain["words"]} == plain
    gone = client.get("/api/points", params={"run": f"{'A' * 22}:0:-1:", "lang": code}).json()
    assert ("nicht mehr" in gone["runs"]["A" * 22]["message"]) == (code == "de")


@pytest.mark.parametrize("seconds", [None, 30.0, 400.0, 9000.0])
@pytest.mark.parametrize("place", [1, 2, 5])
def test_every_way_of_waiting_is_told_whole(place: int, seconds: float | None) -> None:
    answer = json.dumps({"words": waiting_words(place, seconds, 1), "message": ""})
    told = json.loads(routes.in_language(answer, "de"))["words"]
    assert not re.search(r"\b(?:the|it|before|minutes|seconds|hours|start|run)\b", told), told


def test_nothing_can_be_written(store: RunStore, client: Client) -> None:
    run_id = store.submit(small.config())
    for method in ("POST", "PUT", "DELETE"):
        assert client.request(method, f"/api/runs/{run_id}/points").status_code == 405
