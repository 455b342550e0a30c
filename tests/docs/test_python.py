"""The page about Python runs as printed, and what it says of loaded models comes out."""

import re
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fairlab.artefact import FairlabModel

PAGE = Path(__file__).parents[2] / "docs" / "python.md"


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All names after running every Python block of the page, in order."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    folder = tmp_path_factory.mktemp("docs")
    script = folder / "page.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return runpy.run_path(str(script))


def test_the_loaded_model_is_the_runs_own(names: dict[str, Any]) -> None:
    model, result, index = names["model"], names["result"], names["index"]
    assert isinstance(model, FairlabModel)
    part = result.splits["test"]
    score = model.predict_proba(names["data"].frame.iloc[part.rows])[:, 1]
    np.testing.assert_allclose(score, part.score[index], atol=1e-6)


def test_the_audit_and_fairlearn_agree_on_the_page(names: dict[str, Any]) -> None:
    """The gap of the audit is that of the selection rates that MetricFrame shows."""
    assert names["rates"].difference()["selected"] == pytest.approx(names["gap"].value, abs=1e-9)


def test_the_odd_table_is_told(names: dict[str, Any]) -> None:
    """One person without a group is not decided, and the column nobody asked for is not read."""
    notes = " ".join(names["decided"].attrs["notes"])
    assert "9 columns are not read" in notes
    assert names["model"].artefact.uses_attribute_when_deciding
    assert names["decided"]["decision"].isna().sum() == 1
    assert names["decided"]["reason"].iloc[0] == "'race_ethnicity' is missing"


def test_what_the_page_names_exists(names: dict[str, Any]) -> None:
    assert (PAGE.parent / "schemas" / "model-1.json").is_file()
    assert len(names["own"]) > 5
