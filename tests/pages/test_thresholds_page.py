"""Thresholds as a visitor meets it."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fairlab.config import RunConfig
from fairlab.frontier.strategies import STRATEGIES
from fairlab.metrics import audit
from fairlab.outcomes import count
from fairlab.results import Attribute, ScoredPeople, SweepResult
from fairlab.sweeps import thinned_sweep
from fairlab.ui.explorer_choice import ExplorerChoice
from fairlab.ui.state import Predictions
from tests.pages.conftest import APP

Open = Callable[..., AppTest]


def payload(app: AppTest) -> dict:  # type: ignore[type-arg]
    """What the explorer was given."""
    found = json.loads(app.get("bidi_component")[0].proto.json)
    assert isinstance(found, dict)
    return found


def words(app: AppTest) -> str:
    return " ".join(text.value for text in app.markdown)


def uploaded(app: AppTest, people: ScoredPeople, page: str = "thresholds") -> AppTest:
    """The page with this table of predictions."""
    app.session_state["fairlab.predictions"] = Predictions(people, "mine.csv", "digest")
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, [error.message for error in app.exception]
    return app


def scored(n: int = 400, **changes: object) -> ScoredPeople:
    rng = np.random.default_rng(5)
    group, y = rng.integers(0, 2, n), rng.integers(0, 2, n)
    values: dict = {  # type: ignore[type-arg]
        "y_true": y,
        "score": np.clip(rng.normal(0.35 + 0.3 * y + 0.1 * group, 0.2), 0, 1).round(3),
        "attributes": {"town": Attribute(group, ("<b>north</b>", "so$uth$"))},
    }
    return ScoredPeople(**{**values, **changes})


def test_without_a_model_the_page_says_what_to_do(open_page: Open) -> None:
    """The empty state offers the next step and draws no slider."""
    app = open_page("thresholds")
    assert "Nothing to look at yet" in [text.value for text in app.subheader]
    assert not app.get("bidi_component")


def test_a_chosen_model_gets_a_slider_with_exact_counts(open_page: Open, finished_run: str) -> None:
    """The payload starts at the model's threshold and counts the test people exactly."""
    app = open_page("thresholds", run=finished_run, chosen=(0,))
    data = payload(app)
    assert data["start"] == {"mode": "one", "cuts": [0.5], "strategy": "in_use"}
    at = data["positions"].index(0.5)
    people = sum(sum(group["size"]) for group in data["groups"])
    assert people > 300
    selected = sum(group["tp"][at] + group["fp"][at] for group in data["groups"])
    assert f"At threshold 0.5, {selected:,} of {people:,} people are selected" in words(
        app
    ).replace("\\", "")


def test_strategies_are_fitted_on_validation_people_and_say_whether_they_need_the_group(
    open_page: Open, finished_run: str
) -> None:
    app = open_page("thresholds", run=finished_run, chosen=(0,))
    offered = {one["name"]: one for one in payload(app)["strategies"]}
    assert list(offered) == [
        "in_use",
        "single_threshold",
        "smallest_worst_gap",
        *list(STRATEGIES)[1:],
    ]
    parity = offered["demographic_parity"]
    assert parity["mode"] == "each"
    assert len(parity["cuts"]) == len(payload(app)["groups"])
    assert "validation people" in parity["sentence"]
    assert "A decision needs the person's group." in parity["sentence"]
    assert "does not need" in offered["single_threshold"]["sentence"]


def test_costs_change_the_strategies(open_page: Open) -> None:
    """The dearer a wrong selection, the higher the least costly threshold."""
    app = uploaded(open_page("home"), scored())
    cheap = {one["name"]: one for one in payload(app)["strategies"]}["single_threshold"]["cuts"]
    app.number_input(key="cost_fp").set_value(20.0).run()
    dear = {one["name"]: one for one in payload(app)["strategies"]}["single_threshold"]["cuts"]
    assert dear[0] > cheap[0]
    assert payload(app)["costs"] == [20.0, 1.0]
    assert "the same 400 people" in payload(app)["strategies"][1]["sentence"]


