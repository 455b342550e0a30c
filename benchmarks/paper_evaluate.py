"""Test figures of the paper's comparison: every method on the same people in the same batches."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from benchmarks.paper_data import Study
from benchmarks.paper_train import LAYER, PENALTIES, UNMITIGATED, group_gap, losses
from fairlab.outcomes import FloatArray
from fairlab.projection import FrozenRule, project
from fairlab.projection.online import OnlineRule, PaperOnlineRule
from fairlab.training.batches import plan_batches

BATCHES = {"large": 1_000, "small": 16}
OTHERS = ("post-hoc", "penalty", "penalty, projected", "strict penalty")
WITHIN = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """One method on the test people of K seeds.

    Attributes:
        measure: ``mean squared error`` (small is good) or ``accuracy`` (large is good).
        values: (K,) that measure.
        loss: (K,) the loss trained for: mean squared error, or cross entropy.
        gap: (K,) range of group means over all test people.
        held: Per batch size, share of test batches (of all seeds) whose gap is within the slack,
            among the groups the batch has.
    """

    measure: str
    values: FloatArray
    loss: FloatArray
    gap: FloatArray
    held: Mapping[str, float]


def evaluate(
    study: Study, scores: Mapping[str, Tensor], slack: float, online_too: bool
) -> dict[str, Scored]:
    """All methods and policies.

    Args:
        study: Whose test people.
        scores: ``validation`` and ``test``, (K, METHODS, n) before projection.
        slack: ε.
        online_too: Also the two online rules, which go person by person or batch by batch.
    """
    test = scores["test"]
    penalty = chosen_penalty(study, scores, slack)
    raw = {"layer": test[:, LAYER], "post-hoc": test[:, UNMITIGATED], "penalty": penalty}
    deals = {size: deal(study.group["test"], people) for size, people in BATCHES.items()}
    found = {
        "layer": projected(raw["layer"], study, slack, deals["large"]),
        "post-hoc": projected(raw["post-hoc"], study, slack, deals["large"]),
        "penalty": penalty,
        "penalty, projected": projected(penalty, study, slack, deals["large"]),
        "strict penalty": test[:, -1],
        "unmitigated": raw["post-hoc"],
        "layer, batches of 16": projected(raw["layer"], study, slack, deals["small"]),
        "post-hoc, batches of 16": projected(raw["post-hoc"], study, slack, deals["small"]),
        "layer, frozen rule": frozen(study, scores, slack, LAYER),
        "post-hoc, frozen rule": frozen(study, scores, slack, UNMITIGATED),
    }
    if online_too:
        for name in ("layer", "post-hoc"):
            for rule in (PaperOnlineRule, OnlineRule):
                label = "paper's online rule" if rule is PaperOnlineRule else "our online rule"
                score = online(raw[name], study, slack, deals["small"], rule)
                found[f"{name}, {label}"] = score
    return {name: scored(score, study, slack, deals) for name, score in found.items()}


def chosen_penalty(study: Study, scores: Mapping[str, Tensor], slack: float) -> Tensor:
    """(K, n) test scores of each seed's penalty strength of least validation loss.

    As in the paper: among the strengths whose validation gap is within the slack. Where none is,
    the one of least validation gap.
    """
    validation = scores["validation"][:, PENALTIES:-1]
    loss = losses(validation, study.y["validation"][:, None], study)
    gap = group_gap(validation, study.group["validation"])
    inside = gap <= slack
    best = torch.where(inside, loss, torch.inf).argmin(1)
    which = torch.where(inside.any(1), best, gap.argmin(1))
    return scores["test"][torch.arange(len(which)), PENALTIES + which]


def deal(group: Tensor, people: int) -> list[Tensor]:
    """Test people dealt into batches of at most this size, each group spread evenly."""
    plan = plan_batches(group.numpy(), people)
    rows = torch.from_numpy(plan.people(np.random.default_rng(0)))
    return [rows[a:b] for a, b in zip(plan.edges[:-1], plan.edges[1:], strict=True)]


def projected(score: Tensor, study: Study, slack: float, batches: list[Tensor]) -> Tensor:
    """(K, n) scores projected batch by batch: policy *batch*."""
    group = study.group["test"]
    out = torch.full_like(score, torch.nan)
    for rows in batches:
        z = score[:, rows]
        out[:, rows] = project(z, group[rows], slack, lower=study.lower, upper=study.upper).p
    return out


def frozen(study: Study, scores: Mapping[str, Tensor], slack: float, method: int) -> Tensor:
    """(K, n) scores by a rule frozen on validation: policy *frozen*."""
    rule = FrozenRule.fit(
        scores["validation"][:, method],
        study.group["validation"],
        slack,
        lower=study.lower,
        upper=study.upper,
    )
    return rule(scores["test"][:, method].contiguous(), study.group["test"])


def online(
    score: Tensor,
    study: Study,
    slack: float,
    batches: list[Tensor],
    kind: type[OnlineRule] | type[PaperOnlineRule],
) -> Tensor:
    """(K, n) scores of the test people as a stream of batches: policy *online*."""
    group = study.group["test"].numpy()
    out = np.empty(score.shape)
    for seed, raw in enumerate(score.numpy().astype(np.float64)):
        rule = kind(slack, n_groups=int(group.max()) + 1, lower=study.lower, upper=study.upper)
        for rows in batches:
            out[seed, rows] = rule.predict(raw[rows], group[rows])
    return torch.from_numpy(out)


def scored(score: Tensor, study: Study, slack: float, deals: Mapping[str, list[Tensor]]) -> Scored:
    """Figures of (K, n) scores."""
    group, y = study.group["test"], study.y["test"]
    wide = score.to(torch.float64)
    squared = (wide - y).square().mean(-1).numpy()
    right = ((wide >= 0.5) == (y > 0.5)).to(torch.float64).mean(-1).numpy()
    regression = study.kind == "regression"
    held = {
        size: float(
            torch.stack(
                [group_gap(wide[:, rows], group[rows]) <= slack + WITHIN for rows in deals_]
            )
            .to(torch.float64)
            .mean()
        )
        for size, deals_ in deals.items()
    }
    return Scored(
        measure="mean squared error" if regression else "accuracy",
        values=squared if regression else right,
        loss=losses(wide, y, study).numpy(),
        gap=group_gap(wide, group).numpy(),
        held=held,
    )
