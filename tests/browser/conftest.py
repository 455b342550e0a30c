"""A real server on a free port and a real headless Chromium."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from fairlab.data import load
from fairlab.ui.widgets.sweep_form import default_config
from tests.browser.chromium import ARGS, REMEDY, find
from tests.browser.server import ARTIFACTS, PATIENCE_MS, Server
from tests.browser.visiting import trained

expect.set_options(timeout=PATIENCE_MS)

#: Started first, so that none of them is what everything else waits for in the end.
LONGEST = ("test_journeys.py", "test_hostile_names.py", "test_live_curve.py")
# What moves is drawn by the processor here; journeys that look at motion ask for it.
DESK = {
    "viewport": {"width": 1280, "height": 900},
    "accept_downloads": True,
    "reduced_motion": "reduce",
}
_FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder carries the ``browser`` marker; the longest files go first."""
    here = [item for item in items if item.path.parent == Path(__file__).parent]
    for item in here:
        item.add_marker(pytest.mark.browser)
    places = [
        place for place, item in enumerate(items) if item.path.parent == Path(__file__).parent
    ]
    longest = {name: place for place, name in enumerate(LONGEST)}
    here.sort(key=lambda item: longest.get(item.path.name, len(LONGEST)))
    for place, item in zip(places, here, strict=True):
        items[place] = item


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[pytest.TestReport]:
    """Notes what failed, for the fixtures that put away."""
    report = yield
    item.stash[_FAILED] = report.failed or item.stash.get(_FAILED, False)
    return report


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all journeys."""
    running = Server(tmp_path_factory.mktemp("home"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A server this test may kill."""
    running = Server(tmp_path / "own-home")
    running.home.mkdir()
    running.start()
    yield running
    running.stop(kill=True)


@pytest.fixture(scope="package")
def finished(server: Server) -> str:
    """A finished run of what "Try it now" trains, nobody's in particular, to open by address."""
    return trained(server, default_config(load("loanapp")))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One headless Chromium for this folder; its event loop must not outlive it."""
    path = find()
    if path is None:
        pytest.fail(REMEDY)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(ARGS))
        yield chromium
        chromium.close()


class Desk:
    """One visitor's browser window after the other, with what browsers keep of scripts they read.

    Reading Streamlit's and Plotly's scripts again takes Chromium longer than most journeys; all
    else that a browser keeps is cleared between visitors.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._context: BrowserContext | None = None

    def sit_down(self) -> Page:
        if self._context is None:
            self._context = self._browser.new_context(**DESK)  # type: ignore[arg-type]
        return self._context.new_page()

    def leave(self, *, failed: bool) -> None:
        """After a failure nothing is kept at all."""
        if self._context is None:
            return
        if failed:
            self._context.close()
            self._context = None
            return
        for page in self._context.pages:
            page.evaluate("() => { try { localStorage.clear(); } catch { /* a file has none */ } }")
            page.close()
        self._context.clear_cookies()
        self._context.clear_permissions()


@pytest.fixture(scope="package")
def desk(browser: Browser) -> Desk:
    """Where the visitors of ``page`` sit, one after the other."""
    return Desk(browser)


@pytest.fixture
def page(desk: Desk, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A new visitor at 1280 × 900; leaves a screenshot in artifacts/ if the journey fails."""
    visitor = desk.sit_down()
    visitor.set_default_timeout(PATIENCE_MS)
    errors: list[str] = []
    visitor.on("pageerror", lambda error: errors.append(str(error)))
    yield visitor
    failed = request.node.stash.get(_FAILED, False)
    if failed:
        ARTIFACTS.mkdir(exist_ok=True)
        visitor.screenshot(path=ARTIFACTS / f"{request.node.name}.png", full_page=True)
    desk.leave(failed=failed)
    assert not errors, f"Script errors in the browser: {errors}"


@pytest.fixture
def elsewhere(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens further browsers, each a device of its own: ``elsewhere(has_touch=True)``."""
    contexts = []
    errors: list[str] = []

    def opened(**options: object) -> Page:
        context = browser.new_context(**(DESK | options))  # type: ignore[arg-type]
        contexts.append(context)
        visitor = context.new_page()
        visitor.set_default_timeout(PATIENCE_MS)
        visitor.on("pageerror", lambda error: errors.append(str(error)))
        return visitor

    yield opened
    for context in contexts:
        context.close()
    assert not errors, f"Script errors in the browser: {errors}"
