"""A chart with its sentence and its table: the same content three ways."""

import re
from collections.abc import Iterable
from typing import Literal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from fairlab.language import tr
from fairlab.ui.presenting import for_the_room, legible
from fairlab.ui.widgets.fold import fold
from fairlab.ui.widgets.on_screen import decimal_signs, on_screen

CONFIG = {"displaylogo": False, "showSendToCloud": False, "displayModeBar": False}
_P = ("p ", "p,")
_WHOLE = 16  # rows that are shown at once; more of them scroll
_ESCAPED = re.compile(r"\\([\\`*_\[\]<>$~#|:])")


def show_chart(figure: go.Figure, *, sentence: str, table: pd.DataFrame, key: str) -> None:
    """Draw a chart, the sentence that says what it shows, and its numbers as a table.

    Args:
        figure: Built by a pure function of ``fairlab.reports.figures``.
        sentence: Also the chart's alternative text, there without Markdown's escapes.
        table: The same numbers.
        key: Unique on the page.
    """
    alt = spoken(sentence)
    figure = legible(for_the_room(figure)).update_layout(separators=decimal_signs())
    st.plotly_chart(figure, key=f"{key}.chart", config=CONFIG, alt=alt, width="stretch")
    st.markdown(sentence)
    show_table(table, key=key)


def spoken(sentence: str) -> str:
    """A sentence without Markdown's escapes, for alternative text."""
    return _ESCAPED.sub(r"\1", sentence)


def show_table(table: pd.DataFrame, *, key: str, label: str = "") -> None:
    """A table folded away behind a label."""
    with fold(label if label else tr("Show as table"), key=f"{key}.fold"):
        draw_table(table, key=f"{key}.table")


def draw_table(table: pd.DataFrame, *, key: str) -> None:
    """A table with p-values in three digits or "< 0.001"; what is missing stays blank."""
    shown = on_screen(p_values_in_words(table))
    whole: Literal["content", "auto"] = "content" if len(shown) <= _WHOLE else "auto"
    st.dataframe(shown, key=key, hide_index=True, width="stretch", height=whole, placeholder="–")


def in_points(table: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """The same with the named columns of shares in points, one decimal, and named so."""
    values = {name: (100 * pd.to_numeric(table[name])).round(1) for name in names}
    return table.assign(**values).rename(columns={name: f"{name}, points" for name in values})


def p_values_in_words(table: pd.DataFrame) -> pd.DataFrame:
    """The same with columns of p-values ("p", "p (Holm)", "p, average") as they are read."""
    names = [str(name) for name in table.columns if str(name) == "p" or str(name)[:2] in _P]
    return table.assign(**{name: table[name].map(_p_in_words) for name in names})


def _p_in_words(p: object) -> object:
    if p is None or not isinstance(p, float | int) or p != p:
        return None
    return "< 0.001" if p < 0.001 else f"{p:.3g}"
