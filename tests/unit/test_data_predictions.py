"""Tables of predictions made elsewhere, and tables kept for later."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fairlab.config import DataConfig, RunConfig, Task
from fairlab.data import (
    load,
    load_data,
    load_table,
    open_task,
    read_path,
    read_predictions,
    save_table,
)
from fairlab.errors import InputError
from fairlab.home import home
from fairlab.outcomes import count


def made() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "truth": ["paid", "paid", "default", "default", "paid", "default"],
            "score": [0.9, 0.5, 0.5, 0.2, 0.4, 0.7],
            "decision": ["yes", "no", "no", "no", "yes", "yes"],
            "sex": ["f", "f", "f", "m", "m", "m"],
        }
    )


def read(frame: pd.DataFrame, **roles: object):
    given = {"label": "truth", "favourable": ("paid",), "sensitive": ("sex",), **roles}
    return read_predictions(frame, **given)


def test_scores_are_read_with_threshold_reached_meaning_selected() -> None:
    people = read(made(), score="score")
    counts = count(people.outcomes(), people.threshold)
    assert counts.group_names == ("f", "m")
    assert counts.tp.tolist() == [2, 0]
    assert counts.fp.tolist() == [1, 1]
    assert people.has_scores


def test_risk_scores_are_turned_so_that_low_risk_is_selected() -> None:
    people = read(made(), score="score", higher_is_better=False, threshold=0.5)
    counts = count(people.outcomes(), people.threshold)
    assert (counts.tp + counts.fp).tolist() == [2, 2]
    assert counts.fn.tolist() == [1, 0]
    assert any("'score' is a risk" in n and "or below it are selected" in n for n in people.notes)
    assert people.selected_if(people.threshold) == "score ≤ 0.5"
    assert people.own_units(people.own_units(-0.3)) == -0.3
    assert read(made(), score="score").selected_if(0.25) == "score ≥ 0.25"


def test_controls_are_strata_of_the_people_kept() -> None:
    """Text as it is, numbers cut at quantiles with a note, missing a stratum; groups unchanged."""
    n = 40
    frame = pd.DataFrame(
        {
            "truth": ["paid", "default"] * (n // 2),
            "score": np.linspace(0, 1, n),
            "sex": ["f", "m", "m", "f"] * (n // 4),
            "age": np.arange(n),
            "town": ["x"] * 10 + [None] * 5 + ["y"] * 25,
        }
    )
    frame.loc[3, "score"] = np.nan
    people = read(frame, score="score", controls=("age", "town"))
    age, town = people.controls["age"], people.controls["town"]
    assert age.names == ("under 10", "10 to 19", "20 to 29", "30 and over")
    assert np.bincount(age.codes).tolist() == [9, 10, 10, 10]
    assert town.names == ("x", "y", "missing")
    assert np.bincount(town.codes).tolist() == [9, 25, 5]
    assert any("'age' was cut at quantiles into 4 strata: under 10 (9)" in x for x in people.notes)
    assert any("5 people without 'town' form the stratum 'missing'" in x for x in people.notes)
    assert list(people.strata_for(("sex",))) == ["age", "town"]
    assert list(people.strata_for(())) == ["sex", "age", "town"]


def test_outcomes_are_spoken_of_as_the_table_has_them() -> None:
    """Which value is favourable is in the words, and turning it round turns them round."""
    assert read(made(), score="score").outcome_words == ("truth is paid", "truth is default")
    turned = read(made(), score="score", favourable=("default",))
    assert turned.outcome_words == ("truth is default", "truth is paid")


def test_a_control_mostly_of_one_value_still_has_two_strata() -> None:
    """Prior counts where most have none: 0 and the rest, not one stratum for everyone."""
    frame = pd.DataFrame(
        {
            "truth": ["paid", "default"] * 20,
            "score": np.linspace(0, 1, 40),
            "sex": ["f", "m", "m", "f"] * 10,
            "priors": [0] * 31 + list(range(1, 10)),
        }
    )
    names = read(frame, score="score", controls=("priors",)).controls["priors"].names
    assert names == ("under 1", "1 and over")


def test_decisions_are_read_as_zero_and_one() -> None:
    people = read(made(), decision="decision")
    np.testing.assert_array_equal(people.score, [1, 0, 0, 0, 1, 1])
    assert not people.has_scores
    assert people.threshold == 0.5


def test_missing_scores_are_left_out_with_a_count() -> None:
    frame = made()
    frame.loc[0, "score"] = np.nan
    people = read(frame, score="score")
    assert len(people.score) == len(people.y_true) == len(people.attributes["sex"].codes) == 5
    assert any("1 row left out: 'score'" in note for note in people.notes)


@pytest.mark.parametrize(
    ("change", "roles", "said"),
    [
        ({}, {}, "exactly one"),
        ({}, {"score": "score", "decision": "decision"}, "exactly one"),
        ({}, {"score": "nope"}, "no column 'nope'"),
        ({}, {"score": "decision"}, "must be numbers"),
        ({}, {"score": "sex"}, "also a sensitive attribute"),
        ({"score": [np.inf, 1, 1, 1, 1, 1]}, {"score": "score"}, "must be finite"),
        ({"score": [np.nan] * 6}, {"score": "score"}, "is empty"),
        ({}, {"decision": "score"}, "two values"),
        ({"decision": ["a", "b"] * 3}, {"decision": "decision"}, "means selected"),
        ({}, {"decision": "decision", "selected": ("maybe",)}, "no value maybe"),
        ({}, {"score": "score", "controls": ("nope",)}, "no column 'nope' to control for"),
        ({}, {"score": "score", "controls": ("truth",)}, "cannot also be a control"),
        ({}, {"score": "score", "controls": ("score",)}, "cannot also be a control"),
    ],
)
def test_what_cannot_be_a_prediction(
    change: dict[str, object], roles: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        read(made().assign(**change), **roles)


def test_problems_of_label_and_score_come_together() -> None:
    with pytest.raises(InputError) as caught:
        read(made(), label="gone", score="decision")
    assert len(caught.value.problems) == 2


def test_a_kept_table_comes_back_with_the_same_content() -> None:
    frame = load("loanapp").frame
    name = save_table(frame)
    assert name == load("loanapp").data.fingerprint
    pd.testing.assert_frame_equal(load_table(name), frame)
    assert save_table(frame) == name
    assert len(list((home() / "tables").iterdir())) == 1


def test_absent_damaged_and_changed_tables_say_so() -> None:
    name = save_table(made())
    path = home() / "tables" / f"{name}.parquet"
    other = save_table(made().assign(extra=1))
    path.write_bytes((home() / "tables" / f"{other}.parquet").read_bytes())
    with pytest.raises(InputError, match="no longer has the content"):
        load_table(name)
    path.write_bytes(b"PAR1")
    with pytest.raises(InputError, match="cannot be read"):
        load_table(name)
    path.unlink()
    with pytest.raises(InputError, match="Upload the file again"):
        load_table(name)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "a" * 63, "A" * 64])
def test_only_fingerprints_name_tables(name: str) -> None:
    with pytest.raises(InputError, match="64 hexadecimal"):
        load_table(name)


def run_of(data: DataConfig) -> RunConfig:
    return RunConfig(data=data, task=Task(label="truth", favourable=("paid",), sensitive=("sex",)))


def test_a_run_finds_its_table_by_content_or_by_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    made().to_csv(path, index=False)
    data = read_path(path)
    config = run_of(data.data)
    assert open_task(config, path).task == config.task
    with pytest.raises(InputError, match="not kept on this machine"):
        open_task(config)
    save_table(data.frame)
    pd.testing.assert_frame_equal(open_task(config).frame, data.frame)


def test_another_content_is_refused_with_both_row_counts(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    made().to_csv(path, index=False)
    config = run_of(read_path(path).data)
    made()[:4].to_csv(path, index=False)
    with pytest.raises(InputError, match="It had 6 rows, this one has 4"):
        open_task(config, path)


def test_a_path_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be opened"):
        read_path(tmp_path / "no.csv")


def test_a_catalog_table_is_checked_against_its_fingerprint() -> None:
    known = load("synthetic", n=100)
    assert len(load_data(known.data).frame) == 100
    wrong = known.data.model_copy(update={"options": {**known.data.options, "seed": 9}})
    with pytest.raises(InputError, match="not the table the configuration was made with"):
        load_data(wrong)
