"""The curve of a workshop room: a dozen numbered points, and what each means in people."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from fairlab.ui.components.spoken import spoken

_FOLDER = Path(__file__).parent
_SEEN = "fairlab.room_curve_seen"
_HTML = """
<div class="fl-room-root">
  <div>
    <div class="fl-room-plot"></div>
    <div class="fl-room-under">
      <div class="fl-room-legend"></div>
      <div class="fl-room-steps">
        <button class="fl-room-previous" type="button"></button>
        <button class="fl-room-next" type="button"></button>
      </div>
    </div>
  </div>
  <div class="fl-room-card" aria-live="polite"></div>
</div>
"""
_JS = (_FOLDER / "room_curve.js").read_text(encoding="utf-8")
_component = st.components.v2.component(
    "fairlab_room_curve",
    html=_HTML,
    css=(_FOLDER / "room_curve.css").read_text(encoding="utf-8"),
    js=_JS,
    isolate_styles=False,
)


def room_curve(
    points: Sequence[Mapping[str, Any]],
    *,
    others: Sequence[tuple[float, float]],
    legend: Sequence[Mapping[str, str]],
    words: Mapping[str, str],
    alt: str,
    selected: int | None,
    mine: int | None = None,
    counts: Mapping[int, int] | None = None,
    choosing: bool = False,
    beside: bool = False,
    tall: bool = False,
    quiet: bool = False,
    key: str,
) -> int | None:
    """Draw the curve; a tap shows what the point means, without asking the server.

    Args:
        points: By number: ``{"index", "number", "x", "y", "across", "interval", "color",
            "symbol", "title", "lines", "groups": [{"name", "said", "share", "moved"}], "note"}``,
            places in percent.
        others: (x, y) of further models, drawn small and not to be picked.
        legend: ``{"label", "color", "symbol"}`` of each family shown.
        words: Axis titles and labels of buttons.
        alt: What the chart shows, as a sentence.
        selected: Model index drawn as picked.
        mine: Model index of the visitor's own answer.
        counts: How many chose each model; None until that is shown.
        choosing: Whether the page wants to know what is picked.
        beside: Whether the words stand beside the chart where there is room.
        tall: For a projector.
        quiet: Without the words of the picked point.
        key: Unique on the page.

    Returns:
        The model index that was picked since the last run of the page; None if none was.
    """
    answer = _component(
        key=key,
        data={
            "points": [dict(point) for point in points],
            "others": [list(one) for one in others],
            "legend": [dict(one) for one in legend],
            "words": dict(words),
            "alt": alt,
            "selected": selected,
            "mine": mine,
            "counts": None if counts is None else {str(i): n for i, n in counts.items()},
            "choosing": choosing,
            "beside": beside,
            "tall": tall,
            "quiet": quiet,
            "spoken": spoken(_JS),
        },
        on_picked_change=_nothing,
    )
    picked = answer.picked
    seen = f"{_SEEN}.{key}"
    if not picked or picked.get("at") == st.session_state.get(seen):
        return None
    st.session_state[seen] = picked["at"]
    known = {int(point["index"]) for point in points}
    index = picked.get("index")
    return index if isinstance(index, int) and index in known else None


def _nothing() -> None:
    """Streamlit returns a component's state only if a callback is named for it."""
