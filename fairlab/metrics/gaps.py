"""Gaps between groups: how far apart the groups' rates are, unsigned, as functions of counts.

A difference is ``max − min`` over groups and 0 means equal; a ratio is ``min / max`` and 1 means
equal. Groups whose rate is undefined are left out, by name; with fewer than two defined groups
the gap is undefined (NaN in arrays, None in records).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fairlab.errors import InputError
from fairlab.language import inside, told_fields, tr, translated
from fairlab.metrics.rates import RATES, Rate
from fairlab.outcomes import Counts, FloatArray
from fairlab.registry import Registry

Spread = Literal["difference", "ratio"]
Combine = Literal["one", "worst", "mean"]


@dataclass(frozen=True, slots=True)
class PartResult:
    """The spread of one rate over the groups.

    Attributes:
        rate: Name in ``RATES``.
        value: Spread, or None with fewer than two defined groups.
        highest, lowest: Groups with the highest and the lowest rate; None if undefined.
        left_out: Groups whose rate is undefined.
    """

    rate: str
    value: float | None
    highest: str | None
    lowest: str | None
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GapResult:
    """One gap of one population. What cannot be computed is None.

    Attributes:
        name: Name in ``GAPS``.
        value: Differences in [0, ∞), ratios in [0, 1]; None if undefined.
        highest, lowest: The two groups that set it (the first and the last of those that tie).
        rate: Which rate set it (for combined gaps, the part farthest from equal).
        left_out: Groups left out because a rate of theirs is undefined.
        parts: The spread of each rate that enters.
        to_overall: The same gap measured from the whole population instead of between groups.
        lower, upper: Interval, when computed: percentiles of resampled counts, or closed-form;
            reaches "no gap" when chance alone would make such a gap (``gap_intervals.py``).
        interval: How: ``resampled``; ``newcombe`` where a rate of exactly 0 or 1 would make
            resampled counts look too sure; "" when there is none.
        bias: Mean of the resampled gaps minus the value: the spread of few people is too wide.
        p_value: Permutation p-value of "no gap".
        hidden: Why a value that exists is not shown; "" otherwise.
    """

    name: str
    value: float | None
    highest: str | None
    lowest: str | None
    rate: str
    left_out: tuple[str, ...]
    parts: tuple[PartResult, ...]
    to_overall: float | None
    lower: float | None = None
    upper: float | None = None
    bias: float | None = None
    p_value: float | None = None
    interval: str = ""
    hidden: str = ""

    @property
    def why_undefined(self) -> str:
        """Why there is no value, in a sentence; "" when there is one."""
        if self.value is not None or self.hidden:
            return self.hidden
        part = next(p for p in self.parts if p.value is None)
        rate = RATES[part.rate]
        if not part.left_out:
            return tr("Undefined: the {rate} cannot be compared here.", rate=inside(rate.label))
        condition = translated(rate.condition)
        return tr(
            "Undefined: fewer than two groups have a {rate} ({reasons}).",
            rate=inside(rate.label),
            reasons="; ".join(
                tr("no one in {group} {condition}", group=g, condition=condition)
                for g in part.left_out
            ),
        )


@told_fields("label", "definition")
@dataclass(frozen=True, slots=True)
class Gap:
    """A gap as a function of counts.

    Attributes:
        name: Key in :data:`GAPS`.
        label: Name on screen.
        definition: What it is, in words.
        rates: The rates compared.
        spread: ``difference`` (0 is equal) or ``ratio`` (1 is equal).
        combine: How several rates become one number: ``worst`` (largest difference, smallest
            ratio) or ``mean``; ``one`` for a single rate.
    """

    name: str
    label: str
    definition: str
    rates: tuple[Rate, ...]
    spread: Spread = "difference"
    combine: Combine = "one"

    @property
    def equal(self) -> float:
        """The value that means "no gap": 0 for differences, 1 for ratios."""
        return 0.0 if self.spread == "difference" else 1.0

    def __call__(self, counts: Counts) -> FloatArray:
        """Gap between groups, shape (...): the leading axes of the counts. NaN if undefined."""
        return self.of([rate(counts) for rate in self.rates])

    def of(self, values: Sequence[FloatArray]) -> FloatArray:
        """The same from values of its rates, each (..., G), in the order of :attr:`rates`."""
        return self._combined([_between(value, self.spread) for value in values])

    def to_overall(self, counts: Counts) -> FloatArray:
        """Largest deviation of a group from the whole population, shape (...).

        Differences are ``max |rate − overall|``; ratios the smallest of ``rate / overall`` and
        its inverse. NaN with fewer than two defined groups.
        """
        everyone = counts.overall()
        return self._combined(
            [_from_overall(rate(counts), rate(everyone), self.spread) for rate in self.rates]
        )

    def result(self, counts: Counts) -> GapResult:
        """The gap of one population with the groups that set it.

        Args:
            counts: Fields of shape (G,).

        Raises:
            InputError: If counts have leading axes.
        """
        if len(counts.shape) != 1:
            raise InputError(
                f"A gap result speaks of one population; found counts of shape {counts.shape}. "
                "Pick one threshold or draw first, or call the gap itself for all of them."
            )
        parts = tuple(_part(rate, counts, self.spread) for rate in self.rates)
        leading = self._leading(parts)
        left_out = dict.fromkeys(group for part in parts for group in part.left_out)
        value = optional(self(counts))
        return GapResult(
            name=self.name,
            value=value,
            highest=None if value is None else leading.highest,
            lowest=None if value is None else leading.lowest,
            rate=leading.rate,
            left_out=tuple(left_out),
            parts=parts,
            to_overall=optional(self.to_overall(counts)),
        )

    def _combined(self, parts: list[FloatArray]) -> FloatArray:
        value = parts[0]
        if self.combine == "mean":
            return np.asarray(sum(parts[1:], start=value) / len(parts))
        worse = np.maximum if self.spread == "difference" else np.minimum
        for part in parts[1:]:
            value = worse(value, part)
        return value

    def _leading(self, parts: tuple[PartResult, ...]) -> PartResult:
        defined = [part for part in parts if part.value is not None]
        if not defined:
            return parts[0]

        def distance(part: PartResult) -> float:
            return 0.0 if part.value is None else abs(part.value - self.equal)

        return max(defined, key=distance)


def optional(value: float | FloatArray | np.floating) -> float | None:
    """A number as a record holds it: None instead of NaN."""
    number = float(value)
    return None if np.isnan(number) else number


def _extremes(value: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest over the last axis, undefined ones left out; NaN below two defined."""
    groups = value.shape[-1]
    if groups < 2:
        nothing = np.full(value.shape[:-1], np.nan)
        return nothing, nothing
    low = high = value[..., 0]
    for g in range(1, groups):
        low, high = np.fmin(low, value[..., g]), np.fmax(high, value[..., g])
    undefined = np.isnan(value)
    if undefined.any():
        too_few = groups - undefined.sum(axis=-1) < 2
        low, high = np.where(too_few, np.nan, low), np.where(too_few, np.nan, high)
    return low, high


