"""What executors are made of: messages, slots, shares done and endings."""

import signal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlab.results import Progress
from fairlab.runs.endings import ending_of, kernel_kills, machine_memory
from fairlab.runs.messages import (
    FAILURE,
    PROGRESS,
    Failure,
    pack_failure,
    pack_progress,
    read_failure,
    read_progress,
)
from fairlab.runs.parts import Part
from fairlab.runs.shares import Together
from fairlab.runs.slots import Slots

NUMBERS = st.sampled_from([0.0, 1.0, 1 / 3, -0.0, 5e-324, 1e308, float("nan"), float("inf")])


def progress(share: float = 0.5, values: tuple[float, ...] = (0.25, 0.75)) -> Progress:
    array = np.array(values)
    return Progress(
        mode="penalty",
        epoch=3,
        epochs=30,
        strength=array,
        seed=np.arange(len(values)),
        accuracy=array,
        gap=array,
        losses={"task": array},
        seconds=1 / 3,
        share_done=share,
        methods=("logistic",),
        fold=2,
        folds=3,
    )


@given(st.lists(NUMBERS, max_size=4).map(tuple))
def test_progress_travels_with_every_digit(values: tuple[float, ...]) -> None:
    """Undefined and infinite numbers, and none at all, included."""
    sent = progress(values=values)
    message = pack_progress(sent)
    assert message[:1] == PROGRESS
    read = read_progress(message[1:])
    for name in ("strength", "seed", "accuracy", "gap"):
        before, after = getattr(sent, name), getattr(read, name)
        assert before.dtype == after.dtype
        assert before.tobytes() == after.tobytes()
    assert read.losses["task"].tobytes() == sent.losses["task"].tobytes()
    plain = ("mode", "epoch", "epochs", "seconds", "share_done", "methods", "fold", "folds")
    assert [getattr(read, n) for n in plain] == [getattr(sent, n) for n in plain]


def test_a_failure_travels_as_text() -> None:
    """Whatever characters it has."""
    sent = Failure("Groups “A × B” <script>", "line\nline \x00")
    message = pack_failure(sent)
    assert message[:1] == FAILURE
    assert read_failure(message[1:]) == sent


def test_slots_are_shared_between_runs() -> None:
    """Each may have one; what is free goes to the run with the fewest."""
    slots = Slots(3)
    assert [slots.take("a") for _ in range(4)] == [True, True, True, False]
    assert slots.take("b")  # one in any case, though all are taken
    assert not slots.take("b")
    slots.give("a")
    assert not slots.take("a")  # three are still taken
    slots.give("a")
    assert slots.take("a")  # both have one: whoever asks first
    assert not slots.take("b")


def test_a_free_slot_goes_to_the_run_with_the_fewest() -> None:
    """Also when the other asks first; once nobody else waits, anybody may have it."""
    slots = Slots(4)
    assert [slots.take("a") for _ in range(3)] == [True] * 3
    assert slots.take("b")
    slots.give("a")
    assert not slots.take("a")  # b waits and has one, a has two
    assert slots.take("b")
    slots.give("b")
    slots.rest("b")
    assert slots.take("a")
    assert not slots.take("a")


def test_shares_done_never_fall_and_weigh_by_time() -> None:
    """A part that is trained again does not take the whole back."""
    told: list[Progress] = []
    clock = iter([10.0, 11.0, 12.0, 13.0, 14.0])
    long, short = Part("long", share=0.3), Part("short", share=0.1)
    together = Together((long, short), told.append, lambda: next(clock))
    together.note(long, progress(0.5))
    together.note(short, progress(1.0))
    together.note(long, progress(0.1))
    together.finished(long)
    together.note(short, progress(0.2))
    assert [p.share_done for p in told] == pytest.approx([0.375, 0.625, 0.625, 1.0])
    assert [p.seconds for p in told] == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("exitcode", "short_of_memory", "said", "again"),
    [
        (-signal.SIGKILL, True, "machine ran out of memory", True),
        (-signal.SIGKILL, False, "ended from outside", True),
        (None, False, "process that starts", True),
        (255, True, "process that starts", True),
        (-signal.SIGXCPU, False, "processor time", False),
        (-signal.SIGSEGV, True, "crashed (SIGSEGV)", False),
        (-signal.SIGTERM, False, "asked to end (SIGTERM)", True),
        (-99, False, "crashed (signal 99)", False),
        (3, False, "ended with status 3", False),
    ],
)
def test_every_ending_has_a_sentence_of_its_own(
    exitcode: int | None, short_of_memory: bool, said: str, again: bool
) -> None:
    """And says whether the part may be trained again."""
    ending = ending_of(exitcode, short_of_memory)
    assert said in ending.sentence
    assert ending.again is again
    assert ending.sentence.endswith(".")


def test_the_system_tells_of_its_memory() -> None:
    """Some number of kills, and a machine that could run this."""
    assert kernel_kills() >= 0
    assert machine_memory() > 2**28
