"""Pages of other sites: no WebSocket, and nothing that Streamlit would go and ask about."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message, Scope
from starlette.websockets import WebSocket
from streamlit import config, net_util
from streamlit.web.server.server_util import is_url_from_allowed_origins

from fairlab.ui.origin import SameOrigin
from fairlab.ui.server import middleware

FOREIGN = [
    "http://evil.example",
    "http://localhost:9999",  # cookies of localhost go to every port
    "http://here.evil.example",
    "http://here:81",
    "null",
    "http://[",
]


def streamlit_asks(origin: str | None) -> str:
    """What Streamlit does with an origin."""
    if origin is None or origin.endswith("//here"):
        return "same"
    return "let in" if is_url_from_allowed_origins(origin) else "refused"


async def page(request: Request) -> PlainTextResponse:
    """Says what the app makes of the origin."""
    return PlainTextResponse(streamlit_asks(request.headers.get("origin")))


async def stream(websocket: WebSocket) -> None:
    """Takes everybody."""
    await websocket.accept()
    await websocket.close()


APP = Starlette(
    routes=[Route("/", page), WebSocketRoute("/stream", stream)],
    middleware=[Middleware(SameOrigin)],
)


@pytest.fixture(autouse=True)
def nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """No address of this machine is looked up on the internet."""

    def asked() -> str:
        raise AssertionError("a service on the internet was asked for this machine's address")

    monkeypatch.setattr(net_util, "get_external_ip", asked)


def open_socket(*origins: str, host: str = "here") -> str:
    """The first message a WebSocket with these origins is answered with."""
    sent: list[Message] = []
    headers = [(b"host", host.encode()), *((b"origin", one.encode()) for one in origins)]

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "websocket", "path": "/stream", "headers": headers, "subprotocols": [],
        "scheme": "ws", "query_string": b"", "root_path": "",
    }  # fmt: skip
    asyncio.run(APP(scope, receive, send))
    return str(sent[0]["type"])


def ask(headers: dict[str, str]) -> str:
    """What a page with these headers says."""

    async def go() -> str:
        transport = httpx.ASGITransport(APP)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return (await client.get("/", headers=headers)).text

    return asyncio.run(go())


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_page_of_another_site_opens_no_websocket(origin: str) -> None:
    assert open_socket(origin) == "websocket.close"


@pytest.mark.parametrize("origin", FOREIGN)
def test_streamlit_never_sees_a_strange_origin(origin: str) -> None:
    """It would block the thread that serves everybody, asking on the internet who it is."""
    assert ask({"origin": origin}) == "same"


def test_our_own_pages_and_programs_are_let_in() -> None:
    assert open_socket("http://here") == "websocket.accept"
    assert open_socket("https://Here") == "websocket.accept"
    assert open_socket() == "websocket.accept"
    assert open_socket("http://[::1]:8501", host="[::1]:8501") == "websocket.accept"


def test_two_origins_or_no_host_are_refused() -> None:
    assert open_socket("http://here", "http://evil.example") == "websocket.close"
    assert open_socket("http://", host="") == "websocket.close"


def test_sites_that_the_settings_name_are_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for an app that is shown inside another site, or behind a proxy that changes the host."""
    known = {"server.enableCORS": True, "server.corsAllowedOrigins": ["https://school.example"]}
    monkeypatch.setattr(config, "get_option", known.get)
    monkeypatch.setattr(config, "is_manually_set", lambda _name: False)
    assert open_socket("https://school.example") == "websocket.accept"
    assert open_socket("https://evil.example") == "websocket.close"
    known["server.enableCORS"] = False
    assert open_socket("https://evil.example") == "websocket.accept"


def test_the_server_has_it_before_streamlit() -> None:
    assert SameOrigin in [one.cls for one in middleware()]
