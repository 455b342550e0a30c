"""Runs that ended without all their points: what the page says, and training them again."""

from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from fairlab.config import RunConfig
from fairlab.results import SweepResult
from fairlab.runs.records import RunState
from fairlab.runs.store import RunStore
from tests.pages.conftest import OTHER, OWNER

Open = Callable[..., AppTest]
REASON = "Training took 3.1 GB of memory; a training process may take 2 GB here."


def begun(store: RunStore, config: RunConfig, owner: str = OWNER) -> str:
    run_id = store.submit(config, owner=owner)
    store.claim("w")
    return run_id


def again(app: AppTest) -> list[str]:
    return [button.label for button in app.button if button.label.startswith("Train it again")]


def test_a_failed_run_is_trained_again_with_one_click(
    open_page: Open, fairlab_home: Path, trained: tuple[RunConfig, SweepResult]
) -> None:
    """The same configuration takes the failed run's place on the page and in the address."""
    store = RunStore(fairlab_home)
    failed = begun(store, trained[0])
    store.fail(failed, REASON, "w")
    app = open_page("train", run=failed)
    assert [error.value for error in app.error] == [f"This run stopped: {REASON}"]
    assert again(app) == ["Train it again"]
    app.button(key=f"train.again.{failed}").click().run()
    newest = store.list()[0]
    assert newest.id != failed
    assert newest.state is RunState.QUEUED
    assert newest.config.digest() == trained[0].digest()
    assert newest.owner == OWNER
    assert app.query_params["run"] in (newest.id, [newest.id])
    assert not app.error


def test_a_failed_run_with_finished_parts_says_that_they_are_kept(
    open_page: Open, fairlab_home: Path, trained: tuple[RunConfig, SweepResult]
) -> None:
    store = RunStore(fairlab_home)
    failed = begun(store, trained[0])
    store.save_part(failed, "penalty", trained[1], "w")
    store.fail(failed, REASON, "w")
    app = open_page("train", run=failed)
    assert again(app) == ["Train it again, from what was finished"]


def test_a_cancelled_run_says_so_and_can_be_trained_again(
    open_page: Open, fairlab_home: Path, trained: tuple[RunConfig, SweepResult]
) -> None:
    store = RunStore(fairlab_home)
    run_id = store.submit(trained[0], owner=OWNER)
    store.request_cancel(run_id, owner=OWNER)
    app = open_page("train", run=run_id)
    assert [info.value for info in app.info] == [
        "This run was cancelled before a model had points."
    ]
    assert again(app) == ["Train it again"]


def test_somebody_elses_failed_run_says_why_and_offers_nothing(
    open_page: Open, fairlab_home: Path, trained: tuple[RunConfig, SweepResult]
) -> None:
    """A link lets one read."""
    store = RunStore(fairlab_home)
    failed = begun(store, trained[0], OTHER)
    store.fail(failed, REASON, "w")
    app = open_page("train", run=failed)
    assert REASON in app.error[0].value
    assert again(app) == []
