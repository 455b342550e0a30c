"""A stranger's names are text on every page, in every chart and file: nothing of them runs."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from playwright.sync_api import Page, expect

from fairlab.config import DataConfig, LayerParams, PenaltyParams, RunConfig, SweepConfig, Task
from fairlab.data import TaskData, read_table
from fairlab.training import fit_sweep
from fairlab.ui.widgets.impossibility_views import VIEWS
from tests.browser.server import Server
from tests.browser.visiting import IDLE, go_to
from tests.stored import stored_run

LABEL = "<img src=x onerror=window.hacked=1> outcome"
YES, NO = "yes <script>window.hacked=1</script>", "no $x^2$ **b** ~~c~~"
RACE = "`race` :red[x] | **b** | <b>bold</b>"
RACES = ("A <b>bold</b> :material/home:", "אבג \u202eRTL", "😀 ![p](http://evil.invalid/p.png)")
SEX = "sex $\\alpha$ [l](javascript:window.hacked=1)"
SEXES = (
    "=cmd|' /C calc'!A0",
    "very long " * 30 + "end",
    "%{x} {{7*7}} www.evil.invalid \\input{x}",
)
NUMBER, SCORE = "=1+1 <svg/onload=window.hacked=1>", "@score <a href=http://evil.invalid>s</a>"
FILE = "<img src=x onerror=window.hacked=1> $x$ :red[y] `z` 😀.csv"
AUDIT = ["Rates", "Gaps", "Chance", "Scores", "All attributes", "Within strata", "Other tools"]

# Everything on the page, shadow roots included, that only a name turned markup could have made.
LIVE = """() => {
  const found = [];
  const walk = (root) => {
    for (const e of root.querySelectorAll('*')) {
      if (e.shadowRoot) walk(e.shadowRoot);
      const tag = e.tagName.toLowerCase();
      const said = e.cloneNode(false).outerHTML.slice(0, 200);
      const to = e.getAttribute('href') || e.getAttribute('xlink:href') || '';
      const from = e.getAttribute('src') || '';
      if (/javascript:|evil/.test(to) || /evil/.test(from) || from === 'x') found.push(said);
      if (e.hasAttribute('onerror') || e.hasAttribute('onload')) found.push(said);
      if (tag === 'script' && e.textContent.includes('hacked')) found.push(said);
      // Formulas of our own are fine; those names would make are not.
      const formula = tag === 'annotation' ? e.textContent.trim() : '';
      if (/alpha|^x(\\^2)?$/.test(formula)) found.push('formula ' + formula);
      if (['b', 'del', 'em'].includes(tag) && /bold|^b$|^c$/.test(e.textContent)) found.push(said);
      if (tag === 'strong' && e.textContent === 'b') found.push(said);
      if (tag === 'code' && /^(race|z)$/.test(e.textContent)) found.push(said);
      if (/ColoredText/.test(e.className?.toString?.() ?? '') && /^[xy]$/.test(e.textContent))
        found.push(said);
      if (e.dataset?.testid === 'stIconMaterial' && e.textContent === 'home') found.push(said);
    }
  };
  walk(document);
  return found;
}"""
TEXT = """() => {
  const parts = [];
  const walk = (node) => {
    if (node.nodeType === 3) parts.push(node.textContent);
    if (['STYLE', 'SCRIPT'].includes(node.nodeName)) return;
    if (node.value && node.nodeName === 'INPUT') parts.push(node.value);
    if (node.shadowRoot) walk(node.shadowRoot);
    for (const child of node.childNodes) walk(child);
  };
  walk(document.body);
  return parts.join('\\u00a6').replaceAll('\\u2060', '');
}"""
# Marks of charts are hovered by events of the mouse at their middle.
HOVER = """() => {
  let hovered = 0;
  for (const plot of document.querySelectorAll('.js-plotly-plot')) {
    const marks = [...plot.querySelectorAll('path.point, .bars path, .boxlayer path')].slice(0, 3);
    for (const mark of marks) {
      const box = mark.getBoundingClientRect();
      const at = {clientX: box.x + box.width / 2, clientY: box.y + box.height / 2, bubbles: true};
      const drag = plot.querySelector('.nsewdrag');
      drag?.dispatchEvent(new MouseEvent('mousemove', at));
      hovered += 1;
    }
  }
  return hovered;
}"""
OPEN = """() => {
  for (const summary of document.querySelectorAll('[data-testid="stExpander"] summary'))
    if (!summary.parentElement.open) summary.click();
}"""


def people(n: int = 300) -> pd.DataFrame:
    """A table whose every name and value is markup of some kind."""
    rng = np.random.default_rng(3)
    race, sex = rng.choice(RACES, n), rng.choice(SEXES, n)
    number = rng.normal(size=n).round(3)
    good = rng.random(n) < 1 / (1 + np.exp(-number - (race == RACES[0])))
    score = (0.5 * good + 0.5 * rng.random(n)).round(3)
    return pd.DataFrame(
        {RACE: race, SEX: sex, NUMBER: number, SCORE: score, LABEL: np.where(good, YES, NO)}
    )


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file as it is uploaded."""
    path = tmp_path_factory.mktemp("hostile") / FILE
    people().to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of its own, for a server that trains nothing."""
    return tmp_path_factory.mktemp("hostile-home")


@pytest.fixture(scope="module")
def run(home: Path, table: Path) -> str:
    """A finished run on that table."""
    read = read_table(table.read_bytes(), FILE)
    data = DataConfig(source="file", filename=FILE, fingerprint=read.fingerprint,
                      rows=len(read.frame))  # fmt: skip
    task = Task(label=LABEL, favourable=(YES,), sensitive=(RACE, SEX), outcome_words=(YES, NO))
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
    return stored_run(home, config, fit_sweep(TaskData(read.frame, task, data), config))


@pytest.fixture(scope="module")
def server(home: Path, run: str) -> Iterator[Server]:
    """The dashboard over that run."""
    running = Server(home)
    running.variables = {"FAIRLAB_OWN_WORKER": "false"}  # nothing is trained here
    running.start()
    yield running
    running.stop()


class Watch:
    """What must not happen while a visitor walks through the pages."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        self.bad: list[str] = []
        page.on("dialog", self._dialog)
        page.on("request", lambda asked: self._request(asked.url, server))
        page.on("console", lambda said: self._console(said.text))

    def _dialog(self, dialog: object) -> None:
        self.bad.append(f"dialog: {dialog}")
        dialog.dismiss()  # type: ignore[attr-defined]

    def _request(self, url: str, server: Server) -> None:
        away = url.startswith(("http", "ws")) and f"localhost:{server.port}" not in url
        if away or re.search(r"/x$|evil|p\.png", url):
            self.bad.append(f"request: {url}")

    def _console(self, said: str) -> None:
        if "evil" in said or "hacked" in said:
            self.bad.append(f"console: {said}")

    def look(self, *names: str) -> None:
        """Open what folds, hover what has hovers; then nothing is alive and names are there."""
        expect(self.page.locator(IDLE)).to_be_attached()
        expect(self.page.get_by_test_id("stException")).to_have_count(0)
        self.page.evaluate(OPEN)
        self.page.evaluate(HOVER)
        expect(self.page.locator(IDLE)).to_be_attached()
        assert self.page.evaluate(LIVE) == []
        assert self.page.evaluate("window.hacked") is None
        assert self.bad == []
        for name in names:
            # What is looked up once unfolded reruns the page, which folds all else again.
            self.page.wait_for_function(
                f"(name) => {{ ({OPEN})(); return ({TEXT})().includes(name) }}",
                arg=name,
                polling=1000,
            )


