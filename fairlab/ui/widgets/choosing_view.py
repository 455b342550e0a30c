"""Help with choosing a point: by a gap that is accepted, by what errors cost, or by "A or B?"."""

from dataclasses import dataclass, replace

import streamlit as st

from fairlab.choosing.costs import CostChoice, Costs, choose_by_cost
from fairlab.choosing.options import decisions_at, options_of
from fairlab.choosing.records import LARGEST_COST, LARGEST_WORDS, HowChosen, Route
from fairlab.choosing.tolerance import Tolerances, tolerances
from fairlab.errors import FairlabError
from fairlab.language import tr
from fairlab.reports.sentences import choosing as sentences
from fairlab.reports.sentences.point import point_label
from fairlab.reports.sentences.runs import run_title
from fairlab.reports.sentences.selection import (
    again_sentence,
    needs_group_sentence,
    selection_sentence,
)
from fairlab.reports.tables.choosing import card_of, card_of_model, tolerance_table
from fairlab.results import SweepResult
from fairlab.ui import state
from fairlab.ui.markdown import as_it_is
from fairlab.ui.store import result, store
from fairlab.ui.widgets.chart import show_table
from fairlab.ui.widgets.choosing_cards import draw_card
from fairlab.ui.widgets.choosing_pairs import by_pairs
from fairlab.ui.widgets.fold import fold
from fairlab.ui.widgets.honesty_cache import draws_of, picked

USUAL_GAP = 5.0  # points: where the control starts; not a recommendation
USUAL_LOSS = 2.0
_ROUTES: tuple[Route, ...] = ("tolerance", "cost", "pairs")


@dataclass(frozen=True, slots=True)
class Helped:
    """A point somebody chose with help, and how; what is done with it is the page's affair."""

    point: state.ChosenPoint
    how: HowChosen


def help_me_choose(run_id: str, key: str, *, button: str | None = None) -> Helped | None:
    """Draw the help for one finished run. Draws only itself anew while questions are answered.

    Args:
        run_id: A run with a result.
        key: Unique on the page.
        button: Label of the button that ends it; "Choose this point" if not given.

    Returns:
        The choice, once, in the run of the page after the button was pressed; None otherwise.
    """
    done = st.session_state.pop(f"{key}.done", None)
    _help(run_id, key, tr("Choose this point") if button is None else button)
    return done if isinstance(done, Helped) else None


def show_choosing() -> None:
    """The section of the Compare page: choose a point of a run on screen; it is then compared."""
    known = [*state.run_ids(), *(point.run_id for point in state.chosen_points())]
    runs = [run_id for run_id in dict.fromkeys(known) if store().get(run_id).result_key]
    if not runs:
        return
    with fold(
        tr("Help me choose a point"),
        key="compare.choosing.fold",
        unfolded=len(state.chosen_points()) < 2,
        icon=":material/balance:",
    ):
        titles = {run_id: run_title(store().get(run_id).config) for run_id in runs}
        run_id = runs[-1]
        if len(runs) > 1:
            run_id = st.selectbox(
                tr("Run"), runs[::-1], format_func=titles.__getitem__, key="compare.choosing.run"
            )
        helped = help_me_choose(run_id, "compare.choosing")
        if helped is not None:
            state.choose_because(helped.point, helped.how)
            st.session_state["compare.choosing.chosen"] = helped.point.label
            st.rerun()
        label = st.session_state.get("compare.choosing.chosen")
        if label is not None:
            st.success(
                tr(
                    "Chosen: **{label}**, with your reason. It can now be compared above, and "
                    "Report opens with it.",
                    label=as_it_is(label),
                )
            )
            st.page_link("pages/report.py", label=tr("Go to Report"), icon=":material/description:")


@st.fragment
def _help(run_id: str, key: str, button: str) -> None:
    try:
        found = result(run_id)
        record = store().get(run_id)
        words = record.config.task.outcome_words
        _introduce()
        route = _choose_route(key)
        who = _among(found, key)
        if route is None:
            return
        if route == "pairs":
            options = options_of(found, who)
            how = by_pairs(run_id, found, options, words, f"{key}.{who}")
        elif route == "tolerance":
            how = _by_tolerance(run_id, record.result_key or "", found, words, who, key)
        else:
            how = _by_cost(run_id, record.result_key or "", found, words, who, key)
    except FairlabError as error:
        st.error(as_it_is(str(error)))
        return
    if how is not None:
        _ask_why(run_id, found, how, key, button)


def _introduce() -> None:
    st.markdown(
        tr(
            "There is no right point: how much accuracy a narrower gap is worth is for people to "
            "say. Three ways to say it. All numbers here are of validation people; test people "
            "are kept for seeing afterwards what the choice does on others."
        )
    )


def _choose_route(key: str) -> Route | None:
    labels = {
        "tolerance": tr(
            "**A gap I accept**: say how wide the gap may be; get the most accurate model within it"
        ),
        "cost": tr(
            "**What errors cost**: say that, and how much accuracy you give up; get the narrowest "
            "gap"
        ),
        "pairs": tr(
            "**A or B?** Six to eight questions, two ways to decide each; get what your answers "
            "lead to"
        ),
    }
    return st.radio(
        tr("What comes first?"),
        _ROUTES,
        index=None,
        format_func=labels.__getitem__,
        key=f"{key}.route",
    )


