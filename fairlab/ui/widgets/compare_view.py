"""The parts of the Compare page: choices side by side, and a move between two in people."""

from dataclasses import dataclass

import streamlit as st

from fairlab.config import CONSTRAINT_GAPS
from fairlab.errors import FairlabError
from fairlab.metrics import GAPS, RATES
from fairlab.reports.figures import compare as figures
from fairlab.reports.sentences import compare as sentences
from fairlab.reports.sentences import people as people_words
from fairlab.reports.sentences.audit import percent
from fairlab.reports.sentences.curve import point_label
from fairlab.reports.sentences.drawn import DECIDING
from fairlab.reports.tables import compare as tables
from fairlab.reports.tables.compare import LETTERS, Compared
from fairlab.results import CROSSING, ScoredPeople
from fairlab.sweeps.changes import GapChange, gap_change
from fairlab.sweeps.cuts import cuts_sentence
from fairlab.sweeps.people import people_moved
from fairlab.ui import state
from fairlab.ui.markdown import as_it_is
from fairlab.ui.store import result, store
from fairlab.ui.widgets.audit_view import audited
from fairlab.ui.widgets.chart import show_chart
from fairlab.ui.widgets.subject import people_of

_SPLITS = {"test": "Test people", "validation": "Validation people", "train": "Training people"}
_SHARES = [name for name, rate in RATES.items() if rate.share]


@dataclass(frozen=True, slots=True, eq=False)
class SideBySide:
    """What is compared: the models with their audits, their people, the groups.

    Attributes:
        models: Two to six, lettered.
        people: Of each model, in the same order.
        thresholds: Of each model.
        by: Attributes whose crossing makes the groups.
        gaps: Gaps of the constraints the models were trained for.
        words: How to speak of the two outcomes.
    """

    models: tuple[Compared, ...]
    people: tuple[ScoredPeople, ...]
    thresholds: tuple[float, ...]
    by: tuple[str, ...]
    gaps: tuple[str, ...]
    words: tuple[str, str]


def choose_models() -> SideBySide:
    """Draw the selectors; with fewer than two models to choose from, say what to do and stop."""
    points_known = state.chosen_points()
    if len(points_known) < 2:
        _too_few(points_known)
        st.stop()
    which, split_column, groups_column = st.columns([5, 2, 2], vertical_alignment="bottom")
    picked = which.multiselect(
        "Choices compared (two to six; the first is what the others are held against)",
        list(points_known),
        default=list(points_known),
        format_func=lambda point: point.label,
        max_selections=len(LETTERS),
        key="compare.models",
    )
    split = split_column.selectbox(
        "People", list(_SPLITS), format_func=_SPLITS.__getitem__, key="compare.split"
    )
    if len(picked) < 2:
        st.info("Choose at least two to compare.")
        st.stop()
    try:
        people = tuple(people_of(p, split) for p in picked)
    except FairlabError as error:
        st.error(as_it_is(str(error)))
        st.stop()
    by = _choose_groups(people, groups_column)
    thresholds = _choose_thresholds(picked)
    models = tuple(
        Compared(
            LETTERS[i],
            point.label,
            audited(people[i], by, thresholds[i]),
            result(point.run_id).points[point.index].flags,
        )
        for i, point in enumerate(picked)
    )
    if len({model.audit.group_names for model in models}) > 1:
        st.info(
            "These models were trained on tables with different groups, so they cannot be put "
            "side by side. Choose models trained on the same table."
        )
        st.stop()
    constraints = [store().get(p.run_id).config.sweep.constraint for p in picked]
    gaps = [CONSTRAINT_GAPS[c] for c in constraints if c in CONSTRAINT_GAPS]
    return SideBySide(
        models=models,
        people=people,
        thresholds=thresholds,
        by=by,
        gaps=tuple(dict.fromkeys([*gaps, "demographic_parity_difference"]))[:3],
        words=store().get(picked[0].run_id).config.task.outcome_words,
    )


