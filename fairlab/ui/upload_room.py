"""How much of uploaded files the web server holds in memory: of a page, of all, and at a time.

A page's files stay in the server's memory until the page is closed, however many are sent: whoever
knows the address of an upload could fill the memory with one open page. A file is needed only until
it is read, which is at once; so the oldest can go.
"""

import re
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime

from fairlab.language import tr
from fairlab.settings import settings

_UPLOAD = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+/?")
OF_PAGE = 2  # largest files a page may hold: a table and predictions
FILES_OF_PAGE = 8
TOGETHER = 20  # largest files all pages may hold
UNDER_WAY = 64  # files that come in at the same time, of which a page has a few
UNDER_WAY_OF_PAGE = 3
_HEADERS = {"Cache-Control": "no-store", "Retry-After": "5"}


class _File(Protocol):
    @property
    def data(self) -> bytes: ...


class Files(Protocol):
    """What Streamlit keeps uploaded files in."""

    file_storage: dict[str, dict[str, _File]]

    def remove_file(self, session_id: str, file_id: str) -> None:
        """Drop one."""


def files_of_server() -> Files | None:
    """The files of the running server; None without one, as in tests."""
    return runtime.get_instance().uploaded_file_mgr if runtime.exists() else None  # type: ignore[return-value]


class UploadRoom:
    """Lets uploads in while few are under way, and afterwards drops the oldest of too many.

    Args:
        app: What comes next.
        files: Finds what uploads are kept in.
    """

    def __init__(self, app: ASGIApp, files: Callable[[], Files | None] = files_of_server) -> None:
        self.app = app
        self._files = files
        self._under_way: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or ask to come again; see the class."""
        found = _UPLOAD.search(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] != "PUT":
            await self.app(scope, receive, send)
            return
        page = found[1]
        if self._under_way.total() >= UNDER_WAY or self._under_way[page] >= UNDER_WAY_OF_PAGE:
            words = tr("Too many files are being uploaded. Try again in a moment.")
            await PlainTextResponse(words, 503, _HEADERS)(scope, receive, send)
            return
        self._under_way[page] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._under_way[page] -= 1
            self._under_way += Counter()  # forgets pages without any
            files = self._files()
            if files is not None:
                make_room(files, settings().upload_mb * 2**20)


def make_room(files: Files, largest: int) -> None:
    """Drop the oldest files of pages that hold too much; then of the page that holds most.

    Args:
        files: What uploads are kept in.
        largest: Bytes a file may have.
    """
    held = {
        page: {name: len(file.data) for name, file in list(of_page.items())}
        for page, of_page in list(files.file_storage.items())
    }
    for page, sizes in held.items():
        while sum(sizes.values()) > OF_PAGE * largest or len(sizes) > FILES_OF_PAGE:
            _drop_oldest(files, page, sizes)
    together = sum(sum(sizes.values()) for sizes in held.values())
    while together > TOGETHER * largest:
        page = max(held, key=lambda one: sum(held[one].values()))
        together -= _drop_oldest(files, page, held[page])


def _drop_oldest(files: Files, page: str, sizes: dict[str, int]) -> int:
    name = next(iter(sizes))
    files.remove_file(page, name)
    return sizes.pop(name)
