"""What can be moved or answered at each step of the tutorial, and what is said then."""

from collections.abc import Callable

import streamlit as st

from fairlab.language import tr
from fairlab.metrics import RATES
from fairlab.outcomes import Counts
from fairlab.reports.figures.theme import MODE_LABELS
from fairlab.reports.figures.tutorial import dials_figure, dials_table
from fairlab.reports.tables.choosing import Bar
from fairlab.tutorial import steps as words
from fairlab.tutorial.numbers import USUAL, Numbers, gap, rates
from fairlab.ui.markdown import as_it_is
from fairlab.ui.widgets.chart import show_chart
from fairlab.ui.widgets.choosing_cards import draw_bars
from fairlab.ui.widgets.tutorial_progress import answer, answered


def interact(step: int, numbers: Numbers) -> None:
    """Draw what belongs to a step, 1 to 10."""
    parts: tuple[Callable[[Numbers], None], ...] = (
        _guess,
        _one_threshold,
        _selection,
        lambda n: _which_group(n, "tpr"),
        lambda n: _which_group(n, "ppv"),
        _own_thresholds,
        lambda n: _dial(n, "penalty"),
        lambda n: _dial(n, "adversarial"),
        lambda n: _dial(n, "layer"),
        _a_or_b,
    )
    parts[step - 1](numbers)


def _guess(numbers: Numbers) -> None:
    known = answered("guess")
    value = st.slider(
        tr("Of 100 {group} applicants, approved", group=numbers.groups[0]),
        0,
        100,
        50 if known is None else known,
        key="tutorial.guess",
    )
    if st.button(tr("That is my guess"), key="tutorial.guess.done"):
        answer("guess", value)
    guessed = answered("guess")
    if guessed is None:
        return
    off = guessed - 100 * numbers.base_rate(0)
    if abs(off) < 1:
        st.markdown(tr("Your guess, {guess}, is right to the point.", guess=guessed))
    elif off > 0:
        st.markdown(
            tr("Your guess, {guess}, is {off:.0f} points too high.", guess=guessed, off=off)
        )
    else:
        st.markdown(
            tr("Your guess, {guess}, is {off:.0f} points too low.", guess=guessed, off=-off)
        )
    rows = [
        Bar(group, numbers.base_rate(g), numbers.people[g])
        for g, group in enumerate(numbers.groups)
    ]
    draw_bars(tr("Approved by the bank, of 100"), rows)
    _say(words.base_rates_told(numbers))


def _one_threshold(numbers: Numbers) -> None:
    cut = _threshold("cut", tr("Threshold, %"))
    _say(words.threshold_told(numbers, cut))


def _selection(numbers: Numbers) -> None:
    cut = _threshold("selection", tr("Threshold, %"))
    _bars(numbers.at(cut), "selection_rate")
    _say(words.selection_told(numbers, cut))


def _which_group(numbers: Numbers, rate: str) -> None:
    known = answered(rate)
    picked = st.radio(
        tr("Your answer"),
        list(range(len(numbers.groups))),
        index=known if known is not None and known < len(numbers.groups) else None,
        format_func=lambda g: as_it_is(numbers.groups[g]),
        horizontal=True,
        key=f"tutorial.{rate}",
    )
    if picked is None:
        return
    answer(rate, picked)
    _bars(numbers.at(USUAL), rate)
    _say(words.rate_told(numbers, rate, picked))


def _own_thresholds(numbers: Numbers) -> None:
    cuts = []
    columns = st.columns(len(numbers.groups))
    for column, name, group in zip(
        columns, ("first", "second", "third"), numbers.groups, strict=True
    ):
        with column:
            cuts.append(_threshold(name, tr("{group}: threshold, %", group=as_it_is(group))))
    counts = numbers.at(*cuts)
    for column, rate in zip(st.columns(3), ("selection_rate", "tpr", "ppv"), strict=True):
        with column.container(border=True, height="stretch"):
            st.metric(
                tr("{rate}: gap, points", rate=RATES[rate].label), f"{100 * gap(counts, rate):.0f}"
            )
            _bars(counts, rate)
    _say(words.conflict_told(numbers, cuts))


def _dial(numbers: Numbers, mode: str) -> None:
    dials = numbers.sweeps[mode]
    labels = [
        tr("{value:g} points", value=100 * dial.value)
        if mode == "layer"
        else tr("{value:g}", value=dial.value)
        for dial in dials
    ]
    if mode == "layer":
        labels[0] = tr("none")
    known = answered(mode)
    place = st.select_slider(
        tr("Slack") if mode == "layer" else tr("Strength"),
        list(range(len(dials))),
        value=min(known or 0, len(dials) - 1),
        format_func=labels.__getitem__,
        key=f"tutorial.{mode}",
    )
    answer(mode, place)
    left, right = st.columns(2, gap="large")
    with left:
        _bars(dials[place].counts, "selection_rate")
        _say(words.dial_told(mode, dials[place], dials[0]))
    with right:
        sentence = tr(
            "{mode}: accuracy from {first:.1f} to {last:.1f} % as the gap goes from {wide:.1f} to "
            "{narrow:.1f} points.",
            mode=MODE_LABELS[mode],
            first=100 * dials[0].accuracy,
            last=100 * dials[-1].accuracy,
            wide=100 * dials[0].gap,
            narrow=100 * dials[-1].gap,
        )
        show_chart(
            dials_figure(dials, place, mode),
            sentence=sentence,
            table=dials_table(dials, mode),
            key=f"tutorial.{mode}.chart",
        )


def _a_or_b(numbers: Numbers) -> None:
    before, after = words.the_move(numbers)
    for column, letter, counts in zip(st.columns(2), "AB", (before, after), strict=True):
        with column.container(border=True, height="stretch"):
            st.subheader(letter, anchor=False)
            _bars(counts, "selection_rate")
    known = answered("move")
    picked = st.radio(
        tr("Your answer"),
        [0, 1, 2],
        index=known,
        format_func=(tr("A"), tr("No preference"), tr("B")).__getitem__,
        horizontal=True,
        key="tutorial.move",
    )
    if picked is not None:
        answer("move", picked)
        _say(words.move_told(numbers, picked))


def _threshold(name: str, label: str) -> int:
    known = answered(name)
    cut = st.slider(label, 1, 99, USUAL if known is None else known, key=f"tutorial.{name}")
    answer(name, int(cut))
    return int(cut)


def _bars(counts: Counts, rate: str) -> None:
    people = RATES[rate].denominator(counts)
    captions = {
        "selection_rate": tr("Selected, of 100"),
        "tpr": tr("Selected, of 100 the bank approved"),
        "ppv": tr("Approved by the bank, of 100 selected"),
    }
    rows = [
        Bar(group, value, float(n))
        for group, value, n in zip(counts.group_names, rates(counts, rate), people, strict=True)
    ]
    draw_bars(captions[rate], rows)


def _say(sentence: str) -> None:
    st.markdown(as_it_is(sentence))
