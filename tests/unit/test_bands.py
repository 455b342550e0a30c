"""Bands along a sweep: exact gaps, resampled histograms, coverage at each threshold."""

import numpy as np
import pytest
from scipy.stats import binom, norm

from fairlab.errors import InputError
from fairlab.metrics import GAPS
from fairlab.outcomes import GroupedOutcomes, count
from fairlab.sweeps import bands as bands_module
from fairlab.sweeps import exact_sweep, gap_bands, resampled_sweep

FOUR = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "predictive_parity_difference",
    "demographic_parity_ratio",
)


def _people(seed, n=300, shift=0.4, base=(0.5, 0.3), weight=None):
    rng = np.random.default_rng(seed)
    group = np.repeat([0, 1], n)
    label = (rng.random(2 * n) < np.array(base)[group]).astype(int)
    score = rng.normal(shift * group + 1.2 * label, 1)
    return GroupedOutcomes.from_arrays(
        y_true=label, score=score, group=group, group_names=("A", "B"), weight=weight
    )


def test_values_are_the_exact_gaps_at_thresholds_of_the_sweep():
    """Every value is the gap counted at that threshold, selected iff score >= threshold."""
    people = _people(0, n=60)
    found = gap_bands(exact_sweep(people), FOUR, size=20)
    assert found.values.shape == found.lower.shape == found.upper.shape == (20, 4)
    assert found.thresholds[-1] == np.inf
    for t, values in zip(found.thresholds, found.values, strict=True):
        for name, value in zip(FOUR, values, strict=True):
            np.testing.assert_array_equal(value, GAPS[name](count(people, float(t))))


def test_ends_hold_their_value_and_nobody_selected_is_certain():
    """Bands contain the gap found wherever it is defined; at +inf no one can be selected."""
    found = gap_bands(exact_sweep(_people(1)), FOUR, size=80)
    known = ~np.isnan(found.lower)
    inside = (found.lower <= found.values + 1e-12) & (found.values <= found.upper + 1e-12)
    assert inside[known].all()
    assert (found.lower[known] >= 0).all()
    assert (found.upper[:, 3][known[:, 3]] <= 1).all()
    assert found.lower[-1, 0] == found.upper[-1, 0] == 0
    assert np.isnan(found.values[-1, 2])
    assert np.isnan(found.lower[-1, 2])


def test_a_rate_of_0_is_not_certain():
    """Where no one of a group is selected, or all are, the band is Newcombe's and not a point."""
    people = _people(2, n=30, shift=0.0)
    found = gap_bands(exact_sweep(people), ("demographic_parity_difference",), size=1000)
    assert found.values[0, 0] == 0  # everyone is selected
    assert found.upper[0, 0] > 0.08


def test_bands_agree_with_a_bootstrap_of_rows():
    """Away from no gap the band is the percentile interval of people drawn with replacement."""
    people = _people(3, n=400, shift=1.0)
    sweep = exact_sweep(people)
    found = gap_bands(sweep, FOUR, size=9, draws=4000)
    middle = 4
    threshold = float(found.thresholds[middle])
    rng = np.random.default_rng(0)
    rows = [rng.integers(g * 400, (g + 1) * 400, size=(3000, 400)) for g in (0, 1)]
    selected = people.score >= threshold
    shares = [selected[r].mean(axis=1) for r in rows]
    low, high = np.quantile(np.abs(shares[0] - shares[1]), [0.025, 0.975])
    assert found.lower[middle, 0] == pytest.approx(low, abs=0.006)
    assert found.upper[middle, 0] == pytest.approx(high, abs=0.006)


@pytest.mark.parametrize("shift", [0.0, 0.4])
def test_coverage_at_each_threshold(shift):
    """A 95 % band contains the true gap at its threshold in about 95 % of samples.

    Plain percentiles fail here when groups are alike (they cover 0 hardly ever).
    """
    base, times = (0.4, 0.4), 150
    hits = np.zeros(2)
    for seed in range(times):
        found = gap_bands(
            exact_sweep(_people(seed, shift=shift, base=base)),
            ("demographic_parity_difference", "equal_opportunity_difference"),
            size=7,
            draws=200,
            seed=seed,
        )
        t = found.thresholds[3]
        tpr = norm.sf(t - 1.2 - np.array([0.0, shift]))
        fpr = norm.sf(t - np.array([0.0, shift]))
        truth = np.ptp([0.4 * tpr + 0.6 * fpr, tpr], axis=1)
        hits += (found.lower[3] <= truth + 1e-12) & (truth <= found.upper[3])
    assert (hits >= binom.ppf(0.001, times, 0.93)).all(), hits / times
    # Groups that are alike are contained a little more often than promised, never always.
    assert (hits < times).any(), hits / times


