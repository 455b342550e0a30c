"""The frozen rule: fitted on validation, label-free afterwards, one person at a time."""

import inspect

import pytest
import torch

from fairlab.errors import SolveError
from fairlab.projection import CONSTRAINTS, FrozenRule, project


def people(n=4000, models=3, seed=0):
    """Scores that inform about labels; group 2 scores low, group 0 high."""
    generator = torch.Generator().manual_seed(seed)
    group = torch.randint(0, 3, (n,), generator=generator)
    truth = 1.5 * torch.randn(n, generator=generator, dtype=torch.float64) + 0.7 * (1 - group)
    y = (torch.rand(n, generator=generator) < torch.sigmoid(truth)).long()
    noise = torch.randn(models, n, generator=generator, dtype=torch.float64)
    logit = truth + 0.3 * torch.arange(models)[:, None] * noise
    return torch.sigmoid(logit), group, y


def gap(p, group, y, constraint):
    worst = torch.zeros(len(p), dtype=p.dtype)
    for condition in CONSTRAINTS[constraint].conditions:
        meets = torch.ones_like(y, dtype=torch.bool)
        if condition.label is not None:
            meets = y == condition.label
        means = torch.stack([p[:, meets & (group == g)].mean(1) for g in group.unique()])
        worst = torch.maximum(worst, means.amax(0) - means.amin(0))
    return worst


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
@pytest.mark.parametrize("slack", [0.0, 0.03, 0.1])
def test_gap_measured_with_validation_labels_meets_the_slack(constraint, slack):
    z, group, y = people()
    rule = FrozenRule.fit(z, group, slack, constraint, y)
    p = rule(z, group)
    assert float(gap(p, group, y, constraint).max()) <= slack + 2e-6
    assert float(p.std(1).min()) > 0.1  # not by scoring everybody alike
    assert float(rule.blend.max()) == 0.0  # shifts suffice for an informative score


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
def test_new_people_of_the_same_kind_are_near_the_slack(constraint):
    z, group, y = people()
    rule = FrozenRule.fit(z, group, 0.03, constraint, y)
    z2, group2, y2 = people(seed=1)
    before = gap(z2, group2, y2, constraint)[0]
    after = gap(rule(z2, group2), group2, y2, constraint)[0]
    assert float(after) < 0.03 + 4 / 4000**0.5
    assert float(after) < float(before) - 0.02


def test_demographic_parity_rule_is_the_projection_on_the_people_it_was_fitted_on():
    z, group, _ = people()
    rule = FrozenRule.fit(z, group, 0.05)
    torch.testing.assert_close(rule(z, group), project(z, group, 0.05).p, atol=1e-9, rtol=0)


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
def test_one_person_gets_the_same_score_alone_as_in_a_crowd(constraint):
    z, group, y = people(models=1)
    rule = FrozenRule.fit(z[0], group, 0.02, constraint, y)
    crowd = rule(z[0], group)
    for i in (0, 17, 99):
        alone = rule(z[0, i : i + 1], group[i : i + 1])
        torch.testing.assert_close(alone[0], crowd[i], atol=1e-12, rtol=0)


def test_a_prediction_takes_no_label():
    """The signature of the call has score and group only."""
    assert list(inspect.signature(FrozenRule.__call__).parameters) == ["self", "z", "group"]


def test_a_score_that_says_nothing_about_the_label_still_meets_the_slack():
    """Two conditions, one useless score: the rule draws scores together rather than break."""
    generator = torch.Generator().manual_seed(0)
    group = torch.arange(60) % 2
    y = (torch.rand(60, generator=generator) < 0.5).long()
    z = torch.where(group == 1, torch.where(y == 1, 0.2, 0.8), torch.where(y == 1, 0.7, 0.3))
    rule = FrozenRule.fit(z, group, 0.01, "equalized_odds", y)
    p = rule(z[None].double().expand(1, -1), group)
    assert float(gap(p, group, y, "equalized_odds")[0]) <= 0.01 + 2e-6


def test_weights_count_in_the_fit():
    z, group, y = people(n=300, models=1)
    weight = 1.0 + 3.0 * y.double()
    rule = FrozenRule.fit(z, group, 0.0, weight=weight)
    p = rule(z, group)[0]
    means = [float((p * weight)[group == g].sum() / weight[group == g].sum()) for g in range(3)]
    assert max(means) - min(means) < 1e-9


def test_an_empty_validation_cell_is_named():
    z, group, y = people(n=300, models=1)
    y = torch.where(group == 2, 0, y)
    with pytest.raises(SolveError, match="group 2 has y = 1"):
        FrozenRule.fit(z, group, 0.1, "equal_opportunity", y)


@pytest.mark.parametrize(
    ("constraint", "label"), [("equal_opportunity", 1), ("predictive_equality", 0)]
)
def test_scores_drawn_towards_the_constant_stay_in_the_box(constraint, label):
    """The constant is the mean score of everybody, not a sum per person of a cell."""
    drawn = 0
    for seed in range(20):
        generator = torch.Generator().manual_seed(seed)
        group = torch.arange(40) % 2
        y = torch.where(torch.arange(40) % 8 < 2, label, 1 - label)
        # Most scores are near the edges: shifts alone often cannot meet a slack of 0.
        z = torch.tensor([0.0, 0.02, 0.5, 0.98, 1.0], dtype=torch.float64)
        z = z[torch.randint(0, 5, (40,), generator=generator)]
        rule = FrozenRule.fit(z, group, 0.0, constraint, y)
        drawn += float(rule.blend) > 0
        assert float(rule.centre) == pytest.approx(float(z.mean()))
        p = rule(z, group)
        assert float(p.min()) >= 0
        assert float(p.max()) <= 1
    assert drawn > 0
