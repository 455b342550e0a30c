"""Data as a visitor meets it: every kind of table, every kind of trouble."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from fairlab.data import load, load_table, proxies
from fairlab.ui.open_tables import OpenTables
from fairlab.ui.widgets import data_source, data_view
from fairlab.ui.widgets.data_source import BUILTIN, MADE_UP, OWN, PREDICTIONS, PUBLIC

Open = Callable[..., AppTest]


def people(n: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "pay": rng.normal(30, 5, n).round(1),
            "sex": rng.choice(["f", "m"], n),
            "age": rng.integers(18, 80, n),
            "hired": rng.choice(["yes", "no"], n),
        }
    )


def choose(app: AppTest, kind: str) -> AppTest:
    return app.segmented_control(key="data.kind").set_value(kind).run()


def upload(
    app: AppTest, content: bytes | pd.DataFrame, name: str = "mine.csv", what: str = "table"
) -> AppTest:
    if isinstance(content, pd.DataFrame):
        content = content.to_csv(index=False).encode()
    return app.file_uploader(key=f"data.upload.{what}").set_value((name, content, "text/csv")).run()


def words(app: AppTest) -> str:
    return " ".join(text.value for text in app.markdown)


def box(app: AppTest, label: str, kind: str = "selectbox"):
    (found,) = [widget for widget in app.get(kind) if widget.label.startswith(label)]
    return found


def test_the_built_in_table_is_ready_with_its_roles(open_page: Open) -> None:
    """A newcomer only has to press the button."""
    app = open_page("data")
    assert app.segmented_control(key="data.kind").value == BUILTIN
    assert not app.error
    assert "approve = 1 means “loan approved”" in words(app)
    assert "most common for White (90.8 %" in words(app)
    assert "smallest gap that would show" in words(app)
    button = app.button(key="data.use")
    assert not button.disabled
    button.click().run()
    assert app.session_state["fairlab.data"].data.source == "loanapp"


def test_an_uploaded_table_is_kept_for_the_worker_with_the_roles_entered(
    open_page: Open, fairlab_home: Path
) -> None:
    """What Train gets is the table by content, so that another process can open it."""
    app = upload(choose(open_page("data"), OWN), people())
    assert not app.error
    box(app, "Sensitive", "multiselect").set_value(["sex"]).run()
    app.button(key="data.use").click().run()
    used = app.session_state["fairlab.data"]
    assert used.task.label == "hired"
    assert used.task.favourable == ("yes",)
    assert used.task.sensitive == ("sex",)
    assert used.data.filename == "mine.csv"
    pd.testing.assert_frame_equal(load_table(used.data.fingerprint), used.frame)


def test_a_broken_file_lists_its_problems_and_the_next_one_works(open_page: Open) -> None:
    """Clear message, fix, continue; lines are left out only when the visitor says so."""
    app = choose(open_page("data"), OWN)
    text = people().to_csv(index=False)
    ragged = text.replace("\n", "\n1,2\n", 1).encode()
    app = upload(app, ragged)
    (error,) = app.error
    assert "1 line does not have 4 fields" in error.value
    assert "line 2 has 2" in error.value
    assert not [b for b in app.button if b.key == "data.use"]
    app.checkbox[0].check().run()
    assert not app.error
    assert "300 rows" in words(app)
    app = upload(app, b"<!doctype html><html>log in</html>", "page.csv")
    assert "web page" in app.error[0].value
    app = upload(app, text.encode())
    assert not app.button(key="data.use").disabled


def test_a_three_valued_label_asks_and_nothing_entered_is_lost(open_page: Open) -> None:
    """The words of the problem say the values; fixing one role keeps the others."""
    frame = people()
    frame.loc[:9, "hired"] = "maybe"
    app = upload(choose(open_page("data"), OWN), frame)
    assert "has 3 values (maybe, no, yes)" in app.error[0].value
    assert app.button(key="data.use").disabled
    box(app, "Sensitive", "multiselect").set_value(["age"]).run()
    box(app, "Cut 'age'", "text_input").set_value("40").run()
    box(app, "Unfavourable outcome", "multiselect").set_value(["no"]).run()
    assert not app.error
    assert box(app, "Sensitive", "multiselect").value == ["age"]
    assert box(app, "Cut 'age'", "text_input").value == "40"
    assert "under 40" in words(app)
    assert "10 rows are left out" in words(app).replace("of 300 ", "")


def test_edges_that_are_no_numbers_are_said_and_kept_for_repair(open_page: Open) -> None:
    """What was typed stays in the box."""
    app = upload(choose(open_page("data"), OWN), people())
    box(app, "Cut 'age'", "text_input").set_value("young, old").run()
    assert "are not numbers" in app.error[0].value
    assert box(app, "Cut 'age'", "text_input").value == "young, old"
    assert app.button(key="data.use").disabled


def test_columns_left_out_stay_left_out_when_other_roles_change(open_page: Open) -> None:
    """Changing the sensitive attributes does not bring an excluded column back."""
    app = upload(choose(open_page("data"), OWN), people().assign(note=1.5, late=2.5))
    box(app, "Columns left out", "multiselect").set_value(["pay"]).run()
    box(app, "Sensitive", "multiselect").set_value(["sex"]).run()
    assert box(app, "Columns left out", "multiselect").value == ["pay"]


def test_a_feature_that_repeats_the_label_is_flagged(open_page: Open) -> None:
    """Possible leaks stand in a box of their own, with what to do."""
    frame = people()
    frame["contract"] = frame["hired"].map({"yes": "signed", "no": "none"})
    app = upload(choose(open_page("data"), OWN), frame)
    assert "'contract' repeats the label" in app.warning[0].value


def test_names_with_markup_are_shown_as_they_are(open_page: Open) -> None:
    """A user's text never becomes a link, an image or HTML."""
    frame = people().replace({"sex": {"f": "<b>f</b>", "m": "[m](http://x)"}})
    app = upload(choose(open_page("data"), OWN), frame)
    assert not app.exception
    assert r"\[m\](http" in words(app)
    assert "http://x" not in words(app)


