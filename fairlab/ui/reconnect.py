"""A page that was open while the server restarted works again by itself, first click included."""

import streamlit as st


@st.fragment(run_every="1d")
def run_again_on_reconnect() -> None:
    """Have the browser run the page's script as soon as its connection is back.

    The browser does so by itself only if some part of the page runs at intervals. Without, the new
    server knows nothing of the page until the first click, whose callback it then cannot call.
    The interval is as long as a day, so that nothing runs meanwhile.
    """
