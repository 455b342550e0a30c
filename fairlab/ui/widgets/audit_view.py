"""The parts of the Audit page: each asks the library one question and shows the answer."""

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import streamlit as st

from fairlab.metrics import GAPS, RATES, Audit, audit, pair_tests
from fairlab.outcomes import GroupedOutcomes
from fairlab.reports.export import csv_bytes
from fairlab.reports.figures import audit as figures
from fairlab.reports.sentences import audit as sentences
from fairlab.reports.tables import audit as tables
from fairlab.results import CROSSING, ScoredPeople
from fairlab.ui.widgets.chart import show_chart, show_table
from fairlab.ui.widgets.subject import Subject

HEADLINES = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "predictive_equality_difference",
)
_SHOWN_GROUPS = 4
_SHARES = [name for name, rate in RATES.items() if rate.share]


@st.cache_resource(show_spinner=False, max_entries=64)
def _audit(
    digest: str,  # noqa: ARG001 - the cache key that stands for the outcomes
    threshold: float,
    _outcomes: GroupedOutcomes,
) -> Audit:
    return audit(_outcomes, threshold)


def audited(people: ScoredPeople, by: tuple[str, ...], threshold: float) -> Audit:
    """The audit of people in groups; computed once per content, shared and never modified."""
    outcomes = people.outcomes(by)
    content = hashlib.sha256()
    for array in (outcomes.y_true, outcomes.score, outcomes.group, outcomes.weight):
        content.update(b"none" if array is None else np.ascontiguousarray(array).tobytes())
    content.update("\x1f".join(outcomes.group_names).encode())
    return _audit(content.hexdigest(), threshold, outcomes)


def choose_threshold(subject: Subject, key: str) -> float:
    """The threshold scores are read at; decisions have none to choose."""
    people = subject.people
    if not people.has_scores:
        st.markdown("These are decisions, not scores: there is no threshold to choose.")
        return people.threshold
    start = people.threshold if subject.point is None else subject.point.threshold
    chosen = st.number_input(
        "Threshold: people with this score or more are selected",
        value=float(start),
        step=0.01,
        format="%.3f",
        key=f"{key}.threshold.{subject.label}",
        width=420,
    )
    return float(chosen)


def show_headlines(result: Audit, notes: tuple[str, ...]) -> None:
    """Three gaps, then what they say, how sure it is, and what was left out before."""
    for column, name in zip(st.columns(3), HEADLINES, strict=True):
        column.metric(
            GAPS[name].label,
            sentences.points(result.gaps[name].value),
            help=GAPS[name].definition,
            border=True,
        )
        column.markdown(_text(sentences.gap_sentence(result, name)))
        column.markdown(_text(sentences.certainty_sentence(result, name)))
    for note in result.notes:
        st.info(_text(note))
    if notes:
        with st.expander(f"What was left out or changed on the way here ({len(notes)})"):
            st.markdown("\n".join(f"- {_text(note)}" for note in notes))


def show_confusion(result: Audit, words: tuple[str, str]) -> None:
    """A confusion matrix per group, cells in words."""
    st.subheader("Decisions and outcomes, group by group", anchor=False)
    present = [g for g, n in zip(result.group_names, result.people, strict=True) if n]
    shown = present
    if len(present) > _SHOWN_GROUPS:
        shown = st.multiselect(
            "Groups shown", present, default=present[:_SHOWN_GROUPS], key="audit.shown"
        )
    for row in _rows(shown, 2):
        for column, group in zip(st.columns(2), row, strict=False):
            with column:
                st.html(tables.confusion_html(result, group, words))
    st.markdown(_text(sentences.confusion_sentence(result, words)))
    show_table(tables.confusion_table(result, words), key="audit.confusion")


def show_rates(result: Audit) -> None:
    """Rates with intervals."""
    show_chart(
        figures.rates_figure(result),
        sentence=_text(sentences.rates_sentence(result)),
        table=tables.rates_table(result),
        key="audit.rates",
    )


