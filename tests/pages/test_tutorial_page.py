"""The tutorial, as a reader meets it."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from fairlab.tutorial.progress import CHECK, STEPS

Open = Callable[..., AppTest]


def _words(app: AppTest) -> str:
    said = [*app.markdown, *app.subheader, *app.success, *app.warning]
    return " ".join(text.value for text in said)


def _address(app: AppTest) -> str:
    found = app.query_params["tutorial"]
    return found if isinstance(found, str) else found[0]


def _next(app: AppTest) -> None:
    app.button(key="tutorial.next").click().run()
    assert not app.exception, [error.message for error in app.exception]


def test_ten_steps_lead_to_three_questions(open_page: Open) -> None:
    """Each step has something to move or to answer; the wrong answer is explained."""
    app = open_page("tutorial")
    for step in range(1, STEPS + 1):
        assert app.subheader[-1].value.startswith(f"{step}.") or any(
            text.value.startswith(f"{step}.") for text in app.subheader
        )
        assert app.slider or app.select_slider or app.radio
        _next(app)
    assert len([one for one in app.radio if str(one.key).startswith("tutorial")]) == 3
    app.radio(key="tutorial.one").set_value(0).run()
    assert any("counts all people of a group" in text.value for text in app.warning)
    app.radio(key="tutorial.one").set_value(2).run()
    app.radio(key="tutorial.two").set_value(2).run()
    app.radio(key="tutorial.three").set_value(1).run()
    assert "3 of 3 right" in _words(app)


def test_a_guess_is_held_against_the_table(open_page: Open) -> None:
    """Nothing is given away before the guess."""
    app = open_page("tutorial")
    assert "base rate" not in _words(app)
    app.slider(key="tutorial.guess").set_value(90).run()
    app.button(key="tutorial.guess.done").click().run()
    assert "points too high" in _words(app)
    assert "base rate" in _words(app)


def test_progress_is_there_again_after_a_reload(open_page: Open) -> None:
    """Step and answers come back from the address."""
    app = open_page("tutorial", tutorial="6~guess61~first40~second50~third60")
    assert _address(app).startswith("6~guess61")
    assert app.slider(key="tutorial.second").value == 50
    app.button(key="tutorial.back").click().run()
    assert any(text.value.startswith("5.") for text in app.subheader)
    app.button(key="tutorial.again").click().run()
    assert _address(app) == "1"


@pytest.mark.parametrize("mode", ["penalty", "adversarial", "layer"])
def test_modes_are_moved_by_hand(open_page: Open, mode: str) -> None:
    """The last place of each slider has a narrower gap than the first."""
    step = 7 + ("penalty", "adversarial", "layer").index(mode)
    app = open_page("tutorial", tutorial=f"{step}")
    assert "The unmitigated model" in _words(app)
    app.select_slider(key=f"tutorial.{mode}").set_value(7).run()
    assert "points instead of" in _words(app)
    assert ("Promised" in _words(app)) == (mode == "layer")


def test_home_leads_here(open_page: Open) -> None:
    app = open_page("home")
    assert any("ten steps" in link.proto.label for link in app.get("page_link"))


def test_the_check_can_be_opened_by_its_address(open_page: Open) -> None:
    app = open_page("tutorial", tutorial=f"{CHECK}~one0")
    assert any("counts all people" in text.value for text in app.warning)
