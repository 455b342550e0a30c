"""Signing in by OpenID Connect, where ``.streamlit/secrets.toml`` has an ``[auth]`` section."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException, StreamlitSecretNotFoundError

from fairlab.language import tr
from fairlab.reports.sentences.runs import holdings_sentence
from fairlab.ui.markdown import as_it_is
from fairlab.ui.owner import account, anonymous_owner, owner_of_account
from fairlab.ui.store import store

_ASKED = "fairlab.asked_to_take_over"


def sign_in() -> None:
    """A button per provider; who is signed in, and what this browser had before; or nothing."""
    user = account()
    if "is_logged_in" not in user:
        return
    signed_in = owner_of_account(user)
    if signed_in is None:
        _offer()
        return
    name = str(user.get("name") or user.get("email") or tr("your account"))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(tr(":material/person: Signed in as **{name}**", name=as_it_is(name[:80])))
        if st.button(tr("Sign out"), key="home.sign_out"):
            st.logout()
    _offer_to_take_over(signed_in)


def providers(auth: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the providers of an ``[auth]`` section; "" is the one that has no name."""
    named = tuple(name for name, part in auth.items() if isinstance(part, Mapping))
    named = tuple(name for name in named if "client_id" in auth[name])
    return (("",) if "client_id" in auth else ()) + named


def _offer() -> None:
    try:
        known = providers(st.secrets["auth"].to_dict())
    except (KeyError, StreamlitSecretNotFoundError):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        for name in known:
            label = tr("Sign in with {name}", name=name.capitalize()) if name else tr("Sign in")
            if st.button(label, icon=":material/login:", key=f"home.sign_in.{name}"):
                try:
                    st.login(name or None)
                except StreamlitAPIException as error:
                    st.error(
                        as_it_is(tr("Signing in is not set up completely. {error}", error=error))
                    )
        st.markdown(tr("to find your runs on another computer too."))


def _offer_to_take_over(signed_in: str) -> None:
    """Ask once whether what this browser started before belongs to the account."""
    browser = anonymous_owner()
    held = store().usage(browser)
    if held.runs + held.tables == 0 or st.session_state.get(_ASKED):
        return
    with st.container(border=True):
        st.markdown(
            tr(
                "Before signing in, **{holdings}** were started in this browser. Are they yours?",
                holdings=holdings_sentence(held.runs, held.tables, held.bytes),
            )
        )
        yes, no = st.columns(2)
        if yes.button(tr("Move them to my account"), type="primary", width="stretch"):
            store().take_over(browser, signed_in)
            st.rerun()
        if no.button(tr("Leave them to this browser"), width="stretch"):
            st.session_state[_ASKED] = True
            st.rerun()
