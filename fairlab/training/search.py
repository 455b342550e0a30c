"""Settings of network and optimiser, searched by successive halving on validation people.

Candidates are drawn from a seed; the run's own setting is always the first. Those of the same
shape are one batched model, every model with its own learning rate and weight decay. Each round
anneals its rates, so that settings are compared at rest; the worse ones leave, the others go on
from where they are (Jamieson and Talwalkar 2016; see :mod:`fairlab.halving`). What is compared is
the least validation cross entropy of the unmitigated model over the epochs so far. Test people are
not looked at. Weights are those of the last step, not averaged as in a sweep (``averaging.py``), so
a sweep's own cross entropy differs a little.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from fairlab.config import SweepConfig
from fairlab.halving import Rung, rungs, search_epochs
from fairlab.outcomes import FloatArray, IntArray
from fairlab.results import Progress
from fairlab.training.batched import BatchedNet
from fairlab.training.batches import BatchPlan
from fairlab.training.candidates import Candidate, candidates, in_words
from fairlab.training.chunks import MOST_BYTES, model_bytes
from fairlab.training.class_weight import class_weights_of
from fairlab.training.family import task_loss, weighted_mean
from fairlab.training.loop import STOP_EVERY, features_of, finite_logits
from fairlab.training.people import Crowd, People
from fairlab.training.rates import PerModelAdamW, annealed
from fairlab.training.sparse import Features


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a search gave.

    Attributes:
        candidates: N settings; the first is the run's own.
        loss: (N,) least validation cross entropy of each so far, infinite where never finite.
        epochs: (N,) for how long each was trained.
        kept: The best of those trained longest, if it beats the run's own setting by more than
            the standard error of the difference over validation people; else the run's own. No
            test: of equal settings the luckiest of several passes that bar often.
        cancelled: Whether it was stopped; ``kept`` is then the run's own setting.
    """

    candidates: tuple[Candidate, ...]
    loss: FloatArray
    epochs: IntArray
    kept: int
    cancelled: bool = False

    def applied(self, sweep: SweepConfig) -> SweepConfig:
        """The sweep with the kept setting."""
        best = self.candidates[self.kept]
        changes = {
            "model": best.model,
            "learning_rate": best.learning_rate,
            "weight_decay": best.weight_decay,
        }
        return sweep.model_copy(update=changes)

    def notes(self) -> list[str]:
        """What was tried and what was kept, in sentences."""
        if self.cancelled:
            return ["The search for settings was stopped; the run's own are used."]
        best, own = self.candidates[self.kept], self.loss[0]
        tried = f"{len(self.candidates)} settings were tried on validation people by successive "
        said = in_words(best)
        if self.kept == 0:
            return [
                f"{tried}halving; none beats the run's own by more than one standard error: {said}."
            ]
        return [
            f"{tried}halving; kept: {said}. Validation cross entropy of the unmitigated model "
            f"{self.loss[self.kept]:.4f} against {own:.4f} of the run's own setting: better by "
            "more than one standard error of the difference, which the best of several equal "
            "settings often is by luck. Epochs and settings are both chosen on validation people, "
            "so numbers of those are a little too good."
        ]


def search_settings(
    crowd: Crowd,
    sweep: SweepConfig,
    plan: BatchPlan,
    on_progress: Callable[[float], None],
    should_stop: Callable[[], bool],
) -> Found:
    """Try the settings of ``sweep.search``; deterministic for a sweep and device.

    Args:
        crowd: The people; of train and validation only.
        sweep: With a search.
        plan: Batches of the training split.
        on_progress: Told the share done, in [0, 1], after each epoch.
        should_stop: Asked every few batches.

    Returns:
        All candidates with their losses. The best is looked for among the survivors of the last
        round and the run's own setting, which is trained as long as they are.
    """
    assert sweep.search is not None
    tried = candidates(sweep, sweep.search)
    shapes = _shapes(tried, crowd, sweep)
    feed = _Feed(crowd, sweep, plan)
    best = np.full(len(tried), np.inf)
    people = np.zeros((len(tried), crowd.splits["validation"].n), dtype=np.float32)
    trained = np.zeros(len(tried), dtype=np.int64)
    whole = search_epochs(sweep.search, sweep.epochs, plan.n_batches)
    alive = np.arange(len(tried))
    for number, rung in enumerate(rungs(sweep.search, sweep.epochs, plan.n_batches)):
        if number:
            alive = survivors(best, alive, rung.survivors)
            # The run's own goes on beside them: it is what the winner is compared with.
            shapes = [one for s in shapes if (one := s.narrowed(np.union1d(alive, [0])))]
        for _epoch in _train(shapes, feed, rung, should_stop):
            for shape in shapes:
                rows, loss = feed.judge(shape.net)
                better = loss < best[shape.which]
                best[shape.which[better]] = loss[better]
                people[shape.which[better]] = rows[better]
                trained[shape.which] += 1
            on_progress(min(1.0, float(trained.sum()) / whole))
        if feed.stopped:
            return Found(tried, best, trained, 0, cancelled=True)
    last = np.flatnonzero(trained == trained.max())
    winner = int(last[np.argmin(best[last])])
    beyond = beats(people[0], people[winner], feed.judged) or not np.isfinite(best[0])
    return Found(tried, best, trained, winner if beyond and np.isfinite(best[winner]) else 0)


