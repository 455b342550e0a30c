"""What stands before every request: the visitor's cookie, and headers Streamlit does not set.

Plain ASGI, so that WebSockets and uploads pass through untouched.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fairlab.ui.owner import COOKIE, FORGOTTEN, Forgotten, is_token, new_token, owner_of_token

COOKIE_DAYS = 180

#: Run ids are in addresses and stand for the permission to see a run: no other site learns them
#: as a referrer. Nothing is loaded from, or sent to, another site. Streamlit needs inline styles
#: and our components' scripts are given to it as text, hence ``unsafe-inline`` and ``blob:``.
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "worker-src 'self' blob:",
            "connect-src 'self' data: blob:",
            "frame-src 'self' blob: data:",
            "frame-ancestors 'self'",
            "form-action 'self'",
            "base-uri 'self'",
            "object-src 'none'",
        )
    ),
}


class OpenPages:
    """How many pages are open in browsers now: each holds one WebSocket."""

    now = 0


OPEN_PAGES = OpenPages()


class OwnerCookie:
    """Gives each browser a cookie of 128 random bits, by which it finds its own runs again.

    It is set with the first page, before the page opens its WebSocket, and again with each page
    (which moves its end). A WebSocket that comes without one gets one for as long as it lasts.

    Args:
        app: What comes next.
        forgotten: Owners whose cookie is replaced.
    """

    def __init__(self, app: ASGIApp, forgotten: Forgotten = FORGOTTEN) -> None:
        self.app = app
        self.forgotten = forgotten

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; see the class."""
        if scope["type"] == "websocket":
            OPEN_PAGES.now += 1
            try:
                await self._pass_on(scope, receive, send, is_page=False)
            finally:
                OPEN_PAGES.now -= 1
        elif scope["type"] == "http" and _asks_for_page(scope):
            await self._pass_on(scope, receive, send, is_page=True)
        else:
            await self.app(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send, *, is_page: bool) -> None:
        found = cookie_token(scope)
        if found is not None and is_page and owner_of_token(found) in self.forgotten:
            found = None
        token = new_token() if found is None else found
        begins = "http.response.start" if is_page else "websocket.accept"
        if found is None:
            scope = _with_cookie(scope, token)
        elif not is_page:
            await self.app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == begins:
                message.setdefault("headers", [])
                headers = MutableHeaders(scope=message)
                headers.append("Set-Cookie", _set_cookie(scope, token))
                if is_page:  # no cache between may hand one visitor's cookie to another
                    headers["Cache-Control"] = "private, no-cache"
            await send(message)

        await self.app(scope, receive, send_with_cookie)


class SecurityHeaders:
    """Adds :data:`SECURITY_HEADERS` to every answer that does not say otherwise itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; see the class."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def cookie_token(scope: Scope) -> str | None:
    """The visitor's token; None without a cookie, or with one that fairlab would not set."""
    token = None
    for name, value in _cookies(scope):
        token = value if name == COOKIE else token
    return token if is_token(token) else None


def _cookies(scope: Scope) -> list[tuple[str, str]]:
    """Name and value of each cookie sent, in order."""
    pairs = (
        part.strip().partition("=") for part in Headers(scope=scope).get("cookie", "").split(";")
    )
    return [(name, value) for name, _, value in pairs if name]


def _asks_for_page(scope: Scope) -> bool:
    """Whether a browser opens a page, rather than loading what a page needs."""
    headers = Headers(scope=scope)
    return scope["method"] == "GET" and "text/html" in headers.get("accept", "")


def _with_cookie(scope: Scope, token: str) -> Scope:
    """The request as it would be with this cookie, so that the first visit has it already."""
    kept = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
    others = [f"{name}={value}" for name, value in _cookies(scope) if name != COOKIE]
    cookie = "; ".join([*others, f"{COOKIE}={token}"])
    return {**scope, "headers": [*kept, (b"cookie", cookie.encode("latin-1"))]}


def _set_cookie(scope: Scope, token: str) -> str:
    path = scope.get("root_path") or "/"
    text = f"{COOKIE}={token}; Path={path}; Max-Age={COOKIE_DAYS * 86400}; HttpOnly; SameSite=Lax"
    forwarded = Headers(scope=scope).get("x-forwarded-proto", "").split(",")[0].strip()
    secure = scope["scheme"] in ("https", "wss") or forwarded == "https"
    return f"{text}; Secure" if secure else text
