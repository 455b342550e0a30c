"""What many journeys begin with: an address, a page, a finished run."""

from urllib.parse import quote

from playwright.sync_api import Page, expect

from fairlab.config import RunConfig
from fairlab.runs.records import RunState
from fairlab.runs.store import RunStore
from tests.browser.server import PATIENCE, Server
from tests.stored import wait_for

# The page is connected, drawn, and nothing of it is drawn again.
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
MARKERS = ".fl-chart .scatterlayer .points path.point"
CHOSEN = 63  # the model of the built-in run that journeys look at: its logistic baseline


def trained(server: Server, config: RunConfig, owner: str = "") -> str:
    """Id of a finished run, trained by the server's worker; the same computation only once."""
    store = RunStore(server.home)
    run_id = store.submit(config, owner=owner)
    wait_for(lambda: not store.get(run_id).state.active, PATIENCE)
    assert store.get(run_id).state is RunState.DONE
    store.close()
    return run_id


def open_finished(page: Page, server: Server, run: str) -> None:
    """Train with a finished run, by its address; its points can be picked."""
    page.goto(f"{server.url}/train?run={run}")
    wait_until_done(page)


def wait_until_done(page: Page) -> None:
    """The run has ended, its points are drawn and can be picked."""
    expect(page.get_by_role("button", name="Next point →")).to_be_visible()
    expect(page.locator(MARKERS).first).to_be_visible()
    expect(page.locator(IDLE)).to_be_attached()


def open_chosen(page: Page, server: Server, run: str, name: str) -> None:
    """A page with a chosen model of the built-in run, by its address."""
    chosen = quote(f"{run}:{CHOSEN}@0.5", safe="")
    page.goto(f"{server.url}/{name.lower()}?run={run}&chosen={chosen}")
    _expect_page(page, name)


def go_to(page: Page, name: str) -> None:
    """Another page, by the navigation."""
    page.get_by_test_id("stTopNavLink").filter(has_text=name).click()
    _expect_page(page, name)


def _expect_page(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    expect(page.locator(IDLE)).to_be_attached()
    expect(page.get_by_test_id("stException")).to_have_count(0)
