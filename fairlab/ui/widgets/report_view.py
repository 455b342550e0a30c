"""The parts of the Report page: the choice, its reasons and limits, the way back."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from fairlab.config import Choice, RunConfig
from fairlab.data import TaskData, open_task
from fairlab.errors import FairlabError, InputError
from fairlab.language import tr, tr_n
from fairlab.reports.export import chosen_index
from fairlab.reports.sentences.curve import point_label
from fairlab.reports.sentences.limits import limits
from fairlab.results import SweepResult
from fairlab.runs.estimate import estimate_seconds, too_long
from fairlab.runs.records import RunState
from fairlab.ui import state
from fairlab.ui.markdown import as_it_is
from fairlab.ui.newest import newest
from fairlab.ui.permissions import is_mine
from fairlab.ui.store import result, run_exists, store
from fairlab.ui.widgets.fold import fold
from fairlab.ui.widgets.plugin_groups import plugin_groups
from fairlab.ui.widgets.record_view import (
    compare_with_import,
    read_upload,
    say_decided,
    say_other_table,
)
from fairlab.ui.widgets.share import say_read_only
from fairlab.ui.widgets.starting import start
from fairlab.ui.widgets.subject import people_of
from fairlab.ui.widgets.table_width import table_width

_IMPORTED = "fairlab.imported"
_LONGEST = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The choice the report is about, with its run."""

    point: state.ChosenPoint
    config: RunConfig
    result: SweepResult


def adopt_import() -> None:
    """Once an imported run is done, choose the model its file names, with its reasons."""
    pending = st.session_state.get(_IMPORTED)
    if pending is None:
        return
    run_id, choice = pending
    if not run_exists(run_id):
        del st.session_state[_IMPORTED]
        return
    record = store().get(run_id)
    if record.state.active:
        _waiting(run_id)
        return
    del st.session_state[_IMPORTED]
    if record.state is not RunState.DONE:
        st.error(
            as_it_is(
                tr(
                    "The imported run is {state}. {message}",
                    state=record.state,
                    message=record.message,
                ).strip()
            )
        )
        return
    if choice is None:
        st.success(tr("The imported run is done. Choose a model of it on Train."))
        return
    try:
        index = chosen_index(result(run_id), choice)
    except FairlabError as error:
        st.error(as_it_is(str(error)))
        return
    label = point_label(result(run_id).points[index])
    point = state.ChosenPoint(run_id, index, label, choice.threshold, choice.threshold_within)
    cuts = choice.group_cuts
    try:
        if cuts is not None:
            point = point.with_cuts(cuts.by, cuts.cuts)
            people_of(point, "test")
    except FairlabError as error:
        st.error(as_it_is(str(error)))
        return
    state.choose(point)
    st.session_state[_key("reason", point)] = choice.reason
    st.session_state[_key("dissent", point)] = choice.dissent
    st.success(
        tr(
            "The imported run is done, and its choice is below: {label}.",
            label=as_it_is(point.label),
        )
    )
    compare_with_import(point)


def choose() -> Chosen | None:
    """Which chosen model the report is about; None, with the next step, when there is none."""
    known = list(reversed(state.chosen_points()))
    if not known:
        with st.container(border=True):
            st.subheader(tr("Nothing to report yet"), anchor=False)
            st.markdown(
                tr(
                    "A report is about one chosen model. Train models and press **Choose this**, "
                    "or import a run below."
                )
            )
            if st.button(tr("Train models"), type="primary"):
                st.switch_page("pages/train.py")
        return None
    point = st.selectbox(
        tr("Choice"), known, format_func=lambda p: p.label, key="report.point", width=560
    )
    try:
        return Chosen(point, store().get(point.run_id).config, result(point.run_id))
    except FairlabError as error:
        st.error(as_it_is(str(error)))
        return None


def say_whose(chosen: Chosen) -> None:
    """Say of somebody else's run what can be done with it, and that reasons are not passed on."""
    record = store().get(chosen.point.run_id)
    say_read_only([record])
    if not is_mine(record):
        st.markdown(
            tr(
                "A link passes on the model, not the words: the reasons below are yours to write. "
                "Those of whoever chose it are in the files they export."
            )
        )


def ask_reasons(chosen: Chosen) -> RunConfig:
    """The run with this choice and the words people give it."""
    left, right = st.columns(2)
    words = {}
    for column, name, label, hint in (
        (left, "reason", tr("Why this one"), tr("What spoke for it, and who decided.")),
        (
            right,
            "dissent",
            tr("Who disagrees, and why"),
            tr("Objections, and what would change the mind. An empty line begins another voice."),
        ),
    ):
        words[name] = column.text_area(
            label,
            key=_key(name, chosen.point),
            placeholder=hint,
            max_chars=_LONGEST,
            height=120,
            persist_state="session",
        )
    newest().keep(chosen.point.key, words)
    point = chosen.result.points[chosen.point.index]
    choice = Choice(
        mode=point.mode,
        method=point.method,
        strength=point.strength,
        slack=point.slack,
        place=point.place,
        seed=point.seed,
        threshold=chosen.point.threshold,
        threshold_within=chosen.point.within,
        group_cuts=chosen.point.group_cuts,
        reason=words["reason"],
        dissent=words["dissent"],
    )
    return chosen.config.model_copy(update={"choice": choice})


