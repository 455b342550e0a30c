"""Folded parts of a page: one that a visitor unfolded stays unfolded over reruns.

Streamlit tells folds apart by their place and title unless they have a key: with whatever appears
above one, and with a count or a language that changes in its title, it is another fold, and shut.
"""

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.elements.lib.mutable_expander_container import ExpanderContainer


def fold(
    title: str, *, key: str, unfolded: bool = False, icon: str | None = None
) -> "ExpanderContainer":
    """A part under a title. The browser keeps whether it is unfolded; unfolding reruns nothing.

    Args:
        title: May change, as counts and languages do.
        key: Unique on the page. With another one it is another fold.
        unfolded: What the page wants at first. It is followed again whenever the page changes its
            mind; until then the visitor's wish counts.
        icon: Before the title.
    """
    stands = f"{key}.unfolded" if unfolded else f"{key}.folded"
    return st.expander(title, expanded=unfolded, key=stands, icon=icon)


def fold_made_when_opened(title: str, *, key: str, icon: str | None = None) -> "ExpanderContainer":
    """A part whose contents are only made while it is unfolded: see ``.open``.

    Unfolding it reruns the page, so it is for what takes long or weighs much.

    Args:
        title: May change.
        key: Unique on the page; the session holds there whether it is unfolded.
        icon: Before the title.
    """
    if key in st.session_state:  # with another title Streamlit would begin anew, folded
        st.session_state[key] = bool(st.session_state[key])
    return st.expander(title, key=key, on_change="rerun", icon=icon)
