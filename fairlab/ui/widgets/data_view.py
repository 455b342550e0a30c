"""What the table holds under the chosen roles: groups, problems, missing values, proxies, leaks."""

from pathlib import Path

import pandas as pd
import streamlit as st

from fairlab.config import Task
from fairlab.data import (
    Finding,
    Findings,
    People,
    Proxies,
    Strength,
    TaskData,
    catalog,
    label_predictors,
    proxies,
    read_people,
    validate,
)
from fairlab.data.splits import cell_problems
from fairlab.data.validation import LEAK_AUC
from fairlab.language import in_english, later, tr
from fairlab.reports.figures.data import MOST_GROUPS, base_rates_figure, proxies_figure
from fairlab.reports.sentences import data as sentences
from fairlab.reports.tables import data as tables
from fairlab.results import cross
from fairlab.retelling import retold
from fairlab.ui.markdown import as_it_is
from fairlab.ui.spinner import with_spinner
from fairlab.ui.widgets.chart import show_chart, show_table
from fairlab.ui.widgets.fold import fold, fold_made_when_opened

_READABLE = {"cell_too_small", "one_group", "no_features"}
ROOT = Path(__file__).parents[3]


def findings_of(data: TaskData, task: Task) -> Findings:
    """Problems and warnings, cached by content and roles."""
    return _findings(data.data.fingerprint, task.model_dump_json(), data.frame)


@with_spinner(later("Checking the table …"))
@st.cache_resource(show_spinner=False, max_entries=64)
@in_english
def _findings(fingerprint: str, task: str, _frame: pd.DataFrame) -> Findings:
    del fingerprint
    return validate(_frame, Task.model_validate_json(task))


def people_with_roles(data: TaskData, task: Task) -> People:
    """Who stays, with outcome and groups, cached by content and roles.

    Raises:
        InputError: If a role cannot be read.
    """
    return _people(data.data.fingerprint, task.model_dump_json(), data.frame)


@st.cache_resource(show_spinner=False, max_entries=32)
@in_english
def _people(fingerprint: str, task: str, _frame: pd.DataFrame) -> People:
    del fingerprint
    return read_people(_frame, Task.model_validate_json(task))


@with_spinner(later("Looking for proxies …"))
@st.cache_resource(show_spinner=False, max_entries=64)
@in_english
def _proxies(fingerprint: str, task: str, attribute: str, _frame: pd.DataFrame) -> Proxies:
    del fingerprint
    return proxies(_frame, Task.model_validate_json(task), attribute)


@with_spinner(later("Looking for leaks …"))
@st.cache_resource(show_spinner=False, max_entries=64)
@in_english
def _leaks(fingerprint: str, task: str, _frame: pd.DataFrame) -> tuple[Strength, ...]:
    del fingerprint
    return label_predictors(_frame, Task.model_validate_json(task))


def show_findings(findings: Findings, entered: tuple[str, ...]) -> None:
    """All problems in one box, all warnings in another that can be folded."""
    problems = (*entered, *(str(problem) for problem in findings.problems))
    if problems:
        count = (
            tr("One thing")
            if len(problems) == 1
            else tr("{n_problems} things", n_problems=len(problems))
        )
        st.error(
            tr("**{count} to fix before training**\n\n", count=count)
            + "\n".join(f"- {as_it_is(problem)}" for problem in problems),
            icon=":material/error:",
        )
    if findings.warnings:
        _show_warnings(findings.warnings)


def _show_warnings(warnings: tuple[Finding, ...]) -> None:
    grave = [w for w in warnings if w.code in ("leak", "repeats_label")]
    if grave:
        st.warning(
            tr("**May give the outcome away**\n\n")
            + "\n".join(f"- {as_it_is(str(w))}" for w in grave)
            + tr(
                "\n\nTo leave a column out, open **Missing values, small groups, "
                "columns left out**."
            ),
            icon=":material/warning:",
        )
    rest = [w for w in warnings if w not in grave]
    if rest:
        title = tr("Good to know ({n_rest})", n_rest=len(rest))
        with fold(title, key="data.good_to_know", icon=":material/info:"):
            st.markdown("\n".join(f"- {as_it_is(str(warning))}" for warning in rest))


def groups_can_be_shown(findings: Findings) -> bool:
    """True unless label, attributes or weights cannot be read."""
    return all(problem.code in _READABLE for problem in findings.problems)


