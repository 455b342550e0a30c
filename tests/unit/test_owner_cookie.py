"""The visitor's cookie and the headers: what a browser is given, what the app gets to see."""

import asyncio
import hashlib
import re

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message, Scope
from starlette.websockets import WebSocket

from fairlab.ui.middleware import OPEN_PAGES, SECURITY_HEADERS, OwnerCookie, SecurityHeaders
from fairlab.ui.owner import COOKIE, Forgotten, is_token, owner_of_account, owner_of_token

PAGE = {"accept": "text/html,application/xhtml+xml"}
COUNTED: list[int] = []
TOKEN = "0123456789abcdef" * 2


def seen(request: Request) -> PlainTextResponse:
    """The cookie as the app behind sees it."""
    headers = {"X-Frame-Options": "DENY"} if request.url.path == "/own" else {}
    return PlainTextResponse(request.cookies.get(COOKIE, "none"), headers=headers)


async def socket(websocket: WebSocket) -> None:
    """Says the cookie the WebSocket came with."""
    await websocket.accept()
    COUNTED.append(OPEN_PAGES.now)
    await websocket.send_text(websocket.cookies.get(COOKIE, "none"))
    await websocket.send_text(websocket.cookies.get("other", "none"))
    await websocket.close()


def app(forgotten: Forgotten | None = None) -> Starlette:
    """A small app behind our middleware."""
    return Starlette(
        routes=[Route("/{path:path}", seen), WebSocketRoute("/stream", socket)],
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(OwnerCookie, forgotten=forgotten or Forgotten()),
        ],
    )


def ask(
    headers: dict[str, str], path: str = "/", url: str = "http://here", **options: Forgotten
) -> httpx.Response:
    """One request over ASGI, as httpx makes it."""

    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(app(**options))
        async with httpx.AsyncClient(transport=transport, base_url=url) as client:
            return await client.get(path, headers=headers)

    return asyncio.run(go())


def test_the_first_page_sets_a_cookie_of_128_bits_that_the_app_sees_at_once() -> None:
    """HttpOnly, SameSite=Lax, for the whole site; not Secure over plain http."""
    answer = ask(PAGE)
    found = re.fullmatch(
        rf"{COOKIE}=([0-9a-f]{{32}}); Path=/; Max-Age=15552000; HttpOnly; SameSite=Lax",
        answer.headers["set-cookie"],
    )
    assert found is not None
    assert answer.text == found[1]
    assert answer.headers["cache-control"] == "private, no-cache"


def test_two_browsers_get_different_cookies() -> None:
    """No two first visits share an owner."""
    assert len({ask(PAGE).text for _ in range(20)}) == 20


def test_a_cookie_is_kept_and_its_end_moved() -> None:
    """A later page gets the same cookie again."""
    answer = ask({**PAGE, "cookie": f"a=b; {COOKIE}={TOKEN}; c=d"})
    assert answer.text == TOKEN
    assert f"{COOKIE}={TOKEN};" in answer.headers["set-cookie"]


@pytest.mark.parametrize("bad", ["", "short", TOKEN.upper(), TOKEN + "0", f'"{TOKEN}"', "../x"])
def test_a_cookie_that_is_none_of_ours_is_replaced(bad: str) -> None:
    """The app never sees a value that fairlab would not set."""
    answer = ask({**PAGE, "cookie": f"a=b; {COOKIE}={bad}"})
    assert is_token(answer.text)
    assert answer.text != TOKEN


@pytest.mark.parametrize(
    ("url", "headers"),
    [("https://here", {}), ("http://here", {"x-forwarded-proto": "https, http"})],
)
def test_the_cookie_is_secure_over_https(url: str, headers: dict[str, str]) -> None:
    """Directly, or when the proxy in front says so."""
    assert ask({**PAGE, **headers}, url=url).headers["set-cookie"].endswith("; Secure")
    assert "Secure" not in ask({**PAGE, "x-forwarded-proto": "http"}).headers["set-cookie"]


