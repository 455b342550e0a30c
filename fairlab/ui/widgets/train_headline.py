"""Under the curve of a finished run: one plain sentence, and counts of what limits it."""

from typing import Literal

import streamlit as st

from fairlab.language import tr, tr_n
from fairlab.reports.sentences.curve import headline_sentence, suspicion
from fairlab.reports.tables.curve import CurveRow
from fairlab.runs.records import RunRecord
from fairlab.ui.markdown import as_it_is
from fairlab.ui.store import result
from fairlab.ui.widgets.honesty_cache import honesty_of

Color = Literal["gray", "orange"]


def say_headline(record: RunRecord, rows: tuple[CurveRow, ...]) -> None:
    """Draw the curve in a sentence, a warning if it is too good, and the counts as badges."""
    found, known = result(record.id), honesty_of(record.id, record.result_key or "")
    apart = tuple(one.told_apart for one in known.comparisons)
    constraint = record.config.sweep.constraint
    said = headline_sentence(rows, constraint, tr("test people"), apart)
    unbroken = said.replace(" %", "\N{NO-BREAK SPACE}%")  # no line begins with a sign
    st.markdown(f"#### {as_it_is(unbroken)}")
    warning = suspicion(rows, float(found.splits["test"].y_true.mean()))
    if warning:
        st.warning(warning)
    flagged = sum(bool(row.flags) for row in rows)
    with st.container(horizontal=True, gap="small", key="train-counts"):
        for label, color, icon in _counts(len(rows), flagged, apart, _seeds(rows)):
            st.badge(label, color=color, icon=icon)


def _counts(
    models: int, flagged: int, apart: tuple[bool | None, ...], seeds: int
) -> list[tuple[str, Color, str | None]]:
    """What a reader must not miss: each leads to the part below that says which and why."""
    alike = sum(one is False for one in apart)
    found: list[tuple[str, Color, str | None]] = [
        (tr_n("{n} model", "{n} models", models), "gray", None)
    ]
    if flagged:
        words = tr_n("{n} needs care", "{n} need care", flagged)
        found.append((words, "orange", ":material/warning:"))
    if alike:
        words = tr_n(
            "{n} cannot be told from the unmitigated model",
            "{n} cannot be told from the unmitigated model",
            alike,
        )
        found.append((words, "gray", None))
    found.append((tr_n("{n} seed", "{n} seeds", seeds), "gray", None))
    return found


def _seeds(rows: tuple[CurveRow, ...]) -> int:
    return len({row.seed for row in rows if row.mode != "baseline"}) or 1
