"""What is put side by side: chosen points, one run under several metrics, or several runs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from fairlab.config import CONSTRAINT_GAPS
from fairlab.errors import FairlabError
from fairlab.language import inside, tr
from fairlab.metrics import GAPS
from fairlab.reports.sentences.judged import metric_label, rule_label
from fairlab.reports.sentences.point import point_label
from fairlab.reports.sentences.runs import run_title
from fairlab.reports.tables.compare import LETTERS, Compared
from fairlab.results import CROSSING, ScoredPeople
from fairlab.sweeps.candidates import ACCURACY, PickedRule
from fairlab.sweeps.judged import JUDGES
from fairlab.ui import state
from fairlab.ui.markdown import as_it_is
from fairlab.ui.store import result, store
from fairlab.ui.widgets.audit_view import audited
from fairlab.ui.widgets.compare_cache import picked
from fairlab.ui.widgets.compare_empty import too_few
from fairlab.ui.widgets.compare_thresholds import choose_thresholds
from fairlab.ui.widgets.subject import people_of

USUAL_TOLERANCE = 2.0  # points; where the control starts, not a recommendation
_POINTS, _METRICS, _RUNS = "points", "metrics", "runs"


@dataclass(frozen=True, slots=True, eq=False)
class SideBySide:
    """What is compared: the models with their audits, their people, the groups.

    Attributes:
        models: Two to six, lettered.
        people: Of each model, in the same order.
        thresholds: Of each model.
        by: Attributes whose crossing makes the groups.
        gaps: Gaps of the constraints the models were trained for, and of the metrics compared.
        words: How to speak of the two outcomes.
        digest: Stands for all of it in caches.
    """

    models: tuple[Compared, ...]
    people: tuple[ScoredPeople, ...]
    thresholds: tuple[float, ...]
    by: tuple[str, ...]
    gaps: tuple[str, ...]
    words: tuple[str, str]
    digest: str


def finished_runs() -> tuple[str, ...]:
    """Runs with a result on screen or behind a chosen point, newest first."""
    known = dict.fromkeys(
        [*reversed(state.run_ids()), *(p.run_id for p in reversed(state.chosen_points()))]
    )
    return tuple(run_id for run_id in known if store().get(run_id).result_key)


def choose_side() -> SideBySide | None:
    """Draw the selectors; None after saying what to do where there are not two to compare."""
    points, runs = state.chosen_points(), finished_runs()
    source = _source(points, runs)
    if source == _POINTS:
        return _of_points(points)
    if source == _METRICS:
        return _of_metrics(runs, points)
    return _of_runs(runs)


def choose_run(runs: Sequence[str], key: str) -> str:
    """One of the finished runs; nothing is asked where there is one."""
    if len(runs) == 1:
        return runs[0]
    titles = {run_id: _title(run_id) for run_id in runs}
    return str(
        st.selectbox(
            tr("Run"), runs, format_func=titles.__getitem__, key=key, persist_state="session"
        )
    )


def groupings_of(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Each attribute, and every crossing of two."""
    options: list[tuple[str, ...]] = [(name,) for name in names]
    return options + [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]


def ask_tolerance(column: "st.delta_generator.DeltaGenerator", key: str) -> float:
    """The distance from equal that is accepted, as a share."""
    points = column.number_input(
        tr("Gap accepted, points"),
        min_value=0.0,
        max_value=50.0,
        value=USUAL_TOLERANCE,
        step=0.5,
        format="%g",
        key=key,
        persist_state="session",
        help=tr(
            "On validation people. Of the rules within it the most accurate is taken; where there "
            "is none, the one with the narrowest gap. A ratio may be as far below 1."
        ),
    )
    return float(points) / 100


def labelled(run_id: str, rule: PickedRule) -> str:
    """A picked rule in words: its model and threshold."""
    point = result(run_id).points[rule.index]
    return rule_label(point_label(point), rule, point)


def _source(points: Sequence[state.ChosenPoint], runs: Sequence[str]) -> str:
    labels = {_POINTS: tr("Chosen points"), _METRICS: tr("Metrics"), _RUNS: tr("Runs")}
    offered = [_POINTS, *([_METRICS] if runs else []), *([_RUNS] if len(runs) > 1 else [])]
    if len(offered) == 1:
        return _POINTS
    if st.session_state.get("compare.source") not in offered:
        st.session_state["compare.source"] = _POINTS if points else _METRICS
    chosen = st.segmented_control(
        tr("What is compared"),
        offered,
        format_func=labels.__getitem__,
        key="compare.source",
        required=True,
        persist_state="session",
        help=tr(
            "Points you chose; one run under the rules that are best by different metrics; or the "
            "best rules of several runs by one metric."
        ),
    )
    return str(chosen or _POINTS)


