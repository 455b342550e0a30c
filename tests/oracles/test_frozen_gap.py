"""On a real table, the frozen rule misses its promise by no more than chance explains."""

import numpy as np
import pytest

from fairlab.config import LayerParams, SplitConfig, SweepConfig
from fairlab.data import load, prepare
from fairlab.data.task import PreparedData
from fairlab.training import fit_sweep


@pytest.fixture(scope="module")
def loans() -> PreparedData:
    """The built-in table, split once."""
    return prepare(load("loanapp"), SplitConfig(seed=1), ("sex",))


@pytest.mark.parametrize("constraint", ["demographic_parity", "equalized_odds", "accuracy_parity"])
def test_the_test_gap_of_mean_scores_is_within_two_over_root_n_of_the_promise(
    loans: PreparedData, constraint: str
) -> None:
    """n: test people in the smallest cell the constraint compares, counted here from the table."""
    config = SweepConfig(
        modes=("layer",),
        constraint=constraint,
        group_by=("sex",),
        layer=LayerParams(slacks=(1.0, 0.05, 0.0)),
        epochs=10,
        split=SplitConfig(seed=1),
    )
    result = fit_sweep(loans, config)
    test = loans.splits["test"]
    group = test.attributes["sex"].codes
    cell = group * 2 + test.y_true if constraint == "equalized_odds" else group
    smallest = int(np.bincount(cell)[np.unique(cell)].min())
    for point in result.points:
        meter = point.guarantee
        assert meter is not None
        assert meter.smallest_cell["test"] == smallest
        if point.baseline:
            continue
        measured = meter.score_gap["test"]
        assert measured is not None
        assert measured <= point.slack + 2 / np.sqrt(smallest)
        assert meter.notes == ()
