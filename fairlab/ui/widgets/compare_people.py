"""A move between two of the models side by side, in people, and what it is worth."""

from collections.abc import Sequence

import streamlit as st

from fairlab.errors import FairlabError
from fairlab.language import tr
from fairlab.reports.figures.compare import people_figure
from fairlab.reports.figures.compare_people import benefit_figure, population_figure
from fairlab.reports.sentences import people as counted
from fairlab.reports.sentences import population as words
from fairlab.reports.tables.compare import people_table
from fairlab.reports.tables.compare_people import benefit_table, population_table
from fairlab.sweeps.costs import Values, benefit
from fairlab.sweeps.expected import Population, in_population
from fairlab.sweeps.people import PeopleMoved, people_moved
from fairlab.ui.markdown import as_it_is
from fairlab.ui.widgets.compare_drawn import Drawn, show_three_ways
from fairlab.ui.widgets.compare_sources import SideBySide

#: Of more groups than this nobody types the shares.
MOST_SHARES = 24
LARGEST_POPULATION = 1_000_000_000
LARGEST_VALUE = 1e9


def show_people(side: SideBySide, drawn: Drawn) -> None:
    """Who moves between two models: counted, and expected of a population the visitor sizes."""
    move = _choose_move(side)
    if move is None:
        return
    moved, before, after = move
    flag = counted.levelling_sentence(moved)
    if flag:
        st.warning(as_it_is(flag))
    st.subheader(tr("Counted among these people"), anchor=False)
    sentence = counted.people_sentence(moved, side.words, before=before, after=after)
    certainty = counted.certainty_sentence(moved)
    some = moved.everyone.gained + moved.everyone.lost > 0
    show_three_ways(
        drawn,
        sentence=f"{sentence} {certainty}".strip(),
        words=counted.counted_words(moved, side.words),
        table=people_table(moved, side.words),
        figure=(lambda: people_figure(moved, side.words)) if some else None,
        key="compare.people",
    )
    st.subheader(tr("In a population you name"), anchor=False)
    population = _choose_population(moved)
    try:
        found = in_population(moved, population)
    except FairlabError as error:
        st.error(as_it_is(str(error)))
        return
    show_three_ways(
        drawn,
        sentence=words.population_sentence(found, before, after),
        words=words.population_words(found, side.words),
        table=population_table(found, side.words),
        figure=lambda: population_figure(found, side.words),
        key="compare.population",
    )
    st.markdown(as_it_is(words.interval_note(found, weighted=moved.weighted)))


def show_worth(side: SideBySide, drawn: Drawn) -> None:
    """What the same move costs and brings, under values the visitor gives."""
    move = _moved(side)
    if move is None:
        return
    moved, before, after = move
    st.subheader(tr("What it costs and brings"), anchor=False)
    values = _choose_values(side.words)
    try:
        found = benefit(moved, values, _population(moved))
    except FairlabError as error:
        st.error(as_it_is(str(error)))
        return
    show_three_ways(
        drawn,
        sentence=words.benefit_sentence(found, before, after),
        words=words.benefit_words(found),
        table=benefit_table(found),
        figure=lambda: benefit_figure(found),
        key="compare.worth",
    )


def _choose_move(side: SideBySide) -> tuple[PeopleMoved, str, str] | None:
    letters = [model.letter for model in side.models]
    names = {model.letter: model.heading for model in side.models}
    for key in ("compare.before", "compare.after"):
        if st.session_state.get(key) not in letters:
            st.session_state[key] = letters[0 if key.endswith("before") else 1]
    left, right = st.columns(2)
    before = left.selectbox(
        tr("Moving from"),
        letters,
        format_func=names.__getitem__,
        key="compare.before",
        persist_state="session",
    )
    after = right.selectbox(
        tr("to"),
        letters,
        format_func=names.__getitem__,
        key="compare.after",
        persist_state="session",
    )
    if before == after:
        st.info(tr("Choose two different models."))
        return None
    try:
        return _moved(side)
    except FairlabError as error:
        st.info(as_it_is(str(error)))
        return None