def _of_points(points: tuple[state.ChosenPoint, ...]) -> SideBySide | None:
    if len(points) < 2:
        too_few(points)
        return None
    which, split_column, groups_column = st.columns([5, 2, 2], vertical_alignment="bottom")
    held = st.session_state.get("compare.models")
    if held is None or any(point not in points for point in held):
        st.session_state["compare.models"] = list(points)
    chosen = which.multiselect(
        tr("Choices compared (two to six; the first is what the others are held against)"),
        list(points),
        format_func=lambda point: point.label,
        max_selections=len(LETTERS),
        key="compare.models",
        persist_state="session",
    )
    split = _choose_split(split_column)
    if len(chosen) < 2:
        st.info(tr("Choose at least two to compare."))
        return None
    by = _choose_groups([point.run_id for point in chosen], groups_column)
    if by is None:
        return None
    return _side(chosen, split, by, choose_thresholds(chosen))


def _of_metrics(runs: Sequence[str], points: Sequence[state.ChosenPoint]) -> SideBySide | None:
    run_id = choose_run(runs, "compare.metrics.run")
    model_column, split_column, groups_column = st.columns([5, 2, 2], vertical_alignment="bottom")
    own = {
        p.index: point_label(result(run_id).points[p.index]) for p in points if p.run_id == run_id
    }
    model = model_column.selectbox(
        tr("Models"),
        [None, *own],
        format_func=lambda index: tr("Any model of the run") if index is None else own[index],
        key=f"compare.metrics.model.{run_id}",
        help=tr("With one model, only the threshold differs from metric to metric."),
    )
    split = _choose_split(split_column)
    by = _choose_groups([run_id], groups_column)
    if by is None:
        return None
    first = CONSTRAINT_GAPS.get(result(run_id).constraint, JUDGES[0])
    metrics_column, tolerance_column = st.columns([5, 2], vertical_alignment="bottom")
    metrics = metrics_column.multiselect(
        tr("Best by (two to six metrics)"),
        [ACCURACY, *JUDGES],
        default=list(dict.fromkeys([ACCURACY, first, *JUDGES[:2]])),
        format_func=metric_label,
        max_selections=len(LETTERS),
        key="compare.metrics",
        persist_state="session",
    )
    tolerance = ask_tolerance(tolerance_column, "compare.tolerance")
    models = None if model is None else (int(model),)
    rules = {name: picked(run_id, (by,), name, tolerance, models) for name in metrics}
    found = _merged(run_id, rules)
    _say_unmet(rules)
    if len(found) < 2:
        st.info(
            tr("One rule is best by all of these. Add a metric, or accept another gap.")
            if found
            else tr("No rule of this run counts. Train other models, or group people otherwise.")
        )
        return None
    if split == "validation":
        st.info(tr("These rules were picked on validation people, who therefore flatter them."))
    gaps = [name for name in metrics if name in GAPS]
    side = _side(found, split, by, tuple(point.threshold for point in found))
    return (
        None if side is None else replace(side, gaps=tuple(dict.fromkeys([*gaps, *side.gaps]))[:4])
    )


def _of_runs(runs: Sequence[str]) -> SideBySide | None:
    which, split_column, groups_column = st.columns([5, 2, 2], vertical_alignment="bottom")
    titles = {run_id: _title(run_id) for run_id in runs}
    chosen = which.multiselect(
        tr("Runs compared (two to six)"),
        list(runs),
        default=list(runs)[: len(LETTERS)],
        format_func=titles.__getitem__,
        max_selections=len(LETTERS),
        key="compare.runs",
        persist_state="session",
    )
    split = _choose_split(split_column)
    if len(chosen) < 2:
        st.info(tr("Choose at least two to compare."))
        return None
    by = _choose_groups(chosen, groups_column)
    if by is None:
        return None
    metric_column, tolerance_column = st.columns([5, 2], vertical_alignment="bottom")
    metric = metric_column.selectbox(
        tr("Each run's best rule by"),
        [*JUDGES, ACCURACY],
        format_func=metric_label,
        key="compare.runs.metric",
        persist_state="session",
    )
    tolerance = ask_tolerance(tolerance_column, "compare.tolerance")
    found = []
    for run_id in chosen:
        rule = picked(run_id, (by,), metric, tolerance)
        if rule is not None:
            label = f"{titles[run_id]}: {labelled(run_id, rule)}"
            found.append(state.ChosenPoint(run_id, rule.index, label, rule.threshold))
    if len(found) < 2:
        st.info(tr("Fewer than two of these runs have a rule that counts by this metric."))
        return None
    return _side(found, split, by, tuple(point.threshold for point in found))


