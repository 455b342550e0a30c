"""Who this visitor is: a number in a cookie, or a sign-in; never a name.

The cookie is set by :mod:`fairlab.ui.middleware`. What the store keeps is a hash of it, so that
nobody who reads the database can put on somebody's cookie.
"""

import hashlib
import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, TypeGuard

import streamlit as st

COOKIE = "fairlab_owner"
_TOKEN = re.compile(r"[0-9a-f]{32}")
_SESSION = "fairlab.owner_token"
_MOST_FORGOTTEN = 10_000


def new_token() -> str:
    """128 random bits as 32 hexadecimal digits."""
    return secrets.token_hex(16)


def is_token(text: object) -> TypeGuard[str]:
    """Whether a cookie's value is one that fairlab sets; anything else counts as no cookie."""
    return isinstance(text, str) and _TOKEN.fullmatch(text) is not None


def owner_of_token(token: str) -> str:
    """What the store knows a cookie by: SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def owner_of_account(user: Mapping[str, Any]) -> str | None:
    """What the store knows an account by: SHA-256 of issuer and subject.

    Names and addresses play no part: they change, and two providers may give the same.

    Returns:
        None when nobody is signed in, or the provider did not say who.
    """
    subject = user.get("sub")
    issuer = user.get("iss") or user.get("provider")
    if not user.get("is_logged_in") or not subject or not issuer:
        return None
    return hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()


def owner() -> str:
    """Who this visitor is: 64 hexadecimal digits, never "".

    The account when signed in, else the cookie; without either (cookies refused, tests) the
    session, so that what is started is lost from sight with the session.
    """
    signed_in = owner_of_account(account())
    return anonymous_owner() if signed_in is None else signed_in


def anonymous_owner() -> str:
    """Who this browser is, whoever is signed in."""
    token = _cookie()
    if not is_token(token):
        token = str(st.session_state.setdefault(_SESSION, new_token()))
    return owner_of_token(token)


def _cookie() -> object:
    """The cookie's value as it came; None without one."""
    return st.context.cookies.get(COOKIE)


def account() -> dict[str, Any]:
    """What the sign-in says; without ``is_logged_in`` where no sign-in is configured."""
    return dict(st.user.to_dict())


class Forgotten:
    """Owners whose cookie is replaced on the next page load, because their data are deleted."""

    def __init__(self, most: int = _MOST_FORGOTTEN) -> None:
        self._most = most
        self._owners: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, owner_id: str) -> None:
        """Replace this owner's cookie from now on; the oldest are forgotten beyond ``most``."""
        with self._lock:
            self._owners[owner_id] = None
            while len(self._owners) > self._most:
                self._owners.popitem(last=False)

    def __contains__(self, owner_id: str) -> bool:
        with self._lock:
            return owner_id in self._owners


FORGOTTEN = Forgotten()
