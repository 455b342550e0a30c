"""The model a page asks about people who are not in the table; opened once, shared by all."""

from dataclasses import dataclass

import streamlit as st

from fairlab.config import GroupCuts
from fairlab.data import Proxies, proxies
from fairlab.errors import FairlabError
from fairlab.examine.flips import Crowd
from fairlab.examine.models import ExaminedModel, open_model, why_not
from fairlab.language import in_english, later, tr
from fairlab.ui.markdown import as_it_is
from fairlab.ui.permissions import is_closed
from fairlab.ui.spinner import with_spinner
from fairlab.ui.store import result, store, task_data
from fairlab.ui.widgets.subject import Subject


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """A model with its people.

    Attributes:
        model: It, with the threshold in use.
        people: The chosen split: everybody of it.
        others: Whose values may be taken: training people (validation people for the training
            split, so that nobody is compared with themselves).
        run_id, index, split, digest: Where it comes from; a cache key.
        scored: Cache key of what hangs on scores alone, at whatever threshold.
    """

    model: ExaminedModel
    people: Crowd
    others: Crowd
    run_id: str
    index: int
    split: str
    digest: str
    scored: str


@st.cache_resource(show_spinner=False, max_entries=16)
@in_english
def _model(run_id: str, index: int) -> ExaminedModel:
    return open_model(result(run_id), store().get(run_id).config, task_data(run_id), index)


@st.cache_resource(show_spinner=False, max_entries=16)
@in_english
def _crowd(run_id: str, split: str) -> Crowd:
    people, data = result(run_id).splits[split], task_data(run_id)
    return Crowd(data.frame.iloc[people.rows], people.attributes, data.task.weight is not None)


@with_spinner(later("Looking for proxies …"))
@st.cache_resource(show_spinner=False, max_entries=32)
@in_english
def proxies_of(run_id: str, attribute: str) -> Proxies:
    """Features of the run's training people by how well they tell the groups apart."""
    data, train = task_data(run_id), result(run_id).splits["train"]
    return proxies(data.frame.iloc[train.rows], data.task, attribute, together=False)


def open_examined(subject: Subject, threshold: float) -> Examined | None:
    """The subject's model, ready to be asked; None after saying why it cannot be."""
    point = subject.point
    if point is None:
        _not_ours()
        return None
    if is_closed(point.run_id):
        st.info(
            tr(
                "This part reads the people of the table one by one. Somebody "
                "else uploaded that table, so it is closed here; the other "
                "parts work."
            )
        )
        return None
    try:
        reason = why_not(result(point.run_id), point.index)
        if reason:
            st.info(as_it_is(reason))
            return None
        with st.spinner(tr("Opening the model …")):
            model = _model(point.run_id, point.index)
            people = _crowd(point.run_id, subject.split)
            others = _crowd(point.run_id, "validation" if subject.split == "train" else "train")
    except FairlabError as error:
        st.error(as_it_is(str(error)))
        return None
    cuts = point.group_cuts
    scored = f"{point.run_id}:{point.index}:{subject.split}"
    return Examined(
        _decided(model, threshold, cuts),
        people,
        others,
        point.run_id,
        point.index,
        subject.split,
        f"{scored}:{threshold!r}:{cuts!r}",
        scored,
    )


def _decided(model: ExaminedModel, threshold: float, cuts: GroupCuts | None) -> ExaminedModel:
    from dataclasses import replace

    return replace(model, threshold=threshold, cuts=cuts)


def _not_ours() -> None:
    with st.container(border=True):
        st.markdown(
            tr(
                "**This part asks a model about people who are not in the "
                "table**, so it needs a model trained here. Uploaded "
                "predictions hold the answers of a model, not the model."
            )
        )
        if st.button(tr("Train models"), key="audit.examine.train"):
            st.switch_page("pages/train.py")
