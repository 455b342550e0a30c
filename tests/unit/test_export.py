"""What leaves the app: re-runnable, aggregates only, harmless in a spreadsheet."""

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlab.config import Choice, RunConfig
from fairlab.errors import InputError
from fairlab.reports.export import (
    chosen_index,
    csv_bytes,
    export_files,
    neutral,
    points_table,
    rates_table,
    run_yaml,
    write_export,
)
from fairlab.results import Attribute, Point, SplitScores, SweepResult
from tests.contracts import small


def sweep(weight: bool = False) -> SweepResult:
    """Two models on 60 people: model 0 selects all of a and nobody of b, model 1 everybody."""
    group = np.repeat([0, 1], [52, 8])
    y = np.tile([0, 1], 30)
    score = np.stack((1.0 - group, np.ones(60))).astype(np.float32)
    split = SplitScores(
        score,
        y,
        {"g": Attribute(group, ("a", "=b"))},
        np.arange(60),
        np.ones(60) if weight else None,
    )
    return SweepResult(
        points=(
            Point(0, "penalty", 0.0, None, 0, 1, baseline=True),
            Point(1, "penalty", 2.0, None, 0, 1, baseline=False, flags=("Collapsed.",)),
        ),
        splits={"test": split},
        constraint="demographic_parity",
        group_by=("g",),
        threshold=0.5,
    )


def test_yaml_runs_again_to_the_same_digest() -> None:
    """Choice and reasons travel along and change nothing that is computed."""
    config = small.config(7)
    choice = Choice(
        mode="penalty", strength=0.5, reason="=cheap # not: a comment", dissent="é\n- x"
    )
    text = run_yaml(config, choice)
    again = RunConfig.from_yaml(text)
    assert again.digest() == config.digest()
    assert again.choice == choice
    assert "fairlab sweep" in text.splitlines()[1]


def test_yaml_of_a_users_table_says_that_the_table_is_needed() -> None:
    """A file name from outside cannot add lines."""
    config = small.config()
    data = config.data.model_copy(update={"source": "file", "filename": "a\nsweep: {}\n b.csv"})
    text = run_yaml(config.model_copy(update={"data": data}))
    assert "--data a sweep: {} b.csv" in text
    assert RunConfig.from_yaml(text).sweep == config.sweep


def test_points_hold_the_gaps_counted_by_hand() -> None:
    table = points_table(sweep())
    assert list(table["demographic_parity_difference"]) == [1.0, 0.0]
    assert list(table["selection_rate"]) == [52 / 60, 1.0]
    assert list(table["accuracy"]) == [0.5, 0.5]
    assert list(table["on_front"]) == [False, True]
    assert table.loc[1, "flags"] == "Collapsed."
    assert not any("second" in column for column in table.columns)


def test_threshold_is_inclusive_and_can_be_moved() -> None:
    assert list(points_table(sweep(), 1.0)["selection_rate"]) == [52 / 60, 1.0]
    assert list(points_table(sweep(), 1.01)["selection_rate"]) == [0.0, 0.0]


def test_few_people_are_left_out_and_the_row_says_so() -> None:
    """Group b has 8 people: no rate of theirs leaves, nor how many they are."""
    table = rates_table(sweep())
    few = table[table["group"] == "=b"]
    assert few[["value", "lower", "upper"]].isna().all().all()
    said = few[few["rate"].isin(["selection_rate", "tpr", "balanced_accuracy"])]["left_out"]
    assert set(said) == {"fewer than 10 people"}
    many = table[(table["group"] == "a") & (table["rate"] == "selection_rate")]
    assert list(many["value"]) == [1.0, 1.0]
    assert list(many["n"]) == [52, 52]
    assert (many["lower"] < 1).all()
    assert "8" not in set(few["n"].astype(str))


def test_exactly_ten_people_are_kept_and_nobody_is_undefined() -> None:
    """The limit is 'fewer than': 10 stays, 9 goes; a rate of nobody says so."""
    table = rates_table(sweep(), smallest=8)
    few = table[(table["group"] == "=b") & (table["rate"] == "selection_rate")]
    assert list(few["value"]) == [0.0, 1.0]
    hidden = rates_table(sweep(), smallest=9)
    few = hidden[(hidden["group"] == "=b") & (hidden["rate"] == "selection_rate")]
    assert few["value"].isna().all()
    nobody = table[(table["group"] == "=b") & (table["rate"] == "ppv") & (table["model"] == 0)]
    assert nobody["left_out"].item().startswith("undefined: no one in =b")


def test_weights_have_no_binomial_interval() -> None:
    table = rates_table(sweep(weight=True))
    shown = table[(table["group"] == "a") & (table["rate"] == "selection_rate")]
    assert shown["value"].notna().all()
    assert shown["lower"].isna().all()
    assert points_table(sweep(weight=True))["accuracy_lower"].isna().all()


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd", "-x", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "-1-1", "+1 2"]
)
def test_formulas_are_neutralised(text: str) -> None:
    assert neutral(text) == f"'{text}'"[:-1]
    frame = pd.DataFrame({text: [text], "n": [1]})
    read = pd.read_csv(io.BytesIO(csv_bytes(frame)), dtype=str, lineterminator="\n")
    assert all(str(cell).startswith("'") for cell in (read.columns[0], read.iloc[0, 0]))


@pytest.mark.parametrize("value", ["-0.5", "+1e-3", "plain", "a=b", "", -0.5, None, True])
def test_numbers_and_plain_text_stay(value: object) -> None:
    assert neutral(value) is value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_survive_the_file_exactly(value: float) -> None:
    text = csv_bytes(pd.DataFrame({"v": [value]})).decode().splitlines()[1]
    assert float(text) == value


def test_group_names_from_a_table_are_neutralised_in_the_export() -> None:
    files = export_files(small.config(), sweep())
    assert b",=b," not in files["rates.csv"]
    assert b",'=b," in files["rates.csv"]


def test_export_is_the_same_bytes_whatever_the_clock_said() -> None:
    first = export_files(small.config(), small.result())
    second = export_files(small.config(), replace(small.result(), seconds=99.0))
    assert first == second
    assert list(first) == ["config.yaml", "points.csv", "rates.csv", "result.json"]


def test_result_record_is_strict_json() -> None:
    """NaN has no place in JSON; guarantees and notes are all there."""
    bad = replace(small.result(), points=(replace(small.result().points[1], index=0),))
    record = json.loads(
        export_files(small.config(), bad)["result.json"],
        parse_constant=lambda name: pytest.fail(f"{name} is not JSON"),
    )
    assert record["points"][0]["guarantee"]["score_gap"] == {"validation": 0.09, "test": None}
    assert record["notes"] == ["3 rows without a label were left out."]
    assert record["suppressed_below"] == 10


def test_unwritable_folder_says_where(tmp_path: object) -> None:
    from pathlib import Path

    blocked = Path(str(tmp_path)) / "file"
    blocked.write_text("in the way")
    with pytest.raises(InputError, match="--out"):
        write_export(blocked / "below", small.config(), small.result())


def test_choice_finds_its_model_or_says_what_is_missing() -> None:
    result = small.result()
    assert chosen_index(result, Choice(mode="layer", slack=0.1, seed=7)) == 1
    assert chosen_index(result, Choice(mode="penalty", strength=0.0)) == 0
    with pytest.raises(InputError, match=r"slack 0\.2, seed 7"):
        chosen_index(result, Choice(mode="layer", slack=0.2, seed=7))