def test_a_strategy_pressed_before_a_cost_has_arrived_has_the_thresholds_of_that_cost(
    open_page: Open,
) -> None:
    """The browser then sends what the button set at the cost before; it must not be used."""
    app = uploaded(open_page("home"), scored())
    before = {one["name"]: one for one in payload(app)["strategies"]}["single_threshold"]["cuts"]
    pressed = ExplorerChoice("one", tuple(before), "single_threshold")
    app.session_state["fairlab.explorer"] = (payload(app)["digest"], pressed)
    app.number_input(key="cost_fp").set_value(20.0).run()
    now = {one["name"]: one for one in payload(app)["strategies"]}["single_threshold"]["cuts"]
    assert now != before
    assert app.query_params["cuts"] == f"one~single_threshold~{now[0]!r}"
    assert f"At threshold {now[0]:g}" in words(app)


def linked(cuts: str, run: str, chosen: str = "") -> AppTest:
    """The page opened with a link."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params["run"] = run
    app.query_params["chosen"] = chosen or f"{run}:0@0.5"
    app.query_params["cuts"] = cuts
    app.query_params["thresholds.by"] = "sex"
    app.run()
    app.switch_page("pages/thresholds.py").run()
    assert not app.exception, [error.message for error in app.exception]
    return app


def test_a_link_restores_a_threshold_per_group(finished_run: str) -> None:
    app = linked("each~~0.81_0.9", finished_run)
    assert payload(app)["start"] == {"mode": "each", "cuts": [0.81, 0.9], "strategy": ""}
    assert "At these thresholds" in words(app)


@pytest.mark.parametrize(
    "cuts", ["each~~0.5", "each~~0.5_0.6_0.7", "one~~nan", "one~~<b>", "both~~0.5", "x" * 90_000]
)
def test_a_link_of_anything_else_starts_where_the_model_is_in_use(
    finished_run: str, cuts: str
) -> None:
    assert payload(linked(cuts, finished_run))["start"]["strategy"] == "in_use"


def test_thresholds_per_group_in_use_decide_on_audit_compare_and_report(
    finished_run: str, trained: tuple[RunConfig, SweepResult]
) -> None:
    """The link carries them; every page counts the same people, and Report exports the rule."""
    both = f"{finished_run}:0@0.5,{finished_run}:0@0.5;sex;0.8*0.9"
    app = linked("", finished_run, both)
    assert payload(app)["start"]["cuts"] == [0.8, 0.9]
    people = trained[1].scored(0)
    outcomes = people.outcomes(("sex",))
    selected = int((outcomes.score >= np.array([0.8, 0.9])[outcomes.group]).sum())
    assert f"At these thresholds, {selected} of {outcomes.n} people" in words(app)
    app.switch_page("pages/audit.py").run()
    assert not app.exception
    assert app.selectbox(key="audit.model").value.cuts == (0.8, 0.9)
    assert app.selectbox(key="audit.by").value == ("sex",)
    said = words(app)
    assert "female 0.8, male 0.9" in said
    assert "there is no threshold to choose" not in said
    app.segmented_control(key="audit.part").set_value("Scores").run()
    assert not app.exception
    assert "reads the scores behind the thresholds per group" in words(app)
    assert app.dataframe
    app.switch_page("pages/compare.py").run()
    app.button_group(key="compare.part").set_value("people").run()
    assert not app.exception
    assert "Moving from A to B" in words(app)
    app.session_state["report.tabs"] = "Run"
    app.switch_page("pages/report.py").run()
    assert not app.exception
    assert "cannot be decided" in words(app)
    assert any("group_cuts" in code.value for code in app.code)
    labels = {button.proto.label for button in app.get("download_button")}
    assert "Rule: thresholds per group (JSON)" in labels


@pytest.mark.parametrize("link", [";town;0.8*0.9", ";sex;0.8", ";sex;0.8*nan"])
def test_a_link_with_other_groups_or_no_numbers_is_no_choice_by_group(
    finished_run: str, link: str
) -> None:
    app = linked("", finished_run, f"{finished_run}:0@0.5,{finished_run}:0@0.5{link}")
    assert payload(app)["start"]["cuts"] == [0.5]


def test_a_table_of_risks_keeps_its_own_numbers(open_page: Open) -> None:
    """A risk's sign was turned on the way in; the slider shows it as the table writes it."""
    people = scored(higher_is_better=False, score_name="risk")
    app = uploaded(open_page("home"), replace(people, score=-people.score, threshold=-0.5))
    assert payload(app)["sign"] == -1
    assert payload(app)["start"]["cuts"] == [-0.5]