@pytest.fixture
def watch(page: Page, server: Server) -> Iterator[Watch]:
    watching = Watch(page, server)
    yield watching
    assert watching.bad == []


def upload_here(page: Page, server: Server, kind: str, table: Path) -> None:
    page.goto(f"{server.url}/data")
    page.get_by_text(kind, exact=True).click()
    page.locator("input[type=file]").first.set_input_files(table)


def test_names_are_text_on_every_page_and_in_every_file(
    page: Page, server: Server, watch: Watch, table: Path, run: str, tmp_path: Path
) -> None:
    """Upload, look at all pages with their parts open, take the files away."""
    upload_here(page, server, "My table", table)
    expect(page.get_by_role("button", name="Use this table → Train")).to_be_visible()
    watch.look(FILE, LABEL, RACE, RACES[0])
    use = page.get_by_role("button", name="Use this table → Train")
    expect(use).to_be_enabled()
    use.click()
    expect(page.get_by_role("heading", name="Train", exact=True)).to_be_visible()
    watch.look(FILE)

    chosen = ",".join(f"{run}:{index}@0.5" for index in (0, 2))
    page.goto(f"{server.url}/train?run={run}&chosen={chosen}")
    expect(page.get_by_role("button", name="Next point →")).to_be_visible()
    watch.look(FILE)
    page.get_by_test_id("stTopNavLink").filter(has_text="Home").click()
    expect(page.get_by_role("heading", name="Your data")).to_be_visible()
    watch.look()
    go_to(page, "Thresholds")
    watch.look(RACES[0])
    go_to(page, "Impossibility")
    for view in VIEWS:
        page.get_by_text(view, exact=True).first.click()
        watch.look()
    watch.look(RACES[0])
    go_to(page, "Audit")
    for part in AUDIT:
        page.get_by_test_id("stButtonGroup").get_by_text(part, exact=True).first.click()
        watch.look()
    for name in ("Compare", "Stream"):
        go_to(page, name)
        watch.look(RACES[0])
    go_to(page, "Workshop")
    watch.look()
    go_to(page, "Report")
    watch.look(FILE, YES)
    check_files(page, tmp_path)


