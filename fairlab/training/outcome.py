"""From trained models to a result: scores of every split, points, notes."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from fairlab.config import Mode
from fairlab.networks import NetworkFamily, bounded
from fairlab.results import Point, SplitScores, SweepResult
from fairlab.training.baselines import Trained, baseline_notes
from fairlab.training.batched import BatchedNet
from fairlab.training.begin import Begun
from fairlab.training.chunks import Chunk
from fairlab.training.class_weight import class_weight_notes
from fairlab.training.evaluate import by_attribute, side_by_side
from fairlab.training.family import Family, Setting
from fairlab.training.health import REMEDY, WIDER_GAP, WIDER_SLACK, health_flags
from fairlab.training.kept_networks import family_network, gathered_networks
from fairlab.training.loop import Kept, finite_logits
from fairlab.training.notes import kept_notes, promise_notes, training_notes
from fairlab.training.people import counts

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Trained models of a mode: all of them, or a chunk.

    Attributes:
        mode: The mode.
        models: (m,) places of the models among all of the mode.
        points: m points.
        scores: (m, n) float32 scores of each split.
        raw: The same before a layer's frozen rule; the same arrays where there is none.
        failed: (m,) whether a model stopped being finite.
        cancelled: Whether training was asked to stop.
        selection: What the kept epoch is best in, in words.
        network: The networks.
    """

    mode: Mode
    models: tuple[int, ...]
    points: tuple[Point, ...]
    scores: dict[str, np.ndarray]
    raw: dict[str, np.ndarray]
    failed: np.ndarray
    cancelled: bool
    selection: str
    network: NetworkFamily


@torch.no_grad()
def outcome_of(
    net: BatchedNet, family: Family, setting: Setting, kept: Kept, chunk: Chunk
) -> Outcome:
    """Score every split with the states that were kept."""
    mode, crowd = family.mode, setting.crowd
    raw = {}
    for name in SPLITS:
        raw[name], broken = finite_logits(net, crowd.splits[name].inputs)
        kept = replace(kept, failed=kept.failed | broken.cpu().numpy())
    family.settle(raw["validation"])
    scores = {name: family.scores(raw[name], name) for name in SPLITS}
    points = _points(mode, family, setting, kept, scores)
    own = {name: _array(scores[name]) for name in SPLITS}
    before = own
    if mode == "layer":
        before = {name: _array(torch.sigmoid(raw[name])) for name in SPLITS}
    network = family_network(net, family, crowd)
    return Outcome(
        mode,
        chunk.models,
        points,
        own,
        before,
        kept.failed,
        kept.cancelled,
        family.selection,
        network,
    )


def _points(
    mode: Mode, family: Family, setting: Setting, kept: Kept, scores: dict[str, Tensor]
) -> tuple[Point, ...]:
    table = counts(
        scores["validation"],
        setting.crowd.splits["validation"],
        setting.crowd.group_names,
        setting.config.threshold,
    )
    compared = side_by_side(by_attribute(table, setting.crowd.compared_names))
    slacks = setting.config.varies_slack(mode)
    remedy = REMEDY if not slacks else WIDER_SLACK if mode == "layer" else WIDER_GAP
    common = health_flags(
        scores["validation"], compared, kept.failed.tolist(), kept.best_epoch.tolist(), remedy
    )
    guarantees = family.guarantees(scores)
    strength = setting.per_model.cpu().numpy()
    seed = np.repeat(np.array(setting.config.seeds, dtype=np.int64), len(setting.strength))
    return tuple(
        Point(
            index=m,
            mode=mode,
            strength=None if slacks else float(strength[m]),
            slack=float(strength[m]) if slacks else None,
            seed=int(seed[m]),
            best_epoch=int(kept.best_epoch[m]),
            baseline=bool(strength[m] == (1.0 if slacks else 0.0)),
            flags=common[m] + own,
            guarantee=guarantees[m],
        )
        for m, own in enumerate(family.flags())
    )


