"""Two groups' thresholds against each other, on the Thresholds page."""

import numpy as np
import streamlit as st

from fairlab.errors import FairlabError
from fairlab.frontier import STRATEGIES
from fairlab.language import in_english, tr
from fairlab.metrics import GAPS
from fairlab.outcomes import GroupedOutcomes
from fairlab.reports.figures.surface import Mark, surface_figure
from fairlab.reports.sentences.surface import surface_sentence
from fairlab.reports.tables.surface import surface_table
from fairlab.sweeps import GroupThresholdSurface, ThresholdSweep, group_threshold_surface
from fairlab.ui.markdown import as_it_is
from fairlab.ui.store import result
from fairlab.ui.widgets.chart import show_chart
from fairlab.ui.widgets.explorer_view import quick, strategy_of
from fairlab.ui.widgets.fold import fold_made_when_opened
from fairlab.ui.widgets.subject import Subject
from fairlab.ui.widgets.sweep_view import digest_of, sweep_of

_GAPS = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "predictive_equality_difference",
    "equalized_odds_difference",
    "predictive_parity_difference",
    "accuracy_difference",
)
_MARKED = {
    "demographic_parity_difference": "demographic_parity",
    "equal_opportunity_difference": "equal_opportunity",
    "predictive_equality_difference": "predictive_equality",
    "equalized_odds_difference": "equalized_odds",
}


def show_surface(
    subject: Subject,
    outcomes: GroupedOutcomes,
    digest: str,
    *,
    costs: tuple[float, float] = (1.0, 1.0),
) -> None:
    """Draw the gap at every pair of two groups' thresholds, folded away at first.

    Args:
        subject: What is looked at; strategies are fitted on its validation people if it has any.
        outcomes: Its people in groups.
        digest: Identifies them.
        costs: Of a false positive and a false negative.
    """
    folded = fold_made_when_opened(tr("Two groups, every pair of thresholds"), key="surface.open")
    if not folded.open:  # worked out and drawn only for who looks
        return
    with folded:
        people = _people(outcomes)
        there = [name for name in outcomes.group_names if people[name] > 0]
        if len(there) < 2:
            st.markdown(tr("A second group is needed: here everybody is in one."))
            return
        gap, a, b = _choose(there, people)
        if a == b:
            st.warning(tr("Choose two different groups."))
            return
        in_use = _in_use(subject, outcomes)
        marks = _marks(subject, outcomes, digest, gap, (a, b), in_use, costs)
        keep = {cut for mark in marks for cut in (mark.threshold_a, mark.threshold_b)}
        sweep = sweep_of(digest, outcomes)
        surface = _surface(digest, sweep, a, b, tuple(sorted(keep)), tuple(in_use.items()), costs)
        words = surface_sentence(surface, gap, marks[0])
        show_chart(
            surface_figure(surface, gap, marks=marks, costs=costs),
            sentence=as_it_is(words),
            table=surface_table(surface, gap, marks=marks, costs=costs),
            key="surface",
        )
        st.markdown(
            tr(
                "Dark: groups are treated alike. On the dashed line both "
                "groups have one threshold. Solid lines join pairs that are "
                "right equally often."
            )
        )
        for note in surface.notes:
            st.markdown(f"- {as_it_is(note)}")
        if not subject.people.higher_is_better:
            st.markdown(tr("- Scores are a risk: thresholds here are minus the risk."))


def _in_use(subject: Subject, outcomes: GroupedOutcomes) -> dict[str, float]:
    """The threshold of each group at present."""
    point = subject.point
    if point is None:
        return dict.fromkeys(outcomes.group_names, subject.people.threshold)
    if point.by == subject.by and len(point.cuts) == outcomes.n_groups:
        return dict(zip(outcomes.group_names, point.cuts, strict=True))
    return dict.fromkeys(outcomes.group_names, point.threshold)


def _choose(there: list[str], people: dict[str, float]) -> tuple[str, str, str]:
    columns = st.columns(3 if len(there) > 2 else 1)
    gap = columns[0].selectbox(
        tr("Gap"),
        _GAPS,
        format_func=lambda name: GAPS[name].label.removesuffix(tr(" difference")),
        key="surface.gap",
    )
    if len(there) == 2:
        return gap, there[0], there[1]
    largest = sorted(there, key=lambda name: -people[name])
    a = columns[1].selectbox(tr("First group"), there, there.index(largest[0]), key="surface.a")
    b = columns[2].selectbox(tr("Second group"), there, there.index(largest[1]), key="surface.b")
    return gap, a, b


def _people(outcomes: GroupedOutcomes) -> dict[str, float]:
    size = np.bincount(outcomes.group, weights=outcomes.weight, minlength=outcomes.n_groups)
    return dict(zip(outcomes.group_names, size.tolist(), strict=True))


def _marks(
    subject: Subject,
    outcomes: GroupedOutcomes,
    digest: str,
    gap: str,
    groups: tuple[str, str],
    in_use: dict[str, float],
    costs: tuple[float, float],
) -> list[Mark]:
    marks = [Mark(tr("in use"), in_use[groups[0]], in_use[groups[1]])]
    fitted, who = _fitted_on(subject, outcomes)
    key = digest if fitted is outcomes else digest_of(fitted)
    names = ["maximum_accuracy", *([_MARKED[gap]] if gap in _MARKED else [])]
    for name in names:
        if not quick(fitted, name) and not _ask(name, costs):
            continue
        found = strategy_of(key, name, costs, fitted)
        cuts = dict(zip(found.group_names, found.thresholds, strict=True))
        pair = [cuts.get(group, np.nan) for group in groups]
        if not np.isnan(pair).any():
            label = STRATEGIES[name].label_for(*costs).lower()
            marks.append(Mark(tr("{label}, chosen on {who}", label=label, who=who), *pair))
    return marks


def _fitted_on(subject: Subject, outcomes: GroupedOutcomes) -> tuple[GroupedOutcomes, str]:
    """Validation people of the same model where there are some, and who they are."""
    if subject.point is None:
        return outcomes, tr("these people")
    try:
        people = result(subject.point.run_id).scored(subject.point.index, "validation")
    except FairlabError:
        return outcomes, tr("these people")
    return people.outcomes(subject.by), tr("validation people")


def _ask(name: str, costs: tuple[float, float]) -> bool:
    """A strategy that takes long is marked only for who asks."""
    return st.checkbox(
        tr("Mark {label_for}", label_for=STRATEGIES[name].label_for(*costs).lower()),
        key=f"surface.mark.{name}",
        help=tr(
            "With this many people or groups, working out these thresholds "
            "takes from seconds to a minute."
        ),
    )


# 100 MB each with 200 groups: few are kept.
@st.cache_resource(show_spinner=False, max_entries=4)
@in_english
def _surface(
    digest: str,  # noqa: ARG001 (cache key)
    _sweep: ThresholdSweep,
    a: str,
    b: str,
    keep: tuple[float, ...],
    others: tuple[tuple[str, float], ...],
    costs: tuple[float, float],
) -> GroupThresholdSurface:
    return group_threshold_surface(
        _sweep, a, b, others=dict(others), keep=keep, cost_fp=costs[0], cost_fn=costs[1]
    )
