"""Every number as one long table: the same as elsewhere, nothing small, reasons for every gap."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fairlab.config import GroupCuts
from fairlab.language import speaking
from fairlab.metrics import GAPS, RATES
from fairlab.reports.left_out import COLUMN
from fairlab.reports.tables.numbers import (
    COLUMNS,
    EVERYONE,
    ChosenModel,
    chosen_model,
    numbers_table,
    shown_points,
)
from fairlab.reports.tables.points import points_table, rates_table
from fairlab.results import Attribute, Point, SplitScores, SweepResult
from tests.contracts import small


def result(n: int = 400, few: int = 0) -> SweepResult:
    """Two models, three splits, two groups, and a third of ``few`` people."""
    rng = np.random.default_rng(1)

    def split() -> SplitScores:
        group = rng.integers(0, 2, n)
        group[:few] = 2
        y = rng.integers(0, 2, n)
        score = np.clip(rng.random((2, n)) * 0.6 + 0.3 * y, 0, 1).astype(np.float32)
        return SplitScores(score, y, {"g": Attribute(group, ("a", "b", "=c"))}, np.arange(n))

    return SweepResult(
        points=(
            Point(0, "penalty", 0.0, None, 0, 1, baseline=True),
            Point(1, "penalty", 2.0, None, 0, 1, baseline=False),
        ),
        splits={name: split() for name in ("train", "validation", "test")},
        constraint="demographic_parity",
        group_by=("g",),
        threshold=0.5,
    )


def value(table: pd.DataFrame, metric: str, group: str, **where: object) -> float:
    own = table[(table["metric"] == metric) & (table["group"] == group)]
    for name, wanted in where.items():
        own = own[own[name] == wanted]
    assert len(own) == 1
    return float(own["value"].iloc[0])


def test_every_rate_and_gap_of_every_model_is_there_once() -> None:
    table = numbers_table(result(), smallest=0)
    assert tuple(table.columns) == COLUMNS
    key = ["model", "chosen", "split", "attribute", "group", "kind", "metric"]
    assert not table.duplicated(key).any()
    for _, own in table.groupby(["model", "split"]):
        assert set(RATES) <= set(own["metric"])
        assert set(GAPS) <= set(own["metric"])


def test_numbers_are_those_of_the_other_tables_and_of_a_count_by_hand() -> None:
    found = result()
    table = numbers_table(found, ChosenModel(1, 0.5), smallest=0, draws=100)
    part = found.splits["test"]
    own = part.attributes["g"].codes == 0
    rate = (part.score[1][own] >= 0.5).mean()
    for chosen in (False, True):
        where = {"model": 1, "split": "test", "chosen": chosen}
        assert value(table, "selection_rate", "a", **where) == pytest.approx(rate, abs=1e-12)
        everyone = value(table, "accuracy", EVERYONE, **where)
        right = ((part.score[1] >= 0.5) == part.y_true).mean()
        assert everyone == pytest.approx(right, abs=1e-12)
    rates = rates_table(found, smallest=0)
    points = points_table(found, smallest=0)
    plain = table[~table["chosen"]]
    assert (plain["kind"] == "rate").sum() == len(rates) + 2 * len(points)


def test_the_chosen_model_is_counted_at_its_own_threshold_with_intervals() -> None:
    found = result()
    table = numbers_table(found, ChosenModel(1, 0.7), smallest=0, draws=100)
    own = table[table["chosen"] & (table["split"] == "test")]
    part = found.splits["test"]
    selected = (part.score[1] >= 0.7).mean()
    assert value(own, "selection_rate", EVERYONE) == pytest.approx(selected, abs=1e-12)
    gap = own[own["metric"] == "demographic_parity_difference"]
    gap = gap[gap["kind"] == "gap"].iloc[0]
    assert gap["lower"] <= gap["value"] <= gap["upper"]
    assert table["chosen"].iloc[0]


def test_thresholds_per_group_decide_the_numbers_of_the_choice() -> None:
    found = result()
    cuts = GroupCuts(by=("g",), cuts=(0.2, 0.9, 0.5))
    table = numbers_table(found, ChosenModel(1, 0.5, cuts), smallest=0, draws=100)
    part = found.splits["test"]
    own = part.attributes["g"].codes == 0
    wanted = (part.score[1][own] >= 0.2).mean()
    found_rate = value(table, "selection_rate", "a", chosen=True, split="test")
    assert found_rate == pytest.approx(wanted, abs=1e-12)


def test_nothing_of_few_people_is_told_and_each_gap_has_its_reason() -> None:
    """A group of four: neither its cells nor anything they could be worked out from."""
    table = numbers_table(result(few=4), ChosenModel(1, 0.5), draws=100)
    of_few = table[table["group"] == "=c"]
    assert of_few["value"].isna().all()
    assert of_few[COLUMN].str.startswith("rests on fewer than 10 people").any()
    assert (table.loc[table["value"].isna(), COLUMN] != "").all()
    assert (table.loc[table["value"].notna(), COLUMN] == "").all()
    counts = table[(table["kind"] == "count") & (table["group"] == EVERYONE)]
    assert counts.empty
    whole = numbers_table(result(few=4), ChosenModel(1, 0.5), smallest=0, draws=100)
    assert whole[whole["group"] == "=c"]["value"].notna().any()


def test_the_table_is_the_same_in_every_language() -> None:
    english = numbers_table(result(), ChosenModel(1, 0.5), draws=100)
    with speaking("de"):
        german = numbers_table(result(), ChosenModel(1, 0.5), draws=100)
    pd.testing.assert_frame_equal(english, german)


def test_a_choice_the_run_does_not_have_is_no_choice() -> None:
    found = replace(small.result(), constraint="demographic_parity")
    config = small.config()
    assert chosen_model(config, found) is None
    choice = {"mode": "layer", "slack": 0.1, "seed": 7, "threshold": 0.3}
    named = config.model_validate({**config.model_dump(), "choice": choice})
    assert chosen_model(named, found) == ChosenModel(1, 0.3)
    other = config.model_validate({**config.model_dump(), "choice": {**choice, "seed": 8}})
    assert chosen_model(other, found) is None


@pytest.mark.parametrize("cut", [0.38, 0.47, 0.49, 0.5, 0.51])
@pytest.mark.parametrize("per_group", [False, True])
def test_no_small_cell_is_the_difference_of_two_thresholds(cut: float, per_group: bool) -> None:
    """The chosen model stands at its own threshold and at the run's: few people lie between."""
    found = result()
    cuts = GroupCuts(by=("g",), cuts=(cut, 0.5, 0.5)) if per_group else None
    table = numbers_table(found, ChosenModel(1, cut, cuts), draws=100)
    own = table[(table["model"] == 1) & (table["kind"] == "rate")]
    told = 0
    for split in found.splits:
        for group in ("a", "b"):
            for rate in ("tpr", "fpr"):
                rows = own[(own["split"] == split) & (own["group"] == group)]
                rows = rows[rows["metric"] == rate].set_index("chosen")
                between = abs(rows["value"][True] - rows["value"][False]) * rows["n"][True]
                told += bool(np.isfinite(between))
                assert not 1e-6 < between < 10 - 1e-6
        assert np.isfinite(value(table, "base_rate", "a", split=split, chosen=False, model=1))
    assert told if cut in (0.38, 0.5) else not told
    hidden = own[own["value"].isna() & ~own["chosen"] & own["group"].isin(["a", "b"])]
    assert (hidden[COLUMN] == "rests on fewer than 10 people").all()