def test_dials_make_people_and_impossible_dials_are_said(open_page: Open) -> None:
    """The generator's problems are listed like those of a file."""
    app = choose(open_page("data"), MADE_UP)
    assert "2,000 rows" in words(app)
    app.number_input(key="made.n").set_value(500).run()
    assert "500 rows" in words(app)
    app.button(key="data.use").click().run()
    assert app.session_state["fairlab.data"].data.options["n"] == 500


def test_a_public_table_offline_says_what_to_do(open_page: Open, monkeypatch) -> None:
    """Which file to get, where to put it, and that the built-in table needs no internet."""
    monkeypatch.setenv("FAIRLAB_MIRROR", "http://127.0.0.1:9")
    app = choose(open_page("data"), PUBLIC)
    app.selectbox(key="data.public").set_value("compas").run()
    assert not app.error
    app.button(key="data.load").click().run()
    assert "compas.csv" in app.error[0].value
    assert "built-in table" in app.error[0].value


def test_predictions_go_to_audit_with_the_roles_entered(open_page: Open) -> None:
    """A risk score is recognised, and read so that low risk is selected."""
    frame = people().assign(risk=np.linspace(0, 1, 300))
    app = upload(choose(open_page("data"), PREDICTIONS), frame, what="predictions")
    assert not app.error
    assert next(one for one in app.toggle if "risk" in str(one.key)).value is True
    app.button(key="data.use_predictions").click().run()
    held = app.session_state["fairlab.predictions"]
    assert held.name == "mine.csv"
    np.testing.assert_allclose(held.people.score, -frame["risk"])
    assert held.people.threshold == -0.5


