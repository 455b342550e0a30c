"""Visitors without a browser: Streamlit's WebSocket protocol, and the live chart's questions."""

import asyncio
import contextlib
import gzip
import json
import socket
import time
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed


class RefusedError(Exception):
    """The server answered, but not with news."""


OPENING = 120.0  # seconds a first page may take on a busy machine


class Session:
    """One visitor's page: a WebSocket that runs a page's script, as the browser does.

    Args:
        port: Of the server on this machine.
        page: Page's address without the slash, "" for the first.
        query: What stands after "?" in the address.
        cookie: The visitor's, as a browser sends it; "" for none.
    """

    def __init__(self, port: int, page: str = "train", query: str = "", cookie: str = "") -> None:
        self.port, self.page, self.query, self.cookie = port, page, query, cookie
        self.errors: list[str] = []
        self.reruns: dict[str, float] = {}  # fragments that run at intervals: seconds
        self._socket: ClientConnection | None = None

    async def open(self) -> float:
        """Connect, run the script to its end; the seconds that took."""
        start = time.perf_counter()
        self._socket = await connect(
            f"ws://localhost:{self.port}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            origin=f"http://localhost:{self.port}",  # type: ignore[arg-type]
            additional_headers={"Cookie": self.cookie} if self.cookie else None,
            max_size=None,
            ping_interval=None,
            open_timeout=OPENING,
        )
        await self.rerun()
        async with asyncio.timeout(OPENING):
            while not self._ended(await self.receive()):
                pass
        return time.perf_counter() - start

    async def rerun(self, fragment: str = "") -> None:
        """Ask for the script to run, or one fragment of it at its interval."""
        assert self._socket is not None
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_name = self.query, self.page
        state.fragment_id, state.is_auto_rerun = fragment, bool(fragment)
        await self._socket.send(message.SerializeToString())

    async def receive(self) -> ForwardMsg:
        """The next message; errors on the page and intervals are noted."""
        assert self._socket is not None
        message = ForwardMsg()
        data = await self._socket.recv()
        message.ParseFromString(data if isinstance(data, bytes) else data.encode())
        kind = message.WhichOneof("type")
        if kind == "auto_rerun":
            self.reruns[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
            self.errors.append(message.delta.new_element.exception.message)
        return message

    async def listen(self) -> None:
        """Take what comes, as an open page does."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.receive()

    async def close(self) -> None:
        """Leave, as when the tab is closed."""
        if self._socket is not None:
            await self._socket.close()

    def _ended(self, message: ForwardMsg) -> bool:
        return message.WhichOneof("type") == "script_finished"


@dataclass(slots=True)
class Received:
    """What one chart had of one run.

    Attributes:
        run_id: The run.
        first: Cursor up to which the first answer told; what it left out does not count.
        ids: Cursors of the points, in the order they came.
        begun: Those of the first answer, which are history and no update.
        skipped: Points the server said it left out later.
        final: Whether the run's end was told.
    """

    run_id: str
    first: int = 0
    begun: tuple[int, ...] = ()
    ids: list[int] = field(default_factory=list)
    skipped: int = 0
    final: bool = False


class Chart:
    """Follows runs as ``live_curve.js`` does and notes when each point came.

    Args:
        port: Of the server on this machine.
        wait: Seconds the server may hold a question; 0 polls every ``poll`` seconds.
    """

    def __init__(self, port: int, wait: int = 20, poll: float = 0.25) -> None:
        self.port, self.wait, self.poll = port, wait, poll
        self.latencies: list[float] = []
        self.received: list[Received] = []
        self.questions = 0
        self._asking = False
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def follow(self, run_id: str) -> Received:
        """Ask about one run until it is over."""
        seen = Received(run_id)
        self.received.append(seen)
        cursor, attempt, sign = 0, -1, ""
        while not seen.final:
            path = f"/api/points?run={run_id}:{cursor}:{attempt}:{sign}&wait={self.wait}"
            answer = await self._get(path)
            now = time.time()
            news = answer["runs"].get(run_id)
            if news is not None:
                self._note(seen, news, now, new=sign == "" or news["attempt"] != attempt)
                cursor, attempt, sign = news["next"], news["attempt"], news["seen"]
            await asyncio.sleep(answer["pause"] if self.wait else self.poll)
        return seen

    def _note(self, seen: Received, news: dict[str, Any], now: float, *, new: bool) -> None:
        ids = [row["id"] for row in news["rows"]]
        if new:  # also when training began again: everything is there
            seen.begun, seen.first, seen.ids = tuple(ids), news["next"], []
        else:
            seen.ids += ids
            seen.skipped += news["skipped"]
            self.latencies += [now - row["at"] for row in news["rows"]]
        seen.final = news["final"]

    async def _get(self, path: str) -> Any:
        """An answer over a connection that is kept, as a browser keeps it."""
        self.questions += 1
        self._asking = True
        try:
            return await self._get_twice(path)
        finally:
            self._asking = False

    async def _get_twice(self, path: str) -> Any:
        for again in (True, False):
            try:
                return await self._get_once(path)
            except (OSError, asyncio.IncompleteReadError):
                await self.close()
                if not again:
                    raise
        raise AssertionError

    async def _get_once(self, path: str) -> Any:
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("localhost", self.port)
        assert self._reader is not None
        request = (
            f"GET {path} HTTP/1.1\r\nHost: localhost:{self.port}\r\nAccept-Encoding: gzip\r\n\r\n"
        )
        self._writer.write(request.encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        content = await self._reader.readexactly(length)
        body = json.loads(gzip.decompress(content) if "encoding: gzip" in head else content)
        if " 200 " not in head.split("\r\n")[0]:
            raise RefusedError(f"{path}: {body}")
        return body

    async def ended(self) -> None:
        """Wait until no answer is awaited any more."""
        while self._asking:
            await asyncio.sleep(0.005)

    async def close(self) -> None:
        """Drop the connection."""
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
        self._reader = self._writer = None


async def read_slowly(port: int, run_id: str, bytes_per_second: int) -> None:
    """Ask for everything again and again and take it a byte at a time, or (0) not at all."""
    path = f"/api/points?run={run_id}:0:-1:"
    while True:
        plug = socket.create_connection(("localhost", port))
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)  # nothing piles up here
        reader, writer = await asyncio.open_connection(sock=plug, limit=1)
        try:
            request = f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode()
            writer.write(request * 20)
            for _ in range(20):
                await asyncio.sleep(1.0)
                if bytes_per_second:
                    await reader.read(bytes_per_second)
        finally:
            writer.close()
