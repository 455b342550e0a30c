"""The tutorial page: one step at a time, then three questions."""

import streamlit as st

from fairlab.errors import FairlabError
from fairlab.language import tr
from fairlab.tutorial.check import CheckQuestion, questions
from fairlab.tutorial.numbers import Numbers, read_numbers
from fairlab.tutorial.progress import CHECK, STEPS, Progress
from fairlab.tutorial.steps import steps
from fairlab.ui.markdown import as_it_is
from fairlab.ui.store import builtin
from fairlab.ui.widgets.tutorial_progress import answer, answered, keep, progress
from fairlab.ui.widgets.tutorial_steps import interact


@st.cache_resource(show_spinner=False)
def _numbers() -> Numbers:
    return read_numbers(builtin())


def show_tutorial() -> None:
    """Draw the step the reader is at, and the way to the next."""
    try:
        numbers = _numbers()
    except FairlabError as error:
        st.error(as_it_is(str(error)))
        return
    here = progress()
    keep(here)
    if here.step == CHECK:
        st.progress(1.0, text=tr("All ten steps done: three questions"))
        _check(numbers)
    else:
        step = steps(numbers)[here.step - 1]
        st.progress(here.step / CHECK, text=tr("Step {n} of {all}", n=here.step, all=STEPS))
        st.subheader(f"{here.step}. {step.title}", anchor=False)
        for paragraph in step.text:
            st.markdown(as_it_is(paragraph))
        st.markdown(f"**{as_it_is(step.ask)}**")
        with st.container(border=True):
            interact(here.step, numbers)
    _ways(progress())


def _ways(here: Progress) -> None:
    with st.container(horizontal=True):
        if st.button(
            tr("Back"), icon=":material/arrow_back:", disabled=here.step == 1, key="tutorial.back"
        ):
            _go(here, here.step - 1)
        if here.step < CHECK:
            label = tr("Next") if here.step < STEPS else tr("To the questions")
            if st.button(
                label,
                type="primary",
                icon=":material/arrow_forward:",
                icon_position="right",
                key="tutorial.next",
            ):
                _go(here, here.step + 1)
        begun = bool(here.answers) or here.step > 1
        if begun and st.button(tr("Start again"), key="tutorial.again"):
            keep(Progress())
            _forget_widgets()
            st.rerun()


def _go(here: Progress, step: int) -> None:
    keep(here.at(step))
    st.rerun()


def _forget_widgets() -> None:
    for key in [str(k) for k in st.session_state if str(k).startswith("tutorial.")]:
        del st.session_state[key]


def _check(numbers: Numbers) -> None:
    asked = questions(numbers)
    right = sum(_ask(number, question) for number, question in enumerate(asked, start=1))
    if all(answered(question.name) is not None for question in asked):
        st.markdown(
            tr(
                "**{right} of {all} right at last look.** Change an answer to see what each one "
                "overlooks.",
                right=right,
                all=len(asked),
            )
        )
        st.markdown(tr("Go on with your own curve, or choose a point with help:"))
        st.page_link("pages/home.py", label=tr("Try it now"), icon=":material/play_arrow:")
        st.page_link("pages/compare.py", label=tr("Compare and choose"), icon=":material/balance:")


def _ask(number: int, question: CheckQuestion) -> bool:
    """Draw one question with what its answer tells; whether the answer is right."""
    known = answered(question.name)
    with st.container(border=True):
        picked = st.radio(
            f"{number}. {as_it_is(question.words)}",
            list(range(len(question.choices))),
            index=known if known is not None and known < len(question.choices) else None,
            format_func=lambda k: as_it_is(question.choices[k].words),
            key=f"tutorial.{question.name}",
        )
        if picked is None:
            return False
        answer(question.name, picked)
        is_right = picked == question.right
        draw = st.success if is_right else st.warning
        draw(as_it_is(question.choices[picked].told))
        return is_right