def test_predictions_are_there_after_a_reload_for_who_uploaded_them_alone(
    page: Page, server: Server, watch: Watch, table: Path, elsewhere: Callable[..., Page]
) -> None:
    """The address names them by their content; another browser with that address sees nothing."""
    upload_here(page, server, "My predictions", table)
    use = page.get_by_role("button", name="Use these predictions → Audit")
    expect(use).to_be_visible()
    use.click()
    expect(page.get_by_role("heading", name="Audit", exact=True)).to_be_visible()
    watch.look(f"Uploaded predictions: {FILE}")
    expect(page).to_have_url(re.compile(r"predictions=[0-9a-f]{64}"))
    page.reload()
    expect(page.get_by_role("heading", name="Audit", exact=True)).to_be_visible()
    watch.look(f"Uploaded predictions: {FILE}")
    stranger = elsewhere()
    stranger.goto(page.url)
    expect(stranger.get_by_role("heading", name="Audit", exact=True)).to_be_visible()
    expect(stranger.get_by_role("button", name="Upload predictions")).to_be_visible()
    assert "predictions: " not in str(stranger.evaluate(TEXT))


def check_files(page: Page, folder: Path) -> None:
    """Cells that a spreadsheet would compute are neutralised; names come back from YAML."""
    everything = _save(page, "Everything (zip)", folder / "all.zip")
    config = yaml.safe_load(_save(page, "Run (YAML)", folder / "run.yaml").read_text())
    assert config["task"]["label"] == LABEL
    assert config["task"]["sensitive"] == [RACE, SEX]
    with zipfile.ZipFile(everything) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert not [name for name in files if re.search(r"\.\.|[/\\<>]", name)]
    tables = {name: content for name, content in files.items() if name.endswith(".csv")}
    assert len(tables) >= 2
    for content in tables.values():
        for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))):
            assert not [cell for cell in row if _computes(cell)]
    for name, content in files.items():
        if name.endswith(".md"):
            assert not re.search(rb"<(img|script|svg|b)[ />]|(?<!\\)\]\(", content), name
    check_report(page, files["report.html"], folder / "report.html")


def check_report(page: Page, content: bytes, path: Path) -> None:
    """Opened from its file: names are there as text, and nothing of them runs or is loaded."""
    path.write_bytes(content)
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context()
    report = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    report.on("request", lambda request: asked.append(request.url))
    report.on("console", lambda message: said.append(message.text))
    report.on("pageerror", lambda error: said.append(str(error)))
    report.goto(path.as_uri())
    report.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true; })")
    for point in report.locator(".pt").all()[:1]:  # of few people every point may be withheld
        point.hover(force=True)
    report.keyboard.press("Tab")
    text = str(report.evaluate(TEXT))
    for name in (FILE, LABEL, YES, NO, RACES[0]):
        assert name in text, name
    assert report.evaluate("window.hacked") is None
    assert report.evaluate(LIVE) == []
    assert asked == [path.as_uri()]
    assert said == []
    context.close()


def _computes(cell: str) -> bool:
    return cell[:1] in "=+-@\t\r" and cell != "" and not re.fullmatch(r"[-+]?[\d.]+(e-?\d+)?", cell)


def _save(page: Page, button: str, path: Path) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    waiting.value.save_as(path)
    return path
