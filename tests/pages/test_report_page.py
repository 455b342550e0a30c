"""Report as a visitor meets it."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fairlab.config import Choice, DataConfig, RunConfig
from fairlab.data import load, open_task, save_table
from fairlab.metrics import audit
from fairlab.reports.export import run_yaml
from fairlab.results import SweepResult
from fairlab.runs.store import RunStore
from tests.pages.conftest import OTHER, OTHER_TOKEN, OWNER
from tests.stored import stored_run

Open = Callable[..., AppTest]
Trained = tuple[RunConfig, SweepResult]


def words(app: AppTest) -> str:
    return " ".join(text.value for text in app.markdown)


def upload(app: AppTest, content: bytes) -> None:
    app.file_uploader(key="report.upload").upload("run.yaml", content).run()
    assert not app.exception


def test_without_a_choice_it_says_what_to_do_and_still_imports(open_page: Open) -> None:
    app = open_page("report")
    assert "Nothing to report yet" in [text.value for text in app.subheader]
    assert app.file_uploader(key="report.upload") is not None
    assert not app.get("download_button")


def test_a_choice_with_numbers_limits_and_files(open_page: Open, finished_run: str) -> None:
    """Three numbers, limits about this run, files to take away, and the command to run it again."""
    app = open_page("report", run=finished_run, chosen=(2,))
    assert len(app.metric) == 3
    assert "8 models were trained" in words(app)
    assert "records what happened" in words(app)
    labels = {button.proto.label for button in app.get("download_button")}
    assert {"Everything (zip)", "Run (YAML)", "Models (CSV)", "Rates per group (CSV)"} <= labels
    assert {"Decision record (YAML)", "Decision record (JSON)"} <= labels
    assert {"Report (HTML)", "Model card", "Datasheet", "Every number (CSV)"} <= labels
    assert any(code.value.startswith("fairlab sweep fairlab-") for code in app.code)


def test_reasons_go_into_the_yaml(open_page: Open, finished_run: str) -> None:
    """What is typed is in the file, with the model, and the file reads back."""
    app = open_page("report", run=finished_run, chosen=(2,))
    app.text_area[0].set_value("Less distance for few points.")
    app.text_area[1].set_value("- Ana: too costly")
    app.session_state["report.tabs"] = "Run"
    app.run()
    yaml = next(code.value for code in app.code if code.value.startswith("# Written by"))
    again = RunConfig.from_yaml(yaml)
    assert again.choice == Choice(
        mode="penalty",
        strength=3.0,
        reason="Less distance for few points.",
        dissent="- Ana: too costly",
    )
    assert again.digest() == RunStore().get(finished_run).digest


def test_an_imported_run_is_shared_chosen_and_keeps_its_reasons(
    open_page: Open, finished_run: str, trained: Trained
) -> None:
    """The same configuration was trained before: it is there at once, with its choice."""
    config, _ = trained
    choice = Choice(mode="layer", slack=0.05, threshold=0.6, reason="We voted.")
    app = open_page("report")
    upload(app, run_yaml(config, choice).encode())
    assert "8 models" in words(app)
    app.button(key="report.import").click().run()
    assert not app.exception
    assert any("its choice is below" in text.value for text in app.success)
    assert app.text_area[0].value == "We voted."
    assert "threshold 0.6" in words(app).replace("\\", "")
    runs = RunStore().list()
    assert len(runs) == 2
    assert runs[0].shared_from == finished_run


def test_an_imported_run_that_is_new_waits_for_its_training(
    open_page: Open, trained: Trained, fairlab_home: Path
) -> None:
    config, result = trained
    app = open_page("report")
    upload(app, run_yaml(config, Choice(mode="penalty", strength=99.0)).encode())
    app.button(key="report.import").click().run()
    assert not app.exception
    store = RunStore(fairlab_home)
    record = store.claim("w")
    assert record is not None
    store.finish(record.id, result, "w")
    app.run()
    assert any("did not train" in error.value for error in app.error), "no strength 99 there"


def own_table(config: RunConfig) -> RunConfig:
    """The run on a visitor's file, kept on this machine, with a column nobody else may see."""
    frame = load("loanapp").frame.assign(secret=range(1_989))
    data = DataConfig(source="file", filename="ours.csv", fingerprint=save_table(frame))
    return config.model_copy(update={"data": data})


