"""What somebody is about to send, kept on their own device until they do."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

_component = st.components.v2.component(
    "fairlab_kept_draft",
    html="<span></span>",
    js=(Path(__file__).parent / "kept_draft.js").read_text(encoding="utf-8"),
)


def kept_draft(
    name: str, *, area: str, keep: Mapping[str, Any], ask: str, key: str
) -> dict[str, Any] | None:
    """Keep a draft on the device; give back what is kept there, when asked.

    Args:
        name: Tells drafts apart: room, round, form.
        area: CSS selector of the part of the page whose text area is kept as it is typed.
        keep: What else to keep.
        ask: A token of this question, while the page does not know yet what is kept; "" then. A
            server that starts anew asks anew: what the browser said to the one before is older.
        key: Unique on the page.

    Returns:
        ``{"name", "text", …}`` once the device has said what it keeps; None before.
    """
    data = {"name": name, "area": area, "keep": dict(keep), "ask": ask}
    answer = _component(key=key, data=data, height=1, on_draft_change=_nothing)
    found = answer.draft
    if not found or found.get("name") != name or found.get("asked") != ask:
        return None
    return dict(found)


def forget_drafts() -> None:
    """Delete every draft that is kept on this device."""
    _component(key="draft.forget", data={"forget": True}, height=1)


def _nothing() -> None:
    """Streamlit returns a component's state only if a callback is named for it."""