def test_the_threshold_in_use_is_not_offered_again(open_page: Open, finished_run: str) -> None:
    app = open_page("thresholds", run=finished_run, chosen=(0,))
    assert app.button(key="thresholds.use").disabled


def test_uploaded_scores_are_swept_and_names_stay_text(open_page: Open) -> None:
    """Every distinct score counts; group names arrive as they are, never as markup."""
    people = scored()
    app = uploaded(open_page("home"), people)
    app.session_state["thresholds.table"] = True
    app.run()
    data = payload(app)
    assert [g["name"] for g in data["groups"]] == ["<b>north</b>", "so$uth$"]
    i = data["positions"].index(0.4)
    assert [g["tp"][i] for g in data["groups"]] == count(people.outcomes(), 0.4).tp.tolist()
    text = words(app)
    assert "<b>north" not in text.replace("\\<b", "")
    assert "the widest of the four gaps is smallest at threshold" in text
    assert f"of {len(set(people.score.tolist())) + 1:,} thresholds" in text


def test_tolerance_and_gaps_reach_chart_and_sentence(open_page: Open) -> None:
    """The band and the list of gaps follow the settings; without a tolerance there is no band."""
    app = uploaded(open_page("home"), scored())
    assert payload(app)["tolerance"] is None
    assert "points and gives up" not in words(app)
    app.number_input(key="thresholds.tolerance").set_value(100.0).run()
    app.multiselect(key="thresholds.gaps").set_value(["accuracy_difference"]).run()
    data = payload(app)
    assert data["tolerance"] == 1.0
    assert [gap["name"] for gap in data["gaps"]] == ["accuracy_difference"]
    assert "keep the gap within 100 points" in words(app)


def test_no_gap_chosen_is_said_and_stops_quietly(open_page: Open) -> None:
    app = uploaded(open_page("home"), scored())
    app.multiselect(key="thresholds.gaps").set_value([]).run()
    assert [w.value for w in app.warning] == ["Choose at least one gap to compare."]
    assert not app.exception


def test_decisions_have_no_threshold_to_move(open_page: Open) -> None:
    """A table of decisions says so and points to the Data page."""
    people = scored()
    decided = scored(score=(people.score >= 0.5).astype(float), has_scores=False)
    app = uploaded(open_page("home"), decided)
    assert "There is no threshold to move" in [text.value for text in app.subheader]
    assert not app.get("bidi_component")


@pytest.mark.parametrize(
    "changes",
    [
        {"y_true": np.ones(400, dtype=np.int64)},
        {"score": np.full(400, 0.7)},
        {"attributes": {"town": Attribute(np.zeros(400, dtype=np.int64), ("all", "nobody"))}},
        {"weight": np.full(400, 0.37)},
    ],
    ids=["one outcome", "one score", "one group", "weights"],
)
def test_what_cannot_be_computed_is_said_and_nothing_breaks(
    open_page: Open, changes: dict[str, object]
) -> None:
    app = uploaded(open_page("home"), scored(**changes))
    assert payload(app)["positions"]
    text = words(app)
    assert not re.search(r"\b(nan|inf|None)\b", text)
    if "weight" not in changes and "score" not in changes:
        assert "undefined" in text or "We cannot tell" in text


