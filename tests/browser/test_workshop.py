"""A workshop in real browsers: a facilitator, two phones and the wall, through all phases."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from fairlab.decision.records import DecisionRecord
from fairlab.runs.store import RunStore
from tests.browser.server import Server
from tests.browser.visiting import trained
from tests.contracts.small import sweep

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
AN_HOUR_FAST = "const real = Date.now; Date.now = () => real() + 3600 * 1000;"
WALL = {"viewport": {"width": 1920, "height": 1080}}


def open_room(page: Page, server: Server) -> str:
    """The facilitator opens a room and puts a curve before it; the link for phones."""
    page.goto(f"{server.url}/workshop")
    page.get_by_label("Title").fill("Loans")
    page.get_by_role("button", name="Open", exact=True).click()
    link = page.get_by_role("textbox", name="Link to the room Loans").input_value()
    store = RunStore(server.home)
    room = store.find_room(re.search(r"room=([A-Z0-9-]+)", link)[1])  # type: ignore[index]
    run_id = trained(server, sweep())  # a room may show anybody's
    payload = {"run_id": run_id, "question": "Which point, and why?"}
    store.room_event(room.id, room.owner, "pinned", payload)
    store.close()
    expect(page.get_by_role("button", name="Begin: Explain")).to_be_visible()
    return link


def points(page: Page) -> int:
    """How many points can be picked."""
    expect(page.locator(".fl-room-point").first).to_be_visible()
    return page.locator(".fl-room-point").count()


def answer(phone: Page, metric: str, point: int, why: str) -> None:
    """Choose and send, by touch."""
    phone.get_by_text(metric).first.tap()
    phone.locator(".fl-room-point").nth(point).tap()
    phone.get_by_role("textbox", name="Why this point?").fill(why)
    phone.get_by_role("button", name=re.compile(r"^Send point")).tap()
    expect(phone.get_by_text(re.compile("^Received at"))).to_be_visible()


def next_phase(page: Page, name: str) -> None:
    """The facilitator's one button."""
    page.get_by_role("button", name=name).click()


def test_a_workshop_from_the_first_scan_to_the_record(
    page: Page, elsewhere: Callable[..., Page], server: Server, tmp_path: Path
) -> None:
    """Every screen follows without a reload; a reload in the middle loses nothing typed.

    A phone whose clock is an hour fast shows the same time left as everybody.
    """
    link = open_room(page, server)
    one, two, wall = elsewhere(**PHONE), elsewhere(**PHONE), elsewhere(**WALL)
    two.add_init_script(AN_HOUR_FAST)
    one.goto(link)
    wall.goto(f"{link}&present=1")
    points(one)
    next_phase(page, "Begin: Explain")
    expect(one.locator(".fl-clock-time")).to_have_text(re.compile(r"^1[12]:\d\d$"))
    expect(wall.locator(".fl-clock-time")).to_have_text(re.compile(r"^1[12]:\d\d$"))
    one.locator(".fl-room-point").nth(1).tap()
    expect(one.locator(".fl-room-name")).to_have_text(re.compile("^Point 2: "))

    next_phase(page, "Begin: Ask")
    expect(one.get_by_role("textbox", name="Why this point?")).to_be_visible()
    one.get_by_text("Selected equally often").first.tap()
    one.locator(".fl-room-point").nth(1).tap()
    one.get_by_role("textbox", name="Why this point?").press_sequentially("Typed, not sent")
    one.reload()  # without leaving the field first: what was typed is on the device alone
    expect(one.get_by_role("textbox", name="Why this point?")).to_have_value("Typed, not sent")
    one.get_by_role("button", name="Send point 2").tap()
    expect(one.get_by_text(re.compile("^Received at"))).to_be_visible()
    two.goto(link)  # late, and with a wrong clock
    expect(two.locator(".fl-clock-time")).to_have_text(re.compile(r"^([1-9]|10):\d\d$"))
    answer(two, "As many right decisions", 0, "Mistakes hurt everybody")
    expect(page.get_by_text("2 people here · 2 answers")).to_be_visible()
    assert "Typed, not sent" not in wall.inner_text("body")

    next_phase(page, "Begin: Review")
    page.get_by_role("button", name="Show the answers").click()
    for screen in (page, one, two, wall):
        expect(screen.get_by_text("Typed, not sent")).to_be_visible()
    next_phase(page, "Begin: Negotiate")
    two.get_by_text("Propose a point").tap()
    two.get_by_label("Why this one").fill("A middle way")
    two.get_by_role("button", name="Propose it").tap()
    one.get_by_role("button", name="Object").tap()
    expect(wall.get_by_text("0 support it, 0 can live with it, 1 object")).to_be_visible()
    two.get_by_role("button", name="Support").tap()
    expect(wall.get_by_text("1 support it, 0 can live with it, 1 object")).to_be_visible()
    page.get_by_label("What those who disagree want recorded").fill("Not in our name")
    page.get_by_role("button", name="Record the decision").click()
    for screen in (page, one, two, wall):
        expect(screen.get_by_text("Not in our name")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Decision record (YAML)").click()
    path = tmp_path / "record.yaml"
    download.value.save_as(path)
    record = DecisionRecord.from_yaml(path.read_text(encoding="utf-8"))
    assert [one.words for one in record.dissent] == ["Not in our name"]
    assert one.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
