"""The scores part of Audit: curves, recalibration with its effect, worst-calibrated subgroups."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import expit
from streamlit.testing.v1 import AppTest

from fairlab.metrics import GAPS, fit_recalibration
from fairlab.outcomes import count
from fairlab.reports.sentences.audit import points
from fairlab.results import Attribute, ScoredPeople, SweepResult
from tests.pages.test_audit_page import with_predictions, words_on

SUB_PARTS = ["Curves", "Recalibrate", "Subgroups"]


def made_up(n: int = 1500, **changes: object) -> ScoredPeople:
    """Scores of men of the south are far too low."""
    rng = np.random.default_rng(0)
    sex, region = rng.integers(0, 2, n), rng.integers(0, 3, n)
    truth = rng.normal(0.5 - 0.6 * sex, 1.2)
    given = {
        "y_true": (rng.random(n) < expit(truth)).astype(int),
        "score": expit(truth - 1.6 * sex * (region == 1)),
        "attributes": {
            "sex": Attribute(sex, ("women", "men")),
            "region": Attribute(region, ("*north*", "<b>south</b>", "west")),
        },
    }
    return ScoredPeople(**{**given, **changes})


def opened(app: AppTest, part: str) -> AppTest:
    app.segmented_control(key="audit.part").set_value("Scores").run()
    app.segmented_control(key="audit.scores.part").set_value(part).run()
    assert not app.exception, [error.message for error in app.exception]
    return app


@pytest.mark.parametrize("part", SUB_PARTS)
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"weight": np.linspace(0.5, 2, 1500)},
        {"score": np.linspace(-4, 4, 1500), "threshold": 0.0},
        {"score": np.arange(1500) % 10 + 1.0, "threshold": 5.0},
        {"y_true": np.ones(1500, dtype=int)},
        {"y_true": np.ones(1500, dtype=int), "score": np.linspace(-4, 4, 1500)},
        {"attributes": {"all": Attribute(np.zeros(1500, dtype=int), ("everyone there is",))}},
    ],
    ids=["scores", "weights", "logits", "deciles", "one outcome", "neither", "one group"],
)
def test_every_sub_part_opens_on_any_scores(part: str, changes: dict[str, object]) -> None:
    """Weights, logits, deciles, one outcome, one group: sentences or charts, never an error."""
    words = words_on(opened(with_predictions(made_up(**changes)), part))
    assert " nan" not in words.lower()
    assert "None" not in words


@pytest.mark.parametrize("part", SUB_PARTS)
def test_every_sub_part_opens_on_a_trained_model(
    part: str, open_page: Callable[..., AppTest], finished_run: str
) -> None:
    """A trained model's scores have all three."""
    opened(open_page("audit", run=finished_run, chosen=(1,)), part)


def test_few_people_are_told_that_it_cannot_be_told() -> None:
    """Forty people: no curve, no subgroup of thirty twice over, and it is said."""
    people = made_up(40)
    for part in ("Curves", "Recalibrate"):
        assert "We cannot tell" in words_on(opened(with_predictions(people), part))


def test_decisions_have_no_scores_part() -> None:
    """For decisions the part says that calibration has no meaning and shows no numbers."""
    decided = made_up(score=(np.arange(1500) % 2).astype(float), has_scores=False)
    app = with_predictions(decided)
    app.segmented_control(key="audit.part").set_value("Scores").run()
    assert "decisions but no scores" in words_on(app)
    assert not app.get("plotly_chart")


@pytest.mark.parametrize(
    "changes",
    [{}, {"score": np.linspace(-4, 4, 1500), "threshold": 0.0}],
    ids=["scores", "logits"],
)
@pytest.mark.parametrize("part", SUB_PARTS)
def test_hidden_cells_stay_hidden(part: str, changes: dict[str, object]) -> None:
    """With a group of a dozen and small cells hidden, no part lets its cells be worked out."""
    codes = np.where(np.arange(1500) < 12, 1, 0)
    few = {"few": Attribute(codes, ("many", "handful"))}
    app = with_predictions(made_up(attributes=few, **changes))
    app.toggle(key="audit.hide").set_value(True).run()
    words = words_on(opened(app, part))
    assert "small cells are hidden" in words
    if part != "Curves":
        assert "Not shown while small cells are hidden" in words
        assert not app.get("plotly_chart")


@pytest.mark.parametrize("part", SUB_PARTS)
def test_a_risk_is_read_as_one_minus_the_chance(part: str) -> None:
    """A risk from 0 to 1, whose sign was turned, gives the numbers of one minus the risk."""
    chances = made_up()
    risks = made_up(score=-(1 - chances.score), threshold=-0.5, higher_is_better=False)
    one = words_on(opened(with_predictions(chances), part)).split("Look closer")[0]
    other = words_on(opened(with_predictions(risks), part)).split("Look closer")[0]
    for start in ("Scores of ", "The farthest group", "Distance of scores"):
        lines = [line for line in one.splitlines() if line.startswith(start)]
        assert lines == [line for line in other.splitlines() if line.startswith(start)]


def test_a_trained_models_curves_come_from_validation_people(
    open_page: Callable[..., AppTest],
    finished_run: str,
    trained: tuple[object, SweepResult],
) -> None:
    """The gap after is that of test people under curves fitted on validation people."""
    app = opened(open_page("audit", run=finished_run, chosen=(1,)), "Recalibrate")
    result = trained[1]
    test, other = (result.scored(1, split).outcomes() for split in ("test", "validation"))
    fit = fit_recalibration(other, "isotonic")
    expected = float(GAPS["equal_opportunity_difference"](count(fit.to_outcomes(test), 0.5)))
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Gap in true positive rates"] == points(expected)
    assert f"fitted on {other.n:,} validation people" in words_on(app)


def test_uploaded_predictions_are_cross_fitted_and_it_is_said() -> None:
    """Without validation people each person's score comes from the others."""
    words = words_on(opened(with_predictions(made_up()), "Recalibrate"))
    assert "the four parts she is not in" in words
    assert "Calibration within groups does not close gaps" in words
    assert "needs to know the person's group" in words


def test_one_curve_for_everybody_needs_no_group() -> None:
    """Choosing one curve changes the sentence and the numbers."""
    app = opened(with_predictions(made_up()), "Recalibrate")
    before = [metric.value for metric in app.metric]
    app.selectbox(key="audit.recalibrate.way").set_value(False).run()
    assert "does not need to know a person's group" in words_on(app)
    assert [metric.value for metric in app.metric] != before


def test_scores_on_another_scale_select_as_many_people_at_first() -> None:
    """Deciles read at 5: the threshold for probabilities starts where as many are selected."""
    people = made_up()
    deciles = np.ceil(10 * np.argsort(np.argsort(people.score)) / 1500 + 0.001)
    app = opened(
        with_predictions(made_up(score=np.clip(deciles, 1, 10), threshold=5.0)), "Recalibrate"
    )
    field = next(n for n in app.number_input if "recalibrate.threshold" in str(n.key))
    assert "selects about as many" in field.label
    assert 0 < field.value < 1


def test_the_planted_subgroup_is_named_and_never_markup() -> None:
    """The planted subgroup comes first, with the side its scores are on, as text."""
    app = opened(with_predictions(made_up()), "Subgroups")
    assert "Scores of men × <b>south</b> are" in words_on(app)
    assert "points too low" in words_on(app)
    assert not any("<b>south" in e.value.replace("\\<b\\>", "") for e in app.markdown)
    app.toggle(key="audit.subgroups.ranges").set_value(True).run()
    assert not app.exception
