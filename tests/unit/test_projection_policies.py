"""Policies for people whose label is unknown: the frozen rule, the batch, and files of any."""

import inspect
import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlab.errors import InputError, SolveError
from fairlab.projection import (
    CONSTRAINTS,
    BatchRule,
    FrozenRule,
    OnlineRule,
    PaperOnlineRule,
    load_policy,
    project,
)
from fairlab.projection.calibration import Calibration
from fairlab.projection.constraints import cells_of

LABEL_FREE = [name for name, rule in CONSTRAINTS.items() if not rule.needs_labels]
LABELLED = [name for name, rule in CONSTRAINTS.items() if rule.needs_labels]


def people(n=4000, models=3, seed=0):
    """Scores that inform about labels; group 2 scores low, group 0 high, and is known better."""
    generator = torch.Generator().manual_seed(seed)
    group = torch.randint(0, 3, (n,), generator=generator)
    truth = (2.0 - 0.4 * group) * torch.randn(n, generator=generator, dtype=torch.float64)
    truth = truth + 0.7 * (1 - group)
    y = (torch.rand(n, generator=generator) < torch.sigmoid(truth)).long()
    noise = torch.randn(models, n, generator=generator, dtype=torch.float64)
    logit = truth + 0.3 * torch.arange(models)[:, None] * noise + 0.4 * (group == 1)
    return torch.sigmoid(logit), group, y


def gap(p, group, y, constraint, weight=None):
    """(M,) widest range of measured means, counted by hand from the definition."""
    y = y.to(p.dtype)
    value = {
        "mean_residual_parity": p - y,
        "accuracy_parity": y * p + (1 - y) * (1 - p),
    }.get(constraint, p)
    weight = torch.ones_like(y) if weight is None else weight
    columns = group[:, None] if group.ndim == 1 else group
    worst = torch.zeros(len(p), dtype=p.dtype)
    for codes in columns.T:
        for condition in CONSTRAINTS[constraint].conditions:
            meets = y >= 0 if condition.label is None else y == condition.label
            cells = [meets & (codes == g) for g in codes.unique()]
            means = torch.stack([value[:, c] @ weight[c] / weight[c].sum() for c in cells])
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
def test_a_slack_that_the_scores_keep_already_changes_nothing(constraint):
    z, group, y = people()
    before = gap(z, group, y, constraint)
    rule = FrozenRule.fit(z, group, before + 1e-9, constraint, y)
    torch.testing.assert_close(rule(z, group), z, atol=1e-9, rtol=0)


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
def test_new_people_of_the_same_kind_are_near_the_slack(constraint):
    z, group, y = people()
    slack = 0.4 * float(gap(z, group, y, constraint)[0])
    rule = FrozenRule.fit(z, group, slack, constraint, y)
    z2, group2, y2 = people(seed=1)
    before = gap(z2, group2, y2, constraint)[0]
    after = gap(rule(z2, group2), group2, y2, constraint)[0]
    smallest = min(int(((group2 == g) & (y2 == c)).sum()) for g in range(3) for c in (0, 1))
    assert float(after) < slack + 2 / smallest**0.5
    assert float(after) < 0.75 * float(before)


@pytest.mark.parametrize("constraint", ["demographic_parity", "mean_residual_parity"])
def test_where_no_label_directs_it_the_rule_is_the_projection_on_its_own_people(constraint):
    z, group, y = people()
    rule = FrozenRule.fit(z, group, 0.02, constraint, y)
    exact = project(z, group, 0.02, constraint, y).p
    torch.testing.assert_close(rule(z, group), exact, atol=1e-9, rtol=0)


@pytest.mark.parametrize("constraint", LABELLED)
def test_the_rule_moves_scores_little_more_than_the_projection_that_knows_the_labels(constraint):
    """Feasible is easy (score everybody 0); the fit must stay near the least possible change."""
    z, group, y = people()
    exact = ((project(z, group, 0.01, constraint, y).p - z) ** 2).mean(1)
    frozen = ((FrozenRule.fit(z, group, 0.01, constraint, y)(z, group) - z) ** 2).mean(1)
    assert float((frozen / exact).max()) < 4.0


