"""A model from a file, as scikit-learn and Fairlearn know models; drawn decisions among them."""

import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, selection_rate
from sklearn.base import clone, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.utils.estimator_checks import (
    check_estimator_repr,
    check_estimator_tags_renamed,
    check_get_params_invariance,
    check_valid_tag_types,
)
from sklearn.utils.validation import check_is_fitted

from fairlab.artefact import FairlabModel, load_model
from fairlab.config import RunConfig
from fairlab.data import open_task, read_people
from fairlab.data.task import TaskData
from fairlab.errors import InputError
from fairlab.reports.model_artefact import artefact_bytes
from fairlab.results import SweepResult
from fairlab.training import fit_sweep

SEED, DRAWN = 7, 1


@dataclass(frozen=True)
class Trained:
    """A penalty model and a rule that draws, on 400 made-up people."""

    data: TaskData
    result: SweepResult
    files: tuple[bytes, bytes]
    y: np.ndarray

    @property
    def frame(self) -> pd.DataFrame:
        return self.data.frame


@pytest.fixture(scope="module")
def trained() -> Trained:
    config = RunConfig.model_validate(
        {
            "data": {"source": "synthetic", "options": {"n": 400}},
            "task": {"label": "outcome", "favourable": ["yes"], "sensitive": ["group"]},
            "sweep": {
                "modes": ["penalty"],
                "penalty": {"strengths": [0.0]},
                "baselines": ["exponentiated_gradient"],
                "reductions": {"slacks": [0.1]},
                "model": {"kind": "logistic"},
                "epochs": 2,
                "seeds": [SEED],
            },
        }
    )
    data = open_task(config)
    result = fit_sweep(data, config)
    files = [artefact_bytes(config, result, data, index) for index in (0, DRAWN)]
    people = read_people(data.frame, data.task)
    assert len(people.rows) == len(data.frame)
    return Trained(data, result, (files[0], files[1]), people.y_true)


@pytest.fixture(scope="module")
def model(trained: Trained) -> FairlabModel:
    return load_model(trained.files[0])


@pytest.fixture(scope="module")
def drawn(trained: Trained) -> FairlabModel:
    return load_model(trained.files[DRAWN])


@pytest.mark.parametrize(
    "check",
    [
        check_estimator_repr,
        check_estimator_tags_renamed,
        check_get_params_invariance,
        check_valid_tag_types,
    ],
)
def test_it_passes_scikit_learns_checks_of_what_is_not_fitted(
    model: FairlabModel, check: object
) -> None:
    """Those that fit an estimator anew cannot apply."""
    check("FairlabModel", model)  # type: ignore[operator]


def test_it_is_a_fitted_classifier_and_stays_one_when_cloned(
    trained: Trained, model: FairlabModel
) -> None:
    copied = clone(model)
    assert is_classifier(model)
    assert copied is not model
    check_is_fitted(copied)
    assert list(copied.get_params()) == ["artefact"]
    np.testing.assert_array_equal(copied.predict(trained.frame), model.predict(trained.frame))
    again = FairlabModel(copy.copy(model.artefact))  # as joblib sends it to its processes
    np.testing.assert_array_equal(again.predict(trained.frame), model.predict(trained.frame))


def test_probabilities_and_decisions_go_together(trained: Trained, model: FairlabModel) -> None:
    chance = model.predict_proba(trained.frame)
    assert chance.shape == (len(trained.frame), 2)
    np.testing.assert_allclose(chance.sum(1), 1.0)
    np.testing.assert_array_equal(model.predict(trained.frame), chance[:, 1] >= 0.5)
    assert model.classes_.tolist() == [0, 1]
    assert roc_auc_score(trained.y, chance[:, 1]) > 0.6
    assert model.score(trained.frame, trained.y) == accuracy_score(
        trained.y, model.predict(trained.frame)
    )


