"""Where a score is farthest from outcomes, over all crossed groups and score bins, and by chance.

A score is multicalibrated when E[y − score | subgroup, score] is about 0 for every subgroup of
some size at once (Hébert-Johnson, Kim, Reingold, Rothblum 2018). Looking at many subgroups finds
some that are far off by chance alone; everything here is corrected for having looked.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from fairlab.errors import InputError
from fairlab.metrics.calibration import matched_size, scores_are_probabilities
from fairlab.metrics.intervals import normal_quantile
from fairlab.metrics.subgroup_chance import (
    Sums,
    Violation,
    chances_within,
    evidence,
    largest_by_chance,
    shrunk_residuals,
    violation,
)
from fairlab.metrics.subgroups import Cells, Rows, cells_of, rows_of
from fairlab.outcomes import FloatArray, GroupedOutcomes
from fairlab.results import Attribute

BINS = 5
_MOST_DRAWN = 20_000_000


@dataclass(frozen=True, slots=True)
class SubgroupCalibration:
    """People of one subgroup, with all scores or with scores of one bin.

    Attributes:
        subgroup: Its name, for example "woman × Black"; "everyone" for all people.
        by: Attributes that define it.
        scores: Lowest and highest score of the bin; None for all scores.
        n: People (rows).
        share: Their share of everybody (of the weight), (0, 1].
        mean_score, rate: Mean score, and share with the favourable outcome.
        residual: rate − mean_score; positive when scores are too low.
        lower, upper: Simultaneous interval of ``residual``: all rows of the audit hold their true
            value together at the stated level. It excludes 0 exactly when ``p_adjusted`` says so.
        shrunk: What to expect of new people: the residual drawn towards the common one as far as
            its noise demands (empirical Bayes), because the worst of many looks worse than it is.
        z: Signed root of the deviance from calibration: about standard normal if calibrated.
        p_adjusted: Share of calibrated scores that have anywhere a |z| this large.
    """

    subgroup: str
    by: tuple[str, ...]
    scores: tuple[float, float] | None
    n: int
    share: float
    mean_score: float
    rate: float
    residual: float
    lower: float
    upper: float
    shrunk: float
    z: float
    p_adjusted: float


@dataclass(frozen=True, slots=True, eq=False)
class Multicalibration:
    """The result of :func:`audit_multicalibration`.

    Attributes:
        subgroups: Everything looked at, strongest evidence first.
        violation: Largest |residual| of any row.
        weighted_violation: Largest |residual| × share of everybody: how much a row weighs.
        smallest: Rows with fewer people were not looked at.
        alpha: ``smallest`` as a share of all people.
        depth, bins: Attributes crossed at most; score bins.
        too_small: Non-empty rows not looked at.
        level, draws, seed: Of intervals and simulation.
        notes: What a reader must know, in sentences.
        withheld: Rows left out because they rest on few people.
    """

    subgroups: tuple[SubgroupCalibration, ...]
    violation: Violation
    weighted_violation: Violation
    smallest: int
    alpha: float
    depth: int
    bins: int
    too_small: int
    level: float
    draws: int
    seed: int
    notes: tuple[str, ...]
    withheld: int = 0

    @property
    def found(self) -> tuple[SubgroupCalibration, ...]:
        """Rows that chance alone would not put this far off, having looked at all of them."""
        return tuple(s for s in self.subgroups if s.p_adjusted <= 1 - self.level)

    def whole(self) -> tuple[SubgroupCalibration, ...]:
        """Rows over all scores, strongest evidence first."""
        return tuple(s for s in self.subgroups if s.scores is None)

    def to_frame(self) -> pd.DataFrame:
        """One row per subgroup and bin, strongest evidence first."""
        rows = [
            {
                "subgroup": s.subgroup,
                "by": ", ".join(s.by),
                "from_score": None if s.scores is None else s.scores[0],
                "to_score": None if s.scores is None else s.scores[1],
                **{
                    name: getattr(s, name)
                    for name in SubgroupCalibration.__slots__
                    if name not in ("subgroup", "by", "scores")
                },
            }
            for s in self.subgroups
        ]
        return pd.DataFrame(rows)

    def to_record(self) -> dict[str, Any]:
        """Plain numbers, texts, lists and mappings, fit for strict JSON."""
        return asdict(self)


def audit_multicalibration(
    y_true: ArrayLike,
    score: ArrayLike,
    attributes: Mapping[str, Attribute],
    weight: ArrayLike | None = None,
    *,
    bins: int = BINS,
    depth: int = 3,
    smallest: int | None = None,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> Multicalibration:
    """How far scores are from outcomes in every crossed group, whole and by score, at once.

    Outcomes of a perfectly calibrated score are simulated for these very people (each cell a
    binomial whose variance is that of its scores); the largest |z| over all rows gives adjusted
    p-values (single-step max-|t|, Westfall and Young 1993) and the width of the simultaneous
    intervals (of chances whose |z| is within that width).

    Args:
        y_true: (n,) 0 or 1.
        score: (n,) in [0, 1].
        attributes: Sensitive attributes by name, one code per person.
        weight: (n,) positive, or None.
        bins: Equal-mass score bins; 1 looks at whole subgroups only (multiaccuracy).
        depth: Attributes crossed at most: 1 each by itself, 2 also pairs, 3 also triples. Fewer
            when there would be more than 20,000 rows; a note says so.
        smallest: Fewest people of a row; None is 1 % of all people, at least 30.
        level: Of the simultaneous intervals.
        draws: Simulated outcomes; fewer (at least 200) for very many cells, and a note says so.
        seed: The same seed gives the same numbers.

    Raises:
        InputError: For people that do not pass :meth:`GroupedOutcomes.from_arrays`, scores
            outside [0, 1], attributes of another length, none at all, or bins, depth, smallest,
            draws or level out of range.
    """
    people = _checked(y_true, score, weight, attributes)
    _check_settings(bins, depth, smallest, level, draws)
    fewest = max(30, int(np.ceil(0.01 * people.n))) if smallest is None else smallest
    cells = cells_of(people, attributes, bins)
    rows = rows_of(cells, attributes, depth, fewest)
    used = max(min(draws, _MOST_DRAWN // len(cells.n)), min(draws, 200))
    sums = Sums.of(cells, rows)
    largest = largest_by_chance(cells, rows, sums, used, seed)
    subgroups = _subgroups(cells, rows, sums, largest[0], level)
    every = float(cells.mass.sum())
    return Multicalibration(
        subgroups=tuple(sorted(subgroups, key=lambda s: (-abs(s.z), s.subgroup))),
        violation=violation(np.abs(sums.residual), largest[1], level),
        weighted_violation=violation(np.abs(sums.residual) * sums.mass / every, largest[2], level),
        smallest=fewest,
        alpha=fewest / people.n,
        depth=rows.depth,
        bins=len(cells.edges) - 1,
        too_small=rows.too_small,
        level=level,
        draws=used,
        seed=seed,
        notes=_notes(rows, people, fewest, min(depth, len(attributes)), draws, used),
    )


def _subgroups(
    cells: Cells, rows: Rows, sums: Sums, largest: FloatArray, level: float
) -> list[SubgroupCalibration]:
    if not rows.names:
        return []
    size = matched_size(sums.mean_score, sums.variance)
    z = evidence(sums.rate, sums.mean_score, size)
    beyond = len(largest) - np.searchsorted(np.sort(largest), np.abs(z) - 1e-9, side="left")
    p_adjusted = (1 + beyond) / (1 + len(largest))
    # The interval is as wide as it takes to hold every row at once.
    width = max(float(np.quantile(largest, level, method="higher")), normal_quantile(level))
    lower, upper = chances_within(sums.rate, size, width)
    spread = (sums.rate * size + 0.5) * ((1 - sums.rate) * size + 0.5) / (size + 1) ** 3
    shrunk = np.empty_like(z)
    for family in (rows.bin < 0, rows.bin >= 0):
        shrunk[family] = shrunk_residuals(sums.residual[family], spread[family])
    every = cells.mass.sum()
    return [
        SubgroupCalibration(
            subgroup=name,
            by=rows.by[k],
            scores=None
            if rows.bin[k] < 0
            else (float(cells.edges[rows.bin[k]]), float(cells.edges[rows.bin[k] + 1])),
            n=int(sums.n[k]),
            share=float(sums.mass[k] / every),
            mean_score=float(sums.mean_score[k]),
            rate=float(sums.rate[k]),
            residual=float(sums.residual[k]),
            lower=float(lower[k] - sums.mean_score[k]),
            upper=float(upper[k] - sums.mean_score[k]),
            shrunk=float(shrunk[k]),
            z=float(z[k]),
            p_adjusted=float(p_adjusted[k]),
        )
        for k, name in enumerate(rows.names)
    ]


def _notes(
    rows: Rows, people: GroupedOutcomes, smallest: int, depth: int, draws: int, used: int
) -> tuple[str, ...]:
    notes = []
    if rows.too_small:
        notes.append(
            f"{rows.too_small:,} subgroups or score ranges of them have fewer than {smallest:,} "
            "people and were not looked at."
        )
    if rows.same:
        notes.append(
            f"{rows.same:,} hold the same people as a simpler one and were not counted twice."
        )
    if rows.depth < depth:
        notes.append(
            f"Crossings of more than {rows.depth} attributes were not looked at: there are too "
            "many."
        )
    if used < draws:
        notes.append(f"Chance was simulated {used:,} times instead of {draws:,}: very many cells.")
    if people.weight is not None:
        notes.append("People are weighted: shares and residuals are of total weight.")
    return tuple(notes)


def _checked(
    y_true: ArrayLike,
    score: ArrayLike,
    weight: ArrayLike | None,
    attributes: Mapping[str, Attribute],
) -> GroupedOutcomes:
    if not attributes:
        raise InputError("There is no attribute to look at. Give at least one.")
    labels = np.asarray(y_true)
    people = GroupedOutcomes.from_arrays(
        y_true=labels,
        score=score,
        group=np.zeros(labels.shape, dtype=np.int64),
        group_names=("everyone",),
        weight=weight,
    )
    if not scores_are_probabilities(people):
        raise InputError(
            f"Scores run from {people.score.min():g} to {people.score.max():g}; calibration needs "
            "them in 0 to 1. Recalibrate them first (fairlab.metrics.recalibration)."
        )
    return people


def _check_settings(bins: int, depth: int, smallest: int | None, level: float, draws: int) -> None:
    problems = []
    if bins < 1:
        problems.append(f"bins must be at least 1; found {bins}.")
    if depth < 1:
        problems.append(f"depth must be at least 1; found {depth}.")
    if smallest is not None and smallest < 1:
        problems.append(f"smallest must be at least 1 person; found {smallest}.")
    if not 0 < level < 1:
        problems.append(f"level must lie strictly between 0 and 1; found {level!r}.")
    if draws < 100:
        problems.append(f"draws must be at least 100; found {draws}.")
    if problems:
        raise InputError(" ".join(problems), problems)