def _among(found: SweepResult, key: str) -> bool | None:
    """Which models may be chosen, where some need a person's group to decide and some do not."""
    if len({point.uses_attribute for point in found.points} & {True, False}) < 2:
        return None
    labels = {
        "any": tr("Any model"),
        "blind": tr("That do not use the attribute"),
        "using": tr("That use the attribute"),
    }
    who = st.selectbox(
        tr("Among models"),
        list(labels),
        format_func=labels.__getitem__,
        key=f"{key}.who",
        width=360,
        help=tr("Some models need to know a person's group to decide."),
    )
    return {"any": None, "blind": False, "using": True}[who]


@st.cache_resource(show_spinner=False, max_entries=32)
def _tolerances(run_id: str, result_key: str, who: bool | None) -> Tolerances:
    return tolerances(result(run_id), uses_attribute=who, draws=draws_of(run_id, result_key))


@st.cache_data(show_spinner=False, max_entries=256)
def _cost_choice(run_id: str, result_key: str, costs: Costs, who: bool | None) -> CostChoice:  # noqa: ARG001 (cache key)
    return choose_by_cost(result(run_id), costs, uses_attribute=who)


def _by_tolerance(
    run_id: str,
    result_key: str,
    found: SweepResult,
    words: tuple[str, str],
    who: bool | None,
    key: str,
) -> HowChosen | None:
    within = st.number_input(
        tr("Which gap would you accept? Points"),
        0.0,
        100.0,
        USUAL_GAP,
        1.0,
        key=f"{key}.within",
        width=360,
        help=tr(
            "Between the groups that fare best and worst. No number is right by itself; the "
            "table says what others would lead to."
        ),
    )
    selection = picked(run_id, result_key, round(within / 100, 6), who)
    if isinstance(selection, str):
        st.markdown(as_it_is(selection))
        return None
    label = point_label(found.points[selection.index])
    unread = replace(selection, test_accuracy=None, test_gap=None)  # test people come afterwards
    said = (
        sentences.tolerance_sentences(selection.met, selection.warned, selection.within),
        selection_sentence(unread, label),
        again_sentence(selection),
    )
    with st.container(border=True):
        st.markdown(f"**{as_it_is(label)}**")
        draw_card(card_of(options_of(found, who), selection.index), words)
    st.markdown(as_it_is(" ".join(one for one in said if one)))
    show_table(
        tolerance_table(_tolerances(run_id, result_key, who), found),
        key=f"{key}.tolerances",
        label=tr("What other tolerances lead to"),
    )
    return HowChosen(
        route="tolerance",
        index=selection.index,
        threshold=found.threshold,
        proposed=selection.index,
        within=selection.within,
        picked_again=min(1.0, selection.picked_again),
    )


def _by_cost(
    run_id: str,
    result_key: str,
    found: SweepResult,
    words: tuple[str, str],
    who: bool | None,
    key: str,
) -> HowChosen | None:
    approval, refusal, loss = st.columns(3, vertical_alignment="bottom")
    costs = Costs(
        approval.number_input(
            tr("One wrongly selected (outcome “{outcome}”) costs", outcome=words[1]),
            0.0,
            LARGEST_COST,
            1.0,
            key=f"{key}.cost.approval",
            help=tr("In any unit, the same for both costs: only their ratio matters."),
        ),
        refusal.number_input(
            tr("One wrongly not selected (outcome “{outcome}”) costs", outcome=words[0]),
            0.0,
            LARGEST_COST,
            1.0,
            key=f"{key}.cost.refusal",
        ),
        loss.number_input(
            tr("Accuracy that may be given up, points"),
            0.0,
            100.0,
            USUAL_LOSS,
            0.5,
            key=f"{key}.cost.loss",
            help=tr(
                "Against the cheapest model. With unequal costs each point counts as ten wrong "
                "decisions per 1,000 people at the mean of the two costs."
            ),
        )
        / 100,
    )
    choice = _cost_choice(run_id, result_key, costs, who)
    label = point_label(found.points[choice.index])
    with st.container(border=True):
        st.markdown(f"**{as_it_is(label)}**")
        draw_card(card_of_model(decisions_at(found, choice.threshold), choice.index), words)
    st.markdown(
        as_it_is(
            f"{sentences.cost_sentence(choice, found)} {sentences.again_words(choice.picked_again)}"
        )
    )
    return HowChosen(
        route="cost",
        index=choice.index,
        threshold=choice.threshold,
        proposed=choice.index,
        wrong_approval=costs.wrong_approval,
        wrong_refusal=costs.wrong_refusal,
        given_up=costs.given_up,
        picked_again=choice.picked_again,
    )


def _ask_why(run_id: str, found: SweepResult, how: HowChosen, key: str, button: str) -> None:
    """Reason and dissent, and the button; a choice without a reason is asked for one."""
    needs = needs_group_sentence(found.points[how.index].uses_attribute)
    if needs:
        st.markdown(needs)
    reason = st.text_area(
        tr("Why this one?"),
        placeholder=tr("What spoke for it, and who decided."),
        max_chars=LARGEST_WORDS,
        height=90,
        key=f"{key}.reason",
        persist_state="session",
    )
    dissent = st.text_area(
        tr("Who disagrees, and why?"),
        placeholder=tr("May stay empty. Objections, and what would change the mind."),
        max_chars=LARGEST_WORDS,
        height=90,
        key=f"{key}.dissent",
        persist_state="session",
    )
    if not st.button(button, type="primary", key=f"{key}.choose"):
        return
    if not (reason or "").strip():
        st.warning(tr("Say in a few words why, so that others can follow. Then press it again."))
        return
    label = point_label(found.points[how.index])
    point = state.ChosenPoint(run_id, how.index, label, how.threshold)
    told = how.model_copy(
        update={"reason": (reason or "").strip(), "dissent": (dissent or "").strip()}
    )
    st.session_state[f"{key}.done"] = Helped(point, told)
    st.rerun()
