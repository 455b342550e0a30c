"""The curve of a room in numbers and words: which points, what each means, how answers count."""

from dataclasses import replace

import numpy as np
import pytest

from fairlab.language import languages, speaking
from fairlab.reports.figures.workshop import Bar, bars_html, steps_html
from fairlab.reports.sentences import workshop as say
from fairlab.reports.tables.curve import CurveRow, curve_rows
from fairlab.reports.tables.workshop import (
    METRICS,
    MOST_POINTS,
    GroupInPeople,
    by_point_table,
    chosen_counts,
    numbered,
    offered,
    points_in_people,
    unmitigated,
)
from fairlab.results import Attribute, Point, SplitScores, SweepResult


def row(index: int, accuracy: float | None, gap: float | None, **more: object) -> CurveRow:
    """A point of a curve; on the front of its family unless told otherwise."""
    usual = CurveRow(
        index=index, mode="penalty", strength=0.1, seed=0, baseline=False, accuracy=accuracy,
        accuracy_lower=accuracy, accuracy_upper=accuracy, gap=gap, lower=gap, upper=gap,
        front=True, flags=(), groups=(), family="penalty", label="Penalty", dial="",
    )  # fmt: skip
    return replace(usual, **more)  # type: ignore[arg-type]


BASE = row(0, 0.9, 0.3, baseline=True)


def result() -> SweepResult:
    """Two models on 24 people: 10 in group a, 9 in b, 5 in c; the second selects everybody in b."""
    codes = np.array([0] * 10 + [1] * 9 + [2] * 5)
    labels = np.array([1, 0] * 12)
    first = np.where(codes == 0, 0.9, 0.1)
    second = np.where(codes == 1, 0.9, np.where(np.arange(24) < 6, 0.9, 0.1))
    split = SplitScores(
        score=np.stack([first, second]).astype(np.float32),
        y_true=labels,
        attributes={"g": Attribute(codes, ("a", "b", "c"))},
        rows=np.arange(24),
    )
    points = (
        Point(0, "penalty", 0.0, None, 0, 1, baseline=True),
        Point(1, "penalty", 1.0, None, 0, 1, baseline=False),
    )
    return SweepResult(
        points=points, splits=dict.fromkeys(("train", "validation", "test"), split),
        constraint="demographic_parity", group_by=("g",), grouping="crossed", threshold=0.5,
        notes=(), cancelled=False, seconds=1.0,
    )  # fmt: skip


def test_point_1_is_the_unmitigated_model_and_the_others_go_from_unequal_to_equal() -> None:
    """People say "point 1" and mean what is without any mitigation."""
    rows = [row(0, 0.8, 0.1), row(1, 0.95, 0.4), replace(BASE, index=2), row(3, 0.85, 0.2)]
    assert offered(rows) == (2, 1, 3, 0)
    assert unmitigated(rows) == rows[2]


def test_what_has_warnings_is_beaten_or_undefined_is_not_offered() -> None:
    """A collapsed model has the smallest gap, and must not be what a room ends with."""
    rows = [
        BASE,
        row(1, 0.5, 0.0, flags=("Collapsed.",)),
        row(2, 0.7, 0.25, front=False),
        row(3, 0.8, None),
        row(4, 0.85, 0.1),
    ]
    assert offered(rows) == (0, 4)
    assert offered([row(0, None, None)]) == ()


def test_points_that_look_the_same_get_no_number_of_their_own() -> None:
    """Forty markers on one spot are one thing to talk about; a room gets at most ten."""
    near = [row(i, 0.9 - 1e-4 * i, 0.3 - 1e-4 * i) for i in range(1, 40)]
    assert len(offered([BASE, *near, row(40, 0.7, 0.0)])) == 2
    spread = [row(i, 0.9 - 0.01 * i, 0.3 - 0.01 * i) for i in range(1, 30)]
    assert len(offered([BASE, *spread])) == MOST_POINTS


def test_numbers_stay_when_somebody_chooses_a_point_beside_them() -> None:
    """It has the same number whoever else chose; who said "point 2" still means point 2."""
    rows = [BASE, *(row(i, 0.9 - 0.001 * i, 0.3) for i in range(1, 5)), row(5, 0.7, 0.0)]
    before = numbered(rows)
    after = numbered(rows, also=(3, 5, 99))
    assert {i: n for i, n in after.items() if i in before} == before
    beside = [i for i in range(6) if i not in before]
    assert after[3] > max(before.values())
    assert numbered(rows, also=(5, 3)) == numbered(rows, also=(3,)) | after
    for index in beside:
        assert numbered(rows, also=(index,))[index] == numbered(rows, also=range(6))[index]
    assert 99 not in after


