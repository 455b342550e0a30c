"""Addresses that can be passed on: of runs, of chosen points, of a workshop room."""

from collections.abc import Mapping
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
        "workshop",
    }
)
