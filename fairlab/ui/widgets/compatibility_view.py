"""The view of criteria that can or cannot hold together: tiles, triples, one set in detail."""

import streamlit as st

from fairlab.impossibility import (
    Compatibility,
    CompatibilityTable,
    ConflictByChance,
    compatibility,
    conflict_by_chance,
)
from fairlab.language import in_english, tr
from fairlab.outcomes import GroupedOutcomes
from fairlab.reports.figures.compatibility import pairs_figure, triples_figure
from fairlab.reports.sentences.compatibility import (
    chance_sentence,
    entry_sentence,
    overview_sentence,
    proof_sentence,
    rule_sentences,
    set_words,
    triples_sentence,
)
from fairlab.reports.tables.compatibility import compatibility_frame, gaps_frame
from fairlab.ui.markdown import as_it_is
from fairlab.ui.presenting import legible
from fairlab.ui.widgets.chart import CONFIG, show_chart, show_table, spoken
from fairlab.ui.widgets.subject import Subject
from fairlab.ui.widgets.sweep_view import nothing_to_sweep
from fairlab.ui.widgets.theorem import TOGETHER, why

KEY = "impossibility.together"
TOLERANCE = 5e-4  # half of what the page prints
FIRST = ("predictive_equality", "predictive_parity")
# With more groups than this, sets of three take long and are worked out on request.
MANY_GROUPS = 4
# Samples of a chance test: enough for its 5 % level, few enough to wait for.
DRAWS = 39
ASKED = f"{KEY}.triples.asked"


def which_together(subject: Subject, outcomes: GroupedOutcomes, digest: str) -> None:
    """View 5: the least worst gap of every pair and triple of criteria."""
    if not subject.people.has_scores:
        nothing_to_sweep(subject)
        return
    within = st.number_input(
        tr("Accuracy that may be given up, points"),
        0.0,
        20.0,
        2.0,
        0.5,
        key=f"{KEY}.within",
        width=320,
        help=tr(
            "Rules by thresholds per group that lose more accuracy than this "
            "against the most accurate one do not count. Neither do rules that "
            "ignore the score."
        ),
    )
    with st.spinner(tr("Searching for the best rules and proving that none is better…")):
        table = table_of(digest, outcomes, float(within or 0.0) / 100, (1, 2))
    risk = not subject.people.higher_is_better
    _pairs(digest, outcomes, table.reach.within, risk)
    if len(table.reach.hulls) > 1:
        _triples(digest, outcomes, table.reach.within, risk)
    st.markdown("\n".join(f"- {as_it_is(note)}" for note in table.notes))
    why(TOGETHER)


@st.cache_resource(show_spinner=False, max_entries=32)
@in_english
def table_of(
    digest: str,
    _outcomes: GroupedOutcomes,
    within: float,
    sizes: tuple[int, ...],
) -> CompatibilityTable:
    """The table; ``digest`` identifies the people. Larger sets start from the smaller ones."""
    known = table_of(digest, _outcomes, within, sizes[:-1]) if len(sizes) > 2 else None
    return compatibility(_outcomes, within=within, size=sizes, tolerance=TOLERANCE, known=known)


@st.cache_data(show_spinner=False, max_entries=256)
@in_english
def chance_of(
    digest: str,  # noqa: ARG001
    _outcomes: GroupedOutcomes,
    criteria: tuple[str, ...],
    within: float,
) -> ConflictByChance:
    """The chance test of one set; ``digest`` identifies the people."""
    return conflict_by_chance(_outcomes, criteria, within, draws=DRAWS)


@st.fragment
def _pairs(digest: str, outcomes: GroupedOutcomes, within: float, risk: bool) -> None:
    """Tiles of all pairs, and one set of criteria in detail: pressed, or picked from a list."""
    table = table_of(digest, outcomes, within, (1, 2))
    options = [e.criteria for e in table.entries]
    options.sort(key=lambda names: (-len(names), [table.criteria.index(n) for n in names]))
    picked = st.session_state.get(f"{KEY}.set", FIRST)
    sentence = as_it_is(
        tr(
            "{overview} Each tile is the least worst gap, in points, of the "
            "two criteria that meet there; one criterion alone stands on the "
            "diagonal.",
            overview=overview_sentence(table),
        )
    )
    st.plotly_chart(
        legible(pairs_figure(table, picked)),
        key=f"{KEY}.tiles",
        config=CONFIG,
        alt=spoken(sentence),
        width="stretch",
        on_select=_pick,
        selection_mode="points",
    )
    st.markdown(sentence)
    show_table(compatibility_frame(table), key=f"{KEY}.pairs")
    if len(table.reach.hulls) < 2:
        return
    st.subheader(tr("One set in detail"), anchor=False)
    chosen = st.selectbox(
        tr("Criteria (or press a tile)"),
        options,
        index=options.index(FIRST) if FIRST in options else 0,
        format_func=lambda names: tr("Equal {set}", set=set_words(names)),
        key=f"{KEY}.set",
    )
    _one_set(digest, outcomes, chosen or options[0], table, risk)


