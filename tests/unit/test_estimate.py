"""The time a run will take, before it starts."""

import dataclasses

import pytest

from fairlab.config import DataConfig, RunConfig, SweepConfig, Task
from fairlab.duration import Encoded, nominal_seconds
from fairlab.runs.estimate import LONGEST, estimate_seconds, machine_pace, too_long
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
    """The pace is the newest runs'; one that was disturbed does not count, nor do old ones."""
    assert estimate_seconds(config(10_000), 10_000, [finished(10_000, 40.0)]) == pytest.approx(40.0)
    disturbed = [finished(10_000, seconds) for seconds in (40.0, 400.0, 40.0)]
    assert estimate_seconds(config(10_000), 10_000, disturbed) == pytest.approx(40.0)
    newest = [finished(10_000, 40.0)] * 5 + [finished(10_000, 400.0)] * 20
    assert estimate_seconds(config(10_000), 10_000, newest) == pytest.approx(40.0)


def test_without_a_past_the_pace_is_that_of_the_machines_products(monkeypatch) -> None:
    """Asked once, within bounds; a slower machine takes longer in proportion."""
    assert 0.2 <= machine_pace() == machine_pace() <= 5.0
    monkeypatch.setattr("fairlab.runs.estimate.machine_pace", lambda: 1.0)
    known = estimate_seconds(config(10_000), 10_000)
    monkeypatch.setattr("fairlab.runs.estimate.machine_pace", lambda: 3.0)
    assert estimate_seconds(config(10_000), 10_000) == pytest.approx(3 * known)


def seconds_of(people: int = 20_000, **changes: object) -> float:
    """Seconds of a sweep on the known machine."""
    return nominal_seconds(SweepConfig.model_validate(changes), people).total


def test_more_work_takes_longer() -> None:
    """Wider, deeper, smaller batches, more seeds, strengths or modes; a logistic model less."""
    usual = seconds_of()
    assert seconds_of(model={"width": 128}) > 1.5 * usual
    assert seconds_of(model={"depth": 4}) > 1.5 * usual
    assert seconds_of(model={"kind": "logistic"}) < usual / 2
    assert usual < seconds_of(batch_size=64) < 8 * usual
    assert seconds_of(seeds=(0, 1)) > 1.5 * usual
    assert seconds_of(modes=("penalty", "layer")) > 1.9 * usual
    assert seconds_of(folds=5) == pytest.approx(5 * usual)
    # Decisions of train people are looked at after each epoch: a pass forward, not back.
    asked = seconds_of(penalty={"control": "slack"})
    assert 1.1 * usual < asked < 1.4 * usual


def test_a_wider_table_takes_longer_and_its_zeros_less() -> None:
    """Of a known table the encoded width counts; leaving zeros out saves what it leaves out."""

    def known(columns: int, multiplied: float, **changes: object) -> float:
        sweep = SweepConfig.model_validate(changes)
        return nominal_seconds(sweep, 20_000, Encoded(columns, multiplied)).total

    assert known(300, 300.0) > 1.5 * known(60, 60.0)
    assert known(300, 300.0) > 1.5 * known(300, 40.0)
    logistic = {"model": {"kind": "logistic"}}
    assert known(300, 300.0, **logistic) < 2 * known(60, 60.0, **logistic)


def test_models_trained_together_cost_less_each() -> None:
    """A step has a price of its own, whoever takes it."""

    def each(count: int) -> float:
        strengths = tuple(float(s) for s in range(count))
        return seconds_of(penalty={"strengths": strengths}) / count

    costs = [each(count) for count in (1, 3, 21, 200)]
    assert costs == sorted(costs, reverse=True)
    assert costs[0] > 1.3 * costs[-1]


def test_twice_the_people_or_epochs_take_twice_as_long() -> None:
    """Work is people × models × epochs."""
    past = [finished(10_000, 40.0)]
    assert estimate_seconds(config(20_000), 20_000, past) == pytest.approx(80.0, rel=0.02)
    assert estimate_seconds(config(10_000, epochs=60), 10_000, past) == pytest.approx(
        80.0, rel=0.02
    )


def test_runs_that_did_not_end_well_say_nothing_about_the_pace() -> None:
    """A cancelled run was short for another reason."""
    cancelled = dataclasses.replace(finished(10_000, 1.0), state=RunState.CANCELLED)
    past = [cancelled, finished(10_000, 40.0)]
    assert estimate_seconds(config(10_000), 10_000, past) == pytest.approx(40.0)


@pytest.mark.parametrize("claimed", [1, 10**12])
def test_a_past_run_cannot_claim_rows_it_did_not_have(monkeypatch, claimed: int) -> None:
    """A file says how many rows it had; nobody's limit follows from a number that cannot be."""
    monkeypatch.setattr("fairlab.runs.estimate.machine_pace", lambda: 1.0)
    honest = finished(10_000, 40.0)
    poisoned = dataclasses.replace(honest, config=config(claimed))
    past = [poisoned] * 5 + [honest]
    assert estimate_seconds(config(10_000), 10_000, past) == pytest.approx(40.0)
    without = estimate_seconds(config(10_000), 10_000)
    assert estimate_seconds(config(10_000), 10_000, [poisoned]) == without


def test_a_run_that_would_hold_up_everybody_is_refused_with_a_way_out() -> None:
    """Two hours are accepted; more are not, and the shell is named."""
    assert too_long(LONGEST) == ""
    assert "2.5 hours" in too_long(9000.0)
    assert "fairlab sweep has no limit" in too_long(9000.0)
