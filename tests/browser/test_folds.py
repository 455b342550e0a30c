"""What a visitor unfolded stays unfolded, whatever the page draws anew around it."""

from playwright.sync_api import Page, expect

from tests.browser.server import Server

ABOUT = "About this table: source, who is missing, what the label means"


def test_folds_of_the_page_stay_unfolded_in_another_language(page: Page, server: Server) -> None:
    """One that the browser keeps open, and one whose contents are made once it is opened."""
    page.goto(f"{server.url}/data")
    folds = page.get_by_test_id("stExpander")
    about = folds.filter(has_text=ABOUT)
    about.locator("summary").click()
    expect(about.locator("details")).to_have_attribute("open", "")
    proxies = folds.filter(has_text="Which features give the group away?")
    proxies.locator("summary").click()
    expect(proxies.get_by_role("figure").first).to_be_visible()
    page.get_by_test_id("stPopover").get_by_role("button", name="EN").click()
    page.get_by_text("Deutsch", exact=True).click()
    about = folds.filter(has_text="Über diese Tabelle")
    expect(about.locator("details")).to_have_attribute("open", "")
    proxies = folds.filter(has_text="Welche Merkmale verraten die Gruppe?")
    expect(proxies.get_by_role("figure").first).to_be_visible()
