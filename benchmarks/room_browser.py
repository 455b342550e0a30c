"""Real Chromium pages in a workshop room: the facilitator's, and participants' in turn."""

from typing import Any

from playwright.async_api import Browser, Page

from fairlab.ui.owner import COOKIE

WAITING = 90_000  # milliseconds, on a busy machine

# Notes when the page first shows each number of answers. Times are those of the machine.
NOTE = r"""
(() => {
  let most = -1;
  window.roomShown = {};
  window.roomForget = () => { most = 0; window.roomShown = {}; };
  const look = () => {
    for (const one of document.querySelectorAll('[data-testid="stMarkdownContainer"]')) {
      const found = /· (\d+) answers? ·/.exec(one.textContent);
      if (found && Number(found[1]) > most) {
        const now = Date.now() / 1000;
        for (let n = most + 1; n <= Number(found[1]); n += 1) window.roomShown[n] ??= now;
        most = Number(found[1]);
      }
    }
  };
  const all = { subtree: true, childList: true, characterData: true };
  new MutationObserver(look).observe(document, all);
})();
"""

_SEND = ".st-key-room-send button"
# On a participant's page: when Send was pressed.
PRESSED = """
document.addEventListener("click", (event) => {
  if (event.target.closest?.(".st-key-room-send")) window.roomPressed = Date.now() / 1000;
}, true);
"""


async def open_room(browser: Browser, url: str, token: str, *, phone: bool) -> Page:
    """A visitor's page of the room, in a context of its own."""
    size = {"width": 390, "height": 844} if phone else {"width": 1280, "height": 900}
    context = await browser.new_context(viewport=size, locale="en")  # type: ignore[arg-type]
    await context.add_cookies([{"name": COOKIE, "value": token, "url": url.split("/workshop")[0]}])
    page = await context.new_page()
    page.set_default_timeout(WAITING)
    await page.add_init_script(PRESSED if phone else NOTE)
    await page.goto(url)
    return page


async def shown(page: Page) -> dict[int, float]:
    """When the facilitator's page first showed each number of answers."""
    found: dict[str, Any] = await page.evaluate("() => window.roomShown")
    return {int(number): float(at) for number, at in found.items()}


async def choose(page: Page, steps: int, reason: str) -> None:
    """Say what matters, pick a point by its buttons and type a reason."""
    await page.locator("[class*='st-key-room-metric'] label").nth(1).click()
    following = page.locator(".fl-room-next")
    await following.wait_for()
    for _ in range(1 + steps):
        await following.click()
        await page.wait_for_timeout(150)
    area = page.locator(".st-key-room-reason textarea")
    await area.fill(reason)
    await area.blur()
    await page.locator(f"{_SEND}:not([disabled])").wait_for()


async def press(page: Page) -> float:
    """Press Send; the moment it was pressed. Waits until the page says it was received."""
    await page.locator(f"{_SEND}:not([disabled])").wait_for()
    await page.locator(_SEND).click()
    await page.get_by_text("Received at").wait_for()
    pressed: float = await page.evaluate("() => window.roomPressed")
    return pressed
