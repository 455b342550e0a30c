"""Names of a stranger's columns and groups are shown as they are on every page, never as markup."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from fairlab.config import DataConfig, LayerParams, PenaltyParams, RunConfig, SweepConfig, Task
from fairlab.data import TaskData
from fairlab.data.tables import save_table
from fairlab.runs.store import RunStore
from fairlab.training import fit_sweep

Open = Callable[..., AppTest]
PICTURE = "![seen](http://example.org/x.png)"
LINK = "[prize](http://example.org)"
COLUMN = "`x` $y$ :red[z]"
SIGNS = (PICTURE, LINK, COLUMN, "<b>bold</b>")


@pytest.fixture
def hostile_run(fairlab_home: Path) -> str:
    """A finished run on a table whose every name is markup."""
    rng = np.random.default_rng(0)
    n = 240
    frame = pd.DataFrame(
        {
            COLUMN: pd.Series(np.where(np.arange(n) % 3 == 0, PICTURE, LINK)).astype("str"),
            "<b>bold</b>": rng.normal(size=n),
            LINK: pd.Series(np.where(rng.random(n) < 0.5, PICTURE, "no")).astype("str"),
        }
    )
    data = DataConfig(source="file", filename=f"{PICTURE}.csv", fingerprint=save_table(frame),
                      rows=n)  # fmt: skip
    task = Task(label=LINK, favourable=(PICTURE,), sensitive=(COLUMN,),
                outcome_words=(PICTURE, LINK))  # fmt: skip
    sweep = SweepConfig.model_validate(
        {
            "modes": ("penalty", "layer"),
            "penalty": PenaltyParams(strengths=(0.0, 1.0)),
            "layer": LayerParams(slacks=(1.0, 0.05)),
            "model": {"kind": "logistic"},
            "epochs": 2,
        }
    )
    config = RunConfig(data=data, task=task, sweep=sweep)
    store = RunStore(fairlab_home)
    run_id = store.submit(config)
    claimed = store.claim("test-worker")
    assert claimed is not None
    result = fit_sweep(TaskData(frame, task, data, (f"A note on {PICTURE}.",)), config)
    store.finish(claimed.id, result, "test-worker")
    store.close()
    return run_id


@pytest.mark.parametrize(
    "page",
    ["data", "train", "thresholds", "impossibility", "audit", "compare", "stream", "report"],
)
def test_no_page_reads_markup_in_names(page: str, hostile_run: str, open_page: Open) -> None:
    app = open_page(page, run=hostile_run, chosen=[0, 1])
    assert not app.exception
    shown = [
        element.value
        for kind in (app.markdown, app.caption, app.info, app.warning, app.error, app.success)
        for element in kind
    ]
    shown += [element.value for element in app.subheader]
    found = [text for text in shown for sign in SIGNS if sign in str(text)]
    assert not found


@pytest.mark.parametrize("threshold", [".0", "0.000000"])
@pytest.mark.parametrize("page", ["thresholds", "audit", "report"])
def test_an_address_with_a_threshold_or_model_that_cannot_be_opens_the_page(
    page: str, threshold: str, hostile_run: str
) -> None:
    """Thresholds lie strictly between 0 and 1; the run has four models, not a million."""
    app = AppTest.from_file(str(Path(__file__).parents[2] / "app.py"), default_timeout=60)
    app.query_params["run"] = hostile_run
    app.query_params["chosen"] = f"{hostile_run}:0@{threshold},{hostile_run}:999999@0.5"
    app.run()
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
