"""The route of "A or B?": questions, undo, and where the answers lead."""

import re
import secrets
from collections.abc import Sequence

import streamlit as st
from streamlit.errors import StreamlitAPIException

from fairlab.choosing.options import Options
from fairlab.choosing.pairs import Asked, Preferred, preferred, tossed
from fairlab.choosing.questions import FEWEST, MOST, Question, asked_about, next_question
from fairlab.choosing.records import Answer, HowChosen, Preference
from fairlab.language import tr
from fairlab.outcomes import FloatArray
from fairlab.reports.sentences import choosing as sentences
from fairlab.reports.sentences.people import levelling_sentence, people_sentence
from fairlab.reports.tables.choosing import card_of
from fairlab.results import SweepResult
from fairlab.sweeps.people import PeopleMoved, moves
from fairlab.ui.markdown import as_it_is
from fairlab.ui.widgets.choosing_cards import draw_card

_ADDRESS = "pairs"
_LETTERS: dict[str, Answer] = {"l": "left", "r": "right", "n": "neither"}
_LINK = re.compile(rf"([A-Za-z0-9_-]{{8}})\.(\d{{1,10}})\.([lrn]{{0,{MOST}}})")


def by_pairs(
    run_id: str, found: SweepResult, options: Options, words: tuple[str, str], key: str
) -> HowChosen | None:
    """Ask, and say where the answers lead.

    Args:
        run_id: The run, which answers are kept for.
        found: Its result.
        options: What there is to choose from.
        words: How to speak of the two outcomes.
        key: Unique on the page.

    Returns:
        The choice as far as it is made, without its reason; None while there are questions.
    """
    asked = asked_about(options)
    if len(asked.models) < 2:
        st.markdown(
            tr(
                "There is nothing to ask: one model is both the most accurate and has the "
                "narrowest gap on validation people."
            )
        )
        return HowChosen(route="curve", index=asked.models[0], threshold=found.threshold)
    seed, letters = _kept(run_id, f"{key}.letters")
    answers = _answered(asked, letters, seed)
    question = next_question(asked, answers, seed)
    if question is not None:
        _ask(run_id, f"{key}.letters", options, question, words, answers, seed)
        return None
    return _led_to(run_id, found, options, asked, answers, seed, words, key)


def _ask(
    run_id: str,
    where: str,
    options: Options,
    question: Question,
    words: tuple[str, str],
    answers: Sequence[Preference],
    seed: int,
) -> None:
    st.markdown(
        tr(
            "**Question {number}** of {fewest} to {most}. Which would you rather have? Both are "
            "about the same {people:,} validation people.",
            number=question.number,
            fewest=FEWEST,
            most=MOST,
            people=options.decisions.n,
        )
    )
    for column, letter, model, answer in zip(
        st.columns(2), "AB", (question.left, question.right), "lr", strict=True
    ):
        with column.container(border=True, height="stretch"):
            st.subheader(letter, anchor=False)
            draw_card(card_of(options, model), words)
            if st.button(
                tr("I prefer {letter}", letter=letter),
                key=f"{where}.{answer}",
                shortcut=letter.lower(),
                width="stretch",
            ):
                _answer(run_id, where, answers, seed, answer)
    with st.container(horizontal=True):
        if st.button(tr("No preference"), key=f"{where}.n", shortcut="n"):
            _answer(run_id, where, answers, seed, "n")
        _undo(run_id, where, answers, seed)
    (before, wider), (after, narrower) = towards_narrower(
        options.gap, question.left, question.right
    )
    moved = _moved(options, wider, narrower)
    levelling = levelling_sentence(moved)
    if levelling:
        st.warning(as_it_is(levelling))
    st.markdown(as_it_is(people_sentence(moved, words, before=before, after=after)))


def _led_to(
    run_id: str,
    found: SweepResult,
    options: Options,
    asked: Asked,
    answers: Sequence[Preference],
    seed: int,
    words: tuple[str, str],
    key: str,
) -> HowChosen | None:
    led = preferred(asked, answers)
    agreed = led.agreement
    said = (
        sentences.lead_sentence(led, options),
        "" if tossed(agreed) else sentences.rate_sentence(led),
        sentences.agreement_sentence(agreed.agreeing, agreed.answers, agreed.by_chance),
    )
    draw = st.success if led.determined else st.info
    draw(as_it_is(" ".join(one for one in said if one)))
    circle = sentences.circle_sentence(led.circle, options)
    if circle:
        st.warning(as_it_is(circle))
    with st.container(horizontal=True):
        _undo(run_id, f"{key}.letters", answers, seed)
        if st.button(tr("Start again"), key=f"{key}.again"):
            _keep(run_id, f"{key}.letters", (seed + 1) % 2**32, "")
            _draw_anew()
    taken = _take(options, led, words, key)
    if taken is None:
        return None
    return HowChosen(
        route="pairs",
        index=taken,
        threshold=found.threshold,
        proposed=led.model if led.determined else None,
        determined=led.determined,
        answers=tuple(answers),
        seed=seed,
        consistency=agreed.consistency,
        by_chance=agreed.by_chance,
        exchange_rate=led.rate if agreed.answers else None,
        exchange_lower=led.lower if agreed.answers else None,
        exchange_upper=led.upper,
        in_circle=led.circle,
    )