def searched(
    sweep: SweepConfig,
    crowd: Crowd,
    plan: BatchPlan,
    share: float,
    on_progress: Callable[[Progress], None] | None,
    should_stop: Callable[[], bool],
) -> tuple[SweepConfig, list[str]]:
    """The sweep with the settings that a search kept, and what to disclose of it.

    Args:
        sweep: Without a search it comes back as it is.
        crowd, plan: As for :func:`search_settings`.
        share: Of the whole sweep that the search takes.
        on_progress: Told after each epoch of the search, with no models and epoch 0.
        should_stop: Asked every few batches.
    """
    if sweep.search is None:
        return sweep, []
    started = time.perf_counter()

    def report(done: float) -> None:
        if on_progress is None:
            return
        nobody = np.zeros(0)
        on_progress(
            Progress(
                mode=sweep.modes[0],
                epoch=0,
                epochs=sweep.epochs,
                strength=nobody,
                seed=nobody.astype(np.int64),
                accuracy=nobody,
                gap=nobody,
                losses={},
                seconds=time.perf_counter() - started,
                share_done=share * done,
            )
        )

    found = search_settings(crowd, sweep, plan, report, should_stop)
    return found.applied(sweep), found.notes()


def beats(own: FloatArray, other: FloatArray, weight: Tensor | None) -> bool:
    """Whether the other's mean loss is lower by more than the standard error of the difference.

    One equal rival passes in 16 of 100 samples, the luckiest of several more often.

    Args:
        own, other: (n,) losses of the same people.
        weight: (n,) or None.
    """
    gain = own.astype(np.float64) - other
    if weight is not None:
        share = weight.double().cpu().numpy()
        gain = gain * share / share.mean()
    return bool(gain.mean() > gain.std() / np.sqrt(len(gain)))


def survivors(loss: FloatArray, alive: IntArray, count: int) -> IntArray:
    """The ``count`` of those alive with the least loss, in order; earlier ones win ties."""
    order = np.argsort(loss[alive], kind="stable")
    return np.sort(alive[order[:count]])


class _Shape:
    """Candidates with the same network, as one batched model."""

    def __init__(self, net: BatchedNet, which: IntArray, tried: Sequence[Candidate]) -> None:
        self.net, self.which = net, which
        self.optimiser = PerModelAdamW(
            list(net.parameters()),
            [tried[i].learning_rate for i in which],
            [tried[i].weight_decay for i in which],
        )

    def narrowed(self, alive: IntArray) -> "_Shape | None":
        """Those of the models that are alive, with their state; None when there are none."""
        places = np.flatnonzero(np.isin(self.which, alive))
        if not len(places):
            return None
        if len(places) < len(self.which):
            kept = torch.from_numpy(places).to(self.net.weights[0].device)
            self.net = _some_of(self.net, kept)
            self.optimiser.keep_models(list(self.net.parameters()), kept)
            self.which = self.which[places]
        return self


@torch.no_grad()
def _some_of(net: BatchedNet, places: Tensor) -> BatchedNet:
    """A network of the models at ``places``."""
    sizes = [weight.shape[1] for weight in net.weights]
    fewer = BatchedNet(net.weights[0].shape[2], sizes[:-1], (0,), len(places)).to(places.device)
    for new, old in zip(fewer.parameters(), net.parameters(), strict=True):
        new.copy_(old[places])
    return fewer