def test_fairlearn_counts_the_same_rates(trained: Trained, model: FairlabModel) -> None:
    """MetricFrame on what the loaded model says agrees with the run's own selection rates."""
    part = trained.result.splits["test"]
    frame = trained.frame.iloc[part.rows]
    found = MetricFrame(
        metrics=selection_rate,
        y_true=part.y_true,
        y_pred=model.predict(frame),
        sensitive_features=frame["group"],
    ).by_group
    for code, name in enumerate(part.attributes["group"].names):
        own = part.score[0][part.attributes["group"].codes == code]
        assert found[name] == pytest.approx((own >= 0.5).mean(), abs=1e-12)


def test_it_cannot_be_fitted_again_and_says_what_to_do(
    trained: Trained, model: FairlabModel
) -> None:
    with pytest.raises(InputError, match="FrozenEstimator"):
        model.fit(trained.frame, trained.y)
    frozen = FrozenEstimator(model).fit(trained.frame, trained.y)
    np.testing.assert_array_equal(frozen.predict(trained.frame), model.predict(trained.frame))


def test_columns_may_come_in_any_order_and_the_index_is_kept(
    trained: Trained, model: FairlabModel
) -> None:
    frame = trained.frame.head(20)[::-1]
    turned = frame[frame.columns[::-1]]
    found = model.decide(turned)
    assert found.index.tolist() == frame.index.tolist()
    np.testing.assert_array_equal(found["score"], model.decide(frame)["score"])
    assert set(model.feature_names_in_) <= set(trained.frame.columns) - {"group", "outcome"}
    assert model.n_features_in_ == len(model.feature_names_in_)


def test_drawn_decisions_repeat_with_the_seed_and_follow_the_chances(
    trained: Trained, drawn: FairlabModel
) -> None:
    """One draw per seed; a chance of 0 or 1 is no luck; many draws come to the chances."""
    own = drawn.decide(trained.frame)
    scored = trained.result.scored(DRAWN, "test")
    rows = trained.result.splits["test"].rows
    np.testing.assert_array_equal(own["decision"].to_numpy()[rows], scored.score)
    assert own["decision"].equals(drawn.decide(trained.frame, seed=SEED)["decision"])
    chance = own["score"].to_numpy()
    several = np.array(
        [drawn.decide(trained.frame, seed=s)["decision"].to_numpy(dtype=float) for s in range(60)]
    )
    certain = np.isin(chance, (0.0, 1.0))
    assert (several[:, certain] == chance[certain]).all()
    between = ~certain
    if between.any():
        assert abs(several[:, between].mean() - chance[between].mean()) < 0.1
    assert "Decisions are drawn" in " ".join(drawn.sentences_)


def test_whoever_cannot_be_decided_is_named_by_predict(trained: Trained) -> None:
    """predict refuses rather than guess; decide gives everybody else and the reason."""
    from fairlab.config import GroupCuts

    config = RunConfig.model_validate(
        {
            "data": trained.data.data.model_dump(),
            "task": trained.data.task.model_dump(),
            "sweep": {"model": {"kind": "logistic"}},
        }
    )
    names = trained.result.splits["test"].attributes["group"].names
    cuts = GroupCuts(by=("group",), cuts=tuple(0.3 + 0.2 * i for i in range(len(names))))
    content = artefact_bytes(config, trained.result, trained.data, 0, cuts=cuts)
    strict = load_model(content)
    people = trained.frame.head(5).copy()
    people.loc[people.index[2], "group"] = None
    with pytest.raises(InputError, match="1 person cannot be decided \\('group' is missing\\)"):
        strict.predict(people)
    assert strict.decide(people)["decision"].isna().tolist() == [False, False, True, False, False]
    assert "'group' is missing" in strict.decide(people).attrs["notes"][-1]


def test_it_opens_from_path_and_bytes(trained: Trained, tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    path.write_bytes(trained.files[0])
    for source in (path, str(path), trained.files[0]):
        assert load_model(source).artefact.record.run.model == 0
