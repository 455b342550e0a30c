"""The parts of the Audit page that look at other groupings: all attributes, crossed, in strata."""

from collections.abc import Iterable

import streamlit as st

from fairlab.language import tr, translated
from fairlab.metrics import GAPS, RATES, Audit
from fairlab.metrics.strata_suppression import suppress_strata
from fairlab.metrics.suppression import suppress
from fairlab.reports.figures import audit as figures
from fairlab.reports.figures.strata import strata_figure
from fairlab.reports.sentences import audit as sentences
from fairlab.reports.sentences.overview import overview_sentence
from fairlab.reports.sentences.strata import CONTROL_CAUTION, strata_sentence
from fairlab.reports.tables import audit as tables
from fairlab.reports.tables.strata import pooled_table, strata_table
from fairlab.results import CROSSING, ScoredPeople
from fairlab.ui.markdown import as_it_is
from fairlab.ui.widgets.audit_cache import audited, audited_within
from fairlab.ui.widgets.chart import show_chart, show_table
from fairlab.ui.widgets.subject import Subject

SHARES = [name for name, rate in RATES.items() if rate.share]


def show_overview(people: ScoredPeople, threshold: float, smallest: int) -> None:
    """Every sensitive attribute by itself, all at once."""
    audits = {
        name: suppress(audited(people, (name,), threshold), smallest) for name in people.attributes
    }
    show_chart(
        figures.overview_figure(audits),
        sentence=as_it_is(overview_sentence(audits)),
        table=tables.overview_table(audits),
        key="audit.overview",
    )
    _say_hidden(audits.values())


def show_crossed(people: ScoredPeople, threshold: float, smallest: int) -> None:
    """Groups crossed over several attributes, sorted by a rate."""
    names = list(people.attributes)
    if len(names) < 2:
        st.info(tr("Only one sensitive attribute was given, so there is nothing to cross."))
        return
    left, right = st.columns([2, 1])
    chosen = left.multiselect(
        tr("Attributes crossed"), names, default=names[:2], key="audit.crossed.by"
    )
    rate = right.selectbox(
        tr("Rate"), SHARES, format_func=lambda n: RATES[n].label, key="audit.crossed.rate"
    )
    if not chosen:
        st.info(tr("Choose at least one attribute."))
        return
    result = suppress(audited(people, tuple(chosen), threshold), smallest)
    show_chart(
        figures.crossed_figure(result, rate),
        sentence=as_it_is(sentences.crossed_sentence(result, rate)),
        table=tables.crossed_table(result, rate),
        key="audit.crossed",
    )
    _say_hidden([result])


def show_strata(subject: Subject, threshold: float, smallest: int) -> None:
    """Gaps among people alike in a control."""
    people, by = subject.people, CROSSING.join(subject.by)
    controls = list(people.strata_for(subject.by))
    if not controls:
        st.info(
            tr(
                "There is nothing to compare {by} within. A table of "
                "predictions may bring further columns: on the Data page, "
                "choose them under “Also compare groups within”.",
                by=as_it_is(by),
            )
        )
        return
    left, right = st.columns(2)
    control = left.selectbox(tr("Compare within strata of"), controls, key="audit.strata.control")
    name = right.selectbox(
        tr("Gap"), list(GAPS), format_func=lambda n: GAPS[n].label, key="audit.strata.gap"
    )
    whole = audited_within(people, subject.by, control, threshold)
    result = suppress_strata(whole, smallest)
    hidden = result.hidden
    if hidden:
        sentence = tr(
            "Suppressed, because a cell has fewer than {smallest} people, "
            "or to keep such a cell from being worked out: {hidden}. "
            "Pooled numbers rest on all strata and are left out, too.",
            smallest=smallest,
            hidden=", ".join(hidden),
        )
    else:
        sentence = strata_sentence(result, name, by, control)
    show_chart(
        strata_figure(result, name, frozenset(hidden)),
        sentence=as_it_is(sentence),
        table=strata_table(whole, name, smallest),
        key="audit.strata",
    )
    show_table(
        pooled_table(whole, smallest=smallest),
        key="audit.strata.pooled",
        label=tr("All gaps, strata pooled"),
    )
    st.markdown(translated(CONTROL_CAUTION))
    for note in result.notes:
        st.markdown(as_it_is(note))


def _say_hidden(audits: Iterable[Audit]) -> None:
    for result in audits:
        for note in result.notes:
            if note.startswith("Suppressed"):
                st.markdown(as_it_is(note))
