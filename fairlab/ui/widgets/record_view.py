"""The decision record on the Report page: taking it away, and taking one up again."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from fairlab.choosing import HowChosen
from fairlab.config import RunConfig
from fairlab.data import TaskData
from fairlab.decision import Alternative, DecisionRecord, make_record
from fairlab.decision.chosen import choice_of
from fairlab.decision.comparing import changed, differences
from fairlab.decision.making import remade, with_words
from fairlab.decision.tables import differing
from fairlab.errors import FairlabError, InputError
from fairlab.language import language, speaking, tr, tr_n
from fairlab.reports.imports import read_import
from fairlab.reports.terminal_record import change_words, decided, difference_words, verdict
from fairlab.results import SweepResult
from fairlab.ui import state
from fairlab.ui.markdown import as_it_is
from fairlab.ui.permissions import is_closed
from fairlab.ui.store import result, store, task_data
from fairlab.ui.widgets.fold import fold

_IMPORTED = "fairlab.imported_record"
_COMPARED = "fairlab.compared_record"
_MOST_SHOWN = 20


def offer_record(
    point: state.ChosenPoint,
    now: Callable[[], RunConfig],
    config: RunConfig,
    found: SweepResult,
    smallest: int,
    name: str,
) -> None:
    """Buttons for the decision record as YAML and JSON; it is made when asked for.

    Args:
        point: The chosen model.
        now: Gives its run with the choice and its words, as they are when the file is made.
        config: The same as the page was drawn with.
        found: Its result.
        smallest: Numbers that rest on fewer people are hidden.
        name: Of the files, without ending.
    """
    st.markdown(
        tr(
            "**Decision record**: table, choice, numbers with intervals, reasons, dissent and what "
            "nobody looked at, in one file that can be checked and computed again."
        )
    )
    if is_closed(point.run_id):
        st.markdown(
            tr("It names every column of the table, so only who uploaded the table can write it.")
        )
        return
    _show_compared(point)
    how, others = state.how_chosen(point), _alternatives(point, config)
    made = partial(_made, point.run_id, now, found, how, others, smallest, language())
    left, right = st.columns(2)
    kinds: tuple[tuple[str, str, str, Callable[[DecisionRecord], str]], ...] = (
        ("yaml", tr("Decision record (YAML)"), "application/yaml", DecisionRecord.to_yaml),
        ("json", tr("Decision record (JSON)"), "application/json", DecisionRecord.to_json),
    )
    for column, (ending, label, mime, write) in zip((left, right), kinds, strict=True):
        column.download_button(
            label,
            partial(_bytes, made, write),
            file_name=f"{name}-decision.{ending}",
            mime=mime,
            key=f"report.record.{ending}",
            on_click="ignore",
            width="stretch",
        )
    table = " --data YOUR_TABLE" if config.data.source == "file" else ""
    st.markdown(tr("Compute it again, and see any number that comes out otherwise:"))
    st.code(f"fairlab sweep {name}-decision.yaml{table}", language="bash")


def preview_record(
    point: state.ChosenPoint, config: RunConfig, found: SweepResult, smallest: int
) -> None:
    """The decision record as it would be written now.

    Args:
        point: The chosen model.
        config: Its run with the choice and its words.
        found: Its result.
        smallest: Numbers that rest on fewer people are hidden.

    Raises:
        InputError: If there is none, because words are too long or the table is another one.
    """
    if is_closed(point.run_id):
        st.markdown(
            tr("It names every column of the table, so only who uploaded the table can write it.")
        )
        return
    how, others = state.how_chosen(point), _alternatives(point, config)
    record = _made(point.run_id, lambda: config, found, how, others, smallest, language())
    st.code(_yaml(record.model_dump_json(), record), language="yaml", height=760)


@st.cache_data(show_spinner=False, max_entries=8)
def _yaml(content: str, _record: DecisionRecord) -> str:  # noqa: ARG001 (cache key)
    return _record.to_yaml()


def _bytes(made: Callable[[], DecisionRecord], write: Callable[[DecisionRecord], str]) -> bytes:
    return write(made()).encode()


def _made(
    run_id: str,
    now: Callable[[], RunConfig],
    found: SweepResult,
    how: HowChosen | None,
    others: tuple[Alternative, ...],
    smallest: int,
    spoken: str,
) -> DecisionRecord:
    config = now()
    assert config.choice is not None
    bare = config.choice.model_copy(update={"reason": "", "dissent": ""})
    asked = (
        bare.model_dump_json(),
        "" if how is None else how.model_dump_json(),
        *(f"{one.config.digest()} {one.choice.model_dump_json()}" for one in others),
    )
    key = store().get(run_id).result_key or ""
    with speaking(spoken):
        record = _numbers(
            run_id, key, asked, smallest, spoken, config, found, task_data(run_id), how, others
        )
        return with_words(record, config.choice.reason, config.choice.dissent)


@st.cache_resource(show_spinner=False, max_entries=16)
def _numbers(
    run_id: str,  # noqa: ARG001 (with the next, the cache key that stands for run and table)
    result_key: str,  # noqa: ARG001
    asked: tuple[str, ...],  # noqa: ARG001 (stands for the choice, its way, what it was beside)
    smallest: int,
    spoken: str,  # noqa: ARG001
    _config: RunConfig,
    _found: SweepResult,
    _table: TaskData,
    _how: HowChosen | None,
    _others: tuple[Alternative, ...],
) -> DecisionRecord:
    """The record without words: made once, however often the page is drawn and words change."""
    assert _config.choice is not None
    return make_record(
        _config,
        _found,
        _table,
        choice=_config.choice,
        how=_how,
        smallest=smallest,
        considered=_others,
    )


def _alternatives(point: state.ChosenPoint, config: RunConfig) -> tuple[Alternative, ...]:
    """The other chosen models, of runs on the same table."""
    others = []
    for other in state.chosen_points():
        own = store().get(other.run_id).config
        if other.key == point.key or own.data.fingerprint != config.data.fingerprint:
            continue
        try:
            its = result(other.run_id)
        except FairlabError:
            continue
        choice = choice_of(its, other.index, other.threshold)
        choice = choice.model_copy(update={"group_cuts": other.group_cuts})
        others.append(Alternative(own, its, choice))
    return tuple(others)


def read_upload(content: bytes) -> RunConfig:
    """The run of an uploaded file, with the words of a record; the record is kept for later.

    Raises:
        InputError: As :func:`fairlab.reports.imports.read_import`.
    """
    config, record = read_import(content)
    st.session_state[_IMPORTED] = record
    if record is None:
        return config
    return config.model_copy(update={"choice": record.chosen()})


def say_decided() -> None:
    """What the imported record says was decided, and why, before anything is trained."""
    record = st.session_state.get(_IMPORTED)
    if isinstance(record, DecisionRecord):
        lines = [" ".join(line.split()) for line in decided(record)]
        st.markdown("\n".join(f"- {as_it_is(line)}" for line in lines))


def say_other_table() -> None:
    """What sets the table in use apart from that of the record that was just refused."""
    record, data = st.session_state.get(_IMPORTED), state.current_data()
    if not isinstance(record, DecisionRecord) or data is None:
        return
    if data.data.fingerprint == record.table.whole or data.data.source != "file":
        return
    said = differing(record.table, data.frame, record.smallest)
    name = data.data.filename or data.data.source
    st.markdown(as_it_is(tr("The table in use here, {name}, is another one:", name=name)))
    st.markdown("\n".join(f"- {as_it_is(line)}" for line in said))


def compare_with_import(point: state.ChosenPoint) -> None:
    """After an imported record was trained again: keep every number that is another one now."""
    record = st.session_state.pop(_IMPORTED, None)
    if not isinstance(record, DecisionRecord):
        return
    config = store().get(point.run_id).config
    if config.digest() != record.digest:
        return
    try:
        anew = remade(record, config, result(point.run_id), task_data(point.run_id))
    except InputError as error:
        st.error(as_it_is(str(error)))
        return
    if record.how_chosen is not None:
        state.remember_how(point, record.how_chosen)
    st.session_state[_COMPARED] = (point.key, record, anew)
    st.markdown(as_it_is(verdict(record, anew, differences(record, anew))))


def _show_compared(point: state.ChosenPoint) -> None:
    """Beside the files of an imported record: what came out otherwise."""
    key, record, anew = st.session_state.get(_COMPARED, ("", None, None))
    if key != point.key or record is None:
        return
    found = differences(record, anew)
    say = st.warning if found else st.success
    say(as_it_is(verdict(record, anew, found)))
    if not found:
        return
    lines = [difference_words(one) for one in found[:_MOST_SHOWN]]
    rest = len(found) - len(lines)
    if rest:
        lines.append(tr_n("and {n} more number", "and {n} more numbers", rest))
    moved = [change_words(one) for one in changed(record, anew)]
    with fold(tr("Numbers that differ from the record"), key="record.differing"):
        st.markdown("\n".join(f"- {as_it_is(line)}" for line in lines))
        if moved:
            st.markdown(tr("Not the same machine or versions as in the record:"))
            st.markdown("\n".join(f"- {as_it_is(line)}" for line in moved))