def crowd(groups: int, n: int = 3_000, **attributes: Attribute) -> ScoredPeople:
    """People of many groups, each with a score of their own."""
    rng = np.random.default_rng(2)
    score = rng.permutation(n) / n
    names = tuple(f"g{g}" for g in range(groups))
    own = {"town": Attribute(rng.integers(0, groups, n), names)}
    y = (rng.random(n) < score).astype(np.int64)
    return ScoredPeople(y_true=y, score=score, attributes=own | attributes)


def test_a_page_says_where_not_every_threshold_is_compared(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number compared and of all; counts at the handle stay exact."""
    monkeypatch.setattr(
        "fairlab.ui.widgets.sweep_view.thinned_sweep", lambda people: thinned_sweep(people, 1_000)
    )
    people = crowd(2)
    app = uploaded(open_page("thresholds"), people)
    assert "at 500 of 3,001 thresholds, spread evenly" in words(app)
    assert "Over the single thresholds compared" in words(app)
    assert "Over all single thresholds" not in words(app)
    shown = payload(app)
    at = shown["positions"].index(0.5)
    counts = count(people.outcomes(("town",)), 0.5)
    assert [group["tp"][at] for group in shown["groups"]] == counts.tp.tolist()
    app.session_state["impossibility.view"] = "Every threshold"
    app.switch_page("pages/impossibility.py").run()
    assert "at 500 of 3,001 thresholds, spread evenly" in words(app)


def test_a_page_that_compares_every_threshold_says_so(open_page: Open) -> None:
    app = uploaded(open_page("thresholds"), crowd(2))
    assert "Over all single thresholds" in words(app)
    assert "compared at once" not in words(app)


def test_crossings_of_very_many_groups_are_not_offered(open_page: Open) -> None:
    """20 times 11 groups are too many, 20 times 10 are not; the selector says which are missing."""
    rng = np.random.default_rng(3)
    sizes = {"ten": 10, "eleven": 11}
    more = {
        name: Attribute(rng.integers(0, k, 3_000), tuple(f"{name}{i}" for i in range(k)))
        for name, k in sizes.items()
    }
    app = uploaded(open_page("thresholds"), crowd(20, **more))
    groups = app.selectbox(key="thresholds.by")
    assert groups.options == ["town", "ten", "eleven", "town × ten", "ten × eleven"]
    assert "more than 200 groups: town × eleven, town × ten × eleven." in groups.help


def test_with_many_groups_nothing_long_starts_by_itself(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which can hold together, and strategies that narrow a gap, wait until somebody asks."""
    asked: list[str] = []

    def refuse(*_: object, **__: object) -> None:
        asked.append("together")

    monkeypatch.setattr("fairlab.ui.widgets.compatibility_view.compatibility", refuse)
    people = crowd(21, 2_100)
    app = uploaded(open_page("impossibility"), people, "impossibility")
    app.session_state["impossibility.view"] = "Which can hold together"
    app.run()
    assert "With 21 groups searching" in words(app)
    assert not asked
    app.button(key="impossibility.together.asked.go").click().run()
    assert asked
    app.session_state["surface.open"] = True
    app.switch_page("pages/thresholds.py").run()
    assert not app.exception
    assert not app.checkbox(key="surface.mark.demographic_parity").value
    marked = next(t.value for t in app.dataframe if "Rule" in t.value)["Rule"].tolist()
    assert not any("demographic parity, chosen" in rule for rule in marked)


def test_the_threshold_in_use_has_the_intervals_of_audit(
    open_page: Open, finished_run: str, trained: tuple[RunConfig, SweepResult]
) -> None:
    """Same model, people and gap: one interval on both pages, and why bands are wider."""
    app = open_page("thresholds", run=finished_run, chosen=(2,))
    found = audit(trained[1].scored(2).outcomes(trained[1].group_by), 0.5)
    gap = found.gaps["demographic_parity_difference"]
    said = f"demographic parity {100 * gap.lower:.1f} to {100 * gap.upper:.1f} points"
    assert said in words(app)
    assert "bands of the chart can be wider" in words(app)
