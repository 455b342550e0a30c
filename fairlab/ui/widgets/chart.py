"""A chart with its sentence and its table: the same content three ways."""

import re

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

CONFIG = {"displaylogo": False, "showSendToCloud": False, "displayModeBar": False}
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
    st.plotly_chart(figure, key=f"{key}.chart", config=CONFIG, alt=alt, width="stretch")
    st.markdown(sentence)
    show_table(table, key=key)


def spoken(sentence: str) -> str:
    """A sentence without Markdown's escapes, for alternative text."""
    return _ESCAPED.sub(r"\1", sentence)


def show_table(table: pd.DataFrame, *, key: str, label: str = "Show as table") -> None:
    """A table folded away behind a label."""
    with st.expander(label):
        st.dataframe(table, key=f"{key}.table", hide_index=True, width="stretch")
