"""What people do, from the first click to the last, in a real browser."""

import os
import re
import subprocess
import sys
from itertools import count
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.server import ROOT, Server
from tests.browser.visiting import MARKERS, go_to, open_finished, wait_until_done

SEEDS = count(101)
MODELS = 65  # 21 strengths of three families, two baselines
# Hover text of the marker drawn as selected.
SELECTED = """() => {
  for (const trace of document.querySelector('.fl-chart').data) {
    const at = Array.isArray(trace.marker?.size) ? trace.marker.size.indexOf(17) : -1;
    if (at >= 0) return (trace.hovertext ?? trace.text)[at];
  }
  return '';
}"""


def try_it_now(page: Page, server: Server) -> None:
    """Open the dashboard and press the one button."""
    page.goto(server.url)
    page.get_by_role("button", name="Try it now").click()
    expect(page.get_by_role("heading", name="Train", exact=True)).to_be_visible()


def test_try_it_now_ends_with_a_chosen_model_on_every_page(page: Page, server: Server) -> None:
    """One click to a live curve; choose a point with the keyboard; every page opens with it."""
    try_it_now(page, server)
    expect(page.locator(MARKERS).first).to_be_visible()
    page.locator(".fl-chart").first.evaluate("node => { node.dataset.mark = 'same node'; }")
    wait_until_done(page)
    assert page.locator(".fl-chart").first.get_attribute("data-mark") == "same node"
    expect(page.locator(MARKERS)).to_have_count(MODELS)
    step = page.get_by_role("button", name="Next point →")
    step.focus()
    page.keyboard.press("Enter")
    choose = page.get_by_role("button", name="Choose this")
    choose.click()
    expect(page.get_by_role("button", name="Chosen")).to_be_visible()
    for name in ("Thresholds", "Impossibility", "Audit", "Compare", "Stream", "Report"):
        go_to(page, name)
        expect(page.get_by_text("Nothing to look at yet")).to_have_count(0)


def test_quick_steps_along_the_curve_end_where_the_chart_says(
    page: Page, server: Server, finished: str
) -> None:
    """Six clicks faster than the server answers: chart, list and detail show the same model."""
    page.emulate_media(reduced_motion="no-preference")
    open_finished(page, server, finished)
    step = page.get_by_role("button", name="Next point →")
    for _ in range(6):
        step.click()
    marked = page.evaluate(SELECTED)
    sixth = re.search(r"accuracy ([\d.]+) %<br>gap ([\d.]+) points", marked)
    assert sixth is not None
    words = re.compile(rf"accuracy {sixth[1]} %, gap {sixth[2]} points$")
    expect(page.get_by_role("combobox", name="Point (click one")).to_have_value(words)
    expect(page.get_by_text(re.compile(r"^Picked: .*Details below"))).to_contain_text(sixth[1])
    expect(page.get_by_role("button", name="Choose this")).to_be_in_viewport()
    assert page.evaluate(SELECTED) == marked


def test_a_reload_in_mid_training_keeps_the_curve_until_cancel(page: Page, server: Server) -> None:
    """After a reload the points are there and training goes on; the models stay at its end."""
    slow_run(page, server)
    expect(page.locator(MARKERS).first).to_be_visible()
    page.reload()
    expect(page.locator(MARKERS).first).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("cancelled", exact=False).first).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    expect(page.locator(MARKERS).first).to_be_visible()


def test_a_killed_server_loses_nothing(page: Page, own_server: Server) -> None:
    """The run goes on while the server is away, and the open page picks it up again."""
    try_it_now(page, own_server)
    expect(page.locator(MARKERS).first).to_be_visible()
    own_server.stop(kill=True)
    own_server.start()
    wait_until_done(page)
    expect(page.locator(MARKERS)).to_have_count(MODELS)


def test_own_table_from_upload_to_the_same_numbers_in_the_shell(
    page: Page, server: Server, tmp_path: Path
) -> None:
    """Upload, train, choose, export; the exported run gives the same points in a shell."""
    table = tmp_path / "adult like.csv"
    table.write_text(adult_like(900), encoding="utf-8")
    upload(page, server, table)
    page.get_by_role("button", name="Use this table → Train").click()
    expect(page.get_by_role("heading", name="Train", exact=True)).to_be_visible()
    expect(page.get_by_text("adult like.csv")).to_be_visible()
    set_number(page, "Network and training", "Epochs", 4)
    page.get_by_role("button", name="Train", exact=True).click()
    wait_until_done(page)
    page.get_by_role("button", name="Next point →").click()
    page.get_by_role("button", name="Choose this").click()
    expect(page.get_by_role("button", name="Chosen")).to_be_visible()
    go_to(page, "Report")
    run = save(page, "Run (YAML)", tmp_path / "run.yaml")
    points = save(page, "Models (CSV)", tmp_path / "points.csv")
    assert sweep(run, table, tmp_path / "again") == points.read_bytes()


