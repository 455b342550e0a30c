"""Whose runs are whose: the list on Home, links that only read, tables that stay closed."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fairlab.config import DataConfig, RunConfig
from fairlab.data import load, save_table
from fairlab.errors import InputError, UnknownNameError
from fairlab.results import SweepResult
from fairlab.runs.records import RunState
from fairlab.runs.store import RunStore
from fairlab.settings import settings
from fairlab.ui import owner
from fairlab.ui.owner import FORGOTTEN
from tests.pages.conftest import OTHER, OTHER_TOKEN, OWNER, TOKEN
from tests.stored import stored_run

Open = Callable[..., AppTest]
Trained = tuple[RunConfig, SweepResult]


def words(app: AppTest) -> str:
    """Everything said on the page."""
    return " ".join(text.value for text in (*app.markdown, *app.info, *app.error, *app.success))


def keys(app: AppTest) -> set[str]:
    """Keys of all buttons."""
    return {str(button.key) for button in app.button}


def shared_link(app: AppTest) -> str:
    """The link that Share offers."""
    given = [json.loads(found.proto.json) for found in app.get("bidi_component")]
    (link,) = [one["link"] for one in given if "link" in one]
    assert isinstance(link, str)
    return link


@pytest.fixture
def run_on_own_table(fairlab_home: Path, trained: Trained) -> str:
    """A finished run of the visitor on a table that they uploaded."""
    frame = load("loanapp").frame
    data = DataConfig(source="file", filename="mine.csv", fingerprint=save_table(frame), rows=1989)
    run_id = stored_run(
        fairlab_home, trained[0].model_copy(update={"data": data}), trained[1], OWNER
    )
    RunStore(fairlab_home).keep_upload(OWNER, data.fingerprint, "mine.csv", 100, 1989)
    return run_id


def test_home_lists_own_runs_only_newest_first(
    open_page: Open, fairlab_home: Path, trained: Trained, finished_run: str
) -> None:
    """A run of somebody else, and one of nobody, are in no list."""
    stored_run(fairlab_home, trained[0], trained[1], OTHER)
    stored_run(fairlab_home, trained[0], trained[1], "")
    newer = RunStore(fairlab_home).submit(trained[0], owner=OWNER)
    opened = [key for key in sorted(keys(open_page("home"))) if key.startswith("home.open.")]
    assert set(opened) == {f"home.open.{finished_run}", f"home.open.{newer}"}
    order = [str(button.key) for button in open_page("home").button]
    assert order.index(f"home.open.{newer}") < order.index(f"home.open.{finished_run}")
    assert f"home.open.{newer}" not in keys(open_page("home", token="f" * 32))


def test_open_shows_the_run_on_train(open_page: Open, finished_run: str) -> None:
    """In the address too, so that a reload finds it."""
    app = open_page("home")
    app.button(key=f"home.open.{finished_run}").click().run()
    assert not app.exception
    assert finished_run in app.query_params["run"]


def test_delete_takes_the_run_from_list_store_and_screen(
    open_page: Open, finished_run: str, fairlab_home: Path
) -> None:
    """Somebody who had it on screen reads that it is gone."""
    other = open_page("train", run=finished_run, token=OTHER_TOKEN)
    app = open_page("home")
    app.button(key=f"home.deleted.{finished_run}").click().run()
    assert not app.exception
    assert f"home.open.{finished_run}" not in keys(app)
    with pytest.raises(UnknownNameError):
        RunStore(fairlab_home).get(finished_run)
    other.run()
    assert not other.exception
    assert "was deleted by who started it" in words(other)
    assert "No curve yet" in [text.value for text in other.subheader]


def test_a_stranger_watches_but_cannot_cancel(
    open_page: Open, fairlab_home: Path, trained: Trained
) -> None:
    """No Cancel, with the reason; the store refuses as well."""
    store = RunStore(fairlab_home)
    run_id = store.submit(trained[0], owner=OWNER)
    app = open_page("train", run=run_id, token=OTHER_TOKEN)
    assert "train.cancel" not in keys(app)
    assert "This run is not yours" in words(app)
    assert "train.cancel" in keys(open_page("train", run=run_id))
    for refused in (
        lambda: store.request_cancel(run_id, owner=OTHER),
        lambda: store.delete_run(run_id, OTHER),
        lambda: store.put_in_room(run_id, store.open_room(OTHER, "Room").id, OTHER),
    ):
        with pytest.raises(InputError):
            refused()
    assert store.get(run_id).state is RunState.QUEUED


def test_a_stranger_chooses_points_audits_and_exports(open_page: Open, finished_run: str) -> None:
    """A link to a run is for looking, on every page."""
    for page in ("audit", "compare", "report", "thresholds"):
        app = open_page(page, run=finished_run, chosen=(2,), token=OTHER_TOKEN)
        assert not app.error
    app = open_page("report", run=finished_run, chosen=(2,), token=OTHER_TOKEN)
    offered = {button.key for button in app.get("download_button")}
    assert "passes on the model, not the words" in words(app)
    own = open_page("report", run=finished_run, chosen=(2,))
    assert offered == {button.key for button in own.get("download_button")}, "a public table's"
    assert "report.html" in offered
    assert "passes on the model, not the words" not in words(own)


@pytest.mark.parametrize("link", ["A" * 22, "short"])
def test_a_link_to_no_run_says_so(open_page: Open, fairlab_home: Path, link: str) -> None:
    """Deleted or cut short: whoever was given it learns why the page is empty; once."""
    app = open_page("home", run=link)
    assert "not on this server" in " ".join(said.value for said in app.warning)
    assert not app.run().warning
    assert not open_page("home").warning


def test_runs_of_nobody_are_read_only_for_everybody(
    open_page: Open, fairlab_home: Path, trained: Trained
) -> None:
    """From before runs had owners: nobody can say that they are theirs."""
    run_id = RunStore(fairlab_home).submit(trained[0])
    app = open_page("train", run=run_id)
    assert "train.cancel" not in keys(app)
    assert "This run is not yours" in words(app)


def test_a_link_opens_a_run_but_not_the_uploaded_table(
    open_page: Open, run_on_own_table: str, fairlab_home: Path
) -> None:
    """A stranger's next run is of the built-in table, and Train says which table is which."""
    mine = open_page("data", run=run_on_own_table)
    assert mine.session_state["fairlab.data"].data.source == "file"
    theirs = open_page("train", run=run_on_own_table, token=OTHER_TOKEN)
    assert theirs.session_state["fairlab.data"].data.source == "loanapp"
    assert "uploaded table stays closed" in words(theirs)
    assert "A new run would be on another table: **loanapp**" in words(theirs)
    name = RunStore(fairlab_home).get(run_on_own_table).config.data.filename or ""
    assert f"On screen: **Demographic parity by race\\_ethnicity, {name}**" in words(theirs)
    assert "A new run would be" not in words(open_page("train", run=run_on_own_table))
    theirs.switch_page("pages/data.py").run()
    assert theirs.session_state["fairlab.data"].data.source == "loanapp"


