"""The threshold slider and the base-rate dial: numbers move in the browser, not on the server."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Server
from tests.browser.visiting import open_chosen

STEPS = 60
SWEEP_THE_SLIDER = """
async (slider, steps) => {
  const shown = new Set();
  const counts = new Set();
  let rests = 0;
  const root = slider.getRootNode();
  for (let i = 0; i < steps; i += 1) {
    slider.value = 0.2 + 0.6 * i / steps;
    const moved = performance.now();
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    shown.add(root.querySelector(".te-value").textContent);
    counts.add([...root.querySelectorAll(".te-cells")].map((cell) => cell.textContent).join());
    if (performance.now() - moved > 200) rests += 1;
  }
  return [shown.size, counts.size, rests];
}
"""


def counted(line: Locator) -> tuple[str, ...]:
    """Selected people and all people of "N of M people are selected"."""
    found = re.search(r"([\d,]+) of ([\d,]+) people are selected", line.inner_text())
    assert found is not None
    return found.groups()


def test_dragging_changes_every_number_without_the_server(
    page: Page, server: Server, finished: str
) -> None:
    """Sixty positions redraw counts; the server hears at most of the few the visitor rests at."""
    sent: list[int] = []
    page.on("websocket", lambda ws: ws.on("framesent", lambda _: sent.append(1)))
    open_chosen(page, server, finished, "Thresholds")
    slider = page.get_by_label("Decision threshold")
    expect(slider).to_be_visible()
    expect(page.locator(".te-summary")).to_contain_text("people are selected")
    before = len(sent)
    values, counts, rests = slider.evaluate(SWEEP_THE_SLIDER, STEPS)
    during = len(sent) - before
    assert values == STEPS
    assert counts > STEPS // 4
    assert during < STEPS // 4 + 3 * rests  # a busy machine rests at many positions
    # Let go: Python says the same as the browser.
    value = page.locator(".te-value").inner_text()
    line = page.get_by_text(re.compile(rf"At threshold {float(value):.4g}, "))
    expect(line).to_be_visible()
    assert counted(line) == counted(page.locator(".te-summary"))


def test_the_slider_works_by_keyboard_and_says_what_it_shows(
    page: Page, server: Server, finished: str
) -> None:
    """Arrows move by one position, End selects nobody, and undefined rates say why."""
    open_chosen(page, server, finished, "Thresholds")
    slider = page.get_by_label("Decision threshold")
    slider.focus()
    expect(page.locator(".te-value")).to_have_text("0.50")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".te-value")).not_to_have_text("0.50")
    first = page.locator(".te-value").inner_text()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".te-value")).to_have_text("0.50")
    assert first > "0.50"
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("0 of .* people are selected"))
    expect(
        page.get_by_text(re.compile(r"undefined: no one in .* is selected")).first
    ).to_be_visible()
    page.keyboard.press("Home")
    expect(page.locator(".te-cells td").filter(has_text=re.compile("^0$")).first).to_be_visible()


def test_a_threshold_in_use_travels_with_the_chosen_model(
    page: Page, server: Server, finished: str
) -> None:
    """A button of the explorer moves the slider; using it puts it in the address."""
    open_chosen(page, server, finished, "Thresholds")
    page.get_by_role("button", name="Least cost, one threshold").click()
    expect(page.locator(".te-said")).to_contain_text("does not need the person's group")
    use = page.get_by_role("button", name="Use this threshold")
    expect(use).to_be_enabled()
    use.click()
    expect(use).to_be_disabled()
    expect(page).not_to_have_url(re.compile(r"%400\.5(&|$)"))


def test_the_dial_moves_base_rates_until_they_meet(
    page: Page, server: Server, finished: str
) -> None:
    """At the end of the dial every group shows the same base rate and nothing is forced."""
    sent: list[int] = []
    page.on("websocket", lambda ws: ws.on("framesent", lambda _: sent.append(1)))
    open_chosen(page, server, finished, "Impossibility")
    dial = page.get_by_label("Move base rates together")
    dial.focus()
    rates = page.locator(".bd-panel").first.locator(".te-number")
    expect(rates.first).to_have_text(re.compile("%"))
    assert len(set(rates.all_inner_texts())) > 1
    before = len(sent)
    page.keyboard.press("End")
    expect(page.locator(".te-value")).to_have_text("100 %")
    expect(page.locator(".bd-sentence")).to_contain_text("force a parity gap of 0.0 points")
    assert len(set(rates.all_inner_texts())) == 1
    assert len(sent) == before