@pytest.mark.parametrize("constraint", LABELLED)
def test_multipliers_of_a_family_cancel_and_only_the_ends_of_a_band_are_moved(constraint):
    """What makes a projection the nearest: Σ people · shift = 0, and 0 within the band."""
    z, group, y = people(models=1)
    rule = FrozenRule.fit(z, group, 0.02, constraint, y)
    for row, condition in zip(rule.shift[0], CONSTRAINTS[constraint].conditions, strict=True):
        meets = y >= 0 if condition.label is None else y == condition.label
        mass = torch.bincount(group[meets]).double()
        assert float(mass @ row) == pytest.approx(0, abs=1e-6 * float(mass.sum()))
        assert float(row.abs().max()) > 1e-3


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
def test_several_attributes_keep_the_slack_each(constraint):
    z, group, y = people()
    other = (torch.arange(len(group)) * 7 % 5 + y) % 2
    both = torch.stack([group, other], dim=1)
    rule = FrozenRule.fit(z, both, 0.02, constraint, y)
    assert float(gap(rule(z, both), both, y, constraint).max()) <= 0.02 + 2e-6
    assert rule.shift.shape[1] == 2 * len(CONSTRAINTS[constraint].conditions)


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
def test_every_model_keeps_its_own_slack(constraint):
    z, group, y = people()
    slack = torch.tensor([0.0, 0.02, 0.5])
    p = FrozenRule.fit(z, group, slack, constraint, y)(z, group)
    found = gap(p, group, y, constraint)
    assert bool((found <= slack + 2e-6).all())
    alone = FrozenRule.fit(z[1], group, 0.02, constraint, y)(z[1], group)
    torch.testing.assert_close(p[1], alone, atol=1e-7, rtol=0)


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
def test_raw_logits_need_no_box(constraint):
    """Amounts without bounds: calibration by standardised score, no clipping."""
    z, group, y = people()
    raw = 3 * torch.logit(z) + 2
    rule = FrozenRule.fit(raw, group, 0.1, constraint, y, lower=-np.inf, upper=np.inf)
    p = rule(raw, group)
    assert float(gap(p, group, y, constraint).max()) <= 0.1 + 2e-6
    assert float(p.max()) > 5


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
def test_one_person_gets_the_same_score_alone_as_in_a_crowd(constraint):
    z, group, y = people(models=1)
    rule = FrozenRule.fit(z[0], group, 0.02, constraint, y)
    crowd = rule(z[0], group)
    for i in (0, 17, 99):
        alone = rule(z[0, i : i + 1], group[i : i + 1])
        torch.testing.assert_close(alone[0], crowd[i], atol=1e-12, rtol=0)


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
def test_swapping_groups_when_scoring_breaks_the_promise(constraint):
    """The test above can fail: shifts belong to groups."""
    z, group, y = people(models=1)
    rule = FrozenRule.fit(z, group, 0.0, constraint, y)
    swapped = rule(z, 2 - group)
    assert float(gap(swapped, group, y, constraint)) > 1e-3


def test_no_policy_takes_a_label_when_scoring():
    """The signature of every call has score and group only."""
    for kind in (FrozenRule, BatchRule, OnlineRule, PaperOnlineRule):
        assert list(inspect.signature(kind.__call__).parameters) == ["self", "z", "group"]
        assert "y" not in inspect.signature(getattr(kind, "predict", kind.__call__)).parameters


def test_a_score_that_says_nothing_about_the_label_still_meets_the_slack():
    """Two conditions, one useless score: the rule draws scores together rather than break."""
    generator = torch.Generator().manual_seed(0)
    group = torch.arange(60) % 2
    y = (torch.rand(60, generator=generator) < 0.5).long()
    z = torch.where(group == 1, torch.where(y == 1, 0.2, 0.8), torch.where(y == 1, 0.7, 0.3))
    rule = FrozenRule.fit(z, group, 0.01, "equalized_odds", y)
    p = rule(z[None].double().expand(1, -1), group)
    assert float(gap(p, group, y, "equalized_odds")[0]) <= 0.01 + 2e-6


