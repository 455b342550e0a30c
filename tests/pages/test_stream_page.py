"""Stream as a visitor meets it."""

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from fairlab.projection.stream import POLICIES
from fairlab.results import Attribute, ScoredPeople, SweepResult
from fairlab.ui.state import Predictions
from tests.stored import stored_run

Open = Callable[..., AppTest]
ROOT = Path(__file__).parents[2]
LAYER = 6  # the layer's model with slack 5 points in the small sweep of conftest.py


def payload(app: AppTest) -> dict:  # type: ignore[type-arg]
    """What the player was given."""
    found = json.loads(app.get("bidi_component")[0].proto.json)
    assert isinstance(found, dict)
    return found


def words(app: AppTest) -> str:
    return " ".join(text.value for text in app.markdown).replace("\\", "")


def uploaded(app: AppTest, people: ScoredPeople) -> AppTest:
    """The page with this table of predictions."""
    app.session_state["fairlab.predictions"] = Predictions(people, "mine.csv", "digest")
    app.switch_page("pages/stream.py").run()
    assert not app.exception, [error.message for error in app.exception]
    return app


def scored(n: int = 600, **changes: object) -> ScoredPeople:
    rng = np.random.default_rng(5)
    group, y = rng.integers(0, 2, n), rng.integers(0, 2, n)
    values: dict = {  # type: ignore[type-arg]
        "y_true": y,
        "score": np.clip(rng.normal(0.3 + 0.2 * y + 0.2 * group, 0.15), 0, 1).round(3),
        "attributes": {"town": Attribute(group, ("<b>north</b>", "so$uth$"))},
    }
    return ScoredPeople(**{**values, **changes})


def test_without_a_model_the_page_says_what_to_do(open_page: Open) -> None:
    """The empty state offers the next step and draws no player."""
    app = open_page("stream")
    assert "Nothing to look at yet" in [text.value for text in app.subheader]
    assert not app.get("bidi_component")


def test_a_chosen_model_is_played_at_once_with_all_five_rules(
    open_page: Open, finished_run: str, trained: tuple[object, SweepResult]
) -> None:
    """Test people come, validation people were known; the last gap is that of all test people."""
    app = open_page("stream", run=finished_run, chosen=(0,))
    data = payload(app)
    assert [p["name"] for p in data["policies"]] == list(POLICIES)
    test = trained[1].scored(0, "test")
    assert data["seen"][-1] == data["n"] == len(test.y_true)
    outcomes = test.outcomes(trained[1].group_by)
    means = [outcomes.score[outcomes.group == g].mean() for g in range(outcomes.n_groups)]
    assert data["policies"][0]["gap"][-1] == pytest.approx(max(means) - min(means), abs=1e-4)
    assert [m.label for m in app.metric][:2] == [
        "Gap at the end, no rule",
        "Gap at the end, online rule",
    ]
    text = words(app)
    assert f"{data['n']:,} people came in random order" in text
    assert "validation people were known before" in text
    assert "We cannot tell much about small groups" in text
    assert not re.search(r"\b(nan|inf|None)\b", text)


def test_settings_reach_the_stream(open_page: Open) -> None:
    """Batch size, order, slack, constraint, measure and alerts all change what is played."""
    app = uploaded(open_page("home"), scored())
    first = payload(app)
    assert (first["batch_size"], first["promised"], first["batches"]) == (32, 0.05, 10)
    app.selectbox(key="stream.batch").select(1).run()
    app.selectbox(key="stream.order").select("by group").run()
    by_group = payload(app)
    assert by_group["batches"] == 300
    assert by_group["policies"][0]["gap"][0] is None
    assert "one group after another" in words(app)
    assert "nobody to be compared with" in words(app)
    next(w for w in app.number_input if w.label == "Slack, points").set_value(1.0).run()
    assert payload(app)["promised"] == 0.01
    next(w for w in app.selectbox if w.label == "Constraint").select("equalized_odds").run()
    assert "No rule sees an outcome of the people who come" in words(app)
    app.segmented_control(key="stream.measure").set_value("Decisions").run()
    assert payload(app)["measure"] == "decisions"
    assert "measured, not promised" in words(app)
    app.number_input(key="stream.tolerance").set_value(0.0).run()
    raised = payload(app)
    assert raised["tolerance"] == 0
    assert raised["policies"][0]["alerts"]
    assert "Alerts: No rule" in words(app)
    assert not app.exception


