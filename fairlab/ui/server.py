"""Server hooks: extra routes, the training process, and a warm start."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import streamlit.config
import streamlit.logger
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from streamlit.runtime.pages_manager import PagesManager

from fairlab.errors import FairlabError, InputError
from fairlab.logs import configure
from fairlab.runs.housekeeping import Housekeeping
from fairlab.settings import settings
from fairlab.ui.shutdown import Ending

if TYPE_CHECKING:
    from fairlab.runs.supervisor import WorkerSupervisor

logger = logging.getLogger(__name__)

# Until the main page is opened once, Streamlit would run a deep link such as /compare straight
# from pages/, without app.py and its navigation. This flag says that app.py owns the pages.
PagesManager.uses_pages_directory = False


def routes() -> list[BaseRoute]:
    """Routes beside Streamlit's own: news of runs and rooms, health, chart library."""
    from fairlab.ui import assets, health, room_routes
    from fairlab.ui.routes import ROUTES

    return [*ROUTES, *room_routes.ROUTES, *health.ROUTES, *assets.ROUTES]


def middleware() -> list[Middleware]:
    """What stands before every request, outermost first."""
    from fairlab.ui.middleware import OwnerCookie, SecurityHeaders
    from fairlab.ui.origin import SameOrigin
    from fairlab.ui.upload_room import UploadRoom

    return [
        Middleware(SecurityHeaders),
        Middleware(SameOrigin),
        Middleware(OwnerCookie),
        Middleware(UploadRoom),
    ]


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:  # noqa: ARG001 (the server passes itself)
    """Start what runs beside the server and load what pages need; end in order (``Ending``)."""
    _check_settings()
    # One place for the limit: Streamlit's own route for uploads would keep to its 50 MB.
    streamlit.config.set_option("server.maxUploadSize", settings().upload_mb)
    configure("server")
    _one_log()
    from fairlab.data.readers import readers
    from fairlab.runs.supervisor import own_workers

    workers = own_workers()
    ending = Ending(lambda: _stop(workers), lambda: _kill(workers))
    for worker in workers:
        worker.start()
    housekeeping = _warm_up()
    ending.attach()
    try:
        yield
    finally:
        if housekeeping is not None:
            housekeeping.stop()
        readers().close()
        await asyncio.to_thread(ending.finish)


def _check_settings() -> None:
    """Say what is wrong with the settings where whoever starts the server looks."""
    try:
        settings()
    except FairlabError as error:
        problems = error.problems if isinstance(error, InputError) else (str(error),)
        sys.stderr.write("".join(f"{problem}\n" for problem in problems))
        raise


def _one_log() -> None:
    """Have Streamlit's loggers, those of now and those to come, write where ours do."""

    def to_root(logger: logging.Logger) -> None:
        logger.propagate = True

    streamlit.logger.setup_formatter = to_root


def _stop(workers: "Sequence[WorkerSupervisor]") -> None:
    """Stop all at the same time: each has its seconds."""
    threads = [threading.Thread(target=worker.stop, daemon=True) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _kill(workers: "Sequence[WorkerSupervisor]") -> None:
    """End training processes and what they started at once; their runs are queued again."""
    for worker in workers:
        if worker.pid is not None:
            with contextlib.suppress(OSError):
                os.killpg(worker.pid, signal.SIGKILL)


def _warm_up() -> Housekeeping | None:
    """Import on the main thread what every page uses, then leave it out of garbage collection.

    Thirty first visits at once otherwise import the same modules concurrently, and each
    collection walks them all.

    Returns:
        The housekeeping, at work; None if the run store does not open. The server starts all
        the same: pages and ``/api/ready`` say what is wrong.
    """
    import numpy  # noqa: F401
    import pandas  # noqa: F401
    import plotly.graph_objects  # noqa: F401
    import pyarrow  # noqa: F401
    import scipy.stats  # noqa: F401
    import sklearn.ensemble
    import sklearn.model_selection
    import sklearn.preprocessing  # noqa: F401

    from fairlab.config import RunConfig, SweepConfig
    from fairlab.runs.identity import code_digest
    from fairlab.ui.preload import load_pages
    from fairlab.ui.store import builtin, store
    from fairlab.ui.widgets.table_width import table_width

    load_pages()
    housekeeping = None
    try:
        opened = store()
        housekeeping = Housekeeping([lambda: opened.collect_garbage()])
        housekeeping.start()
    except FairlabError:
        logger.error("The run store does not open. Run 'fairlab doctor': it says why.")
    table = builtin()
    # What the first press on Train would wait for, most of half a second.
    code_digest()
    table_width(table, RunConfig(data=table.data, task=table.task, sweep=SweepConfig()))
    gc.collect()
    gc.freeze()
    return housekeeping
