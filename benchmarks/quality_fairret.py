"""fairret in ``bench quality``: its losses in a careful loop around our predictor's size.

AdamW with our settings and batches that hold every (group, label) cell. Of the norm loss the epoch
that is best on validation people by its own objective is kept. A projection of all validation
people at once would take minutes, so of the projection loss the states after several epochs are
points of their own.
"""

import copy
import warnings
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.quality_points import SPLITS, Asked, Method, Point, decided
from fairlab.outcomes import FloatArray
from fairlab.training.batches import plan_batches

LOOP: dict[str, Any] = {
    "width": 64,
    "learning_rate": 0.005,
    "weight_decay": 0.001,
    "batch_size": 256,
}
LOSSES: dict[str, dict[str, Any]] = {
    "norm": {
        "strengths": (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2),
        "epochs": 30,
        "kept_epochs": (),
    },
    "kl": {"strengths": (0.1, 0.4, 1.0, 3.0, 10.0), "epochs": 10, "kept_epochs": (5, 10)},
}


def fairret() -> tuple[Method, ...]:
    """fairret's norm and Kullback-Leibler projection losses."""
    titles = {"norm": "fairret, norm loss", "kl": "fairret, KL projection loss"}
    return tuple(
        Method(
            f"fairret_{name}",
            "fairret",
            titles[name],
            False,
            LOOP | LOSSES[name],
            partial(_strengths, name=name),
            needs="fairret",
        )
        for name in LOSSES
    )


def _loss(name: str, constraint: str) -> list[Any]:
    """Losses that are added up; each is called with (logits, groups, *labels)."""
    from fairret.loss import KLProjectionLoss, NormLoss
    from fairret.statistic import FalsePositiveRate, PositiveRate, TruePositiveRate

    statistics = {
        "demographic_parity": (PositiveRate,),
        "equalized_odds": (TruePositiveRate, FalsePositiveRate),
    }[constraint]
    if name == "norm":
        return [NormLoss(statistic()) for statistic in statistics]
    # Normalising divides by the mean of two chances, which doubles them; the projection needs none.
    return [
        KLProjectionLoss(statistic(), force_proj_normalized=False, proj_eps=1e-4)
        for statistic in statistics
    ]


def _strengths(asked: Asked, name: str) -> Iterator[Point]:
    for strength in LOSSES[name]["strengths"]:
        for setting, net in _trained(asked, name, strength):
            chances = [_decisions(net, asked.x(split)) for split in SPLITS]
            yield Point(f"strength {strength:g}{setting}", *chances)


def _trained(asked: Asked, name: str, strength: float) -> Iterator[tuple[str, nn.Module]]:
    """The best epoch; or the states after the epochs to keep, one after the other."""
    x, y, sens = _tensors(asked, "train")
    plan = plan_batches(asked.group("train") * 2 + asked.y("train"), LOOP["batch_size"])
    losses = _loss(name, asked.constraint)
    held = _tensors(asked, "validation")
    order = np.random.default_rng([asked.seed, 5])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(asked.seed)
        net = _network(x.shape[1])
    optimiser = torch.optim.AdamW(
        net.parameters(), lr=LOOP["learning_rate"], weight_decay=LOOP["weight_decay"]
    )
    kept: tuple[int, ...] = LOSSES[name]["kept_epochs"]
    least, best = np.inf, copy.deepcopy(net.state_dict())
    for epoch in range(1, LOSSES[name]["epochs"] + 1):
        rows = torch.from_numpy(plan.people(order))
        for start, stop in zip(plan.edges[:-1], plan.edges[1:], strict=True):
            own = rows[start:stop]
            optimiser.zero_grad()
            objective = _objective(net, losses, strength, x[own], y[own], sens[own])
            torch.autograd.backward(objective)
            optimiser.step()
        if epoch in kept:
            yield f", epoch {epoch}", net
        if kept:
            continue
        with torch.no_grad():
            judged = float(_objective(net, losses, strength, *held))
        if judged < least:
            least, best = judged, copy.deepcopy(net.state_dict())
    if not kept:
        net.load_state_dict(best)
        yield "", net


def _objective(
    net: nn.Module, losses: list[Any], strength: float, x: Tensor, y: Tensor, sens: Tensor
) -> Tensor:
    logit = net(x)
    total = nn.functional.binary_cross_entropy_with_logits(logit, y)
    labels = () if len(losses) == 1 else (y,)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for loss in losses:
            total = total + strength * loss(logit, sens, *labels)
    return total


def _network(features: int) -> nn.Module:
    width = LOOP["width"]
    return nn.Sequential(
        nn.Linear(features, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, 1),
    )


def _tensors(asked: Asked, split: str) -> tuple[Tensor, Tensor, Tensor]:
    """Features (n, F), labels (n, 1), groups (n, G) as 0 and 1."""
    group = torch.from_numpy(asked.group(split))
    return (
        torch.from_numpy(np.ascontiguousarray(asked.x(split))),
        torch.from_numpy(asked.y(split)).float()[:, None],
        nn.functional.one_hot(group).float(),
    )


def _decisions(net: nn.Module, x: FloatArray | Any) -> FloatArray:
    with torch.no_grad():
        logit = net(torch.from_numpy(np.ascontiguousarray(x)))[:, 0]
    return decided(torch.sigmoid(logit).double().numpy())