def show_groups(data: TaskData, task: Task) -> None:
    """Group sizes, base rates with intervals, cells, and what the sample could show."""
    people = _people(data.data.fingerprint, task.model_dump_json(), data.frame)
    by = _choose_grouping(task)
    rows = tables.group_rows(people, by)
    sizes = [row.n for row in rows if row.n]
    first, second, third = st.columns(3)
    first.metric(
        tr("People used"),
        tr("{n_rows:,}", n_rows=len(people.rows)),
        tr("of {n_frame:,} rows", n_frame=len(data.frame)),
        delta_color="off",
        delta_arrow="off",
    )
    second.metric(
        as_it_is(sentences.begin(retold(task.outcome_words[0]))),
        tr("{mean:.1f} %", mean=100 * people.y_true.mean()),
        tr("of everyone"),
        delta_color="off",
        delta_arrow="off",
    )
    third.metric(
        tr("Smallest group"),
        tr("{people:,}", people=min(sizes)),
        tr("of {n_sizes} groups", n_sizes=len(sizes)),
        delta_color="off",
        delta_arrow="off",
    )
    show_chart(
        base_rates_figure(rows, task.outcome_words),
        sentence=as_it_is(sentences.base_rate_sentence(rows, task.outcome_words)),
        table=tables.groups_table(rows, task.outcome_words),
        key="data.groups",
    )
    st.markdown(as_it_is(sentences.detectable_sentence(rows)))
    if task.weight is not None:
        st.markdown(
            as_it_is(tr("People are counted here, not weighted by {weight}.", weight=task.weight))
        )
    small = cell_problems(people.y_true, cross(people.attributes, by), task.outcome_words)
    if len(by) > 1 and small:
        st.info(
            as_it_is(sentences.crossing_sentence([str(problem) for problem in small])),
            icon=":material/info:",
        )
    left_out = sentences.left_out_sentence(rows, MOST_GROUPS)
    if left_out:
        st.markdown(as_it_is(left_out))


def _choose_grouping(task: Task) -> tuple[str, ...]:
    if len(task.sensitive) == 1:
        return task.sensitive
    chosen = st.pills(
        tr("Show groups by (choose several to cross them)"),
        task.sensitive,
        selection_mode="multi",
        format_func=as_it_is,
        default=task.sensitive[0],
        key=f"data.by.{'.'.join(task.sensitive)}",
        persist_state="session",
    )
    return tuple(name for name in task.sensitive if name in chosen) or task.sensitive[:1]


def show_missing(data: TaskData, task: Task) -> None:
    """Missing values and what happens to them."""
    table = tables.missing_table(data.frame, task)
    st.markdown(as_it_is(sentences.missing_sentence(table, len(data.frame.columns))))
    if not table.empty:
        show_table(table, key="data.missing", label=tr("Show columns with missing values"))


def ask_for_proxies(data: TaskData, task: Task) -> None:
    """Proxies, looked for once somebody unfolds them: it takes seconds on wide tables."""
    folded = fold_made_when_opened(
        tr("Which features give the group away?"),
        key="data.proxies.open",
        icon=":material/search:",
    )
    if folded.open:
        with folded:
            show_proxies(data, task)


def show_proxies(data: TaskData, task: Task) -> None:
    """How well features give the group away."""
    attribute = task.sensitive[0]
    if len(task.sensitive) > 1:
        attribute = st.selectbox(
            tr("Proxies for"), task.sensitive, key=f"data.proxy.{'.'.join(task.sensitive)}"
        )
    found = _proxies(data.data.fingerprint, task.model_dump_json(), attribute, data.frame)
    if not found.columns:
        st.markdown(as_it_is(sentences.proxies_sentence(found)))
        return
    show_chart(
        proxies_figure(found),
        sentence=as_it_is(sentences.proxies_sentence(found)),
        table=tables.proxies_table(found),
        key="data.proxies",
    )


def show_leaks(data: TaskData, task: Task) -> None:
    """How well each feature alone predicts the label."""
    found = _leaks(data.data.fingerprint, task.model_dump_json(), data.frame)
    st.markdown(as_it_is(sentences.leaks_sentence(found, LEAK_AUC)))
    if found:
        show_table(
            tables.strengths_table(found), key="data.leaks", label=tr("Show every feature alone")
        )


def show_card(data: TaskData) -> None:
    """What the table is, who is missing, why the label may be unfair; nothing for own files."""
    if data.data.source not in catalog:
        return
    path = ROOT / catalog[data.data.source].card
    if not path.exists():
        return
    title = tr("About this table: source, who is missing, what the label means")
    with fold(title, key="data.card"):
        _, _, text = path.read_text(encoding="utf-8").partition("\n")
        st.markdown(text.replace("\n## ", "\n#### "))


def show_notes(data: TaskData) -> None:
    """What reading changed, and the first rows."""
    title = tr("The first rows, and what reading changed ({n_notes})", n_notes=len(data.notes))
    with fold(title, key="data.first_rows"):
        if data.notes:
            st.markdown("\n".join(f"- {as_it_is(note)}" for note in data.notes))
        st.dataframe(data.frame.head(20), hide_index=True, width="stretch", key="data.head")


def show_table_line(data: TaskData, task: Task) -> None:
    """Name, rows, and the favourable outcome in words."""
    name = data.data.filename or catalog[data.data.source].title
    words = sentences.favourable_words(task.label, task.favourable, task.outcome_words)
    st.markdown(
        tr(
            "**{name}**, {n_frame:,} rows, {n_columns} columns · {words}",
            name=as_it_is(name),
            n_frame=len(data.frame),
            n_columns=len(data.frame.columns),
            words=as_it_is(words),
        )
    )
