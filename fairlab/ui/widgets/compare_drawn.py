"""The same content as a chart, as a table or in words alone: whichever the visitor asks for."""

from collections.abc import Callable, Sequence
from typing import Literal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from fairlab.ui.markdown import as_it_is
from fairlab.ui.widgets.chart import draw_table, show_chart

Drawn = Literal["charts", "tables", "words"]


def show_three_ways(
    drawn: Drawn,
    *,
    sentence: str,
    words: Sequence[str],
    table: pd.DataFrame,
    figure: Callable[[], go.Figure] | None,
    key: str,
) -> None:
    """Draw one content one way; the sentence leads in all of them.

    Args:
        drawn: Which way.
        sentence: What it comes to.
        words: All numbers of the table, in sentences; see :func:`listed`.
        table: All numbers.
        figure: All numbers as a chart, built only when asked for; None draws the table.
        key: Unique on the page.
    """
    if drawn == "charts" and figure is not None:
        show_chart(figure(), sentence=as_it_is(sentence), table=table, key=key)
        return
    if sentence:
        st.markdown(as_it_is(sentence))
    if drawn == "words":
        st.markdown(listed(words))
        return
    draw_table(table, key=f"{key}.table")


def listed(words: Sequence[str]) -> str:
    """Sentences as a list; of one with several lines, the first leads the others."""
    lines = []
    for one in words:
        first, *rest = one.split("\n")
        lines.append(f"- **{as_it_is(first)}**" if rest else f"- {as_it_is(first)}")
        lines += [f"  - {as_it_is(line)}" for line in rest]
    return "\n".join(lines)
