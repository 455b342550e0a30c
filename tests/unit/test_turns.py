"""Turns are taken by visitors in turn, however many things each of them wants."""

import threading

import pytest

from fairlab.data.turns import Turns


def order_of(asked: list[str], begun: list[str]) -> str:
    """Who is let in, one after the other, when ``asked`` wait in this order behind ``begun``."""
    turns = Turns(len(begun))
    let_in, lock = list[str](), threading.Lock()
    places = [threading.Event() for _ in asked]
    leave = [threading.Event() for _ in begun]

    def wait(who: str, here: threading.Event) -> None:
        with turns.mine(who, lambda _before: here.set()), lock:
            let_in.append(who)

    def hold(who: str, end: threading.Event, here: threading.Event) -> None:
        with turns.mine(who):
            here.set()
            end.wait(30)

    threads = []
    for who, end in zip(begun, leave, strict=True):
        here = threading.Event()
        threads.append(threading.Thread(target=hold, args=(who, end, here)))
        threads[-1].start()
        assert here.wait(30)
    for who, place in zip(asked, places, strict=True):
        threads.append(threading.Thread(target=wait, args=(who, place)))
        threads[-1].start()
        assert place.wait(30)
    leave[0].set()  # the others stay in: one turn at a time becomes free
    for thread in threads[len(begun) :]:
        thread.join(30)
    for end in leave:
        end.set()
    for thread in threads:
        thread.join(30)
    assert turns.taken == 0
    return "".join(let_in)


def test_who_wants_much_does_not_keep_others_waiting() -> None:
    assert order_of(list("aaabc"), ["a"]) == "bcaaa"


def test_a_turn_under_way_counts() -> None:
    """While "a" still has a turn, those without one come first."""
    assert order_of(list("aaab"), ["x", "a"]) == "baaa"


def test_among_equals_who_came_first_is_first() -> None:
    assert order_of(list("dbca"), ["x"]) == "dbca"
    assert order_of(["", "", ""], [""]) == ""


def test_who_gives_up_loses_the_place() -> None:
    """Nobody waits for them."""
    turns = Turns(1)

    def leave(_before: int) -> None:
        raise InterruptedError

    with turns.mine("a"):
        with pytest.raises(InterruptedError), turns.mine("b", leave):
            raise AssertionError
        assert turns.taken == 1
    with turns.mine("c"):
        assert turns.taken == 1
    assert not turns._last.keys() - {"c"}
