"""Coverage of the Impossibility page's intervals: what is forced, and least worst gaps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from fairlab.impossibility import (
    USUAL_GAPS,
    balance_intervals,
    conflict_by_chance,
    forced_intervals,
    least_worst_gap,
    least_worst_interval,
)
from fairlab.outcomes import Counts, GroupedOutcomes
from fairlab.sweeps import ThresholdSweep, exact_sweep

TPR, FPR = 0.7, 0.2
WITHIN = 0.02
Interval = tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of ``n`` people whose scores are normal around ``apart`` · outcome.

    Attributes:
        text: In words.
        n: People per group.
        base: Base rates.
        apart: Distance of the means of scores of the two outcomes, per group.
    """

    text: str
    n: int
    base: tuple[float, ...]
    apart: tuple[float, ...]

    def sample(self, rng: np.random.Generator) -> GroupedOutcomes:
        """People drawn anew."""
        group = np.repeat(np.arange(len(self.base)), self.n)
        label = (rng.random(len(group)) < np.array(self.base)[group]).astype(np.int64)
        score = rng.normal(np.array(self.apart)[group] * label, 1)
        return GroupedOutcomes.from_arrays(
            y_true=label, score=np.round(score, 3), group=group, group_names=self.names
        )

    @property
    def names(self) -> list[str]:
        """Names of the groups."""
        return [f"g{i}" for i in range(len(self.base))]

    def expected(self) -> ThresholdSweep:
        """Expected counts at a fine grid of thresholds."""
        cut = np.linspace(-4, 6, 20_001)
        base, apart = np.array(self.base), np.array(self.apart)
        tpr, fpr = norm.sf(cut[:, None] - apart), norm.sf(cut[:, None] + 0 * apart)
        counts = Counts(base * tpr, (1 - base) * fpr, base * (1 - tpr), (1 - base) * (1 - fpr))
        return ThresholdSweep(cut, counts)


FORCED = (
    ("2 groups of 500, base rates equal", 500, (0.4, 0.4)),
    ("2 groups of 500, 4 points apart", 500, (0.4, 0.44)),
    ("2 groups of 500, 20 points apart", 500, (0.4, 0.6)),
    ("4 groups of 500, base rates equal", 500, (0.4,) * 4),
    ("6 groups of 500, base rates equal", 500, (0.4,) * 6),
    ("6 groups of 500, spread over 10 points", 500, tuple(np.linspace(0.35, 0.45, 6))),
    ("6 groups of 500, spread over 25 points", 500, tuple(np.linspace(0.3, 0.55, 6))),
)
SCORED = (
    Groups("2 groups of 500, alike", 500, (0.4, 0.4), (1.2, 1.2)),
    Groups("4 groups of 500, alike", 500, (0.4,) * 4, (1.2,) * 4),
    Groups("2 groups of 500, base rates 10 points apart", 500, (0.5, 0.4), (1.2, 1.2)),
    Groups("2 groups of 500, base rates 30 points apart", 500, (0.6, 0.3), (1.2, 1.2)),
    Groups("2 groups of 500, score better in one", 500, (0.4, 0.4), (1.6, 1.0)),
)
SETS = (
    ("demographic_parity", "equal_opportunity", "predictive_equality"),
    ("equal_opportunity", "predictive_equality", "predictive_parity"),
    ("predictive_equality", "predictive_parity"),
)
PAIRED = (
    Groups("2 groups of 300, alike", 300, (0.5, 0.5), (1.2, 1.2)),
    Groups("2 groups of 300, base rates 20 points apart", 300, (0.6, 0.4), (1.2, 1.2)),
    Groups("2 groups of 300, score better in one", 300, (0.5, 0.5), (2.2, 0.8)),
)