def show_gaps(result: Audit) -> None:
    """All gaps with intervals, who sets them, who is left out."""
    show_chart(
        figures.gaps_figure(result),
        sentence=_text(sentences.gaps_sentence(result)),
        table=tables.gaps_table(result),
        key="audit.gaps",
    )
    name = st.selectbox(
        "Read one gap in words", list(GAPS), format_func=lambda n: GAPS[n].label, key="audit.gap"
    )
    st.markdown(
        f"{GAPS[name].definition} {_text(sentences.gap_sentence(result, name))} "
        f"{_text(sentences.certainty_sentence(result, name))}"
    )


def show_chance(result: Audit) -> None:
    """Pairs of groups tested, corrected together, and the smallest gap they could show."""
    if result.counts.tp.dtype.kind not in "iu":
        st.info("People are weighted: pairs are not tested. The intervals of the gaps remain.")
        return
    names = st.multiselect(
        "Rates compared between every pair of groups",
        _SHARES,
        default=["selection_rate", "tpr", "fpr"],
        format_func=lambda n: RATES[n].label,
        key="audit.pairs",
    )
    tests = pair_tests(result.counts, names, result.level)
    st.markdown(_text(sentences.pairs_sentence(tests)))
    st.dataframe(
        tables.pairs_table(tests), hide_index=True, width="stretch", key="audit.pairs.table"
    )
    _show_records_needed(result)


def _show_records_needed(result: Audit) -> None:
    wanted = st.number_input(
        "A gap in selection rate worth finding, in points",
        min_value=0.5,
        max_value=50.0,
        value=5.0,
        step=0.5,
        key="audit.wanted",
        width=420,
    )
    st.markdown(_text(sentences.records_sentence(result, wanted / 100)))


def show_crossed(people: ScoredPeople, threshold: float) -> None:
    """Groups crossed over several attributes, sorted by a rate."""
    names = list(people.attributes)
    if len(names) < 2:
        st.info("Only one sensitive attribute was given, so there is nothing to cross.")
        return
    left, right = st.columns([2, 1])
    chosen = left.multiselect(
        "Attributes crossed", names, default=names[:2], key="audit.crossed.by"
    )
    rate = right.selectbox(
        "Rate", _SHARES, format_func=lambda n: RATES[n].label, key="audit.crossed.rate"
    )
    if not chosen:
        st.info("Choose at least one attribute.")
        return
    result = audited(people, tuple(chosen), threshold)
    show_chart(
        figures.crossed_figure(result, rate),
        sentence=_text(sentences.crossed_sentence(result, rate)),
        table=tables.crossed_table(result, rate),
        key="audit.crossed",
    )


def show_dictionary(result: Audit) -> None:
    """What other tools would print."""
    st.markdown(
        "One name has several meanings. Ours are unsigned: highest minus lowest, or lowest over "
        "highest, and a rate of nobody is undefined, not 0."
    )
    st.dataframe(
        tables.dictionary_table(result), hide_index=True, width="stretch", key="audit.dictionary"
    )


def offer_download(result: Audit, by: tuple[str, ...]) -> None:
    """Every number as CSV, small cells suppressed."""
    st.download_button(
        "Download this audit (CSV)",
        csv_bytes(tables.export_table(result)),
        file_name=f"audit-{'-'.join(_safe(name) for name in by)}.csv",
        mime="text/csv",
        help=f"Groups ({CROSSING.join(by)}) with a cell below 10 people keep only their size, and "
        "their selection and base rate where these rest on enough people.",
        key="audit.download",
    )


def _rows(groups: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Groups in rows, so that narrow screens keep their order."""
    for start in range(0, len(groups), size):
        yield groups[start : start + size]


def _safe(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name)[:40]


def _text(sentence: str) -> str:
    """A sentence with nothing in it that Markdown would read as markup."""
    for sign in "\\`*_[]<>$~#|:":
        sentence = sentence.replace(sign, f"\\{sign}")
    return sentence
