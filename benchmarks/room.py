"""A workshop with thirty participants: how long a choice takes to reach the facilitator's screen.

A real server with a home of its own; the facilitator's page in Chromium; ten participants in
Chromium, one after the other, on a screen as wide as a phone's; twenty by Streamlit's protocol.
Each picks a point of the curve on the real page, types a reason and presses Send. Half-way the
server is killed and started again: pages that are open go on. Then all twenty press at once. What
everybody sent is compared with the room's log: all there, each exactly once.

    fairlab bench room [--json-out PATH] [--quick]
"""

import asyncio
import secrets
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from benchmarks import room_browser
from benchmarks.harness import Figure, report
from benchmarks.live import config
from benchmarks.live_report import percentile
from benchmarks.room_client import Phone
from fairlab.errors import InputError
from fairlab.runs.holdings import Room
from fairlab.runs.records import RunState
from fairlab.runs.store import RunStore
from fairlab.ui.owner import new_token, owner_of_token
from tests.browser.chromium import ARGS, REMEDY, find
from tests.browser.server import Server

LIMIT = 1.0  # seconds from a press to the facilitator's screen, p95
APART = (0.5, 1.5)  # seconds between two presses of participants by protocol
TRAINING = 300.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How many take part: by protocol, and in Chromium."""

    phones: int = 20
    pages: int = 10


QUICK = Plan(phones=4, pages=1)


@dataclass(slots=True)
class Found:
    """What was measured.

    Attributes:
        presses: Moment each press was made, by its reason, of people who answered one by one.
        shown: When the facilitator's page first showed each number of answers.
        burst, burst_shown: The same of those who pressed at once, in the next round.
        opened: Seconds until each participant's page was there.
    """

    presses: dict[str, float] = field(default_factory=dict)
    shown: dict[int, float] = field(default_factory=dict)
    burst: dict[str, float] = field(default_factory=dict)
    burst_shown: dict[int, float] = field(default_factory=dict)
    opened: list[float] = field(default_factory=list)
    reopened: int = 0
    back: float = float("nan")
    missing: int = 0
    twice: int = 0
    strange: int = 0
    errors: list[str] = field(default_factory=list)
    cpu: float = float("nan")
    after: set[str] = field(default_factory=set)


def main(data: Path | None = None, json_path: Path | None = None, quick: bool = False) -> None:
    """Measure, print a table, and write JSON when a path is given.

    Args:
        data: Not used: the curve is of the built-in table.
        json_path: Where to write the same as JSON.
        quick: Five participants.

    Raises:
        InputError: If ``data`` is given, or no browser is found.
    """
    if data is not None:
        raise InputError("bench room shows a curve of the built-in table. Leave --data out.")
    if find() is None:
        raise InputError(REMEDY)
    plan = QUICK if quick else Plan()
    busy = psutil.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        found, latencies, burst = asyncio.run(_measure(Path(folder), plan))
    facts = (
        f"{plan.phones + plan.pages} participants: {plan.pages} in Chromium, one after the other, "
        f"{plan.phones} by Streamlit's protocol; the facilitator's page in Chromium. Each picks a "
        "point, types a reason and presses Send on the real page. Server, browser and clients "
        "share the machine's cores.",
        "From a press to the facilitator's screen: until the page there shows one answer more.",
        "Half-way the server was killed (SIGKILL) and started again; open pages went on.",
        f"Before it began, the machine had a load of {busy:.1f}.",
    )
    report("Workshop room", [], json_path, facts, _figures(found, latencies, burst))


def _figures(found: Found, latencies: Sequence[float], burst: Sequence[float]) -> list[Figure]:
    errors = " ".join(found.errors)[:300]
    return [
        Figure("press to facilitator's screen, p50", percentile(latencies, 0.5), seconds=True),
        Figure(
            "press to facilitator's screen, p95", percentile(latencies, 0.95), LIMIT, seconds=True
        ),
        Figure("press to facilitator's screen, longest", max(latencies), seconds=True),
        Figure("all by protocol at once, p50", percentile(burst, 0.5), seconds=True),
        Figure("all by protocol at once, p95", percentile(burst, 0.95), seconds=True),
        Figure("answers compared", len(found.presses) + len(found.burst)),
        Figure("answers lost", found.missing, 0),
        Figure("answers twice", found.twice, 0),
        Figure("answers nobody sent", found.strange, 0),
        Figure("errors on pages", len(found.errors), 0, note=errors),
        Figure("from SIGKILL until all pages go on", found.back, seconds=True),
        Figure("pages that went on after it", found.reopened),
        Figure("answers sent after it", len(found.after)),
        Figure("page of a participant, first there, median", median(found.opened), seconds=True),
        Figure("seconds of a core per answer", found.cpu, seconds=True),
    ]


async def _measure(home: Path, plan: Plan) -> tuple[Found, list[float], list[float]]:
    from playwright.async_api import async_playwright

    found, server, store = Found(), Server(home), RunStore(home)
    await asyncio.to_thread(server.start)
    token = new_token()
    owner = owner_of_token(token)
    try:
        run_id = await _curve(store, owner)
        room = store.open_room(owner, "Benchmark")
        led = {"run_id": run_id, "question": "Which point would you choose?"}
        store.room_event(room.id, owner, "pinned", led)
        store.room_event(room.id, owner, "phase", {"phase": "ask", "seconds": None})
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=find(), args=list(ARGS))
            url = f"{server.url}/workshop?room={room.code}"
            screen = await room_browser.open_room(browser, url, token, phone=False)
            await screen.get_by_text(room.code).first.wait_for()
            await _take_part(server, store, room, browser, screen, plan, found)
            await browser.close()
        orders = _orders(store, room, found)
    finally:
        await asyncio.to_thread(server.stop)
        store.close()
    return found, *orders


async def _curve(store: RunStore, owner: str) -> str:
    """A short run on the built-in table, trained to its end."""
    run_id = store.submit(config(epochs=6), owner=owner)
    until = time.monotonic() + TRAINING
    while store.get(run_id).state is not RunState.DONE:
        if time.monotonic() > until or not store.get(run_id).state.active:
            raise RuntimeError(f"The curve was not trained: {store.get(run_id).message}")
        await asyncio.sleep(0.2)
    return run_id


async def _take_part(
    server: Server,
    store: RunStore,
    room: Room,
    browser: Any,
    screen: Any,
    plan: Plan,
    found: Found,
) -> None:
    """Half of the participants, the kill, the other half; then all by protocol at once."""
    phones = [Phone(server.port, room.code, new_token()) for _ in range(plan.phones)]
    for phone in phones:
        found.opened.append(await phone.start())
    half, pages = plan.phones // 2, plan.pages // 2
    before = _cpu(server)
    url = f"{server.url}/workshop?room={room.code}"
    first = (_one_by_one(phones[:half], found), _in_turn(browser, url, pages, 0, found))
    await asyncio.gather(*first)
    found.cpu = (_cpu(server) - before) / max(half + pages, 1)
    # Somebody has typed and not sent yet when the server is killed.
    open_page = await room_browser.open_room(browser, url, new_token(), phone=True)
    await room_browser.choose(open_page, 2, "typed before")
    killed = time.monotonic()
    await asyncio.to_thread(server.stop, kill=True)
    await asyncio.to_thread(server.start)
    while any(phone.reopened == 0 for phone in phones):
        await asyncio.sleep(0.05)
    found.back = time.monotonic() - killed
    at = await room_browser.press(open_page)
    found.presses["typed before"] = at
    found.after.add("typed before")
    await open_page.context.close()
    second = (
        _one_by_one(phones[half:], found, after=True),
        _in_turn(browser, url, plan.pages - pages - 1, pages, found, after=True),
    )
    await asyncio.gather(*second)
    await _until(screen, len(found.presses))
    found.shown = await room_browser.shown(screen)
    await _at_once(store, room, phones, screen, found)
    found.reopened = sum(phone.reopened for phone in phones)
    found.errors += [error for phone in phones for error in phone.errors]
    await asyncio.gather(*(phone.stop() for phone in phones))


async def _one_by_one(phones: Sequence[Phone], found: Found, *, after: bool = False) -> None:
    """Each when the one before is not yet done, as people in a room."""
    sending = []
    for place, phone in enumerate(phones):
        sending.append(asyncio.create_task(_send(phone, place, found, after=after)))
        await asyncio.sleep(APART[0] + (APART[1] - APART[0]) * secrets.randbelow(100) / 100)
    await asyncio.gather(*sending)


async def _send(phone: Phone, place: int, found: Found, *, after: bool) -> None:
    reason = f"phone {phone.token[:8]}"
    found.presses[reason] = await phone.send(place, reason)
    if after:
        found.after.add(reason)


async def _in_turn(
    browser: Any, url: str, number: int, begin: int, found: Found, *, after: bool = False
) -> None:
    for place in range(begin, begin + number):
        began = time.perf_counter()
        page = await room_browser.open_room(browser, url, new_token(), phone=True)
        reason = f"page {place}"
        await room_browser.choose(page, place % 3, reason)
        found.opened.append(time.perf_counter() - began)
        found.presses[reason] = await room_browser.press(page)
        if after:
            found.after.add(reason)
        await page.context.close()


async def _at_once(
    store: RunStore, room: Room, phones: Sequence[Phone], screen: Any, found: Found
) -> None:
    """A new round in which all press in the same moment."""
    store.room_event(room.id, room.owner, "reset")
    store.room_event(room.id, room.owner, "phase", {"phase": "ask"})
    while not all(phone.asked_anew for phone in phones):
        await asyncio.sleep(0.05)
    await screen.get_by_text("· 0 answers ·").wait_for()
    await screen.evaluate("() => window.roomForget()")
    reasons = [f"at once {phone.token[:8]}" for phone in phones]
    for place, (phone, reason) in enumerate(zip(phones, reasons, strict=True)):
        await phone.choose(place, reason)
    found.burst = {reason: time.time() for reason in reasons}
    await asyncio.gather(*(phone.press() for phone in phones))
    await _until(screen, len(phones))
    found.burst_shown = await room_browser.shown(screen)


async def _until(screen: Any, number: int) -> None:
    await screen.wait_for_function(f"() => window.roomShown[{number}] !== undefined")


def _orders(store: RunStore, room: Room, found: Found) -> tuple[list[float], list[float]]:
    """Compare with the log; seconds from each press until the screen showed one answer more."""
    rounds: list[list[str]] = [[]]
    for event in store.room_log(room.id):
        if event.kind == "reset":
            rounds.append([])
        elif event.kind == "answer":
            rounds[-1].append(getattr(event.payload, "reason", ""))
    latencies = []
    told = ((found.presses, found.shown), (found.burst, found.burst_shown))
    for kept, (sent, screen) in zip(rounds, told, strict=True):
        found.missing += len(set(sent) - set(kept))
        found.strange += len(set(kept) - set(sent))
        found.twice += len(kept) - len(set(kept))
        order = {reason: number for number, reason in enumerate(dict.fromkeys(kept), 1)}
        latencies.append([screen[order[r]] - at for r, at in sent.items() if r in order])
        found.errors += [f"nobody sent {text!r}" for text in kept if text not in sent]
    return latencies[0], latencies[1]


def _cpu(server: Server) -> float:
    assert server.process is not None
    times = psutil.Process(server.process.pid).cpu_times()
    return float(times.user + times.system)
