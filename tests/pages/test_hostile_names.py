"""Names of a stranger's columns and groups are shown as they are on every page, never as markup."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest
from google.protobuf.message import Message  # type: ignore[import-untyped]
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from fairlab.config import DataConfig, LayerParams, PenaltyParams, RunConfig, SweepConfig, Task
from fairlab.data import TaskData, read_predictions
from fairlab.data.tables import save_table
from fairlab.training import fit_sweep
from fairlab.ui import state
from fairlab.ui.widgets.impossibility_views import VIEWS
from tests.stored import stored_run

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
    result = fit_sweep(TaskData(frame, task, data, (f"A note on {PICTURE}.",)), config)
    return stored_run(fairlab_home, config, result)


PAGES = ["data", "train", "thresholds", "impossibility", "audit", "compare", "stream", "report"]
# What the browser renders as Markdown. Choices of a list, HTML (escaped by itself), charts and
# tables do not: a name stands there as it is.
RENDERED = ("body", "label", "help", "placeholder", "delta", "text")


def rendered(message: Message, kind: str = "") -> Iterator[str]:
    """Every string of an element that is rendered as Markdown, at any depth."""
    name = type(message).__name__.lower()
    for field, value in message.ListFields():
        if field.message_type and field.message_type.GetOptions().map_entry:
            continue
        values = value if field.is_repeated else [value]
        for one in values:
            if isinstance(one, Message):
                yield from rendered(one, field.name)
            elif isinstance(one, str) and _is_rendered(name, kind, field.name):
                yield one


def _is_rendered(name: str, kind: str, field: str) -> bool:
    if name in ("html", "code", "arrow", "plotlychart", "bidicomponent"):
        return False
    return field in RENDERED or (kind, field) == ("options", "content")


def texts(app: AppTest) -> list[str]:
    """All Markdown of a page, labels of containers that fold included."""
    found: list[str] = []

    def walk(block: Block) -> None:
        for child in block.children.values():
            if isinstance(getattr(child, "proto", None), Message):
                found.extend(rendered(child.proto))
            if isinstance(child, Block):
                walk(child)

    walk(app.main)
    return found


@pytest.mark.parametrize("page", PAGES)
def test_no_page_reads_markup_in_names(page: str, hostile_run: str, open_page: Open) -> None:
    """Neither texts nor labels, helps or placeholders."""
    app = open_page(page, run=hostile_run, chosen=[0, 1])
    assert not app.exception
    shown = texts(app)
    assert shown
    assert not [text for text in shown for sign in SIGNS if sign in text]


AUDIT = ["Rates", "Gaps", "Chance", "Scores", "All attributes", "Within strata", "Other tools"]


@pytest.mark.parametrize(
    ("page", "part", "named"),
    [
        *(("audit", "audit.part", part) for part in AUDIT),
        *(("impossibility", "impossibility.view", view) for view in VIEWS),
        ("thresholds", "surface.open", True),
    ],
)
def test_no_part_of_a_page_reads_markup_in_uploaded_names(
    page: str, part: str, named: str | bool, fairlab_home: Path
) -> None:
    """Outcomes, scores, groups and a control, all with names that are markup."""
    assert fairlab_home.exists()
    app = AppTest.from_file(str(Path(__file__).parents[2] / "app.py"), default_timeout=60)
    app.session_state["fairlab.predictions"] = uploaded()
    app.session_state[part] = named
    app.run()
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    assert not [text for text in texts(app) for sign in SIGNS if sign in text]


def uploaded() -> state.Predictions:
    """Predictions of a stranger."""
    rng = np.random.default_rng(0)
    n = 200
    frame = pd.DataFrame(
        {
            LINK: rng.integers(0, 2, n),
            PICTURE: rng.random(n).round(3),
            COLUMN: rng.choice([PICTURE, f"a{LINK}"], n),
            "<b>bold</b>": rng.choice([f"k{PICTURE}", LINK], n),
        }
    )
    people = read_predictions(frame, label=LINK, favourable=["1"], sensitive=[COLUMN],
                              score=PICTURE, controls=["<b>bold</b>"])  # fmt: skip
    return state.Predictions(people, f"{PICTURE}.csv", "hostile")


@pytest.mark.parametrize(
    "cuts",
    [";{by};1e999*0.4", ";{by}" + "*{by}" * 40 + ";0.1*0.2", ";{by};0.1*0.2*0.3*0.4*0.5"],
)
def test_a_link_with_thresholds_that_cannot_be_opens_without_that_choice(
    cuts: str, hostile_run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty crossings of an attribute with itself would be more groups than fit in memory."""
    by = quote(COLUMN, safe="")
    app = AppTest.from_file(str(Path(__file__).parents[2] / "app.py"), default_timeout=60)
    app.query_params["run"] = hostile_run
    app.query_params["chosen"] = f"{hostile_run}:0@0.5{cuts.format(by=by)}"

    def crossed(*_: object) -> None:
        raise AssertionError("crossed before counts were compared")

    monkeypatch.setattr(state, "cross", crossed, raising=False)
    app.run()
    assert not app.exception
    assert not app.session_state["fairlab.chosen"]


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
