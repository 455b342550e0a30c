"""Whether adversarial curves are smooth, go somewhere, and are as good as the penalty's.

For each table and constraint, and each seed (which draws split, weights and batches), one sweep of
each mode. Said of the adversary's, strength by strength on the mean over seeds:

- *monotone-ish*: the rank correlation of strength and gap is at most −0.8 on validation, and no
  gap is wider than the one before by more than ``RISE`` points and twice the standard error of
  the difference over seeds;
- *not degenerate*: of the strengths that most seeds do not flag and whose validation accuracy is
  above that of one answer for all, the one of the smallest validation gap reaches on test people
  at most ``REACH`` of the unmitigated gap, or 1.2 times what chance alone would show (``noise``);
  and of the points before that gap is reached few are flagged.

Beside it, test accuracy of the model each mode would pick on validation at a gap of at most 2, 5
and 10 points, its own and the other mode's.

    python -m benchmarks.adversarial --data FOLDER [--json out.json] [--people 5000] [--seeds 5]
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from benchmarks.harness import Figure, as_record, report
from benchmarks.quality_tables import TABLES, Table, open_table, split_people
from fairlab.config import (
    CONSTRAINT_GAPS,
    AdversarialParams,
    Constraint,
    PenaltyParams,
    SweepConfig,
)
from fairlab.data.task import PreparedData
from fairlab.errors import InputError
from fairlab.metrics import GAPS
from fairlab.outcomes import Counts, FloatArray, GroupedOutcomes, count
from fairlab.training import fit_sweep

NAMES = ("adult", "compas", "german", "bank", "loanapp")
CONSTRAINTS: tuple[Constraint, ...] = ("demographic_parity", "equalized_odds")
STRENGTHS = (0.0, 0.3, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
PENALTIES = (0.0, 0.1, 0.3, 1.0, 2.0, 4.0, 8.0, 16.0)
LEVELS = (0.02, 0.05, 0.10)
RANK = -0.8
RISE = 0.02
REACH = 0.4
DRAWS = 200
TITLE = "Adversarial curves over strengths"


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One mode on one table for one constraint: fields (seeds, strengths) unless said.

    Attributes:
        gap: Per split ``validation`` and ``test``.
        accuracy: Of the same splits.
        flagged: Whether anything was found wrong with the model.
        noise: (seeds,) test gap that the kept model of strength 0 would show on average if groups
            were drawn by chance (for equalized odds, within each label).
        one_answer: Mean test accuracy of one answer for everybody.
        seconds: For all seeds.
    """

    gap: dict[str, FloatArray]
    accuracy: dict[str, FloatArray]
    flagged: np.ndarray
    noise: FloatArray
    one_answer: float
    seconds: float


def main(
    data: Path | None = None,
    json_path: Path | None = None,
    seeds: int = 5,
    people: int = 5000,
    tables: Sequence[str] | None = None,
) -> None:
    """Measure every table and constraint.

    Args:
        data: Folder of the tables; None leaves all but the built-in one out.
        json_path: Where to write the figures as JSON.
        seeds: How many seeds.
        people: Most people in train and validation together.
        tables: Names of tables; None for all five.

    Raises:
        InputError: For an unknown table, or one the folder lacks.
    """
    figures: list[Figure] = []
    facts = [
        f"{seeds} seeds, at most {people} people to learn from and pick on; strengths "
        f"{', '.join(f'{s:g}' for s in STRENGTHS)}; penalty strengths "
        f"{', '.join(f'{s:g}' for s in PENALTIES)}; settings of the network as usual."
    ]
    chosen = tables if tables is not None else NAMES if data is not None else ("loanapp",)
    unknown = [name for name in chosen if name not in TABLES]
    if unknown:
        raise InputError(
            f"There is no table {unknown[0]!r}. Choose some of {', '.join(TABLES)} with --tables."
        )
    for name in chosen:
        table = TABLES[name]
        splits = [split_people(open_table(table, data), table.by, s, people) for s in range(seeds)]
        for constraint in CONSTRAINTS:
            ours = curve(splits, sweep(table, constraint, "adversarial"))
            penalty = curve(splits, sweep(table, constraint, "penalty"))
            what = f"{table.title}, {constraint.replace('_', ' ')}"
            figures += shape(what, ours)
            facts += told(what, ours, penalty)
            print("\n".join(facts[-2:]), flush=True)
        if json_path is not None:  # what is done is kept if the rest is not waited for
            record = as_record(TITLE, [], facts, figures)
            json_path.write_text(json.dumps(record, indent=2) + "\n")
    report(TITLE, [], json_path, facts, figures)


def sweep(table: Table, constraint: Constraint, mode: str) -> SweepConfig:
    """The usual settings at the strengths above; the seed is set per split."""
    return SweepConfig.model_validate(
        {
            "constraint": constraint,
            "group_by": (table.by,),
            "modes": (mode,),
            "adversarial": AdversarialParams(strengths=STRENGTHS),
            "penalty": PenaltyParams(strengths=PENALTIES),
        }
    )