def _pick() -> None:
    """A pressed tile becomes the chosen set."""
    points = st.session_state[f"{KEY}.tiles"].selection.points
    names = points[0].get("customdata") if points else None
    if names:
        st.session_state[f"{KEY}.set"] = tuple(dict.fromkeys(names[:2]))


def _ask_for_triples(digest: str) -> None:
    """The button was pressed: for these people sets of three are worked out from now on."""
    st.session_state[ASKED] = digest


@st.fragment
def _triples(digest: str, outcomes: GroupedOutcomes, within: float, risk: bool) -> None:
    """All sets of three, and one of them in detail; on request where there are many groups."""
    groups = sum(size > 0 for size in table_of(digest, outcomes, within, (1, 2)).reach.sizes.sum(1))
    if groups > MANY_GROUPS and st.session_state.get(ASKED) != digest:
        st.subheader(tr("Three criteria at once"), anchor=False)
        st.markdown(
            tr(
                "With {groups} groups, sets of three criteria take longer than "
                "pairs: some seconds for a few thousand people.",
                groups=groups,
            )
        )
        st.button(
            tr("Work out triples"),
            key=f"{KEY}.triples.go",
            on_click=_ask_for_triples,
            args=(digest,),
        )
        return
    with st.spinner(tr("Three criteria at once…")):
        table = table_of(digest, outcomes, within, (1, 2, 3))
    triples = [e for e in table.entries if len(e.criteria) == 3 and e.upper is not None]
    if not triples:
        return
    st.subheader(tr("Three criteria at once"), anchor=False)
    show_chart(
        triples_figure(table),
        sentence=as_it_is(triples_sentence(table)),
        table=compatibility_frame(table),
        key=f"{KEY}.triples",
    )
    options = [None, *(e.criteria for e in triples)]
    chosen = st.selectbox(
        tr("Three criteria in detail"),
        options,
        format_func=lambda names: (
            tr("Choose three") if names is None else tr("Equal {set}", set=set_words(names))
        ),
        key=f"{KEY}.three",
    )
    if chosen is not None:
        _one_set(digest, outcomes, chosen, table, risk)


def _one_set(
    digest: str,
    outcomes: GroupedOutcomes,
    criteria: tuple[str, ...],
    table: CompatibilityTable,
    risk: bool,
) -> None:
    """The rule that attains a set's optimum, its price, the proof, and chance."""
    entry = table.entry(*criteria)
    st.markdown(as_it_is(entry_sentence(entry, table)))
    if entry.rule is None or entry.certificate is None:
        return
    _detail(entry, table, risk)
    with st.spinner(tr("Drawing samples with equal base rates…")):
        words = _chance_words(digest, outcomes, entry.criteria, table.reach.within)
    st.markdown(tr("**Chance.** {said}", said=as_it_is(words)))


def _detail(entry: Compatibility, table: CompatibilityTable, risk: bool) -> None:
    if entry.rule is None or entry.certificate is None:
        return
    rules = rule_sentences(entry.rule.groups, risk=risk)
    st.markdown(tr("**A rule that does it**\n\n") + "\n".join(f"- {as_it_is(r)}" for r in rules))
    show_table(
        gaps_frame(entry),
        key=f"{KEY}.gaps.{'.'.join(entry.criteria)}",
        label=tr("All gaps of this rule"),
    )
    checked = entry.certificate.check(table.reach)
    st.markdown(as_it_is(proof_sentence(entry, checked=checked)))


def _chance_words(
    digest: str, outcomes: GroupedOutcomes, criteria: tuple[str, ...], within: float
) -> str:
    if outcomes.weight is not None:
        return tr("People are weighted, so no samples of whole people were drawn: no interval.")
    return chance_sentence(chance_of(digest, outcomes, criteria, within))
