"""The page list on a phone: it is out of the way once a page is chosen."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.server import Server
from tests.browser.visiting import IDLE


def test_the_page_list_folds_away_when_a_page_is_chosen(
    elsewhere: Callable[..., Page], server: Server
) -> None:
    """At 390 px by touch, and after a reload."""
    page = elsewhere(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.goto(server.url)
    expect(page.get_by_role("button", name="Try it now")).to_be_visible()
    expect(page.locator(IDLE)).to_be_attached()  # a page that is still drawn folds the list again
    page.get_by_test_id("stExpandSidebarButton").tap()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Report").first.tap()
    expect(page.get_by_role("heading", name="Report", exact=True)).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).not_to_be_in_viewport()
    page.reload()
    expect(page.get_by_role("heading", name="Report", exact=True)).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).not_to_be_in_viewport()
