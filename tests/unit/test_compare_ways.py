"""A chart, its table and its words hold the same numbers, and sentences say what they should."""

import html
import json
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from fairlab.metrics import audit
from fairlab.outcomes import GroupedOutcomes
from fairlab.reports.figures.compare import overview_figure, people_figure, rates_across
from fairlab.reports.figures.compare_people import benefit_figure, population_figure
from fairlab.reports.figures.judged import matrix_figure
from fairlab.reports.sentences import amounts
from fairlab.reports.sentences.compare import gaps_words, overview_words, rate_words
from fairlab.reports.sentences.judged import (
    matrix_notes,
    matrix_sentence,
    matrix_words,
)
from fairlab.reports.sentences.people import counted_words, levelling_sentence
from fairlab.reports.sentences.population import (
    benefit_sentence,
    benefit_words,
    interval_note,
    population_sentence,
    population_words,
)
from fairlab.reports.tables.compare import (
    Compared,
    gaps_table,
    group_rates_table,
    overview_table,
    people_table,
)
from fairlab.reports.tables.compare_people import benefit_table, population_table
from fairlab.reports.tables.judged import matrix_table
from fairlab.results import Attribute, Point, SplitScores, SweepResult
from fairlab.sweeps.costs import Values, benefit
from fairlab.sweeps.expected import Expected, Population, in_population
from fairlab.sweeps.judged import MetricMatrix, metric_matrix
from fairlab.sweeps.people import PeopleMoved, moves

WORDS = ("repaid", "defaulted")
GROUPS = ("Black", "<i>White", "Other")
GAPS = ("demographic_parity_difference", "equal_opportunity_difference")


def sweep(*, weighted: bool = False) -> SweepResult:
    rng = np.random.default_rng(11)

    def split(n: int) -> SplitScores:
        group, y = rng.integers(0, 3, n), rng.integers(0, 2, n)
        lean = np.array([-0.8, 0.0, 0.8])[:, None] * (group - 1)
        score = 1 / (1 + np.exp(-(2.0 * y - 1 + lean + rng.normal(size=(3, n)))))
        return SplitScores(
            score=score.astype(np.float32),
            y_true=y,
            attributes={
                "group": Attribute(group, GROUPS),
                "sex": Attribute(rng.integers(0, 2, n), ("female", "male")),
            },
            rows=np.arange(n),
            weight=rng.random(n) + 0.5 if weighted else None,
        )

    return SweepResult(
        points=tuple(
            Point(m, "penalty", float(m), None, 0, 3, m == 0, uses_attribute_when_deciding=m == 2)
            for m in range(3)
        ),
        splits={"train": split(20), "validation": split(300), "test": split(300)},
        constraint="demographic_parity",
        group_by=("group",),
        threshold=0.5,
    )


RESULT = sweep()


def judged(**asked: object) -> tuple[MetricMatrix, dict[str, str]]:
    matrix = metric_matrix(RESULT, draws=200, **asked)  # type: ignore[arg-type]
    return matrix, {
        row.metric: f"model {row.rule.index} at {row.rule.threshold:.4g}"
        for row in matrix.rows
        if row.rule is not None
    }


def move(*, weighted: bool = False) -> PeopleMoved:
    result = sweep(weighted=weighted)
    test = result.splits["test"]
    return moves(
        y_true=test.y_true,
        group=test.attributes["group"].codes,
        group_names=GROUPS,
        before=test.score[0] >= 0.4,
        after=test.score[2] >= 0.5,
        weight=test.weight,
    )


def models() -> list[Compared]:
    found = []
    for letter, m in (("A", 0), ("B", 2)):
        people = RESULT.scored(m).outcomes(("group",))
        assert isinstance(people, GroupedOutcomes)
        found.append(Compared(letter, f"model {m}", audit(people, 0.5, draws=200)))
    return found


def holds(table: pd.DataFrame, words: Sequence[str], figure: go.Figure | None) -> None:
    """Every number of the table, as written there, in the words and in the chart."""
    said = " ".join(words)
    drawn = ""
    if figure is not None:
        raw = html.unescape(json.dumps(json.loads(figure.to_json()), ensure_ascii=False))
        drawn = re.sub(r"<[^>]*>", " ", raw.replace("</b><br>", "</b> (").replace("</span>", ")"))
    cells = [str(cell) for cell in table.to_numpy().ravel() if re.search(r"\d", str(cell))]
    assert cells
    for cell in cells:
        assert cell in said, f"{cell} is in no words"
        assert figure is None or cell in drawn, f"{cell} is in no chart"


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("mix", [None, {"Black": 1, "<i>White": 2, "Other": 0}])
def test_a_population_says_the_same_three_ways(
    mix: dict[str, float] | None, weighted: bool
) -> None:
    found = in_population(move(weighted=weighted), Population(25_000, mix))
    words = population_words(found, WORDS)
    holds(population_table(found, WORDS), words, population_figure(found, WORDS))
    head = population_sentence(found, "A", "B")
    assert "25,000 people" in head
    assert amounts.expected(found.everyone.gained) in head
    assert ("as you say" in head) is (mix is not None)
    note = interval_note(found, weighted=weighted)
    assert ("MOVER" in note, "weighted" in note) == (mix is not None, weighted)


def test_counted_people_say_the_same_three_ways() -> None:
    moved = move()
    table = people_table(moved, WORDS)
    words = [*counted_words(moved, WORDS)]
    split = table["95 % interval"].str.cat(sep=" ").split(" to ")
    assert split
    holds(table, words, people_figure(moved, WORDS))


