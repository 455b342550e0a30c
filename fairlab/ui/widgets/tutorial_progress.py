"""Where a reader of the tutorial is: in the session, and in the address over a reload."""

import streamlit as st

from fairlab.tutorial.progress import Progress, read_progress

_KEY = "fairlab.tutorial"
_ADDRESS = "tutorial"


def progress() -> Progress:
    """Of this visitor; from the address after a reload."""
    held = st.session_state.get(_KEY)
    if isinstance(held, Progress):
        return held
    found = read_progress(st.query_params.get(_ADDRESS, ""))
    st.session_state[_KEY] = found
    return found


def keep(found: Progress) -> None:
    """Remember, here and in the address."""
    st.session_state[_KEY] = found
    if st.query_params.get(_ADDRESS) != found.written():
        st.query_params[_ADDRESS] = found.written()


def answered(name: str) -> int | None:
    """What was answered; None if nothing yet."""
    return progress().answers.get(name)


def answer(name: str, value: int) -> None:
    """Remember an answer."""
    keep(progress().answered(name, value))
