"""Compare as a visitor meets it."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

Open = Callable[..., AppTest]


def words(app: AppTest) -> str:
    return " ".join(text.value for text in app.markdown)


def test_without_choices_it_says_what_to_do(open_page: Open) -> None:
    """The empty state leads to Train."""
    app = open_page("compare")
    assert "Two choices are needed" in [text.value for text in app.subheader]
    assert [button.label for button in app.button] == ["Train models"]


def test_one_choice_is_held_against_its_unmitigated_model(
    open_page: Open, finished_run: str
) -> None:
    """One click adds the baseline of the same family, first."""
    app = open_page("compare", run=finished_run, chosen=(2,))
    app.button[0].click().run()
    assert not app.exception
    headings = [m.value for m in app.markdown if m.value.startswith("**A")]
    assert "unmitigated" in headings[0]
    assert [m.label for m in app.metric].count("Accuracy") == 2


def test_two_choices_side_by_side(open_page: Open, finished_run: str) -> None:
    """Accuracy and gap per model, sentences, charts with their sentence as alternative text."""
    app = open_page("compare", run=finished_run, chosen=(0, 7))
    thresholds = [box for box in app.number_input if str(box.key).startswith("compare.threshold")]
    thresholds[1].set_value(0.9).run()
    assert "B against A" in words(app)
    assert "Moving from A to B" in words(app)
    charts = app.get("plotly_chart")
    assert len(charts) == 2
    assert "Moving from A to B" in charts[0].proto.alt
    assert "\\" not in charts[0].proto.alt, "escapes are for Markdown, not for ears"
    assert "Selection rate" in charts[1].proto.alt


def test_the_view_without_charts_says_the_same_in_tables(
    open_page: Open, finished_run: str
) -> None:
    app = open_page("compare", run=finished_run, chosen=(0, 2))
    app.toggle(key="compare.plain").set_value(True).run()
    assert not app.get("plotly_chart")
    assert "Moving from A to B" in words(app)
    shown = [next(iter(table.value.columns)) for table in app.dataframe]
    assert shown == ["Measure", "Group", "Group", "Gap", "Measure"]


def test_a_threshold_for_everybody_or_nobody_moves_everybody(
    open_page: Open, finished_run: str
) -> None:
    """A at 0.001 selects all, B at 0.999 nobody: levelling down is flagged, and the way back is
    not."""
    app = open_page("compare", run=finished_run, chosen=(0, 1))
    thresholds = [box for box in app.number_input if str(box.key).startswith("compare.threshold")]
    thresholds[0].set_value(0.001)
    thresholds[1].set_value(0.999).run()
    assert not app.exception
    assert any("Levelling down" in warning.value for warning in app.warning)
    app.selectbox(key="compare.before").select("B")
    app.selectbox(key="compare.after").select("A").run()
    assert not any("Levelling down" in warning.value for warning in app.warning)


def test_the_same_model_twice_is_refused(open_page: Open, finished_run: str) -> None:
    app = open_page("compare", run=finished_run, chosen=(0, 2))
    app.selectbox(key="compare.after").select("A").run()
    assert any("two different models" in info.value for info in app.info)


def test_crossed_groups_and_other_splits_work(open_page: Open, finished_run: str) -> None:
    """Empty crossed groups are undefined, not an error."""
    app = open_page("compare", run=finished_run, chosen=(0, 2, 5))
    app.selectbox(key="compare.by").set_value(("race_ethnicity", "sex")).run()
    app.selectbox(key="compare.split").select("train").run()
    assert not app.exception
    assert "C against A" in words(app)


def test_a_single_model_left_in_the_selection_asks_for_another(
    open_page: Open, finished_run: str
) -> None:
    app = open_page("compare", run=finished_run, chosen=(0, 2))
    app.multiselect(key="compare.models").unselect(app.multiselect[0].value[0]).run()
    assert any("at least two" in info.value for info in app.info)


def test_changes_are_tested_on_the_same_people(open_page: Open, finished_run: str) -> None:
    """Accuracy and the gap with an interval; another model can be held against the first."""
    app = open_page("compare", run=finished_run, chosen=(0, 2, 7))
    assert "From A to B" in words(app) or "A and B decide alike" in words(app)
    app.selectbox(key="compare.changes").select("C").run()
    assert not app.exception
    assert "From A to C" in words(app) or "A and C decide alike" in words(app)
    table = app.dataframe[-1].value
    assert set(table["Group"]) >= {"everyone", "between groups"}
    assert "Accuracy" in set(table["Measure"])


@pytest.mark.parametrize("index", [0, 1])
def test_an_unmitigated_model_is_not_held_against_itself(
    open_page: Open, finished_run: str, index: int
) -> None:
    """The button is there for a model of strength 1 and gone, with the reason, for strength 0."""
    app = open_page("compare", run=finished_run, chosen=(index,))
    offered = [b for b in app.button if b.label == "Compare with the unmitigated model"]
    assert bool(offered) is (index == 1)
    assert ("It is itself unmitigated" in words(app)) is (index == 0)
