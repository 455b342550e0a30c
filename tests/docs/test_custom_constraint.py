"""The tutorial on one's own constraint runs as printed, and what it says comes out."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import torch

PAGE = Path(__file__).parents[2] / "docs" / "custom_constraint.md"


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All names after running every Python block of the page, in order."""
    constraint, *rest = re.findall(
        r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
    )
    batch, training = rest
    script = tmp_path_factory.mktemp("docs") / "custom_constraint.py"
    script.write_text(f"{constraint}\n{batch}\nbatch = p.detach()\n{training}", encoding="utf-8")
    return runpy.run_path(str(script))


def test_the_figures_on_the_page_come_out(names: dict[str, Any]) -> None:
    """0.4, 0.5 and 0.8 become 0.533, 0.633 and 0.933; the others stay."""
    expected = torch.tensor([0.9, 0.4 + 2 / 15, 0.5 + 2 / 15, 0.2, 0.8 + 2 / 15, 0.3])
    torch.testing.assert_close(names["batch"], expected.to(torch.float64), atol=1e-6, rtol=0)


def test_training_keeps_the_cap_and_lowers_the_loss(names: dict[str, Any]) -> None:
    """The cap holds in the last batch, and the network got a gradient through the layer."""
    refused = float(names["share"] @ (1 - names["p"].detach()))
    assert refused <= 0.30 + 1e-6
    first = torch.nn.functional.binary_cross_entropy(torch.full_like(names["y"], 0.5), names["y"])
    assert float(names["loss"].detach()) < float(first)


def test_the_page_stays_short() -> None:
    assert len(PAGE.read_text(encoding="utf-8").splitlines()) <= 80