def test_the_file_of_a_run_does_not_open_the_table_of_somebody_else(
    open_page: Open, trained: Trained
) -> None:
    """Its fingerprint is in every exported file; kept or not, the answer is the same."""
    kept = own_table(trained[0])
    unknown = kept.data.model_copy(update={"fingerprint": "0" * 64})
    said = []
    for run in (kept, kept.model_copy(update={"data": unknown})):
        app = open_page("report")
        upload(app, run.to_yaml().encode())
        assert "Upload that file on the Data page" in words(app)
        assert "rows; label" not in words(app)
        assert not [button for button in app.button if button.key == "report.import"]
        said.append([e.value.replace(run.data.fingerprint[:12], "") for e in app.error])
    assert said[0] == said[1] != []
    assert RunStore().list() == []


def test_who_has_the_table_imports_runs_on_it_and_who_has_a_link_does_not(
    open_page: Open, trained: Trained
) -> None:
    """A link shows a run; the table of that run stays with those who uploaded it."""
    run = own_table(trained[0])
    store = RunStore()
    store.keep_upload(OWNER, run.data.fingerprint, "own.csv", 1, 1989)
    link = store.submit(run, owner=OWNER)
    app = open_page("report")
    upload(app, run.to_yaml().encode())
    assert "1,989 rows" in words(app)
    assert app.button(key="report.import") is not None
    app = open_page("report", run=link, token=OTHER_TOKEN)
    upload(app, run.to_yaml().encode())
    assert not [button for button in app.button if button.key == "report.import"]
    app = open_page("report", token=OTHER_TOKEN)
    app.session_state["fairlab.data"] = open_task(run)
    upload(app, run.to_yaml().encode())
    assert app.button(key="report.import") is not None
    posed = run.data.model_copy(update={"source": "loanapp"})
    posing = store.submit(run.model_copy(update={"data": posed}), owner=OTHER)
    app = open_page("report", run=posing, token=OTHER_TOKEN)
    upload(app, run.to_yaml().encode())
    assert not [button for button in app.button if button.key == "report.import"]


def test_a_plug_in_rule_on_many_groups_is_refused_before_it_is_queued(
    open_page: Open, trained: Trained
) -> None:
    """Fifty are learnt by boosting, fifty-one are not; the remedy is said."""
    frame = load("loanapp").frame
    rows = range(len(frame))
    for first, second, refused in ((25, 2, False), (17, 3, True)):  # every combination occurs
        many = frame.assign(a=[f"a{i % first}" for i in rows], b=[f"b{i % second}" for i in rows])
        data = DataConfig(source="file", filename="many.csv", fingerprint=save_table(many))
        task = trained[0].task.model_copy(update={"sensitive": ("a", "b"), "bins": {}})
        sweep = trained[0].sweep.model_copy(
            update={"baselines": ("plugin_boosting",), "group_by": ("a", "b")}
        )
        run = RunConfig(data=data, task=task, sweep=sweep)
        app = open_page("report")
        app.session_state["fairlab.data"] = open_task(run)
        upload(app, run.to_yaml().encode())
        assert refused == any("found 51 groups" in text.value for text in app.warning)
        assert refused != any(button.key == "report.import" for button in app.button)


def test_an_imported_run_has_the_rows_of_its_table(open_page: Open, trained: Trained) -> None:
    """Whatever its file says: later runs of everybody are timed by them."""
    config, _ = trained
    data = config.data.model_copy(update={"rows": 1})
    app = open_page("report")
    upload(app, config.model_copy(update={"data": data}).to_yaml().encode())
    app.button(key="report.import").click().run()
    assert not app.exception
    assert [run.config.data.rows for run in RunStore().list()] == [config.data.rows] == [1_989]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\x00", "UTF"),
        (b"a: [", "not a YAML file"),
        (b"just text", "mapping"),
        (b"data: {source: loanapp}\ntask: {label: approve}", "favourable"),
        (b"a: &x [1]\nb: *x", "aliases"),
        (b"data: {source: nowhere}\ntask: {label: a, favourable: ['1']}", "Known"),
        (b"data: {source: file}\ntask: {label: a, favourable: ['1']}", "path"),
        (b"x" * 200_001, "200,001 bytes"),
    ],
)
def test_a_broken_import_says_what_is_wrong_and_queues_nothing(
    open_page: Open, content: bytes, said: str, fairlab_home: Path
) -> None:
    app = open_page("report")
    upload(app, content)
    assert said in " ".join(error.value for error in app.error).replace("\\", "")
    assert not [button for button in app.button if button.key == "report.import"]
    assert RunStore(fairlab_home).list() == []