def _take(options: Options, led: Preferred, words: tuple[str, str], key: str) -> int | None:
    """The point taken: the one proposed, or a rival or neighbour; drawn with its card."""
    near = {model for model, _ in led.rivals}
    if led.model is not None:
        near |= {led.model, *options.neighbours(led.model)}
    offered = [model for model in options.front if model in near]
    taken = st.radio(
        tr("Which one do you take?"),
        offered,
        index=offered.index(led.model) if led.determined and led.model in offered else None,
        format_func=lambda model: _in_numbers(options, model, led),
        key=f"{key}.taken.{led.model}",
    )
    if taken is None:
        return None
    with st.container(border=True):
        draw_card(card_of(options, taken), words)
    return int(taken)


def _in_numbers(options: Options, model: int, led: Preferred) -> str:
    numbers = {"gap": 100 * options.gap[model], "accuracy": 100 * options.accuracy[model]}
    if led.determined and model == led.model:
        return tr("Gap {gap:.1f} points, accuracy {accuracy:.1f} % (from your answers)", **numbers)
    return tr("Gap {gap:.1f} points, accuracy {accuracy:.1f} %", **numbers)


def towards_narrower(
    gap: FloatArray, left: int, right: int
) -> tuple[tuple[str, int], tuple[str, int]]:
    """Letter and model of the wider gap, then of the narrower: who sits left sways nobody.

    Levelling down is to take away for the sake of a narrower gap; told of the way back it would
    speak against the wider one, and only when that stands right.
    """
    a, b = ("A", left), ("B", right)
    return (b, a) if gap[right] > gap[left] else (a, b)


def _moved(options: Options, one: int, other: int) -> PeopleMoved:
    people = options.decisions
    return moves(
        y_true=people.y_true,
        group=people.group,
        group_names=people.group_names,
        before=people.selected[one],
        after=people.selected[other],
        weight=people.weight,
    )


def _answered(asked: Asked, letters: str, seed: int) -> list[Preference]:
    """The answers that letters stand for: questions follow from the answers before."""
    answers: list[Preference] = []
    for letter in letters:
        question = next_question(asked, answers, seed)
        if question is None:
            break
        answer = _LETTERS[letter]
        answers.append(Preference(left=question.left, right=question.right, answer=answer))
    return answers


def _answer(run_id: str, where: str, answers: Sequence[Preference], seed: int, letter: str) -> None:
    _keep(run_id, where, seed, _written(answers) + letter)
    _draw_anew()


def _undo(run_id: str, where: str, answers: Sequence[Preference], seed: int) -> None:
    if st.button(
        tr("Undo the last answer"), key=f"{where}.undo", disabled=not answers, shortcut="u"
    ):
        _keep(run_id, where, seed, _written(answers)[:-1])
        _draw_anew()


def _written(answers: Sequence[Preference]) -> str:
    return "".join(answer.answer[0] for answer in answers)


def _kept(run_id: str, where: str) -> tuple[int, str]:
    """Seed and answers so far: of this session, else of the address, else none."""
    held = st.session_state.get(f"{where}.{run_id}")
    if held is not None:
        return int(held[0]), str(held[1])
    read = _LINK.fullmatch(st.query_params.get(_ADDRESS, ""))
    if read is not None and read[1] == run_id[:8] and int(read[2]) < 2**32:
        return int(read[2]), read[3]
    seed = secrets.randbits(32)  # of chance alone: records hold it, and tell nobody by it
    st.session_state[f"{where}.{run_id}"] = (seed, "")
    return seed, ""


def _keep(run_id: str, where: str, seed: int, letters: str) -> None:
    st.session_state[f"{where}.{run_id}"] = (seed, letters)
    st.query_params[_ADDRESS] = f"{run_id[:8]}.{seed}.{letters}"


def _draw_anew() -> None:
    """This part alone where it was pressed in it; the page where all of it was being drawn."""
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:
        st.rerun()