def show_overview(side: SideBySide, *, charts: bool) -> None:
    """Per model accuracy and the gap it was trained for; then every measure as a table."""
    gap = side.gaps[0]
    for start in range(0, len(side.models), 3):
        columns = st.columns(3)
        for column, model in zip(columns, side.models[start : start + 3], strict=False):
            with column.container(border=True, height="stretch"):
                st.markdown(f"**{as_it_is(model.heading)}**")
                left, right = st.columns(2)
                left.metric("Accuracy", percent(model.audit.rates["accuracy"].everyone.value))
                right.metric(f"{GAPS[gap].label}, points", _bare(model.audit.gaps[gap].value))
                for flag in model.flags:
                    st.warning(as_it_is(flag))
    st.markdown(as_it_is(sentences.overview_sentence(side.models, gap, _changes(side, gap))))
    if not charts:
        st.dataframe(
            tables.overview_table(side.models, side.gaps), hide_index=True, width="stretch"
        )


def show_people(side: SideBySide, *, charts: bool) -> None:
    """A move between two models, in people."""
    letters = [model.letter for model in side.models]
    names = {model.letter: model.heading for model in side.models}
    left, right = st.columns(2)
    before = left.selectbox(
        "Moving from", letters, format_func=names.__getitem__, key="compare.before"
    )
    after = right.selectbox(
        "to", letters, index=1, format_func=names.__getitem__, key="compare.after"
    )
    if before == after:
        st.info("Choose two different models.")
        return
    i, j = letters.index(before), letters.index(after)
    try:
        moved = people_moved(
            side.people[i].outcomes(side.by),
            side.people[j].outcomes(side.by),
            threshold_before=side.thresholds[i],
            threshold_after=side.thresholds[j],
        )
    except FairlabError as error:
        st.info(as_it_is(str(error)))
        return
    weighted = side.people[i].weight is not None
    flag = people_words.levelling_sentence(moved)
    if flag:
        st.warning(as_it_is(flag))
    sentence = people_words.people_sentence(moved, side.words, before=before, after=after)
    certainty = "" if weighted else people_words.certainty_sentence(moved)
    table = tables.people_table(moved, side.words, weighted)
    if charts and moved.everyone.gained + moved.everyone.lost > 0:
        show_chart(
            figures.people_figure(moved, side.words),
            sentence=as_it_is(f"{sentence} {certainty}".strip()),
            table=table,
            key="compare.people",
        )
        return
    st.markdown(as_it_is(sentence))
    if certainty:
        st.markdown(as_it_is(certainty))
    st.dataframe(table, hide_index=True, width="stretch", key="compare.people.table")


def show_rates(side: SideBySide, *, charts: bool) -> None:
    """One rate of every group under every model, then all gaps."""
    rate = st.selectbox(
        "Rate", _SHARES, format_func=lambda name: RATES[name].label, key="compare.rate", width=420
    )
    st.markdown(RATES[rate].definition)
    table = tables.group_rates_table(side.models, rate)
    sentence = as_it_is(sentences.rate_sentence(side.models, rate))
    if charts:
        figure = figures.rates_across(side.models, rate)
        show_chart(figure, sentence=sentence, table=table, key="compare.rates")
    else:
        st.markdown(sentence)
        st.dataframe(table, hide_index=True, width="stretch", key="compare.rates.table")


def show_gaps(side: SideBySide) -> None:
    """Every gap of every model with its interval."""
    st.markdown("Differences are in points, ratios as they are; 95 % intervals in brackets.")
    st.dataframe(
        tables.gaps_table(side.models),
        hide_index=True,
        width="stretch",
        height="content",
        key="compare.gaps",
    )


def _changes(side: SideBySide, gap: str) -> list[GapChange | None]:
    """How the gap changed from the first model to each other; None for different people."""
    first = side.people[0].outcomes(side.by)
    found: list[GapChange | None] = []
    for people, threshold in zip(side.people[1:], side.thresholds[1:], strict=True):
        try:
            found.append(
                gap_change(
                    first,
                    people.outcomes(side.by),
                    gap,
                    threshold_before=side.thresholds[0],
                    threshold_after=threshold,
                )
            )
        except FairlabError:
            found.append(None)
    return found


