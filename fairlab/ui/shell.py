"""What every page begins with: title, one sentence, and the visitor's state."""

import json

import streamlit as st

from fairlab.ui import state
from fairlab.ui.owner import owner
from fairlab.ui.presenting import present_toggle
from fairlab.ui.reconnect import run_again_on_reconnect
from fairlab.ui.speech import language_switch
from fairlab.ui.store import store
from fairlab.ui.widgets.deleted_view import stop_if_deleted
from fairlab.ui.widgets.share import say_gone

_SEEN = "fairlab.seen"

_STYLE = """
<style>
.block-container {padding-top: 3.2rem; max-width: 1320px;}
@media (max-width: 640px) {.block-container {padding-left: 1rem; padding-right: 1rem;}}
[data-testid="stMetricLabel"] p {white-space: normal;}
</style>
"""

# While the server does not answer, Streamlit opens a dialog about itself and the internet, which a
# workshop has none of. Its title stays; these words stand in place of the others.
_NO_ANSWER = """
<style>
body:has([data-test-connection-state="PINGING_SERVER"], [data-test-connection-state="CONNECTING"])
  [data-testid="stDialog"] section[role="dialog"] > div {
  > * {display: none;}
  &::before {
    content: "fairlab does not answer. This page keeps trying, and works again as soon as it does. "
      "Runs are kept. If it lasts: is this device in the same network as before, and is fairlab "
      "still running there?";
  }
}
</style>
"""


# On narrow screens the page list lies over the page, and Streamlit leaves it open.
_FOLD_MENU = """
<script>
(() => {{
  const page = {page};
  if (!window.matchMedia("(max-width: 768px)").matches) return;
  document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
}})();
</script>
"""


def begin_page(title: str, subtitle: str = "") -> None:
    """Draw the page's title and bring session and address bar in step. Idempotent.

    Args:
        title: Heading of the page.
        subtitle: One sentence that says what can be done here.
    """
    st.html(_STYLE + _NO_ANSWER)
    st.html(_FOLD_MENU.format(page=json.dumps(title)), unsafe_allow_javascript=True)
    run_again_on_reconnect()
    stop_if_deleted()
    if _SEEN not in st.session_state:
        store().seen(owner())
        st.session_state[_SEEN] = True
    state.sync_with_address()
    head = st.container(horizontal=True, vertical_alignment="center", wrap=False, key="shell-title")
    with head:
        st.title(title, anchor=False)
        language_switch()
        present_toggle()
    if subtitle:
        st.markdown(subtitle)
    say_gone()
