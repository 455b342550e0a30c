"""What leaving proxies out does to accuracy and gap, on the Data page, when asked for."""

from threading import Lock

import pandas as pd
import streamlit as st

from fairlab.baselines import Learner
from fairlab.config import CONSTRAINT_GAPS, Constraint, DataConfig, Task
from fairlab.data import TaskData
from fairlab.errors import FairlabError, InputError
from fairlab.examine.proxies_effect import ProxyEffects, Revealed, proxy_effects
from fairlab.language import in_english, later, told, tr
from fairlab.metrics.gaps import GAPS
from fairlab.reports.figures.examine import effects_figure
from fairlab.reports.sentences import examine as sentences
from fairlab.reports.tables.examine import effects_table
from fairlab.ui.markdown import as_it_is
from fairlab.ui.spinner import with_spinner
from fairlab.ui.widgets.chart import show_chart
from fairlab.ui.widgets.fold import fold

_LEARNERS: dict[Learner, str] = told(
    {"logistic": later("Logistic regression"), "boosting": later("Boosting")}
)
# Seconds of a whole processor each: one trial at a time in this server.
_ONE_AT_A_TIME = Lock()
_GAPS: tuple[Constraint, ...] = ("demographic_parity", "equal_opportunity", "equalized_odds")


@st.cache_resource(show_spinner=False, max_entries=32)
@in_english
def _revealed(fingerprint: str, task: str) -> Revealed:  # noqa: ARG001 - the cache key
    return {}


@with_spinner(later("Training without the proxies, one after another …"))
@st.cache_resource(show_spinner=False, max_entries=32)
@in_english
def _effects(
    fingerprint: str,
    task: str,
    attribute: str,
    learner: Learner,
    constraint: Constraint,
    _frame: pd.DataFrame,
) -> ProxyEffects:
    data = TaskData(_frame, Task.model_validate_json(task), DataConfig(source="file"))
    if not _ONE_AT_A_TIME.acquire(blocking=False):
        raise InputError(
            tr("Busy: somebody else's trial is being computed. Try again in a minute.")
        )
    try:
        return proxy_effects(
            data,
            attribute,
            learner=learner,
            constraint=constraint,
            revealed=_revealed(fingerprint, task),
        )
    finally:
        _ONE_AT_A_TIME.release()


def show_effects(data: TaskData, task: Task) -> None:
    """A button; then the path on the plane of accuracy and gap, its sentence and its table."""
    title = tr("What would leaving proxies out do?")
    with fold(title, key="data.effects", icon=":material/experiment:"):
        st.markdown(
            tr(
                "Trains a quick model with all features, then without the "
                "strongest proxies, and with the mean of the group taken out "
                "of every feature. It takes some seconds."
            )
        )
        chosen = _choose(data, task)
        key = "data.effects.asked"
        if st.button(tr("Try it"), key="data.effects.go"):
            st.session_state[key] = chosen
        if st.session_state.get(key) != chosen:
            return
        fingerprint, roles, attribute, learner, constraint = chosen
        try:
            found = _effects(fingerprint, roles, attribute, learner, constraint, data.frame)
        except FairlabError as error:
            st.info(as_it_is(tr("We cannot tell: {error}", error=error)))
            return
        _draw(found)


def _choose(data: TaskData, task: Task) -> tuple[str, str, str, Learner, Constraint]:
    several = len(task.sensitive) > 1
    columns = st.columns(2 if several else 1)
    learner = columns[0].selectbox(
        tr("Quick model"),
        list(_LEARNERS),
        format_func=_LEARNERS.__getitem__,
        key="data.effects.model",
    )
    constraint = st.selectbox(
        tr("Gap"),
        _GAPS,
        format_func=lambda name: GAPS[CONSTRAINT_GAPS[name]].label,
        key="data.effects.gap",
    )
    attribute = task.sensitive[0]
    if several:
        attribute = columns[1].selectbox(
            tr("Between groups of"), task.sensitive, key=f"data.effects.{'.'.join(task.sensitive)}"
        )
    return data.data.fingerprint, task.model_dump_json(), attribute, learner, constraint


def _draw(found: ProxyEffects) -> None:
    said = f"{sentences.effects_sentence(found)} {sentences.residualised_sentence(found)}"
    show_chart(
        effects_figure(found),
        sentence=as_it_is(said),
        table=effects_table(found),
        key="data.effects",
    )
    st.markdown(as_it_is(sentences.order_sentence(found)))
    st.markdown(as_it_is(" ".join(found.notes)))
