"""Time left in a phase, counted down by the browser itself."""

import time
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

_FOLDER = Path(__file__).parent
_HTML = """
<div class="fl-clock-root">
  <div class="fl-clock-line">
    <span class="fl-clock-title"></span>
    <span class="fl-clock-time" role="timer" aria-live="off"></span>
    <span class="fl-clock-left"></span>
  </div>
  <div class="fl-clock-track"><div class="fl-clock-bar"></div></div>
  <div class="fl-clock-aloud" aria-live="polite"></div>
</div>
"""
_component = st.components.v2.component(
    "fairlab_phase_clock",
    html=_HTML,
    css=(_FOLDER / "phase_clock.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "phase_clock.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def phase_clock(
    title: str, *, ends: float | None, seconds: int | None, words: Mapping[str, str], key: str
) -> None:
    """Draw the clock.

    Args:
        title: What goes on.
        ends: When it ends by the server's clock, seconds since the epoch; None without a limit.
        seconds: How long it is in all.
        words: Of :func:`fairlab.reports.sentences.workshop.clock_words`.
        key: Unique on the page.
    """
    data = {
        "title": title,
        "ends": ends,
        "seconds": seconds,
        "now": time.time(),
        "words": dict(words),
    }
    _component(key=key, data=data)
