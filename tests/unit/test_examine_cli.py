"""``fairlab examine`` and ``fairlab proxies``: figures of the library, as text and as JSON."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fairlab.cli import app
from fairlab.config import RunConfig, SweepConfig
from fairlab.data import load
from fairlab.errors import FairlabError
from fairlab.results import SweepResult
from fairlab.runs.store import RunStore
from fairlab.training import fit_sweep
from tests.stored import stored_run

RUN = CliRunner()


@pytest.fixture(scope="module")
def trained() -> tuple[RunConfig, SweepResult]:
    """Two penalty models, and a layer that sees the group; trained once."""
    data = load("loanapp")
    sweep = SweepConfig.model_validate(
        {
            "modes": ("penalty", "layer"),
            "penalty": {"strengths": (0.0, 1.0)},
            "layer": {"slacks": (1.0, 0.0)},
            "model": {"kind": "logistic"},
            "epochs": 2,
        }
    )
    config = RunConfig(data=data.data, task=data.task, sweep=sweep)
    return config, fit_sweep(data, config)


@pytest.fixture
def run(fairlab_home: Path, trained: tuple[RunConfig, SweepResult]) -> str:
    """It as a finished run of this test's store."""
    config, result = trained
    return stored_run(fairlab_home, config, result)


def said(*words: str) -> str:
    done = RUN.invoke(app, list(words), catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_a_model_blind_to_the_group_flips_by_its_proxies_alone(run: str) -> None:
    record = json.loads(
        said("examine", run, "--json", "--smallest", "0", "--no-importance", "--attribute", "sex")
    )
    assert record["seen"] == []
    assert "alone" not in record["flips"]
    pair = record["flips"]["with_proxies"]["flips"][0]
    assert pair["changed"]["n"] == pair["people"]
    assert pair["changed"]["k"] == pair["to_selected"] + pair["to_refused"]
    own = pair["placebo"]
    assert pair["placebo_changed"]["k"] == own["to_selected"] + own["to_refused"]
    apart = pair["changed"]["value"] - pair["placebo_changed"]["value"]
    assert pair["beyond_placebo"]["value"] == pytest.approx(apart)
    net = (pair["to_selected"] - pair["to_refused"]) / pair["people"]
    assert pair["net"]["value"] == pytest.approx(net)
    text = said("examine", run, "--smallest", "0", "--no-importance", "--attribute", "sex")
    assert "With own group's values, %" in text
    assert "someone like them of their own group" in text
    assert "importance" not in record


def test_a_layer_is_also_asked_with_the_group_alone(run: str) -> None:
    record = json.loads(
        said("examine", run, "--model", "3", "--json", "--smallest", "0", "--no-importance")
    )
    assert record["seen"] == ["in the layer's rule"]
    assert record["flips"]["alone"]["proxies"] == []
    assert record["flips"]["alone"]["flips"][0]["beyond_placebo"] is None


def test_what_a_model_looks_at_is_said_with_the_caveats(run: str) -> None:
    text = said("examine", run, "--no-flips", "--attribute", "sex")
    assert "The model looks most at" in text
    assert "explains the model, not the world" in text


def test_models_and_attributes_that_are_not_there_are_refused(run: str) -> None:
    for words, message in (
        (("--model", "99"), "models 0 to 3"),
        (("--attribute", "age"), "no sensitive attribute 'age'"),
        (("--proxy", "nothing", "--no-importance"), "does not read 'nothing'"),
        (("--threshold", "7"), "--threshold is 7"),
        (("--threshold", "-0.1"), "from 0 to 1"),
    ):
        with pytest.raises(FairlabError, match=message):
            RUN.invoke(app, ["examine", run, *words], catch_exceptions=False)


def test_proxies_with_their_effects(run: str, tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    store = RunStore()
    path.write_text(store.get(run).config.to_yaml(), encoding="utf-8")
    store.close()
    words = ("proxies", str(path), "--attribute", "sex", "--effects", "--people", "600")
    record = json.loads(said(*words, "--json"))
    aucs = [column["auc"] for column in record["columns"]]
    assert aucs == sorted(aucs, reverse=True)
    assert record["effects"]["steps"][0]["kind"] == "all"
    assert record["effects"]["steps"][-1]["kind"] == "residualised"
    assert "points of accuracy" in said(*words) or "change of accuracy" in said(*words)
