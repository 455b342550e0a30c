"""Gradient reversal: the adversary guesses as well as it can; the predictor climbs its loss."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from fairlab.config import AdversarialParams, ModelConfig, SweepConfig
from fairlab.data.task import PreparedData
from fairlab.metrics import GAPS
from fairlab.outcomes import count
from fairlab.projection.constraints import cells_of
from fairlab.results import Attribute
from fairlab.training import fit_sweep
from fairlab.training.adversarial import AdversarialFamily, task_pull, told_by_decisions
from fairlab.training.adversary import Adversary
from fairlab.training.cells import cell_means, columns_among
from fairlab.training.people import gather
from fairlab.training.setting import setting_of
from tests.unit.training_people import prepared


def family(
    constraint="demographic_parity",
    strengths=(0.0, 0.5, 2.0),
    by=(),
    grouping="crossed",
    **people,
):
    config = SweepConfig(
        modes=("adversarial",),
        constraint=constraint,
        adversarial=AdversarialParams(strengths=strengths),
        group_by=by,
        grouping=grouping,
    )
    crowd = gather(prepared(**people), by, torch.device("cpu"), grouping)
    return AdversarialFamily(setting_of("adversarial", config, crowd))


def telling(trained, apart=1.5):
    """(3, n) logits that depend on the group, the same for every model."""
    group = trained.setting.crowd.splits["validation"].group
    noise = torch.randn(1, len(group), generator=torch.Generator().manual_seed(0))
    return (noise + apart * (group == 0)).expand(3, -1).clone()


def taught(trained, logit, steps=60):
    for _ in range(steps):
        trained.adversary.learn(logit, trained.setting.validation)
    return trained


def test_an_untaught_adversary_guesses_blindly_and_pushes_nobody():
    """No ramp is needed: at the start there is nothing to run from."""
    trained = family()
    logit = telling(trained)
    guess = trained.adversary.guess(logit, trained.setting.validation)
    assert guess.chance == pytest.approx(math.log(2))
    torch.testing.assert_close(guess.loss, torch.full((3,), math.log(2)))
    assert float(guess.push.abs().max()) == 0


@pytest.mark.parametrize("constraint", ["demographic_parity", "equal_opportunity"])
def test_newton_steps_reach_the_best_linear_guess(constraint):
    """As good as scipy's minimiser of the same ridge-penalised logistic loss."""
    from scipy.optimize import minimize

    trained = family(constraint)
    logit = telling(trained)
    taught(trained, logit, 300)
    batch = trained.setting.validation
    crowd = trained.setting.crowd.splits["validation"]
    kept = np.full(len(crowd.y), True) if constraint == "demographic_parity" else crowd.y == 1
    seen = trained.adversary.features(logit)[0][0].numpy().T[np.asarray(kept)]
    seen = np.column_stack([seen, np.ones(len(seen))])
    first = (crowd.group.numpy() == 0)[np.asarray(kept)]

    def loss(flat):
        outputs = seen @ flat.reshape(2, 4).T
        surprise = np.logaddexp(outputs[:, 0], outputs[:, 1]) - np.where(first, *outputs.T)
        plain = (surprise[first].mean() + surprise[~first].mean()) / 2
        return plain + 1e-3 / 2 * (flat**2).sum(), plain

    best = minimize(lambda flat: loss(flat)[0], np.zeros(8), method="BFGS")
    found = trained.adversary.guess(logit, batch).loss[0]
    assert float(found) == pytest.approx(loss(best.x)[1], abs=1e-3)
    assert loss(best.x)[1] < math.log(2) - 0.05


@pytest.mark.parametrize("constraint", ["demographic_parity", "equalized_odds"])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_push_is_the_derivative_of_the_adversarys_loss(constraint, weighted):
    """Against central differences, one person at a time."""
    trained = family(constraint, n_groups=3, weighted=weighted)
    logit = telling(trained)
    taught(trained, logit, 10)
    batch = trained.setting.validation
    push = trained.adversary.guess(logit, batch).push
    for person in range(0, 60, 7):
        step = torch.zeros_like(logit)
        step[:, person] = 0.05
        up = trained.adversary.guess(logit + step, batch).loss
        down = trained.adversary.guess(logit - step, batch).loss
        torch.testing.assert_close((up - down) / 0.1, push[:, person], atol=3e-5, rtol=2e-2)


