"""``fairlab predict`` and ``fairlab model``: new people scored in a shell, oddities counted."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fairlab.config import Choice, RunConfig
from fairlab.data import open_task
from fairlab.data.task import TaskData
from fairlab.results import SweepResult
from fairlab.training import fit_sweep
from tests.stored import stored_run

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def trained() -> tuple[RunConfig, SweepResult, TaskData]:
    config = RunConfig.model_validate(
        {
            "data": {"source": "synthetic", "options": {"n": 300}},
            "task": {"label": "outcome", "favourable": ["yes"], "sensitive": ["group"]},
            "sweep": {
                "modes": ["layer"],
                "layer": {"slacks": [1.0, 0.0]},
                "model": {"kind": "logistic"},
                "epochs": 2,
            },
        }
    )
    data = open_task(config)
    return config, fit_sweep(data, config), data


@pytest.fixture
def run_id(trained: tuple[RunConfig, SweepResult, TaskData], fairlab_home: Path) -> str:
    return stored_run(fairlab_home, trained[0], trained[1])


@pytest.fixture
def people(trained: tuple[RunConfig, SweepResult, TaskData], tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    trained[2].frame.drop(columns="outcome").to_csv(path, index=False)
    return path


def table(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), keep_default_na=False, na_values=[""])


def test_a_stored_runs_model_gives_its_stored_scores(
    run: Run, run_id: str, people: Path, trained: tuple[RunConfig, SweepResult, TaskData]
) -> None:
    """Row by row, without the outcome; the words go to standard error."""
    status, out, err = run("predict", run_id, people, "--model", 1)
    assert status == 0
    found = table(out)
    assert found["row"].tolist() == list(range(1, len(found) + 1))
    part = trained[1].splits["test"]
    np.testing.assert_allclose(found["score"].to_numpy()[part.rows], part.score[1], atol=1e-6)
    np.testing.assert_array_equal(found["decision"].to_numpy()[part.rows], part.score[1] >= 0.5)
    assert "'group' is used when deciding: in the layer's rule" in err
    assert "Outcomes are never read" in err


def test_the_written_model_scores_the_same_with_no_run_at_hand(
    run: Run, run_id: str, people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first, _ = run("predict", run_id, people, "--model", 1)
    path = tmp_path / "model.zip"
    status, out, _ = run("model", run_id, "--model", 1, "--out", path)
    assert status == 0
    assert f"Written: {path}" in out
    monkeypatch.setenv("FAIRLAB_HOME", str(tmp_path / "nothing-here"))
    assert run("predict", path, people)[1] == first


def test_numbers_in_json_and_the_file_agree(
    run: Run, run_id: str, people: Path, tmp_path: Path
) -> None:
    out_file = tmp_path / "scores.csv"
    odd = table(people.read_text())
    odd.insert(0, "=name", [f"=cmd{i}" for i in range(len(odd))])
    odd.loc[4, "group"] = "Z"
    odd.to_csv(people, index=False)
    status, out, _ = run(
        "predict", run_id, people, "--model", 1, "--id", "=name", "--out", out_file, "--json"
    )
    record = json.loads(out)
    written = table(out_file.read_text())
    assert status == 0
    assert record["people"] == len(written) == 300
    assert record["not_decided"] == 1 == written["score"].isna().sum()
    assert record["selected"] == (written["decision"] == 1).sum()
    assert record["uses_attribute_when_deciding"] is True
    assert written.loc[4, "reason"] == "training had no such group of 'group'"
    assert written.columns[1] == "'=name"  # no spreadsheet takes it for a formula
    assert written.iloc[0, 1] == "'=cmd0"


def test_without_a_choice_the_model_must_be_named(run: Run, run_id: str, people: Path) -> None:
    status, _, err = run("predict", run_id, people)
    assert status == 1
    assert "--model 0 is the first" in err


def test_a_file_with_the_runs_choice_names_the_model_and_threshold(
    run: Run,
    run_id: str,
    people: Path,
    trained: tuple[RunConfig, SweepResult, TaskData],
    tmp_path: Path,
) -> None:
    choice = Choice(mode="layer", slack=0.0, threshold=0.25)
    path = tmp_path / "run.yaml"
    path.write_text(trained[0].model_copy(update={"choice": choice}).to_yaml())
    status, out, err = run("predict", path, people)
    found = table(out)
    assert status == 0
    assert "score is 0.25 or more" in err
    np.testing.assert_array_equal(found["decision"], found["score"] >= 0.25)
    other = trained[0].model_copy(
        update={"sweep": trained[0].sweep.model_copy(update={"epochs": 3})}
    )
    path.write_text(other.to_yaml())
    assert "is not stored on this machine" in run("predict", path, people)[2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nosuchrun", "PEOPLE"), "There is no run"),
        (("no/such/model.zip", "PEOPLE"), "There is no file"),
        (("PEOPLE", "PEOPLE"), "This is not a model fairlab can open"),
        (("RUN", "PEOPLE", "--model", 9), "models 0 to 1"),
        (("RUN", "PEOPLE", "--model", 0, "--threshold", 7), "scores are from 0 to 1"),
        (("RUN", "PEOPLE", "--model", 0, "--id", "shoe"), "--id names 'shoe'"),
        (("RUN", "missing.csv", "--model", 0), "cannot be opened"),
        (("RUN", "PEOPLE", "--model", 0, "--seed", -1), "--seed is -1"),
    ],
)
def test_what_cannot_be_done_is_said(
    run: Run, run_id: str, people: Path, arguments: tuple[object, ...], words: str
) -> None:
    """Status 1 and one sentence, no traceback."""
    given = [{"RUN": run_id, "PEOPLE": people}.get(str(a), a) for a in arguments]
    status, _, err = run("predict", *given)
    assert status == 1
    assert words in err


def test_the_report_of_a_model_is_written_with_its_cards(
    run: Run, run_id: str, tmp_path: Path
) -> None:
    """The same bytes twice; a threshold of one's own is the one written about; German asked."""
    status, out, _ = run("report", run_id, "--model", 1, "--out", tmp_path / "a")
    assert status == 0
    assert str(tmp_path / "a" / "report.html") in out
    run("report", run_id, "--model", 1, "--out", tmp_path / "b")
    names = ("report.html", "model-card.md", "datasheet.md")
    first = [(tmp_path / "a" / name).read_bytes() for name in names]
    assert first == [(tmp_path / "b" / name).read_bytes() for name in names]
    status, _, _ = run("report", run_id, "--model", 1, "--threshold", 0.25, "--out", tmp_path / "c")
    assert status == 0
    assert b"threshold 0.25" in (tmp_path / "c" / "model-card.md").read_bytes()
    assert b"threshold 0.25" not in first[1]
    run("report", run_id, "--model", 1, "--language", "de", "--out", tmp_path / "d")
    assert b'lang="de"' in (tmp_path / "d" / "report.html").read_bytes()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "Say which one"),
        (("--model", 99), "numbered from 0"),
        (("--model", 1, "--threshold", 1.5), "between 0 and 1"),
        (("--model", 1, "--language", "xx"), "no language"),
    ],
)
def test_a_report_that_cannot_be_written_says_why(
    run: Run, run_id: str, tmp_path: Path, options: tuple[object, ...], said: str
) -> None:
    status, _, err = run("report", run_id, "--out", tmp_path / "r", *options)
    assert status == 1
    assert said in err
    assert not (tmp_path / "r").exists()
