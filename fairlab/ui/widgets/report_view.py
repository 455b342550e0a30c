"""The parts of the Report page: the choice, its reasons and limits, its files, the way back."""

from dataclasses import dataclass
from functools import partial

import streamlit as st

from fairlab.config import CONSTRAINT_GAPS, Choice, RunConfig
from fairlab.data import open_task
from fairlab.errors import FairlabError, InputError
from fairlab.frontier.group_cuts import rule_of_cuts
from fairlab.metrics import GAPS
from fairlab.outcomes import count
from fairlab.reports.export import chosen_index, export_files, export_zip, run_yaml
from fairlab.reports.imports import read_run
from fairlab.reports.measure import widest
from fairlab.reports.sentences.audit import percent, points
from fairlab.reports.sentences.curve import CONSTRAINT_WORDS, point_label
from fairlab.reports.sentences.drawn import DECIDING
from fairlab.reports.sentences.guarantee import guarantee_sentence
from fairlab.reports.sentences.limits import limits
from fairlab.reports.tables.guarantee import guarantee_table
from fairlab.results import ScoredPeople, SweepResult
from fairlab.runs.estimate import estimate_seconds, too_long
from fairlab.runs.records import RunState
from fairlab.ui import state
from fairlab.ui.markdown import as_it_is
from fairlab.ui.store import result, store
from fairlab.ui.widgets.audit_view import audited
from fairlab.ui.widgets.chart import show_table
from fairlab.ui.widgets.subject import people_of

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
    record = store().get(run_id)
    if record.state.active:
        _waiting(run_id)
        return
    del st.session_state[_IMPORTED]
    if record.state is not RunState.DONE:
        st.error(as_it_is(f"The imported run is {record.state}. {record.message}".strip()))
        return
    if choice is None:
        st.success("The imported run is done. Choose a model of it on Train.")
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
    st.success(f"The imported run is done, and its choice is below: {as_it_is(point.label)}.")


def choose() -> Chosen | None:
    """Which chosen model the report is about; None, with the next step, when there is none."""
    known = list(reversed(state.chosen_points()))
    if not known:
        with st.container(border=True):
            st.subheader("Nothing to report yet", anchor=False)
            st.markdown(
                "A report is about one chosen model. Train models and press **Choose this**, or "
                "import a run below."
            )
            if st.button("Train models", type="primary"):
                st.switch_page("pages/train.py")
        return None
    point = st.selectbox(
        "Choice", known, format_func=lambda p: p.label, key="report.point", width=560
    )
    try:
        return Chosen(point, store().get(point.run_id).config, result(point.run_id))
    except FairlabError as error:
        st.error(as_it_is(str(error)))
        return None


def show_choice(chosen: Chosen) -> None:
    """Three numbers of the choice on test people, and what it was trained for."""
    point = chosen.point
    people = people_of(point, "test")
    cut = 0.5 if point.cuts else point.threshold
    found = audited(people, chosen.result.group_by, cut)
    gap = CONSTRAINT_GAPS.get(chosen.result.constraint, "demographic_parity_difference")
    columns = st.columns(3)
    columns[0].metric(
        "Accuracy, test people", percent(found.rates["accuracy"].everyone.value), border=True
    )
    columns[1].metric(
        "Selected, test people", percent(found.rates["selection_rate"].everyone.value), border=True
    )
    tables = tuple(count(people.outcomes(by), cut) for by in chosen.result.groupings)
    wide = widest(GAPS[gap], tables)
    columns[2].metric(GAPS[gap].label, points(wide if wide == wide else None), border=True)
    st.markdown(
        as_it_is(
            f"The run is for: {CONSTRAINT_WORDS[chosen.result.constraint]}. Groups by "
            f"{chosen.result.groups_in_words}{_deciding(point, people)}"
        )
    )
    guarantee = chosen.result.points[point.index].guarantee
    if guarantee is not None:
        trained = chosen.result
        st.markdown(guarantee_sentence(guarantee, trained.constraint, trained.threshold))
        if guarantee.promised < 1:
            show_table(
                guarantee_table(guarantee), key="report.meter", label="The promise, split by split"
            )


def ask_reasons(chosen: Chosen) -> RunConfig:
    """The run with this choice and the words people give it."""
    left, right = st.columns(2)
    words = {}
    for column, name, label, hint in (
        (left, "reason", "Why this one", "What spoke for it, and who decided."),
        (right, "dissent", "Who disagrees, and why", "Objections, and what would change the mind."),
    ):
        words[name] = column.text_area(
            label,
            key=_key(name, chosen.point),
            placeholder=hint,
            max_chars=_LONGEST,
            height=120,
            persist_state="session",
        )
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


