"""Participants of a workshop room without a browser: Streamlit's protocol, as a phone speaks it."""

import asyncio
import contextlib
import json
import time
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from benchmarks.live_client import Chart, RefusedError, Session
from fairlab.ui.owner import COOKIE

CURVE, PULSE = "fairlab_room_curve", "fairlab_room_pulse"
PATIENCE = 90.0  # seconds a page may take on a busy machine
AGAIN = 10.0  # seconds after which somebody who got no reply presses again
LOST = (OSError, ConnectionClosed, InvalidHandshake, TimeoutError, EOFError)


class Phone(Session):
    """One participant: opens the room's page, picks a point, types a reason, presses Send.

    It asks for news as ``room_pulse.js`` does and has its page run when there are any; when the
    server is gone it connects again until one is there.

    Args:
        port: Of the server on this machine.
        code: Of the room.
        token: The visitor's cookie.
    """

    def __init__(self, port: int, code: str, token: str) -> None:
        super().__init__(port, "workshop", f"room={code}", f"{COOKIE}={token}")
        self.code, self.token = code, token
        self.reopened = 0
        self._elements: dict[str, Any] = {}
        self._values: dict[str, Any] = {}  # what the browser sends again with each run
        self._ran = asyncio.Condition()
        self._runs = 0
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def asked_anew(self) -> bool:
        """Whether the page asks for an answer and has none of this round."""
        return (
            "curve" in self._elements
            and "send" in self._elements
            and ("Received" not in str(self._elements.get("said", "")))
        )

    async def start(self) -> float:
        """Open the page and go on listening; seconds until it was there."""
        seconds = await self.open()
        self._tasks = [asyncio.create_task(self._live()), asyncio.create_task(self._pulse())]
        return seconds

    async def stop(self) -> None:
        """Leave."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.close()

    async def choose(self, place: int, reason: str) -> None:
        """Say what matters, pick a point and type a reason, without sending them."""
        radio = await self._element("radio")
        self._values[radio.id] = ("string_value", radio.options[place % len(radio.options)])
        curve = await self._element("curve")
        points = json.loads(curve.json)["points"]
        picked = {"index": points[place % len(points)]["index"], "at": time.time_ns()}
        self._values[curve.id] = ("json_value", json.dumps({"picked": picked}))
        await self._run()
        area = await self._element("text_area")
        self._values[area.id] = ("string_value", reason)
        await self._run()

    async def press(self) -> float:
        """Press Send; the moment it was pressed."""
        button = await self._element("send")
        pressed = time.time()
        await self._run({button.id: ("trigger_value", True)})
        return pressed

    async def send(self, place: int, reason: str) -> float:
        """Choose and press, as often as needed until the page says that it was received."""
        await self.choose(place, reason)
        pressed = time.time()
        for _ in range(20):
            with contextlib.suppress(*LOST):
                await self.press()
                async with asyncio.timeout(AGAIN), self._ran:
                    await self._ran.wait_for(self._received)
                return pressed
            await asyncio.sleep(0.5)
        raise RefusedError(f"An answer was not received: {self._elements.get('said')}")

    def _received(self) -> bool:
        return "Received" in str(self._elements.get("said", ""))

    async def receive(self) -> ForwardMsg:
        """The next message; elements of the page are kept."""
        message = await super().receive()
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._elements = {}
        elif kind == "delta":
            self._keep(message.delta.new_element)
        elif kind == "script_finished":
            async with self._ran:
                self._runs += 1
                self._ran.notify_all()
        return message

    def _keep(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind == "bidi_component":
            name = element.bidi_component.component_name
            if name == CURVE:
                self._elements["curve"] = element.bidi_component
            elif name == PULSE:
                self._elements["pulse"] = element.bidi_component
        elif kind == "radio" and "room.metric" in element.radio.id:
            self._elements["radio"] = element.radio
        elif kind == "text_area":
            self._elements["text_area"] = element.text_area
        elif kind == "button" and element.button.label.startswith(("Send", "Sent")):
            self._elements["send"] = element.button
        elif kind == "alert":
            self._elements["said"] = element.alert.body

    async def _element(self, name: str) -> Any:
        async with asyncio.timeout(PATIENCE), self._ran:
            await self._ran.wait_for(lambda: name in self._elements)
        return self._elements[name]

    async def _run(self, triggers: dict[str, tuple[str, Any]] | None = None) -> None:
        """Have the page run with what is entered, and wait until it did."""
        assert self._socket is not None
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_name = self.query, self.page
        for name, (kind, value) in {**self._values, **(triggers or {})}.items():
            widget = state.widget_states.widgets.add()
            widget.id = name
            setattr(widget, kind, value)
        runs = self._runs
        await self._socket.send(message.SerializeToString())
        async with asyncio.timeout(PATIENCE), self._ran:
            await self._ran.wait_for(lambda: self._runs > runs)

    async def _live(self) -> None:
        """Take what comes; connect again when the server is gone, as the browser does."""
        while True:
            with contextlib.suppress(*LOST):
                while True:
                    await self.receive()
            await asyncio.sleep(0.5)
            with contextlib.suppress(*LOST):
                self._elements = {}
                await self.open()
                self.reopened += 1

    async def _pulse(self) -> None:
        """Ask for news of what participants must see at once, and have the page run for them."""
        asking = Chart(self.port)
        newest = 0
        while True:
            pulse = self._elements.get("pulse")
            known = json.loads(pulse.json)["version"] if pulse is not None else 0
            path = f"/api/rooms/{self.code}/news?after={max(newest, known)}&scope=stage&wait=20"
            try:
                news = (await asking._get(path))["news"]
            except (OSError, EOFError, RefusedError):
                await asyncio.sleep(0.5)
                continue
            if news is not None and news["version"] > newest:
                newest = news["version"]
                with contextlib.suppress(*LOST):
                    await self._run()
