"""The base-rate dial: every position is in the browser, so it moves without the server."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from fairlab.ui.components.spoken import script, spoken

_FOLDER = Path(__file__).parent


def _read(*names: str) -> str:
    return "".join((_FOLDER / name).read_text(encoding="utf-8") for name in names)


_JS = script("svg_kit.js", "base_rate_dial.js")
_component = st.components.v2.component(
    "fairlab_base_rate_dial",
    html='<div class="te-mount">\n</div>',
    css=_read("threshold_explorer.css", "base_rate_dial.css"),
    js=_JS,
)


def base_rate_dial(payload: Mapping[str, Any], *, key: str) -> None:
    """Draw the dial with base rates and gaps along it.

    Args:
        payload: From :func:`fairlab.reports.figures.explorer.dial_payload`.
        key: Unique on the page.
    """
    _component(key=key, data={**payload, "spoken": spoken(_JS)})