def always_wrong_in_one_group():
    """Scores right in group 0 and wrong in group 1: overall they say nothing about the label."""
    group = torch.arange(80) % 2
    y = torch.arange(80) // 2 % 2
    z = torch.where(y == group, 0.1, 0.9).double()
    return z, group, y


def test_scores_drawn_towards_the_constant_keep_the_slack_and_say_so():
    """q is all but one half for everybody: shifts could live only on noise in it."""
    z, group, y = always_wrong_in_one_group()
    assert float(gap(z[None], group, y, "accuracy_parity")) == pytest.approx(0.8)
    rule = FrozenRule.fit(z, group, 0.2, "accuracy_parity", y)
    assert 0.3 < float(rule.blend) < 0.8
    assert float(rule.shift.abs().max()) <= 100.0
    assert float(rule.centre) == 0.5
    p = rule(z, group)
    assert float(gap(p[None], group, y, "accuracy_parity")) <= 0.2 + 2e-6
    assert "% of the way" in rule.notes[0]


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.02, 0.5, 0.98, 1.0]), st.integers(0, 1)),
        min_size=4,
        max_size=24,
    ),
    st.sampled_from(list(CONSTRAINTS)),
    st.sampled_from([0.0, 0.05]),
)
@settings(max_examples=60, deadline=None)
def test_any_few_people_keep_the_slack_within_the_box(rows, constraint, slack):
    """Ties and edges of the box; every cell has somebody."""
    score = torch.tensor([s for s, _ in rows] + [0.5, 0.98, 0.02, 0.5], dtype=torch.float64)
    y = torch.tensor([label for _, label in rows] + [0, 1, 0, 1])
    group = torch.cat([torch.arange(len(rows)) % 2, torch.tensor([0, 0, 1, 1])])
    try:
        rule = FrozenRule.fit(score, group, slack, constraint, y)
    except SolveError:  # residuals and the box can leave no scores at all
        assert constraint == "mean_residual_parity"
        return
    p = rule(score, group)
    assert float(gap(p[None], group, y, constraint)) <= slack + 2e-6
    assert float(p.min()) >= 0
    assert float(p.max()) <= 1


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
def test_weights_count_in_the_fit(constraint):
    z, group, y = people(n=600, models=1)
    weight = 1.0 + 3.0 * y.double() * (group == 1) + (group == 2)
    rule = FrozenRule.fit(z, group, 0.0, constraint, y, weight=weight)
    assert float(gap(rule(z, group), group, y, constraint, weight)) < 2e-6
    twice = torch.cat([torch.arange(600), torch.nonzero(group == 2).squeeze(1)])
    doubled = FrozenRule.fit(z[:, twice], group[twice], 0.0, constraint, y[twice])
    once = FrozenRule.fit(z, group, 0.0, constraint, y, weight=1.0 + (group == 2))
    torch.testing.assert_close(doubled.shift, once.shift, atol=1e-4, rtol=1e-4)


def test_an_empty_validation_cell_is_named():
    z, group, y = people(n=300, models=1)
    y = torch.where(group == 2, 0, y)
    with pytest.raises(SolveError, match="group 2 has y = 1"):
        FrozenRule.fit(z, group, 0.1, "equal_opportunity", y)


def test_a_group_nobody_belonged_to_keeps_its_scores_and_is_named():
    z, group, y = people(n=300, models=1)
    rule = FrozenRule.fit(z, group, 0.0, "equal_opportunity", y, n_groups=5)
    new = torch.tensor([[0.3, 0.9]], dtype=torch.float64)
    torch.testing.assert_close(rule(new, torch.tensor([3, 4])), new)
    assert [note[:17] for note in rule.notes] == ["Nobody in group 3", "Nobody in group 4"]