def with_newest_words(chosen: Chosen, config: RunConfig) -> Callable[[], RunConfig]:
    """Gives the run with the words as they are when a file is made, not when its button was."""
    held, about, choice = newest(), chosen.point.key, config.choice
    assert choice is not None
    before = {"reason": choice.reason, "dissent": choice.dissent}

    def now() -> RunConfig:
        words = held.words(about, before)
        return config.model_copy(update={"choice": choice.model_copy(update=dict(words))})

    return now


def show_limits(chosen: Chosen) -> None:
    """What this does not show, about this very run."""
    point = chosen.point
    said = limits(
        chosen.config, chosen.result, point.index, point.threshold, point.within, point.group_cuts
    )
    title = tr_n(
        "What this does not show: {n} sentence",
        "What this does not show: {n} sentences",
        len(said),
    )
    with fold(title, key="report.limits"):
        st.markdown("\n".join(f"- {as_it_is(sentence)}" for sentence in said))


def offer_import(*, open_now: bool) -> None:
    """A run or a record back from its file.

    Args:
        open_now: Whether this is all the page has to offer.
    """
    title = tr("Import a run or a decision record")
    with fold(title, key="report.import", unfolded=open_now, icon=":material/upload:"):
        _import()


def _import() -> None:
    uploaded = st.file_uploader(
        tr("A run or a decision record exported from fairlab (YAML or JSON)"),
        type=["yaml", "yml", "json"],
        key="report.upload",
    )
    if uploaded is None:
        return
    read = _read_import(uploaded.getvalue())
    if read is None:
        return
    config, table = read
    sweep = config.sweep
    st.markdown(
        as_it_is(
            tr(
                "{n:,} models ({modes}) for {constraint}, {epochs} epochs, on {table} with "
                "{rows:,} rows; label “{label}”.",
                n=sweep.n_models,
                modes=", ".join(sweep.modes),
                constraint=sweep.constraint.replace("_", " "),
                epochs=sweep.epochs,
                table=config.data.filename or config.data.source,
                rows=len(table.frame),
                label=config.task.label,
            )
        )
    )
    say_decided()
    groups, refusal = plugin_groups(table, config)
    past, width = store().list(limit=20), table_width(table, config)
    seconds = estimate_seconds(config, len(table.frame), past, groups, width)
    refusal = refusal if refusal else too_long(seconds)
    if refusal:
        st.warning(refusal)
    elif st.button(tr("Train this run"), type="primary", key="report.import"):
        run_id = start(config, table)
        if run_id is None:
            return
        st.session_state[_IMPORTED] = (run_id, config.choice)
        state.set_current_data(table)
        st.rerun()


def _read_import(content: bytes) -> tuple[RunConfig, TaskData] | None:
    """The run of a file and its table; None, with what is wrong, when there is none."""
    config = None
    try:
        config = read_upload(content)
        _refuse_others_tables(config)
        return config, open_task(config)
    except InputError as error:
        for problem in error.problems:
            st.error(as_it_is(problem))
        if config is not None and config.data.source == "file":
            say_other_table()
            st.markdown(
                tr(
                    "The run is about a table of your own. Upload that file on the Data page, "
                    "then import the run again."
                )
            )
            st.page_link("pages/data.py", label=tr("Go to Data"), icon=":material/arrow_forward:")
        return None


def _refuse_others_tables(config: RunConfig) -> None:
    """A fingerprint opens no table: the file of a run is passed on more freely than its people.

    It is the same sentence whether the table is kept on this machine or not.
    """
    data = config.data
    if data.source == "file" and data.fingerprint and not state.has_table(data.fingerprint):
        raise InputError(
            tr(
                "The run was made with the table {name} (fingerprint {print}…), which you have "
                "not opened here.",
                name=data.filename or tr("of a file"),
                print=data.fingerprint[:12],
            )
        )


@st.fragment(run_every=1.0)
def _waiting(run_id: str) -> None:
    if not run_exists(run_id):  # deleted meanwhile
        st.rerun()
    record = store().get(run_id)
    if not record.state.active:
        st.rerun()
    st.progress(
        record.share_done, text=tr("The imported run is training. You can watch it on Train.")
    )
    st.page_link("pages/train.py", label=tr("Watch it on Train"), icon=":material/arrow_forward:")


def _key(name: str, point: state.ChosenPoint) -> str:
    return f"report.{name}.{point.key}"
