"""The stream player: plays, pauses and steps in the browser, by mouse and by keyboard."""

import re
from collections.abc import Callable
from itertools import pairwise

from playwright.sync_api import Page, expect

from tests.browser.server import Server
from tests.browser.visiting import IDLE, open_chosen

NARROW = {"width": 390, "height": 844}
WIDEST = """() => {
  const roots = [...document.querySelectorAll('*')].map((e) => e.shadowRoot).filter(Boolean);
  const shown = roots.flatMap((root) => [...root.querySelectorAll('*')])
    .filter((e) => !(e instanceof SVGElement) && !e.closest('.te-aloud'));
  const right = shown.map((e) => e.getBoundingClientRect().right);
  return Math.max(document.documentElement.scrollWidth, ...right);
}"""
# What the player shows, one after the other, each with the time of the frame it was drawn in.
WATCH = """where => {
  window.shown = [];
  const note = () => {
    const person = Number(where.textContent.match(/Person ([\\d,]+) of/)[1].replaceAll(',', ''));
    if (person !== window.shown.at(-1)?.[0]) {
      window.shown.push([person, document.timeline.currentTime]);
    }
  };
  new MutationObserver(note).observe(where, {childList: true, characterData: true, subtree: true});
}"""
FRAMES = """(frames) => new Promise((done) => {
  const next = (left) => left ? requestAnimationFrame(() => next(left - 1)) : done(true);
  next(frames);
})"""


def open_stream(page: Page, server: Server, run: str) -> None:
    """Open the page with a chosen model; the whole stream is shown, nothing moves."""
    open_chosen(page, server, run, "Stream")
    expect(page.locator(".sp-where")).to_have_text(re.compile(r"Person (\d+) of \1 "))


def person(page: Page) -> int:
    found = re.search(r"Person ([\d,]+) of", page.locator(".sp-where").inner_text())
    assert found is not None
    return int(found[1].replace(",", ""))


def test_play_starts_at_the_beginning_and_pause_holds_it(
    page: Page, server: Server, finished: str
) -> None:
    """From the end, Play begins anew; while it plays the server hears nothing."""
    sent: list[int] = []
    page.on("websocket", lambda ws: ws.on("framesent", lambda _: sent.append(1)))
    page.emulate_media(reduced_motion="no-preference")
    open_stream(page, server, finished)
    everybody = person(page)
    rows = page.locator(".sp-readout tbody tr")
    expect(rows).to_have_count(5)
    final = rows.first.locator("td").first.inner_text()
    assert final.endswith("points")
    page.get_by_label("Speed").select_option(label="Slow: 60 s")
    before = len(sent)
    page.locator(".sp-where").evaluate(WATCH)
    page.get_by_role("button", name="Play", exact=True).click()
    pause = page.get_by_role("button", name="Pause", exact=True)
    expect(pause).to_be_visible()
    page.wait_for_function("() => window.shown.length >= 2")
    pause.click()
    seen = [people for people, _ in page.evaluate("window.shown")]
    assert seen[0] < everybody / 2
    assert seen == sorted(seen)
    held = person(page)
    assert 0 < held < everybody
    page.evaluate(FRAMES, 30)
    assert person(page) == held
    assert len(sent) == before
    page.get_by_role("button", name="Step", exact=True).click()
    expect(page.locator(".sp-where")).not_to_contain_text(f"Person {held} ")
    page.get_by_role("button", name="Step back").click()
    expect(page.locator(".sp-where")).to_contain_text(f"Person {held} ")


def test_the_stream_is_walked_by_keyboard_and_says_where_it_is(
    page: Page, server: Server, finished: str
) -> None:
    """Home, End and arrows on the position; Space on Play; every control has a name."""
    open_stream(page, server, finished)
    everybody = person(page)
    position = page.get_by_label("Position in the stream")
    position.focus()
    page.keyboard.press("Home")
    expect(page.locator(".sp-where")).to_contain_text("batch 1 of")
    expect(page.get_by_role("button", name="Step back")).to_be_disabled()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".sp-where")).to_contain_text("batch 2 of")
    expect(position).to_have_attribute(
        "aria-valuetext", re.compile(r"After \d+ of \d+ people: No rule [\d.]+ points, Each batch")
    )
    expect(page.locator(".sp > .te-aloud")).to_have_text(re.compile(r"After \d+ of"))
    page.keyboard.press("End")
    expect(page.locator(".sp-where")).to_contain_text(f"Person {everybody} ")
    page.get_by_role("button", name="Play", exact=True).focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_focused()


def test_the_window_shows_what_alerts_watch(page: Page, server: Server, finished: str) -> None:
    """The chart changes to the last people and back; names never become markup."""
    open_stream(page, server, finished)
    recent = page.get_by_role("button", name=re.compile(r"Last \d+ people"))
    expect(recent).to_have_attribute("aria-pressed", "false")
    recent.click()
    expect(recent).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".sp-tolerance")).to_have_count(1)
    page.get_by_role("button", name="Everybody so far").click()
    expect(page.locator(".sp-tolerance")).to_have_count(0)
    expect(
        page.get_by_text(re.compile("An alert is raised when the gap over the last"))
    ).to_be_visible()


def test_a_setting_changes_the_stream_in_place(page: Page, server: Server, finished: str) -> None:
    """One person at a time, one group after another: no gap until the second group comes."""
    open_stream(page, server, finished)
    pick(page, "Batch size", "1 person")
    pick(page, "People come in this order", "One group after another")
    expect(page.locator(".sp-where")).to_have_text(
        re.compile(r"Person (\d+) of \1 · batch \1 of \1")
    )
    expect(page.get_by_text(re.compile("people came one group after another"))).to_be_visible()
    page.get_by_label("Position in the stream").focus()
    page.keyboard.press("Home")
    expect(page.locator(".sp-readout tbody td").first).to_have_text("undefined")


def test_with_reduced_motion_it_moves_once_a_second_and_fits_a_phone(
    elsewhere: Callable[..., Page], server: Server, finished: str
) -> None:
    """394 people in a minute, but one picture a second only; nothing is wider than the screen."""
    calm = elsewhere(reduced_motion="reduce", viewport=NARROW)
    open_stream(calm, server, finished)
    pick(calm, "Batch size", "1 person")
    expect(calm.locator(".sp-where")).to_have_text(re.compile(r"Person (\d+) of \1 · batch \1 "))
    assert calm.evaluate(WIDEST) <= NARROW["width"]
    calm.get_by_label("Speed").select_option(label="Slow: 60 s")
    calm.locator(".sp-where").evaluate(WATCH)
    calm.get_by_role("button", name="Play", exact=True).click()
    calm.wait_for_function("() => window.shown.length >= 4")
    times = [time for _, time in calm.evaluate("window.shown")][1:4]
    assert min(later - sooner for sooner, later in pairwise(times)) >= 1000


def pick(page: Page, label: str, option: str) -> None:
    expect(page.locator(IDLE)).to_be_attached()
    box = page.get_by_role("combobox", name=label)
    box.click()
    page.get_by_role("option", name=option, exact=True).click()
    expect(box).to_have_value(option)
