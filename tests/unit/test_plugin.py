"""The plug-in rule: what it bounds, whom it charges, what it never reads."""

import dataclasses

import numpy as np
import pytest
from scipy.optimize import linprog

from fairlab.config import (
    CONSTRAINT_GAPS,
    TRAINED_CONSTRAINTS,
    PluginParams,
    SplitConfig,
    SweepConfig,
)
from fairlab.data.task import PreparedData, SplitData
from fairlab.errors import InputError
from fairlab.metrics import GAPS
from fairlab.outcomes import Counts, GroupedOutcomes, count
from fairlab.results import Attribute
from fairlab.training import fit_sweep
from fairlab.training.bounded import bounded_rates
from fairlab.training.chances import learn_chances
from fairlab.training.learners import Interrupted
from fairlab.training.plugin import plugin_rules
from tests.unit.training_people import prepared

# Eight kinds of people: their share, P(y = 1 | kind), P(group 1 | kind, y) for y = 0 and 1.
SHARE = np.array([0.2, 0.15, 0.15, 0.1, 0.1, 0.1, 0.1, 0.1])
ETA = np.array([0.92, 0.83, 0.71, 0.63, 0.41, 0.33, 0.22, 0.08])
GROUP = np.array([[0.2, 0.1], [0.4, 0.3], [0.1, 0.2], [0.6, 0.5], [0.5, 0.7], [0.8, 0.7],
                  [0.7, 0.9], [0.9, 0.8]])  # fmt: skip


def never() -> bool:
    return False


def people_of_kinds(n: int, seed: int) -> SplitData:
    """People whose x tells their kind and nothing else, in the exact proportions."""
    rng = np.random.default_rng(seed)
    cells = SHARE[:, None, None] * np.stack([1 - ETA, ETA], 1)[:, :, None]
    cells = cells * np.stack([1 - GROUP, GROUP], 2)
    counts = np.floor(cells * n).astype(int).ravel()
    kind, y, group = (np.repeat(i, counts) for i in np.indices(cells.shape).reshape(3, -1))
    order = rng.permutation(len(kind))
    kind, y, group = kind[order], y[order], group[order]
    return SplitData(
        features=np.eye(8, dtype=np.float32)[kind],
        y_true=y,
        attributes={"g": Attribute(group, ("a", "b"))},
        rows=np.arange(len(y)),
    )


def kinds(n: int = 6000) -> PreparedData:
    """The same distribution in every split."""
    splits = {name: people_of_kinds(n, i) for i, name in enumerate(("train", "validation", "test"))}
    return PreparedData(splits, tuple("abcdefgh"), ("g",), SplitConfig())


def sweep(constraint: str, slacks=(0.05,), folds: int = 5, **more) -> SweepConfig:
    return SweepConfig(
        constraint=constraint, plugin=PluginParams(slacks=slacks, folds=folds), **more
    )


def rules(data, config, learner="logistic", compared=(("g",),)):
    return list(plugin_rules(learner, data, compared, config, never))


def counted(y, decisions, attribute: Attribute, weight) -> Counts:
    """Confusion counts of decisions."""
    people = GroupedOutcomes.from_arrays(
        y_true=y,
        score=decisions.astype(float),
        group=attribute.codes,
        group_names=attribute.names,
        weight=weight,
    )
    return count(people, 0.5)


def measured(part: SplitData, decisions, constraint: str) -> tuple[float, float]:
    """Accuracy and the constraint's gap."""
    attribute = next(iter(part.attributes.values()))
    table = counted(part.y_true, decisions, attribute, part.weight)
    right = float((table.tp + table.tn).sum() / table.n.sum())
    return right, float(GAPS[CONSTRAINT_GAPS[constraint]](table))


def best_of_kinds(constraint: str, slack: float) -> float:
    """The best accuracy any rule of the kinds has within a slack; it may draw."""
    joint = SHARE[:, None, None] * np.stack(
        [(1 - ETA)[:, None] * np.stack([1 - GROUP[:, 0], GROUP[:, 0]], 1),
         ETA[:, None] * np.stack([1 - GROUP[:, 1], GROUP[:, 1]], 1)], 2)  # fmt: skip
    over = {
        "demographic_parity": [(0, 1)],
        "equal_opportunity": [(1,)],
        "equalized_odds": [(0,), (1,)],
    }
    rows = []
    for labels in over[constraint]:
        a, b = (joint[:, g][:, list(labels)].sum(1) for g in (0, 1))
        rows += [a / a.sum() - b / b.sum()]
    bound = np.array(rows)
    found = linprog(
        -SHARE * (2 * ETA - 1),
        A_ub=np.vstack([bound, -bound]),
        b_ub=np.full(2 * len(bound), slack),
        bounds=[(0, 1)] * 8,
    )
    return float((SHARE * (1 - ETA)).sum() - found.fun)


