"""Baselines on the curve of Train, in a real browser."""

from playwright.sync_api import Page, expect

from fairlab.config import LayerParams, PenaltyParams, RunConfig, SweepConfig
from fairlab.data import load
from tests.browser.server import Server
from tests.browser.visiting import trained

MARKERS = """() => {
  const chart = document.querySelector('.fl-chart');
  const own = (chart?.data ?? []).filter((t) => t.mode?.includes('markers') && t.customdata);
  return own.map((t) => [t.name, t.legendgrouptitle?.text, (t.text ?? []).filter(Boolean)]);
}"""
CLICK = """() => {
  const chart = document.querySelector('.fl-chart');
  const own = chart.data.find((t) => t.name === 'Baselines');
  const customdata = own.customdata[own.text.indexOf('reweighed logistic')];
  chart.emit('plotly_click', { points: [{ customdata }] });
}"""


def finished_run(server: Server) -> str:
    """A small run with two baselines."""
    data = load("loanapp")
    sweep = SweepConfig(
        modes=("penalty", "layer"),
        penalty=PenaltyParams(strengths=(0.0, 1.0)),
        layer=LayerParams(slacks=(1.0, 0.05)),
        epochs=3,
        baselines=("logistic", "reweighing_logistic"),
    )
    return trained(server, RunConfig(data=data.data, task=data.task, sweep=sweep))


def test_baselines_have_names_beside_their_markers_and_families_say_what_deciding_uses(
    page: Page, server: Server
) -> None:
    """The legend has two groups; a click on a baseline's marker opens its detail."""
    page.goto(f"{server.url}/train?run={finished_run(server)}")
    page.wait_for_function(f"({MARKERS})().length === 3")
    shown = {name: (title, texts) for name, title, texts in page.evaluate(MARKERS)}
    without, needs = "Deciding does not use the group", "Deciding uses the group"
    assert shown["Penalty"] == (without, [])
    assert shown["Fairness layer"] == (needs, [])
    assert shown["Baselines"][0] == without
    assert sorted(shown["Baselines"][1]) == ["logistic", "reweighed logistic"]
    legend = page.evaluate("document.querySelector('.fl-chart').data.map((t) => t.name)")
    assert "other people: 95 %" in legend
    page.evaluate(CLICK)
    expect(page.get_by_text("People are weighed so that").first).to_be_visible()
