"""What visitors share is kept up to a number of bytes and loaded once."""

import threading

import pytest

from fairlab.ui.kept import Kept


class Loads:
    """Values are as many bytes as their key says; counts the loads."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, key: str) -> bytes:
        self.asked.append(key)
        return bytes(int(key))


def test_a_value_is_loaded_once() -> None:
    loads = Loads()
    kept = Kept(loads, len, 100)
    assert kept("40") is kept("40")
    assert loads.asked == ["40"]


def test_what_was_used_longest_ago_leaves_first() -> None:
    loads = Loads()
    kept = Kept(loads, len, 100)
    for key in ("40", "30", "40", "50"):
        kept(key)
    assert kept.bytes == 90
    kept("40")
    kept("30")
    assert loads.asked == ["40", "30", "50", "30"]


def test_a_value_larger_than_all_room_pushes_nothing_out() -> None:
    loads = Loads()
    kept = Kept(loads, len, 100)
    kept("40")
    assert len(kept("101")) == 101
    assert kept.bytes == 40


def test_a_value_that_was_dropped_is_loaded_anew() -> None:
    loads = Loads()
    kept = Kept(loads, len, 100)
    kept("40"), kept("30")
    kept.clear("40")
    kept("40"), kept("30")
    assert loads.asked == ["40", "30", "40"]
    kept.clear()
    assert kept.bytes == 0


def test_what_failed_is_tried_again() -> None:
    kept = Kept(int, lambda _value: 1, 100)
    with pytest.raises(ValueError, match="invalid literal"):
        kept("no number")
    with pytest.raises(ValueError, match="invalid literal"):
        kept("no number")


def test_many_who_ask_at_once_load_once() -> None:
    """The first loads, slowly; the others come meanwhile and get the same object."""
    begun, go = threading.Event(), threading.Event()
    loads: list[str] = []

    def slowly(key: str) -> object:
        loads.append(key)
        begun.set()
        assert go.wait(20)
        return object()

    kept = Kept(slowly, lambda _value: 1, 100)
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(kept("a"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert begun.wait(20)
    go.set()
    for thread in threads:
        thread.join()
    assert loads == ["a"]
    assert len({id(one) for one in found}) == 1
