"""What an export leaves out says so, row by row and in a sentence."""

import io
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from fairlab.pareto.honesty import honesty
from fairlab.reports import withheld
from fairlab.reports.export import OWN_USE, export_files, export_notes, write_export
from fairlab.reports.left_out import count_left_out, counted, left_out_sentence, left_out_words
from fairlab.reports.tables import honesty as tables
from fairlab.reports.tables.numbers import ChosenModel
from fairlab.reports.tables.points import points_table, rates_table
from tests import reported
from tests.contracts import small
from tests.unit.test_export import cells


def test_every_empty_number_of_a_row_is_named() -> None:
    """Empty where smallest=10 and not where smallest=0: exactly these, in the row's reason."""
    result = cells((20, 25, 20, 20), (15, 3, 15, 15))
    row, whole = (points_table(result, smallest=n).iloc[0] for n in (10, 0))
    gone = [c for c in row.index if pd.isna(row[c]) and not pd.isna(whole[c])]
    reason, _, named = row["left_out"].partition(": ")
    assert named.split(", ") == gone
    assert "accuracy" in gone
    assert "fewer than 10 people" in reason
    assert whole["left_out"] == ""
    assert count_left_out(points_table(result, smallest=10)) == len(gone)


def test_large_cells_and_undefined_rates_count_as_nothing_left_out() -> None:
    result = cells((10,) * 4, (20,) * 4)
    assert (points_table(result, smallest=10)["left_out"] == "").all()
    nobody = cells((0, 20, 0, 20), (20,) * 4)
    undefined = rates_table(nobody, smallest=0)
    assert undefined["left_out"].str.startswith("undefined").any()
    assert count_left_out(undefined) == 0


def test_the_files_of_an_export_say_the_same_as_its_tables(tmp_path: Path) -> None:
    """Counted from the files as written; the sentence has each file's number and the remedy."""
    result = cells((20, 20, 20, 20), (15, 3, 15, 15))
    found = counted(export_files(small.config(), result))
    assert found["points.csv"] == count_left_out(points_table(result, smallest=10)) > 0
    assert found["rates.csv"] == count_left_out(rates_table(result, smallest=10)) > 0
    said = export_notes(write_export(tmp_path, small.config(), result))
    assert f"{found['points.csv']} in points.csv" in said[0]
    assert "--smallest 0" in said[1]
    assert export_notes(write_export(tmp_path, small.config(), result, 0), 0) == (OWN_USE,)
    large = cells((10,) * 4, (20,) * 4)
    assert export_notes(write_export(tmp_path, small.config(), large)) == ()


def test_nothing_left_out_is_said_with_nothing() -> None:
    assert left_out_words([], 10) == ""
    assert left_out_sentence({"points.csv": 0}, 10) == ""


def test_noise_says_why_and_hides_the_spread_over_seeds_with_any_of_its_seeds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two seeds' spread and one of their numbers would leave the other."""
    result = small.result()
    first = result.points[0]
    points = (first, replace(first, index=1, seed=first.seed + 1))
    splits = {
        name: replace(split, score=split.score[[0, 1]]) for name, split in result.splits.items()
    }
    both = replace(result, points=points, splits=splits)

    def hidden_second(_result, index, *_):
        table = cells((20,) * 4, (20, 3, 20, 20) if index == 1 else (20,) * 4)
        return withheld.withheld_of(table, 0, "test", 0.5, 10)

    monkeypatch.setattr(tables, "withheld_of", hidden_second)
    shown = tables.noise_table(both, honesty(both, draws=100), smallest=10).set_index("model")
    assert shown.loc[0, "left_out"].endswith(": accuracy_seed_sd")
    assert shown.loc[0, "accuracy_seed_sd"] is None
    assert shown.loc[0, "accuracy"] is not None
    assert "accuracy, " in shown.loc[1, "left_out"]


def test_a_file_with_a_reason_column_reads_back() -> None:
    """The reason has commas and stays one cell."""
    result = cells((20, 20, 20, 20), (15, 3, 15, 15))
    read = pd.read_csv(io.BytesIO(export_files(small.config(), result)["points.csv"]))
    assert list(read["left_out"]) == list(points_table(result, smallest=10)["left_out"])


def test_noise_and_folds_say_that_the_choice_decides_at_another_threshold() -> None:
    """Their numbers are at the run's threshold; where few people lie between, they are left out."""
    _, found = reported.reported(threshold=0.45)
    own = ChosenModel(1, 0.45)
    shown = tables.noise_table(found, honesty(found, draws=100), chosen=own).set_index("model")
    assert (shown["threshold"] == 0.5).all()
    assert shown.loc[1, "note"].startswith("at the run's threshold 0.5; the choice decides at thr")
    assert "0.45" in shown.loc[1, "note"]
    assert shown.loc[[0, 2], "note"].eq("").all()
    assert shown.loc[1, "gap"] is not None
    near = ChosenModel(1, 0.49)
    few = tables.noise_table(found, honesty(found, draws=100), smallest=10, chosen=near)
    few = few.set_index("model")
    assert few.loc[1, ["accuracy", "gap", "accuracy_lower"]].isna().all()
    assert "accuracy" in few.loc[1, "left_out"]
    assert few.loc[0, ["accuracy", "gap"]].notna().all()
    same = tables.noise_table(found, honesty(found, draws=100), chosen=ChosenModel(1, 0.5))
    assert same["note"].eq("").all()