def test_people_of_somebody_elses_table_are_not_shown_one_by_one(
    open_page: Open, run_on_own_table: str
) -> None:
    """What if and What it looks at are closed, and small cells cannot be asked for."""
    app = open_page("audit", run=run_on_own_table, chosen=(0,), token=OTHER_TOKEN)
    for part in ("What if", "What it looks at"):
        app.button_group(key="audit.part").set_value(part).run()
        assert "Somebody else uploaded that table" in words(app)
    assert app.number_input(key="audit.smallest.closed").min > 1
    assert "audit.hide" not in {toggle.key for toggle in app.toggle}
    report = open_page("report", run=run_on_own_table, chosen=(0,), token=OTHER_TOKEN)
    assert "report.keep" not in {toggle.key for toggle in report.toggle}
    own = open_page("report", run=run_on_own_table, chosen=(0,))
    assert "report.keep" in {toggle.key for toggle in own.toggle}


def test_share_gives_the_link_of_what_is_on_screen(open_page: Open, finished_run: str) -> None:
    """Run and chosen point, to the page it is shared from; nothing before there is a run."""
    assert "link" not in str(open_page("train").get("bidi_component"))
    app = open_page("report", run=finished_run, chosen=(2,))
    link = shared_link(app)
    assert re.search(rf"/report\?run={finished_run}&chosen={finished_run}:2@0\.5$", link)
    assert "cannot cancel or delete anything" in words(app)


