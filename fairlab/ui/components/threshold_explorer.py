"""The threshold explorer: a slider whose numbers change in the browser, without the server."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER = Path(__file__).parent

_component = st.components.v2.component(
    "fairlab_threshold_explorer",
    html='<div class="te-mount">\n</div>',
    css=(_FOLDER / "threshold_explorer.css").read_text(encoding="utf-8"),
    js="".join(
        (_FOLDER / name).read_text(encoding="utf-8")
        for name in ("svg_kit.js", "threshold_explorer.js")
    ),
)


def threshold_explorer(
    payload: Mapping[str, Any], *, start: float, alt: str, key: str
) -> float | None:
    """Draw histograms, counts, rates and every gap for a threshold the visitor moves.

    Args:
        payload: From :func:`fairlab.reports.figures.explorer.explorer_payload`.
        start: Threshold it opens at.
        alt: What the sweep chart shows, as a sentence.
        key: Unique on the page.

    Returns:
        The threshold the visitor let go of last, or None before any move.
    """
    answer = _component(
        key=key, data={**payload, "start": start, "alt": alt}, on_threshold_change=_nothing
    )
    return None if answer.threshold is None else float(answer.threshold)


def _nothing() -> None:
    """Streamlit returns a component's state only if a callback is named for it."""
