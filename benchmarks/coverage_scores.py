"""Coverage of intervals that need scores: gaps of scores, bands along sweeps, paired changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from fairlab.metrics import GAPS, RATES, calibration, ranking, score_gaps
from fairlab.outcomes import Counts, FloatArray, GroupedOutcomes
from fairlab.sweeps import exact_sweep, gap_bands
from fairlab.sweeps.changes import compare_models

_BAND_GAPS = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "predictive_equality_difference",
    "equalized_odds_difference",
    "predictive_parity_difference",
    "demographic_parity_ratio",
)
_RATES = ("accuracy", "selection_rate", "tpr", "fpr", "ppv", "f1")
_APART = 1.2  # means of scores of the two outcomes
_THRESHOLD = 0.6


@dataclass(frozen=True, slots=True)
class _Groups:
    """Groups whose scores are normal around ``shift`` + 1.2 · outcome.

    With ``spread``, people have log-normal weights whose logarithm has that standard deviation.
    """

    text: str
    n: int
    base: tuple[float, ...]
    shift: tuple[float, ...]
    spread: float = 0.0

    def labels(self, rng: np.random.Generator, n: int) -> tuple[Any, Any]:
        group = np.repeat(np.arange(len(self.base)), n)
        return group, (rng.random(len(group)) < np.array(self.base)[group]).astype(np.int64)

    def at(self, threshold: FloatArray) -> Counts:
        """Expected counts (T, G) at thresholds (T,)."""
        base, shift = np.array(self.base), np.array(self.shift)
        tpr = norm.sf(threshold[:, None] - shift - _APART)
        fpr = norm.sf(threshold[:, None] - shift)
        return Counts(base * tpr, (1 - base) * fpr, base * (1 - tpr), (1 - base) * (1 - fpr))


_SWEPT = (
    _Groups("2 groups of 300, apart", 300, (0.5, 0.3), (0.0, 0.4)),
    _Groups("2 groups of 300, alike", 300, (0.4, 0.4), (0.0, 0.0)),
    _Groups("4 groups of 300, a little apart", 300, (0.4,) * 4, (0.0, 0.1, 0.2, 0.3)),
    _Groups("2 groups of 300, apart, weights log-normal (0.7)", 300, (0.5, 0.3), (0.0, 0.4), 0.7),
    _Groups("2 groups of 300, alike, weights log-normal (0.7)", 300, (0.4, 0.4), (0.0, 0.0), 0.7),
)


def band_lines(samples: int) -> list[dict[str, Any]]:
    """Pointwise coverage of bands, mean over nine thresholds across the scores."""
    lines = []
    for groups in _SWEPT:
        inside = np.zeros(len(_BAND_GAPS))
        known = np.zeros(len(_BAND_GAPS))
        for seed in range(samples):
            rng = np.random.default_rng(seed)
            group, label = groups.labels(rng, groups.n)
            score = rng.normal(np.array(groups.shift)[group] + _APART * label, 1)
            weight = np.exp(groups.spread * rng.normal(size=len(score))) if groups.spread else None
            outcomes = GroupedOutcomes.from_arrays(
                y_true=label, score=score, group=group, weight=weight
            )
            found = gap_bands(
                exact_sweep(outcomes), _BAND_GAPS, size=40, seed=seed, outcomes=outcomes
            )
            quantiles = np.quantile(score, np.linspace(0.1, 0.9, 9))
            place = np.searchsorted(found.thresholds, quantiles)
            expected = groups.at(found.thresholds[place])
            truth = np.column_stack([GAPS[name](expected) for name in _BAND_GAPS])
            low, high = found.lower[place], found.upper[place]
            inside += ((low <= truth + 1e-9) & (truth <= high + 1e-9)).sum(axis=0)
            known += (~np.isnan(low)).sum(axis=0)
        alike = len(set(groups.shift)) == len(set(groups.base)) == 1
        for k, name in enumerate(_BAND_GAPS):
            lines.append(
                {
                    "what": f"{name}: band, mean over thresholds",
                    "people": groups.text,
                    "truth": GAPS[name].equal if alike else None,
                    "coverage": float(inside[k] / known[k]),
                    "samples": samples,
                    "without": float(1 - known[k] / (9 * samples)),
                    "promised": len(groups.base) == 2 and not groups.spread,
                }
            )
    return lines


_MODELS = (
    ("2 groups of 300, models alike", (0.5, 0.3), (0.0, 0.4), (0.0, 0.4)),
    ("2 groups of 300, models alike, no gaps", (0.4, 0.4), (0.0, 0.0), (0.0, 0.0)),
    ("2 groups of 300, gaps narrowed", (0.5, 0.3), (0.0, 0.5), (0.0, 0.1)),
)


def change_lines(samples: int) -> list[dict[str, Any]]:
    """Coverage of paired changes, and how often tests find a change where there is none."""
    lines = []
    for text, base, before, after in _MODELS:
        truth = _true_changes(base, before, after)
        inside: dict[str, list[bool]] = {name: [] for name in truth}
        rejected: dict[str, list[bool]] = {name: [] for name in truth}
        for seed in range(samples):
            first, second = _two_models(np.random.default_rng(seed), 300, base, before, after)
            found = _changes(first, second, seed)
            for name, (low, high, p_value) in found.items():
                if not np.isnan(low):
                    inside[name].append(low - 1e-9 <= truth[name] <= high + 1e-9)
                rejected[name].append(p_value <= 0.05)
        for name, hits in inside.items():
            common = {"people": text, "truth": truth[name], "samples": samples}
            lines.append(
                {
                    "what": f"{name}: change between two models",
                    "coverage": float(np.mean(hits)),
                    "without": 1 - len(hits) / samples,
                    **common,
                }
            )
            if before == after:
                what = f"{name}: paired test finds a change"
                lines.append({"what": what, "coverage": float(np.mean(rejected[name])), **common})
    return lines


def _two_models(
    rng: np.random.Generator,
    n: int,
    base: tuple[float, ...],
    before: tuple[float, ...],
    after: tuple[float, ...],
) -> tuple[GroupedOutcomes, GroupedOutcomes]:
    """Two noisy views of one score; only the shift of groups differs."""
    group, label = _Groups("", n, base, before).labels(rng, n)
    common = _APART * label + rng.normal(0, 1, len(group))
    scores = (
        common + 0.3 * rng.normal(0, 1, len(group)) + np.array(s)[group] for s in (before, after)
    )
    one, two = (
        GroupedOutcomes.from_arrays(y_true=label, score=score, group=group) for score in scores
    )
    return one, two


def _changes(
    first: GroupedOutcomes, second: GroupedOutcomes, seed: int
) -> Mapping[str, tuple[float, float, float]]:
    found = compare_models(
        first,
        second,
        threshold_before=_THRESHOLD,
        threshold_after=_THRESHOLD,
        rates=_RATES,
        gaps=_BAND_GAPS,
        draws=500,
        seed=seed,
    )
    rates = {c.rate: (c.lower, c.upper, c.p_value) for c in found.rates if c.group == "everyone"}
    gaps = {c.gap: (c.lower, c.upper, c.p_value) for c in found.gaps}
    return {
        name: (_number(a), _number(b), _number(p)) for name, (a, b, p) in {**rates, **gaps}.items()
    }


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _true_changes(
    base: tuple[float, ...], before: tuple[float, ...], after: tuple[float, ...]
) -> dict[str, float]:
    """Changes in the population: rates at 0.6 of normal scores with variance 1.09."""
    both = []
    for shift in (before, after):
        p, s = np.array(base), np.array(shift)
        spread = np.sqrt(1.09)
        tpr, fpr = norm.sf((_THRESHOLD - s - _APART) / spread), norm.sf((_THRESHOLD - s) / spread)
        both.append(Counts(p * tpr, (1 - p) * fpr, p * (1 - tpr), (1 - p) * (1 - fpr)))
    truth = {
        name: float(RATES[name](both[1].overall())[0] - RATES[name](both[0].overall())[0])
        for name in _RATES
    }
    truth.update({name: float(GAPS[name](both[1]) - GAPS[name](both[0])) for name in _BAND_GAPS})
    return truth


def score_lines(samples: int) -> list[dict[str, Any]]:
    """Gaps of scores and calibration errors, for two and six groups of 500."""
    lines = []
    for groups in (2, 6):
        for apart in (0.0, 0.1):
            lines += _score_lines(groups, apart, samples)
    return lines


def _score_lines(groups: int, apart: float, samples: int) -> list[dict[str, Any]]:
    """Scores are chances of the outcome, raised by up to ``apart`` in the last group.

    Chances are uniform on 0.1 to 0.8, so a group raised by d has a calibration error and a mean
    residual of d; its AUC is that of the others, unless its chances lie closer together.
    """
    raised = np.linspace(0, apart, groups)
    truth = {
        "auc_difference": 0.0,
        "mean_score_difference": apart,
        "mean_residual_difference": apart,
        "calibration_gap": apart,
        "calibration error of the last group": apart,
    }
    inside: dict[str, list[bool]] = {name: [] for name in truth}
    missing = dict.fromkeys(truth, 0)
    for seed in range(samples):
        rng = np.random.default_rng(seed)
        group = np.repeat(np.arange(groups), 500)
        chance = rng.uniform(0.1, 0.8, len(group))
        label = (rng.random(len(group)) < chance).astype(np.int64)
        outcomes = GroupedOutcomes.from_arrays(
            y_true=label, score=chance + raised[group], group=group
        )
        calibrated = calibration(outcomes)
        found = score_gaps(calibrated, ranking(outcomes), draws=1000, seed=seed)
        ends = {name: (found[name].lower, found[name].upper) for name in truth if name in found}
        last = calibrated[-1]
        ends["calibration error of the last group"] = (last.error_lower, last.error_upper)
        for name, (low, high) in ends.items():
            if low is None or high is None:
                missing[name] += 1
            else:
                inside[name].append(low - 1e-9 <= truth[name] <= high + 1e-9)
    text = f"{groups} groups of 500, " + (
        "calibrated alike" if apart == 0 else "scores raised by up to 10 points"
    )
    return [
        {
            "what": name,
            "people": text,
            "truth": truth[name],
            "coverage": float(np.mean(inside[name])),
            "samples": samples,
            "without": missing[name] / samples,
            "promised": groups == 2 and name.endswith("difference"),
        }
        for name in truth
    ]
