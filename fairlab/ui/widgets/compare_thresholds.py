"""The threshold each choice on Compare is read at."""

from collections.abc import Sequence

import streamlit as st

from fairlab.language import tr
from fairlab.reports.sentences.drawn import DECIDING
from fairlab.reports.tables.compare import LETTERS
from fairlab.sweeps.cuts import cuts_sentence
from fairlab.ui import state
from fairlab.ui.markdown import as_it_is
from fairlab.ui.store import result
from fairlab.ui.widgets.fold import fold


def choose_thresholds(points: Sequence[state.ChosenPoint]) -> tuple[float, ...]:
    """One threshold per choice, in order."""
    with fold(tr("Thresholds"), key="compare.thresholds.fold"):
        st.markdown(tr("A person is selected if the model's score is at least its threshold."))
        columns = st.columns(min(3, len(points)))
        return tuple(
            _threshold(columns[i % len(columns)], f"{LETTERS[i]}: {point.label}", point)
            for i, point in enumerate(points)
        )


def _threshold(
    column: "st.delta_generator.DeltaGenerator", label: str, point: state.ChosenPoint
) -> float:
    """The one threshold of a choice; people decided at thresholds per group are read at 0.5."""
    if point.group_cuts is not None:
        scored = result(point.run_id).scored(point.index)
        sentence = cuts_sentence(scored, point.group_cuts)
        column.markdown(f"{as_it_is(label)}. {as_it_is(sentence)}")
        return 0.5
    if result(point.run_id).points[point.index].is_drawn:
        column.markdown(f"{as_it_is(label)}: {DECIDING}.")
        return 0.5
    return float(
        column.number_input(
            as_it_is(label),
            min_value=0.001,
            max_value=0.999,
            value=point.threshold,
            step=0.01,
            format="%.3f",
            key=f"compare.threshold.{point.run_id}.{point.index}.{point.threshold}",
            persist_state="session",
        )
    )
