"""Train and validation people whose decisions choose the epoch of a gap that is asked for."""

import dataclasses

import numpy as np
import pytest
import torch

from fairlab.config import CONSTRAINT_GAPS, PenaltyParams
from fairlab.metrics import GAPS
from fairlab.outcomes import GroupedOutcomes, count
from fairlab.training import checked as checked_module
from fairlab.training.checked import checked_people
from fairlab.training.decisions import HeldDecisions
from fairlab.training.people import gather
from fairlab.training.setting import setting_of
from tests.contracts.test_modes import config
from tests.unit.training_people import prepared


def crowd_of(data):
    return gather(data, ("group",), torch.device("cpu"))


def decisions(n, share, seed):
    return (np.random.default_rng(seed).random((1, n)) < share).astype(np.float32)


def gap_of(constraint, y, group, decided, weight=None):
    people = GroupedOutcomes.from_arrays(
        y_true=y,
        score=decided.astype(np.float64),
        group=group,
        group_names=tuple(str(g) for g in range(group.max() + 1)),
        weight=weight,
    )
    return float(GAPS[CONSTRAINT_GAPS[constraint]](count(people, 0.5)))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "constraint", ["demographic_parity", "equal_opportunity", "equalized_odds"]
)
def test_the_gap_is_that_of_train_and_validation_people_together(constraint, weighted):
    data = prepared((400, 200, 100), n_groups=3, weighted=weighted)
    crowd = crowd_of(data)
    d = {"train": decisions(400, 0.4, 1), "validation": decisions(200, 0.6, 2)}
    found = checked_people(crowd, constraint).gap(*(torch.from_numpy(d[s]) for s in d))
    parts = [data.splits[s] for s in d]
    expected = gap_of(
        constraint,
        np.concatenate([p.y_true for p in parts]),
        np.concatenate([p.attributes["group"].codes for p in parts]),
        np.concatenate([d[s][0] for s in d]),
        np.concatenate([p.weight for p in parts]) if weighted else None,
    )
    assert float(found[0]) == pytest.approx(expected, abs=1e-6)


def test_of_large_cells_some_stand_for_all(monkeypatch):
    """Each cell keeps its weight: where decisions follow the cells, the gap is as of everybody."""
    data = prepared((600, 120, 60))
    crowd = crowd_of(data)
    train, validation = crowd.splits["train"], crowd.splits["validation"]
    share = torch.tensor([[0.0, 1.0], [1.0, 0.0]])  # by group and label

    def gap():
        people = checked_people(crowd, "demographic_parity")
        n = len(people.compared)
        decided = share[train.group, train.y]
        chosen, _ = checked_module._some(train.group * 2 + train.y)
        beside = share[validation.group, validation.y]
        return n, float(people.gap(decided[chosen][None], beside[None])[0])

    everybody, whole = gap()
    monkeypatch.setattr(checked_module, "MOST_OF_A_CELL", 40)
    some, part = gap()
    assert (everybody, some) == (600, 160)
    assert part == pytest.approx(whole, abs=1e-6)


def test_an_epoch_costs_the_wider_gap_of_validation_people_alone_and_of_all_these_people():
    """Neither luck of validation people nor train people learnt by heart makes an epoch cheap."""
    data = prepared((900, 90, 90))
    sweep = config("penalty", penalty=PenaltyParams(control="slack", slacks=(0.02,)))
    setting = setting_of("penalty", sweep, crowd_of(data))
    held = HeldDecisions(setting, setting.per_model.float())
    models = len(setting.strength)
    train = setting.crowd.splits["train"]
    apart = torch.where(train.group == 0, 0.9, 0.1).expand(models, -1)
    alike = torch.full((models, 90), 0.9)
    known = held.known_gap(apart, alike)
    assert float(held.validation_gap(alike).max()) == 0.0
    assert float(known.min()) > 0.8
    beside = setting.crowd.splits["validation"].group
    other = torch.where(beside == 0, 0.9, 0.1).expand(models, -1)
    assert (held.known_gap(torch.full((models, 900), 0.9), other) == 1.0).all()
    free = setting.per_model >= 1
    assert (held.cost(known)[~free] > 3.0).all()
    assert (held.cost(known)[free] == 0).all()


def test_labels_and_groups_of_test_people_play_no_part():
    data = prepared((300, 200, 100))
    part = data.splits["test"]
    turned = dataclasses.replace(part, y_true=1 - part.y_true)
    other = dataclasses.replace(data, splits={**data.splits, "test": turned})
    d = [torch.from_numpy(decisions(n, 0.5, n)) for n in (300, 200)]
    gaps = [float(checked_people(crowd_of(x), "equalized_odds").gap(*d)[0]) for x in (data, other)]
    assert gaps[0] == gaps[1] > 0
