"""A sweep trained in parts is the sweep trained at once, bit by bit."""

import dataclasses

import numpy as np
import pytest
import torch

from fairlab.config import RunConfig
from fairlab.data import open_task
from fairlab.errors import InputError, TrainingError
from fairlab.results import Progress, SweepResult
from fairlab.runs.artefacts import decode, encode
from fairlab.runs.parts import merge, parts_of, train_part
from fairlab.training import fit_sweep
from tests.contracts import small


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def config(**changes) -> RunConfig:
    """Three small modes and two baselines on a small table with slacks from the data."""
    several = {
        "modes": ("penalty", "layer", "adversarial"),
        "adversarial": {"strengths": (0.0, 1.0)},
        "layer": {"span": "unmitigated", "count": 3},
        "baselines": ("logistic", "reweighing_logistic"),
        "seeds": (0, 3),
    }
    return small.sweep(**several | changes)


def in_parts(run: RunConfig, order=reversed) -> SweepResult:
    """Trained part by part in another order than they are shown, through the store's bytes."""
    parts = tuple(order(parts_of(run)))
    found = {
        part.name: decode(encode(train_part(run, part, lambda _p: None, lambda: False)))
        for part in parts
    }
    return merge(run, found)


def at_once(run: RunConfig) -> SweepResult:
    return fit_sweep(open_task(run), run)


def same(one: SweepResult, other: SweepResult) -> None:
    """Everything but the seconds, compared as bytes of the stored file."""
    assert one.points == other.points
    assert one.notes == other.notes
    assert encode(dataclasses.replace(one, seconds=0.0)) == encode(
        dataclasses.replace(other, seconds=0.0)
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"modes": ("penalty",), "baselines": ()},
        {"modes": ("adversarial", "layer"), "penalty": {"control": "slack"}},
        {"modes": ("layer", "penalty"), "penalty": {"control": "slack", "span": "unmitigated"}},
        {"class_weight": "balanced", "model": {"kind": "logistic"}},
        {"search": {"candidates": 3}, "modes": ("penalty", "layer")},
        {"folds": 2, "modes": ("penalty", "layer")},
        {"folds": 3, "modes": ("penalty",), "baselines": ()},
    ],
)
def test_parts_merged_are_the_sweep_bit_by_bit(changes) -> None:
    """Points, order, scores of every split, notes, networks and folds."""
    run = config(**changes)
    same(in_parts(run), at_once(run))


def test_networks_too_heavy_together_are_left_out_with_the_same_words(monkeypatch) -> None:
    """Whether one part is too heavy by itself, or only all of them together."""
    run = config()
    heaviest = at_once(run).networks.nbytes
    for most in (heaviest - 1, 100):
        monkeypatch.setattr("fairlab.networks.MOST_BYTES", most)
        whole = at_once(run)
        assert whole.networks is None
        assert any("are not kept" in note for note in whole.notes)
        same(in_parts(run), whole)


def test_parts_are_the_same_on_every_machine_and_a_curve_comes_first() -> None:
    """The longest mode begins; shares are of the whole."""
    parts = parts_of(config(baselines=("grid_search", "boosting"), modes=("penalty", "layer")))
    assert [part.name for part in parts] == ["layer", "baselines", "penalty"]
    assert sum(part.share for part in parts) == pytest.approx(1)
    assert [part.name for part in parts_of(config(folds=3))] == ["fold 1", "fold 2", "fold 3"]


def test_missing_parts_are_a_cancelled_result() -> None:
    """What is there is at its place; nothing at all has no points."""
    run = config()
    found = {
        part.name: train_part(run, part, lambda _p: None, lambda: False)
        for part in parts_of(run)
        if part.name in ("adversarial", "baselines")
    }
    result = merge(run, found)
    assert result.cancelled
    assert [p.index for p in result.points] == list(range(len(result.points)))
    assert [p.mode for p in result.points] == ["adversarial"] * 4 + ["baseline"] * 2
    whole = at_once(run)
    theirs = [p.index for p in whole.points if p.mode in ("adversarial", "baseline")]
    np.testing.assert_array_equal(result.splits["test"].score, whole.splits["test"].score[theirs])
    nothing = merge(run, {})
    assert nothing.cancelled
    assert nothing.points == ()


@pytest.mark.parametrize("folds", [1, 2])
def test_a_part_stopped_at_once_gives_what_fit_sweep_gives(folds: int) -> None:
    """The same untrained models, marked as cancelled."""
    run = config(modes=("penalty",), baselines=(), folds=folds)
    first = parts_of(run)[0]
    stopped = train_part(run, first, lambda _p: None, lambda: True)
    assert stopped.cancelled
    same(merge(run, {first.name: stopped}), fit_sweep(open_task(run), run, None, lambda: True))


def test_folds_that_were_stopped_leave_the_finished_ones() -> None:
    """Whichever they are; the result is then that of the first finished."""
    run = config(modes=("penalty",), baselines=(), folds=3)
    found = {}
    for part in parts_of(run):
        stop = part.fold == 0
        found[part.name] = train_part(run, part, lambda _p: None, lambda: stop)  # noqa: B023
    result = merge(run, found)
    assert result.cancelled
    assert result.folds is not None
    assert (result.folds.done, result.folds.asked) == (2, 3)
    np.testing.assert_array_equal(result.splits["test"].score, found["fold 2"].splits["test"].score)


def test_every_part_refuses_what_the_whole_sweep_refuses() -> None:
    """With the same words, whichever part comes first."""
    run = config(constraint="mean_residual_parity")
    with pytest.raises(InputError) as whole:
        at_once(run)
    for part in parts_of(run):
        with pytest.raises(InputError) as own:
            train_part(run, part, lambda _p: None, lambda: False)
        assert str(own.value) == str(whole.value)


def test_a_mode_that_fails_is_no_failure_unless_all_do() -> None:
    """As in a whole sweep: a mode whose models all failed stays, flagged, beside another's."""
    run = config(modes=("penalty",), baselines=("logistic",), learning_rate=1.0, epochs=1)
    found = {p.name: train_part(run, p, lambda _p: None, lambda: False) for p in parts_of(run)}
    failing = dataclasses.replace(found["penalty"])
    notes = list(failing.notes)
    notes.insert(len(notes) - 3, "The loss of every model stopped being finite.")
    broken = dataclasses.replace(failing, notes=tuple(notes))
    with pytest.raises(TrainingError, match="stopped being finite"):
        merge(run, {**found, "penalty": broken})
    both = config(modes=("penalty", "layer"), baselines=("logistic",), epochs=1)
    layer = next(part for part in parts_of(both) if part.name == "layer")
    found["layer"] = train_part(both, layer, lambda _p: None, lambda: False)
    assert not any("finite" in n for n in merge(both, {**found, "penalty": broken}).notes)


def test_shares_done_are_of_the_part() -> None:
    """From above 0 to 1, epoch by epoch, also for a fold."""
    for run in (config(), config(folds=2, modes=("penalty",))):
        for part in parts_of(run):
            told: list[Progress] = []
            train_part(run, part, told.append, lambda: False)
            shares = [p.share_done for p in told]
            assert shares == sorted(shares)
            assert shares[-1] == pytest.approx(1)
            assert {p.folds for p in told} == {run.sweep.folds}