def _between(value: FloatArray, spread: Spread) -> FloatArray:
    low, high = _extremes(value)
    if spread == "difference":
        return np.asarray(high - low)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(low / high)


def _from_overall(value: FloatArray, overall: FloatArray, spread: Spread) -> FloatArray:
    if spread == "difference":
        return _extremes(np.abs(value - overall))[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = value / overall
        ratio = np.where(ratio > 1, 1 / ratio, ratio)
    return _extremes(ratio)[0]


def _part(rate: Rate, counts: Counts, spread: Spread) -> PartResult:
    value = rate(counts)
    names = counts.group_names
    if not names:
        names = tuple(f"group {g}" for g in range(len(value)))
    defined = np.flatnonzero(~np.isnan(value))
    backwards = defined[::-1]  # so that groups that all tie are still named as two
    left_out = tuple(names[g] for g in np.flatnonzero(np.isnan(value)))
    if len(defined) < 2:
        return PartResult(rate.name, None, None, None, left_out)
    return PartResult(
        rate=rate.name,
        value=optional(_between(value, spread)),
        highest=names[defined[np.argmax(value[defined])]],
        lowest=names[backwards[np.argmin(value[backwards])]],
        left_out=left_out,
    )


_ODDS = (RATES["tpr"], RATES["fpr"])


def _gap(name: str, label: str, definition: str, *rates: str, spread: Spread = "difference") -> Gap:
    return Gap(name, label, definition, tuple(RATES[rate] for rate in rates), spread)


# fmt: off
_GAPS = (
    _gap("demographic_parity_difference", "Demographic parity difference",
         "Highest minus lowest selection rate.", "selection_rate"),
    _gap("demographic_parity_ratio", "Demographic parity ratio",
         "Lowest selection rate divided by the highest.", "selection_rate", spread="ratio"),
    _gap("equal_opportunity_difference", "Equal opportunity difference",
         "Highest minus lowest true positive rate.", "tpr"),
    _gap("predictive_equality_difference", "Predictive equality difference",
         "Highest minus lowest false positive rate.", "fpr"),
    Gap("equalized_odds_difference", "Equalized odds difference",
        "The larger of the true positive rate gap and the false positive rate gap.",
        _ODDS, "difference", "worst"),
    Gap("average_absolute_odds_difference", "Average absolute odds difference",
        "Mean of the true positive rate gap and the false positive rate gap, both unsigned.",
        _ODDS, "difference", "mean"),
    Gap("equalized_odds_ratio", "Equalized odds ratio",
        "The smaller of the true positive rate ratio and the false positive rate ratio.",
        _ODDS, "ratio", "worst"),
    _gap("predictive_parity_difference", "Predictive parity difference",
         "Highest minus lowest positive predictive value.", "ppv"),
    _gap("accuracy_difference", "Accuracy difference",
         "Highest minus lowest accuracy.", "accuracy"),
    _gap("treatment_equality_difference", "Treatment equality difference",
         "Highest minus lowest number of false negatives per false positive.", "fn_fp_ratio"),
    _gap("balanced_accuracy_difference", "Balanced accuracy difference",
         "Highest minus lowest balanced accuracy.", "balanced_accuracy"),
    _gap("negative_predictive_value_difference", "Negative predictive value difference",
         "Highest minus lowest negative predictive value; also the false omission rate gap.",
         "npv"),
    _gap("base_rate_difference", "Base rate difference",
         "Highest minus lowest share of favourable outcomes. A fact of the data, not of the "
         "decisions.", "base_rate"),
    _gap("mean_residual_difference", "Mean residual difference",
         "Highest minus lowest of selection rate minus base rate: whether decisions exceed the "
         "favourable outcomes of one group by more than another's. From 0 to 2.", "mean_residual"),
)
# fmt: on

GAPS: Registry[Gap] = Registry("gap", {gap.name: gap for gap in _GAPS})
