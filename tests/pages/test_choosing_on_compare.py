"""Help with choosing, as a visitor of Compare meets it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fairlab.ui import state
from fairlab.ui.widgets.choosing_pairs import towards_narrower
from tests.contracts import small
from tests.pages.conftest import OWNER
from tests.stored import stored_run
from tests.unit.choosing_people import result

Open = Callable[..., AppTest]
KEY = "compare.choosing"


@pytest.fixture
def finished_run(fairlab_home: Path) -> str:
    """Twelve made-up models, the more accurate the wider their gap."""
    return stored_run(fairlab_home, small.config(), result(), OWNER)


def _words(app: AppTest) -> str:
    said = [*app.markdown, *app.success, *app.info, *app.warning, *app.error]
    return " ".join(text.value for text in said)


def _press(app: AppTest, key: str) -> None:
    next(button for button in app.button if str(button.key).endswith(key)).click().run()
    assert not app.exception, [error.message for error in app.exception]


def _route(app: AppTest, route: str) -> None:
    app.radio(key=f"{KEY}.route").set_value(route).run()
    assert not app.exception, [error.message for error in app.exception]


def test_no_way_of_choosing_comes_first_by_itself(open_page: Open, finished_run: str) -> None:
    """Nothing is picked before somebody says what comes first."""
    app = open_page("compare", run=finished_run)
    assert app.radio(key=f"{KEY}.route").value is None
    assert not app.text_area


def test_a_tolerance_leads_to_a_choice_with_its_reason(open_page: Open, finished_run: str) -> None:
    """A reason is asked for; then the point, how it was chosen and the words are kept."""
    app = open_page("compare", run=finished_run)
    _route(app, "tolerance")
    assert "On test people" not in _words(app), "what they say comes after the choice"
    _press(app, ".choose")
    assert any("in a few words why" in warning.value for warning in app.warning)
    app.text_area(key=f"{KEY}.reason").input("Five points is *our* rule.").run()
    _press(app, ".choose")
    assert any("with your reason" in message.value for message in app.success)
    point = app.session_state["fairlab.chosen"][-1]
    how = app.session_state["fairlab.how_chosen"][(point.key, point.threshold)]
    assert (how.route, how.within, how.reason) == ("tolerance", 0.05, "Five points is *our* rule.")
    assert point.within is None, "its threshold was not picked for the gap"
    assert app.session_state[f"report.reason.{point.key}"] == how.reason


def test_costs_lead_to_a_threshold_of_their_own(open_page: Open, finished_run: str) -> None:
    app = open_page("compare", run=finished_run)
    _route(app, "cost")
    app.number_input(key=f"{KEY}.cost.approval").set_value(3.0).run()
    assert "cost at most" in _words(app)
    app.number_input(key=f"{KEY}.cost.refusal").set_value(0.0).run()
    app.number_input(key=f"{KEY}.cost.approval").set_value(0.0).run()
    assert "not both 0" in _words(app)


def test_answers_lead_somewhere_and_can_be_taken_back(open_page: Open, finished_run: str) -> None:
    """Undo goes back one question; whoever never prefers anything is told that nothing follows."""
    app = open_page("compare", run=finished_run)
    _route(app, "pairs")
    assert "Question 1" in _words(app)
    _press(app, ".n")
    assert "Question 2" in _words(app)
    found = app.query_params["pairs"]
    assert (found if isinstance(found, str) else found[0]).endswith(".n")
    _press(app, ".undo")
    assert "Question 1" in _words(app)
    for _ in range(8):
        if "Question" not in _words(app):
            break
        _press(app, ".n")
    assert "do not determine one point" in _words(app)
    assert "no preference" in _words(app)
    assert not app.text_area, "nothing is chosen until somebody takes one"


def test_answers_are_there_again_after_a_reload(open_page: Open, finished_run: str) -> None:
    app = open_page("compare", run=finished_run, pairs=f"{finished_run[:8]}.7.lr")
    _route(app, "pairs")
    assert "Question 3" in _words(app)


def test_a_link_with_nonsense_starts_anew(open_page: Open, finished_run: str) -> None:
    app = open_page("compare", run=finished_run, pairs=f"{finished_run[:8]}.7.<script>")
    _route(app, "pairs")
    assert "Question 1" in _words(app)


def test_a_point_opened_by_a_link_says_nothing_of_how() -> None:
    """Outside a session too: there is nothing to find."""
    assert state.how_chosen(state.ChosenPoint("abcdefgh", 0, "x")) is None


def test_a_pair_is_told_towards_the_narrower_gap_wherever_it_stands() -> None:
    """Else levelling down is flagged of one order of the same two models and not of the other."""
    gap = np.array([0.04, 0.12, 0.12])
    assert towards_narrower(gap, 0, 1) == (("B", 1), ("A", 0))
    assert towards_narrower(gap, 1, 0) == (("A", 1), ("B", 0))
    assert towards_narrower(gap, 1, 2) == (("A", 1), ("B", 2))