def result_of(
    begun: Begun,
    outcomes: Sequence[Outcome],
    beside: list[Trained],
    cancelled: bool,
    part: bool = False,
    failed: str = "",
) -> SweepResult:
    """Everything that was trained as one result: modes in their order, then baselines.

    Args:
        begun: What was trained.
        outcomes: Of each mode or chunk; of a part that trains baselines alone there are none.
        beside: Baselines.
        cancelled: Whether something is missing.
        part: Whether the result is to be put together with others
            (:func:`fairlab.training.merging.merged`): its notes are then in sections.
        failed: Of a part, why nothing of it can be shown.
    """
    prepared, crowd, sweep = begun.prepared, begun.crowd, begun.sweep
    order, places = _order(outcomes)
    points: list[Point] = []
    trained = [p for o in outcomes for p in o.points]
    for p in [trained[i] for i in order] + [one.point for one in beside]:
        uses = prepared.sensitive_as_features or (p.mode == "layer" and not p.baseline)
        points.append(replace(p, index=len(points), uses_attribute_when_deciding=uses))
    splits = {}
    for name in SPLITS:
        people = prepared.splits[name]
        score = _stacked([o.scores[name] for o in outcomes], places, beside, name, len(people.rows))
        raw = None
        if "layer" in [o.mode for o in outcomes]:
            raw = _stacked([o.raw[name] for o in outcomes], places, beside, name, len(people.rows))
        splits[name] = SplitScores(
            score, people.y_true, people.attributes, people.rows, people.weight, raw
        )
    selections = list(dict.fromkeys((o.mode, o.selection) for o in outcomes))
    gathered = gathered_networks([o.network for o in outcomes], places, prepared)
    networks, unkept = bounded(gathered)
    training = training_notes(crowd, sweep, begun.plan)
    notes = replace(
        begun.notes,
        batches=tuple(training),
        kept=tuple(kept_notes(sweep, selections)),
        classes=tuple(class_weight_notes(prepared.splits["train"], sweep)),
        baselines=tuple(baseline_notes(prepared, sweep, beside)),
        networks=unkept,
        promises=tuple(promise_notes(points)),
        failed=(failed,) if failed else (),
        weights=(str(gathered.nbytes),),
    )
    return SweepResult(
        points=tuple(points),
        splits=splits,
        constraint=sweep.constraint,
        group_by=crowd.group_by,
        threshold=sweep.threshold,
        notes=notes.packed() if part else notes.shown(),
        cancelled=cancelled,
        seconds=time.perf_counter() - begun.started,
        grouping=sweep.grouping,
        networks=networks,
    )


def _order(outcomes: Sequence[Outcome]) -> tuple[list[int], list[np.ndarray]]:
    """Trained models in the order of the result, and the places there of each outcome's."""
    if not outcomes:
        return [], []
    modes = list(dict.fromkeys(o.mode for o in outcomes))
    keys = [(modes.index(o.mode), m) for o in outcomes for m in o.models]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    place = np.empty(len(keys), dtype=np.int64)
    place[order] = np.arange(len(keys))
    edges = np.cumsum([len(o.models) for o in outcomes])[:-1]
    return order, np.split(place, edges)


def _stacked(
    families: Sequence[np.ndarray],
    places: Sequence[np.ndarray],
    beside: list[Trained],
    split: str,
    people: int,
) -> np.ndarray:
    """(M, n) float32 scores of one split: families, then baselines."""
    if len(families) == 1 and not beside:
        return families[0]
    count = sum(len(scores) for scores in families)
    found = np.empty((count + len(beside), people), dtype=np.float32)
    for scores, where in zip(families, places, strict=True):
        found[where] = scores
    for i, one in enumerate(beside):
        found[count + i] = one.scores[split]
    return found


def _array(scores: Tensor) -> np.ndarray:
    return scores.cpu().numpy().astype(np.float32, copy=False)
