"""Gaps within strata pooled into one number: functions of counts with a strata axis.

Counts have shape (..., S, G): leading axes, strata, groups. Two poolings, which answer different
questions:

- **standardised** (direct standardisation): every group's rate if it were spread over the strata
  as everyone is. Differences of opposite sign in two strata cancel, as they do for the groups.
- **average**: the mean of the unsigned gaps within strata. Nothing cancels.

Strata weigh by the people the rate is about (selected people for a predictive value, people with
the favourable outcome for a true positive rate), all groups together. A stratum enters for two
groups only where both have a rate, so leading axes may use different strata.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from fairlab.metrics.gaps import Gap
from fairlab.metrics.rates import Rate
from fairlab.outcomes import Counts, FloatArray


@dataclass(frozen=True, slots=True)
class StandardisedPair:
    """Two groups' rates over the same mix of strata.

    Attributes:
        rate: Name in ``RATES``.
        highest, lowest: Index of the group with the higher and the lower standardised rate.
        high, low: Those rates.
        covered: Share of the people the rate is about who are in strata that enter.
    """

    rate: str
    highest: int
    lowest: int
    high: float
    low: float
    covered: float


def standardised_gap(gap: Gap, counts: Counts) -> FloatArray:
    """The gap of standardised rates, shape (...): widest over pairs of groups; NaN if undefined.

    For two groups and one rate this is the absolute stratum-weighted mean of the signed
    differences. With every group in every stratum it is the range of the standardised rates.
    """
    return _combined(gap, [_widest(gap, rate, counts) for rate in gap.rates])


def average_gap(gap: Gap, counts: Counts) -> FloatArray:
    """Mean over strata of the gap within each, shape (...); NaN where no stratum has one."""
    parts = []
    for rate in gap.rates:
        weight = stratum_weight(rate, counts)
        within = Gap(gap.name, gap.label, gap.definition, (rate,), gap.spread)(counts)
        parts.append(_weighted_mean(within, weight))
    return _combined(gap, parts)


def stratum_weight(rate: Rate, counts: Counts) -> FloatArray:
    """(..., S) people a rate is about, all groups together; all people if it is no share."""
    behind = rate.denominator(counts) if rate.share else counts.n
    return np.asarray(np.sum(behind, axis=-1), dtype=np.float64)


def standardised_pair(gap: Gap, counts: Counts) -> StandardisedPair | None:
    """The pair of groups and the rate that set :func:`standardised_gap`; None if undefined.

    Args:
        gap: The gap.
        counts: Fields of shape (S, G).
    """
    found = [pair for rate in gap.rates for pair in _pairs(rate, counts)]
    if not found:
        return None
    if gap.spread == "ratio":
        return min(found, key=lambda pair: pair.low / pair.high if pair.high > 0 else 1.0)
    return max(found, key=lambda pair: pair.high - pair.low)


def _pairs(rate: Rate, counts: Counts) -> list[StandardisedPair]:
    value, weight = rate(counts), stratum_weight(rate, counts)
    pairs = []
    for a, b in combinations(range(value.shape[-1]), 2):
        both = ~np.isnan(value[:, a] + value[:, b]) & (weight > 0)
        if not both.any():
            continue
        first = float(np.average(value[both, a], weights=weight[both]))
        second = float(np.average(value[both, b], weights=weight[both]))
        high, low = (a, b) if first >= second else (b, a)
        share = float(weight[both].sum() / weight.sum())
        pairs.append(
            StandardisedPair(rate.name, high, low, max(first, second), min(first, second), share)
        )
    return pairs


def _widest(gap: Gap, rate: Rate, counts: Counts) -> FloatArray:
    value, weight = rate(counts), stratum_weight(rate, counts)
    widest = np.full(value.shape[:-2], np.nan)
    for a, b in combinations(range(value.shape[-1]), 2):
        first, second = value[..., a], value[..., b]
        both = np.where(np.isnan(first + second), 0.0, weight)
        mean_a, mean_b = _weighted_mean(first, both), _weighted_mean(second, both)
        if gap.spread == "ratio":
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = np.minimum(mean_a, mean_b) / np.maximum(mean_a, mean_b)
            widest = np.fmin(widest, ratio)
        else:
            widest = np.fmax(widest, np.abs(mean_a - mean_b))
    return widest


def _weighted_mean(value: FloatArray, weight: FloatArray) -> FloatArray:
    """Mean over the last axis of what is defined; NaN where nothing is."""
    known = np.where(np.isnan(value), 0.0, weight)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((np.nan_to_num(value) * known).sum(axis=-1) / known.sum(axis=-1))


def _combined(gap: Gap, parts: list[FloatArray]) -> FloatArray:
    value = parts[0]
    if gap.combine == "mean":
        return np.asarray(sum(parts[1:], start=value) / len(parts))
    worse = np.maximum if gap.spread == "difference" else np.minimum
    for part in parts[1:]:
        value = worse(value, part)
    return value
