"""A chart with its sentence and its table: the same content three ways."""

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

CONFIG = {"displaylogo": False, "showSendToCloud": False, "displayModeBar": False}
_P = ("p ", "p,")
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
        st.dataframe(
            table,
            key=f"{key}.table",
            hide_index=True,
            width="stretch",
            column_config=p_value_columns(table),
        )


def p_value_columns(table: pd.DataFrame) -> Mapping[str, Any]:
    """Columns of p-values ("p", "p (Holm)", "p, average") with three digits, however small."""
    names = [str(name) for name in table.columns if str(name) == "p" or str(name)[:2] in _P]
    return {name: st.column_config.NumberColumn(format="%.3g") for name in names}
