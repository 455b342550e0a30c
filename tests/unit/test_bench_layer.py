"""The layer's benchmark: what it compares is the same problem, and disagreement is not passed."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import layer, layer_peer, published
from benchmarks.harness import Figure, figure_table
from fairlab.errors import FairlabError, InputError


@pytest.mark.parametrize("groups", [2, 3])
def test_the_solver_is_given_the_same_problem(groups: int) -> None:
    """Scores to 1e-8 and gradients to 1e-8 on a small batch."""
    work = layer_peer.batch(30, groups)
    built = layer_peer.solver_layer(work.group.numpy(), layer_peer.SLACK)
    theirs = layer_peer.by_solver(built, work, layer_peer.TIGHT | {"mode": "dense"})
    figures = layer_peer.differences("a batch", layer_peer.ours(work), theirs, limit=1e-8)
    assert [f.reached for f in figures] == [True, True]


@pytest.mark.parametrize("attributes", [0, 2])
@pytest.mark.parametrize("constraint", list(layer_peer.CONSTRAINTS))
def test_the_solver_is_given_the_same_problem_for_every_constraint(
    constraint: str, attributes: int
) -> None:
    """Six constraints, one attribute or two together: scores and gradients to 1e-5."""
    work = layer_peer.batch(36, 2, attributes=attributes)
    y = torch.arange(36) // 4 % 2
    built = layer_peer.general_layer(work.group.numpy(), y.numpy(), constraint, layer_peer.SLACK)
    theirs = layer_peer.by_solver(built, work, layer_peer.INTERIOR)
    mine = layer_peer.ours(work, layer_peer.SLACK, constraint, y)
    figures = layer_peer.differences("a batch", mine, theirs, limit=1e-5)
    assert [f.reached for f in figures] == [True, True]


def test_a_wrong_gradient_is_noticed() -> None:
    """A gradient that ignores the constraint differs by far more than the limit."""
    work = layer_peer.batch(50)
    p, gradient = layer_peer.ours(work)
    inside = ((p > 0) & (p < 1)).to(gradient.dtype)
    figures = layer_peer.differences("a batch", (p, inside * work.direction), (p, gradient))
    assert [f.reached for f in figures] == [True, False]


def test_a_disagreement_fails_the_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    """The report is printed, then the command ends with an error that names the row."""
    monkeypatch.setattr(layer, "against_solver", lambda _: [])
    monkeypatch.setattr(layer, "against_one_pass", lambda _: layer.at_most("x", 1, "y", 1))
    monkeypatch.setattr(layer, "growth", lambda _: [])
    monkeypatch.setattr(layer, "residuals", lambda _: [])
    monkeypatch.setattr(layer, "agreement", lambda _: [Figure("gradients", float("nan"), 1e-5)])
    with pytest.raises(FairlabError, match="gradients"):
        layer.main()


def test_a_number_that_is_not_one_has_not_reached_its_limit() -> None:
    """NaN is not within any limit; a figure without a limit reaches nothing."""
    assert Figure("x", float("nan"), 1.0).reached is False
    assert Figure("x", 1.0, 1.0).reached is True
    assert Figure("x", 1.0).reached is None
    assert "NOT reached" in figure_table([Figure("x", 2.0, 1.0)])


def test_figures_of_any_number_type_are_written(tmp_path: Path) -> None:
    """NumPy's numbers too: their comparisons are not Python's booleans."""
    path = tmp_path / "figures.json"
    row = layer.faster("x", np.float64(1.0), "y", np.float64(2.0), target=1.0)
    layer.report("title", [row], path, figures=[Figure("z", np.float64(1.0), 2.0)])
    record = json.loads(path.read_text())
    assert record["comparisons"][0]["reached"] is True
    assert record["figures"][0]["reached"] is True


def test_made_up_batches_have_every_group_and_repeat() -> None:
    """All groups present however few the people; the same call gives the same people."""
    work = layer_peer.batch(50, 50)
    assert len(torch.unique(work.group)) == 50
    assert torch.equal(work.z, layer_peer.batch(50, 50).z)
    several = layer_peer.batch(9, 3, attributes=4)
    assert several.group.shape == (9, 4)
    assert all(len(torch.unique(column)) == 3 for column in several.group.T)


def test_the_gap_is_the_range_of_group_means() -> None:
    """Counted by hand."""
    p = torch.tensor([0.1, 0.3, 0.6, 0.8])
    assert layer.gap(p, torch.tensor([0, 0, 1, 2]), 3) == pytest.approx(0.6)


def test_a_python_without_the_package_is_explained(tmp_path: Path) -> None:
    """A path that cannot be run, and an environment that lacks the package."""
    with pytest.raises(InputError, match="cannot be run"):
        published.ask(tmp_path / "python", "project", {})
    given = {"z": np.zeros(2), "group": np.zeros(2), "direction": np.zeros(2), "slack": 0.1}
    with pytest.raises(InputError, match="fairness_training"):
        published.ask(Path(sys.executable), "project", given | {"repeats": 1})
