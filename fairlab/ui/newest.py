"""What was typed last, for files that are made while the page is still drawn anew.

Text is committed when the field is left. Who types and at once clicks a download leaves the field
by that click: the file is then asked for before the page has run again with the new text. Such a
file waits for the run that is on its way; its button turns meanwhile.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

PAUSE = 0.6  # seconds in which a run that a click caused is under way
LONGEST = 60.0  # seconds a file waits for it
_OFTEN = 0.05  # seconds between looks whether the page still runs
_KEY = "fairlab.newest"


class Newest:
    """The words of one visitor's page, by what they are about; safe between threads.

    Args:
        runs: Whether the page runs or will as soon as it can; None where nobody can say.
    """

    def __init__(self, runs: Callable[[], bool | None] = lambda: None) -> None:
        self._runs = runs
        self._changed = threading.Condition()
        self._begun = self._ended = 0
        self._words: dict[str, Mapping[str, Any]] = {}

    def begin(self) -> None:
        """The page begins to run."""
        with self._changed:
            self._begun += 1
            self._changed.notify_all()

    def keep(self, about: str, words: Mapping[str, Any]) -> None:
        """The page has come to its words."""
        with self._changed:
            self._words[about] = words
            self._ended = self._begun
            self._changed.notify_all()

    def words(self, about: str, otherwise: Mapping[str, Any]) -> Mapping[str, Any]:
        """The words as they are once the page has run; waits, so not for the page itself."""
        with self._changed:
            seen, since = self._begun, time.monotonic()
            # A tap asks for the file first and says only then that a field was left.
            self._changed.wait_for(lambda: self._begun > seen, PAUSE)
            while self._under_way() and time.monotonic() - since < LONGEST:
                self._changed.wait(_OFTEN)
            return self._words.get(about, otherwise)

    def _under_way(self) -> bool:
        """Whether newer words may come. A run that has come to its own may be followed by one."""
        known = self._runs()
        return self._ended != self._begun if known is None else known


def newest() -> Newest:
    """The words of this visitor's page."""
    if _KEY not in st.session_state:
        context = get_script_run_ctx(suppress_warning=True)
        session = "" if context is None else context.session_id
        st.session_state[_KEY] = Newest(lambda: _runs(session))
    found = st.session_state[_KEY]
    assert isinstance(found, Newest)
    return found


def _runs(session: str) -> bool | None:
    """Whether a session's script runs or was asked to; Streamlit has no other way to know."""
    if not runtime.exists():
        return None
    try:
        known = runtime.get_instance()._session_mgr.get_session_info(session)
        return None if known is None else known.session._scriptrunner is not None
    except AttributeError:  # another version of Streamlit
        return None
