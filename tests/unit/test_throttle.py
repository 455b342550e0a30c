"""Wrong guesses are counted per visitor and for all together, in a sliding while."""

from fairlab.ui.throttle import Throttle


class Clock:
    """Time that a test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_visitor_waits_after_too_many_wrong_guesses_and_others_do_not() -> None:
    """The third wrong guess of three closes; it opens again when the first is old enough."""
    clock = Clock()
    throttle = Throttle(each=3, together=10, seconds=60.0, clock=clock)
    for second in range(3):
        clock.now = 100.0 + second
        assert throttle.wait("a") == 0
        throttle.wrong("a")
    assert throttle.wait("a") == 58.0
    assert throttle.wait("b") == 0
    clock.now = 160.0
    assert throttle.wait("a") == 0
    throttle.wrong("a")
    assert throttle.wait("a") == 1.0


def test_visitors_who_are_new_each_time_are_counted_together() -> None:
    """Throwing the cookie away does not help."""
    clock = Clock()
    throttle = Throttle(each=3, together=5, seconds=60.0, clock=clock)
    for number in range(5):
        throttle.wrong(str(number))
    assert throttle.wait("new") == 60.0
    clock.now = 160.0
    assert throttle.wait("new") == 0


def test_old_guesses_leave_no_trace() -> None:
    """Memory holds the guesses of the while only."""
    clock = Clock()
    throttle = Throttle(each=3, together=10**6, seconds=60.0, clock=clock)
    for number in range(1000):
        throttle.wrong(str(number))
    clock.now = 1000.0
    throttle.wait("a")
    assert not throttle._by_visitor
    assert not throttle._all
