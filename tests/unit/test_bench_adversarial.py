"""What ``bench adversarial`` calls smooth, far enough and picked, on curves made by hand."""

import numpy as np
import pytest

from benchmarks import adversarial
from benchmarks.adversarial import STRENGTHS, Curve, picked, shape
from fairlab.errors import InputError

N = len(STRENGTHS)


def curve(test, accuracy=None, flagged=(), noise=0.01):
    """Three seeds around the same gaps; validation as test."""
    gaps = np.array(test) + np.array([[-0.001], [0.0], [0.001]])
    right = np.tile(np.linspace(0.85, 0.80, N) if accuracy is None else accuracy, (3, 1))
    marked = np.zeros((3, N), dtype=bool)
    marked[:, list(flagged)] = True
    both = {"validation": gaps, "test": gaps}
    return Curve(both, {"validation": right, "test": right}, marked, np.full(3, noise), 0.76, 1.0)


def reached(found):
    return [figure.reached for figure in shape("a table", found)]


def test_a_falling_curve_reaches_everything():
    assert reached(curve(np.linspace(0.2, 0.02, N))) == [True] * 4


def test_a_rising_curve_is_not_monotone_and_goes_nowhere():
    found = shape("a table", curve(np.linspace(0.1, 0.2, N)))
    assert [figure.reached for figure in found] == [False, True, False, True]
    assert found[0].value == pytest.approx(1.0)


def test_one_wide_rise_is_found_though_the_rank_is_good():
    gaps = np.linspace(0.2, 0.02, N)
    gaps[5] = gaps[4] + 0.05
    found = shape("a table", curve(gaps))
    assert found[1].value == pytest.approx(5.0, abs=0.1)
    assert found[1].reached is False


def test_a_rise_within_the_noise_of_seeds_is_not_counted():
    gaps = np.tile(np.linspace(0.2, 0.02, N), (3, 1))
    gaps[0, 5] += 0.15
    both = {"validation": gaps, "test": gaps}
    flat = np.full((3, N), 0.8)
    accuracy = {"validation": flat, "test": flat}
    found = Curve(both, accuracy, np.zeros((3, N), bool), np.full(3, 0.01), 0.76, 1.0)
    assert shape("a table", found)[1].reached


def test_flagged_points_and_those_no_better_than_one_answer_do_not_count_as_reached():
    gaps = np.full(N, 0.2)
    gaps[-2:] = 0.0
    useless = np.full(N, 0.85)
    useless[-1] = 0.75
    assert reached(curve(gaps, useless))[2] is True
    assert reached(curve(gaps, useless, flagged=[N - 2]))[2] is False


def test_the_smallest_gap_is_picked_on_validation_and_judged_on_test():
    """A strength that is only lucky on test people is not what is reported."""
    made = curve(np.linspace(0.2, 0.02, N))
    lucky = made.gap["test"].copy()
    lucky[:, 2] = 0.001
    found = Curve(
        {"validation": made.gap["validation"], "test": lucky},
        made.accuracy, made.flagged, made.noise, made.one_answer, made.seconds,
    )  # fmt: skip
    assert shape("a table", found)[2].value == pytest.approx(2.0, abs=0.01)
    assert f"strength {STRENGTHS[-1]:g}" in shape("a table", found)[2].note


def test_the_most_accurate_within_the_level_on_validation_is_picked_else_the_narrowest():
    found = curve(np.linspace(0.2, 0.06, N))
    assert picked(found, 0.3) == pytest.approx((0.85, 0.2))
    assert picked(found, 0.02) == pytest.approx((0.80, 0.06))


def test_an_unknown_table_is_refused_by_name():
    with pytest.raises(InputError, match=r"no table 'nowhere'.*loanapp"):
        adversarial.main(tables=["nowhere"])
