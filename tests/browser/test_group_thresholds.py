"""A threshold per group: moved by mouse, keys and touch, kept in the link, used on later pages."""

import re
import time
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Server
from tests.browser.visiting import go_to, open_chosen

NUMBERS = ("tp", "fn", "fp", "tn")


def open_explorer(page: Page, server: Server, run: str) -> None:
    open_chosen(page, server, run, "Thresholds")
    expect(strip(page, 0)).to_be_visible()


def strip(page: Page, g: int) -> Locator:
    return page.locator(".te-group").nth(g)


def cut(page: Page, g: int) -> Locator:
    return strip(page, g).locator(".te-cut")


def handle(page: Page, g: int) -> Locator:
    return page.get_by_role("slider", name=re.compile("^Threshold for ")).nth(g)


def cells(page: Page, g: int) -> dict[str, str]:
    """A group's four numbers in the explorer."""
    found = strip(page, g).locator(".te-cells tbody td").all_inner_texts()
    return dict(zip(("fn", "tp", "tn", "fp"), found, strict=True))


def strategy(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name="Set the thresholds by").get_by_role("button", name=name)


def test_mouse_and_keys_move_one_groups_threshold_and_no_other(
    page: Page, server: Server, finished: str
) -> None:
    """Numbers follow in the browser; moving together again takes every group along."""
    sent: list[int] = []
    page.on("websocket", lambda ws: ws.on("framesent", lambda _: sent.append(1)))
    open_explorer(page, server, finished)
    page.get_by_role("button", name="One per group").click()
    expect(cut(page, 0)).to_have_text("threshold 0.50")
    untouched = cells(page, 1)
    before = len(sent)
    plot = strip(page, 0).locator(".te-strip")
    box = plot.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.6 * box["width"], middle)
    page.mouse.down()
    begun = time.monotonic()
    page.mouse.move(box["x"] + 0.98 * box["width"], middle, steps=30)
    expect(strip(page, 0).locator(".te-moved")).to_contain_text("fewer selected than in use")
    rests = (time.monotonic() - begun) / 0.25  # at most: what is rested at so long is sent
    assert len(sent) - before < 10 + 3 * rests
    page.mouse.up()
    moved = cut(page, 0).inner_text()
    assert moved > "threshold 0.90"
    assert cells(page, 1) == untouched
    expect(cut(page, 1)).to_have_text("threshold 0.50")
    handle(page, 1).focus()
    page.keyboard.press("PageUp")
    expect(cut(page, 1)).not_to_have_text("threshold 0.50")
    page.keyboard.press("End")
    expect(handle(page, 1)).to_have_attribute("aria-valuetext", re.compile(r": 0 of \d+ people of"))
    expect(strip(page, 1).locator(".te-undefined")).to_contain_text("undefined: no one in")
    page.keyboard.press("Home")
    for refused in (0, 2):  # drawn with the next frame
        expect(strip(page, 1).locator(".te-cells tbody td").nth(refused)).to_have_text("0")
    expect(cut(page, 0)).to_have_text(moved)
    page.get_by_role("button", name="One threshold for everyone").click()
    expect(page.locator(".te-value")).to_have_text("0.50")
    assert cells(page, 1) == untouched


def test_a_finger_drags_one_groups_threshold_on_a_phone(
    server: Server, finished: str, elsewhere: Callable[..., Page]
) -> None:
    hand = elsewhere(viewport={"width": 390, "height": 844}, has_touch=True)
    open_explorer(hand, server, finished)
    hand.get_by_role("button", name="One per group").tap()
    plot = strip(hand, 1).locator(".te-strip")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    touch = hand.context.new_cdp_session(hand)
    at = {"y": box["y"] + box["height"] / 2, "x": box["x"] + 0.5 * box["width"]}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
    for step in range(1, 11):
        at["x"] = box["x"] + (0.5 + 0.045 * step) * box["width"]
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(cut(hand, 1)).to_have_text(re.compile(r"threshold (0\.9|1)"))
    expect(cut(hand, 0)).to_have_text("threshold 0.50")
    assert hand.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_strategy_travels_by_link_and_is_used_on_later_pages(
    page: Page, server: Server, finished: str, elsewhere: Callable[..., Page]
) -> None:
    """A fresh visitor sees the same thresholds and costs; Audit counts the same people."""
    open_explorer(page, server, finished)
    cost = page.get_by_role("spinbutton", name="Cost of selecting")
    per_person = page.get_by_text(re.compile(r"per person;")).first
    before = per_person.inner_text()
    cost.fill("2")
    cost.press("Enter")
    expect(page).to_have_url(re.compile("cost_fp=2"))
    expect(per_person).not_to_have_text(before)  # the explorer has it: strategies weigh by it
    strategy(page, "Demographic parity").click()
    expect(page).to_have_url(re.compile("cuts=each~demographic_parity~"))
    expect(page.locator(".te-said")).to_contain_text("needs the person's group")
    visitor = elsewhere()
    visitor.goto(page.url)
    expect(strategy(visitor, "Demographic parity")).to_have_attribute("aria-pressed", "true")
    expect(visitor.get_by_role("spinbutton", name="Cost of selecting")).to_have_value("2")
    groups = page.locator(".te-group").count()
    assert [cells(visitor, g) for g in range(groups)] == [cells(page, g) for g in range(groups)]
    expected = [cells(visitor, g) for g in range(groups)]
    use = visitor.get_by_role("button", name="Use these thresholds")
    use.click()
    expect(use).to_be_disabled()
    go_to(visitor, "Audit")
    expect(visitor.get_by_text("is decided at a threshold of its own").first).to_be_visible()
    matrices = visitor.locator("table:has(caption)")
    expect(matrices).to_have_count(groups)
    for g in range(groups):
        shown = matrices.nth(g).locator("td span:first-child")
        expect(shown).to_have_text([expected[g][name] for name in NUMBERS])
    go_to(visitor, "Compare")
    visitor.get_by_text("In people", exact=True).first.click()
    expect(visitor.get_by_text("Moving from A to B").first).to_be_visible()
