"""The notebook of a report runs from top to bottom and finds the report's own numbers again."""

import ast
import json
import warnings
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from fairlab.config import Choice, RunConfig
from fairlab.data import open_task
from fairlab.reports.notebook import notebook_bytes
from fairlab.results import SweepResult
from fairlab.training import fit_sweep

REASON = '"""); raise SystemExit  # </script><b>\n😀 reason: {x}\'"'


@pytest.fixture(scope="module")
def trained() -> tuple[RunConfig, SweepResult]:
    config = RunConfig.model_validate(
        {
            "data": {"source": "synthetic", "options": {"n": 1500}},
            "task": {"label": "outcome", "favourable": ["yes"], "sensitive": ["group"]},
            "sweep": {
                "modes": ["penalty"],
                "penalty": {"strengths": [0.0, 1.0]},
                "baselines": ["logistic"],
                "model": {"kind": "logistic"},
                "epochs": 3,
            },
            "choice": {"mode": "penalty", "strength": 1.0, "threshold": 0.65, "reason": REASON},
        }
    )
    return config, fit_sweep(open_task(config), config)


@pytest.fixture(scope="module")
def content(trained: tuple[RunConfig, SweepResult]) -> bytes:
    return notebook_bytes(*trained, smallest=3)


def outputs(notebook: Any) -> list[Any]:
    return [out for cell in notebook.cells for out in cell.get("outputs", [])]


def test_it_runs_and_tells_the_reports_numbers_again(content: bytes, tmp_path: Path) -> None:
    """No cell fails or warns, figures are drawn, and none of the numbers differs."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        notebook = nbformat.reads(content.decode(), as_version=4)
        nbformat.validate(notebook)
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()
    found = outputs(notebook)
    assert not [out for out in found if out.get("name") == "stderr"]
    figures = [out for out in found if "application/vnd.plotly.v1+json" in out.get("data", {})]
    assert len(figures) == 4
    said = "".join(out.get("text", "") for out in found if out.output_type == "stream")
    compared = int(said.split(" numbers compared; 0 differ")[0].splitlines()[-1])
    assert compared > 20


def test_the_numbers_in_it_are_those_of_the_choice(
    trained: tuple[RunConfig, SweepResult], content: bytes
) -> None:
    """Of another model they are others; of the same the bytes are the same."""
    config, result = trained
    choice = Choice(mode="penalty", strength=0.0, threshold=0.9, reason=REASON)
    other = notebook_bytes(config, result, choice=choice, smallest=3)
    assert other != content
    assert notebook_bytes(config, result, choice=config.choice, smallest=3) == content


def test_nobodys_row_and_no_output_is_in_it(
    trained: tuple[RunConfig, SweepResult], content: bytes
) -> None:
    result, notebook = trained[1], json.loads(content)
    assert all(not cell.get("outputs") for cell in notebook["cells"])
    text = json.dumps(notebook)
    assert len(text) < 100_000
    for score in result.splits["test"].score[1, :50]:
        assert f"{float(score):.7g}" not in text


def test_what_people_wrote_is_quoted(content: bytes) -> None:
    """A reason that looks like code stays text: every cell compiles, and gives it back as it is."""
    cells = json.loads(content)["cells"]
    sources = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    for source in sources:
        compile(source, "cell", "exec")
    lines = ast.literal_eval(sources[1].split(".join(")[1].removesuffix("))"))
    choice = RunConfig.from_yaml("\n".join(lines)).choice
    assert choice is not None
    assert choice.reason == REASON
    words = [line for c in cells if c["cell_type"] == "markdown" for line in c["source"]]
    assert "SystemExit" not in "".join(words)
