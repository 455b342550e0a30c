"""Decision records on the Report page: taken away, taken up again, refused in sentences."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from fairlab.config import Choice, RunConfig
from fairlab.data import load
from fairlab.decision import DecisionRecord, make_record
from fairlab.results import SweepResult
from fairlab.ui.widgets import record_view
from tests import decided

Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def record(trained: tuple[RunConfig, SweepResult]) -> DecisionRecord:
    config, found = trained
    return make_record(
        config,
        found,
        load("loanapp"),
        choice=Choice(mode="layer", slack=0.05, threshold=0.6),
        reason="We voted.",
        dissent="Too *strict*.\n\nToo lax.",
    )


def take_up(open_page: Open, content: bytes) -> AppTest:
    app = open_page("report")
    app.file_uploader(key="report.upload").upload("record.json", content).run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return " ".join(e.value for kind in (app.success, app.warning, app.error) for e in kind)


@pytest.mark.usefixtures("finished_run")
def test_a_record_brings_back_run_choice_reason_and_every_voice(
    open_page: Open, record: DecisionRecord
) -> None:
    """The numbers are compared; on the same machine they are the same."""
    app = take_up(open_page, record.to_json().encode())
    app.button(key="report.import").click().run()
    assert not app.exception
    assert "its choice is below" in said(app)
    assert app.text_area[0].value == "We voted."
    assert app.text_area[1].value == "Too *strict*.\n\nToo lax."
    assert "numbers are the same as in the record" in said(app)


def test_what_was_decided_is_read_before_anything_is_trained(
    open_page: Open, record: DecisionRecord
) -> None:
    """Who gets a record by mail wants its reason and its dissent, as text and not as Markdown."""
    app = take_up(open_page, record.to_yaml().encode())
    read = next(text.value for text in app.markdown if "Reason" in text.value)
    assert "We voted" in read
    assert "slack 0.05" in read
    assert r"Too \*strict\*." in read
    assert "Too lax." in read
    assert "Test people (" in read


@pytest.mark.usefixtures("finished_run")
def test_a_number_that_was_changed_is_named(open_page: Open, record: DecisionRecord) -> None:
    content: Any = json.loads(record.to_json())
    content["results"][0]["groupings"][0]["groups"][2]["rates"]["base_rate"]["value"] = 0.5
    app = take_up(open_page, json.dumps(content).encode())
    app.button(key="report.import").click().run()
    assert not app.exception
    assert "1 of " in said(app)
    listed = " ".join(text.value for text in app.markdown)
    assert "0.5 in the record" in listed


def test_records_of_unknown_tables_and_changed_ones_are_refused(
    open_page: Open, record: DecisionRecord
) -> None:
    """A fingerprint opens no table; a changed run, or a broken file, is said to be one."""
    app = take_up(open_page, decided.record().to_yaml().encode())
    assert "which you have not opened here" in said(app)
    content: Any = json.loads(record.to_json())
    content["run"]["sweep"]["epochs"] = 4
    app = take_up(open_page, json.dumps(content).encode())
    assert "the run was changed after the record was written" in said(app)
    app = take_up(open_page, b"kind: fairlab decision record\nsurprise: 1\n")
    assert "surprise" in said(app)
    assert not [button for button in app.button if button.key == "report.import"]


def test_numbers_of_a_record_are_made_once_however_often_the_page_is_drawn(
    open_page: Open, finished_run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New words go into the record without its numbers being made again."""
    made = []

    def counted(*args: Any, **given: Any) -> DecisionRecord:
        made.append(given["choice"])
        return make_record(*args, **given)

    monkeypatch.setattr(record_view, "make_record", counted)
    app = open_page("report", finished_run, (2,))
    app.session_state["report.tabs"] = "Decision record"
    app.run()
    assert len(made) == 1
    app.text_area[0].set_value("Because of the weather.").run()
    assert not app.exception
    assert any("Because of the weather." in code.value for code in app.code)
    assert len(made) == 1
