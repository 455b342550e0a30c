"""Impossibility as a visitor meets it."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fairlab.config import RunConfig
from fairlab.results import Attribute, ScoredPeople, SweepResult
from fairlab.ui.widgets import compatibility_view
from fairlab.ui.widgets.impossibility_views import OF_SCORES
from tests.pages.conftest import APP
from tests.pages.test_thresholds_page import payload, scored, uploaded, words

Open = Callable[..., AppTest]
VIEWS = (
    "Base-rate dial",
    "Precision and false alarms",
    "Parity and equalized odds",
    "Calibration and balance",
    "Every threshold",
    "Which can hold together",
)


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chance tests of the page with 19 samples: enough for words, and quick."""
    monkeypatch.setattr(compatibility_view, "DRAWS", 19)


@pytest.fixture
def pairs_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets of three on request, as with many groups."""
    monkeypatch.setattr(compatibility_view, "MANY_GROUPS", 1)


def view(app: AppTest, name: str) -> AppTest:
    app.session_state["impossibility.view"] = name
    app.run()
    assert not app.exception, [error.message for error in app.exception]
    return app


def fraud() -> ScoredPeople:
    """The fraud example as decisions: A selects 50 %, B 25 %; base rates 48 % and 30 %."""
    cells = [(0, 1, 1, 450), (0, 0, 1, 50), (0, 1, 0, 30), (0, 0, 0, 470)]
    cells += [(1, 1, 1, 180), (1, 0, 1, 70), (1, 1, 0, 120), (1, 0, 0, 630)]
    rows = np.repeat([c[:3] for c in cells], [c[3] for c in cells], axis=0)
    return ScoredPeople(
        y_true=rows[:, 1],
        score=rows[:, 2].astype(float),
        attributes={"group": Attribute(rows[:, 0], ("A", "B"))},
        has_scores=False,
    )


def test_without_a_model_the_page_says_what_to_do(open_page: Open) -> None:
    app = open_page("impossibility")
    assert "Nothing to look at yet" in [text.value for text in app.subheader]


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_of_a_trained_model_has_sentence_reason_and_table(
    open_page: Open, finished_run: str, name: str
) -> None:
    app = view(open_page("impossibility", run=finished_run, chosen=(0,)), name)
    assert {"Why", "Show as table"} <= {e.label for e in app.expander}
    assert app.dataframe
    assert "**Source.**" in words(app)
    assert app.get("bidi_component") if name == VIEWS[0] else app.get("plotly_chart")


def test_the_dial_holds_every_position_and_ends_without_conflict(open_page: Open) -> None:
    """101 exact positions; at the end base rates meet and nothing is forced."""
    app = uploaded(open_page("home"), fraud(), "impossibility")
    data = payload(app)
    assert len(data["dials"]) == len(data["sentences"]) == 101
    assert [s["values"][0] for s in data["base"]] == [0.48, 0.3]
    assert [s["values"][-1] for s in data["base"]] == [0.39, 0.39]
    forced = data["gaps"][:2]
    assert forced[0]["values"][0] > 0.1
    assert [s["values"][-1] for s in forced] == [0.0, 0.0]
    assert "force a parity gap of 0.0 points" in data["sentences"][-1]


def test_identity_view_prints_the_users_own_numbers(open_page: Open) -> None:
    """FPR 5/52 and 10 % of the fraud example, and the ratio of base-rate odds 2.15."""
    app = view(uploaded(open_page("home"), fraud(), "impossibility"), VIEWS[1])
    text = words(app)
    assert "2.15 times that of B" in text
    assert "Measured\\: 9.6 % against 10.0 %" in text
    chart = app.get("plotly_chart")[0].proto
    assert "2.15 times" in chart.alt


def test_parity_view_prints_the_forced_and_the_measured_gap(open_page: Open) -> None:
    app = view(uploaded(open_page("home"), fraud(), "impossibility"), VIEWS[2])
    tpr, fpr = 630 / 780, 120 / 1220
    assert f"differ by {100 * 0.18 * (tpr - fpr):.1f} points" in words(app)
    assert "Measured demographic parity gap\\: 25.0 points" in words(app)


def test_equal_base_rates_force_nothing_and_the_page_says_so(open_page: Open) -> None:
    """Two groups with the same base rate, and two whose rates differ by chance only."""
    y = np.tile([0, 1], 200)
    equal = scored(y_true=y, attributes={"g": Attribute(np.repeat([0, 1], 200), ("a", "b"))})
    app = uploaded(open_page("home"), equal, "impossibility")
    assert "not forced" in words(app)
    assert "Nothing is forced here" in words(view(app, VIEWS[1])).replace("\\", "")
    assert "Nothing is forced here" in words(view(app, VIEWS[2])).replace("\\", "")


def test_base_rates_equal_within_noise_are_called_so(open_page: Open) -> None:
    app = uploaded(open_page("home"), scored(), "impossibility")
    assert "no more than chance would explain" in words(app)


def test_decisions_have_no_calibration_and_no_sweep(open_page: Open) -> None:
    app = view(uploaded(open_page("home"), fraud(), "impossibility"), VIEWS[3])
    assert "Calibration needs scores" in [text.value for text in app.subheader]
    app = view(app, VIEWS[4])
    assert "There is no threshold to move" in [text.value for text in app.subheader]


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("case", ["one outcome", "an empty group", "one group", "nobody selected"])
def test_empty_cells_are_undefined_and_nothing_breaks(
    open_page: Open, name: str, case: str
) -> None:
    changes: dict[str, object] = {
        "one outcome": {"y_true": np.ones(400, dtype=np.int64)},
        "an empty group": {
            "attributes": {"g": Attribute(np.repeat([0, 2], 200), ("a", "nobody", "c"))}
        },
        "one group": {"attributes": {"g": Attribute(np.zeros(400, dtype=np.int64), ("a",))}},
        "nobody selected": {"score": np.full(400, 0.2)},
    }[case]  # type: ignore[assignment]
    app = view(uploaded(open_page("home"), scored(**changes), "impossibility"), name)
    assert not re.search(r"\b(nan|inf|None)\b", words(app))


def unequal(digits: int = 2) -> ScoredPeople:
    """Two towns with base rates of 60 % and 35 % and a score that is no oracle."""
    rng = np.random.default_rng(2)
    town = np.repeat([0, 1], 400)
    y = (rng.random(800) < np.array([0.6, 0.35])[town]).astype(np.int64)
    score = np.clip(rng.normal(0.35 + 0.25 * y, 0.2), 0, 1).round(digits)
    return ScoredPeople(y, score, {"town": Attribute(town, ("north", "south"))})


def few_people() -> ScoredPeople:
    """Sixty people with four distinct scores: quick to solve."""
    rng = np.random.default_rng(3)
    town, y = np.repeat([0, 1], 30), rng.integers(0, 2, 60)
    score = np.clip((y + rng.integers(0, 3, 60)) / 3, 0, 1)
    return ScoredPeople(y, score, {"town": Attribute(town, ("north", "south"))})


def test_what_can_hold_together_is_said_with_rule_price_proof_and_chance(open_page: Open) -> None:
    """The set chosen at first, and another one after it was picked."""
    app = view(uploaded(open_page("home"), unequal(), "impossibility"), VIEWS[5])
    text = words(app).replace("\\", "")
    assert re.search(r"Of 15 pairs of criteria, \d+ can hold together", text)
    assert "False positive rate and positive predictive value: no rule" in text
    assert "north: " in text
    assert "south: " in text
    assert "without the solver that found it" in text
    assert "samples of this size with equal base rates" in text
    assert "Of 20 sets of three criteria" in text
    app.session_state["impossibility.together.set"] = ("demographic_parity", "equal_opportunity")
    app.run()
    text = words(app).replace("\\", "")
    assert "Selection rate and true positive rate" in text


@pytest.mark.usefixtures("pairs_first")
def test_with_many_groups_sets_of_three_wait_for_a_button(open_page: Open) -> None:
    """Pairs at once; triples after a press, and they stay."""
    app = view(uploaded(open_page("home"), few_people(), "impossibility"), VIEWS[5])
    assert "pairs of criteria" in words(app)
    assert "sets of three criteria," not in words(app)
    button = app.button(key="impossibility.together.triples.go")
    assert button.label == "Work out triples"
    button.click().run()
    assert not app.exception
    assert "Of 20 sets of three criteria," in words(app)
    app.run()
    assert "Of 20 sets of three criteria," in words(app)


@pytest.mark.usefixtures("pairs_first")
def test_giving_up_more_accuracy_never_widens_the_least_worst_gap(open_page: Open) -> None:
    app = view(uploaded(open_page("home"), unequal(digits=1), "impossibility"), VIEWS[5])
    column = "Attained, points"
    before = app.dataframe[0].value[column]
    app.number_input(key="impossibility.together.within").set_value(8.0).run()
    after = app.dataframe[0].value[column]
    assert (after <= before + 0.02).all()
    assert after.sum() < before.sum()


@pytest.mark.usefixtures("pairs_first")
def test_with_equal_base_rates_no_pair_is_beyond_chance(open_page: Open) -> None:
    rng = np.random.default_rng(4)
    town, y = rng.integers(0, 2, 600), rng.integers(0, 2, 600)
    score = np.clip(rng.normal(0.35 + 0.25 * y, 0.2), 0, 1).round(2)
    equal = ScoredPeople(y, score, {"town": Attribute(town, ("north", "south"))})
    app = view(uploaded(open_page("home"), equal, "impossibility"), VIEWS[5])
    assert "No conflict" in words(app)


@pytest.mark.parametrize("name", VIEWS)
def test_a_model_with_a_threshold_per_group_is_read_by_decisions_or_by_scores(
    open_page: Open, finished_run: str, trained: tuple[RunConfig, SweepResult], name: str
) -> None:
    """Identities and the dial follow the decisions; views of scores say what they read."""
    by = next(iter(trained[1].scored(0).attributes))
    groups = len(trained[1].scored(0).attributes[by].names)
    cuts = "*".join(["0.5"] * (groups - 1) + ["0.9"])
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params["run"] = finished_run
    app.query_params["chosen"] = f"{finished_run}:0@0.5;{by};{cuts}"
    app.run()
    app = view(app.switch_page("pages/impossibility.py").run(), name)
    reads_scores = name in OF_SCORES
    assert ("This view reads the model's scores" in words(app)) == reads_scores
    assert "There is no threshold to move" not in [text.value for text in app.subheader]
    assert app.get("bidi_component") if name == VIEWS[0] else app.get("plotly_chart")
