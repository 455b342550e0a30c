"""Audit's "What if" and "What it looks at", and the Data page's trial without proxies."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from fairlab.config import RunConfig
from fairlab.results import SweepResult
from fairlab.ui.widgets import examine_looks, proxies_effect_view
from tests.pages.test_audit_page import made_up, with_predictions, words_on
from tests.pages.test_hostile_names import SIGNS, hostile_run, texts

__all__ = ["hostile_run"]

Open = Callable[..., AppTest]
PARTS = ("What if", "What it looks at")


def opened(app: AppTest, part: str) -> AppTest:
    app.segmented_control(key="audit.part").set_value(part).run()
    assert not app.exception, [error.message for error in app.exception]
    return app


def place(trained: tuple[RunConfig, SweepResult], **wanted: object) -> int:
    """The first model of the sweep that is so."""
    return next(
        p.index for p in trained[1].points if all(getattr(p, k) == v for k, v in wanted.items())
    )


def test_a_model_that_does_not_see_the_group_is_said_to_change_nothing_by_construction(
    open_page: Open, finished_run: str
) -> None:
    """The trivial zero is called what it is; the proxies are then changed too."""
    words = words_on(opened(open_page("audit", run=finished_run, chosen=(0,)), "What if"))
    assert "cannot change a decision: the model does not see it" in words
    assert "follows from how the model is built" in words
    assert "taken from the nearest person of the other group" in words
    assert "with the values of someone like them of their own group" in words
    assert "A category" not in words
    assert "does not say what would have happened" in words


def test_a_layer_that_sees_the_group_is_decided_twice(
    open_page: Open, finished_run: str, trained: tuple[RunConfig, SweepResult]
) -> None:
    layer = place(trained, mode="layer", slack=0.0)
    app = opened(open_page("audit", run=finished_run, chosen=(layer,)), "What if")
    words = words_on(app)
    assert "in the layer's rule" in words
    assert "by construction" not in words
    assert len(app.get("plotly_chart")) == 2


def test_a_caliper_counts_those_nobody_is_near(open_page: Open, finished_run: str) -> None:
    """At a tiny distance hardly anybody has a match, and it is said."""
    app = opened(open_page("audit", run=finished_run, chosen=(0,)), "What if")
    app.number_input(key="audit.flip.caliper").set_value(0.5).run()
    assert not app.exception
    assert "they are not counted" in words_on(app) or "We cannot tell" in words_on(app)


def test_what_a_model_looks_at_by_group_and_for_one_person(
    open_page: Open, finished_run: str
) -> None:
    app = opened(open_page("audit", run=finished_run, chosen=(0,)), "What it looks at")
    words = words_on(app)
    assert "The model looks most at" in words
    assert "people explained against" in words
    assert "explains the model, not the world" in words
    assert len(app.get("plotly_chart")) == 1
    app.segmented_control(key="audit.looks.part").set_value("One person").run()
    assert not app.exception
    words = words_on(app)
    assert "all other columns together" in words
    assert "1 person explained" in words
    app.toggle(key="audit.hide").set_value(True).run()
    assert "not shown while small cells are hidden" in words_on(app)


@pytest.mark.parametrize("part", PARTS)
def test_uploaded_predictions_are_told_what_is_missing(part: str) -> None:
    """Answers of a model are not the model; the next step is offered."""
    app = opened(with_predictions(made_up()), part)
    assert "needs a model trained here" in words_on(app)
    assert app.button(key="audit.examine.train")


@pytest.mark.parametrize("part", PARTS)
def test_names_stay_names(part: str, hostile_run: str, open_page: Open) -> None:
    """Columns, groups and values that are markup are shown as they are."""
    app = opened(open_page("audit", run=hostile_run, chosen=(3,)), part)
    assert not [text for text in texts(app) for sign in SIGNS if sign in text]


def test_one_trial_without_proxies_at_a_time(open_page: Open) -> None:
    """While somebody else's runs, it is said; afterwards the same page shows its own."""
    app = open_page("data")
    before = len(app.get("plotly_chart"))
    app.selectbox(key="data.effects.gap").set_value("equalized_odds")
    with proxies_effect_view._ONE_AT_A_TIME:
        app.button(key="data.effects.go").click().run(timeout=120)
    assert "We cannot tell: Busy: somebody else" in words_on(app)
    assert len(app.get("plotly_chart")) == before
    app.button(key="data.effects.go").click().run(timeout=120)
    assert len(app.get("plotly_chart")) == before + 1


def test_an_explanation_is_not_computed_again_at_another_threshold(
    open_page: Open, finished_run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(open_page("audit", run=finished_run, chosen=(0,)), "What it looks at")

    def again(*_: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(examine_looks, "contributions", again)
    moved = [box for box in app.number_input if "audit.threshold" in str(box.key)]
    assert moved
    moved[0].set_value(0.4).run()
    assert not app.exception
    assert "The model looks most at" in words_on(app)


def test_the_data_page_tries_a_model_without_proxies_when_asked(open_page: Open) -> None:
    app = open_page("data")
    before = len(app.get("plotly_chart"))
    app.button(key="data.effects.go").click().run(timeout=120)
    assert not app.exception, [error.message for error in app.exception]
    words = words_on(app)
    assert len(app.get("plotly_chart")) == before + 1
    assert "With all features the gap in selection rate" in words
    assert "Leaving out" in words
    assert "trees can still tell groups" in words