def test_chunks_change_nothing(monkeypatch):
    """Draws made in small pieces are the same draws."""
    sweep = exact_sweep(_people(4, n=50))
    at_once = gap_bands(sweep, FOUR, size=20, draws=100)
    monkeypatch.setattr(bands_module, "AT_ONCE", 500)
    in_pieces = gap_bands(sweep, FOUR, size=20, draws=100)
    np.testing.assert_array_equal(at_once.lower, in_pieces.lower)
    np.testing.assert_array_equal(at_once.upper, in_pieces.upper)


def test_resampled_populations_are_populations():
    """In every draw counts fall from everyone to nobody, and bins vary as Poisson counts do."""
    sweep = exact_sweep(_people(5, n=80)).downsample(12)
    drawn = resampled_sweep(sweep, 3000, np.random.default_rng(0))
    assert (np.diff(drawn.tp, axis=1) <= 0).all()
    assert (drawn.tp[:, -1] == 0).all()
    assert (drawn.fn[:, 0] == 0).all()
    favourable = drawn.tp + drawn.fn
    assert (favourable == favourable[:, :1]).all()
    np.testing.assert_allclose(drawn.tp.mean(axis=0), sweep.counts.tp, atol=0.7)
    np.testing.assert_allclose(drawn.fp.var(axis=0), sweep.counts.fp, rtol=0.15, atol=0.7)


def test_equal_weights_are_like_none_and_uneven_ones_widen():
    """Weights of 3 for all give the unweighted band; very uneven weights a wider one."""
    gap = ("demographic_parity_difference",)
    plain = gap_bands(exact_sweep(_people(6, shift=1.0)), gap, size=9, draws=2000)
    uneven = np.where(np.random.default_rng(0).random(600) < 0.1, 20.0, 0.5)
    widths = []
    for weight in (np.full(600, 3.0), uneven):
        people = _people(6, shift=1.0, weight=weight)
        found = gap_bands(exact_sweep(people), gap, size=9, draws=2000, outcomes=people)
        widths.append((found.upper - found.lower)[4, 0])
    width = (plain.upper - plain.lower)[4, 0]
    assert widths[0] == width
    assert widths[1] > 1.8 * width


def test_weighted_bands_of_rates_at_0_or_1_are_not_lines():
    """Few people above a threshold, all or none of one group: the closed form, never [v, v]."""
    weight = np.exp(0.7 * np.random.default_rng(1).normal(size=600))
    people = _people(8, shift=1.0, weight=weight)
    found = gap_bands(exact_sweep(people), FOUR, size=200, outcomes=people)
    finite = np.isfinite(found.thresholds)
    known = ~np.isnan(found.lower) & finite[:, None]
    assert known.sum() > 500
    assert (found.upper - found.lower)[known].min() > 0.001
    assert (found.lower[known] <= found.values[known]).all()
    assert (found.values[known] <= found.upper[known]).all()


def test_weights_that_are_not_known_give_no_band():
    """A weighted sweep alone does not say how uneven its weights are: NaN and a reason."""
    people = _people(7, n=40, weight=np.full(80, 2.0))
    found = gap_bands(exact_sweep(people), FOUR, size=5)
    assert np.isnan(found.lower).all()
    assert np.isnan(found.upper).all()
    assert not np.isnan(found.values[:, 0]).any()
    assert "weights were not given" in found.notes[0]


def test_one_group_or_an_empty_one_is_undefined_not_zero():
    """Fewer than two groups: no gap and no band."""
    people = GroupedOutcomes.from_arrays(
        y_true=[0, 1, 1, 0], score=[0.1, 0.4, 0.4, 0.9], group=[0] * 4, group_names=("A", "B")
    )
    found = gap_bands(exact_sweep(people), FOUR)
    assert np.isnan(found.values).all()
    assert np.isnan(found.lower).all()


def test_the_same_seed_gives_the_same_bands_as_a_table():
    """Bands repeat; the table has one row per threshold and gap."""
    sweep = exact_sweep(_people(8, n=40))
    one, two = (gap_bands(sweep, FOUR, size=6, seed=3).to_frame() for _ in range(2))
    assert one.equals(two)
    assert len(one) == 6 * 4
    assert list(one["gap"][:4]) == list(FOUR)


@pytest.mark.parametrize(
    ("gaps", "options"),
    [((), {}), (FOUR, {"draws": 50}), (FOUR, {"level": 1.0}), (FOUR, {"size": 1})],
)
def test_what_cannot_be_drawn_is_refused(gaps, options):
    """No gap, too few draws, a level of 1 and a size below 2 are refused with a remedy."""
    with pytest.raises(InputError):
        gap_bands(exact_sweep(_people(9, n=20)), gaps, **options)
