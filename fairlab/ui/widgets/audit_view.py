"""The parts of the Audit page: each asks the library one question and shows the answer."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import streamlit as st

from fairlab.data.small_groups import leave_out_small_groups
from fairlab.language import tr
from fairlab.metrics import GAPS, RATES, Audit, PairTest, pair_tests
from fairlab.metrics.clear_pairs import MOST_GROUPS, clear_pair
from fairlab.metrics.suppression import SMALLEST, suppress_pairs
from fairlab.reports.export import csv_bytes
from fairlab.reports.figures import audit as figures
from fairlab.reports.sentences import audit as sentences
from fairlab.reports.sentences import overview
from fairlab.reports.sentences import pairs as pair_sentences
from fairlab.reports.tables import audit as tables
from fairlab.reports.tables.dictionary import dictionary_table
from fairlab.results import CROSSING
from fairlab.ui.markdown import as_it_is
from fairlab.ui.widgets.audit_cache import audited as audited
from fairlab.ui.widgets.audit_groups import SHARES
from fairlab.ui.widgets.chart import draw_table, show_chart, show_table
from fairlab.ui.widgets.fold import fold
from fairlab.ui.widgets.on_screen import on_screen
from fairlab.ui.widgets.subject import Subject

HEADLINES = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "predictive_equality_difference",
)
_SHOWN_GROUPS = 4


def choose_threshold(subject: Subject, key: str) -> float:
    """The threshold scores are read at, asked for in the units of the people's table.

    Returns:
        It on the scale of ``subject.people.score``. Decisions have none to choose.
    """
    people = subject.people
    if not people.has_scores:
        if subject.point is None or not subject.point.cuts:  # else the subject has said so
            st.markdown(tr("These are decisions, not scores: there is no threshold to choose."))
        return people.threshold
    start = people.threshold if subject.point is None else subject.point.threshold
    name, side = (
        people.score_name or tr("score"),
        tr("more") if people.higher_is_better else tr("less"),
    )
    shares = people.score.min() >= 0 and people.score.max() <= 1
    chosen = st.number_input(
        tr(
            "Threshold: people with a {name} of this or {side} are selected",
            name=as_it_is(name),
            side=side,
        ),
        value=people.own_units(float(start)),
        step=0.01 if shares else 1.0,
        format="%.3f" if shares else "%g",
        key=f"{key}.threshold.{subject.label}",
        width=480,
    )
    return people.own_units(float(chosen))


def choose_smallest(*, closed: bool = False) -> tuple[int, int]:
    """Below how many people cells are suppressed: on the page (0 shows all), and in the export.

    Args:
        closed: The table is somebody else's; small cells are then never shown.
    """
    with st.popover(tr("Small cells"), icon=":material/visibility_off:"):
        smallest = st.number_input(
            tr("A cell is small below this many people"),
            min_value=SMALLEST if closed else 1,
            max_value=1000,
            value=SMALLEST,
            key="audit.smallest.closed" if closed else "audit.smallest",
            help=tr(
                "Groups with a small cell keep only their size, and their "
                "selection and base rate where these rest on enough people. "
                "Gaps that rest on them are left out too."
            ),
        )
        if closed:
            st.markdown(tr("Somebody else uploaded the table, so small cells stay hidden."))
            return int(smallest), int(smallest)
        hide = st.toggle(tr("Hide small cells on this page"), key="audit.hide")
        st.markdown(tr("The download leaves them out in any case."))
    return (int(smallest) if hide else 0), int(smallest)


def leave_out_small(subject: Subject) -> tuple[Subject, str]:
    """Leave out groups of fewer people than asked for; at first all stay.

    Returns:
        The subject without them, and a sentence that names each with its people; "" for none.
    """
    fewest = st.number_input(
        tr("Leave out groups below (people)"),
        min_value=0,
        max_value=1_000_000,
        value=0,
        step=10,
        key="audit.fewest",
        help=tr(
            "0 leaves nobody out. A gap over all groups is the widest there "
            "is, so a group of a few people can set it by chance."
        ),
    )
    kept = leave_out_small_groups(subject.people, subject.by, int(fewest))
    if not kept.left_out:
        return subject, kept.note
    digest = tr("{digest}:from {fewest}", digest=subject.digest, fewest=fewest)
    return replace(subject, people=kept.people, digest=digest), kept.note


def pairs_tested(result: Audit, shown: Audit) -> tuple[PairTest, ...]:
    """Every pair of groups on the main rates, for headlines; () where there are too many.

    Args:
        result: The whole audit.
        shown: The same, small cells suppressed.
    """
    if result.weighted or int((result.people > 0).sum()) > MOST_GROUPS:
        return ()
    return suppress_pairs(pair_tests(result.counts, tables.PAIR_RATES, result.level), shown)


def show_headlines(
    result: Audit, notes: tuple[str, ...], tests: Sequence[PairTest] = (), left_out: str = ""
) -> None:
    """Three gaps, then what they say, how sure it is, and what was left out before.

    Args:
        result: The audit.
        notes: What was left out before.
        tests: Pairs of groups, of which the surest is named where a gap leaves doubt.
        left_out: Which groups were left out on this page, in a sentence.
    """
    if left_out:
        st.info(as_it_is(left_out))
    for column, name in zip(st.columns(3), HEADLINES, strict=True):
        gap, pair = result.gaps[name], clear_pair(result, tests, name)
        said = pair_sentences.clear_pair_sentence(pair)
        doubt = not said and sentences.too_few(result, name)
        value = tr("hidden") if gap.hidden else sentences.points(gap.value)
        column.metric(
            GAPS[name].label,
            tr("We cannot tell") if doubt else value,
            delta=tr("found: {value}", value=value) if doubt else None,
            delta_color="off",
            delta_arrow="off",
            help=GAPS[name].definition,
            border=True,
        )
        if said:
            column.markdown(f"**{as_it_is(said)}**")
        column.markdown(as_it_is(sentences.gap_sentence(result, name)))
        column.markdown(as_it_is(sentences.certainty_sentence(result, name, clear=bool(said))))
    for note in result.notes:
        st.info(as_it_is(note))
    if notes:
        title = tr("What was left out or changed on the way here ({n_notes})", n_notes=len(notes))
        with fold(title, key="audit.notes"):
            st.markdown("\n".join(f"- {as_it_is(note)}" for note in notes))


def show_confusion(result: Audit, words: tuple[str, str]) -> None:
    """A confusion matrix per group, cells in words."""
    st.subheader(tr("Decisions and outcomes, group by group"), anchor=False)
    present = [g for g, n in zip(result.group_names, result.people, strict=True) if n]
    shown = present
    if len(present) > _SHOWN_GROUPS:
        shown = st.multiselect(
            tr("Groups shown"), present, default=present[:_SHOWN_GROUPS], key="audit.shown"
        )
    for row in _rows(shown, 2):
        for column, group in zip(st.columns(2), row, strict=False):
            with column:
                st.html(tables.confusion_html(result, group, words))
    st.markdown(as_it_is(sentences.confusion_sentence(result, words)))
    show_table(tables.confusion_table(result, words), key="audit.confusion")


def show_rates(result: Audit) -> None:
    """Rates with intervals."""
    show_chart(
        figures.rates_figure(result),
        sentence=as_it_is(sentences.rates_sentence(result)),
        table=tables.rates_table(result),
        key="audit.rates",
    )


def show_gaps(result: Audit, tests: Sequence[PairTest] = ()) -> None:
    """All gaps with intervals, who sets them, who is left out; and inequality of benefits.

    Args:
        result: The audit.
        tests: Pairs of groups; where they seem to say otherwise than the gaps, why.
    """
    between, overall = tr("Between groups"), tr("From everyone")
    measured = st.segmented_control(
        tr("Gaps are measured"),
        [between, overall],
        default=between,
        required=True,
        key="audit.measured",
        label_visibility="collapsed",
    )
    if measured == overall:
        show_chart(
            figures.overall_figure(result),
            sentence=as_it_is(overview.overall_sentence(result)),
            table=tables.overall_table(result),
            key="audit.overall",
        )
    else:
        show_chart(
            figures.gaps_figure(result),
            sentence=as_it_is(sentences.gaps_sentence(result)),
            table=tables.gaps_table(result),
            key="audit.gaps",
        )
    _show_bridge(result, tests)
    name = st.selectbox(
        tr("Read one gap in words"),
        list(GAPS),
        format_func=lambda n: GAPS[n].label,
        key="audit.gap",
    )
    pair = clear_pair(result, tests, name)
    st.markdown(
        f"{GAPS[name].definition} {as_it_is(pair_sentences.clear_pair_sentence(pair))} "
        f"{as_it_is(sentences.gap_sentence(result, name))} "
        f"{as_it_is(sentences.certainty_sentence(result, name, clear=pair is not None))}"
    )
    with fold(tr("Inequality of benefits"), key="audit.inequality"):
        st.markdown(as_it_is(overview.inequality_sentence(result)))
        draw_table(tables.inequality_table(result), key="audit.inequality.table")


def show_chance(result: Audit, shown: Audit) -> None:
    """Pairs of groups tested, corrected together, and the smallest gap they could show.

    Args:
        result: The whole audit.
        shown: The same, small cells suppressed: pairs that rest on them are left out.
    """
    if result.weighted:
        st.info(tr("People are weighted: pairs are not tested. The intervals of the gaps remain."))
        return
    names = st.multiselect(
        tr("Rates compared between every pair of groups"),
        SHARES,
        default=list(tables.PAIR_RATES),
        format_func=lambda n: RATES[n].label,
        key="audit.pairs",
    )
    tests = suppress_pairs(pair_tests(result.counts, names, result.level), shown)
    st.markdown(as_it_is(sentences.pairs_sentence(tests)))
    _show_bridge(shown, tests)
    draw_table(tables.pairs_table(tests), key="audit.pairs.table")
    _show_records_needed(shown)


def _show_bridge(result: Audit, tests: Sequence[PairTest]) -> None:
    text = pair_sentences.bridge_sentence(
        result, pair_sentences.clear_pairs(result, tests, HEADLINES)
    )
    if text:
        st.markdown(as_it_is(text))


def _show_records_needed(result: Audit) -> None:
    wanted = st.number_input(
        tr("A gap in selection rate worth finding, in points"),
        min_value=0.5,
        max_value=50.0,
        value=5.0,
        step=0.5,
        key="audit.wanted",
        width=420,
    )
    st.markdown(as_it_is(sentences.records_sentence(result, wanted / 100)))


def show_dictionary(result: Audit, shown: Audit) -> None:
    """What other tools would print."""
    st.markdown(
        tr(
            "One name has several meanings. Ours are unsigned: highest minus "
            "lowest, or lowest over highest, and a rate of nobody is "
            "undefined, not 0."
        )
    )
    present = [g for g, n in zip(result.group_names, result.people, strict=True) if n]
    reference = st.selectbox(
        tr("Reference group of the other tool"),
        [None, *present],
        format_func=lambda group: tr("every choice") if group is None else group,
        key="audit.dictionary.reference",
        width=420,
    )
    table = dictionary_table(result, shown, reference)
    if table.empty:
        st.info(as_it_is(tr("No gap can be shown: {why_hidden}.", why_hidden=shown.why_hidden)))
        return
    st.dataframe(on_screen(table), hide_index=True, width="stretch", key="audit.dictionary")


def offer_download(result: Audit, by: tuple[str, ...], smallest: int) -> None:
    """Every number as CSV, small cells suppressed; what that leaves is said before the click."""
    table = tables.export_table(result, smallest)
    said = sentences.export_sentence(table, smallest)
    if said:
        st.markdown(as_it_is(said))
    st.download_button(
        tr("Download this audit (CSV)"),
        csv_bytes(table),
        file_name=f"audit-{'-'.join(_safe(name) for name in by)}.csv",
        mime="text/csv",
        help=tr(
            "Groups ({by}) with a cell below {smallest} people keep only their "
            "size, and their selection and base rate where these rest on "
            "enough people.",
            by=as_it_is(CROSSING.join(by)),
            smallest=smallest,
        ),
        key="audit.download",
    )


def _rows(groups: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Groups in rows, so that narrow screens keep their order."""
    for start in range(0, len(groups), size):
        yield groups[start : start + size]


def _safe(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name)[:40]
