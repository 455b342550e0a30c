"""Asking the penalty for a gap: the strength is found, the gap is got, nothing else changes."""

import dataclasses

import numpy as np
import pytest
import torch

from fairlab.config import CONSTRAINT_GAPS, TRAINED_CONSTRAINTS, PenaltyParams, RunConfig
from fairlab.metrics import GAPS
from fairlab.outcomes import count
from fairlab.training import fit_sweep
from fairlab.training.penalty import penalty
from tests.contracts.small import config as run_config
from tests.contracts.test_modes import config, uneven
from tests.unit.training_people import prepared

SLACKS = (1.0, 0.1, 0.02)


def asked(slacks=SLACKS, **changes):
    """A sweep whose penalty is asked for gaps."""
    params = PenaltyParams(control="slack", slacks=slacks)
    return config("penalty", penalty=params, **{"epochs": 30, **changes})


def gap_of(result, index, split):
    measure = GAPS[CONSTRAINT_GAPS[result.constraint]]
    return float(measure(count(result.scored(index, split).outcomes(result.group_by), 0.5)))


@pytest.mark.parametrize("constraint", TRAINED_CONSTRAINTS)
def test_the_gap_asked_for_is_got_on_validation_decisions(constraint):
    """Within half a point, or the model says that it is not; and training people follow."""
    data = prepared((900, 600, 600))
    if constraint in ("mean_residual_parity", "accuracy_parity"):
        data = uneven(data)
    result = fit_sweep(data, asked(constraint=constraint))
    assert gap_of(result, 0, "train") > 0.06
    for point in result.points[1:]:
        found = gap_of(result, point.index, "validation")
        assert found <= point.slack + 0.005 or any("Asked for" in flag for flag in point.flags)
    assert gap_of(result, 1, "validation") <= 0.1 + 0.005
    assert gap_of(result, 2, "train") < 0.75 * gap_of(result, 0, "train")


def test_what_is_got_costs_no_more_accuracy_than_the_best_strength_within_the_same_gap():
    """Accuracy on training people within a point of a grid of eleven strengths."""
    data = prepared((900, 600, 600))
    grid = PenaltyParams(strengths=(0.0, *np.geomspace(0.05, 20, 10).tolist()))
    by_hand = fit_sweep(data, config("penalty", penalty=grid, epochs=30))
    found = fit_sweep(data, asked((1.0, 0.1)))

    def accuracy(result, index):
        people = result.scored(index, "train")
        return float(np.mean((people.score >= 0.5) == people.y_true))

    within = [
        accuracy(by_hand, p.index)
        for p in by_hand.points
        if gap_of(by_hand, p.index, "validation") <= 0.105
    ]
    assert accuracy(found, 1) >= max(within) - 0.01


def test_points_are_told_apart_by_slack_and_the_free_one_is_the_unmitigated_model():
    """Slack 1 gives what strength 0 gives."""
    data = prepared()
    found = fit_sweep(data, asked((0.1,)))
    assert [p.slack for p in found.points] == [1.0, 0.1]
    assert [p.strength for p in found.points] == [None, None]
    assert [p.baseline for p in found.points] == [True, False]
    free = fit_sweep(data, config("penalty", epochs=30, penalty=PenaltyParams(strengths=(0.0,))))
    np.testing.assert_allclose(
        found.splits["test"].score[0], free.splits["test"].score[0], atol=1e-6
    )


def test_a_model_does_not_depend_on_the_slacks_beside_it():
    alone = fit_sweep(prepared(), asked((0.05,), epochs=6))
    among = fit_sweep(prepared(), asked((0.3, 0.05, 0.0), epochs=6))
    np.testing.assert_allclose(
        alone.splits["test"].score[1], among.splits["test"].score[2], atol=2e-5
    )


def test_test_labels_change_nothing():
    data = prepared()
    rng = np.random.default_rng(0)
    part = data.splits["test"]
    mixed = dataclasses.replace(part, y_true=rng.permutation(part.y_true))
    other = dataclasses.replace(data, splits={**data.splits, "test": mixed})
    first, second = (fit_sweep(d, asked(epochs=4)) for d in (data, other))
    for name in data.splits:
        np.testing.assert_array_equal(first.splits[name].score, second.splits[name].score)


def test_batches_without_some_group_leave_its_price_alone():
    """Batches of 8 people cannot hold everybody of 3 × 2 cells: still finite, still narrower."""
    result = fit_sweep(
        prepared((400, 300, 300)), asked((1.0, 0.05), epochs=6, batch_size=8, seeds=(0, 1))
    )
    for name in ("train", "validation", "test"):
        assert np.isfinite(result.splits[name].score).all()
    assert gap_of(result, 1, "train") < gap_of(result, 0, "train")


def test_a_gap_that_cannot_be_had_is_flagged_with_both_numbers():
    """One epoch at a tiny learning rate moves nothing."""
    result = fit_sweep(
        prepared((900, 600, 600)), asked((0.0,), epochs=1, learning_rate=0.02, seeds=(2,))
    )
    found = gap_of(result, 1, "validation")
    if found > 0.005:
        assert f"it has {100 * found:.1f} on validation" in " ".join(result.points[1].flags)
    else:
        assert not any("Asked for" in flag for flag in result.points[1].flags)


def test_a_ratio_is_charged_by_what_the_lowest_rate_lacks_of_the_highest():
    """1 − 0.2/0.8 = 0.75, whatever the scale; equal rates cost nothing."""

    class Means:
        spans = ((0, 2),)

    mean = torch.tensor([[0.2, 0.8], [0.02, 0.08], [0.5, 0.5]])
    found = penalty(mean, Means(), "ratio")
    np.testing.assert_allclose(found.numpy(), [0.75, 0.75, 0.0], atol=1e-6)


def test_runs_of_strengths_keep_their_digest_and_slacks_change_it():
    """The digest of an earlier run must not change because slacks can be asked for now."""
    plain = run_config()
    assert plain.digest() == RunConfig.from_yaml(plain.to_yaml()).digest()
    other = plain.model_copy(
        update={
            "sweep": plain.sweep.model_copy(update={"penalty": PenaltyParams(slacks=(1.0, 0.3))})
        }
    )
    assert other.digest() == plain.digest()
    slack = plain.model_copy(
        update={"sweep": plain.sweep.model_copy(update={"penalty": PenaltyParams(control="slack")})}
    )
    assert slack.digest() != plain.digest()
    assert RunConfig.from_yaml(slack.to_yaml()) == slack


def test_mean_residuals_have_no_ratio():
    with pytest.raises(ValueError, match="no ratio"):
        config(
            "penalty",
            constraint="mean_residual_parity",
            penalty=PenaltyParams(form="ratio"),
        )
