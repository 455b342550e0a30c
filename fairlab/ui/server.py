"""Server hooks: extra routes, the training process, and a warm start."""

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from streamlit.runtime.pages_manager import PagesManager

logger = logging.getLogger(__name__)

# Until the main page is opened once, Streamlit would run a deep link such as /compare straight
# from pages/, without app.py and its navigation. This flag says that app.py owns the pages.
PagesManager.uses_pages_directory = False


def routes() -> list[BaseRoute]:
    """Routes beside Streamlit's own: points of a run, health, chart library."""
    from fairlab.ui import assets
    from fairlab.ui.routes import ROUTES

    return [*ROUTES, *assets.ROUTES]


def middleware() -> list[Middleware]:
    """What stands before every request, outermost first."""
    from fairlab.ui.middleware import OwnerCookie, SecurityHeaders

    return [Middleware(SecurityHeaders), Middleware(OwnerCookie)]


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:  # noqa: ARG001 (the server passes itself)
    """Start the training process and load what pages need; stop the process at the end."""
    from fairlab.runs.supervisor import WorkerSupervisor

    supervisor = WorkerSupervisor()
    supervisor.start()
    _warm_up()
    try:
        yield
    finally:
        supervisor.stop()


def _warm_up() -> None:
    """Import on the main thread what every page uses, then leave it out of garbage collection.

    Thirty first visits at once otherwise import the same modules concurrently, and each
    collection walks them all.
    """
    import numpy  # noqa: F401
    import pandas  # noqa: F401
    import plotly.graph_objects  # noqa: F401
    import pyarrow  # noqa: F401

    from fairlab.ui.store import builtin, store

    store()
    builtin()
    gc.collect()
    gc.freeze()
