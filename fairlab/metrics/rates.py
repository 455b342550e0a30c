"""Rates of a group: one numerator and one denominator over counts, one line each.

From that pair follow the value, the number of people behind it, its interval, where it is
undefined, and its course along a threshold sweep. The false omission rate is spelled out
because its usual abbreviation is a word of the language.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from fairlab.language import told_fields
from fairlab.outcomes import Counts, FloatArray
from fairlab.registry import Registry

Given = Literal["nothing", "label", "decision"]


@told_fields("label", "definition")
@dataclass(frozen=True, slots=True)
class Rate:
    """A ratio of two functions of counts, NaN where the denominator is 0.

    Attributes:
        name: Key in :data:`RATES`.
        label: Name on screen, starting a sentence.
        definition: What it is, as a share of whom, in words.
        numerator, denominator: Functions of counts; (..., G) in, (..., G) out.
        condition: What nobody does or is when the denominator is 0: "no one in <group> …".
        given: What the denominator fixes. Decides what a permutation may exchange.
        share: True when the numerator counts some of the people the denominator counts, so
            that the rate lies in [0, 1] and a binomial interval applies. The mean residual lies
            in [−1, 1].
    """

    name: str
    label: str
    definition: str
    numerator: Callable[[Counts], Any]
    denominator: Callable[[Counts], Any]
    condition: str
    given: Given = "nothing"
    share: bool = True

    def __call__(self, counts: Counts) -> FloatArray:
        """Rate of every group, shape (..., G), float64; NaN where the denominator is 0."""
        numerator, denominator = self.numerator(counts), self.denominator(counts)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.true_divide(numerator, denominator)
        if not self.share:
            value = np.where(np.isinf(value), np.nan, value)
        return np.asarray(value, dtype=np.float64)

    def undefined(self, group: str) -> str:
        """The sentence shown instead of a number for a group without a denominator."""
        return f"undefined: no one in {group} {self.condition}"


def _selected(c: Counts) -> Any:
    return c.tp + c.fp


def _not_selected(c: Counts) -> Any:
    return c.fn + c.tn


def _favourable(c: Counts) -> Any:
    return c.tp + c.fn


def _unfavourable(c: Counts) -> Any:
    return c.fp + c.tn


def _balanced_numerator(c: Counts) -> Any:
    return c.tp * _unfavourable(c) + c.tn * _favourable(c)


_PRESENT = "is in the data"
_HAS = "has the favourable outcome"
_HAS_NOT = "has the unfavourable outcome"
_IS_SELECTED = "is selected"
_IS_NOT_SELECTED = "is not selected"

# fmt: off
_RATES = (
    Rate("selection_rate", "Selection rate", "Share of all people who are selected.",
         _selected, lambda c: c.n, _PRESENT),
    Rate("base_rate", "Base rate", "Share of all people whose outcome is favourable.",
         _favourable, lambda c: c.n, _PRESENT),
    Rate("accuracy", "Accuracy", "Share of all people whose decision agrees with their outcome.",
         lambda c: c.tp + c.tn, lambda c: c.n, _PRESENT),
    Rate("tpr", "True positive rate",
         "Share of people with the favourable outcome who are selected.",
         lambda c: c.tp, _favourable, _HAS, "label"),
    Rate("fpr", "False positive rate",
         "Share of people with the unfavourable outcome who are selected.",
         lambda c: c.fp, _unfavourable, _HAS_NOT, "label"),
    Rate("tnr", "True negative rate",
         "Share of people with the unfavourable outcome who are not selected.",
         lambda c: c.tn, _unfavourable, _HAS_NOT, "label"),
    Rate("fnr", "False negative rate",
         "Share of people with the favourable outcome who are not selected.",
         lambda c: c.fn, _favourable, _HAS, "label"),
    Rate("ppv", "Positive predictive value",
         "Share of selected people whose outcome is favourable.",
         lambda c: c.tp, _selected, _IS_SELECTED, "decision"),
    Rate("npv", "Negative predictive value",
         "Share of people not selected whose outcome is unfavourable.",
         lambda c: c.tn, _not_selected, _IS_NOT_SELECTED, "decision"),
    Rate("fdr", "False discovery rate",
         "Share of selected people whose outcome is unfavourable.",
         lambda c: c.fp, _selected, _IS_SELECTED, "decision"),
    Rate("false_omission_rate", "False omission rate",
         "Share of people not selected whose outcome is favourable.",
         lambda c: c.fn, _not_selected, _IS_NOT_SELECTED, "decision"),
    Rate("balanced_accuracy", "Balanced accuracy",
         "Mean of the true positive rate and the true negative rate.",
         _balanced_numerator, lambda c: 2 * _favourable(c) * _unfavourable(c),
         "has one of the two outcomes", "label", share=False),
    Rate("f1", "F1 score",
         "Harmonic mean of the true positive rate and the positive predictive value.",
         lambda c: 2 * c.tp, lambda c: 2 * c.tp + c.fp + c.fn,
         "is selected or has the favourable outcome", share=False),
    Rate("fn_fp_ratio", "False negatives per false positive",
         "People wrongly not selected for each person wrongly selected; any number from 0 up.",
         lambda c: c.fn, lambda c: c.fp, "is wrongly selected", share=False),
    Rate("mean_residual", "Mean residual",
         "Selection rate minus base rate, from −1 to 1: above 0, more people are selected than "
         "have the favourable outcome.",
         lambda c: c.fp - c.fn, lambda c: c.n, _PRESENT, share=False),
)
# fmt: on

RATES: Registry[Rate] = Registry("rate", {rate.name: rate for rate in _RATES})
