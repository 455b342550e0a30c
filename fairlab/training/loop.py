"""The training loop: all models of a family in one step, the best validation state of each kept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from fairlab.outcomes import IntArray
from fairlab.projection.constraints import cells_of
from fairlab.training.averaging import WeightAverage
from fairlab.training.batched import BatchedNet, copy_models, logits, snapshot
from fairlab.training.batches import BatchPlan
from fairlab.training.cells import cell_means, columns_among
from fairlab.training.family import Batch, Family, Setting, Verdict
from fairlab.training.rates import AdamW, annealed
from fairlab.training.sparse import Features, SparseBatch, SparseRows

# Ask whether to stop after this many batches.
STOP_EVERY = 8


@dataclass(frozen=True, slots=True, eq=False)
class Epoch:
    """What the loop reports after each epoch: number (1-based), verdict, mean losses (M,)."""

    number: int
    verdict: Verdict
    losses: dict[str, Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """The state that was kept of each model.

    Attributes:
        best_epoch: (M,) 1-based; 0 when no epoch was completed.
        failed: (M,) whether it stopped being finite.
        epochs_done: Completed epochs.
        cancelled: Whether the loop was asked to stop.
    """

    best_epoch: IntArray
    failed: np.ndarray
    epochs_done: int
    cancelled: bool


def train(
    net: BatchedNet,
    family: Family,
    setting: Setting,
    plan: BatchPlan,
    report: Callable[[Epoch], None],
    should_stop: Callable[[], bool],
) -> Kept:
    """Train in place; on return ``net`` and its companions hold each model's best state.

    States are averages along the training (``averaging.py``): those are judged and kept.
    A model whose loss or parameters stop being finite goes back to its last finite state at the
    end of the epoch and is marked; models are independent, so the others do not notice.
    """
    config = setting.config
    nets = (net, *family.companions())
    # Companions move themselves; they are only kept here with the predictors they belong to.
    optimiser = AdamW(net.parameters(), config.learning_rate, config.weight_decay)
    steps = config.epochs * plan.n_batches
    orders = [np.random.default_rng([seed, 1]) for seed in config.seeds]
    template = _templates(setting, plan)
    people = setting.crowd.splits["train"]
    rows = people.x.T.contiguous() if people.sparse is None else people.sparse
    keeper = _Keeper(nets, net.n_models, setting.crowd.device)
    average = WeightAverage(nets, steps)
    checked = family.checked()
    done = 0
    for epoch in range(1, config.epochs + 1):
        family.start_epoch((epoch - 1) / config.epochs)
        sums: dict[str, Tensor] = {}
        for index, batch in enumerate(_batches(setting, plan, template, orders, rows)):
            if index % STOP_EVERY == 0 and should_stop():
                return keeper.finish(done, cancelled=True)
            step = (epoch - 1) * plan.n_batches + index
            loss = family.loss(net(batch.x)[:, 0], batch)
            optimiser.zero_grad()
            torch.autograd.backward(loss.total.sum())
            optimiser.step(annealed(step, steps))
            average.add()
            for name, term in loss.terms.items():
                sums[name] = sums[name] + term.detach() if name in sums else term.detach()
        means = {name: total / plan.n_batches for name, total in sums.items()}
        keeper.check(means)
        average.restart(keeper.failed)
        with torch.no_grad(), average.in_place():
            raw, broken = finite_logits(net, setting.crowd.splits["validation"].inputs)
            keeper.failed |= broken
            beside = None if checked is None else finite_logits(net, checked)[0]
            verdict = family.judge(raw, beside)
            keeper.keep(verdict.criterion, epoch)
        done = epoch
        report(Epoch(epoch, verdict, means))
    return keeper.finish(done, cancelled=False)


def finite_logits(net: BatchedNet, x: Tensor | SparseRows) -> tuple[Tensor, Tensor]:
    """Logits (M, n) with 0 where there is no number, and which models (M,) that befell."""
    raw = logits(net, x)
    broken = ~torch.isfinite(raw).all(1)
    return torch.nan_to_num_(raw, nan=0.0, posinf=50.0, neginf=-50.0), broken


def features_of(rows: Tensor | SparseRows, people: Tensor) -> Features:
    """Features (K, F, B) of the people (K, B) of a batch, of rows (n, F)."""
    if isinstance(rows, SparseRows):
        return SparseBatch(tuple(rows.of(own) for own in people))
    return rows.index_select(0, people.reshape(-1)).view(*people.shape, -1).transpose(1, 2)


def cohort_of(group: Tensor, groups: tuple[int, ...]) -> Tensor:
    """(len(groups), n) float32 indicator of the groups."""
    return torch.stack([(group == g).to(torch.float32) for g in groups])


def _templates(setting: Setting, plan: BatchPlan) -> list[Batch]:
    """Batches with everything but the people: which cell a place belongs to never changes."""
    train = setting.crowd.splits["train"]
    device = setting.crowd.device
    first = torch.from_numpy(plan.people(np.random.default_rng(0))).to(device)
    weight = None
    if plan.weight is not None:
        weight = torch.from_numpy(plan.weight).to(torch.float32).to(device)[None]
    out = []
    for a, b in zip(plan.edges[:-1].tolist(), plan.edges[1:].tolist(), strict=True):
        people = first[a:b]
        y, group = train.y[people], train.group[people]
        cells = cells_of(setting.config.constraint, train.compared[people], y, skip_empty=True)
        columns = columns_among(cells, setting.cells)
        own = None if weight is None else weight[:, a:b].expand(len(setting.config.seeds), -1)
        means = cell_means(cells, own)
        cohort = cohort_of(group, setting.groups)
        labels = y.to(torch.float32)
        classes = setting.class_weight_of(y)
        x = train.x[None, :, :0]
        out.append(Batch(x, labels, own, cells, means, cohort, columns, classes))
    return out


def _batches(
    setting: Setting,
    plan: BatchPlan,
    templates: list[Batch],
    orders: list[np.random.Generator],
    rows: Tensor | SparseRows,
) -> Iterator[Batch]:
    """One epoch; every seed draws its own people for the same places."""
    train = setting.crowd.splits["train"]
    people = torch.from_numpy(np.stack([plan.people(rng) for rng in orders]))
    people = people.to(setting.crowd.device)
    edges = zip(plan.edges[:-1].tolist(), plan.edges[1:].tolist(), strict=True)
    for template, (a, b) in zip(templates, edges, strict=True):
        own = people[:, a:b]
        x = features_of(rows, own)
        weight, means = template.weight, template.means
        if train.weight is not None:
            personal = train.weight[own].to(torch.float32)
            weight = personal if weight is None else weight * personal
            means = cell_means(template.cells, weight)
        yield replace(template, x=x, weight=weight, means=means)


class _Keeper:
    """Best and last finite states of every model, by masks over the models axis."""

    def __init__(self, nets: tuple[BatchedNet, ...], n_models: int, device: torch.device) -> None:
        self.nets = nets
        self.best = [snapshot(net) for net in nets]
        self.finite = [snapshot(net) for net in nets]
        self.least = torch.full((n_models,), torch.inf, device=device)
        self.best_epoch = torch.zeros(n_models, dtype=torch.int64, device=device)
        self.failed = torch.zeros(n_models, dtype=torch.bool, device=device)

    @torch.no_grad()
    def check(self, losses: dict[str, Tensor]) -> None:
        """Send models that are not finite, or ever were not, back to their last finite state."""
        sound = torch.stack([torch.isfinite(value) for value in losses.values()]).all(0)
        for net in self.nets:
            for p in net.parameters():
                sound = sound & torch.isfinite(p).all(2).all(1)
        self.failed |= ~sound
        for net, finite in zip(self.nets, self.finite, strict=True):
            own = list(net.parameters())
            if bool(self.failed.any()):
                copy_models(finite, own, self.failed)
            copy_models(own, finite, ~self.failed)

    @torch.no_grad()
    def keep(self, criterion: Tensor, epoch: int) -> None:
        """Keep the present state of the models whose criterion improved."""
        better = (criterion.to(self.least.dtype) < self.least) & ~self.failed
        self.least = torch.where(better, criterion.to(self.least.dtype), self.least)
        self.best_epoch = torch.where(better, epoch, self.best_epoch)
        for net, best in zip(self.nets, self.best, strict=True):
            copy_models(list(net.parameters()), best, better)

    def finish(self, done: int, *, cancelled: bool) -> Kept:
        """Put the best states in place."""
        everyone = torch.ones_like(self.failed)
        for net, best in zip(self.nets, self.best, strict=True):
            copy_models(best, list(net.parameters()), everyone)
        return Kept(self.best_epoch.cpu().numpy(), self.failed.cpu().numpy(), done, cancelled)