def show_limits(chosen: Chosen) -> None:
    """What this does not show, about this very run."""
    point = chosen.point
    said = limits(
        chosen.config, chosen.result, point.index, point.threshold, point.within, point.group_cuts
    )
    st.markdown("\n".join(f"- {as_it_is(sentence)}" for sentence in said))


def offer_files(chosen: Chosen, config: RunConfig) -> None:
    """YAML, tables and record; made when asked for."""
    name = f"fairlab-{config.digest()[:8]}"
    left, middle, right, last = st.columns(4)
    left.download_button(
        "Everything (zip)",
        lambda: export_zip(config, chosen.result, extra=_rule_files(chosen)),
        file_name=f"{name}.zip",
        mime="application/zip",
        type="primary",
        key="report.zip",
        on_click="ignore",
        width="stretch",
    )
    middle.download_button(
        "Run (YAML)",
        run_yaml(config),
        file_name=f"{name}.yaml",
        mime="application/yaml",
        key="report.yaml",
        on_click="ignore",
        width="stretch",
    )
    for column, label, file in (
        (right, "Models (CSV)", "points.csv"),
        (last, "Rates per group (CSV)", "rates.csv"),
    ):
        column.download_button(
            label,
            partial(_file, config, chosen.result, file),
            file_name=f"{name}-{file}",
            mime="text/csv",
            key=f"report.{file}",
            on_click="ignore",
            width="stretch",
        )
    for file, content in _rule_files(chosen).items():
        st.download_button(
            "Rule: thresholds per group (JSON)",
            content,
            file_name=f"{name}-{file}",
            mime="application/json",
            key="report.rule",
            on_click="ignore",
        )
        st.markdown(
            "This choice decides each group at its own threshold. The rule holds the thresholds "
            "and decides for new people who come with a score and a group; the YAML holds them "
            "too. The tables (CSV) list all models of the run at the run's own threshold."
        )
    st.markdown(
        "The files hold aggregates only. Rates that could give away fewer than 10 people are left "
        "out, and the row says so. The same numbers again, on any machine with fairlab:"
    )
    table = " --data YOUR_TABLE" if config.data.source == "file" else ""
    st.code(f"fairlab sweep {name}.yaml{table} --out results", language="bash")
    with st.expander("Preview of the YAML"):
        st.code(run_yaml(config), language="yaml")


def offer_import() -> None:
    """A YAML file back into a run."""
    uploaded = st.file_uploader(
        "A run exported from fairlab (YAML)", type=["yaml", "yml"], key="report.upload"
    )
    if uploaded is None:
        return
    config = None
    try:
        config = read_run(uploaded.getvalue())
        table = open_task(config)
    except InputError as error:
        for problem in error.problems:
            st.error(as_it_is(problem))
        if config is not None and config.data.source == "file":
            st.markdown(
                "The run is about a table of your own. Upload that file on the Data page, then "
                "import the run again."
            )
            st.page_link("pages/data.py", label="Go to Data", icon=":material/arrow_forward:")
        return
    sweep = config.sweep
    st.markdown(
        as_it_is(
            f"{sweep.n_models:,} models ({', '.join(sweep.modes)}) for "
            f"{sweep.constraint.replace('_', ' ')}, {sweep.epochs} epochs, on "
            f"{config.data.filename or config.data.source} with {len(table.frame):,} rows; label "
            f"“{config.task.label}”."
        )
    )
    refusal = too_long(estimate_seconds(config, len(table.frame), store().list(limit=20)))
    if refusal:
        st.warning(refusal)
    elif st.button("Train this run", type="primary", key="report.import"):
        run_id = state.start_run(config)
        st.session_state[_IMPORTED] = (run_id, config.choice)
        state.set_current_data(table)
        st.rerun()


def _deciding(point: state.ChosenPoint, people: ScoredPeople) -> str:
    """The threshold in words; of people decided per group the first note says it."""
    if point.cuts:
        return f". {people.notes[0]}"
    return f"; threshold {point.threshold:g}." if people.has_scores else f"; {DECIDING}."


def _rule_files(chosen: Chosen) -> dict[str, bytes]:
    """The thresholds per group as a rule that decides for other people; nothing without them."""
    cuts = chosen.point.group_cuts
    if cuts is None:
        return {}
    people = chosen.result.scored(chosen.point.index)
    return {"rule.json": rule_of_cuts(people, cuts).to_json().encode()}


def _file(config: RunConfig, found: SweepResult, name: str) -> bytes:
    return export_files(config, found)[name]


@st.fragment(run_every=1.0)
def _waiting(run_id: str) -> None:
    record = store().get(run_id)
    if not record.state.active:
        st.rerun()
    st.progress(record.share_done, text="The imported run is training. You can watch it on Train.")
    st.page_link("pages/train.py", label="Watch it on Train", icon=":material/arrow_forward:")


def _key(name: str, point: state.ChosenPoint) -> str:
    return f"report.{name}.{point.key}"
