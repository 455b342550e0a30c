"""Has a page in a workshop room drawn anew when the room changed, and only then."""

from pathlib import Path

import streamlit as st

from fairlab.language import tr
from fairlab.runs.room_news import Scope, version_of
from fairlab.runs.room_state import RoomState

_FOLDER = Path(__file__).parent
WAIT = 20  # seconds that a question for news may take, see fairlab.ui.room_routes.news
_component = st.components.v2.component(
    "fairlab_room_pulse",
    html='<p class="fl-pulse" role="status"></p>',
    css=".fl-pulse { margin: 0; font: inherit; font-family: var(--st-font); } "
    ".fl-pulse:empty { display: none; }",
    js=(_FOLDER / "room_pulse.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def room_pulse(
    code: str, state: RoomState, *, scope: Scope = "all", counts: bool = False, key: str
) -> int | None:
    """Run the page again, once, as soon as the room is newer than what the page shows.

    Put inside a fragment, it has that fragment run again and nothing else. While one run is under
    way no other is asked for: what happens meanwhile comes together with the next.

    Args:
        code: The room's code.
        state: What the page shows.
        scope: "all" for the facilitator: every answer counts. "stage" for participants: only what
            the facilitator does and proposals, so that thirty phones do not draw their page anew
            each time one of them presses.
        counts: Whether to say how many have answered; the number moves before the page does.
        key: Unique on the page.

    Returns:
        The version that made the page run, None if something else did.
    """
    line = tr(
        "{answers} of {participants} people here have answered.",
        answers="{answers}",
        participants="{participants}",
    )
    answer = _component(
        key=key,
        data={
            "code": code,
            "version": version_of(state, scope),
            "scope": scope,
            "wait": WAIT,
            "line": line if counts else "",
            "participants": len(state.participants),
            "answers": len(state.answers),
        },
        on_news_change=_nothing,
    )
    version: int | None = answer.news
    return version


def _nothing() -> None:
    """Streamlit returns a component's state only if a callback is named for it."""
