"""What was typed last, for files that are made while the page is still drawn anew.

Text is committed when the field is left. Who types and at once clicks a download leaves the field
by that click: the file is then asked for before the page has run again with the new text. Such a
file waits a moment for the run that is on its way.
"""

import threading
from collections.abc import Mapping
from typing import Any

import streamlit as st

PAUSE = 0.6  # seconds in which a run that a click caused has begun
LONGEST = 20.0  # seconds a file waits for a run that has
_KEY = "fairlab.newest"


class Newest:
    """The words of one visitor's page, by what they are about; safe between threads."""

    def __init__(self) -> None:
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
            seen = self._begun
            self._changed.wait_for(lambda: self._begun > seen, PAUSE)
            self._changed.wait_for(lambda: self._ended == self._begun, LONGEST)
            return self._words.get(about, otherwise)


def newest() -> Newest:
    """The words of this visitor's page."""
    found = st.session_state.setdefault(_KEY, Newest())
    assert isinstance(found, Newest)
    return found
