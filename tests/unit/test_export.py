"""What leaves the app: re-runnable, aggregates only, harmless in a spreadsheet."""

import io
import json
import shlex
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlab.config import Choice, RunConfig
from fairlab.errors import InputError
from fairlab.metrics import GAPS
from fairlab.reports import export
from fairlab.reports.export import (
    chosen_index,
    csv_bytes,
    export_file,
    export_files,
    export_zip,
    neutral,
    result_record,
    run_yaml,
    write_export,
)
from fairlab.reports.tables.points import points_table, rates_table
from fairlab.results import Attribute, Guarantee, Point, SplitScores, SweepResult
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
    assert "--data 'a sweep: {} b.csv'" in text
    assert RunConfig.from_yaml(text).sweep == config.sweep


def test_a_file_name_cannot_add_a_command_to_the_one_shown() -> None:
    """People paste the first lines of the YAML into a shell; others choose the file's name."""
    config = small.config()
    data = config.data.model_copy(update={"source": "file", "filename": "a.csv; rm x\x07 $(y)"})
    text = run_yaml(config.model_copy(update={"data": data}))
    command = text.splitlines()[1].removeprefix("#")
    assert shlex.split(command)[4:] == ["a.csv; rm x $(y)", "--out", "RESULTS"]
    assert RunConfig.from_yaml(text).sweep == config.sweep


def test_points_hold_the_gaps_counted_by_hand() -> None:
    table = points_table(sweep())
    assert list(table["demographic_parity_difference"]) == [1.0, 0.0]
    assert list(table["selection_rate"]) == [52 / 60, 1.0]
    assert list(table["accuracy"]) == [0.5, 0.5]
    assert table["on_front"].isna().all(), "judged on validation people, of whom there are none"
    assert table.loc[1, "flags"] == "Collapsed."
    assert not any("second" in column for column in table.columns)


def test_front_is_the_one_of_the_curve() -> None:
    """Same selection of every model as on the chart, on every split's rows."""
    people = sweep().splits["test"]
    table = points_table(replace(sweep(), splits={"validation": people, "test": people}))
    assert list(table["on_front"]) == [False, True, False, True]


def test_marginal_runs_export_the_widest_gap_and_the_rates_of_each_attribute() -> None:
    """Model 0 selects by g alone, so its gap by h is narrow; each rate row names its attribute."""
    people = sweep().splits["test"]
    both = {**people.attributes, "h": Attribute(np.arange(60) % 2, ("u", "v"))}
    result = replace(
        sweep(),
        splits={"test": replace(people, attributes=both)},
        group_by=("g", "h"),
        grouping="marginal",
    )
    table = points_table(result)
    assert list(table["demographic_parity_difference"]) == [1.0, 0.0]
    assert list(table["demographic_parity_ratio"]) == [0.0, 1.0]
    assert set(table["group_by"]) == {"g and h"}
    rates = rates_table(result, smallest=0)
    assert set(rates["group_by"]) == {"g", "h"}
    assert set(rates.loc[rates["group_by"] == "h", "group"]) == {"u", "v"}


def test_the_whole_meter_is_exported_small_numbers_of_people_aside() -> None:
    """Promise, batches, draws, residual and policy in the table; four people stay hidden."""
    table = points_table(small.result())
    row = table[(table["model"] == 1) & (table["split"] == "validation")].iloc[0]
    assert row["promised_score_gap"] == 0.1
    assert row["measured_score_gap"] == 0.09
    assert row["drawn_decision_gap"] == 0.12
    assert row["largest_batch_score_gap"] == 0.1
    assert row["solver_residual"] == 1e-12
    assert row["policy"] == "frozen"
    assert row["uses_attribute_when_deciding"]
    assert table.loc[table["model"] == 0, "policy"].isna().all()
    meter = result_record(small.config(), small.result())["points"][1]["guarantee"]
    assert meter["smallest_cell"] == {"validation": None, "test": None}
    assert meter["score_gap"]["validation"] == 0.09
    assert meter["drawn_gap"]["validation"] is None
    assert meter["notes"] == ["Drawn 3 % towards a constant."]
    everything = result_record(small.config(), small.result(), smallest=0)
    everything = everything["points"][1]["guarantee"]
    assert everything["smallest_cell"]["validation"] == 4
    assert everything["drawn_gap"]["validation"] == 0.12
    assert everything["decision_gap"]["validation"] == 0.2


