"""Addresses that can be passed on: of runs, of chosen points, of a workshop room."""

import socket
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import streamlit as st


def link_to(page: str, query: Mapping[str, str]) -> str:
    """The address of a page, as this browser reaches the app.

    Args:
        page: As in its file name; "" is Home.
        query: Parts after the "?".
    """
    return _link(st.context.url, page, query)


def _link(seen: str | None, page: str, query: Mapping[str, str]) -> str:
    """See :func:`link_to`; ``seen`` is the address of any page of the app, None if unknown."""
    text = "&".join(f"{name}={quote(value, safe=':@,;*~')}" for name, value in query.items())
    if not seen:
        return f"/{page}" + (f"?{text}" if text else "")
    parts = urlsplit(seen)
    folder = parts.path.rstrip("/")
    if folder.rsplit("/", 1)[-1] in PAGES:
        folder = folder.rsplit("/", 1)[0]
    return urlunsplit((parts.scheme, parts.netloc, f"{folder}/{page}", text, ""))


def link_for_others(page: str, query: Mapping[str, str]) -> str:
    """The address of a page as another device reaches it, also if this browser says "localhost".

    The same as :func:`link_to` but where the browser runs on the server's own machine and the
    server listens to the network: then with the machine's address in the network, if it has one.
    """
    return _from_network(link_to(page, query), _address_in_network())


def only_here(link: str) -> bool:
    """Whether a link leads nowhere on any machine but the one it was made on."""
    return urlsplit(link).hostname in LOOPBACK


def origin(link: str) -> str:
    """What to type to reach the app of a link: scheme, host and folder, without page and query."""
    parts = urlsplit(link)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rpartition("/")[0], "", ""))


def _from_network(link: str, address: str | None) -> str:
    if address is None or not only_here(link):
        return link
    parts = urlsplit(link)
    port = "" if parts.port is None else f":{parts.port}"
    return urlunsplit(parts._replace(netloc=address + port))


def _address_in_network() -> str | None:
    """This machine's address in its network; None if the server keeps to this machine.

    None in a container, too: its address is one that no other machine knows.
    """
    if st.get_option("server.address") not in EVERYWHERE or any(
        Path(p).exists() for p in CONTAINER
    ):
        return None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((ELSEWHERE, 9))  # finds the way; sends nothing
        except OSError:
            return None
        return str(probe.getsockname()[0])


#: What a server is told that listens to the network.
EVERYWHERE = (None, "", "0.0.0.0", "::")
#: Files that are there in containers of Docker and Podman.
CONTAINER = ("/.dockerenv", "/run/.containerenv")
#: What a machine calls itself.
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
#: An address for documentation: on nobody's network, so the way to it is the way out.
ELSEWHERE = "198.51.100.1"

#: Last part of every page's address.
PAGES = frozenset(
    {
        "admin",
        "audit",
        "compare",
        "data",
        "home",
        "impossibility",
        "report",
        "stream",
        "thresholds",
        "train",
        "tutorial",
        "workshop",
    }
)
