"""Our reductions against calling Fairlearn directly, and boosting against scikit-learn."""

import numpy as np
import pytest
from fairlearn.reductions import DemographicParity, EqualizedOdds, ExponentiatedGradient, GridSearch
from sklearn.linear_model import LogisticRegression

from fairlab.config import ModelConfig, PenaltyParams, ReductionParams, SweepConfig
from fairlab.training import fit_sweep
from tests.unit.training_people import prepared


def trained(name, constraint="demographic_parity", n_groups=2, **reductions):
    """One baseline and the people it was trained on."""
    data = prepared((400, 100, 200), n_groups)
    settings = SweepConfig(
        penalty=PenaltyParams(strengths=(0.0,)),
        model=ModelConfig(kind="logistic"),
        epochs=1,
        constraint=constraint,
        baselines=(name,),
        reductions=ReductionParams(**reductions),
    )
    return data, fit_sweep(data, settings)


@pytest.mark.parametrize(
    ("constraint", "moment", "n_groups"),
    [("demographic_parity", DemographicParity, 3), ("equalized_odds", EqualizedOdds, 2)],
)
def test_exponentiated_gradient_is_fairlearns(constraint, moment, n_groups):
    """Half the slack bounds the distance to everybody; the score is the mixture's probability."""
    data, result = trained("exponentiated_gradient", constraint, n_groups, slacks=(0.1,))
    train, test = data.splits["train"], data.splits["test"]
    peer = ExponentiatedGradient(
        LogisticRegression(max_iter=1000), moment(difference_bound=0.05), max_iter=50
    )
    peer.fit(train.features, train.y_true, sensitive_features=train.attributes["group"].codes)
    chance = peer._pmf_predict(test.features)[:, 1]
    np.testing.assert_allclose(result.splits["test"].score[1], chance, atol=1e-5)
    assert result.points[1].mixed == (peer.weights_ > 0).sum()


def test_grid_search_is_fairlearns():
    """Every model kept of the grid is the one at its place, with its own scores."""
    data, result = trained("grid_search", multipliers=7)
    train, test = data.splits["train"], data.splits["test"]
    peer = GridSearch(LogisticRegression(max_iter=1000), DemographicParity(), grid_size=7)
    peer.fit(train.features, train.y_true, sensitive_features=train.attributes["group"].codes)
    assert len(result.points) > 2
    for point in result.points[1:]:
        expected = peer.predictors_[point.place].predict_proba(test.features)[:, 1]
        np.testing.assert_allclose(result.splits["test"].score[point.index], expected, atol=1e-5)