def test_a_group_the_rule_was_not_made_for_is_refused():
    z, group, _ = people(n=300, models=1)
    rule = FrozenRule.fit(z, group, 0.0)
    with pytest.raises(InputError, match="0 to 2"):
        rule(z, group + 1)
    with pytest.raises(InputError, match="0 to 2"):
        rule(z, group - 1)


def test_scores_of_one_model_are_refused_by_a_rule_of_three():
    z, group, _ = people(n=300)
    rule = FrozenRule.fit(z, group, 0.0)
    with pytest.raises(InputError, match="3 models"):
        rule(z[0], group)


@pytest.mark.parametrize("n_groups", [2, (3, 3)])
def test_too_few_groups_are_refused(n_groups):
    z, group, _ = people(n=300, models=1)
    with pytest.raises(InputError, match="n_groups"):
        FrozenRule.fit(z, group, 0.0, n_groups=n_groups)


def test_float32_scores_come_back_as_float32():
    z, group, y = people(models=2)
    rule = FrozenRule.fit(z.float(), group, 0.01, "equalized_odds", y)
    assert rule(z.float(), group).dtype == torch.float32


@pytest.mark.parametrize("constraint", LABEL_FREE)
def test_a_batch_is_projected_by_itself(constraint):
    z, group, _ = people(n=200)
    p = BatchRule(0.05, constraint)(z, group)
    torch.testing.assert_close(p, project(z, group, 0.05, constraint).p)
    assert not p.requires_grad


@pytest.mark.parametrize("constraint", LABELLED)
def test_a_batch_without_labels_is_refused_what_needs_them(constraint):
    with pytest.raises(InputError, match="frozen"):
        BatchRule(0.05, constraint)


def test_a_batch_of_one_group_is_only_clipped():
    p = BatchRule(0.0)(torch.tensor([0.2, 1.4]), torch.tensor([1, 1]))
    assert p.tolist() == pytest.approx([0.2, 1.0])


@pytest.mark.parametrize(("slack", "lower", "upper"), [(-0.1, 0, 1), (np.nan, 0, 1), (0, 1, 1)])
def test_settings_of_a_batch_are_checked(slack, lower, upper):
    with pytest.raises(InputError):
        BatchRule(slack, lower=lower, upper=upper)


def policies():
    z, group, y = people(n=400)
    calibration = Calibration.fit(z[0], y, group=group, n_groups=4)
    yield BatchRule(0.05, lower=-np.inf), (z, group)
    for constraint in CONSTRAINTS:
        yield FrozenRule.fit(z, group, 0.02, constraint, y, n_groups=4), (z, group)
        for kind in (OnlineRule, PaperOnlineRule):
            rule = kind(0.02, constraint, n_groups=4, calibration=calibration)
            rule.run(z[1], group, batch_size=16)
            yield rule, (z[0], group)


def test_every_policy_comes_back_from_its_file_and_scores_alike(tmp_path):
    for number, (policy, (z, group)) in enumerate(policies()):
        path = tmp_path / f"{number}.safetensors"
        policy.save(path)
        opened = load_policy(path)
        assert type(opened) is type(policy)
        assert opened.policy == policy.policy
        assert opened.uses_attribute_when_deciding
        assert torch.equal(opened(z, group), policy(z, group))  # bit by bit


def test_what_a_frozen_rule_discloses_survives_its_file(tmp_path):
    z, group, y = always_wrong_in_one_group()
    rule = FrozenRule.fit(z, group, 0.2, "accuracy_parity", y, n_groups=3)
    rule.save(tmp_path / "rule")
    assert FrozenRule.load(tmp_path / "rule").notes == rule.notes
    assert len(rule.notes) == 2


def test_files_of_another_version_or_kind_are_refused_with_a_remedy(tmp_path):
    path = tmp_path / "policy"
    BatchRule(0.1).save(path)
    with pytest.raises(InputError, match="load_policy"):
        FrozenRule.load(path)
    data = path.read_bytes()
    path.write_bytes(data.replace(b'\\"version\\": 1', b'\\"version\\": 9'))
    with pytest.raises(InputError, match="version 9") as caught:
        load_policy(path)
    assert "save the policy again" in str(caught.value)


