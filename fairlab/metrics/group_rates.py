"""A rate of every group and of everyone, as records with intervals."""

from dataclasses import dataclass, replace

import numpy as np

from fairlab.language import SOURCE, speaking, told_fields
from fairlab.metrics.gaps import optional
from fairlab.metrics.intervals import wilson
from fairlab.metrics.rates import Rate
from fairlab.metrics.resampling import percentile_interval
from fairlab.outcomes import Counts, FloatArray, GroupedOutcomes


@dataclass(frozen=True, slots=True)
class GroupRate:
    """One rate of one group; None where it is undefined.

    Attributes:
        group: Its name.
        value: The rate.
        numerator, n: What it is a ratio of: people, or total weight.
        lower, upper: Interval: Wilson for shares of people, resampled for other ratios.
        why: "undefined: no one in … …" when there is no value, else "".
    """

    group: str
    value: float | None
    numerator: float
    n: float
    lower: float | None
    upper: float | None
    why: str = ""


@told_fields("label")
@dataclass(frozen=True, slots=True)
class RateResult:
    """One rate of every group and of everyone together."""

    name: str
    label: str
    groups: tuple[GroupRate, ...]
    everyone: GroupRate

    def __getitem__(self, group: str) -> GroupRate:
        """The rate of a group by name.

        Raises:
            KeyError: For a name that is no group; lists the known ones.
        """
        for rate in self.groups:
            if rate.group == group:
                return rate
        known = ", ".join(rate.group for rate in self.groups)
        raise KeyError(f"There is no group named {group!r}. Known: {known}.")


def rate_result(
    rate: Rate, counts: Counts, resampled: Counts, effective: FloatArray | None, level: float
) -> RateResult:
    """One rate with its intervals: Wilson's for shares of people, resampled for other ratios.

    Args:
        rate: The rate.
        counts: Fields of shape (G,).
        resampled: Draws of them, (draws, G).
        effective: (G,) effective numbers of people, for weighted counts.
        level: Confidence level.
    """
    shrink = None if effective is None else effective / np.where(counts.n > 0, counts.n, 1)
    whole = None
    if effective is not None:
        whole = np.array([effective_together(counts, effective) / counts.n.sum()])
    everyone = _group_rates(rate, counts.overall(), resampled.overall(), whole, level)
    groups = _group_rates(rate, counts, resampled, shrink, level)
    with speaking(SOURCE):  # kept and shared; told in the language in use when it is read
        label = rate.label
    return RateResult(rate.name, label, groups, everyone[0])


def _group_rates(
    rate: Rate, counts: Counts, resampled: Counts, shrink: FloatArray | None, level: float
) -> tuple[GroupRate, ...]:
    value = rate(counts)
    numerator, n = np.asarray(rate.numerator(counts)), np.asarray(rate.denominator(counts))
    if rate.share:
        scale = 1.0 if shrink is None else shrink
        lower, upper = wilson(np.minimum(numerator, n) * scale, n * scale, level)
    else:
        draws = rate(resampled)
        bounds = [percentile_interval(draws[:, g], level) for g in range(len(value))]
        lower, upper = np.array(bounds).T
    return tuple(
        GroupRate(
            group=name,
            value=optional(value[g]),
            numerator=numerator[g].item(),
            n=n[g].item(),
            lower=optional(lower[g]) if not np.isnan(value[g]) else None,
            upper=optional(upper[g]) if not np.isnan(value[g]) else None,
            why=rate.undefined(name) if np.isnan(value[g]) else "",
        )
        for g, name in enumerate(counts.group_names)
    )


def equal_weights_aside(outcomes: GroupedOutcomes) -> GroupedOutcomes:
    """People whose weights are all the same, without them: no rate or gap depends on such weights.

    Others, and people without weights, come back as they are.
    """
    weight = outcomes.weight
    if weight is None or not np.allclose(weight, weight[0], rtol=1e-9, atol=0.0):
        return outcomes
    return replace(outcomes, weight=None)


def effective_people(outcomes: GroupedOutcomes) -> FloatArray | None:
    """Kish's (Σw)² / Σw² per group; None without weights."""
    if outcomes.weight is None:
        return None
    total = np.bincount(outcomes.group, outcomes.weight, minlength=outcomes.n_groups)
    squares = np.bincount(outcomes.group, outcomes.weight**2, minlength=outcomes.n_groups)
    return np.divide(total**2, squares, out=np.zeros_like(total), where=squares > 0)


def effective_together(counts: Counts, effective: FloatArray) -> float:
    """Kish's number for all groups together, from theirs: groups may weigh differently."""
    squares = np.divide(counts.n**2, effective, out=np.zeros(len(effective)), where=counts.n > 0)
    return float(counts.n.sum() ** 2 / squares.sum())