def test_a_batch_size_of_ones_own(open_page: Open) -> None:
    app = uploaded(open_page("home"), scored())
    app.selectbox(key="stream.batch").select(0).run()
    app.number_input(key="stream.batch.other").set_value(50).run()
    assert payload(app)["batches"] == 6


def test_uploaded_predictions_are_split_and_names_stay_text(open_page: Open) -> None:
    """Half fits, half comes, and the page says so; names arrive as they are, never as markup."""
    app = uploaded(open_page("home"), scored())
    data = payload(app)
    assert data["n"] == 300
    assert [g["name"] for g in data["drift"]["groups"]] == ["<b>north</b>", "so$uth$"]
    text = " ".join(t.value for t in app.markdown)
    assert "<b>north" not in text.replace("\\<b", "")
    assert "300 people count as known before" in words(app)
    assert data["policies"][0]["gap"][-1] > 0.1 > data["policies"][-1]["gap"][-1]


def test_scores_on_another_scale_are_mapped_and_it_is_said(open_page: Open) -> None:
    """Deciles 1 to 10: the threshold moves with the scores."""
    people = scored()
    deciles = replace(people, score=np.ceil(people.score * 9) + 1, threshold=5.5)
    app = uploaded(open_page("home"), deciles)
    assert "Scores run from 1 to 10" in words(app)
    labels = app.segmented_control(key="stream.measure").options
    assert "Decisions at 0.5" in labels


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"attributes": {"town": Attribute(np.zeros(600, dtype=np.int64), ("a",))}}, "one group"),
        ({"y_true": np.ones(600, dtype=np.int64)}, None),
        ({"score": np.full(600, 0.7)}, None),
        ({"weight": np.full(600, 0.37)}, "Weights are left aside"),
    ],
    ids=["one group", "one outcome", "one score", "weights"],
)  # fmt: skip
def test_what_cannot_be_played_is_said_and_nothing_breaks(
    open_page: Open, changes: dict[str, object], said: str | None
) -> None:
    app = uploaded(open_page("home"), scored(**changes))
    text = words(app) + " ".join(w.value for w in app.warning)
    assert said is None or said in text
    assert not re.search(r"\b(nan|inf|None)\b", text)


def test_a_constraint_nobody_can_be_compared_under_is_undefined(open_page: Open) -> None:
    """All outcomes are favourable: predictive equality has nobody, and no number is made up."""
    app = uploaded(open_page("home"), scored(y_true=np.ones(600, dtype=np.int64)))
    next(w for w in app.selectbox if w.label == "Constraint").select("predictive_equality").run()
    assert app.metric[0].value == "undefined"
    assert "We cannot tell how far apart groups are" in words(app)
    assert "“Frozen rule” could not be played" in words(app)
    assert not app.exception


