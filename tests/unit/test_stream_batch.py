"""Each batch of a stream projected by itself, against the exact layer and a general solver."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize

from fairlab.errors import SolveError
from fairlab.projection.layer import project
from fairlab.projection.stream_batch import project_batches

GRID = [0.0, 0.1, 0.5, 0.8, 1.0]


def alone(z: np.ndarray, group: np.ndarray, batch: np.ndarray, slack: float) -> np.ndarray:
    """Demographic parity batch by batch."""
    one = np.ones(len(z))
    return project_batches(z, group, batch, slack, one[None], one, 0 * one)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(GRID), st.integers(0, 2), st.integers(0, 3)),
        min_size=2,
        max_size=24,
    ),
    st.sampled_from([0.0, 0.05, 0.3]),
)
def test_every_batch_gets_what_the_layer_gives_it(
    rows: list[tuple[float, int, int]], slack: float
) -> None:
    """Batches that lack a group or have only one included."""
    z, group, batch = (np.array(column) for column in zip(*rows, strict=True))
    p = alone(z, group, batch, slack)
    for b in np.unique(batch):
        mine = batch == b
        if len(np.unique(group[mine])) < 2:
            assert_array_equal(p[mine], z[mine])
            continue
        want = project(torch.from_numpy(z[mine]), torch.from_numpy(group[mine]), slack).p
        assert_allclose(p[mine], want.numpy(), atol=1e-7)


def nearest(z: np.ndarray, means: np.ndarray, base: np.ndarray, slack: float) -> float:
    """Least ½ Σ (p − z)² by sequential quadratic programming; rows of means are compared."""
    pairs = [
        (means[k, i] - means[k, j], base[k, i] - base[k, j])
        for k in range(len(means))
        for i in range(means.shape[1])
        for j in range(means.shape[1])
        if i != j
    ]
    a, b = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
    found = minimize(
        lambda p: 0.5 * ((p - z) ** 2).sum(),
        np.full(len(z), 0.5),
        jac=lambda p: p - z,
        bounds=[(0, 1)] * len(z),
        constraints={"type": "ineq", "fun": lambda p: slack - a @ p - b, "jac": lambda _: -a},
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-14},
    )
    assert found.success
    return float(found.fun)


@pytest.mark.parametrize("kind", ["one label", "both labels", "residual", "accuracy"])
@pytest.mark.parametrize("seed", range(6))
def test_people_who_count_in_part_are_moved_as_little_as_possible(kind: str, seed: int) -> None:
    """No general solver finds nearer scores, and the slack holds in every batch."""
    rng = np.random.default_rng(seed)
    n, slack = 24, 0.03
    z, group, batch = rng.random(n), rng.integers(0, 3, n), np.arange(n) // 12
    q = np.clip(z + rng.normal(0, 0.2, n), 0.02, 0.98)
    one, zero = np.ones(n), np.zeros(n)
    weight, sign, offset = {
        "one label": (q[None], one, zero),
        "both labels": (np.stack([q, 1 - q]), one, zero),
        "residual": (one[None], one, -q),
        "accuracy": (one[None], 2 * q - 1, 1 - q),
    }[kind]
    p = project_batches(z, group, batch, slack, weight, sign, offset)
    for b in range(2):
        mine = batch == b
        shares = np.array(
            [
                [np.where(group[mine] == g, w[mine], 0) / w[mine][group[mine] == g].sum()
                 for g in np.unique(group[mine])]
                for w in weight
            ]
        )  # fmt: skip
        mean = shares @ (sign * p + offset)[mine]
        assert np.ptp(mean, axis=1).max() <= slack + 1e-7
        moved = 0.5 * ((p - z)[mine] ** 2).sum()
        least = nearest(z[mine], shares * sign[mine], shares @ offset[mine], slack)
        assert moved == pytest.approx(least, abs=1e-7)


def test_weights_that_differ_by_orders_do_not_stall_it() -> None:
    """A calibrated probability may be next to 0 for everybody of a group in a batch."""
    rng = np.random.default_rng(0)
    n = 800
    z, group, batch = rng.random(n), rng.integers(0, 2, n), np.arange(n) // 8
    q = np.where(group == 0, 1e-6 * (1 + rng.random(n)), 0.999)
    one = np.ones(n)
    weight = np.stack([q, 1 - q])
    p = project_batches(z, group, batch, 0.05, weight, one, 0 * one)
    for b in range(100):
        mine = batch == b
        if len(np.unique(group[mine])) == 2:
            means = [
                np.average(p[mine & (group == g)], weights=w[mine & (group == g)])
                for w in weight
                for g in (0, 1)
            ]
            assert abs(means[0] - means[1]) <= 0.05 + 1e-6
            assert abs(means[2] - means[3]) <= 0.05 + 1e-6


def test_one_batch_is_the_whole_projection() -> None:
    """Nothing is lost when a batch is large."""
    rng = np.random.default_rng(1)
    z, group = rng.random(5000), rng.integers(0, 4, 5000)
    z = np.clip(z * 0.5 + 0.12 * group, 0, 1)
    p = alone(z, group, np.zeros(5000, dtype=np.int64), 0.02)
    want = project(torch.from_numpy(z), torch.from_numpy(group), 0.02).p.numpy()
    assert_allclose(p, want, atol=1e-9)


def test_what_is_not_solved_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gap beyond the slack is never passed on in silence."""
    monkeypatch.setattr("fairlab.projection.stream_batch._STEPS", 1)
    monkeypatch.setattr("fairlab.projection.stream_batch._ROUND", 1)
    monkeypatch.setattr("fairlab.projection.stream_batch._apart", lambda *at: at[2])
    z, group = np.array([0.0, 1.0]), np.array([0, 1])
    with pytest.raises(SolveError, match="beyond the slack") as caught:
        alone(z, group, np.zeros(2, dtype=np.int64), 0.1)
    assert caught.value.residual == pytest.approx(0.9)
