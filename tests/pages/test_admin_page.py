"""The page of whoever runs the server: closed without the token, and without contents."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fairlab.config import RunConfig
from fairlab.errors import UnknownNameError
from fairlab.results import SweepResult
from fairlab.runs.records import RunState
from fairlab.runs.store import RunStore
from fairlab.settings import settings
from fairlab.ui.widgets import admin_view
from tests.pages.conftest import OTHER, OTHER_TOKEN, OWNER

Open = Callable[..., AppTest]
Trained = tuple[RunConfig, SweepResult]
SECRET = "a long random text"


@pytest.fixture
def opened(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> Callable[[], AppTest]:
    """The page, opened with the token."""
    monkeypatch.setenv("FAIRLAB_ADMIN_TOKEN", SECRET)
    settings.cache_clear()

    def open_it() -> AppTest:
        app = open_page("admin")
        give(app, SECRET)
        assert not app.exception
        return app

    return open_it


def give(app: AppTest, token: str) -> None:
    """Type a token and press Open."""
    app.text_input[0].set_value(token)
    app.button[0].click().run()


def words(app: AppTest) -> str:
    """Everything said on the page."""
    return " ".join(text.value for text in (*app.markdown, *app.error))


def test_without_a_token_set_the_page_is_closed(open_page: Open) -> None:
    """It says how whoever runs the server opens it, and asks for nothing."""
    app = open_page("admin")
    assert "FAIRLAB_ADMIN_TOKEN" in words(app)
    assert not app.text_input
    assert not app.metric


@pytest.mark.parametrize("wrong", ["", "a long random tex", SECRET + " ", "ä"])
def test_a_wrong_token_shows_nothing(open_page: Open, opened: object, wrong: str) -> None:
    """Not even how much there is."""
    app = open_page("admin")
    give(app, wrong)
    assert not app.exception
    assert "That is not the token" in words(app)
    assert not app.metric


def test_tokens_cannot_be_tried_at_will(open_page: Open, opened: object) -> None:
    """After five wrong ones the right one is not looked at for a while."""
    app = open_page("admin")
    for _ in range(5):
        give(app, "wrong")
    give(app, SECRET)
    assert "Too many tokens that were wrong" in words(app)
    assert not app.metric
    other = open_page("admin", token=OTHER_TOKEN)
    give(other, SECRET)
    assert other.metric


@pytest.mark.parametrize(("token", "others_keep_out"), [(SECRET, False), ("fifteen letters", True)])
def test_strangers_keep_out_only_who_has_a_short_token(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, token: str, others_keep_out: bool
) -> None:
    """A long token cannot be tried out, so wrong ones of new visitors do no harm."""
    monkeypatch.setenv("FAIRLAB_ADMIN_TOKEN", token)
    settings.cache_clear()
    admin_view.guesses.clear()
    for number in range(1000):
        admin_view.guesses(long=not others_keep_out).wrong(f"new visitor {number}")
    try:
        app = open_page("admin")
        give(app, token)
        assert bool(app.metric) is not others_keep_out
        assert ("Too many tokens" in words(app)) is others_keep_out
    finally:
        admin_view.guesses.clear()


def test_a_new_token_closes_the_page_again(
    opened: Callable[[], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that was opened with the old one is asked anew."""
    app = opened()
    assert app.metric
    monkeypatch.setenv("FAIRLAB_ADMIN_TOKEN", "another")
    settings.cache_clear()
    app.run()
    assert not app.metric


def test_it_shows_numbers_and_starts_of_ids_but_no_contents(
    opened: Callable[[], AppTest], finished_run: str, fairlab_home: Path, trained: Trained
) -> None:
    """Whoever reads over the shoulder cannot open a run, nor learn what it is about."""
    task = trained[0].task.model_copy(update={"label": "secret_label"})
    store = RunStore(fairlab_home)
    store.submit(trained[0].model_copy(update={"task": task}), owner=OTHER, title="secret title")
    app = opened()
    assert [metric.value for metric in app.metric][:2] == ["1", "0"]
    owners, runs = app.dataframe[0].value, app.dataframe[1].value
    assert set(owners["Visitor"]) == {OWNER[:8], OTHER[:8]}
    assert len(runs) == 2
    shown = words(app) + owners.to_csv() + runs.to_csv() + str(app.selectbox[0].options)
    for hidden in ("secret", finished_run, OWNER, OTHER):
        assert hidden not in shown


def test_any_run_can_be_cancelled_and_deleted(
    opened: Callable[[], AppTest], fairlab_home: Path, trained: Trained
) -> None:
    """Also somebody else's, and one of nobody."""
    store = RunStore(fairlab_home)
    for owner in (OTHER, ""):
        run_id = store.submit(trained[0], owner=owner)
        app = opened()
        app.selectbox(key="admin.run").select_index(0).run()
        app.button(key="admin.cancel").click().run()
        assert store.get(run_id).state is RunState.CANCELLED
        app.selectbox(key="admin.run").select_index(0).run()
        app.button(key="admin.delete").click().run()
        assert not app.exception
        with pytest.raises(UnknownNameError):
            store.get(run_id)


def test_garbage_is_collected_on_request(opened: Callable[[], AppTest]) -> None:
    """And what that freed is said."""
    app = opened()
    app.button(key="admin.garbage").click().run()
    assert not app.exception
    assert "files deleted" in app.toast[0].value
