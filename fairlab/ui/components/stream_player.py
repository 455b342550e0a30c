"""The stream player: every step is in the browser, so it plays without the server."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from fairlab.ui.components.spoken import script, spoken

_FOLDER = Path(__file__).parent


def _read(*names: str) -> str:
    return "".join((_FOLDER / name).read_text(encoding="utf-8") for name in names)


_JS = script("svg_kit.js", "stream_player.js")
_component = st.components.v2.component(
    "fairlab_stream_player",
    html='<div class="te-mount">\n</div>',
    css=_read("threshold_explorer.css", "stream_player.css"),
    js=_JS,
)


def stream_player(payload: Mapping[str, Any], *, key: str) -> None:
    """Draw the stream with its controls, live gaps, alerts and drift.

    Args:
        payload: From :func:`fairlab.reports.figures.stream.stream_payload`.
        key: Unique on the page.
    """
    _component(key=key, data={**payload, "spoken": spoken(_JS)})