def _shapes(tried: Sequence[Candidate], crowd: Crowd, sweep: SweepConfig) -> list[_Shape]:
    """Candidates by network; as many of one in a batched model as a sweep would take at once."""
    features = crowd.splits["train"].x.shape[0]
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for i, one in enumerate(tried):
        by_shape.setdefault(one.hidden, []).append(i)
    return [
        _Shape(
            BatchedNet(features, hidden, sweep.seeds[:1], len(which)).to(crowd.device),
            np.array(which),
            tried,
        )
        for hidden, alike in by_shape.items()
        for which in _within_memory(alike, tried[alike[0]], crowd, sweep)
    ]


def _within_memory(
    alike: list[int], one: Candidate, crowd: Crowd, sweep: SweepConfig
) -> Iterator[list[int]]:
    each = model_bytes(sweep.model_copy(update={"model": one.model}), crowd)
    at_once = max(1, int(MOST_BYTES / each))
    for start in range(0, len(alike), at_once):
        yield alike[start : start + at_once]


class _Feed:
    """Batches of train people as the sweep's first seed sees them, and validation people."""

    def __init__(self, crowd: Crowd, sweep: SweepConfig, plan: BatchPlan) -> None:
        self.train, self.validation = crowd.splits["train"], crowd.splits["validation"]
        sparse = self.train.sparse
        self.rows = self.train.x.T.contiguous() if sparse is None else sparse
        self.plan = plan
        self.order = np.random.default_rng([sweep.seeds[0], 1])
        classes = class_weights_of(self.train, sweep)
        self.weight = _task_weight(self.train, classes)
        self.judged = _task_weight(self.validation, classes)
        self.stopped = False

    def batches(self) -> Iterator[tuple[Features, Tensor, Tensor | None]]:
        """One epoch: features (1, F, B), labels (B,) and weights (1, B) or None."""
        device = self.train.y.device
        people = torch.from_numpy(self.plan.people(self.order)).to(device)
        places = None
        if self.plan.weight is not None:
            places = torch.from_numpy(self.plan.weight).to(torch.float32).to(device)
        for a, b in zip(self.plan.edges[:-1].tolist(), self.plan.edges[1:].tolist(), strict=True):
            own = people[a:b]
            weight = None if self.weight is None else self.weight[own]
            if places is not None:
                weight = places[a:b] if weight is None else weight * places[a:b]
            x = features_of(self.rows, own[None])
            yield x, self.train.y[own].to(torch.float32), None if weight is None else weight[None]

    @torch.no_grad()
    def judge(self, net: BatchedNet) -> tuple[FloatArray, FloatArray]:
        """(M, n) cross entropy of validation people and its mean (M,), weights counted.

        The mean is infinite where a score is not a number.
        """
        logit, broken = finite_logits(net, self.validation.inputs)
        y = self.validation.y.to(torch.float32).expand_as(logit)
        rows = binary_cross_entropy_with_logits(logit, y, reduction="none")
        loss = weighted_mean(rows, None if self.judged is None else self.judged[None])
        mean: FloatArray = torch.where(broken, torch.inf, loss).double().cpu().numpy()
        return rows.cpu().numpy(), mean


def _train(
    shapes: list[_Shape], feed: _Feed, rung: Rung, should_stop: Callable[[], bool]
) -> Iterator[int]:
    """Train all shapes for a round, side by side; yields after each epoch."""
    steps = rung.epochs * feed.plan.n_batches
    step = 0
    for epoch in range(rung.epochs):
        for x, y, weight in feed.batches():
            if step % STOP_EVERY == 0 and should_stop():
                feed.stopped = True
                return
            for shape in shapes:
                loss = task_loss(shape.net(x)[:, 0], y, weight)
                shape.optimiser.zero_grad()
                torch.autograd.backward(loss.sum())
                shape.optimiser.step(annealed(step, steps))
            step += 1
        yield epoch


def _task_weight(people: People, classes: Tensor | None) -> Tensor | None:
    """(n,) float32 weight of each person in the task loss, or None for one each."""
    own = None if people.weight is None else people.weight.to(torch.float32)
    if classes is None:
        return own
    return classes[people.y] if own is None else own * classes[people.y]
