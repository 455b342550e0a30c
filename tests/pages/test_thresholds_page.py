"""Thresholds as a visitor meets it."""

import json
import re
from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fairlab.outcomes import count
from fairlab.results import Attribute, ScoredPeople
from fairlab.ui.state import Predictions

Open = Callable[..., AppTest]


def payload(app: AppTest) -> dict:  # type: ignore[type-arg]
    """What the explorer was given."""
    found = json.loads(app.get("bidi_component")[0].proto.json)
    assert isinstance(found, dict)
    return found


def words(app: AppTest) -> str:
    return " ".join(text.value for text in app.markdown)


def uploaded(app: AppTest, people: ScoredPeople, page: str = "thresholds") -> AppTest:
    """The page with this table of predictions."""
    app.session_state["fairlab.predictions"] = Predictions(people, "mine.csv", "digest")
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, [error.message for error in app.exception]
    return app


def scored(n: int = 400, **changes: object) -> ScoredPeople:
    rng = np.random.default_rng(5)
    group, y = rng.integers(0, 2, n), rng.integers(0, 2, n)
    values: dict = {  # type: ignore[type-arg]
        "y_true": y,
        "score": np.clip(rng.normal(0.35 + 0.3 * y + 0.1 * group, 0.2), 0, 1).round(3),
        "attributes": {"town": Attribute(group, ("<b>north</b>", "so$uth$"))},
    }
    return ScoredPeople(**{**values, **changes})


def test_without_a_model_the_page_says_what_to_do(open_page: Open) -> None:
    """The empty state offers the next step and draws no slider."""
    app = open_page("thresholds")
    assert "Nothing to look at yet" in [text.value for text in app.subheader]
    assert not app.get("bidi_component")


def test_a_chosen_model_gets_a_slider_with_exact_counts(open_page: Open, finished_run: str) -> None:
    """The payload starts at the model's threshold and counts the test people exactly."""
    app = open_page("thresholds", run=finished_run, chosen=(0,))
    data = payload(app)
    assert data["start"] == 0.5
    at = data["positions"].index(0.5)
    sizes = [sum(g[f][at] for f in ("tp", "fp", "fn", "tn")) for g in data["groups"]]
    assert sum(sizes) > 300
    selected = sum(g["tp"][at] + g["fp"][at] for g in data["groups"])
    assert f"At threshold 0.5, {selected:,} of {sum(sizes):,} people are selected" in words(
        app
    ).replace("\\", "")


def test_the_threshold_in_use_is_not_offered_again(open_page: Open, finished_run: str) -> None:
    app = open_page("thresholds", run=finished_run, chosen=(0,))
    assert app.button(key="thresholds.use").disabled


def test_uploaded_scores_are_swept_and_names_stay_text(open_page: Open) -> None:
    """Every distinct score counts; group names arrive as they are, never as markup."""
    people = scored()
    app = uploaded(open_page("home"), people)
    data = payload(app)
    assert [g["name"] for g in data["groups"]] == ["<b>north</b>", "so$uth$"]
    i = data["positions"].index(0.4)
    assert [g["tp"][i] for g in data["groups"]] == count(people.outcomes(), 0.4).tp.tolist()
    text = words(app)
    assert "<b>north" not in text.replace("\\<b", "")
    assert "the widest of the four gaps is smallest at threshold" in text
    assert f"of {len(set(people.score.tolist())) + 1:,} thresholds" in text


def test_tolerance_and_gaps_reach_chart_and_sentence(open_page: Open) -> None:
    """The band and the list of gaps follow the settings."""
    app = uploaded(open_page("home"), scored())
    app.number_input(key="thresholds.tolerance").set_value(100.0).run()
    app.multiselect(key="thresholds.gaps").set_value(["accuracy_difference"]).run()
    data = payload(app)
    assert data["tolerance"] == 1.0
    assert [gap["name"] for gap in data["gaps"]] == ["accuracy_difference"]
    assert "keep the gap within 100 points" in words(app)


def test_no_gap_chosen_is_said_and_stops_quietly(open_page: Open) -> None:
    app = uploaded(open_page("home"), scored())
    app.multiselect(key="thresholds.gaps").set_value([]).run()
    assert [w.value for w in app.warning] == ["Choose at least one gap to compare."]
    assert not app.exception


def test_decisions_have_no_threshold_to_move(open_page: Open) -> None:
    """A table of decisions says so and points to the Data page."""
    people = scored()
    decided = scored(score=(people.score >= 0.5).astype(float), has_scores=False)
    app = uploaded(open_page("home"), decided)
    assert "There is no threshold to move" in [text.value for text in app.subheader]
    assert not app.get("bidi_component")


@pytest.mark.parametrize(
    "changes",
    [
        {"y_true": np.ones(400, dtype=np.int64)},
        {"score": np.full(400, 0.7)},
        {"attributes": {"town": Attribute(np.zeros(400, dtype=np.int64), ("all", "nobody"))}},
        {"weight": np.full(400, 0.37)},
    ],
    ids=["one outcome", "one score", "one group", "weights"],
)
def test_what_cannot_be_computed_is_said_and_nothing_breaks(
    open_page: Open, changes: dict[str, object]
) -> None:
    app = uploaded(open_page("home"), scored(**changes))
    assert payload(app)["positions"]
    text = words(app)
    assert not re.search(r"\b(nan|inf|None)\b", text)
    if "weight" not in changes and "score" not in changes:
        assert "undefined" in text or "We cannot tell" in text
