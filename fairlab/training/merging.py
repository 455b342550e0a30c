"""Parts of a sweep, trained alone, as one result. Needs no torch."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from fairlab.config import SweepConfig
from fairlab.errors import TrainingError
from fairlab.networks import Networks, bounded, too_heavy
from fairlab.results import Point, SplitScores, SweepResult
from fairlab.training.folds import folds_together
from fairlab.training.sections import Sections, joined, unpacked

BASELINES = "baselines"


def merged(sweep: SweepConfig, results: Mapping[str, SweepResult]) -> SweepResult:
    """What :func:`fairlab.training.fit_sweep` gives for the whole sweep, ``seconds`` apart.

    Args:
        sweep: The whole sweep.
        results: By mode, and ``baselines``. Missing ones count as cancelled.

    Returns:
        The result; ``seconds`` are those of all parts together. Without any part, one without
        points.

    Raises:
        TrainingError: If every model of every mode failed.
    """
    wanted = [*sweep.modes, *([BASELINES] if sweep.baselines else [])]
    names = [name for name in wanted if name in results]
    if not names:
        return _nothing(sweep)
    parts = [results[name] for name in names]
    notes = [unpacked(part.notes) for part in parts]
    families = [said for name, said in zip(names, notes, strict=True) if name != BASELINES]
    if families and all(said.failed for said in families):
        raise TrainingError(families[0].failed[0])
    networks, unkept = _networks(parts, notes)
    together = replace(joined(notes), networks=unkept)
    points: list[Point] = []
    for part in parts:
        points += [replace(p, index=len(points) + p.index) for p in part.points]
    return replace(
        parts[0],
        points=tuple(points),
        splits={name: _split(parts, name) for name in parts[0].splits},
        notes=together.shown(),
        cancelled=len(parts) < len(wanted) or any(part.cancelled for part in parts),
        seconds=sum(part.seconds for part in parts),
        networks=networks,
    )


def merged_folds(sweep: SweepConfig, folds: Mapping[int | None, SweepResult]) -> SweepResult:
    """The same of a sweep with folds, from the results by fold, from 0."""
    found = {fold: result for fold, result in folds.items() if fold is not None}
    return folds_together(found, sweep) if found else _nothing(sweep)


def _split(parts: Sequence[SweepResult], name: str) -> SplitScores:
    """One split with the scores of all parts."""
    own = [part.splits[name] for part in parts]
    if len(own) == 1:
        return own[0]
    raw = None
    if any(one.raw is not None for one in own):
        raw = np.concatenate([one.score if one.raw is None else one.raw for one in own])
    return replace(own[0], score=np.concatenate([one.score for one in own]), raw=raw)


def _networks(
    parts: Sequence[SweepResult], notes: Sequence[Sections]
) -> tuple[Networks | None, tuple[str, ...]]:
    """All networks at their places in the result, unless they are too heavy together."""
    weight = sum(int(digits) for said in notes for digits in said.weights)
    if any(part.networks is None for part in parts):
        return None, (too_heavy(weight),)
    families = []
    before = 0
    for part in parts:
        assert part.networks is not None
        families += [
            replace(family, models=family.models + before) for family in part.networks.families
        ]
        before += len(part.points)
    first = parts[0].networks
    assert first is not None
    return bounded(replace(first, families=tuple(families)))


def _nothing(sweep: SweepConfig) -> SweepResult:
    return SweepResult(
        points=(),
        splits={},
        constraint=sweep.constraint,
        group_by=sweep.group_by,
        threshold=sweep.threshold,
        cancelled=True,
        grouping=sweep.grouping,
    )
