"""The chosen model in numbers, each with its interval, beside the unmitigated one."""

from collections.abc import Sequence

import streamlit as st

from fairlab.config import CONSTRAINT_GAPS
from fairlab.language import tr
from fairlab.metrics import Audit, GapResult
from fairlab.metrics.gap_names import gap_title
from fairlab.metrics.people_gaps import gap_of_people
from fairlab.outcomes import GroupedOutcomes
from fairlab.reports.sentences.audit import percent, points
from fairlab.reports.sentences.curve import CONSTRAINT_WORDS
from fairlab.reports.sentences.drawn import DECIDING
from fairlab.reports.sentences.guarantee import guarantee_sentence
from fairlab.reports.sentences.noise import comparison_sentence
from fairlab.reports.tables.guarantee import guarantee_table
from fairlab.results import ScoredPeople
from fairlab.ui import state
from fairlab.ui.markdown import as_it_is
from fairlab.ui.store import store
from fairlab.ui.widgets.audit_cache import audited
from fairlab.ui.widgets.chart import show_table
from fairlab.ui.widgets.honesty_cache import honesty_of
from fairlab.ui.widgets.report_view import Chosen
from fairlab.ui.widgets.subject import people_of


def show_choice(chosen: Chosen) -> None:
    """Three numbers of the choice on test people, how sure they are, what it was trained for."""
    point = chosen.point
    people = people_of(point, "test")
    cut = 0.5 if point.cuts else point.threshold
    audits = [audited(people, by, cut) for by in chosen.result.groupings]
    gap = _widest(
        [people.outcomes(by) for by in chosen.result.groupings],
        audits,
        cut,
        CONSTRAINT_GAPS.get(chosen.result.constraint),
    )
    accuracy, selected = (audits[0].rates[n].everyone for n in ("accuracy", "selection_rate"))
    tiles = (
        (tr("Accuracy, test people"), percent(accuracy.value), (accuracy.lower, accuracy.upper)),
        (tr("Selected, test people"), percent(selected.value), (selected.lower, selected.upper)),
        (gap_title(gap.name), points(gap.value), (gap.lower, gap.upper)),
    )
    for column, (label, value, ends) in zip(st.columns(3), tiles, strict=True):
        column.metric(
            label, value, delta=_range(*ends), delta_color="off", delta_arrow="off", border=True
        )
    flags = chosen.result.points[point.index].flags
    if flags:  # a gap of 0 reads well until one knows that everybody is selected
        st.warning(as_it_is("  \n".join(flags)))
    st.markdown(
        as_it_is(
            tr(
                "The run is for: {constraint}. Groups by {groups}{deciding}",
                constraint=CONSTRAINT_WORDS[chosen.result.constraint],
                groups=chosen.result.groups_in_words,
                deciding=_deciding(point, people),
            )
        )
    )
    said = _beside_unmitigated(chosen)
    if said:
        st.markdown(as_it_is(said))
    guarantee = chosen.result.points[point.index].guarantee
    if guarantee is not None:
        trained = chosen.result
        st.markdown(guarantee_sentence(guarantee, trained.constraint, trained.threshold))
        if guarantee.promised < 1:
            show_table(
                guarantee_table(guarantee),
                key="report.meter",
                label=tr("The promise, split by split"),
            )


def _widest(
    people: Sequence[GroupedOutcomes], audits: Sequence[Audit], cut: float, name: str | None
) -> GapResult:
    """The gap of the run, of several attributes each by itself the widest."""
    gap = name or "demographic_parity_difference"
    return audits[0].gaps[gap] if len(audits) == 1 else gap_of_people(people, cut, gap)


def _range(lower: float | None, upper: float | None) -> str:
    """A 95 % interval in the tile's own unit."""
    if lower is None or upper is None:
        return tr("no interval")
    return tr("95 % interval {low:.1f} to {high:.1f}", low=100 * lower, high=100 * upper)


def _beside_unmitigated(chosen: Chosen) -> str:
    """Whether the model can be told from the unmitigated one of its family, on test people."""
    trained, point = chosen.result, chosen.point
    known = {"train", "validation", "test"} <= set(trained.splits)
    if not known or trained.constraint not in CONSTRAINT_GAPS:
        return ""
    found = honesty_of(point.run_id, store().get(point.run_id).result_key or "")
    said = comparison_sentence(found.comparisons[point.index], found.noise.split)
    if not said or (not point.cuts and point.threshold == trained.threshold):
        return said
    return tr(
        "At the run's own threshold {cut:g}, one for everybody: {said}",
        cut=trained.threshold,
        said=said,
    )


def _deciding(point: state.ChosenPoint, people: ScoredPeople) -> str:
    """The threshold in words; of people decided per group the first note says it."""
    if point.cuts:
        return f". {people.notes[0]}"
    if not people.has_scores:
        return f"; {DECIDING}."
    return tr("; threshold {cut:g}.", cut=point.threshold)