def test_a_layer_model_brings_its_meter(open_page: Open, finished_run: str) -> None:
    """Promise and measurement stand under the choice; other families promise nothing."""
    app = open_page("report", run=finished_run, chosen=(6,))
    words = " ".join(text.value for text in app.markdown)
    assert "Promised: mean scores at most 5.0 points apart" in words
    assert any("One draw of decisions" in table.value for table in app.dataframe)
    other = open_page("report", run=finished_run, chosen=(0,))
    assert "Promised" not in " ".join(text.value for text in other.markdown)


def test_files_say_how_much_they_leave_out_and_can_keep_it(
    open_page: Open, finished_run: str
) -> None:
    """Anyone can read a public table, so its small cells are kept until told otherwise."""
    app = open_page("report", run=finished_run, chosen=(2,))
    assert "Anyone can read the rows of this table" in words(app)
    assert "in Models (CSV)" not in words(app)
    app.toggle(key="report.keep.public").set_value(False).run()
    assert "in Models (CSV)" in words(app)
    assert "fewer than 10 people" in words(app)


def test_files_of_an_own_table_leave_small_cells_out_until_told_otherwise(
    open_page: Open, trained: Trained, fairlab_home: Path
) -> None:
    """Kept small cells must not be passed on; the names of files say so."""
    run = own_table(trained[0])
    RunStore().keep_upload(OWNER, run.data.fingerprint, "own.csv", 1, 1989)
    app = open_page("report", run=stored_run(fairlab_home, run, trained[1], OWNER), chosen=(2,))
    assert "in Models (CSV)" in words(app)
    app.toggle(key="report.keep").set_value(True).run()
    assert "in Models (CSV)" not in words(app)
    assert "do not pass them on" in words(app)


def test_the_report_is_previewed_and_each_text_in_its_tab(
    open_page: Open, finished_run: str
) -> None:
    """Only the open tab is made; the report is the file itself, with the words typed above."""
    app = open_page("report", run=finished_run, chosen=(2,))
    app.text_area[0].set_value("Less distance <b>for</b> few points.").run()
    source = app.get("iframe")[0].proto.src
    page = base64.b64decode(source.partition("base64,")[2]).decode()
    assert "Less distance &lt;b&gt;for&lt;/b&gt; few points." in page
    assert "Intended use" not in words(app)
    app.session_state["report.tabs"] = "Model card"
    app.run()
    assert not app.exception
    assert "#### Intended use" in words(app)
    assert not app.get("iframe")
    app.session_state["report.tabs"] = "Datasheet"
    app.run()
    assert "1,989 rows" in words(app)


def test_the_chosen_model_has_intervals_and_stands_beside_the_unmitigated_one(
    open_page: Open, finished_run: str, trained: Trained
) -> None:
    """Intervals are those of the audit at the threshold in use; another threshold is said."""
    app = open_page("report", run=finished_run, chosen=(2,))
    people = trained[1].scored(2)
    found = audit(people.outcomes(trained[1].group_by), 0.5)
    shown = (found.rates["accuracy"].everyone, found.gaps["demographic_parity_difference"])
    for tile, number in zip((app.metric[0], app.metric[2]), shown, strict=True):
        assert tile.delta == (f"95 % interval {100 * number.lower:.1f} to {100 * number.upper:.1f}")
    assert "unmitigated model of its family" in words(app)
    assert "run's own threshold" not in words(app)
    assert "unmitigated model of its" not in words(
        open_page("report", run=finished_run, chosen=(0,))
    ), "it is that model itself"
