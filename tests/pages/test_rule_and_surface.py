"""The surface of two groups and a rule from a file, on Thresholds."""

from collections.abc import Callable

import numpy as np
from streamlit.testing.v1 import AppTest

from fairlab.config import RunConfig
from fairlab.frontier import GroupThresholds, Rule
from fairlab.results import SweepResult

Open = Callable[..., AppTest]
CUTS = {"Black": 0.5, "Hispanic": 0.25, "White": 0.75}


def rule(**changes: GroupThresholds) -> Rule:
    groups = [changes.get(g, GroupThresholds(g, (cut,), (1.0,))) for g, cut in CUTS.items()]
    return Rule("demographic_parity", "max", 0.05, 1.0, 1.0, tuple(groups))


def words_on(app: AppTest) -> str:
    return " ".join(text.value for text in app.markdown)


def upload(app: AppTest, content: bytes) -> AppTest:
    app.file_uploader(key="rule.file").upload("rule.json", content, "application/json").run()
    assert not app.exception
    return app


def test_the_surface_of_two_of_three_groups_says_how_the_third_is_held(
    open_page: Open, finished_run: str
) -> None:
    """Sentence, note on the group that is held, and the named pairs in the table."""
    app = open_page("thresholds", run=finished_run, chosen=(0,))
    app.session_state["surface.open"] = True
    app.run()
    assert "the demographic parity gap is" in words_on(app)
    assert "held at threshold 0.5" in words_on(app)
    table = next(t.value for t in app.dataframe if "Rule" in t.value)
    assert table["Rule"].tolist()[:3] == [
        "in use",
        "maximum accuracy, chosen on validation people",
        "demographic parity, chosen on validation people",
    ]
    app.selectbox(key="surface.a").select("Hispanic").run()
    app.selectbox(key="surface.b").select("Hispanic").run()
    assert not app.exception
    assert any("two different groups" in text.value for text in app.warning)


def test_a_rule_from_a_file_is_tried_and_chosen(
    open_page: Open, finished_run: str, trained: tuple[RunConfig, SweepResult]
) -> None:
    """The expected rates are those of counting; choosing keeps the thresholds."""
    app = upload(open_page("thresholds", run=finished_run, chosen=(0,)), rule().to_json().encode())
    people = trained[1].scored(0, "test").outcomes(("race_ethnicity",))
    cuts = np.array([CUTS[name] for name in people.group_names])[people.group]
    right = float(((people.score >= cuts) == people.y_true).mean())
    assert f"the rule reaches accuracy {100 * right:.1f} %" in words_on(app)
    table = next(t.value for t in app.dataframe if "Selected" in t.value)
    assert table["Selected"].tolist() == ["from 0.5", "from 0.25", "from 0.75"]
    app.button(key="rule.use").click().run()
    assert not app.exception
    chosen = app.query_params["chosen"]
    assert "0.5*0.25*0.75" in (chosen if isinstance(chosen, str) else chosen[0])


def test_a_rule_that_draws_is_shown_in_expectation_and_not_offered(
    open_page: Open, finished_run: str
) -> None:
    """A chosen point has one threshold per group."""
    drawn = rule(Black=GroupThresholds("Black", (0.9, 0.1), (0.5, 0.5)))
    app = upload(open_page("thresholds", run=finished_run, chosen=(0,)), drawn.to_json().encode())
    assert "decided by chance" in words_on(app)
    assert not [button for button in app.button if button.key == "rule.use"]


def test_what_is_no_rule_or_of_other_groups_is_refused_with_a_remedy(
    open_page: Open, finished_run: str
) -> None:
    """Not JSON, not text, and a rule without a threshold for a group."""
    app = open_page("thresholds", run=finished_run, chosen=(0,))
    other = Rule("demographic_parity", "max", 0, 1, 1, rule().groups[:2])
    for content, said in (
        (b"{}", "not a threshold rule"),
        (b"\xff\xfe", "not UTF-8"),
        (other.to_json().encode(), "no threshold for 'White'"),
    ):
        upload(app, content)
        assert any(said in error.value for error in app.error), said


def test_thresholds_per_group_in_use_are_what_a_move_is_held_against(
    open_page: Open, finished_run: str
) -> None:
    """A model chosen with a threshold per group: the surface marks that pair."""
    app = upload(open_page("thresholds", run=finished_run, chosen=(0,)), rule().to_json().encode())
    app.button(key="rule.use").click().run()
    app.selectbox(key="thresholds.model").select_index(0).run()
    app.session_state["surface.open"] = True
    app.run()
    assert not app.exception
    assert "In use (White from 0.75, Black from 0.5)" in words_on(app)
    assert "held at threshold 0.25" in words_on(app)
