"""The live curve when the tab is hidden, the connection is lost, and the server is another."""

from playwright.sync_api import Page, Request, WebSocketRoute, expect

from tests.browser.server import Server
from tests.browser.test_journeys import (
    MARKERS,
    slow_run,
    try_it_now,
    wait_until_done,
)

CONNECTED = '[data-testid="stApp"][data-test-connection-state="CONNECTED"]'
HIDE = """hidden => {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""
CURSOR = "() => document.querySelector('.fl-line').textContent"


class Questions:
    """Counts a page's questions for news that are not answered yet, and all of them."""

    def __init__(self, page: Page) -> None:
        self.all: list[str] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if "/api/points" in request.url:
            self.all.append(request.url)


def test_a_hidden_tab_asks_nothing_and_catches_up_when_seen(page: Page, server: Server) -> None:
    """Training goes on meanwhile; the chart has all of it once the tab is looked at again."""
    slow_run(page, server)
    expect(page.locator(MARKERS).first).to_be_visible()
    asked = Questions(page)
    with page.expect_request_finished(lambda r: "/api/points" in r.url):
        pass  # one question is under way, and its answer in
    page.evaluate(HIDE, True)
    before = page.evaluate(CURSOR)
    count = len(asked.all)
    other = page.context.new_page()
    other.goto(page.url)  # somebody else watches the run until it has moved on
    expect(other.locator(MARKERS).first).to_be_visible()
    expect(other.locator(".fl-line")).not_to_have_text(before)
    other.close()
    assert len(asked.all) == count
    assert page.evaluate(CURSOR) == before
    page.evaluate(HIDE, False)
    expect(page.locator(".fl-line")).not_to_have_text(before)
    page.get_by_role("button", name="Cancel").click()


def test_a_finished_run_and_a_waiting_run_are_not_polled(page: Page, server: Server) -> None:
    """While nothing changes one question waits; when the run is over there is none."""
    try_it_now(page, server)
    wait_until_done(page)
    asked = Questions(page)
    page.get_by_role("button", name="Next point →").click()
    expect(page.get_by_role("button", name="Choose this")).to_be_visible()
    assert asked.all == []


def test_a_lost_connection_is_said_and_the_chart_goes_on_by_itself(
    page: Page, own_server: Server
) -> None:
    """No reload: the same chart, its zoom, and the same run, on the server that came back."""
    slow_run(page, own_server)
    expect(page.locator(MARKERS).first).to_be_visible()
    page.locator(".fl-chart").first.evaluate("node => { node.dataset.mark = 'same node'; }")
    page.evaluate("Plotly.relayout(document.querySelector('.fl-chart'), {'xaxis.range': [10, 90]})")
    own_server.stop(kill=True)
    expect(page.locator(".fl-line")).to_have_text("Connection lost, trying again …")
    own_server.start()
    expect(page.locator(".fl-line")).to_contain_text("epoch")
    expect(page.locator(CONNECTED)).to_be_attached()
    assert page.locator(".fl-chart").first.get_attribute("data-mark") == "same node"
    zoomed = page.evaluate("document.querySelector('.fl-chart').layout.xaxis.range")
    assert [round(end) for end in zoomed] == [10, 90]
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("cancelled", exact=False).first).to_be_visible()


def test_the_first_click_after_a_restart_counts(page: Page, own_server: Server) -> None:
    """The new server has never seen the page; a pick is not lost for that."""
    try_it_now(page, own_server)
    wait_until_done(page)
    own_server.stop(kill=True)
    expect(page.locator(CONNECTED)).to_have_count(0)
    expect(page.get_by_role("dialog")).to_be_visible()
    said = (
        page.get_by_role("dialog")
        .locator("> div")
        .evaluate("box => [getComputedStyle(box, '::before').content, box.innerText.trim()]")
    )
    assert "keeps trying" in said[0]
    assert said[1] == ""  # not a word about the internet, or how to start another program
    own_server.start()
    expect(page.locator(CONNECTED)).to_be_attached()
    page.get_by_role("button", name="Next point →").click()  # before the page has run, or after
    expect(page.get_by_role("button", name="Choose this")).to_be_visible()


def test_a_click_that_the_page_never_heard_is_said_again(page: Page, server: Server) -> None:
    """As when it reaches a server that has just started and does not know the page yet."""
    lost: list[bytes | str] = []

    def lose_the_first(route: WebSocketRoute) -> None:
        to_server = route.connect_to_server()

        def forward(message: bytes | str) -> None:
            said = message if isinstance(message, bytes) else message.encode()
            if b'"selected"' in said and not lost:
                lost.append(message)
            else:
                to_server.send(message)

        route.on_message(forward)

    page.route_web_socket("**/_stcore/stream", lose_the_first)
    try_it_now(page, server)
    wait_until_done(page)
    page.get_by_role("button", name="Next point →").click()
    expect(page.get_by_role("button", name="Choose this")).to_be_visible()
    assert len(lost) == 1