def test_threshold_is_inclusive_and_can_be_moved() -> None:
    assert list(points_table(sweep(), 1.0)["selection_rate"]) == [52 / 60, 1.0]
    assert list(points_table(sweep(), 1.01)["selection_rate"]) == [0.0, 0.0]


def rates_of(result: SweepResult, group: str, smallest: int) -> pd.DataFrame:
    table = rates_table(result, smallest=smallest)
    return table[(table["group"] == group) & (table["model"] == 0)].set_index("rate")


def cells(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> SweepResult:
    """One model whose cells (tp, fp, fn, tn) per group are given."""
    people = [
        (label, float(selected), g)
        for g, group in enumerate((a, b))
        for number, (label, selected) in zip(group, ((1, 1), (0, 1), (1, 0), (0, 0)), strict=True)
        for _ in range(number)
    ]
    y, score, group = (np.array(column) for column in zip(*people, strict=True))
    split = SplitScores(
        score[None].astype(np.float32), y, {"g": Attribute(group, ("a", "b"))}, np.arange(len(y))
    )
    return replace(sweep(), points=sweep().points[:1], splits={"test": split})


def test_few_people_are_left_out_and_the_row_says_so() -> None:
    """A group with a small cell keeps only its margins; the other cannot be subtracted."""
    result = cells((20, 20, 20, 20), (15, 3, 15, 15))
    for group in ("a", "b"):
        rates = rates_of(result, group, 10)
        assert set(rates.index[rates["value"].notna()]) == {"selection_rate", "base_rate"}
        assert rates.loc["tpr", "left_out"] == "rests on fewer than 10 people"
        assert rates.loc["tpr", ["value", "lower", "upper", "n"]].isna().all()


def test_points_leave_out_what_would_give_hidden_rates_away() -> None:
    """Margins, accuracy and one gap leave a single solution: only what the margins say stays."""
    row = points_table(cells((20, 25, 20, 20), (15, 3, 15, 15)), smallest=10).iloc[0]
    hidden = {name for name in GAPS if np.isnan(row[name])}
    assert set(GAPS) - hidden == {
        "demographic_parity_difference",
        "demographic_parity_ratio",
        "base_rate_difference",
    }
    assert row[["accuracy", "accuracy_lower", "accuracy_upper"]].isna().all()
    assert row["selection_rate"] == 63 / 133, "both groups show theirs"
    assert row["n"] == 133


def test_points_of_large_cells_are_all_kept_and_zero_keeps_everything() -> None:
    """Cells of exactly ten stay; with no minimum nothing goes."""
    names = [*GAPS, "accuracy", "selection_rate"]
    assert (
        (points_table(cells((10,) * 4, (20,) * 4), smallest=10).iloc[0][names].astype(float))
        .notna()
        .all()
    )
    small_cells = cells((10,) * 4, (20, 20, 20, 9))
    assert points_table(small_cells, smallest=10)[names].isna().any(axis=None)
    assert points_table(small_cells, smallest=0)[names].notna().all(axis=None)


def test_exported_files_hide_alike() -> None:
    """points.csv and result.json say no gap of decisions that rates.csv hides."""
    result = cells((20, 20, 20, 20), (15, 3, 15, 15))
    promise = Guarantee(
        promised=0.1,
        batch_excess=0.0,
        score_gap={"test": 0.1},
        decision_gap={"test": 0.25},
        policy="frozen",
        uses_attribute_when_deciding=True,
        drawn_gap={"test": 0.3},
    )
    layer = Point(0, "layer", None, 0.1, 0, 1, False, (), promise)
    result = replace(result, points=(layer,), constraint="equalized_odds")
    files = export_files(small.config(), result)
    points = pd.read_csv(io.BytesIO(files["points.csv"]))
    assert points[["accuracy", "equalized_odds_difference", "drawn_decision_gap"]].isna().all(None)
    kept = json.loads(files["result.json"])["points"][0]["guarantee"]
    assert kept["decision_gap"] == {"test": None}
    assert kept["drawn_gap"] == {"test": None}
    whole = json.loads(export_files(small.config(), result, 0)["result.json"])
    assert whole["points"][0]["guarantee"]["decision_gap"] == {"test": 0.25}


def test_findings_and_notes_that_name_groups_or_gaps_of_few_people_are_left_out() -> None:
    """They rest on training and validation people; how many went is said, others stay."""
    few, many = cells((20, 25, 20, 20), (15, 3, 15, 15)), cells((20,) * 4, (20,) * 4)
    told = (
        "Nobody in group b is selected on validation.",
        "Asked for a gap of at most 5 points, it has 10.8 on validation people.",
    )
    slow = "Logistic regression had not settled after 1,000 steps."
    gaps = "Decisions are 61.7 points on training people and 62.2 on validation people apart."
    for people, hidden in ((few, True), (many, False)):
        point = replace(people.points[0], flags=(*told, slow))
        one = people.splits["test"]
        result = replace(
            people,
            points=(point,),
            splits={"validation": one, "train": one, "test": one},
            notes=(gaps, "A note."),
        )
        for smallest, gone in ((10, hidden), (0, False)):
            files = export_files(small.config(), result, smallest)
            text = (files["points.csv"] + files["result.json"]).decode()
            for sentence in (*told, gaps):
                assert (sentence in text) is not gone
            record = json.loads(files["result.json"])
            assert slow in record["points"][0]["flags"]
            assert "A note." in record["notes"]
            assert any("2 findings are left out" in f for f in record["points"][0]["flags"]) is gone
            assert ("2 findings are left out" in files["points.csv"].decode()) is gone
            assert any("1 note is left out" in note for note in record["notes"]) is gone
            kinds = [f["kind"] for f in record["health"]["findings"]]
            assert ("one_sided" in kinds) is (smallest == 0)


def test_a_margin_with_few_people_on_one_side_goes_too() -> None:
    """9 selected of 48 is left out, 10 is not."""
    assert np.isnan(rates_of(cells((20,) * 4, (5, 4, 19, 20)), "b", 10).loc["selection_rate", "n"])
    kept = rates_of(cells((20,) * 4, (5, 5, 19, 19)), "b", 10).loc["selection_rate"]
    assert (kept["value"], kept["n"]) == (10 / 48, 48)


def test_large_cells_are_all_kept_and_zero_keeps_everything() -> None:
    """The limit is "fewer than": cells of exactly ten stay."""
    assert rates_of(cells((10,) * 4, (20,) * 4), "a", 10)["value"].notna().all()
    assert rates_of(cells((9, 10, 10, 10), (20,) * 4), "a", 10)["value"].isna().sum() > 5
    assert rates_of(cells((1, 1, 1, 1), (2, 2, 2, 2)), "a", 0)["value"].notna().all()


def test_a_rate_of_nobody_says_so() -> None:
    nobody = rates_of(sweep(), "=b", 0).loc["ppv"]
    assert nobody["left_out"].startswith("undefined: no one in =b")
    assert np.isnan(nobody["value"])


def test_weights_have_no_binomial_interval() -> None:
    table = rates_table(sweep(weight=True), smallest=0)
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
    assert list(first) == [
        "config.yaml",
        "numbers.csv",
        "points.csv",
        "rates.csv",
        "noise.csv",
        "result.json",
        "notebook.ipynb",
    ]
    packed = export_zip(small.config(), small.result())
    assert packed == export_zip(small.config(), small.result())
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == first


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


def test_one_file_of_an_export_is_the_same_as_in_it_and_no_other_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config, found = small.config(), small.result()
    whole = export_files(config, found)
    for name in whole:
        assert export_file(config, found, name) == whole[name], name
    for other in ("numbers_table", "shown_points", "honesty", "frontier_of_run", "result_record"):
        monkeypatch.setattr(export, other, None)  # calling it fails
    assert export_file(config, found, "rates.csv") == whole["rates.csv"]
    with pytest.raises(InputError, match=r"no weights\.csv"):
        export_file(config, found, "weights.csv")
