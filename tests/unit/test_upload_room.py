"""Uploaded files in the server's memory: a few of a page, a bounded number of all."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from fairlab.ui.server import middleware
from fairlab.ui.upload_room import TOGETHER, UNDER_WAY, UNDER_WAY_OF_PAGE, UploadRoom, make_room

MB = 2**20


def put(files: MemoryUploadedFileManager, page: str, name: str, size: int) -> None:
    """A file arrives, as Streamlit's route keeps it."""
    files.add_file(page, UploadedFileRec(name, f"{name}.csv", "text/csv", bytes(size)))


def names(files: MemoryUploadedFileManager, page: str) -> list[str]:
    """Files that a page still has."""
    return list(files.file_storage.get(page, {}))


@pytest.fixture
def files() -> MemoryUploadedFileManager:
    return MemoryUploadedFileManager("/_stcore/upload_file")


def test_a_page_holds_its_newest_files(files: MemoryUploadedFileManager) -> None:
    """A table and predictions, whatever else was sent to its address before."""
    for number in range(10):
        put(files, "page", str(number), MB)
    put(files, "other", "old", MB)
    make_room(files, MB)
    assert names(files, "page") == ["8", "9"]
    assert names(files, "other") == ["old"]


def test_many_small_files_go_too(files: MemoryUploadedFileManager) -> None:
    for number in range(30):
        put(files, "page", str(number), 1)
    make_room(files, MB)
    assert names(files, "page") == [str(number) for number in range(22, 30)]


def test_of_all_pages_the_one_that_holds_most_gives(files: MemoryUploadedFileManager) -> None:
    """A visitor with many pages open does not push out one who has one file."""
    put(files, "modest", "table", MB // 2)
    for page in range(TOGETHER):
        for name in "ab":
            put(files, f"greedy {page}", name, MB)
    make_room(files, MB)
    held = sum(len(file.data) for page in files.file_storage.values() for file in page.values())
    assert held <= TOGETHER * MB
    assert held > (TOGETHER - 1) * MB
    assert names(files, "modest") == ["table"]


def ask_many(files: MemoryUploadedFileManager, paths: list[str], method: str = "PUT") -> list[int]:
    """Status of each of these requests, all under way at the same time; files of 1 MB are kept."""
    statuses: list[int] = []
    leave = asyncio.Event()

    async def streamlit(scope: Scope, _receive: Receive, send: Send) -> None:
        await leave.wait()
        page, name = scope["path"].split("/")[-2:]
        put(files, page, name, 60 * MB)
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def go() -> None:
        room = UploadRoom(streamlit, lambda: files)  # type: ignore[arg-type,return-value]
        scopes = [{"type": "http", "method": method, "path": path} for path in paths]
        tasks = [asyncio.create_task(room(scope, receive, send)) for scope in scopes]
        await asyncio.sleep(0)
        leave.set()
        await asyncio.gather(*tasks)
        assert not room._under_way

    asyncio.run(go())
    return statuses


def test_a_page_sends_a_few_at_a_time(files: MemoryUploadedFileManager) -> None:
    paths = [f"/base/_stcore/upload_file/page/{name}" for name in range(10)]
    found = ask_many(files, paths)
    assert (found.count(204), found.count(503)) == (UNDER_WAY_OF_PAGE, 10 - UNDER_WAY_OF_PAGE)
    assert len(names(files, "page")) == 1  # of 60 MB each, where files of 50 MB are let in


def test_all_together_send_a_bounded_number_at_a_time() -> None:
    kept = MemoryUploadedFileManager("")
    found = ask_many(kept, [f"/_stcore/upload_file/page{name}/a" for name in range(UNDER_WAY + 9)])
    assert (found.count(204), found.count(503)) == (UNDER_WAY, 9)


def test_other_requests_are_not_counted(files: MemoryUploadedFileManager) -> None:
    assert ask_many(files, ["/_stcore/upload_file/page/a"] * 9, "DELETE") == [204] * 9


def test_the_server_has_it() -> None:
    assert UploadRoom in [one.cls for one in middleware()]
