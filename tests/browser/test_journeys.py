"""What people do, from the first click to the last, in a real browser."""

from playwright.sync_api import Page, expect

from tests.browser.server import Server

CURVE = ".fl-chart .js-plotly-plot, .fl-chart.js-plotly-plot"
MARKERS = ".fl-chart .scatterlayer .points path.point"


def try_it_now(page: Page, server: Server) -> None:
    """Open the dashboard and press the one button."""
    page.goto(server.url)
    page.get_by_role("button", name="Try it now").click()
    expect(page.get_by_role("heading", name="Train", exact=True)).to_be_visible()


def wait_until_done(page: Page) -> None:
    """The run has ended and its points can be picked."""
    expect(page.get_by_role("button", name="Next point →")).to_be_visible(timeout=90_000)


def test_try_it_now_ends_with_a_chosen_model_on_every_page(page: Page, server: Server) -> None:
    """One click to a live curve; choose a point with the keyboard; every page opens with it."""
    try_it_now(page, server)
    expect(page.locator(MARKERS).first).to_be_visible()
    page.locator(".fl-chart").first.evaluate("node => { node.dataset.mark = 'same node'; }")
    wait_until_done(page)
    assert page.locator(".fl-chart").first.get_attribute("data-mark") == "same node"
    assert page.locator(MARKERS).count() == 63
    step = page.get_by_role("button", name="Next point →")
    step.focus()
    page.keyboard.press("Enter")
    choose = page.get_by_role("button", name="Choose this")
    choose.click()
    expect(page.get_by_role("button", name="Chosen")).to_be_visible()
    for name in ("Thresholds", "Impossibility", "Audit", "Compare", "Report"):
        page.get_by_test_id("stTopNavLink").filter(has_text=name).click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        expect(page.get_by_text("Nothing to look at yet")).to_have_count(0)
        expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_reload_in_mid_training_keeps_the_curve(page: Page, server: Server) -> None:
    """The address holds the run; after a reload the points are there and training goes on."""
    slow_run(page, server)
    expect(page.locator(MARKERS).first).to_be_visible()
    page.reload()
    expect(page.locator(MARKERS).first).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("cancelled", exact=False).first).to_be_visible()


def test_cancel_stops_the_run_and_says_so(page: Page, server: Server) -> None:
    """Cancel ends training within an epoch; the models as they were stay on the curve."""
    slow_run(page, server)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("cancelled", exact=False).first).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)


def test_a_killed_server_loses_nothing(page: Page, own_server: Server) -> None:
    """The run goes on while the server is away, and the open page picks it up again."""
    try_it_now(page, own_server)
    expect(page.locator(MARKERS).first).to_be_visible()
    own_server.stop(kill=True)
    own_server.start()
    wait_until_done(page)
    assert page.locator(MARKERS).count() == 63


def slow_run(page: Page, server: Server) -> None:
    """Start a run long enough to be interrupted, with a seed of its own so it is not shared."""
    page.goto(f"{server.url}/train")
    page.get_by_text("Strengths, seeds and optimiser").click()
    epochs = page.get_by_label("Epochs")
    epochs.fill("400")
    epochs.press("Enter")
    seed = page.get_by_label("Seed of the split")
    slow_run.seed += 1  # type: ignore[attr-defined]
    seed.fill(str(slow_run.seed))  # type: ignore[attr-defined]
    seed.press("Enter")
    page.get_by_role("button", name="Train", exact=True).click()


slow_run.seed = 100  # type: ignore[attr-defined]
