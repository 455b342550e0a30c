"""The line of best thresholds on Train, in a real browser."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.visiting import open_finished

LINE = """() => {
  const chart = document.querySelector('.fl-chart');
  const line = chart.data.find((trace) => (trace.name ?? '').startsWith('Best thresholds'));
  return line ? [line.x.length, line.y.every(Number.isFinite), chart.data.indexOf(line)] : null;
}"""
CLICK = """() => {
  const chart = document.querySelector('.fl-chart');
  const line = chart.data.find((trace) => (trace.name ?? '').startsWith('Best thresholds'));
  chart.emit('plotly_click', { points: [{ customdata: line.customdata[0] }] });
}"""


def test_the_line_lies_behind_the_points_and_a_click_gives_its_rule(
    page: Page, server: Server, finished: str
) -> None:
    """Drawn first, with finite numbers; a click at its narrowest gap opens the rule for it."""
    open_finished(page, server, finished)
    page.wait_for_function(f"({LINE})() !== null")
    length, finite, place = page.evaluate(LINE)
    assert length >= 2
    assert finite
    assert place <= 1
    page.evaluate(CLICK)
    expect(page.get_by_text(re.compile("best that thresholds per group allow"))).to_be_visible()
    expect(page.get_by_label("Gap allowed where fitted, points", exact=True)).to_have_value("0.00")
    expect(page.get_by_role("button", name="Choose one threshold each")).to_be_visible()
