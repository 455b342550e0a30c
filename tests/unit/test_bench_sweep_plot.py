"""The drawing of the cost per model."""

import xml.etree.ElementTree as ET

import pytest

from benchmarks.sweep_plot import cost_svg

SVG = "{http://www.w3.org/2000/svg}"


def test_higher_is_costlier_and_right_is_more_models():
    """Points follow the numbers; the axis begins at 0 and holds the largest."""
    root = ET.fromstring(cost_svg((1, 10, 100), (0.8, 0.4, 0.2), "cost"))
    circles = [(float(c.get("cx")), float(c.get("cy"))) for c in root.iter(f"{SVG}circle")]
    across, height = zip(*circles, strict=True)
    assert list(across) == sorted(across)
    assert across[1] - across[0] == pytest.approx(across[2] - across[1], abs=0.2)
    grid = [float(p.get("d").split()[1].split("H")[0]) for p in root.iter(f"{SVG}path")]
    bottom, top = max(grid), min(grid)
    assert bottom - height[0] == pytest.approx(2 * (bottom - height[1]), abs=0.3)
    assert all(top <= y <= bottom for y in height)
    words = [t.text for t in root.iter(f"{SVG}text")]
    assert {"0.80", "0.40", "0.20", "1", "10", "100"} <= set(words)


def test_numbers_that_do_not_belong_together_are_refused():
    for models, seconds in (((1,), (0.5,)), ((1, 2), (0.5,))):
        with pytest.raises(ValueError, match="at least two sizes"):
            cost_svg(models, seconds, "cost")