def test_points_say_which_numbers_are_left_out_beside_a_near_threshold() -> None:
    """Accuracy and gaps of that model alone; with nothing to hide, everything is there."""
    found, near = result(), ChosenModel(1, 0.51)
    shown, whole = shown_points(found, near), points_table(found, smallest=10)
    one = shown["model"] == 1
    assert shown.loc[one, ["accuracy", "selection_rate", *GAPS]].notna().sum().sum() == 3
    assert shown.loc[one, "base_rate_difference"].notna().all()
    assert "accuracy, accuracy_lower" in shown.loc[one, COLUMN].iloc[0]
    pd.testing.assert_frame_equal(shown[~one], whole[~one])
    pd.testing.assert_frame_equal(shown_points(found, near, 0), points_table(found))
    pd.testing.assert_frame_equal(shown_points(found, None), whole)


def test_how_many_few_people_are_is_left_out_as_well() -> None:
    """No row of three people says three; with nothing to hide all do."""
    table = numbers_table(result(few=3), ChosenModel(1, 0.5), draws=100)
    n = table.loc[table["group"] == "=c", "n"].dropna()
    assert not ((n > 0) & (n < 10)).any()
    everything = numbers_table(result(few=3), ChosenModel(1, 0.5), smallest=0, draws=100)
    assert (everything.loc[everything["group"] == "=c", "n"] == 3).any()
