"""Training everything once per fold, so that every person is in test exactly once."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from fairlab.config import SweepConfig
from fairlab.data import prepare
from fairlab.data.splits import Fold
from fairlab.data.task import PreparedData, TaskData
from fairlab.errors import InputError
from fairlab.outcomes import FloatArray
from fairlab.pareto.decisions import decisions_of
from fairlab.results import Folds, Point, Progress, SweepResult, cross

Fit = Callable[
    [
        PreparedData,
        SweepConfig,
        Callable[[Progress], None] | None,
        Callable[[], bool] | None,
    ],
    SweepResult,
]
_SPLITS = ("validation", "test")


def fit_folds(
    data: TaskData | PreparedData,
    sweep: SweepConfig,
    fit: Fit,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> SweepResult:
    """Train a sweep once per fold; encodings are fitted anew on the training people of each.

    Args:
        data: A table with roles.
        sweep: With ``folds`` of 2 or more.
        fit: Trains one split (``fit_sweep``).
        on_progress: Called after each epoch of each mode of each fold.
        should_stop: A true answer ends training. Folds trained to the end are kept.

    Returns:
        The result of the first fold, with what every fold gave in ``folds``.

    Raises:
        InputError: For a table that is split already, or too few people for so many folds.
    """
    found: dict[int, SweepResult] = {}
    seconds = 0.0
    for index in range(sweep.folds):
        report = None if on_progress is None else _reporter(on_progress, index, sweep, seconds)
        found[index] = fit_fold(data, sweep, index, fit, report, should_stop)
        seconds += found[index].seconds
        if found[index].cancelled:
            break
    return folds_together(found, sweep)


def fit_fold(
    data: TaskData | PreparedData,
    sweep: SweepConfig,
    index: int,
    fit: Fit,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> SweepResult:
    """Train one fold, from 0; the rest as :func:`fit_folds`.

    Raises:
        InputError: As :func:`fit_folds`.
    """
    if isinstance(data, PreparedData):
        raise InputError(
            f"{sweep.folds} folds were asked for, and this table is split already. Give the table "
            "itself (TaskData), or train with folds 1."
        )
    single = sweep.model_copy(update={"folds": 1})
    prepared = prepare(
        data, sweep.split, sweep.group_by, sweep.grouping, fold=Fold(index, sweep.folds)
    )
    return fit(prepared, single, on_progress, should_stop)


def folds_together(found: Mapping[int, SweepResult], sweep: SweepConfig) -> SweepResult:
    """One result of the folds that were trained; needs no torch.

    Args:
        found: At least one, by fold. Those stopped before their end count only where no other is
            there: the result is then the first of them.
        sweep: With ``folds`` of 2 or more.
    """
    order = sorted(found)
    done = [found[index] for index in order if not found[index].cancelled]
    first = done[0] if done else found[order[0]]
    tables = [_tables(first, one, weighted=True) for one in done]
    people = [_tables(first, one, weighted=False) for one in done]
    squares: FloatArray | None = None
    for number, one in enumerate(done):
        own = _squares(one)
        squares = own if number == 0 or squares is None or own is None else squares + own
    seconds = sum(one.seconds for one in found.values())
    return _result(first, tables, people, squares, sweep, seconds, len(done) < sweep.folds)


def _result(
    first: SweepResult,
    tables: list[dict[str, FloatArray]],
    people: list[dict[str, FloatArray]],
    squares: FloatArray | None,
    sweep: SweepConfig,
    seconds: float,
    cancelled: bool,
) -> SweepResult:
    if not tables:
        return replace(first, seconds=seconds, cancelled=cancelled)
    counts = {split: np.stack([one[split] for one in tables]) for split in _SPLITS}
    heads = None
    if squares is not None:
        heads = {split: np.stack([one[split] for one in people]) for split in _SPLITS}
    asked = sweep.folds
    done = f"All {asked} folds" if len(tables) == asked else f"{len(tables)} of {asked} folds"
    note = (
        f"{done} were trained: everybody is on test once, and validation people are taken from "
        "the others. Points, scores and networks are those of the first fold; what the folds say "
        "together is of the way of training, not of one model."
    )
    if sweep.open_modes:
        note += (
            " Slacks follow from each fold's own training and validation people; those shown are "
            "the first fold's, and models of folds are matched by their place in the grid."
        )
    return replace(
        first,
        notes=(*first.notes, note),
        folds=Folds(counts, heads, squares, asked),
        seconds=seconds,
        cancelled=cancelled,
    )


def _reporter(
    tell: Callable[[Progress], None], index: int, sweep: SweepConfig, before: float
) -> Callable[[Progress], None]:
    def report(progress: Progress) -> None:
        tell(
            replace(
                progress,
                share_done=(index + progress.share_done) / sweep.folds,
                seconds=before + progress.seconds,
                fold=index + 1,
                folds=sweep.folds,
            )
        )

    return report


def _tables(first: SweepResult, found: SweepResult, *, weighted: bool) -> dict[str, FloatArray]:
    """(M, G, 2, 2) by split, for the models of the first fold."""
    place = {key: m for m, key in enumerate(_keys(found))}
    rows = [place.get(key, -1) for key in _keys(first)]
    tables = {}
    for split in _SPLITS:
        weight = found.splits[split].weight if weighted else None
        counts = replace(decisions_of(found, split), weight=weight).counts()
        cells = np.stack([counts.tn, counts.fp, counts.fn, counts.tp], axis=-1)
        known = cells.reshape(*cells.shape[:-1], 2, 2).astype(np.float64)
        absent = np.full((1, *known.shape[1:]), np.nan)
        tables[split] = np.concatenate([known, absent])[rows]
    return tables


def _keys(result: SweepResult) -> list[tuple[object, ...]]:
    """What makes models of two folds the same: for a family the place in its grid and the seed.

    Slacks may follow from a fold's own training and validation people, never from those of another
    fold, who may be its test people; so their values differ and are not compared.
    """
    seen: dict[tuple[object, ...], int] = {}
    keys = []
    for point in result.points:
        own = _named(point)
        seen[own] = seen.get(own, -1) + 1
        keys.append((*own, seen[own]))
    return keys


def _named(point: Point) -> tuple[object, ...]:
    if point.method is None:
        return point.mode, point.seed
    return point.mode, point.method, point.slack, point.place


def _squares(found: SweepResult) -> FloatArray | None:
    """(G,) sum of squared weights of a fold's test people; None without weights."""
    people = found.splits["test"]
    if people.weight is None:
        return None
    groups = cross(people.attributes, found.group_by)
    squares = np.bincount(groups.codes, people.weight**2, minlength=len(groups.names))
    return np.asarray(squares, dtype=np.float64)