@pytest.mark.parametrize(
    ("constraint", "learner"),
    [
        ("demographic_parity", "logistic"),
        ("equal_opportunity", "logistic"),
        ("equalized_odds", "logistic"),
        ("equalized_odds", "boosting"),
    ],
)
def test_it_is_the_best_rule_of_a_small_distribution(constraint, learner) -> None:
    """Of kinds it decides alike, so it is within one kind's decisions of the rule that may draw.

    Not every learner with every constraint: the rule sees chances, whoever learnt them.
    """
    data = kinds()
    for rule in rules(data, sweep(constraint, (0.0, 0.1, 0.3)), learner):
        decided = rule(data.splits["test"]) >= 0.5
        right, gap = measured(data.splits["test"], decided, constraint)
        beyond = max(gap, rule.slack)
        assert right <= best_of_kinds(constraint, beyond) + 0.01
        fewer = max(rule.slack - 0.15, 0.0)  # one kind is up to that much of a rate
        assert right >= min(best_of_kinds(constraint, fewer), best_of_kinds(constraint, gap)) - 0.03


@pytest.mark.parametrize("constraint", TRAINED_CONSTRAINTS)
@pytest.mark.parametrize("n_groups", [2, 3])
def test_the_gap_keeps_within_the_slack_up_to_noise(constraint, n_groups) -> None:
    """On validation people, which count among those charges are fitted on; and on test people."""
    data = prepared((1500, 1000, 1000), n_groups)
    found = rules(data, sweep(constraint, (0.02, 1.0)), compared=(("group",),))
    none = measured(data.splits["test"], found[1](data.splits["test"]) >= 0.5, constraint)[1]
    for split, noise in (("validation", 0.07), ("test", 0.12)):
        part = data.splits[split]
        assert measured(part, found[0](part) >= 0.5, constraint)[1] <= 0.02 + noise
    if constraint == "demographic_parity":
        assert none > 0.25


def test_without_a_bound_it_is_the_learner() -> None:
    """The score is then the chance of the favourable outcome."""
    data = prepared((400, 300, 300))
    (rule,) = rules(data, sweep("equalized_odds", (1.0,), folds=1), compared=(("group",),))
    chances = learn_chances("logistic", data, [("group",)], 1, 0, lambda: None)
    (joint,) = chances.joint(data.splits["test"])
    np.testing.assert_allclose(rule(data.splits["test"]), joint[:, :, 1].sum(1), atol=1e-6)
    np.testing.assert_allclose(joint.sum((1, 2)), 1)


def test_nobodys_group_or_label_is_read_to_decide() -> None:
    """With both shuffled in the people decided on, every score stays."""
    data = prepared((400, 300, 300), 3)
    test = data.splits["test"]
    order = np.random.default_rng(0).permutation(300)
    shuffled = dataclasses.replace(
        test,
        y_true=test.y_true[order],
        attributes={
            name: dataclasses.replace(a, codes=a.codes[order])
            for name, a in test.attributes.items()
        },
    )
    for rule in rules(data, sweep("equalized_odds"), "boosting", (("group",),)):
        np.testing.assert_array_equal(rule(test), rule(shuffled))


def test_who_looks_like_the_group_selected_more_needs_more() -> None:
    """Group a is selected more; the first feature tells it. Swapping names swaps nothing."""
    data = prepared((1500, 800, 800))
    (rule,) = rules(data, sweep("demographic_parity", (0.0,)), compared=(("group",),))
    assert rule.charge[0] > 0.02 > -0.02 > rule.charge[1]
    swapped = dataclasses.replace(
        data,
        splits={
            name: dataclasses.replace(
                part,
                attributes={"group": Attribute(1 - part.attributes["group"].codes, ("b", "a"))},
            )
            for name, part in data.splits.items()
        },
    )
    (other,) = rules(swapped, sweep("demographic_parity", (0.0,)), compared=(("group",),))
    same = (rule(data.splits["test"]) >= 0.5) == (other(data.splits["test"]) >= 0.5)
    assert same.mean() > 0.97


def test_attributes_each_by_itself_are_all_bounded() -> None:
    """Neither the one nor the other; with one of them alone the other's gap stays."""
    rng = np.random.default_rng(0)

    def apart(part: SplitData) -> SplitData:
        second = (part.features[:, 1] + rng.normal(0, 0.5, len(part.y_true)) > 0).astype(np.int64)
        attributes = {
            "group": part.attributes["group"],
            "second": Attribute(second, ("u", "v")),
        }
        return dataclasses.replace(part, attributes=attributes)

    data = prepared((1500, 1000, 1000))
    data = dataclasses.replace(data, splits={n: apart(p) for n, p in data.splits.items()})
    config = sweep("demographic_parity", (0.03,))
    (both,) = rules(data, config, compared=(("group",), ("second",)))
    (one,) = rules(data, config, compared=(("group",),))
    test = data.splits["test"]

    def gap(rule, name: str) -> float:
        decided, codes = rule(test) >= 0.5, test.attributes[name].codes
        return abs(float(decided[codes == 0].mean() - decided[codes == 1].mean()))

    assert max(gap(both, "group"), gap(both, "second")) < 0.15
    assert gap(one, "second") > 0.25


