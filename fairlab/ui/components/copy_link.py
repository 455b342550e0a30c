"""A link with a button that copies it, also where browsers keep the clipboard from plain http."""

from pathlib import Path

import streamlit as st

from fairlab.ui.components.spoken import script, spoken

_FOLDER = Path(__file__).parent
_HTML = """
<div class="fl-copy">
  <input class="fl-copy-text" type="text" readonly>
  <button class="fl-copy-button" type="button" data-tt>Copy link</button>
  <span class="fl-copy-said" role="status"></span>
</div>
"""
_JS = script("copy_link.js")
_component = st.components.v2.component(
    "fairlab_copy_link",
    html=_HTML,
    css=(_FOLDER / "copy_link.css").read_text(encoding="utf-8"),
    js=_JS,
    isolate_styles=False,
)


def copy_link(link: str, *, label: str, key: str) -> None:
    """Draw the link and its button.

    Args:
        link: What is copied.
        label: What the link is to, for screen readers.
        key: Unique on the page.
    """
    _component(key=key, data={"link": link, "label": label, "spoken": spoken(_HTML + _JS)})
