"""What is said of choosing: in people, with doubts, and with users' names as they are."""

import numpy as np
import pytest

from fairlab.choosing import HowChosen, Preference
from fairlab.choosing.options import decisions_at, options_of
from fairlab.choosing.pairs import preferred
from fairlab.choosing.questions import asked_about
from fairlab.choosing.tolerance import tolerances
from fairlab.pareto.selection import validation_draws
from fairlab.reports.sentences.choosing import (
    circle_sentence,
    how_sentences,
    lead_sentence,
    rate_sentence,
)
from fairlab.reports.tables.choosing import Bar, Bars, Card, card_of, card_of_model, tolerance_table
from fairlab.ui.widgets.choosing_cards import card_html
from tests.unit.choosing_people import decided_by, interview, result, worths

RUN = result()
OPTIONS = options_of(RUN)
ASKED = asked_about(OPTIONS)
WORDS = ("repaid", "did not")


def test_a_card_counts_validation_people() -> None:
    """Per 1,000 and of 100, against counting anew."""
    people = RUN.splits["validation"]
    selected = people.score[3] >= np.float32(0.5)
    card = card_of(OPTIONS, 3)
    assert card.wrongly_selected == 1000 * np.mean(selected & (people.y_true == 0))
    assert card.wrongly_refused == 1000 * np.mean(~selected & (people.y_true == 1))
    own = people.attributes["race"].codes == 1
    assert card.bars[0].rows[1].value == pytest.approx(selected[own].mean())
    assert card.bars[0].rows[1].people == own.sum()
    assert card_of_model(decisions_at(RUN, 0.5), 3) == card


def test_another_threshold_selects_others() -> None:
    """Higher selects fewer, so fewer are wrongly selected."""
    high, low = (card_of_model(decisions_at(RUN, cut), 3) for cut in (0.8, 0.3))
    assert high.wrongly_selected < low.wrongly_selected


def test_names_of_groups_and_outcomes_stay_text() -> None:
    bad = '<img src=x onerror="alert(1)">'
    bars = Bars("selection_rate", (Bar(bad, 0.5, 20.0), Bar("B", None, 0.0)), 2)
    drawn = card_html(Card(20.0, 10.0, 20.0, 0.97, None, (bars,)), (bad, bad))
    assert "<img" not in drawn
    assert "&lt;img" in drawn
    assert "undefined" in drawn
    assert "2 groups between" in drawn


def test_where_answers_lead_is_said_with_its_rate() -> None:
    """Determined answers name the point and what was given up, in people too."""
    rate = 0.5 * (ASKED.break_even(0, 1) + ASKED.break_even(len(ASKED.models) - 2, -1))
    led = preferred(ASKED, interview(ASKED, decided_by(worths(ASKED, rate))))
    said = f"{lead_sentence(led, OPTIONS)} {rate_sentence(led)}"
    assert "points" in said
    assert "λ" not in said
    assert "per 1,000 people" in said or "cannot tell" in said


def test_no_answers_are_no_choice() -> None:
    led = preferred(ASKED, interview(ASKED, lambda _: "neither"))
    assert "do not determine" in lead_sentence(led, OPTIONS)
    assert "no preference" in rate_sentence(led)


def test_a_circle_is_told_step_by_step() -> None:
    front = OPTIONS.front
    assert circle_sentence((), OPTIONS) == ""
    assert "both ways" in circle_sentence(front[:2], OPTIONS)
    assert circle_sentence(front[:3], OPTIONS).count("you preferred") == 3


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (HowChosen(route="tolerance", index=1, within=0.05, picked_again=0.4), "at most 5 points"),
        (
            HowChosen(route="cost", index=1, wrong_approval=5, wrong_refusal=1, given_up=0.02),
            "2 points of accuracy",
        ),
        (HowChosen(route="curve", index=1), "on the curve"),
        (
            HowChosen(
                route="pairs",
                index=1,
                proposed=2,
                seed=0,
                determined=True,
                answers=(Preference(left=1, right=2, answer="right"),),
                consistency=1.0,
                by_chance=1.0,
                exchange_rate=0.3,
                exchange_lower=0.1,
                in_circle=(1, 2),
            ),
            "at least 0.1 points",
        ),
    ],
)
def test_how_a_point_was_chosen_is_said(how: HowChosen, said: str) -> None:
    """The way and its numbers; that test people played no part, unless it was picked on the curve;
    that another point was taken, and that answers contradict each other."""
    whole = " ".join(how_sentences(how))
    assert said in whole
    assert ("test people played no part" in whole) == (how.route != "curve")
    assert ("Another point was taken" in whole) == how.taken_otherwise
    assert ("go in a circle" in whole) == bool(how.in_circle)


def test_every_tolerance_has_its_row() -> None:
    """One that no model meets has no numbers."""
    found = tolerances(RUN, (0.0, 0.1, 1.0), draws=validation_draws(RUN, 30))
    table = tolerance_table(found, RUN)
    assert list(table.iloc[:, 0]) == [0.0, 10.0, 100.0]
    assert table.iloc[0, 1] == "none"
    assert table.iloc[0, 2:].isna().all()