def curve(splits: Sequence[PreparedData], config: SweepConfig) -> Curve:
    """Train once per split, each with its own seed."""
    start = time.perf_counter()
    of_gap = GAPS[CONSTRAINT_GAPS[config.constraint]]
    gap: dict[str, list[list[float]]] = {"validation": [], "test": []}
    accuracy: dict[str, list[list[float]]] = {"validation": [], "test": []}
    flagged, noise, one_answer = [], [], []
    for seed, prepared in enumerate(splits):
        result = fit_sweep(prepared, config.model_copy(update={"seeds": (seed,)}))
        for split in gap:
            tables = [count(result.scored(p.index, split).outcomes(), 0.5) for p in result.points]
            gap[split].append([float(of_gap(table)) for table in tables])
            accuracy[split].append([_accuracy(table) for table in tables])
        flagged.append([bool(p.flags) for p in result.points])
        last = result.scored(0, "test").outcomes()
        one_answer.append(max(last.y_true.mean(), 1 - last.y_true.mean()))
        within = np.zeros(last.n) if config.constraint == "demographic_parity" else last.y_true
        noise.append(_by_chance(last, within, of_gap, seed))
    return Curve(
        {split: np.array(found) for split, found in gap.items()},
        {split: np.array(found) for split, found in accuracy.items()},
        np.array(flagged),
        np.array(noise),
        float(np.mean(one_answer)),
        time.perf_counter() - start,
    )


def _by_chance(
    people: GroupedOutcomes, within: np.ndarray, of_gap: Callable[[Counts], Any], seed: int
) -> float:
    """Mean gap when groups are drawn anew among people who are alike in ``within``."""
    rng = np.random.default_rng([seed, 29])
    drawn = []
    for _ in range(DRAWS):
        group = people.group.copy()
        for kind in np.unique(within):
            own = within == kind
            group[own] = rng.permutation(group[own])
        drawn.append(float(of_gap(count(replace(people, group=group), 0.5))))
    return float(np.mean(drawn))


def _accuracy(table: Counts) -> float:
    return float((table.tp + table.tn).sum() / table.n.sum())


def shape(what: str, found: Curve) -> list[Figure]:
    """How monotone and how far."""
    validation = found.gap["validation"].mean(0)
    test = found.gap["test"].mean(0)
    rank = float(spearmanr(STRENGTHS, validation).statistic)
    each = [float(spearmanr(STRENGTHS, row).statistic) for row in found.gap["test"]]
    steps = np.diff(found.gap["test"], axis=1)
    error = steps.std(0, ddof=1) / np.sqrt(len(steps))
    rise = float(np.max(steps.mean(0) - np.maximum(2 * error, 0), initial=0.0))
    right = found.accuracy["test"].mean(0)
    sound = (found.flagged.mean(0) < 0.5) & (
        found.accuracy["validation"].mean(0) > found.one_answer
    )
    sound[0] = True
    # (The splits are stratified: one answer for all is as good on validation people.)
    # Picked on validation people, judged on test people: the least of noisy gaps is low by luck.
    best = int(np.argmin(np.where(sound, validation, np.inf)))
    floor = max(float(test[0]) * REACH, 1.2 * float(found.noise.mean()))
    before = test > floor
    before[0] = True
    return [
        Figure(
            f"{what}: rank correlation of strength and validation gap",
            rank,
            RANK,
            note=f"test: {float(spearmanr(STRENGTHS, test).statistic):.2f}; mean over single "
            f"seeds on test: {np.mean(each):.2f}",
        ),
        Figure(
            f"{what}: largest rise of the test gap beyond twice its error, points",
            100 * rise,
            100 * RISE,
            note=f"largest rise of the mean gap: {100 * max(0.0, float(steps.mean(0).max())):.1f}",
        ),
        Figure(
            f"{what}: test gap of the sound strength of smallest validation gap, points",
            100 * float(test[best]),
            100 * floor,
            note=f"at strength {STRENGTHS[best]:g} with accuracy "
            f"{100 * right[best]:.1f}; unmitigated "
            f"{100 * test[0]:.1f} with {100 * right[0]:.1f}; one answer "
            f"for all {100 * found.one_answer:.1f}; chance alone {100 * found.noise.mean():.1f}",
        ),
        Figure(
            f"{what}: share of points flagged before that gap is reached",
            float(found.flagged[:, before].mean()),
            0.2,
            note=f"of all points: {found.flagged.mean():.2f}",
        ),
    ]


def told(what: str, ours: Curve, penalty: Curve) -> list[str]:
    """The curve in a sentence, and accuracy at equal gaps."""
    points = "; ".join(
        f"{s:g}: {100 * g:.1f} / {100 * a:.1f}"
        for s, g, a in zip(
            STRENGTHS, ours.gap["test"].mean(0), ours.accuracy["test"].mean(0), strict=True
        )
    )
    beside = "; ".join(
        f"≤ {100 * level:g} points: {_words(*picked(ours, level))}, "
        f"penalty {_words(*picked(penalty, level))}"
        for level in LEVELS
    )
    return [
        f"{what}: strength: test gap / accuracy in points, mean over seeds: {points}.",
        f"{what}: test accuracy (and gap) of what validation picks at a gap {beside}. "
        f"{ours.seconds:.0f} s and {penalty.seconds:.0f} s.",
    ]


def picked(found: Curve, level: float) -> tuple[float, float]:
    """Mean test accuracy and gap over seeds: the most accurate within the level on validation,
    or the narrowest when none is."""
    accuracy, gap = [], []
    for row in range(len(found.flagged)):
        own = found.gap["validation"][row]
        within = own <= level
        best = (
            int(np.argmax(np.where(within, found.accuracy["validation"][row], -1)))
            if within.any()
            else int(np.argmin(own))
        )
        accuracy.append(found.accuracy["test"][row, best])
        gap.append(found.gap["test"][row, best])
    return float(np.mean(accuracy)), float(np.mean(gap))


def _words(accuracy: float, gap: float) -> str:
    return f"{100 * accuracy:.1f} ({100 * gap:.1f})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--json", type=Path, dest="json_path")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--people", type=int, default=5000)
    parser.add_argument("--tables", nargs="*")
    main(**vars(parser.parse_args()))
