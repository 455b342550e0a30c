"""A sweep trained in parts is the sweep trained at once, bit by bit."""

import dataclasses

import pytest
import torch

from fairlab.config import RunConfig
from fairlab.data import open_task
from fairlab.results import SweepResult
from fairlab.runs.artefacts import decode, encode
from fairlab.runs.parts import merge, parts_of, train_part
from fairlab.training import fit_sweep


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def config(**changes) -> RunConfig:
    """Three small modes and two baselines on a small table with slacks from the data."""
    sweep = {
        "modes": ("penalty", "layer", "adversarial"),
        "penalty": {"strengths": (0.0, 1.0)},
        "adversarial": {"strengths": (0.0, 1.0)},
        "layer": {"span": "unmitigated", "count": 3},
        "baselines": ("logistic", "reweighing_logistic"),
        "seeds": (0, 3),
        "model": {"width": 8},
        "epochs": 2,
        "batch_size": 64,
    }
    return RunConfig.model_validate(
        {
            "data": {"source": "synthetic", "options": {"n": 400}},
            "task": {"label": "outcome", "favourable": ["yes"], "sensitive": ["group"]},
            "sweep": sweep | changes,
        }
    )


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