def test_the_predictor_climbs_the_adversarys_loss_in_proportion_to_the_strength():
    """d(total)/d(logit) = task gradient − λ · push; λ = 0 is the task alone; the value is the
    task's."""
    strengths = (0.0, 0.05, 0.2)
    trained = family(strengths=strengths)
    batch = trained.setting.validation
    start = telling(trained)
    taught(trained, start, 10)
    logit = start.clone().requires_grad_()
    loss = trained.loss(logit, batch)
    loss.total.sum().backward()
    push = trained.adversary.guess(start, batch).push
    task = (torch.sigmoid(start) - batch.y) / len(batch.y)
    torch.testing.assert_close(loss.total, loss.terms["task"])
    for m, strength in enumerate(strengths):
        wanted = task[m] - strength * push[m]
        torch.testing.assert_close(logit.grad[m], wanted, atol=1e-7, rtol=1e-4)
    # a small step along −gradient of the push part raises the adversary's loss
    pushed = logit.grad - task
    before = trained.adversary.guess(start, batch).loss
    after = trained.adversary.guess(start - 0.5 * pushed / pushed[2].abs().max(), batch).loss
    assert (after[1:] > before[1:]).all()


@pytest.mark.parametrize("weighted", [False, True])
def test_the_push_is_never_longer_than_the_pull_of_the_task(weighted):
    """Whatever the strength; its direction stays."""
    trained = family(strengths=(0.0, 1e4, 1e300), weighted=weighted)
    batch = trained.setting.validation
    start = telling(trained)
    taught(trained, start, 10)
    logit = start.clone().requires_grad_()
    trained.loss(logit, batch).total.sum().backward()
    pull, pushed = logit.grad[0], logit.grad - logit.grad[:1]
    torch.testing.assert_close(task_pull(start, batch)[0], pull, atol=1e-7, rtol=1e-4)
    for m in (1, 2):
        assert float(pushed[m].norm()) == pytest.approx(float(pull.norm()), rel=1e-3)
    towards = torch.nn.functional.cosine_similarity(
        -pushed[1], trained.adversary.guess(start, batch).push[1], dim=0
    )
    assert float(towards) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("n_groups", [2, 4])
def test_chance_is_the_logarithm_of_the_number_of_groups(n_groups):
    trained = family(n_groups=n_groups)
    guess = trained.adversary.guess(telling(trained), trained.setting.validation)
    assert guess.chance == pytest.approx(math.log(n_groups))


def test_chance_adds_up_over_attributes_and_not_over_labels():
    """Each attribute has a head of full weight; the two labels share one."""
    both = {"by": ("group", "other"), "grouping": "marginal", "n_groups": 3}
    for constraint in ("demographic_parity", "equalized_odds"):
        trained = family(constraint, **both)
        guess = trained.adversary.guess(telling(trained), trained.setting.validation)
        assert guess.chance == pytest.approx(math.log(3) + math.log(2))


@pytest.mark.parametrize(
    ("constraint", "label"), [("equal_opportunity", 1), ("predictive_equality", 0)]
)
def test_only_people_of_the_condition_reach_the_adversary(constraint, label):
    """Scores of the others change neither its loss nor what it learns, and they are not pushed."""
    trained, same = family(constraint), family(constraint)
    batch = trained.setting.validation
    logit = telling(trained)
    other = torch.where(batch.y == label, logit, logit + 3.0)
    first = taught(trained, logit, 5).adversary.guess(logit, batch)
    second = taught(same, other, 5).adversary.guess(other, batch)
    torch.testing.assert_close(first.loss, second.loss)
    assert float(first.push[:, batch.y != label].abs().max()) == 0
    assert float(first.push[:, batch.y == label].abs().min()) > 0
    moved = torch.where(batch.y == label, -logit, logit)
    assert not torch.allclose(trained.adversary.guess(moved, batch).loss, first.loss)


def test_a_batch_without_some_cells_teaches_the_others_and_has_no_nan():
    """Nobody of group 2, and of group 1 nobody with y = 1: those heads' rows stay as they are."""
    trained = family("equalized_odds", n_groups=3)
    setting = trained.setting
    whole = setting.validation
    group = setting.crowd.splits["validation"].compared[:, 0]
    labels = whole.y.to(torch.int64)
    kept = (group == 0) | ((group == 1) & (labels == 0))
    cells = cells_of("equalized_odds", group[kept][:, None], labels[kept], skip_empty=True)
    part = dataclasses.replace(
        whole,
        y=whole.y[kept],
        cells=cells,
        means=cell_means(cells),
        cohort=whole.cohort[:, kept],
        columns=columns_among(cells, setting.cells),
    )
    logit = telling(trained)[:, kept]
    before = trained.adversary.net.weights[0].clone()
    taught_loss = trained.loss(logit, part)
    after = trained.adversary.net.weights[0]
    names = [(f.condition.name, g) for f in setting.cells.families for g in f.groups]
    changed = {name for i, name in enumerate(names) if not torch.equal(before[:, i], after[:, i])}
    assert {g for _, g in changed} == {0, 1}
    assert len({condition for condition, _ in changed}) == 1
    assert bool(torch.isfinite(taught_loss.total).all())
    nobody = dataclasses.replace(
        part, cells=cells_of("equalized_odds", group[:0][:, None], labels[:0], skip_empty=True)
    )
    assert trained.adversary.heads(nobody) == ()


