"""What is said of a change between two models, and its table."""

import numpy as np
import pytest

from fairlab.outcomes import GroupedOutcomes
from fairlab.reports.sentences.changes import change_sentence, said_of, signed_change
from fairlab.reports.tables.changes import changes_table
from fairlab.sweeps.change_records import GapChange
from fairlab.sweeps.changes import compare_models

DP = "demographic_parity_difference"


def compared(second: list[int], times: int = 1, **options: object) -> object:
    """Eight people, or many times them, selected for A half the time and for B as given."""
    y = [1, 1, 0, 0, 1, 1, 0, 0] * times
    first = [1, 1, 1, 1, 0, 0, 0, 0] * times
    group = [0, 0, 0, 0, 1, 1, 1, 1] * times
    one, other = (
        GroupedOutcomes.from_arrays(y_true=y, score=s, group=group, group_names=("a", "b"))
        for s in (first, second * times)
    )
    return compare_models(one, other, draws=2000, **options)


def test_a_sure_change_is_said_with_its_interval() -> None:
    """Forty copies: accuracy from 50 to 100 %, half of all decided differently."""
    said = change_sentence(compared([1, 1, 0, 0, 1, 1, 0, 0], 40, gaps=(DP,)), DP)
    assert "160 of 320 people are decided differently" in said
    assert "Accuracy changes by +50.0 points (95 % interval +4" in said
    assert "Gap in selection rate changes by −100.0 points" in said
    assert "we cannot tell" not in said


def test_a_change_that_may_be_chance_says_so_and_what_could_be_seen() -> None:
    """One of eight people is decided differently."""
    said = change_sentence(compared([1, 1, 1, 0, 0, 0, 0, 0]), DP, before="B", after="C")
    assert "From B to C, 1 of 8 people are decided differently." in said
    assert "we cannot tell whether it changed" in said
    assert "These people would show a change of" in said


def test_models_that_decide_alike_need_no_numbers() -> None:
    """No change is not a change of 0 with an interval."""
    said = change_sentence(compared([1, 1, 1, 1, 0, 0, 0, 0]), DP)
    assert said == "A and B decide alike about all 8 people."


def test_undefined_changes_say_so() -> None:
    """Nobody is selected by B: no predictive value."""
    found = compared([0] * 8)
    gap = found.gap("predictive_parity_difference")
    assert said_of("Gap", gap, True) == "Gap: undefined for one of the two."
    table = changes_table(found)
    row = table[table["Measure"].str.startswith("Gap in positive predictive value")].iloc[0]
    assert (row["After"], row["Change"], row["95 % interval"]) == ("undefined", "undefined", "none")


def test_table_has_a_row_for_everything_compared() -> None:
    """Rates per group and everyone, then gaps; signs as on paper."""
    found = compared([0, 1, 1, 1, 0, 0, 0, 0], 10, rates=("tpr",), gaps=(DP,))
    table = changes_table(found)
    assert list(table["Group"]) == ["a", "b", "everyone", "between groups"]
    assert list(table["Change"]) == ["−50.0", "0.0", "−25.0", "−25.0"]
    assert table["Decided differently"].iloc[0] == "10"


@pytest.mark.parametrize(
    ("value", "as_points", "text"),
    [(0.0044, True, "+0.4"), (-0.0001, True, "0.0"), (-1.5, False, "−1.50"), (0.0, False, "0.00")],
)
def test_signs(value: float, as_points: bool, text: str) -> None:
    """Plus and minus signs; nothing for what rounds to zero."""
    assert signed_change(value, as_points) == text


def test_weights_have_no_p_value_in_words() -> None:
    """An interval without a test still says whether it contains no change."""
    change = GapChange(-0.1, -0.2, 0.05, gap=DP, detectable=None)
    said = said_of("Gap", change, True)
    assert said == (
        "Gap changes by −10.0 points (95 % interval −20.0 to +5.0): we cannot tell whether it "
        "changed."
    )
    assert not np.isnan(change.value)