def test_a_broken_file_says_what_to_do_and_the_repaired_one_goes_on(
    page: Page, server: Server, tmp_path: Path
) -> None:
    """A line with too many fields is named; leaving it out, or repairing the file, goes on."""
    broken = tmp_path / "broken.csv"
    lines = adult_like(300).splitlines()
    lines[7] += ",one,too,many"
    broken.write_text("\n".join(lines), encoding="utf-8")
    open_my_table(page, server)
    page.locator("input[type=file]").first.set_input_files(broken)
    expect(page.get_by_text("broken.csv cannot be used as it is")).to_be_visible()
    expect(page.get_by_text("line 8 has", exact=False)).to_be_visible()
    expect(page.get_by_role("button", name="Use this table → Train")).to_have_count(0)
    page.get_by_test_id("stCheckbox").get_by_text("Leave these lines out").click()
    expect(page.get_by_role("button", name="Use this table → Train")).to_be_visible()
    repaired = tmp_path / "repaired.csv"
    repaired.write_text(adult_like(300), encoding="utf-8")
    page.locator("input[type=file]").first.set_input_files(repaired)
    expect(page.get_by_text("300 rows, 6 columns")).to_be_visible()
    page.get_by_role("button", name="Use this table → Train").click()
    expect(page.get_by_role("heading", name="Train", exact=True)).to_be_visible()
    expect(page.get_by_role("strong").filter(has_text="repaired.csv")).to_be_visible()


def test_a_phone_shows_the_curve_without_sideways_scrolling(
    page: Page, server: Server, finished: str
) -> None:
    """At 390 px nothing is wider than the screen; what marks mean is said under the chart."""
    page.set_viewport_size({"width": 390, "height": 844})
    open_finished(page, server, finished)
    widest = page.evaluate("document.scrollingElement.scrollWidth")
    assert widest <= 390
    chart = page.locator(".fl-chart").bounding_box()
    assert chart is not None
    assert chart["x"] >= 0
    assert chart["x"] + chart["width"] <= 390
    expect(page.locator(".fl-marks")).to_contain_text("Pale: cannot be told from the unmitigated")


def open_my_table(page: Page, server: Server) -> None:
    """The Data page, at a table of one's own."""
    page.goto(f"{server.url}/data")
    page.get_by_text("My table", exact=True).click()


def upload(page: Page, server: Server, table: Path) -> None:
    """Upload a table and wait until it can be used."""
    open_my_table(page, server)
    page.locator("input[type=file]").first.set_input_files(table)
    expect(page.get_by_role("button", name="Use this table → Train")).to_be_visible()


def set_number(page: Page, tab: str, label: str, value: int) -> None:
    """Fill a number of a tab of "More settings" on Train."""
    own = page.get_by_role("tab", name=tab)
    expect(page.get_by_text("More settings")).to_be_visible()
    if not own.is_visible():
        page.get_by_text("More settings").click()
    own.click()
    field = page.get_by_label(label, exact=True)
    field.fill(str(value))
    field.press("Enter")


def slow_run(page: Page, server: Server) -> None:
    """Start a run long enough to be interrupted, with a split of its own so it is not shared."""
    page.goto(f"{server.url}/train")
    set_number(page, "Network and training", "Epochs", 400)
    set_number(page, "Run", "Seed of the split", next(SEEDS))
    page.get_by_role("button", name="Train", exact=True).click()


def save(page: Page, button: str, path: Path) -> Path:
    """Press a download button and keep the file."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    waiting.value.save_as(path)
    return path


def sweep(run: Path, table: Path, out: Path) -> bytes:
    """``fairlab sweep`` in a shell of its own; the bytes of its points."""
    command = [sys.executable, "-m", "fairlab", "sweep", str(run), "--data", str(table)]
    home = out.with_name(f"{out.name}-home")
    home.mkdir()
    subprocess.run(
        [*command, "--out", str(out)],
        check=True,
        cwd=ROOT,
        env={**os.environ, "FAIRLAB_HOME": str(home)},
    )
    return (out / "points.csv").read_bytes()


def adult_like(n: int) -> str:
    """A table with the columns and habits of Adult: "?" for missing, labels with signs."""
    rng = np.random.default_rng(7)
    sex = rng.choice(["Female", "Male"], n, p=[0.4, 0.6])
    race = rng.choice(["White", "Black"], n, p=[0.7, 0.3])
    hours = rng.integers(20, 60, n)
    education = rng.integers(5, 16, n)
    pull = 0.35 * (education - 10) + 0.05 * (hours - 40) + 0.8 * (sex == "Male") - 0.6
    rich = rng.random(n) < 1 / (1 + np.exp(-pull))
    work = rng.choice(["Private", "State-gov", "?"], n, p=[0.7, 0.2, 0.1])
    lines = ["workclass,education-num,hours-per-week,race,sex,income"]
    lines += [
        f"{work[i]},{education[i]},{hours[i]},{race[i]},{sex[i]},{'>50K' if rich[i] else '<=50K'}"
        for i in range(n)
    ]
    return "\n".join(lines) + "\n"
