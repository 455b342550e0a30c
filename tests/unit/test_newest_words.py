"""A file that is asked for while the page is drawn anew holds what was typed last."""

import threading

import pytest
from streamlit.runtime import Runtime
from streamlit.runtime.app_session import AppSession

from fairlab.ui import newest
from fairlab.ui.newest import Newest


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest, "PAUSE", 0.01)


def test_it_waits_for_the_page_that_has_begun() -> None:
    """The words are those the run under way comes to, not those before."""
    held = Newest()
    held.begin()
    held.keep("a", {"reason": "old"})
    held.begin()
    found = []
    asking = threading.Thread(target=lambda: found.append(held.words("a", {})))
    asking.start()
    assert not found
    held.keep("a", {"reason": "new"})
    asking.join(10)
    assert found == [{"reason": "new"}]


def test_it_gives_what_there_is_when_no_page_runs() -> None:
    """The words of this choice, and where it has none those the button was drawn with."""
    held = Newest()
    held.begin()
    held.keep("a", {"reason": "old"})
    assert held.words("a", {}) == {"reason": "old"}
    assert held.words("b", {"reason": "own"}) == {"reason": "own"}


def test_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that stops before its words keeps no file."""
    monkeypatch.setattr(newest, "LONGEST", 0.01)
    held = Newest()
    held.begin()
    assert held.words("a", {"reason": "own"}) == {"reason": "own"}


def test_it_waits_however_long_for_a_page_that_is_known_to_run() -> None:
    """On a busy server a run begins late; what the run before it said is not what was typed."""
    runs = threading.Event()
    runs.set()
    held = Newest(runs.is_set)
    held.begin()
    held.keep("a", {"reason": "old"})
    found = []
    asking = threading.Thread(target=lambda: found.append(held.words("a", {})))
    asking.start()
    asking.join(0.2)
    held.begin()
    held.keep("a", {"reason": "first"})
    asking.join(0.2)
    assert not found
    held.begin()
    held.keep("a", {"reason": "new"})
    runs.clear()
    asking.join(10)
    assert found == [{"reason": "new"}]


def test_it_waits_no_longer_once_the_page_is_known_to_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A page that stopped before its words, on an error, keeps no file."""
    monkeypatch.setattr(newest, "LONGEST", 3600.0)
    held = Newest(lambda: False)
    held.begin()
    assert held.words("a", {"reason": "own"}) == {"reason": "own"}


def test_streamlit_still_says_whether_a_session_runs() -> None:
    """Where it does not, a file waits a moment only: what is read there has no other name yet."""
    assert "_session_mgr" in Runtime.__init__.__code__.co_names
    assert "_scriptrunner" in AppSession.__init__.__code__.co_names
