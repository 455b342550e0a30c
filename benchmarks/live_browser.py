"""Real Chromium pages that watch a run: when points arrive, and when they are drawn."""

from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, Page

WAITING = 60_000  # milliseconds until the first points are drawn

# Before the page's own scripts: notes each row as its answer comes, and when a drawing that
# followed is complete. Times are those of the machine, as are the store's.
NOTE = """
(() => {
  const notes = { ids: [], received: [], drawn: [], runs: {} };
  const pending = [];
  window.liveNotes = notes;
  const ask = window.fetch;
  window.fetch = async (...given) => {
    const answer = await ask(...given);
    if (String(given[0]).includes("api/points") && answer.ok) {
      const body = await answer.clone().json();
      const now = Date.now() / 1000;
      for (const [id, news] of Object.entries(body.runs)) {
        const own = (notes.runs[id] ??= { first: news.next, attempt: news.attempt, begun:
          news.rows.map((row) => row.id), ids: [], skipped: 0, fresh: true });
        if (own.attempt !== news.attempt) Object.assign(own, { first: news.next,
          attempt: news.attempt, begun: news.rows.map((row) => row.id), ids: [], fresh: true });
        if (!own.fresh) {
          own.skipped += news.skipped;
          for (const row of news.rows) {
            own.ids.push(row.id);
            notes.received.push(now - row.at);
            pending.push(row.at);
          }
        }
        own.fresh = false;
      }
    }
    return answer;
  };
  let library;
  Object.defineProperty(window, "Plotly", {
    configurable: true,
    get: () => library,
    set: (value) => {
      library = value;
      const react = value.react;
      if (!react || react.noted) return;
      value.react = async (...given) => {
        const shown = pending.splice(0);
        const result = await react(...given);
        requestAnimationFrame(() => {
          const now = Date.now() / 1000;
          for (const at of shown) notes.drawn.push(now - at);
        });
        return result;
      };
      value.react.noted = true;
    },
  });
})();
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """What a page noted: seconds from the store to the page, and to the screen; points by run."""

    received: list[float]
    drawn: list[float]
    runs: dict[str, dict[str, Any]]


async def open_page(browser: Browser, url: str) -> Page:
    """A visitor of its own, with points on the chart."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    await page.add_init_script(NOTE)
    await page.goto(url)
    await page.locator(".fl-chart .scatterlayer .points path.point").first.wait_for(timeout=WAITING)
    return page


async def forget(page: Page) -> None:
    """Leave out the times of the first seconds, when the page still loads."""
    await page.evaluate("() => { liveNotes.received = []; liveNotes.drawn = []; }")


async def noted(page: Page) -> Watched:
    """What the page noted so far."""
    found = await page.evaluate("() => window.liveNotes")
    return Watched(found["received"], found["drawn"], found["runs"])