def test_groups_are_told_in_people_and_small_ones_are_not_told() -> None:
    """Moved people are counted against the unmitigated model, by group, in its direction."""
    rows = curve_rows(result())
    base, second = points_in_people(result(), rows, {0: 1, 1: 2})
    a, b, c = second.groups
    assert (a.n, a.selected, a.gained, a.lost) == (10, 0.6, 0, 4)
    assert (b.gained, b.lost) == (9, 0)
    assert [group.too_few for group in (a, b, c)] == [False, True, True]
    assert say.group_sentence(a).startswith("60 of 100 selected (")
    assert say.group_sentence(a).endswith("10 people)")
    assert say.group_sentence(b) == "too few people to tell (9)"
    assert say.moved_sentence(b) == ""
    assert say.moved_sentence(a) == "0 newly selected, 4 no longer"
    assert "unmitigated" in say.against_sentence(base)
    assert set(second.gaps) == set(METRICS) - {""}
    assert second.n == 24


def test_equality_by_taking_away_is_said() -> None:
    """Nobody newly selected and somebody no longer: the card says so."""
    rows = curve_rows(result())
    (_, second) = points_in_people(result(), rows, {0: 1, 1: 2})
    taken = replace(second, groups=(GroupInPeople("a", 20, 0.5, 0.4, 0.6, gained=0, lost=3),))
    assert "Nobody is newly selected" in say.against_sentence(taken)
    assert "Nobody is newly selected" not in say.against_sentence(second)


def test_a_gap_nobody_can_tell_is_not_said_as_zero() -> None:
    """Undefined is a sentence of its own."""
    rows = curve_rows(result())
    (point, _) = points_in_people(result(), rows, {0: 1, 1: 2})
    unknown = replace(point.gaps["predictive_parity_difference"], value=None)
    point = replace(point, gaps={"predictive_parity_difference": unknown})
    assert "we cannot tell" in say.gap_sentence(point, "predictive_parity_difference")
    assert say.gap_sentence(point, "") == ""


def test_the_sentence_over_the_answers_names_the_most_chosen_or_the_tie() -> None:
    """One winner is named; two are called two; none are nobody."""
    rows = curve_rows(result())
    points = points_in_people(result(), rows, {0: 1, 1: 2})
    assert say.answers_sentence(0, 5, {}, points) == "Nobody has answered yet."
    counts = chosen_counts([1, 1, 0])
    assert counts == {1: 2, 0: 1}
    assert say.answers_sentence(3, 5, counts, points).endswith("Most chose point 2: 2 people.")
    tie = say.answers_sentence(2, 5, chosen_counts([1, 0]), points)
    assert "Points 1, 2 were each chosen by 1 person" in tie
    table = by_point_table(counts, points, 3)
    assert table["Point"].tolist() == [2, 1]
    assert table["Share, %"].tolist() == [67, 33]


@pytest.mark.parametrize(("answers", "warns"), [(1, True), (5, True), (6, False)])
def test_few_answers_are_warned_of(answers: int, warns: bool) -> None:
    """Three people in a room know who wrote what."""
    assert bool(say.few_warning(answers)) is warns


def test_bars_show_users_words_as_text_and_nothing_for_nobody() -> None:
    """A label cannot bring markup; a bar of nobody has no fill."""
    drawn = bars_html([Bar("<img src=x onerror=alert(1)>", 2, "2"), Bar("b", 0, "0")], "Points")
    assert "<img" not in drawn
    assert drawn.count("fl-bar-fill fl-p") == 1
    assert 'style="width:20.0%"' in bars_html([Bar("a", 2, "2")], "x", of=10)
    assert "aria-current=step" in steps_html(["A", "B"], 1, "Phases")


@pytest.mark.parametrize("code", list(languages()))
def test_every_sentence_can_be_said_in_every_language(code: str) -> None:
    """A mistake in a translation would otherwise show in the middle of a workshop."""
    rows = curve_rows(result())
    points = points_in_people(result(), rows, {0: 1, 1: 2})
    with speaking(code):
        said = [say.metric_title(m) + say.metric_words(m, ("x", "y")) for m in METRICS]
        said += [say.phase_task(p, True) for p in ("explain", "ask", "review", "negotiate")]
        said += [say.group_sentence(g) + say.moved_sentence(g) for g in points[1].groups]
        said += [
            say.accuracy_sentence(points[1]),
            say.curve_words(points, 2, "equalized_odds", True),
        ]
        said += [say.stances_sentence(1, 2, 3, 9), *say.clock_words().values()]
    assert all(said)
    assert not any("{" in text for text in said)
