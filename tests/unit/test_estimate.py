"""The time a run will take, before it starts."""

import dataclasses

import pytest

from fairlab.config import DataConfig, RunConfig, SweepConfig, Task
from fairlab.runs.estimate import LONGEST, estimate_seconds, too_long
from fairlab.runs.records import RunRecord, RunState

TASK = Task(label="y", favourable=("1",), sensitive=("g",))


def config(rows: int, epochs: int = 30) -> RunConfig:
    """A default sweep on a table of so many rows."""
    data = DataConfig(source="synthetic", rows=rows)
    return RunConfig(data=data, task=TASK, sweep=SweepConfig(epochs=epochs))


def finished(rows: int, seconds: float) -> RunRecord:
    """A run of this machine that took so long."""
    return RunRecord(
        id="r",
        title="",
        config=config(rows),
        digest="d",
        state=RunState.DONE,
        created=0.0,
        started=100.0,
        finished=100.0 + seconds,
        message="",
        cancel_requested=False,
        attempt=1,
        worker=None,
        heartbeat=None,
        result_key="k",
        shared_from=None,
        job="j",
        **extra_fields(),
    )


def extra_fields() -> dict[str, object]:
    """Fields of the record this test does not care about."""
    named = {
        "id", "title", "config", "digest", "state", "created", "started", "finished", "message",
        "cancel_requested", "attempt", "worker", "heartbeat", "result_key", "shared_from", "job",
    }  # fmt: skip
    return {f.name: 0.0 for f in dataclasses.fields(RunRecord) if f.name not in named}


def test_the_same_run_again_takes_as_long_as_before() -> None:
    """The pace of the newest finished run counts."""
    past = [finished(10_000, 40.0), finished(10_000, 400.0)]
    assert estimate_seconds(config(10_000), 10_000, past) == pytest.approx(40.0)


def test_twice_the_people_or_epochs_take_twice_as_long() -> None:
    """Work is people × models × epochs."""
    past = [finished(10_000, 40.0)]
    assert estimate_seconds(config(20_000), 20_000, past) == pytest.approx(80.0)
    assert estimate_seconds(config(10_000, epochs=60), 10_000, past) == pytest.approx(80.0)


def test_runs_that_did_not_end_well_say_nothing_about_the_pace() -> None:
    """A cancelled run was short for another reason."""
    cancelled = dataclasses.replace(finished(10_000, 1.0), state=RunState.CANCELLED)
    past = [cancelled, finished(10_000, 40.0)]
    assert estimate_seconds(config(10_000), 10_000, past) == pytest.approx(40.0)


def test_a_run_that_would_hold_up_everybody_is_refused_with_a_way_out() -> None:
    """Two hours are accepted; more are not, and the shell is named."""
    assert too_long(LONGEST) == ""
    assert "2.5 hours" in too_long(9000.0)
    assert "fairlab sweep has no limit" in too_long(9000.0)