def test_a_rule_that_would_hold_up_the_server_is_left_out_and_named(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The paper's rule under two conditions, many groups and batches; the others are played."""
    monkeypatch.setattr("fairlab.ui.widgets.stream_view.MOST_SYSTEMS", 80)
    towns = np.arange(600) % 3
    app = uploaded(
        open_page("home"), scored(attributes={"town": Attribute(towns, ("a", "b", "c"))})
    )
    assert len(payload(app)["policies"]) == 5
    next(w for w in app.selectbox if w.label == "Constraint").select("equalized_odds").run()
    assert "online_paper" not in [p["name"] for p in payload(app)["policies"]]
    assert "“Online (paper)” could not be played: for two conditions, 3 groups" in words(app)


def test_decisions_cannot_be_streamed_as_scores(open_page: Open) -> None:
    people = scored()
    decided = replace(people, score=(people.score >= 0.5).astype(float), has_scores=False)
    app = uploaded(open_page("home"), decided)
    assert "A stream needs scores" in [text.value for text in app.subheader]
    assert not app.get("bidi_component")


def test_the_layers_model_starts_from_raw_scores_where_they_were_kept(
    open_page: Open, finished_run: str, trained: tuple[object, SweepResult]
) -> None:
    """ "No rule" is the network alone; the slack is the one it was trained for."""
    result = trained[1]
    assert result.points[LAYER].slack == 0.05
    app = open_page("stream", run=finished_run, chosen=(LAYER,))
    assert "before the layer's own last step" in words(app)
    outcomes = result.scored(LAYER, "test").outcomes(result.group_by)
    raw = result.raw_score(LAYER, "test")
    means = [raw[outcomes.group == g].mean() for g in range(outcomes.n_groups)]
    data = payload(app)
    assert data["promised"] == 0.05
    assert data["policies"][0]["gap"][-1] == pytest.approx(max(means) - min(means), abs=1e-4)


def test_an_older_run_of_the_layer_says_where_it_starts(
    open_page: Open, fairlab_home: Path, trained: tuple[object, SweepResult]
) -> None:
    """Without raw scores the stream starts from the frozen rule's, and says so."""
    config, result = trained
    splits = {name: replace(split, raw=None) for name, split in result.splits.items()}
    run_id = stored_run(fairlab_home, config, replace(result, splits=splits))  # type: ignore[arg-type]
    app = open_page("stream", run=run_id, chosen=(LAYER,))
    assert "already passed through the layer's frozen rule" in words(app)


def test_files_hold_sums_and_no_single_person() -> None:
    """Rows at least ten people apart, whatever the batch size; JSON says what was asked."""
    from fairlab.projection.stream import play, window_of
    from fairlab.projection.stream_people import FitPeople
    from fairlab.reports.tables.stream import stream_csv, stream_frame, stream_json

    people = scored(205)
    group = people.attributes["town"].codes
    fit = FitPeople(people.score, group, people.y_true)
    for size in (1, 7, 32):
        played = play(people.score, group, people.y_true, fit=fit, batch_size=size)
        gaps = {name: played.means(name).window_gap(2) for name in played.traces}
        frame = stream_frame(played, window_of(played, 2), gaps, ("n", "s"))
        assert np.diff(frame["people"], prepend=0).min() >= 10
        assert frame["people"].iloc[-1] == 205
        last = frame.iloc[-1]
        assert last["gap_online"] == played.traces["online"].gap[-1]
        read = pd.read_csv(io.BytesIO(stream_csv(frame)))
        assert list(read.columns) == list(frame.columns)
        found = dict.fromkeys(played.traces, ())
        content = json.loads(stream_json(played, frame, found, ("n", "s"), {"subject": "mine"}))
        assert content["settings"]["batch_size"] == size
        assert content["settings"]["subject"] == "mine"
        assert len(content["final"]) == 5
        assert content["batches"]["people"][-1] == 205


OTHER_PAGES = """
import logging, sys
logging.disable(logging.CRITICAL)
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=60).run()
pages = "data train thresholds impossibility audit compare stream report".split()
for name in pages:
    app.switch_page(f"pages/{name}.py").run()
    assert not app.exception, (name, app.exception)
    assert "torch" not in sys.modules, name
"""
EVERY_MODULE = """
import importlib, pkgutil, sys
import fairlab.reports, fairlab.ui
for package in (fairlab.reports, fairlab.ui):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
        assert "torch" not in sys.modules, module.name
"""


def test_no_page_imports_torch_before_a_stream_is_played(fairlab_home: Path) -> None:
    """Torch doubles the server's memory: a fresh interpreter opens every page without it.

    Neither do modules that pages import only when something is asked for.
    """
    code = OTHER_PAGES + EVERY_MODULE
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