def _merged(run_id: str, rules: "dict[str, PickedRule | None]") -> list[state.ChosenPoint]:
    """A point per rule; a rule that is best by several metrics is named after all of them."""
    together: dict[tuple[int, float], tuple[PickedRule, list[str]]] = {}
    for name, rule in rules.items():
        if rule is not None:
            key = (rule.index, rule.threshold)
            together.setdefault(key, (rule, []))[1].append(inside(metric_label(name)))
    return [
        state.ChosenPoint(
            run_id,
            rule.index,
            tr(
                "best by {metrics} ({rule})",
                metrics=", ".join(names),
                rule=labelled(run_id, rule),
            ),
            rule.threshold,
        )
        for rule, names in together.values()
    ]


def _say_unmet(rules: "dict[str, PickedRule | None]") -> None:
    none = [metric_label(name) for name, rule in rules.items() if rule is None]
    beyond = [metric_label(n) for n, rule in rules.items() if rule is not None and not rule.within]
    if none:
        st.markdown(as_it_is(tr("No rule counts by: {metrics}.", metrics=", ".join(none))))
    if beyond:
        st.markdown(
            as_it_is(
                tr(
                    "No rule is within the gap accepted by: {metrics}. There the narrowest is "
                    "shown.",
                    metrics=", ".join(beyond),
                )
            )
        )


def _side(
    points: Sequence[state.ChosenPoint], split: str, by: tuple[str, ...], cuts: tuple[float, ...]
) -> SideBySide | None:
    try:
        people = tuple(people_of(point, split) for point in points)
    except FairlabError as error:
        st.error(as_it_is(str(error)))
        return None
    models = tuple(
        Compared(
            LETTERS[i],
            point.label,
            audited(people[i], by, cuts[i]),
            result(point.run_id).points[point.index].flags,
        )
        for i, point in enumerate(points)
    )
    if len({model.audit.group_names for model in models}) > 1:
        st.info(
            tr(
                "These models were trained on tables with different groups, so they cannot be put "
                "side by side. Choose models trained on the same table."
            )
        )
        return None
    constraints = [result(point.run_id).constraint for point in points]
    gaps = [CONSTRAINT_GAPS[c] for c in constraints if c in CONSTRAINT_GAPS]
    return SideBySide(
        models=models,
        people=people,
        thresholds=cuts,
        by=by,
        gaps=tuple(dict.fromkeys([*gaps, "demographic_parity_difference"]))[:3],
        words=store().get(points[0].run_id).config.task.outcome_words,
        digest=repr(
            [(p.run_id, p.index, p.by, p.cuts, cut) for p, cut in zip(points, cuts, strict=True)]
            + [split, by]
        ),
    )


def _choose_split(column: "st.delta_generator.DeltaGenerator") -> str:
    splits = {
        "test": tr("Test people"),
        "validation": tr("Validation people"),
        "train": tr("Training people"),
    }
    return str(
        column.selectbox(
            tr("People"),
            list(splits),
            format_func=splits.__getitem__,
            key="compare.split",
            persist_state="session",
        )
    )


def _choose_groups(
    runs: Sequence[str], column: "st.delta_generator.DeltaGenerator"
) -> tuple[str, ...] | None:
    """Attributes all runs have, each or two crossed; None after saying that there are none."""
    names = [list(next(iter(result(run_id).splits.values())).attributes) for run_id in runs]
    common = [name for name in names[0] if all(name in other for other in names)]
    if not common:
        st.info(
            tr(
                "These models were trained on tables without a common sensitive attribute. Choose "
                "models trained on the same table."
            )
        )
        return None
    options = groupings_of(common)
    if st.session_state.get("compare.by") not in options:
        st.session_state["compare.by"] = options[0]
    chosen = column.selectbox(
        tr("Groups by"),
        options,
        format_func=CROSSING.join,
        key="compare.by",
        persist_state="session",
    )
    return tuple(chosen) if chosen else options[0]


def _title(run_id: str) -> str:
    title = run_title(store().get(run_id).config)
    return tr("{title}, run {start}", title=title, start=run_id[:4])