def test_worth_says_the_same_three_ways_and_who_is_against() -> None:
    """One group gains and another loses: the sentence names who it goes against."""
    found = benefit(move(), Values(1.5, -5, 0, 0), Population(1000))
    holds(benefit_table(found), benefit_words(found), benefit_figure(found))
    assert amounts.expected_change(found.everyone.change) in benefit_sentence(found)
    opposed = moves(
        y_true=[1] * 300,
        group=[0] * 200 + [1] * 100,
        group_names=("a", "b"),
        before=[False] * 200 + [True] * 100,
        after=[True] * 200 + [False] * 100,
    )
    said = benefit_sentence(benefit(opposed))
    assert "the other way for one group: b" in said
    assert "We cannot tell" not in said
    still = moves(y_true=[1, 1], group=[0, 1], group_names=("a", "b"), before=[0, 1], after=[1, 0])
    assert "We cannot tell whether it brings or costs" in benefit_sentence(benefit(still))


def test_a_matrix_says_the_same_three_ways() -> None:
    for asked in (
        {},
        {"groupings": [("group",), ("sex",)]},
        {"tolerance": 0.0, "attribute": False},
    ):
        matrix, labels = judged(**asked)
        holds(
            matrix_table(matrix, labels),
            [*matrix_words(matrix, labels), *labels.values()],
            matrix_figure(matrix, labels),
        )


def test_models_side_by_side_say_the_same_three_ways() -> None:
    both = models()
    holds(overview_table(both, GAPS), overview_words(both, GAPS), overview_figure(both, GAPS))
    rate = "selection_rate"
    holds(group_rates_table(both, rate), rate_words(both, rate), rates_across(both, rate))
    holds(gaps_table(both), gaps_words(both), None)


def test_a_matrix_says_where_its_numbers_are_from_and_what_costs_most() -> None:
    matrix, labels = judged(tolerance=0.03)
    said = matrix_sentence(matrix)
    assert "300 validation people" in said
    assert "at most 3 points" in said
    assert "300 test people, who played no part in picking" in said
    assert "What costs most by another's standard" in said
    first = matrix_words(matrix, labels)[0]
    assert first.startswith(f"Best by accuracy: {labels['accuracy']}.")
    rows = {row.metric: row for row in matrix.rows}
    same = rows["accuracy"].same_as
    for name, text in zip(rows, matrix_words(matrix, labels), strict=True):
        assert ("its numbers on test people are there" in text) is (name in same)
    notes = " ".join(matrix_notes(matrix))
    assert "One model needs the person's group to decide; it may be picked." in notes
    without = " ".join(matrix_notes(judged(attribute=False)[0]))
    assert "it was left out" in without
    both = " ".join(matrix_notes(judged(groupings=[("group",), ("sex",)])[0]))
    assert "widest of those by group, sex" in both


def test_a_row_without_a_rule_says_so() -> None:
    people = SplitScores(
        score=np.tile(np.float32([0.9, 0.1]), (1, 10)),
        y_true=np.array([1, 0] * 10),
        attributes={"group": Attribute(np.zeros(20, dtype=np.int64), ("a", "b"))},
        rows=np.arange(20),
    )
    result = SweepResult(
        points=(Point(0, "penalty", 0.0, None, 0, 1, True),),
        splits={"train": people, "validation": people, "test": people},
        constraint="demographic_parity",
        group_by=("group",),
        threshold=0.5,
    )
    matrix = metric_matrix(result, metrics=GAPS[:1], draws=100)
    rows = matrix_words(matrix, {"accuracy": "model 0"})
    assert "no rule counts" in rows[1]
    assert "undefined" in rows[0]
    table = matrix_table(matrix, {"accuracy": "model 0"})
    assert table.iloc[1]["Rule"] == "none"
    assert len(matrix_figure(matrix, {"accuracy": "model 0"}).data[0].y) == 1


def test_levelling_down_of_a_group_is_said_while_another_gains() -> None:
    """Beside it, how many could gain all the same: nobody of 4 does not mean nobody."""
    moved = moves(
        y_true=[1] * 8,
        group=[0] * 4 + [1] * 4,
        group_names=("a", "b"),
        before=[True, True, True, True, False, False, True, True],
        after=[False, True, True, True, True, True, True, True],
    )
    said = levelling_sentence(moved)
    assert said.startswith("Levelling down within a: nobody of it is newly selected, and 1 of 4")
    assert "up to 490 in 1,000 may gain all the same" in said
    assert "within b" not in said


def test_numbers_are_written_one_way() -> None:
    """One decimal below ten, a true minus, no "−0.0", what is unknown undefined."""
    assert amounts.expected(Expected(4.25, 0.04, 1234.4)) == "4.2 (0.0 to 1,234)"
    assert amounts.expected_change(Expected(-12.4, -20.0, 0.01)) == "−12 (−20 to 0.0)"
    assert amounts.change(-0.01) == "0.0"
    assert amounts.points_change(Expected(-0.0126, -0.02, 0.0)) == "−1.3 (−2.0 to 0.0)"
    assert amounts.expected(Expected(None, None, None)) == "undefined"
    assert amounts.gap("demographic_parity_ratio", 0.5, 0.25, 1.0) == "0.50 (0.25 to 1.00)"
    assert amounts.gap(GAPS[0], 0.5, 0.25, 1.0) == "50.0 (25.0 to 100.0)"
