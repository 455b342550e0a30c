"""The threshold explorer: handles whose numbers change in the browser, without the server."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from fairlab.ui.components.spoken import spoken
from fairlab.ui.explorer_choice import ExplorerChoice, read_choice

_FOLDER = Path(__file__).parent
# In the order of use: each may call what stands before it.
SCRIPTS = (
    "words.js",
    "rounding.js",
    "svg_kit.js",
    "explorer_numbers.js",
    "explorer_strips.js",
    "explorer_gaps.js",
    "threshold_explorer.js",
)

_JS = "".join((_FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS)
_component = st.components.v2.component(
    "fairlab_threshold_explorer",
    html='<div class="te-mount">\n</div>',
    css=(_FOLDER / "threshold_explorer.css").read_text(encoding="utf-8"),
    js=_JS,
)


def threshold_explorer(payload: Mapping[str, Any], *, alt: str, key: str) -> ExplorerChoice | None:
    """Draw distributions, counts, rates and every gap for thresholds the visitor moves.

    Args:
        payload: From :func:`fairlab.reports.figures.explorer.explorer_payload`.
        alt: What the sweep chart shows, as a sentence.
        key: Unique on the page.

    Returns:
        The thresholds the visitor let go of last; None before any move, or for anything that is
        not one threshold or one per group.
    """
    answer = _component(
        key=key, data={**payload, "alt": alt, "spoken": spoken(_JS)}, on_choice_change=_nothing
    )
    return read_choice(answer.choice, len(payload["groups"]))


def _nothing() -> None:
    """Streamlit returns a component's state only if a callback is named for it."""
