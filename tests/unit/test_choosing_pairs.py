"""Questions "A or B?": what simulated people's answers lead to."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlab.choosing.consistency import agreement, circle
from fairlab.choosing.pairs import CHANCE, Asked, belief, preferred
from fairlab.choosing.questions import FEWEST, MOST, next_question
from fairlab.choosing.records import Answer, Preference
from tests.unit.choosing_people import decided_by, front, interview, worths

RATES = (0.05, 0.15, 0.3, 0.5, 0.8, 1.5)


@pytest.fixture(scope="module")
def interviews() -> list[tuple[Asked, float, list[Preference]]]:
    """24 people who know their exchange rate, each before another front."""
    cases = [(front(s), RATES[s % len(RATES)], s) for s in range(24)]
    return [(a, rate, interview(a, decided_by(worths(a, rate)), s)) for a, rate, s in cases]


def test_a_person_with_one_exchange_rate_is_found_out(
    interviews: list[tuple[Asked, float, list[Preference]]],
) -> None:
    """The interval holds their rate, and the point is worth to them what their best one is."""
    inside = []
    for asked, rate, answers in interviews:
        found = preferred(asked, answers)
        worth = worths(asked, rate)
        lost = max(worth.values()) - worth[found.model or 0]
        assert lost <= 0.06 * (max(worth.values()) - min(worth.values()))
        inside.append(found.lower <= rate <= (np.inf if found.upper is None else found.upper))
    assert np.mean(inside) >= 0.9


def test_consistent_answers_have_consistency_one(
    interviews: list[tuple[Asked, float, list[Preference]]],
) -> None:
    """And go in no circle, and few questions are enough."""
    for asked, _, answers in interviews:
        found = preferred(asked, answers)
        assert found.agreement.consistency == 1
        assert found.circle == ()
        assert FEWEST <= len(answers) <= MOST


def test_tossed_answers_agree_less_and_rarely_determine_a_point() -> None:
    """Two things tell: the share that agrees, and how many coin tosses would have agreed."""
    found = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        sides: tuple[Answer, ...] = ("left", "right")
        asked = front(seed)
        answers = interview(asked, lambda _, rng=rng, sides=sides: sides[rng.integers(2)], seed)
        found.append(preferred(asked, answers))
    assert np.mean([one.agreement.consistency or 0 for one in found]) < 0.85
    # 5 of these 60; 17 of 424 over nine models, 21 of 400 over six.
    assert np.mean([one.determined for one in found]) <= CHANCE
    # Tossed answers are as good as tossed ones: the chance is spread over [0, 1].
    assert 0.35 < np.mean([one.agreement.by_chance or 0 for one in found]) < 0.75


@pytest.mark.parametrize("models", [2, 3, 4])
def test_tosses_about_few_models_rarely_determine_one(models: int) -> None:
    """Few models leave few questions: answers agree by chance, and nothing may follow from that."""
    found = []
    for seed in range(20):
        rng = np.random.default_rng([models, seed])
        sides: tuple[Answer, ...] = ("left", "right")
        asked = front(seed, models)
        answers = interview(asked, lambda _, rng=rng, sides=sides: sides[rng.integers(2)], seed)
        found.append(preferred(asked, answers))
    assert np.mean([one.determined for one in found]) <= 0.1


def test_whoever_agrees_fully_is_asked_until_coin_tosses_are_left_behind() -> None:
    """Three models: all three pairs, then again; no pair a third time."""
    asked = front(1, 3)
    answers = interview(asked, decided_by(worths(asked, 0.01)))
    pairs = [frozenset((a.left, a.right)) for a in answers]
    assert max(pairs.count(pair) for pair in pairs) == 2
    assert (preferred(asked, answers).agreement.by_chance or 1) <= CHANCE
    assert len(answers) <= MOST


def test_no_preference_at_all_determines_nothing() -> None:
    found = preferred(front(0), interview(front(0), lambda _: "neither"))
    assert not found.determined
    assert found.agreement.consistency is None
    assert (found.lower, found.upper) == (0.0, None)


def test_whoever_always_takes_the_narrower_gap_sets_no_upper_end() -> None:
    """Beyond the highest rate asked about nothing is known, and nothing is said."""
    asked = front(3)
    found = preferred(asked, interview(asked, decided_by(worths(asked, 100.0))))
    assert found.model == asked.models[-1]
    assert found.upper is None
    assert found.lower > 0


def test_whoever_only_wants_accuracy_gives_up_none() -> None:
    asked = front(3)
    found = preferred(asked, interview(asked, decided_by(worths(asked, 0.0))))
    assert found.model == asked.models[0]
    assert found.lower == 0
    assert found.upper is not None


def test_a_circle_is_named_by_its_models() -> None:
    """10 over 11, 11 over 12, 12 over 10; other answers do not hide it."""
    answers = [_over(10, 11), _over(13, 10), _over(11, 12), _over(12, 10)]
    assert sorted(circle(answers)) == [10, 11, 12]
    path = circle(answers)
    over = {(a.preferred, a.right if a.preferred == a.left else a.left) for a in answers}
    assert all((path[k], path[(k + 1) % 3]) in over for k in range(3)), "each over the next"
    assert circle(answers[:3]) == ()


def test_the_same_question_answered_both_ways_is_a_circle_and_half_consistent() -> None:
    answers = [_over(10, 11), _over(11, 10)]
    assert sorted(circle(answers)) == [10, 11]
    assert agreement([0.4, 0.4], [True, False]).consistency == 0.5


def test_chances_of_coin_tosses_are_counted() -> None:
    """Of the 8 ways to answer three questions, 4 agree with some rate."""
    found = agreement([0.1, 0.2, 0.3], [True, True, False])
    assert (found.consistency, found.by_chance) == (1.0, 0.5)


@given(
    st.lists(
        st.tuples(st.sampled_from([0.1, 0.2, 0.3, 0.5]), st.sampled_from([True, False, None])),
        max_size=7,
    )
)
def test_agreement_is_what_trying_every_rate_finds(rows: list[tuple[float, bool | None]]) -> None:
    """For any answers, ties of break-even rates included."""
    found = agreement([r for r, _ in rows], [w for _, w in rows])
    given_answers = [(r, w) for r, w in rows if w is not None]
    tried = [sum((r < own) == w for r, w in given_answers) for own in (0.05, 0.15, 0.25, 0.4, 0.9)]
    assert found.agreeing == (max(tried) if given_answers else 0)
    if given_answers:
        assert found.consistency is not None
        assert found.consistency >= 0.5, "either end of all rates agrees with half of them"


@settings(max_examples=12, deadline=None)
@given(st.lists(st.sampled_from(["left", "right", "neither"]), max_size=MOST), st.integers(0, 50))
def test_questions_follow_from_the_answers(given_answers: list[Answer], seed: int) -> None:
    """Same answers, same question (so taking one back is enough to undo); no pair three times."""
    asked, answers = front(seed), list[Preference]()
    for answer in given_answers:
        question = next_question(asked, answers, seed)
        assert question == next_question(asked, answers, seed)
        if question is None:
            break
        assert question.left != question.right
        answers.append(Preference(left=question.left, right=question.right, answer=answer))
    pairs = [frozenset((a.left, a.right)) for a in answers]
    assert all(pairs.count(pair) <= 2 for pair in pairs)
    assert len(answers) <= MOST


@given(st.permutations(range(4)), st.lists(st.booleans(), min_size=4, max_size=4))
def test_order_and_sides_change_nothing(order: list[int], swapped: list[bool]) -> None:
    """What was asked first, or stood left, does not enter the answer."""
    asked = front(1)
    first = [_over(10, 12), _over(16, 11), _over(14, 13), _over(18, 10)]
    second = [_swap(first[k]) if swapped[k] else first[k] for k in order]
    one, other = preferred(asked, first), preferred(asked, second)
    assert one.model == other.model
    assert one.agreement == other.agreement
    assert one.rate == pytest.approx(other.rate)


def test_sides_are_drawn_and_not_always_the_more_accurate_left() -> None:
    asked = front(2)
    left = [next_question(asked, [], seed).left for seed in range(30)]  # type: ignore[union-attr]
    assert 8 <= sum(model == min(left) for model in left) <= 22


def test_an_answer_moves_belief_its_own_way() -> None:
    """Preferring the narrower gap makes high exchange rates likelier, the other low ones."""
    asked = front(4)
    before = belief(asked, []).quantile(0.5)
    assert belief(asked, [_over(14, 12)]).quantile(0.5) > before
    assert belief(asked, [_over(12, 14)]).quantile(0.5) < before


def test_one_model_alone_is_no_question() -> None:
    asked = front(0)
    alone = Asked(asked.models[:1], asked.accuracy[:1], asked.gap[:1])
    assert next_question(alone, []) is None


def test_two_models_are_asked_about_twice_with_a_check() -> None:
    """The second question is the first again."""
    asked = front(0)
    two = Asked(asked.models[::8], asked.accuracy[::8], asked.gap[::8])
    answers = interview(two, decided_by(worths(two, 5.0)))
    assert len(answers) == 2
    assert preferred(two, answers).model == two.models[1]


def test_every_order_of_three_is_found_without_a_circle() -> None:
    for order in permutations((10, 14, 18)):
        answers = [_over(order[0], order[1]), _over(order[1], order[2]), _over(order[0], order[2])]
        assert circle(answers) == ()


def _over(one: int, other: int) -> Preference:
    return Preference(left=one, right=other, answer="left")


def _swap(one: Preference) -> Preference:
    answer: Answer = "right" if one.answer == "left" else "left"
    return Preference(left=one.right, right=one.left, answer=answer)
