"""The live Pareto curve: one chart node that grows while models train."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import plotly
import streamlit as st

from fairlab.baselines import BASELINES
from fairlab.reports.figures.curve import live_layout
from fairlab.reports.figures.theme import MODE_LABELS, MODE_STYLES
from fairlab.ui.components.spoken import script, spoken

_FOLDER = Path(__file__).parent
_PLOTLY = f"api/assets/plotly.min.js?v={plotly.__version__}"
WAIT = 20  # seconds that a question for news may take, see fairlab.ui.routes.news
_HTML = """
<div class="fl-root" role="figure">
  <div class="fl-status" hidden>
    <div class="fl-line"></div>
    <div class="fl-track" role="progressbar" data-tt-label aria-label="Training" aria-valuemin="0"
         aria-valuemax="100" aria-valuenow="0"><div class="fl-bar"></div></div>
    <div class="fl-aloud" aria-live="polite"></div>
  </div>
  <div class="fl-empty" data-tt>Points appear here as soon as the first epoch ends.</div>
  <div class="fl-chart"></div>
  <div class="fl-marks"></div>
  <div class="fl-steps" hidden>
    <span class="fl-picked" aria-live="polite"></span>
    <button class="fl-previous" type="button" data-tt>← Previous point</button>
    <button class="fl-next" type="button" data-tt>Next point →</button>
  </div>
</div>
"""

_JS = script("live_curve.js")
_component = st.components.v2.component(
    "fairlab_live_curve",
    html=_HTML,
    css=(_FOLDER / "live_curve.css").read_text(encoding="utf-8"),
    js=_JS,
    isolate_styles=False,
)
_ahead = st.components.v2.component("fairlab_chart_ahead", html="<span></span>", js=_JS)


def live_curve(
    runs: Sequence[Mapping[str, Any]],
    *,
    gap_words: str,
    split_words: str,
    alt: str,
    selected: tuple[str, int] | None,
    on_select: Callable[[str, int], None],
    frontier: Mapping[str, Any] | None = None,
    on_slack: Callable[[float], None] | None = None,
    key: str,
) -> str | None:
    """Draw the curve and keep it growing while any of the runs is live.

    Args:
        runs: Oldest first: ``{"id", "label", "live": bool, "sees": bool, "penalty_asked": bool,
            "final": rows or None}`` with rows of
            :func:`fairlab.reports.tables.curve.chart_rows`; ``sees`` when sensitive attributes are
            features, ``penalty_asked`` when the penalty was asked for gaps, not given strengths.
            The newest is named in the legend only with ``"named": True``.
        gap_words: What the vertical axis measures, in words.
        split_words: On which people finished points are measured.
        alt: What the chart shows, as a sentence.
        selected: (run id, model index) drawn as selected.
        on_select: Called with run id and model index before the page runs again for a click.
        frontier: Drawn behind the points: rows of ``fairlab.reports.tables.frontier``.
        on_slack: Called with a slack before the page runs again for a click on the frontier.
        key: Unique on the page.

    Returns:
        The run that finished just now, None if none did.
    """

    heard = f"{key}.heard"

    def clicked() -> None:
        chosen = st.session_state[key].selected
        if chosen:
            st.session_state[heard] = chosen["at"]
            on_select(str(chosen["run"]), int(chosen["index"]))

    def slack_clicked() -> None:
        chosen = st.session_state[key].slack
        if chosen:
            st.session_state[heard] = chosen["at"]
            if on_slack is not None:
                on_slack(float(chosen["slack"]))

    answer = _component(
        key=key,
        data={
            "runs": [dict(run) for run in runs],
            "layout": live_layout(gap_words, split_words).to_plotly_json(),
            "modes": {
                mode: {
                    "label": MODE_LABELS[mode],
                    "color": style.color,
                    "symbol": style.symbol,
                    "dash": style.dash,
                }
                for mode, style in MODE_STYLES.items()
            },
            "baselines": {
                name: {"label": one.label, "short": one.short} for name, one in BASELINES.items()
            },
            "selected": list(selected) if selected else None,
            "heard": st.session_state.get(heard),
            "frontier": None if frontier is None else dict(frontier),
            "plotly": _PLOTLY,
            "wait": WAIT,
            "alt": alt,
            "spoken": spoken(_HTML + _JS),
        },
        on_selected_change=clicked,
        on_slack_change=slack_clicked,
        on_finished_change=_nothing,
    )
    finished: str | None = answer.finished
    return finished


def load_chart_ahead() -> None:
    """Have the browser load the chart library now, so that a curve can be drawn at once."""
    _ahead(key="home.ahead", data={"plotly": _PLOTLY}, height=1)


def _nothing() -> None:
    """Streamlit returns a component's state only if a callback is named for it."""