def _bare(value: float | None) -> str:
    return "undefined" if value is None else f"{100 * value:.1f}"


def _too_few(chosen: tuple[state.ChosenPoint, ...]) -> None:
    with st.container(border=True):
        st.subheader("Two choices are needed", anchor=False)
        if not chosen:
            st.markdown(
                "Nothing is chosen yet. Train models, select two or more points of the curve, and "
                "press **Choose this** for each."
            )
            if st.button("Train models", type="primary"):
                st.switch_page("pages/train.py")
            return
        point = chosen[0]
        baseline, why_not = _baseline_of(point)
        beside = ", or hold it against the unmitigated model of the same run."
        st.markdown(
            f"One model is chosen: **{as_it_is(point.label)}**. Choose another on Train"
            + (f". {why_not}" if baseline is None else beside)
        )
        left, right = st.columns(2)
        if baseline is not None and left.button(
            "Compare with the unmitigated model", type="primary", width="stretch"
        ):
            state.forget(point)
            state.choose(baseline)
            state.choose(point)
            st.rerun()
        if right.button("Choose another on Train", width="stretch"):
            st.switch_page("pages/train.py")


def _baseline_of(point: state.ChosenPoint) -> tuple[state.ChosenPoint | None, str]:
    """The unmitigated model to hold a point against; or why there is none."""
    try:
        known = result(point.run_id)
    except FairlabError as error:
        return None, as_it_is(str(error))
    if known.points[point.index].baseline:
        return None, "It is itself unmitigated, so its run has no other to hold it against."
    index = known.unmitigated(point.index)
    if index is None:
        return None, "Its run has no unmitigated model of its kind to hold it against."
    label = point_label(known.points[index])
    return state.ChosenPoint(point.run_id, index, label, point.threshold), ""


def _choose_groups(
    people: tuple[ScoredPeople, ...], column: "st.delta_generator.DeltaGenerator"
) -> tuple[str, ...]:
    common = [name for name in people[0].attributes if all(name in p.attributes for p in people)]
    if not common:
        st.info(
            "These models were trained on tables without a common sensitive attribute. Choose "
            "models trained on the same table."
        )
        st.stop()
    options: list[tuple[str, ...]] = [(name,) for name in common]
    options += [(a, b) for i, a in enumerate(common) for b in common[i + 1 :]]
    picked = column.selectbox("Groups by", options, format_func=CROSSING.join, key="compare.by")
    return tuple(picked) if picked else options[0]


def _choose_thresholds(picked: list[state.ChosenPoint]) -> tuple[float, ...]:
    with st.expander("Thresholds"):
        st.markdown("A person is selected if the model's score is at least its threshold.")
        columns = st.columns(min(3, len(picked)))
        return tuple(
            _threshold(columns[i % len(columns)], f"{LETTERS[i]}: {point.label}", point)
            for i, point in enumerate(picked)
        )


def _threshold(
    column: "st.delta_generator.DeltaGenerator", label: str, point: state.ChosenPoint
) -> float:
    """The one threshold of a choice; people decided at thresholds per group are read at 0.5."""
    if point.group_cuts is not None:
        scored = result(point.run_id).scored(point.index)
        sentence = cuts_sentence(scored, point.group_cuts)
        column.markdown(f"{as_it_is(label)}. {as_it_is(sentence)}")
        return 0.5
    if result(point.run_id).points[point.index].is_drawn:
        column.markdown(f"{as_it_is(label)}: {DECIDING}.")
        return 0.5
    return float(
        column.number_input(
            as_it_is(label),
            min_value=0.001,
            max_value=0.999,
            value=point.threshold,
            step=0.01,
            format="%.3f",
            key=f"compare.threshold.{point.run_id}.{point.index}.{point.threshold}",
        )
    )