def test_what_is_no_policy_is_refused(tmp_path):
    with pytest.raises(InputError, match="no file"):
        load_policy(tmp_path / "missing")
    broken = tmp_path / "broken"
    broken.write_bytes(b"not a policy at all")
    with pytest.raises(InputError, match="not a policy"):
        load_policy(broken)
    header = json.dumps({}).encode()
    broken.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(InputError, match="no policy"):
        load_policy(broken)


def test_the_online_rules_do_not_import_torch():
    code = (
        "import sys; from fairlab.projection.online import OnlineRule, PaperOnlineRule; "
        "from fairlab.projection import CONSTRAINTS; from fairlab.projection.saved import "
        "load_policy; from fairlab.projection.calibration import Calibration; "
        "r = OnlineRule(0.1, n_groups=2); r.predict([0.2, 0.9], [0, 1]); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_calibration_agrees_with_a_logistic_regression():
    from sklearn.linear_model import LogisticRegression

    z, _, y = people(models=1)
    found = Calibration.fit(z, y).probability(z)[0]
    x = torch.logit(z[0])[:, None].numpy()
    oracle = LogisticRegression(C=np.inf, tol=1e-10).fit(x, y.numpy()).predict_proba(x)[:, 1]
    assert np.abs(found.numpy() - oracle).max() < 1e-4


def test_calibration_of_arrays_and_tensors_is_the_same():
    z, _, y = people(n=500, models=2)
    of_tensors, of_arrays = Calibration.fit(z, y), Calibration.fit(z.numpy(), y.numpy())
    np.testing.assert_allclose(of_tensors.slope, of_arrays.slope, rtol=1e-9)
    q = of_arrays.probability(z.numpy())
    assert isinstance(q, np.ndarray)
    torch.testing.assert_close(of_tensors.probability(z), torch.from_numpy(q), atol=1e-9, rtol=0)


def test_calibration_by_group_is_right_on_average_in_every_group():
    z, group, y = people(models=1)
    y = torch.where((group == 1) & (torch.arange(len(y)) % 3 == 0), 1, y)  # group 1 does better
    common, own = Calibration.fit(z, y), Calibration.fit(z, y, group=group, n_groups=5)
    assert own.uses_group
    assert not common.uses_group
    q = own.probability(z, group)[0]
    for g in range(3):
        mine = group == g
        assert float(q[mine].mean()) == pytest.approx(float(y[mine].double().mean()), abs=0.01)
    off = common.probability(z)[0][group == 1].mean() - y[group == 1].double().mean()
    assert float(off) < -0.03
    with pytest.raises(InputError, match="no groups were given"):
        own.probability(z)
    with pytest.raises(InputError, match="0 to 4"):
        own.probability(z, group + 3)


def test_calibration_of_a_perfect_or_constant_score_stays_finite():
    y = np.arange(40) % 2
    for score in (np.where(y == 1, 1.0, 0.0), np.full(40, 0.3)):
        q = Calibration.fit(score, y).probability(score)
        assert np.isfinite(q).all()
    assert q == pytest.approx(np.full(40, 0.5), abs=1e-3)


@pytest.mark.parametrize("y", [np.array([0, 1]), np.array([0, 2, 1])])
def test_calibration_refuses_labels_that_do_not_fit(y):
    with pytest.raises(InputError, match="label"):
        Calibration.fit(np.array([0.1, 0.5, 0.9]), y)


def test_cells_and_policies_know_the_same_constraints():
    """One table of constraints: the online rules read it without torch."""
    from fairlab.projection import conditions, constraints

    assert conditions.CONSTRAINTS is constraints.CONSTRAINTS
    cells = cells_of("accuracy_parity", torch.tensor([0, 1]), torch.tensor([0, 1]))
    assert cells.sign is not None
