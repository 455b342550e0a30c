"""The surface's chart, sentence and table say the same, with the user's names escaped."""

import numpy as np
import pytest

from fairlab.metrics import GAPS
from fairlab.outcomes import GroupedOutcomes, count
from fairlab.reports.figures.surface import Mark, surface_figure
from fairlab.reports.sentences.surface import surface_sentence
from fairlab.reports.tables.surface import surface_table
from fairlab.sweeps import GroupThresholdSurface, exact_sweep, group_threshold_surface

GAP = "demographic_parity_difference"
IN_USE = Mark("in use", 0.5, 0.5)


@pytest.fixture
def people() -> GroupedOutcomes:
    rng = np.random.default_rng(3)
    group = rng.integers(0, 2, 400)
    y = rng.random(400) < 0.3 + 0.3 * group
    score = np.clip(rng.normal(0.3 + 0.3 * y + 0.1 * group, 0.15), 0, 1).round(2)
    return GroupedOutcomes.from_arrays(
        y_true=y, score=score, group=group, group_names=["<b>x", "other"]
    )


@pytest.fixture
def surface(people: GroupedOutcomes) -> GroupThresholdSurface:
    return group_threshold_surface(exact_sweep(people), "<b>x", "other")


def test_the_chart_has_first_groups_threshold_to_the_right(
    surface: GroupThresholdSurface,
) -> None:
    """Rows of the heat map are the second group's thresholds; a swapped axis would show here."""
    figure = surface_figure(surface, GAP, marks=[IN_USE])
    heat = figure.data[0]
    np.testing.assert_allclose(np.asarray(heat.z), 100 * surface.gap(GAP).T)
    assert len(heat.x) == len(surface.thresholds_a) + 1
    assert heat.x[1] == surface.thresholds_a[0]
    assert "&lt;b&gt;x" in figure.layout.xaxis.title.text
    star = figure.data[-1]
    assert (star.name, star.x[0], star.y[0]) == ("in use", 0.5, 0.5)


def test_contours_are_cost_when_costs_differ(people: GroupedOutcomes) -> None:
    """And accuracy otherwise."""
    dear = group_threshold_surface(exact_sweep(people), "<b>x", "other", cost_fn=4)
    names = [t.name for t in surface_figure(dear, GAP, costs=(1, 4)).data]
    assert "same cost per person" in names
    assert "Cost per person" in surface_table(dear, GAP, costs=(1, 4)).columns


def test_a_mark_for_nobody_stands_at_the_edge(surface: GroupThresholdSurface) -> None:
    """Infinite thresholds are drawn inside the chart."""
    figure = surface_figure(surface, GAP, marks=[Mark("ends", np.inf, -np.inf)])
    x, y = figure.data[-1].x[0], figure.data[-1].y[0]
    assert surface.thresholds_a[-2] < x < np.inf
    assert -np.inf < y < surface.thresholds_b[0]


def test_sentence_and_table_give_the_gap_in_use(
    people: GroupedOutcomes, surface: GroupThresholdSurface
) -> None:
    """The number that counting everybody at 0.5 gives."""
    wide = 100 * float(GAPS[GAP](count(people, 0.5)))
    words = surface_sentence(surface, GAP, IN_USE)
    assert f"the demographic parity gap is {wide:.1f} points" in words
    table = surface_table(surface, GAP, marks=[IN_USE])
    assert table.loc[0, "Gap, points"] == f"{wide:.1f}"
    assert table["Rule"].iloc[-1] == "Most accurate pair whatever the gap"
    assert float(table["Accuracy, %"].iloc[-1]) == round(100 * surface.accuracy.max(), 1)


def test_an_undefined_gap_is_said() -> None:
    """Nobody repaid in one group: no true positive rate gap at any pair."""
    people = GroupedOutcomes.from_arrays(
        y_true=[0, 0, 1, 0], score=[0.1, 0.4, 0.6, 0.3], group=[0, 0, 1, 1], group_names=["a", "b"]
    )
    found = group_threshold_surface(exact_sweep(people), "a", "b")
    name = "equal_opportunity_difference"
    assert surface_sentence(found, name, IN_USE).startswith("We cannot tell")
    assert surface_table(found, name, marks=[IN_USE]).loc[0, "Gap, points"] == "undefined"
    surface_figure(found, name, marks=[IN_USE])
