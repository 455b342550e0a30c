"""Whether a change from one model side by side to another is more than chance."""

import streamlit as st

from fairlab.errors import FairlabError
from fairlab.language import tr
from fairlab.reports.sentences.changes import change_sentence
from fairlab.reports.sentences.compare import change_words
from fairlab.reports.tables.changes import changes_table
from fairlab.sweeps.changes import ModelComparison, compare_models
from fairlab.ui.markdown import as_it_is
from fairlab.ui.widgets.chart import draw_table
from fairlab.ui.widgets.compare_drawn import Drawn, listed
from fairlab.ui.widgets.compare_sources import SideBySide
from fairlab.ui.widgets.fold import fold

# Few enough for the correction to leave something to see; mirrored rates say the same.
_RATES = ("accuracy", "selection_rate", "tpr", "fpr", "ppv")
_GAPS = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "predictive_equality_difference",
    "predictive_parity_difference",
    "accuracy_difference",
)


def show_changes(side: SideBySide, drawn: Drawn) -> None:
    """Every change from the first choice to another, on the same people."""
    st.subheader(tr("More than chance?"), anchor=False)
    others = {model.letter: model.heading for model in side.models[1:]}
    first = side.models[0]
    picked = next(iter(others))
    if len(others) > 1:
        if st.session_state.get("compare.changes") not in others:
            st.session_state["compare.changes"] = picked
        picked = st.selectbox(
            tr("From {model} to", model=as_it_is(first.heading)),
            list(others),
            format_func=others.__getitem__,
            key="compare.changes",
        )
    place = [model.letter for model in side.models].index(picked)
    try:
        found = _compared(side.digest, place, side)
    except FairlabError as error:
        st.info(as_it_is(str(error)))
        return
    sentence = change_sentence(found, side.gaps[0], before=first.letter, after=picked)
    st.markdown(as_it_is(sentence))
    for note in found.notes:
        st.markdown(as_it_is(note))
    title = tr("Every change, with its interval")
    with fold(title, key="compare.changes.fold", unfolded=drawn != "charts"):
        st.markdown(
            tr(
                "Shares and their differences are in points, other numbers as they are. Both "
                "models decide about the same people, so only those decided differently carry "
                "news; chance alone is McNemar's test for shares, exchanged decisions otherwise, "
                "corrected together (Holm)."
            )
        )
        table = changes_table(found)
        if drawn == "words":
            st.markdown(listed(change_words(table)))
        else:
            draw_table(table, key="compare.changes.table")


@st.cache_resource(show_spinner=False, max_entries=64)
def _compared(
    digest: str,  # noqa: ARG001 - the cache key that stands for what is compared
    place: int,
    _side: SideBySide,
) -> ModelComparison:
    return compare_models(
        _side.people[0].outcomes(_side.by),
        _side.people[place].outcomes(_side.by),
        threshold_before=_side.thresholds[0],
        threshold_after=_side.thresholds[place],
        rates=_RATES,
        gaps=tuple(dict.fromkeys([*_side.gaps, *_GAPS])),
    )