def test_what_a_page_loads_sets_no_cookie() -> None:
    """Scripts, uploads and polls that run side by side cannot race for the cookie."""
    answer = ask({"accept": "*/*"}, path="/script.js")
    assert "set-cookie" not in answer.headers
    assert answer.text == "none"


def test_a_forgotten_owner_gets_a_new_cookie_with_the_next_page() -> None:
    """After delete-my-data the old number is not used again."""
    forgotten = Forgotten()
    forgotten.add(owner_of_token(TOKEN))
    answer = ask({**PAGE, "cookie": f"{COOKIE}={TOKEN}"}, forgotten=forgotten)
    assert is_token(answer.text)
    assert answer.text != TOKEN
    assert answer.text in answer.headers["set-cookie"]


def test_only_so_many_owners_are_remembered_as_forgotten() -> None:
    """The list cannot grow without end; the oldest go first."""
    forgotten = Forgotten(most=2)
    for name in ("a", "b", "c"):
        forgotten.add(name)
    assert [name in forgotten for name in ("a", "b", "c")] == [False, True, True]


def open_socket(cookie: str) -> list[Message]:
    """What the app sends on a WebSocket opened with this cookie header."""
    sent: list[Message] = []
    scope: Scope = {
        "type": "websocket",
        "scheme": "ws",
        "path": "/stream",
        "raw_path": b"/stream",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"cookie", cookie.encode())],
        "subprotocols": [],
    }

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(app()(scope, receive, send))
    return sent


def test_a_websocket_keeps_the_cookie_it_came_with() -> None:
    """What the page's first answer set is what the session sees; nothing is set again."""
    accepted, first, *_ = open_socket(f"{COOKIE}={TOKEN}")
    assert first["text"] == TOKEN
    assert not accepted.get("headers")


def test_a_websocket_without_a_cookie_gets_one_for_itself() -> None:
    """A browser that refuses cookies still has an owner; its other cookies stay."""
    accepted, first, other, *_ = open_socket("other=1")
    assert is_token(first["text"])
    assert other["text"] == "1"
    assert f"{COOKIE}={first['text']}" in dict(accepted["headers"])[b"set-cookie"].decode()


def test_open_pages_are_counted_while_they_are_open() -> None:
    """The admin page says how many; none is left when all are closed."""
    before = OPEN_PAGES.now
    open_socket("")
    assert COUNTED[-1] == before + 1
    assert OPEN_PAGES.now == before


def test_every_answer_has_the_headers_and_may_say_otherwise_itself() -> None:
    """No other site learns a run's id as a referrer, frames the app or gets data from it."""
    answer = ask({"accept": "*/*"})
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers[name] == value
    assert answer.headers["referrer-policy"] == "same-origin"
    assert ask({}, path="/own").headers["x-frame-options"] == "DENY"


def test_the_store_knows_a_hash_only() -> None:
    """Who reads the database cannot make the cookie from it."""
    assert owner_of_token(TOKEN) == hashlib.sha256(TOKEN.encode()).hexdigest()
    assert TOKEN not in owner_of_token(TOKEN)


def test_an_account_is_its_issuer_and_subject() -> None:
    """Not its name or address; nobody without either, or who is not signed in."""
    user = {"is_logged_in": True, "iss": "https://id.example", "sub": "7", "email": "a@b.c"}
    found = owner_of_account(user)
    assert found is not None
    assert re.fullmatch("[0-9a-f]{64}", found)
    assert owner_of_account({**user, "email": "new@b.c", "name": "New"}) == found
    assert owner_of_account({**user, "sub": "8"}) != found
    assert owner_of_account({**user, "iss": "https://other.example"}) != found
    for missing in ("is_logged_in", "iss", "sub"):
        assert owner_of_account({k: v for k, v in user.items() if k != missing}) is None