def _moved(side: SideBySide) -> tuple[PeopleMoved, str, str] | None:
    """The move asked for; None where there is none."""
    before, after = (st.session_state.get(f"compare.{end}") for end in ("before", "after"))
    letters = [model.letter for model in side.models]
    if before == after or before not in letters or after not in letters:
        return None
    i, j = letters.index(before), letters.index(after)
    moved = people_moved(
        side.people[i].outcomes(side.by),
        side.people[j].outcomes(side.by),
        threshold_before=side.thresholds[i],
        threshold_after=side.thresholds[j],
    )
    return moved, before, after


def _choose_population(moved: PeopleMoved) -> Population:
    size, mix = st.columns([2, 5], vertical_alignment="bottom")
    size.number_input(
        tr("How many people"),
        min_value=1,
        max_value=LARGEST_POPULATION,
        value=1000,
        step=1000,
        key="compare.size",
        persist_state="session",
        help=tr("For example the applicants of one year. 1,000 gives numbers per 1,000."),
    )
    kinds = {"table": tr("Mixed as in the table"), "own": tr("Mixed as I say")}
    mix.segmented_control(
        tr("Groups"),
        list(kinds),
        default="table",
        format_func=kinds.__getitem__,
        key="compare.mix",
        required=True,
        persist_state="session",
    )
    if st.session_state.get("compare.mix") == "own":
        _choose_shares(moved)
    return _population(moved)


def _choose_shares(moved: PeopleMoved) -> None:
    names = [group.group for group in moved.groups]
    if len(names) > MOST_SHARES:
        st.info(
            tr(
                "There are {groups} groups, too many to type a share for each; the mix of the "
                "table is used. Group people by one attribute to set it.",
                groups=len(names),
            )
        )
        return
    st.markdown(tr("Parts of each group, on any scale: they are divided by their sum."))
    columns = st.columns(min(4, len(names)))
    total = moved.everyone.n or 1
    for place, group in enumerate(moved.groups):
        columns[place % len(columns)].number_input(
            as_it_is(group.group),
            min_value=0.0,
            max_value=1e9,
            value=round(100 * group.n / total, 1),
            step=1.0,
            format="%g",
            key=_share_key(names, place),
            persist_state="session",
        )


def _population(moved: PeopleMoved) -> Population:
    """As the controls say, wherever on the page it is asked."""
    size = float(st.session_state.get("compare.size", 1000))
    names = [group.group for group in moved.groups]
    keys = [_share_key(names, place) for place in range(len(names))]
    own = st.session_state.get("compare.mix") == "own" and len(names) <= MOST_SHARES
    if not own or any(key not in st.session_state for key in keys):
        return Population(size)
    shares = [float(st.session_state[key]) for key in keys]
    return Population(size, dict(zip(names, shares, strict=True)))


def _share_key(names: Sequence[str], place: int) -> str:
    return f"compare.share.{hash(tuple(names))}.{place}"


def _choose_values(outcome: tuple[str, str]) -> Values:
    """What one decision of each kind is worth to whoever asks."""
    st.markdown(
        tr(
            "What is one decision worth, in any one unit? Costs are negative. At first every wrong "
            "decision costs 1, so the total is minus the number of wrong decisions."
        )
    )
    kinds = (
        ("selected_favourable", tr("Selected, “{outcome}”", outcome=outcome[0]), 0.0),
        ("selected_unfavourable", tr("Selected, “{outcome}”", outcome=outcome[1]), -1.0),
        ("refused_favourable", tr("Not selected, “{outcome}”", outcome=outcome[0]), -1.0),
        ("refused_unfavourable", tr("Not selected, “{outcome}”", outcome=outcome[1]), 0.0),
    )
    columns = st.columns(4, vertical_alignment="bottom")
    given = {
        name: float(
            column.number_input(
                as_it_is(label),
                min_value=-LARGEST_VALUE,
                max_value=LARGEST_VALUE,
                value=start,
                step=0.5,
                format="%g",
                key=f"compare.value.{name}",
                persist_state="session",
            )
        )
        for column, (name, label, start) in zip(columns, kinds, strict=True)
    }
    return Values(**given)
