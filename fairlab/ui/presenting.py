"""Present mode: for a projector, larger type and fewer controls, on every page.

It is on when the address says ``?present=1`` or somebody turned it on, and stays on from page to
page until it is turned off.
"""

import plotly.graph_objects as go
import streamlit as st

from fairlab.language import tr

_ON = "fairlab.present"
_TOGGLE = "shell.present"
IN_ADDRESS = "present"
LARGER = 1.35  # type of charts; the rest follows the page's own size

# Folded-away parts and small buttons beside titles are for whoever sits in front of the screen.
_STYLE = """
<style>
html {font-size: 22px !important;}
.block-container {max-width: 1800px !important; padding-top: 3.6rem !important;}
[data-testid="stPopover"], [data-testid="stDownloadButton"],
[data-testid="stExpander"]:has(> details:not([open])),
[data-testid="stMainMenu"], .fl-steps button, .fl-copy {display: none !important;}
.st-key-room-propose [data-testid="stExpander"], [data-testid="stExpander"].st-key-room-propose {
  display: block !important;}
[data-testid="stDataFrame"] {zoom: 1.2;}
</style>
"""

# Nobody projects from a phone, and there is no room for it.
_NARROW = """
<style>
.st-key-shell-title [data-testid="stHeading"] {flex: 1 1 auto;}
@media (max-width: 640px) {
  .st-key-shell-present {display: none;}
  .st-key-shell-title h1 {font-size: 1.75rem;}
}
</style>
"""


def presenting() -> bool:
    """Whether this visitor's pages are drawn for a projector."""
    if _ON not in st.session_state:
        st.session_state[_ON] = st.query_params.get(IN_ADDRESS) == "1"
    return bool(st.session_state[_ON])


def present_toggle() -> None:
    """The switch, and what it changes of the whole page."""
    with st.container(key="shell-present", width="content"):
        wanted = st.toggle(
            tr("Present"),
            presenting(),
            key=_TOGGLE,
            help=tr("For a projector: larger type and fewer controls, on every page."),
        )
    st.session_state[_ON] = wanted
    if wanted:
        st.query_params[IN_ADDRESS] = "1"
    else:
        st.query_params.pop(IN_ADDRESS, None)
    st.html(_NARROW + (_STYLE if wanted else ""))


def legible(figure: go.Figure) -> go.Figure:
    """The same chart with axes in the colour of the page's text: Streamlit's grey is too pale."""
    ink = "#FAFAFA" if st.context.theme.type == "dark" else "#262730"
    for axis in (*figure.select_xaxes(), *figure.select_yaxes()):  # a fourth of update_xaxes
        axis.tickfont.color = axis.title.font.color = ink
    return figure


def for_the_room(figure: go.Figure) -> go.Figure:
    """The same chart with larger type while presenting; as it is otherwise."""
    if not presenting():
        return figure
    size = round(LARGER * (figure.layout.font.size or 14))
    height = round(1.2 * (figure.layout.height or 380))
    figure.update_layout(font_size=size, legend_font_size=size, height=height)
    figure.update_xaxes(tickfont_size=size, title_font_size=size)  # Streamlit's theme sets its own
    figure.update_yaxes(tickfont_size=size, title_font_size=size)
    return figure
