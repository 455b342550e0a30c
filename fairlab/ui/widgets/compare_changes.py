"""Whether a change from one chosen model to another is more than chance."""

import streamlit as st

from fairlab.errors import FairlabError
from fairlab.reports.sentences.changes import change_sentence
from fairlab.reports.tables.changes import changes_table
from fairlab.sweeps.changes import compare_models
from fairlab.ui.markdown import as_it_is
from fairlab.ui.widgets.compare_view import SideBySide

# Few enough for the correction to leave something to see; mirrored rates say the same.
_RATES = ("accuracy", "selection_rate", "tpr", "fpr", "ppv")
_GAPS = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "predictive_equality_difference",
    "predictive_parity_difference",
    "accuracy_difference",
)


def show_changes(side: SideBySide) -> None:
    """Every change from the first choice to another, on the same people."""
    others = {model.letter: model.heading for model in side.models[1:]}
    first = side.models[0]
    picked = next(iter(others))
    if len(others) > 1:
        picked = st.selectbox(
            f"From {as_it_is(first.heading)} to",
            list(others),
            format_func=others.__getitem__,
            key="compare.changes",
        )
    place = [model.letter for model in side.models].index(picked)
    try:
        found = compare_models(
            side.people[0].outcomes(side.by),
            side.people[place].outcomes(side.by),
            threshold_before=side.thresholds[0],
            threshold_after=side.thresholds[place],
            rates=_RATES,
            gaps=tuple(dict.fromkeys([*side.gaps, *_GAPS])),
        )
    except FairlabError as error:
        st.info(as_it_is(str(error)))
        return
    sentence = change_sentence(found, side.gaps[0], before=first.letter, after=picked)
    st.markdown(as_it_is(sentence))
    for note in found.notes:
        st.markdown(as_it_is(note))
    with st.expander("Every change, with its interval"):
        st.markdown(
            "Shares and their differences are in points, other numbers as they are. Both models "
            "decide about the same people, so only those decided differently carry news; chance "
            "alone is McNemar's test for shares, exchanged decisions otherwise, corrected together "
            "(Holm)."
        )
        st.dataframe(
            changes_table(found), hide_index=True, width="stretch", key="compare.changes.table"
        )