def test_what_decisions_tell_is_zero_for_equal_rates_and_at_least_half_the_squared_gap():
    equal = told_by_decisions(torch.tensor([[0.3, 0.3, 0.3], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]))
    torch.testing.assert_close(equal, torch.zeros(3), atol=1e-6, rtol=0)
    rates = torch.rand(200, 2, generator=torch.Generator().manual_seed(1))
    told = told_by_decisions(rates)
    assert (told >= 0.5 * (rates[:, 0] - rates[:, 1]) ** 2 - 1e-6).all()
    full = told_by_decisions(torch.tensor([[0.0, 1.0]]))
    assert float(full[0]) == pytest.approx(math.log(2))


def test_an_adversary_near_chance_beside_a_large_gap_is_flagged():
    """An untaught one knows nothing; a score that is the group has the largest gap."""
    trained = family()
    group = trained.setting.crowd.splits["validation"].group
    told = torch.where(group == 0, 4.0, -4.0).expand(3, -1)
    trained.settle(told)
    flags = trained.flags()
    assert flags[0] == ()  # strength 0 has no adversary to speak of
    assert "hardly better than chance" in flags[2][0]
    taught(trained, told)
    trained.settle(told)
    assert trained.flags() == ((), (), ())
    trained.settle(told * 0)  # no gap, nothing to find
    assert trained.flags() == ((), (), ())


def config(**changes):
    base = {
        "modes": ("adversarial",),
        "adversarial": AdversarialParams(strengths=(0.0, 3.0)),
        "model": ModelConfig(width=8, depth=1),
        "epochs": 15,
        "batch_size": 64,
        "learning_rate": 0.02,
    }
    return SweepConfig(**{**base, **changes})


def gap_of(result, index, by=(), split="train", name="demographic_parity_difference"):
    return float(GAPS[name](count(result.scored(index, split).outcomes(by), 0.5)))


def relabelled(data: PreparedData, attribute, order, names) -> PreparedData:
    """The same people; code i of an attribute becomes order[i]."""
    splits = {}
    for split, part in data.splits.items():
        codes = np.asarray(order)[part.attributes[attribute].codes]
        own = {**part.attributes, attribute: Attribute(codes, names)}
        splits[split] = dataclasses.replace(part, attributes=own)
    return dataclasses.replace(data, splits=splits)


def test_renaming_groups_changes_nothing_but_names():
    plain = fit_sweep(prepared(n_groups=3), config(epochs=3))
    data = prepared(n_groups=3)
    renamed = fit_sweep(relabelled(data, "group", (0, 1, 2), ("x", "y", "z")), config(epochs=3))
    for split in ("train", "validation", "test"):
        assert renamed.splits[split].score.tobytes() == plain.splits[split].score.tobytes()


