"""Two browsers on one server: what each finds again, and what one sees of the other's."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from fairlab.data import load
from fairlab.ui.owner import COOKIE, new_token, owner_of_token
from fairlab.ui.widgets.sweep_form import default_config
from tests.browser.server import Server
from tests.browser.test_journeys import slow_run, try_it_now
from tests.browser.visiting import trained, wait_until_done


@pytest.fixture
def other(elsewhere: Callable[..., Page]) -> Page:
    """Somebody else, at another computer."""
    return elsewhere()


def go_home(page: Page) -> None:
    """Home, by the navigation: the session stays."""
    page.get_by_test_id("stTopNavLink").filter(has_text="Home").click()
    expect(page.get_by_role("button", name="Try it now")).to_be_visible()


def cookie_of(page: Page) -> dict[str, object]:
    """The visitor's cookie as the browser keeps it."""
    (found,) = [one for one in page.context.cookies() if one["name"] == COOKIE]
    return dict(found)


def test_a_browser_finds_its_runs_again_and_another_sees_only_what_it_is_given(
    page: Page, other: Page, server: Server
) -> None:
    """The list is by cookie; a shared link opens the run read-only; scripts cannot read cookies."""
    blocked: list[str] = []
    page.on("console", lambda said: blocked.append(said.text) if "Policy" in said.text else None)
    try_it_now(page, server)
    wait_until_done(page)
    cookie = cookie_of(page)
    assert cookie["httpOnly"] is True
    assert cookie["sameSite"] == "Lax"
    assert COOKIE not in page.evaluate("document.cookie")
    page.get_by_role("button", name="Share").click()
    link = page.get_by_role("textbox", name="Link to this run").input_value()
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text(re.compile("^(Copied|Selected)"))).to_be_visible()
    page.goto(server.url)
    expect(page.get_by_role("heading", name="Your runs")).to_be_visible()
    assert cookie_of(page)["value"] == cookie["value"]

    other.goto(link)
    expect(other.get_by_text("This run is not yours")).to_be_visible()
    wait_until_done(other)
    other.get_by_role("button", name="Next point →").click()
    other.get_by_role("button", name="Choose this").click()
    expect(other.get_by_role("button", name="Chosen")).to_be_visible()
    assert cookie_of(other)["value"] != cookie["value"]
    go_home(other)
    expect(other.get_by_text("Nothing of yours is kept yet")).to_be_visible()
    expect(other.get_by_role("heading", name="Your runs")).to_have_count(0)
    assert not blocked, blocked


def test_a_room_shows_what_a_participant_puts_in_without_a_reload(
    page: Page, other: Page, server: Server
) -> None:
    """The facilitator's page follows; the participant came by the link behind the QR code."""
    page.goto(f"{server.url}/workshop")
    page.get_by_label("Title").fill("Loans")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_role("img", name="QR code of the link to this room")).to_be_visible()
    expect(page.get_by_text("No runs yet")).to_be_visible()
    link = page.get_by_role("textbox", name="Link to the room Loans").input_value()

    token = new_token()
    other.context.add_cookies([{"name": COOKIE, "value": token, "url": server.url}])
    trained(server, default_config(load("loanapp")), owner=owner_of_token(token))
    other.goto(link)
    other.get_by_role("button", name="Put it in").click()
    expect(other.locator(".fl-chart .scatterlayer path.point").first).to_be_visible()
    expect(page.locator(".fl-chart .scatterlayer path.point").first).to_be_visible()
    expect(other.get_by_role("button", name="Close")).to_have_count(0)


def test_delete_my_data_ends_with_a_new_cookie(page: Page, server: Server) -> None:
    """Training stops, and afterwards this browser is a stranger to its own old link."""
    slow_run(page, server)
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    old, link = cookie_of(page)["value"], page.url
    page.evaluate(
        'localStorage.setItem(\'fairlab.draft.K7.0.r\', \'{"text": "mine", "at": 9e12}\')'
    )
    go_home(page)
    page.get_by_role("button", name="Delete my data").click()
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_role("heading", name="Your data are deleted")).to_be_visible()
    drafts = "() => !Object.keys(localStorage).some((key) => key.startsWith('fairlab.draft.'))"
    page.wait_for_function(drafts)  # what was written in a workshop and not sent
    page.get_by_role("link", name="Start anew").click()
    expect(page.get_by_text("Nothing of yours is kept yet")).to_be_visible()
    assert cookie_of(page)["value"] != old
    page.goto(link)
    expect(page.get_by_text("No curve yet")).to_be_visible()
