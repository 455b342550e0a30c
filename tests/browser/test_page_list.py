"""The page list on a phone: it is out of the way once a page is chosen."""

from playwright.sync_api import Browser, expect

from tests.browser.server import Server
from tests.browser.test_live_curve import IDLE


def test_the_page_list_folds_away_when_a_page_is_chosen(browser: Browser, server: Server) -> None:
    """At 390 px by touch, and after a reload."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(server.url)
    expect(page.locator(IDLE)).to_be_attached()  # a page that is still drawn folds the list again
    page.get_by_test_id("stExpandSidebarButton").tap()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Report").first.tap()
    expect(page.get_by_role("heading", name="Report", exact=True)).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).not_to_be_in_viewport()
    page.reload()
    expect(page.get_by_role("heading", name="Report", exact=True)).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).not_to_be_in_viewport()
    context.close()