def test_the_order_of_groups_does_not_matter_to_what_the_adversary_finds():
    """Codes permuted: the same heads in another order find the same and push the same way."""
    found = []
    for order in ((0, 1, 2), (2, 0, 1)):
        data = relabelled(prepared(n_groups=3), "group", order, ("a", "b", "c"))
        crowd = gather(data, (), torch.device("cpu"))
        trained = AdversarialFamily(setting_of("adversarial", config(), crowd))
        people = np.random.default_rng(0).normal(size=len(crowd.splits["validation"].y))
        people += 1.5 * (np.arange(len(people)) % 3 == 0)
        logit = torch.tensor(people, dtype=torch.float32).expand(2, -1)
        taught(trained, logit, 20)
        found.append(trained.adversary.guess(logit, trained.setting.validation))
    torch.testing.assert_close(found[0].loss, found[1].loss, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(found[0].push, found[1].push, atol=1e-6, rtol=1e-3)


def test_reversal_narrows_the_gap_and_the_wrong_sign_widens_it(monkeypatch):
    """With the push turned round the predictor tells the group as loudly as it can."""
    data = prepared((900, 600, 600))
    settings = config(adversarial=AdversarialParams(strengths=(0.0, 8.0)))
    right = fit_sweep(data, settings)
    assert gap_of(right, 1) < 0.5 * gap_of(right, 0)
    guess = Adversary.guess

    def turned(self, logit, batch):
        found = guess(self, logit, batch)
        return dataclasses.replace(found, push=-found.push)

    monkeypatch.setattr(Adversary, "guess", turned)
    wrong = fit_sweep(data, settings.model_copy(update={"epochs": 2}))
    assert gap_of(wrong, 1) > gap_of(wrong, 0) + 0.05


def two_attributes() -> PreparedData:
    """Features tell about both attributes, and these about each other hardly."""
    data = prepared((900, 600, 600))
    rng = np.random.default_rng(5)
    splits = {}
    for name, part in data.splits.items():
        codes = (part.features[:, 1] + rng.normal(size=len(part.y_true)) > 0).astype(np.int64)
        own = {**part.attributes, "other": Attribute(codes, ("u", "v"))}
        splits[name] = dataclasses.replace(part, attributes=own)
    return dataclasses.replace(data, splits=splits)


@pytest.mark.parametrize("constraint", ["demographic_parity", "equalized_odds"])
def test_marginal_groups_are_pushed_together_attribute_by_attribute(constraint):
    """Both gaps of demographic parity fall, and both of each label; one attribute alone leaves
    the other's."""
    name = f"{constraint}_difference"
    both = {"group_by": ("group", "other"), "grouping": "marginal", "constraint": constraint}
    strengths = AdversarialParams(strengths=(0.0, 6.0))
    result = fit_sweep(two_attributes(), config(adversarial=strengths, **both))
    assert result.grouping == "marginal"
    for by in ("group", "other"):
        assert gap_of(result, 1, (by,), name=name) < 0.9 * gap_of(result, 0, (by,), name=name)
    alone = fit_sweep(
        two_attributes(), config(adversarial=strengths, group_by=("group",), constraint=constraint)
    )
    assert gap_of(alone, 1, ("other",), name=name) > gap_of(result, 1, ("other",), name=name)


def test_a_huge_strength_narrows_the_gap_and_leaves_the_others_alone():
    """Neither an overflow nor one answer for everybody where people are many."""
    data = prepared((900, 600, 600))
    alone = fit_sweep(data, config(adversarial=AdversarialParams(strengths=(0.0, 0.5))))
    settings = config(adversarial=AdversarialParams(strengths=(0.0, 0.5, 1e300)))
    result = fit_sweep(data, settings)
    assert gap_of(result, 2) < 0.5 * gap_of(result, 0)
    assert result.points[2].flags == ()
    np.testing.assert_allclose(
        result.splits["test"].score[:2], alone.splits["test"].score, atol=2e-4
    )


def test_one_answer_for_everybody_is_said_in_words():
    """Nothing to learn from: constant scores; a threshold nobody reaches; a group nobody of which
    is selected."""
    data = prepared()
    empty = {
        name: dataclasses.replace(part, features=np.zeros_like(part.features))
        for name, part in data.splits.items()
    }
    constant = fit_sweep(dataclasses.replace(data, splits=empty), config(epochs=2))
    assert all(any("nearly the same score" in f for f in p.flags) for p in constant.points)
    nobody = fit_sweep(data, config(epochs=1, threshold=0.99))
    assert all(any("Nobody is selected" in f for f in p.flags) for p in nobody.points)
    told = {}
    for name, part in data.splits.items():
        features = np.zeros_like(part.features)
        features[:, 0] = np.where(part.attributes["group"].codes == 0, 5.0, -5.0)
        y = (part.attributes["group"].codes == 0).astype(np.int64)
        y[:8] = 1 - y[:8]
        told[name] = dataclasses.replace(part, features=features, y_true=y)
    split = fit_sweep(dataclasses.replace(data, splits=told), config())
    assert any("Nobody in group b" in f for f in split.points[0].flags)


def test_a_loss_that_is_not_finite_is_said_in_words(monkeypatch):
    """A push that is no number breaks its model alone."""
    guess = Adversary.guess

    def broken(self, logit, batch):
        found = guess(self, logit, batch)
        push = found.push.clone()
        push[1] = torch.nan
        return dataclasses.replace(found, push=push)

    data = prepared()
    plain = fit_sweep(data, config(epochs=2))
    monkeypatch.setattr(Adversary, "guess", broken)
    result = fit_sweep(data, config(epochs=2))
    assert any("stopped being finite" in f for f in result.points[1].flags)
    assert np.isfinite(result.splits["test"].score).all()
    np.testing.assert_array_equal(result.splits["test"].score[0], plain.splits["test"].score[0])
