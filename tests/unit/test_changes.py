"""The change of a gap between two models on the same people."""

import numpy as np
import pytest

from fairlab.errors import InputError
from fairlab.metrics import GAPS
from fairlab.outcomes import GroupedOutcomes, count
from fairlab.sweeps.changes import gap_change

DP = "demographic_parity_difference"


def people(score: object, n: int = 400, weight: object = None) -> GroupedOutcomes:
    rng = np.random.default_rng(1)
    return GroupedOutcomes.from_arrays(
        y_true=rng.integers(0, 2, n),
        score=score,
        group=np.arange(n) % 2,
        group_names=("a", "b", "nobody"),
        weight=weight,
    )


def scores(seed: int, shift: float = 0.0, n: int = 400) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.random(n) + shift * (np.arange(n) % 2)


@pytest.mark.parametrize("gap", list(GAPS))
def test_change_is_after_minus_before_for_every_gap(gap: str) -> None:
    before, after = people(scores(2, 0.4)), people(scores(3, 0.1))
    change = gap_change(before, after, gap, threshold_before=0.6, threshold_after=0.5, draws=200)
    wanted = GAPS[gap](count(after, 0.5)) - GAPS[gap](count(before, 0.6))
    assert change.value == pytest.approx(float(wanted), abs=1e-12)


def test_the_same_model_changes_nothing_for_sure() -> None:
    """The noise of the people cancels altogether."""
    model = people(scores(2, 0.4))
    change = gap_change(model, model, DP)
    assert (change.value, change.lower, change.upper) == (0.0, 0.0, 0.0)


def test_common_people_cancel() -> None:
    """Two models that differ for two people: the change is far surer than each gap is."""
    first = scores(2, 0.4)
    second = first.copy()
    moved = np.flatnonzero((first >= 0.5) & (np.arange(400) % 2 == 1))[:10]
    second[moved] = 0.0
    change = gap_change(people(first), people(second), DP)
    assert change.value == pytest.approx(-10 / 200)
    assert change.lower is not None
    assert change.upper is not None
    assert change.lower < change.value < change.upper < 0
    assert change.upper - change.lower < 0.1


def test_direction_is_mirrored_on_the_way_back() -> None:
    there = gap_change(people(scores(2, 0.4)), people(scores(2)), DP)
    back = gap_change(people(scores(2)), people(scores(2, 0.4)), DP)
    assert there.value is not None
    assert there.value < 0
    assert back.value == -there.value


def test_undefined_and_weighted_have_no_interval() -> None:
    """Nobody selected: no predictive value, hence no change; weights: no binomial draws."""
    nobody = people(np.zeros(400))
    assert gap_change(people(scores(2)), nobody, "predictive_parity_difference").value is None
    weight = np.full(400, 2.0)
    weighted = gap_change(people(scores(2), weight=weight), people(scores(3), weight=weight), DP)
    assert weighted.value is not None
    assert weighted.lower is None


def test_other_people_are_refused() -> None:
    with pytest.raises(InputError, match="different people"):
        gap_change(people(scores(2)), people(scores(2, n=398), n=398), DP)


def test_interval_of_a_change_covers_a_gap_that_opened_from_none() -> None:
    """Noise makes the first gap, truly 0, look wide, and the change from it look small."""
    rng = np.random.default_rng(4)
    group = np.repeat([0, 1], [150, 100])
    y = np.arange(250) % 2
    covered = 0
    for _ in range(100):
        before = rng.random(250)
        moved = before + 0.2 * (group == 1)
        first, second = (
            GroupedOutcomes.from_arrays(y_true=y, score=s, group=group) for s in (before, moved)
        )
        change = gap_change(first, second, "demographic_parity_difference", draws=300)
        assert change.lower is not None
        assert change.upper is not None
        covered += change.lower <= 0.2 <= change.upper
    assert covered >= 90