def impossibility_lines(samples: int) -> list[dict[str, Any]]:
    """All lines of the page; sets of criteria, which are searched, on few samples."""
    return [
        *forced_lines(samples),
        *balance_lines(samples),
        *single_threshold_lines(samples // 2),
        *chance_lines(max(10, samples // 40)),
    ]


def forced_lines(samples: int) -> list[dict[str, Any]]:
    """The parity gap and the ratio of false positive rates that base rates force."""
    lines = []
    for text, n, base in FORCED:
        odds = np.array(base) / (1 - np.array(base))
        truths = {
            "forced parity gap": float(np.ptp(base)) * (TPR - FPR),
            "forced ratio of FPR": float(odds.max() / odds.min()),
        }
        found: dict[str, list[Interval]] = {name: [] for name in truths}
        for seed in range(samples):
            rng = np.random.default_rng(seed)
            ones = rng.binomial(n, base)
            tp, fp = rng.binomial(ones, TPR), rng.binomial(n - ones, FPR)
            names = tuple(f"g{i}" for i in range(len(base)))
            one = forced_intervals(Counts(tp, fp, ones - tp, n - ones - fp, names), 1000, seed)
            found["forced parity gap"].append(None if one is None else one.parity_gap)
            found["forced ratio of FPR"].append(None if one is None else one.ratio)
        lines += [_line(name, text, truths[name], each) for name, each in found.items()]
    return lines


def balance_lines(samples: int) -> list[dict[str, Any]]:
    """Gaps of mean scores by outcome, what calibration forces, and being off calibration."""
    lines = []
    for text, base, shift in (
        ("2 groups of 500, alike", (0.4, 0.4), 0.0),
        ("4 groups of 500, alike", (0.4,) * 4, 0.0),
        ("2 groups of 500, base rates 10 points apart", (0.5, 0.4), 0.0),
        ("2 groups of 500, scores 5 points apart", (0.4, 0.4), 0.05),
    ):
        p, up = np.array(base), shift * np.arange(len(base)) / (len(base) - 1)
        low, high = 0.25 + up, 0.25 + 0.375 + up  # mean scores by outcome; calibrated at 0.4
        common = ((1 - p) * low).sum() / (1 - p).sum()
        truths = {
            "balance, favourable": float(np.ptp(high)),
            "balance, unfavourable": float(np.ptp(low)),
            "forced by calibration": float(np.ptp(1 - common * (1 - p) / p)),
            "off calibration": float(np.abs((1 - p) * low + p * high - p).max()),
        }
        found: dict[str, list[Interval]] = {name: [] for name in truths}
        for seed in range(samples):
            rng = np.random.default_rng(seed)
            group = np.repeat(np.arange(len(base)), 500)
            label = (rng.random(len(group)) < p[group]).astype(np.int64)
            mean = np.where(label == 1, high[group], low[group])
            people = GroupedOutcomes.from_arrays(
                y_true=label, score=rng.beta(8 * mean, 8 * (1 - mean)), group=group
            )
            one = balance_intervals(people, 400, seed)
            if one is None:
                continue
            ends = (one.favourable, one.unfavourable, one.forced_favourable, one.calibration)
            for name, each in zip(truths, ends, strict=True):
                found[name].append(each)
        lines += [_line(name, text, truths[name], each) for name, each in found.items()]
    return lines


def single_threshold_lines(samples: int) -> list[dict[str, Any]]:
    """The least worst of four gaps over single thresholds."""
    lines = []
    for groups in SCORED:
        truth = least_worst_gap(groups.expected(), USUAL_GAPS, WITHIN)
        if truth is not None:
            lines.append(
                _measured(
                    f"least worst of {len(USUAL_GAPS)} gaps, one threshold",
                    groups,
                    truth.value,
                    samples,
                    lambda people, seed: least_worst_interval(
                        exact_sweep(people), USUAL_GAPS, WITHIN, draws=200, seed=seed
                    ),
                )
            )
    return lines


def chance_lines(samples: int) -> list[dict[str, Any]]:
    """Least worst gaps of sets of criteria, and how often chance is taken for a conflict."""
    lines = []
    for groups in PAIRED:
        for names in SETS:
            found: list[Interval] = []
            beyond, left = [], []
            for seed in range(samples):
                one = conflict_by_chance(
                    groups.sample(np.random.default_rng(seed)), names, draws=39, seed=seed
                )
                known = one.lower is not None and one.upper is not None
                found.append((float(one.lower), float(one.upper)) if known else None)  # type: ignore[arg-type]
                beyond.append(bool(one.beyond_chance))
                left.append(bool(one.left_beyond_chance))
            text = f"least worst gap of {' + '.join(names)}"
            lines.append(_line(text, groups.text, population_gap(groups, names), found))
            alike = len(set(groups.apart)) == 1
            if len(set(groups.base)) == 1 and alike:
                lines.append(_rate(f"{text}: called a conflict", groups.text, beyond))
            if alike:
                lines.append(_rate(f"{text}: score called unequally good", groups.text, left))
    return lines


def population_gap(groups: Groups, names: Sequence[str]) -> float:
    """Least worst gap in the population: of people at even quantiles of its distributions."""
    from fairlab.impossibility import compatibility

    if len(set(groups.base)) == 1 and len(set(groups.apart)) == 1:
        return 0.0
    parts = []
    for g, (base, apart) in enumerate(zip(groups.base, groups.apart, strict=True)):
        for label, share in ((0, 1 - base), (1, base)):
            n = round(2000 * share)
            score = norm.ppf((np.arange(n) + 0.5) / n, apart * label)
            parts.append((np.full(n, label), score, np.full(n, g)))
    labels, scores, codes = (np.concatenate(column) for column in zip(*parts, strict=True))
    people = GroupedOutcomes.from_arrays(y_true=labels, score=scores, group=codes)
    entry = compatibility(people, names, WITHIN, (len(names),)).entry(*names)
    return float("nan") if entry.upper is None else entry.upper


def _measured(
    what: str,
    groups: Groups,
    truth: float,
    samples: int,
    interval: Callable[[GroupedOutcomes, int], Interval],
) -> dict[str, Any]:
    found = [interval(groups.sample(np.random.default_rng(s)), s) for s in range(samples)]
    return _line(what, groups.text, truth, found)


def _line(what: str, people: str, truth: float, found: Sequence[Interval]) -> dict[str, Any]:
    known = [each for each in found if each is not None]
    inside = [low - 1e-9 <= truth <= high + 1e-9 for low, high in known]
    return {
        "what": what,
        "people": people,
        "truth": truth,
        "coverage": float(np.mean(inside)) if known else float("nan"),
        "samples": len(found),
        "without": 1 - len(known) / max(1, len(found)),
        "width": float(np.mean([high - low for low, high in known])) if known else None,
    }


def _rate(what: str, people: str, found: Sequence[bool]) -> dict[str, Any]:
    return {
        "what": f"test: {what}",
        "people": people,
        "truth": None,
        "coverage": float(np.mean(found)),
        "samples": len(found),
    }
