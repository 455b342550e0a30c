"""The "What it looks at" part of Audit: columns by weight, group by group and for one person."""

import numpy as np
import pandas as pd
import streamlit as st

from fairlab.errors import FairlabError
from fairlab.examine.importance import (
    Contributions,
    Importance,
    contributions,
    importance,
    sample_by_group,
    sample_size,
)
from fairlab.language import in_english, later, tr, translated
from fairlab.outcomes import IntArray
from fairlab.reports.figures import examine as figures
from fairlab.reports.sentences import examine as sentences
from fairlab.reports.tables import examine as tables
from fairlab.results import cross
from fairlab.ui.markdown import as_it_is
from fairlab.ui.widgets.chart import show_chart
from fairlab.ui.widgets.examine_models import Examined, open_examined
from fairlab.ui.widgets.fold import fold
from fairlab.ui.widgets.subject import Subject


@st.cache_resource(show_spinner=False, max_entries=64)
@in_english
def _explained(
    scored: str,  # noqa: ARG001 - stands for the model and its people; no threshold matters
    people: tuple[int, ...],
    _examined: Examined,
) -> Contributions:
    return contributions(
        _examined.model,
        _examined.people.frame,
        _examined.people.attributes,
        np.array(people, dtype=np.int64),
        _examined.others.frame,
        _examined.others.attributes,
    )


def show_looks(subject: Subject, threshold: float, smallest: int = 0) -> None:
    """Which columns move scores, in each group or for one person.

    Args:
        subject: A model trained here; for others it is said why not.
        threshold: Where scores are read.
        smallest: Groups of fewer people, and single people, are left out; 0 shows all.
    """
    examined = open_examined(subject, threshold)
    if examined is None:
        return
    part = st.segmented_control(
        tr("Explained"),
        [later("Group by group"), later("One person")],
        default="Group by group",
        format_func=translated,
        required=True,
        key="audit.looks.part",
        label_visibility="collapsed",
    )
    try:
        if part == "One person":
            _show_person(subject, examined, smallest)
        else:
            _show_groups(subject, examined, smallest)
    except FairlabError as error:
        st.info(as_it_is(tr("We cannot tell: {error}", error=error)))
    with fold(tr("What this does not show"), key="audit.looks.limits"):
        st.markdown("\n".join(f"- {text}" for text in sentences.LOOK_CAVEATS))


def _show_groups(subject: Subject, examined: Examined, smallest: int) -> None:
    groups = cross(examined.people.attributes, subject.by)
    most = sample_size(examined.model)
    people, _, notes = sample_by_group(groups, most, fewest=max(smallest, 1))
    found = _looked(examined, people)
    put = importance(found, groups, " × ".join(subject.by), notes=notes)
    _draw_groups(put)


def _draw_groups(put: Importance) -> None:
    said = f"{sentences.importance_sentence(put)} {sentences.apart_sentence(put)}"
    show_chart(
        figures.importance_figure(put),
        sentence=as_it_is(said),
        table=tables.importance_table(put),
        key="audit.looks.groups",
    )
    st.markdown(as_it_is(" ".join(put.notes)))


def _show_person(subject: Subject, examined: Examined, smallest: int) -> None:
    if smallest:
        st.info(tr("One person is not shown while small cells are hidden."))
        return
    groups = cross(examined.people.attributes, subject.by)
    present = [g for g in range(len(groups.names)) if (groups.codes == g).any()]
    left, right = st.columns(2, vertical_alignment="bottom")
    group = left.selectbox(
        tr("A person of"), present, format_func=groups.names.__getitem__, key="audit.looks.group"
    )
    people = np.flatnonzero(groups.codes == group)
    which = right.number_input(
        tr("Which of {n_people:,}, from the lowest score to the highest", n_people=len(people)),
        min_value=1,
        max_value=len(people),
        value=(len(people) + 1) // 2,
        key=f"audit.looks.person.{group}",
    )
    place = _by_score(examined, people)[int(which) - 1]
    found = _looked(examined, np.array([place]))
    one = examined.people.part(np.array([place]))
    values = _values(one.frame.iloc[0], found.players)
    selected = bool(examined.model.decide(one.frame, one.attributes)[0])
    threshold = None if examined.model.cuts is not None else examined.model.threshold
    show_chart(
        figures.person_figure(found, values, threshold),
        sentence=as_it_is(sentences.person_sentence(found, threshold, selected)),
        table=tables.person_table(found, values),
        key="audit.looks.person",
    )
    st.markdown(as_it_is(" ".join(found.notes)))


def _looked(examined: Examined, people: IntArray) -> Contributions:
    with st.spinner(tr("Asking the model about mixtures of people: a few seconds …")):
        return _explained(examined.scored, tuple(people.tolist()), examined)


def _by_score(examined: Examined, people: IntArray) -> IntArray:
    score = _scores(examined.scored, examined)[people]
    ordered: IntArray = people[np.argsort(score, kind="stable")]
    return ordered


@st.cache_resource(show_spinner=False, max_entries=16)
@in_english
def _scores(scored: str, _examined: Examined) -> np.ndarray:  # noqa: ARG001 - the cache key
    return _examined.model.score(_examined.people.frame, _examined.people.attributes)


def _values(row: pd.Series, players: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for name in players:
        if name in row.index:
            value = row[name]
            number = isinstance(value, float | np.floating)
            found[name] = (
                "missing"
                if pd.isna(value)
                else tr("{value:g}", value=value)
                if number
                else str(value)
            )
    return found