def test_a_group_that_nobody_is_in_is_left_out_by_name() -> None:
    data = prepared((400, 300, 300))
    named = dataclasses.replace(
        data,
        splits={
            n: dataclasses.replace(
                p, attributes={"group": Attribute(p.attributes["group"].codes, ("a", "b", "c"))}
            )
            for n, p in data.splits.items()
        },
    )
    (rule,) = rules(named, sweep("equalized_odds"), "boosting", (("group",),))
    assert "leaves c out" in rule.note
    assert np.isfinite(rule(named.splits["test"])).all()


def test_one_group_cannot_be_compared() -> None:
    one = np.ones((5, 1, 2)) / 2
    with pytest.raises(InputError, match="no two groups"):
        bounded_rates("demographic_parity", [("a",)], [((one,), np.full(5, 0.2))])


def test_a_group_without_a_label_is_compared_on_the_other() -> None:
    """Nobody of b has y = 1: true positive rates have nothing to compare, false ones have."""
    known = np.zeros((3, 2, 2))
    known[0, 0, 1] = known[1, 0, 0] = known[2, 1, 0] = 1
    found = bounded_rates("equalized_odds", [("a", "b")], [((known,), np.full(3, 1 / 3))])
    assert found.left_out == ("b",)
    np.testing.assert_array_equal(found.over, [[1, 0], [1, 0]])
    np.testing.assert_array_equal(found.group, [0, 1])


@pytest.mark.parametrize("constraint", TRAINED_CONSTRAINTS)
def test_bounded_rates_of_known_people_are_the_gap_of_the_catalogue(constraint) -> None:
    """With groups and labels known, the widest range of the rates is the constraint's own gap."""
    rng = np.random.default_rng(3)
    n = 200
    group, y = rng.integers(0, 3, n), rng.integers(0, 2, n)
    weight = rng.uniform(0.5, 2, n)
    known = np.zeros((n, 3, 2))
    known[np.arange(n), group, y] = 1
    own = weight / weight.sum()
    found = bounded_rates(constraint, [("a", "b", "c")], [((known,), own)])
    terms = found.terms((known,), own)
    decided = rng.random(n) < 0.3 + 0.2 * group
    rate = (own * decided) @ terms.rates((known,)) + terms.constant
    widest = max(np.ptp(rate[found.condition == c]) for c in np.unique(found.condition))
    table = counted(y, decided, Attribute(group, tuple("abc")), weight)
    gap = float(GAPS[CONSTRAINT_GAPS[constraint]](table))
    assert widest == pytest.approx(gap, abs=1e-12)


def test_every_train_person_is_left_out_of_the_fit_that_speaks_of_them() -> None:
    """Cells of group and label are spread over folds; the order of rows does not matter."""
    data = prepared((200, 100, 100))
    chances = learn_chances("logistic", data, [("group",)], 5, 0, lambda: None)
    train = data.splits["train"]
    assert chances.without is not None
    cell = train.attributes["group"].codes * 2 + train.y_true
    for c in range(4):
        sizes = np.bincount(chances.without[cell == c], minlength=5)
        assert np.ptp(sizes) <= 1
    (joint,) = chances.left_out(train)
    for k, fit in enumerate(chances.fits):
        (own,) = fit.joint(train)
        np.testing.assert_allclose(joint[chances.without == k], own[chances.without == k])


def test_it_can_be_stopped_between_fits_and_slacks() -> None:
    asked = []

    def stop() -> bool:
        asked.append(None)
        return len(asked) > 13

    with pytest.raises(Interrupted):
        list(
            plugin_rules(
                "logistic", prepared((200, 100, 100)), (("group",),), sweep("equalized_odds"), stop
            )
        )
    assert len(asked) == 14


def test_folds_spread_the_groups_of_every_compared_attribute() -> None:
    """With attributes compared one at a time, crossed cells are spread, not the first's only."""
    data = prepared((300, 100, 100))
    splits = {
        name: dataclasses.replace(
            part,
            attributes={
                **part.attributes,
                "other": Attribute(np.arange(len(part.y_true)) // 2 % 3, tuple("uvw")),
            },
        )
        for name, part in data.splits.items()
    }
    data = dataclasses.replace(data, splits=splits)
    chances = learn_chances("logistic", data, [("group",), ("other",)], 4, 0, lambda: None)
    assert chances.without is not None
    train = data.splits["train"]
    cell = train.attributes["group"].codes * 3 + train.attributes["other"].codes
    cell = cell * 2 + train.y_true
    for c in np.unique(cell):
        assert np.ptp(np.bincount(chances.without[cell == c], minlength=4)) <= 1


def test_a_sweep_refuses_to_boost_more_groups_than_fifty_before_it_trains(monkeypatch) -> None:
    """From Python as on the pages; no epoch is reported before."""
    monkeypatch.setattr("fairlab.baselines.MOST_BOOSTED_GROUPS", 2)
    told: list[object] = []
    sweep = SweepConfig(baselines=("plugin_boosting",), epochs=1)
    with pytest.raises(InputError, match="found 3 groups"):
        fit_sweep(prepared(n_groups=3), sweep, told.append)
    assert told == []