def test_what_is_looked_at_is_the_same_on_every_page(open_page: Open, finished_run: str) -> None:
    """Uploaded predictions come first everywhere, and a model selected on one page stays."""
    app = open_page("audit", run=finished_run, chosen=(3,))
    app.selectbox(key="audit.model").select_index(0).run()
    app.switch_page("pages/data.py").run()
    frame = people().assign(risk=np.linspace(0, 1, 300))
    app = upload(choose(app, PREDICTIONS), frame, what="predictions")
    app.button(key="data.use_predictions").click().run()
    for page in ("audit", "thresholds", "impossibility"):
        app.switch_page(f"pages/{page}.py").run()
        assert app.selectbox(key=f"{page}.model").value == "predictions"
    app.selectbox(key="impossibility.model").select_index(0).run()
    assert app.selectbox(key="impossibility.model").value.index == 3
    for page in ("thresholds", "audit"):
        app.switch_page(f"pages/{page}.py").run()
        assert app.selectbox(key=f"{page}.model").value.index == 3


def test_predictions_may_bring_controls_weights_and_merged_groups(open_page: Open) -> None:
    """A column to compare within, a weight, and a smallest group reach the audit as chosen."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "outcome": rng.integers(0, 2, 200),
            "score": rng.random(200),
            "sex": rng.choice(["f", "m", "rare"], 200, p=[0.5, 0.47, 0.03]),
            "town": rng.choice(["x", "y"], 200),
            "w": np.linspace(1, 2, 200),
        }
    )
    app = upload(choose(open_page("data"), PREDICTIONS), frame, what="predictions")
    box(app, "Sensitive", "multiselect").set_value(["sex"]).run()
    box(app, "Also compare groups within", "multiselect").set_value(["town"]).run()
    box(app, "Weight of each person", "selectbox").set_value("w").run()
    box(app, "Merge groups", "number_input").set_value(20).run()
    assert not app.exception
    app.button(key="data.use_predictions").click().run()
    people = app.session_state["fairlab.predictions"].people
    assert people.controls["town"].names == ("x", "y")
    assert people.weight is not None
    assert people.weight[-1] == 2
    assert people.attributes["sex"].names == ("f", "m", "other groups")


def test_predictions_with_problems_list_them(open_page: Open) -> None:
    """A column of words is no score."""
    frame = people()[["sex", "hired"]].assign(verdict="good")
    app = upload(choose(open_page("data"), PREDICTIONS), frame, what="predictions")
    box(app, "Sensitive", "multiselect").set_value([]).run()
    assert "No sensitive attribute" in app.error[0].value
    assert "must be numbers" in app.error[0].value


def test_coming_back_shows_the_table_in_use(open_page: Open) -> None:
    """Away to another page and back: same table, same roles."""
    app = upload(choose(open_page("data"), OWN), people())
    box(app, "Sensitive", "multiselect").set_value(["sex"]).run()
    app.button(key="data.use").click().run()
    app.switch_page("pages/home.py").run()
    app.switch_page("pages/data.py").run()
    assert "mine.csv" in words(app)
    assert box(app, "Sensitive", "multiselect").value == ["sex"]


def test_a_table_from_a_run_opens_with_that_run_s_roles(open_page: Open, finished_run: str) -> None:
    """A shared link to a run shows its table here."""
    app = open_page("data", run=finished_run)
    assert "approve = 1" in words(app)
    assert app.session_state["fairlab.data"].data.fingerprint == load("loanapp").data.fingerprint


def test_a_table_the_memory_has_no_room_for_is_refused_in_words(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever uploads the next one is told; nothing else on the server breaks."""
    app = choose(open_page("data"), OWN)
    few = OpenTables(most=10_000, of_one=10_000)
    monkeypatch.setattr(data_source, "open_tables", lambda: few)
    upload(app, people())
    assert not app.exception
    assert "FAIRLAB\\_OPEN\\_TABLES\\_MB" in app.error[0].value
    assert few.bytes() == 0
    upload(app, people(20), name="small.csv")
    assert not app.error
    assert few.bytes() > 0


def test_proxies_are_looked_for_once_somebody_unfolds_them(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seconds on a wide table, which nobody has to wait for who came for something else."""
    asked = []

    def look(*what: object, **how: object) -> object:
        asked.append(what)
        return proxies(*what, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(data_view, "proxies", look)
    app = open_page("data")
    assert asked == []
    app.session_state["data.proxies.open"] = True
    app.run()
    assert not app.exception
    assert len(asked) == 1
