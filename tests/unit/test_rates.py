"""Rates: the worked numbers, the identities between them, and what is undefined."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from fairlab.errors import UnknownNameError
from fairlab.metrics import RATES
from fairlab.outcomes import Counts


def counts_of(*groups):
    """Counts from (tp, fp, fn, tn) per group."""
    tp, fp, fn, tn = np.array(groups).T
    return Counts(tp, fp, fn, tn, tuple("ABCDEFGH"[: len(groups)]))


LOAN = counts_of((40, 30, 5, 25), (30, 10, 20, 40))
FRAUD = counts_of((450, 50, 30, 470), (180, 70, 120, 630))

cells = st.integers(0, 6)
tables = st.lists(st.tuples(cells, cells, cells, cells), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("counts", "name", "expected"),
    [
        (LOAN, "selection_rate", (0.70, 0.40)),
        (LOAN, "base_rate", (0.45, 0.50)),
        (LOAN, "accuracy", (0.65, 0.70)),
        (LOAN, "tpr", (8 / 9, 0.60)),
        (LOAN, "fpr", (6 / 11, 0.20)),
        (LOAN, "ppv", (4 / 7, 0.75)),
        (LOAN, "npv", (25 / 30, 40 / 60)),
        (LOAN, "fn_fp_ratio", (5 / 30, 2.0)),
        (LOAN, "f1", (80 / 115, 60 / 90)),
        (LOAN, "balanced_accuracy", ((8 / 9 + 5 / 11) / 2, 0.70)),
        (LOAN, "mean_residual", (0.25, -0.10)),
        (FRAUD, "selection_rate", (0.50, 0.25)),
        (FRAUD, "tpr", (0.9375, 0.60)),
        (FRAUD, "fpr", (5 / 52, 0.10)),
        (FRAUD, "ppv", (0.90, 0.72)),
        (FRAUD, "base_rate", (0.48, 0.30)),
    ],
)
def test_worked_numbers(counts, name, expected):
    """The loan and fraud examples give the rates computed by hand."""
    assert_allclose(RATES[name](counts), expected, rtol=1e-15)


@given(tables)
def test_complements_add_to_one(table):
    """TPR + FNR, FPR + TNR, PPV + FDR and NPV + FOR are 1 wherever they are defined."""
    counts = counts_of(*table)
    for one, other in (
        ("tpr", "fnr"),
        ("fpr", "tnr"),
        ("ppv", "fdr"),
        ("npv", "false_omission_rate"),
    ):
        total = RATES[one](counts) + RATES[other](counts)
        assert_allclose(total[~np.isnan(total)], 1)
        assert (np.isnan(RATES[one](counts)) == np.isnan(RATES[other](counts))).all()


@given(tables)
def test_undefined_exactly_where_the_denominator_is_zero(table):
    """A rate is NaN if and only if its denominator is 0: never 0, never infinite."""
    counts = counts_of(*table)
    for rate in RATES.values():
        value = rate(counts)
        assert (np.isnan(value) == (np.asarray(rate.denominator(counts)) == 0)).all(), rate.name
        assert not np.isinf(value).any()


@given(tables)
def test_shares_are_shares(table):
    """Rates marked as shares count some of the people their denominator counts."""
    counts = counts_of(*table)
    for rate in RATES.values():
        if rate.share:
            k, n = rate.numerator(counts), rate.denominator(counts)
            assert ((k >= 0) & (k <= n)).all()
            assert (n <= counts.n).all()


@given(tables)
def test_chouldechova_identity(table):
    """FPR = p/(1−p) · (1−PPV)/PPV · TPR wherever every term is defined (Chouldechova 2017)."""
    counts = counts_of(*table)
    p, ppv = RATES["base_rate"](counts), RATES["ppv"](counts)
    tpr, fpr = RATES["tpr"](counts), RATES["fpr"](counts)
    with np.errstate(all="ignore"):
        right = p / (1 - p) * (1 - ppv) / ppv * tpr
    defined = np.isfinite(right)
    assert_allclose(fpr[defined], right[defined], atol=1e-12)


@given(tables, st.integers(1, 3))
def test_leading_axes_broadcast(table, draws):
    """Counts with a leading axis give, row by row, the rates of each row."""
    counts = counts_of(*table)
    stacked = Counts(*(np.stack([f] * draws) for f in (counts.tp, counts.fp, counts.fn, counts.tn)))
    for rate in RATES.values():
        value = rate(stacked)
        assert value.shape == (draws, len(table))
        assert_allclose(value[-1], rate(counts))


def test_fractional_weights_are_not_rounded():
    """Weighted counts below one person keep their ratio: 0.2 of 0.4 is a half."""
    counts = counts_of((0.2, 0.1, 0.2, 0.1))
    assert_allclose(RATES["tpr"](counts), [0.5])


def test_undefined_says_who_and_what():
    """The sentence shown instead of a number names the group and the missing condition."""
    assert RATES["tpr"].undefined("women") == (
        "undefined: no one in women has the favourable outcome"
    )
    assert RATES["ppv"].undefined("men") == "undefined: no one in men is selected"


def test_every_rate_can_be_shown():
    """Each entry is registered under its own name, with words for a page."""
    for name, rate in RATES.items():
        assert rate.name == name
        assert rate.label
        assert rate.definition.endswith(".")


@given(tables)
def test_mean_residual_is_selection_rate_minus_base_rate(table):
    """(fp − fn) / n, signed, whatever the counts."""
    counts = counts_of(*table)
    residual = RATES["selection_rate"](counts) - RATES["base_rate"](counts)
    assert_allclose(RATES["mean_residual"](counts), residual, atol=1e-12)


def test_unknown_rate_lists_known_names():
    """A misspelt rate is answered with the closest known name."""
    with pytest.raises(UnknownNameError, match="tpr"):
        RATES["trp"]
