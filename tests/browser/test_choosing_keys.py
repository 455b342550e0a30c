"""Choosing by "A or B?" with the keyboard alone, over a reload, and on a phone."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.server import Server
from tests.browser.visiting import IDLE
from tests.contracts import small
from tests.stored import stored_run
from tests.unit.choosing_people import result


@pytest.fixture(scope="module")
def choosing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of Compare with a finished run of made-up models."""
    home = tmp_path_factory.mktemp("choosing-home")
    run_id = stored_run(home, small.config(), result())
    running = Server(home)
    running.variables = {"FAIRLAB_OWN_WORKER": "false"}  # nothing is trained here
    running.start()
    yield f"{running.url}/compare?run={run_id}"
    running.stop()


def _begin(page: Page) -> None:
    """The way of "A or B?", with the focus off its radio button, where letters go to the page."""
    page.locator("label", has_text="A or B?").click()
    expect(page.get_by_text(re.compile(r"^Question \d"))).to_be_visible()
    _press(page, "Tab")


def _press(page: Page, key: str) -> None:
    """A key, once the question is drawn whole: letters belong to its buttons."""
    expect(page.get_by_role("button", name="Undo the last answer")).to_be_visible()
    expect(page.locator(IDLE)).to_be_attached()
    page.keyboard.press(key)


def test_letters_answer_and_take_back_and_a_reload_keeps_them(page: Page, choosing: str) -> None:
    """A, N, U; then the page is opened again at the same question."""
    page.goto(choosing)
    _begin(page)
    _press(page, "a")
    expect(page.get_by_text("Question 2")).to_be_visible()
    _press(page, "n")
    expect(page.get_by_text("Question 3")).to_be_visible()
    _press(page, "u")
    expect(page.get_by_text("Question 2")).to_be_visible()
    page.reload()
    _begin(page)
    expect(page.get_by_text("Question 2")).to_be_visible()


def test_both_cards_fit_a_phone(elsewhere: Callable[..., Page], choosing: str) -> None:
    """At 390 pixels nothing has to be pushed sideways."""
    phone = elsewhere(viewport={"width": 390, "height": 844}, color_scheme="dark")
    phone.goto(choosing)
    _begin(phone)
    wide = """Math.max(...[...document.querySelectorAll('.fl-way')]
      .map((card) => card.scrollWidth - card.clientWidth))"""
    expect(phone.locator(".fl-way")).to_have_count(2)
    assert phone.evaluate(wide) <= 0
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