def test_too_many_waiting_runs_end_in_a_sentence_with_the_way_out(
    open_page: Open, fairlab_home: Path, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is queued, and what was entered stays."""
    monkeypatch.setenv("FAIRLAB_OWNER_WAITING", "1")
    settings.cache_clear()
    store = RunStore(fairlab_home)
    store.submit(trained[0], owner=OWNER)
    app = open_page("home")
    app.button[0].click().run()
    assert not app.exception
    assert "at most 1 can" in words(app)
    assert len(store.list()) == 1


def test_a_table_is_deleted_with_the_runs_on_it_which_are_named_first(
    open_page: Open, run_on_own_table: str, fairlab_home: Path, finished_run: str
) -> None:
    """Runs on other tables stay; the page goes on with the built-in table."""
    store = RunStore(fairlab_home)
    (upload,) = store.uploads_of(OWNER)
    app = open_page("home", run=run_on_own_table)
    assert (
        "**Goes:** the table and the run on it: Demographic parity by race\\_ethnicity, mine"
        in words(app)
    )
    app.button(key=f"home.table_gone.{upload.fingerprint[:16]}").click().run()
    assert not app.exception
    assert store.uploads_of(OWNER) == ()
    assert [run.id for run in store.list(owner=OWNER)] == [finished_run]
    assert "Your tables" not in [text.value for text in app.subheader]
    app.switch_page("pages/train.py").run()
    assert "**loanapp**" in words(app)


def test_a_table_stays_while_a_run_on_it_trains(
    open_page: Open, run_on_own_table: str, fairlab_home: Path
) -> None:
    """Which run, what is wanted, and the remedy; no button."""
    store = RunStore(fairlab_home)
    config = store.get(run_on_own_table).config
    sweep = config.sweep.model_copy(update={"epochs": 4})
    store.submit(config.model_copy(update={"sweep": sweep}), owner=OWNER)
    app = open_page("home")
    said = " ".join(text.value for text in app.warning)
    assert "1 run on this table waits or trains: Demographic parity by" in said
    assert "Cancel it on Train or wait until it ends" in said
    assert not [key for key in keys(app) if key.startswith("home.table_gone")]


def test_delete_my_data_takes_everything_of_mine_and_nothing_of_others(
    open_page: Open,
    run_on_own_table: str,
    fairlab_home: Path,
    trained: Trained,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It says what goes and what stays; then this browser's cookie is replaced, in every tab."""
    theirs = stored_run(fairlab_home, trained[0], trained[1], OTHER)
    monkeypatch.setattr(owner, "_cookie", lambda: TOKEN)
    store = RunStore(fairlab_home)
    tab = open_page("train", run=run_on_own_table)
    app = open_page("home")
    assert "1 run and 1 table" in words(app)
    assert "**Stays:** what others started themselves" in words(app)
    app.button(key="home.delete_all").click().run()
    assert not app.exception
    assert [text.value for text in app.title] == ["Your data are deleted"]
    assert store.list(owner=OWNER) == []
    assert store.uploads_of(OWNER) == ()
    assert store.get(theirs).owner == OTHER
    assert OWNER in FORGOTTEN
    tab.run()
    assert [text.value for text in tab.title] == ["Your data are deleted"]
    assert "another tab" in words(tab)


@pytest.fixture(autouse=True)
def remember(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that deletes leaves no trace for the next."""
    monkeypatch.setattr(FORGOTTEN, "_owners", type(FORGOTTEN._owners)())
