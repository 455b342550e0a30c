"""How long a visitor waits: from "Try it now" to the first points and to the whole curve.

A real server with a warm training process, a real headless Chromium with an empty cache, a new
data folder each time, so nothing is shared with an earlier run. Also the time from a key on the
threshold slider to new numbers on screen.

    python -m benchmarks.app [--json PATH]
"""

import argparse
import json
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.harness import Comparison, at_most, report
from fairlab.errors import InputError
from tests.browser.chromium import ARGS, REMEDY, find
from tests.browser.server import Server

REPEATS = 5
STEPS = 40
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
MARKER = ".fl-chart .scatterlayer .points path.point"
# Runs in the page: milliseconds from each keydown on the slider to the change of a number.
DRAG = """
async ([selector, steps]) => {
  const roots = [document, ...[...document.querySelectorAll('*')].map((n) => n.shadowRoot)];
  const input = roots.map((r) => r?.querySelector(selector)).find(Boolean);
  const root = input.getRootNode() === document ? document.body : input.getRootNode();
  const times = [];
  for (let i = 0; i < steps; i++) {
    await new Promise((done) => {
      const start = performance.now();
      const watch = new MutationObserver(() => {
        watch.disconnect();
        requestAnimationFrame(() => { times.push(performance.now() - start); done(); });
      });
      watch.observe(root, { subtree: true, childList: true, characterData: true });
      input.value = String(Number(input.value) + Number(input.step || 1) * (i % 2 ? 3 : 5));
      input.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
    });
  }
  return times;
}
"""


def main(data: Path | None = None, json_path: Path | None = None) -> None:
    """Measure, print a table, and write JSON when a path is given.

    Args:
        data: Not used: the figures are about the built-in table.
        json_path: Where to write the same as JSON.

    Raises:
        InputError: If ``data`` is given, or no browser is found.
    """
    if data is not None:
        raise InputError("bench app measures the built-in table only. Leave --data out.")
    path = find()
    if path is None:
        raise InputError(REMEDY)
    first, whole, drags, own = [], [], [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGS))
        for _ in range(REPEATS):
            waited, ended, steps, of_group = _one_visit(browser)
            first.append(waited)
            whole.append(ended)
            drags.extend(steps)
            own.extend(of_group)
        browser.close()
    report("Waiting times in a real browser", _lines(first, whole, drags, own), json_path, _FACTS)


_FACTS = (
    "Try it now: 63 models (21 strengths × 3 modes, MLP 64-64, 30 epochs) and two baselines, on "
    "the built-in table.",
    "Medians of five visits with an empty browser cache; browser, server and training share the "
    "machine's cores.",
)


def _lines(
    first: list[float], whole: list[float], drags: list[float], own: list[float]
) -> list[Comparison]:
    seconds = statistics.median
    return [
        at_most("Try it now → first points", seconds(first), "limit", 2.0, target=1),
        at_most("Try it now → whole curve, three modes", seconds(whole), "limit", 10.0, target=1),
        *_drag_lines("threshold step", drags),
        *_drag_lines("step of one group's threshold", own),
    ]


def _drag_lines(what: str, drags: list[float]) -> list[Comparison]:
    p50, p95 = statistics.median(drags), statistics.quantiles(drags, n=20)[18]
    return [
        at_most(f"{what} → new numbers, p50", p50 / 1000, "limit", 0.040, target=1),
        at_most(f"{what} → new numbers, p95", p95 / 1000, "limit", 0.060, target=1),
    ]


def _one_visit(browser: Browser) -> tuple[float, float, list[float], list[float]]:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.start()
        try:
            _wait_for_worker(server)
            _wait_until_warm(server)
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            page = context.new_page()
            page.set_default_timeout(120_000)
            waited, ended = _try_it_now(page, server)
            steps, own = _drag(page)
            context.close()
        finally:
            server.stop()
    return waited, ended, steps, own


def _wait_for_worker(server: Server) -> None:
    while True:
        with urllib.request.urlopen(f"{server.url}/api/health", timeout=5) as answer:
            if "ready" in json.load(answer)["workers"]:
                return
        time.sleep(0.1)


def _wait_until_warm(server: Server) -> None:
    """Until the server and what it started compute nothing for a second, at most a minute.

    The process that training processes are forked from warms up while the server answers already.
    """
    assert server.process is not None
    whole = psutil.Process(server.process.pid)
    before = -1.0
    for _ in range(60):
        now = sum(sum(one.cpu_times()[:2]) for one in (whole, *whole.children(recursive=True)))
        if now - before < 0.1:
            return
        before = now
        time.sleep(1)


def _try_it_now(page: Page, server: Server) -> tuple[float, float]:
    page.goto(server.url)
    button = page.get_by_role("button", name="Try it now")
    button.wait_for()
    page.wait_for_load_state("networkidle")
    start = time.perf_counter()
    button.click()
    page.locator(MARKER).first.wait_for()
    waited = time.perf_counter() - start
    page.get_by_role("button", name="Next point →").wait_for()
    return waited, time.perf_counter() - start


def _drag(page: Page) -> tuple[list[float], list[float]]:
    """Milliseconds of steps of the one threshold, and of one group's own."""
    page.get_by_role("button", name="Next point →").click()
    page.get_by_role("button", name="Choose this").click()
    page.get_by_role("button", name="Chosen").wait_for()
    page.get_by_test_id("stTopNavLink").filter(has_text="Thresholds").click()
    page.locator(".te-control input").wait_for()
    page.locator(IDLE).wait_for()
    times = page.evaluate(DRAG, [".te-control input", STEPS])
    page.get_by_role("button", name="One per group").click()
    page.locator(".te-own").first.wait_for()
    page.locator(IDLE).wait_for()
    own = page.evaluate(DRAG, [".te-own", STEPS])
    return [float(t) for t in times], [float(t) for t in own]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=None, dest="json_path")
    main(json_path=parser.parse_args().json_path)
