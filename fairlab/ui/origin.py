"""Which pages of other sites may speak with the app: none, unless the settings name their site."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config

_REFUSED = 1008  # a WebSocket's number for "not by the rules"


class SameOrigin:
    """Refuses WebSockets of other sites, and takes their origin out of other requests.

    Streamlit would first ask a service on the internet for this machine's address, on the thread
    that serves everybody, for each request with a strange origin: a machine without internet then
    stands still for seconds, one with internet tells that it is there. Behind this, Streamlit sees
    no strange origin. It would also let in any page of ``localhost``, whatever its port, and
    browsers send cookies to all ports.

    Args:
        app: What comes next.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it; see the class."""
        if scope["type"] not in ("http", "websocket") or not is_foreign(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": _REFUSED, "reason": ""})
        else:
            kept = [(name, value) for name, value in scope["headers"] if name != b"origin"]
            await self.app({**scope, "headers": kept}, receive, send)


def is_foreign(scope: Scope) -> bool:
    """Whether a page of another site asks: its origin is not the host that is asked.

    Programs send no origin. ``server.corsAllowedOrigins`` and ``browser.serverAddress`` name sites
    that may ask; ``server.enableCORS = false`` lets all.
    """
    headers = Headers(scope=scope)
    origins = headers.getlist("origin")
    if not origins or not config.get_option("server.enableCORS"):
        return False
    return len(origins) > 1 or not _may_ask(origins[0], headers.get("host", ""))


def _may_ask(origin: str, host: str) -> bool:
    try:
        found = urlsplit(origin)
        name = found.hostname
    except ValueError:
        return False
    return found.netloc.lower() == host.lower() != "" or (name is not None and name in _named())


def _named() -> frozenset[str]:
    """Names of the sites that the settings let in."""
    sites = [str(site) for site in config.get_option("server.corsAllowedOrigins") or ()]
    if config.is_manually_set("browser.serverAddress"):
        sites.append(str(config.get_option("browser.serverAddress")))
    parsed = (urlsplit(site if "//" in site else f"//{site}").hostname for site in sites)
    return frozenset(name for name in parsed if name)
