"""The line of best thresholds on Train, and the rules taken from it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fairlab.config import LayerParams, PenaltyParams, RunConfig, SweepConfig
from fairlab.data import load
from fairlab.frontier import Rule
from fairlab.results import SweepResult
from fairlab.training import fit_sweep
from tests.stored import stored_run

Open = Callable[..., AppTest]
SWEEP = SweepConfig(
    penalty=PenaltyParams(strengths=(0.0, 3.0)), model={"kind": "logistic"}, epochs=15  # type: ignore[arg-type] # pydantic reads the mapping
)  # fmt: skip


@pytest.fixture(scope="module")
def able() -> tuple[RunConfig, SweepResult]:
    """Two models whose scores tell something, trained once."""
    data = load("loanapp")
    config = RunConfig(data=data.data, task=data.task, sweep=SWEEP)
    return config, fit_sweep(data, config)


@pytest.fixture
def run_id(fairlab_home: Path, able: tuple[RunConfig, SweepResult]) -> str:
    return stored_run(fairlab_home, able[0], able[1])


def drawn(app: AppTest) -> dict[str, object] | None:
    """The line the chart was given."""
    given = [json.loads(found.proto.json) for found in app.get("bidi_component")]
    (found,) = [one["frontier"] for one in given if "frontier" in one]
    assert found is None or isinstance(found, dict)
    return found


def words_on(app: AppTest) -> str:
    return " ".join(text.value for text in app.markdown)


def test_the_line_is_drawn_for_the_unmitigated_model_with_sentence_and_table(
    open_page: Open, run_id: str
) -> None:
    """By default, without a click."""
    app = open_page("train", run=run_id)
    line = drawn(app)
    assert line is not None
    assert line["label"] == "Penalty, unmitigated"
    assert line["slack"][0] == 0  # type: ignore[index]
    assert "best that thresholds per group allow for the scores of “Penalty, unmitigated”" in (
        words_on(app)
    )
    assert any("Slack, points" in table.value for table in app.dataframe)


def test_the_line_can_be_of_another_model_or_of_none(open_page: Open, run_id: str) -> None:
    """The point selected is offered; "do not draw it" takes line, sentence and rule away."""
    app = open_page("train", run=run_id)
    picker = next(box for box in app.selectbox if str(box.key).startswith("train.pick"))
    picker.select_index(
        next(i for i, o in enumerate(picker.options) if o.startswith("Penalty, strength 3"))
    ).run()
    app.run()
    chooser = next(box for box in app.selectbox if box.key == f"train.frontier.{run_id}")
    assert any("strength 3" in option for option in chooser.options)
    chooser.select_index(next(i for i, o in enumerate(chooser.options) if "strength 3" in o)).run()
    line = drawn(app)
    assert line is not None
    assert line["label"] == "Penalty, strength 3"
    chooser = next(box for box in app.selectbox if box.key == f"train.frontier.{run_id}")
    chooser.select_index(len(chooser.options) - 1).run()
    assert drawn(app) is None
    assert "thresholds per group allow" not in words_on(app)


def test_a_rule_from_the_line_is_chosen_with_one_threshold_per_group(
    open_page: Open, run_id: str
) -> None:
    """At another slack the thresholds change; choosing keeps them in the address."""
    app = open_page("train", run=run_id)
    tables = [t.value for t in app.dataframe if "One threshold" in t.value]
    assert tables[0]["Group"].tolist() == ["Black", "Hispanic", "White"]
    field = next(b for b in app.number_input if str(b.key).startswith("train.frontier.slack"))
    field.set_value(0.0).run()
    narrow = next(t.value for t in app.dataframe if "One threshold" in t.value)
    assert narrow["Best rule"].tolist() != tables[0]["Best rule"].tolist()
    app.button(key="train.rule.use").click().run()
    assert not app.exception
    assert app.button(key="train.rule.use").label == "In use"
    chosen = app.query_params["chosen"]
    chosen = chosen if isinstance(chosen, str) else chosen[0]
    assert "race_ethnicity" in chosen
    assert chosen.count("*") == 2


def test_no_line_is_drawn_for_attributes_each_by_itself_and_the_reason_is_said(
    open_page: Open, fairlab_home: Path
) -> None:
    """The frontier would have another vertical axis."""
    data = load("loanapp")
    sweep = SWEEP.model_copy(
        update={
            "grouping": "marginal", "group_by": ("race_ethnicity", "sex"), "modes": ("layer",),
            "layer": LayerParams(slacks=(1.0,)), "epochs": 2,
        }
    )  # fmt: skip
    config = RunConfig(data=data.data, task=data.task, sweep=sweep)
    run_id = stored_run(fairlab_home, config, fit_sweep(data, config))
    app = open_page("train", run=run_id)
    assert drawn(app) is None
    assert "No line of best thresholds is drawn" in words_on(app)
    assert "each by itself" in words_on(app)


def test_the_rule_as_a_file_is_the_rule(able: tuple[RunConfig, SweepResult]) -> None:
    """What the button hands out decides as the rule on the page does."""
    from fairlab.frontier import frontier_of_run

    exact = frontier_of_run(able[1], 0, draws=0).frontier.at(0.05)
    assert Rule.from_json(exact.to_json()) == exact
