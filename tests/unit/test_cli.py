"""The command line: every verb works, ``--json`` is JSON, errors say what to do and fail."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from fairlab import cli
from fairlab.commands import console
from fairlab.config import RunConfig
from fairlab.runs.store import RunStore
from tests.contracts import small
from tests.unit.conftest import Run

CONFIG = """
data: {source: synthetic, options: {n: 400}}
task: {label: outcome, favourable: ["yes"], sensitive: [group]}
sweep:
  penalty: {strengths: [0, 1.0]}
  epochs: 1
  model: {kind: logistic}
choice: {mode: penalty, strength: 1.0, reason: less distance}
"""
PREDICTIONS = """repaid,score,decided,sex,region
1,0.5,yes,f,n
0,0.2,no,f,s
1,0.4,no,m,n
0,0.9,yes,m,s
1,0.7,yes,m,n
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "run.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    path = tmp_path / "predictions.csv"
    path.write_text(PREDICTIONS)
    return path


def test_sweep_twice_and_again_from_its_own_export_gives_the_same_bytes(
    run: Run, config: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert run("sweep", config, "--out", first)[0] == 0
    assert run("sweep", first / "config.yaml", "--out", second)[0] == 0
    tables = ["frontier.csv", "noise.csv", "numbers.csv", "points.csv", "rates.csv"]
    names = sorted(["config.yaml", "notebook.ipynb", "result.json", *tables])
    assert sorted(path.name for path in first.iterdir()) == names
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    exported = RunConfig.from_yaml((first / "config.yaml").read_text())
    assert len(exported.data.fingerprint) == 64
    assert exported.choice is not None
    assert exported.choice.reason == "less distance"


def test_sweep_prints_json(run: Run, config: Path) -> None:
    status, out, _ = run("sweep", config, "--json")
    assert status == 0
    record = json.loads(out)
    assert {row["split"] for row in record["table"]} == {"train", "validation", "test"}
    assert len(record["points"]) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("data: [", "not a YAML file"),
        ("just words", "mapping"),
        (CONFIG.replace("epochs: 1", "epochs: 0"), "sweep.epochs"),
        (CONFIG.replace("outcome", "nothere"), "nothere"),
        (CONFIG.replace("synthetic, options: {n: 400}", "atlantis"), "Known: "),
        (CONFIG.replace("synthetic, options: {n: 400}", "file"), "path"),
    ],
)
def test_sweep_refuses_what_it_cannot_train(
    run: Run, tmp_path: Path, content: str, words: str
) -> None:
    """Status 1, one sentence per problem on stderr, nothing on stdout, no traceback."""
    path = tmp_path / "bad.yaml"
    path.write_text(content)
    status, out, err = run("sweep", path)
    assert (status, out) == (1, "")
    assert words in err
    assert "Traceback" not in err


def test_sweep_of_a_missing_file_says_so(run: Run, tmp_path: Path) -> None:
    status, _, err = run("sweep", tmp_path / "nothere.yaml")
    assert status == 1
    assert "cannot be opened" in err


def test_audit_counts_by_hand(run: Run, predictions: Path) -> None:
    """Selected at 0.5 inclusive: 1 of 2 women, 2 of 3 men."""
    status, out, _ = run(
        "audit", predictions, "--label", "repaid", "--score", "score", "--sensitive", "sex",
        "--draws", 100, "--json",
    )  # fmt: skip
    assert status == 0
    rates = json.loads(out)["audits"]["sex"]["rates"]["selection_rate"]["groups"]
    assert [(rate["group"], rate["numerator"], rate["n"]) for rate in rates] == [
        ("f", 1, 2),
        ("m", 2, 3),
    ]


def test_audit_says_which_outcome_it_takes_as_favourable(run: Run, predictions: Path) -> None:
    """1 of a 0/1 label unless told otherwise; then what was told, without the hint."""
    asked = (
        "audit", predictions, "--label", "repaid", "--score", "score", "--sensitive", "sex",
        "--draws", 100,
    )  # fmt: skip
    _, guessed, _ = run(*asked)
    assert guessed.startswith("Favourable: repaid = 1 (say another with --favourable VALUE)\n")
    _, told, _ = run(*asked, "--favourable", "0")
    assert told.startswith("Favourable: repaid = 0\n")


def test_audit_of_a_risk_turns_it_round(run: Run, predictions: Path) -> None:
    """Selected if the risk is at most 0.5: both women, 1 of 3 men."""
    status, out, _ = run(
        "audit", predictions, "--label", "repaid", "--score", "score", "--sensitive", "sex",
        "--risk", "--draws", 100, "--json",
    )  # fmt: skip
    assert status == 0
    rates = json.loads(out)["audits"]["sex"]["rates"]["selection_rate"]["groups"]
    assert [(rate["numerator"], rate["n"]) for rate in rates] == [(2, 2), (1, 3)]


def test_audit_of_decisions_in_crossed_groups(run: Run, predictions: Path) -> None:
    status, out, _ = run(
        "audit", predictions, "--label", "repaid", "--decision", "decided", "--sensitive", "sex",
        "--sensitive", "region", "--crossed", "--draws", 100,
    )  # fmt: skip
    assert status == 0
    assert "Groups by sex × region; decisions as given" in out
    assert "f × n: 1.000" in out
    assert "undefined" in out


def test_audit_asks_which_label_is_favourable(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "words.csv"
    path.write_text("label,score,sex\ngood,0.1,f\nbad,0.9,m\n")
    arguments = ("audit", path, "--label", "label", "--score", "score", "--sensitive", "sex")
    status, _, err = run(*arguments)
    assert status == 1
    assert "bad, good" in err
    assert "--favourable" in err
    assert run(*arguments, "--favourable", "good", "--draws", 100)[0] == 0


def test_audit_lists_every_problem(run: Run, predictions: Path) -> None:
    status, _, err = run(
        "audit", predictions, "--label", "repaid", "--score", "nothere", "--sensitive", "alsonot"
    )
    assert status == 1
    assert "nothere" in err
    assert "alsonot" in err


def test_datasets_lists_and_describes(run: Run) -> None:
    _, out, _ = run("datasets")
    assert "loanapp" in out
    assert "synthetic" in out
    listed = json.loads(run("datasets", "--json")[1])
    assert {"name", "rows", "licence", "sensitive"} <= set(listed[0])
    status, _, err = run("datasets", "loanap")
    assert status == 1
    assert "Did you mean 'loanapp'" in err


def test_export_writes_a_finished_run(run: Run, tmp_path: Path) -> None:
    store = RunStore()
    run_id = store.submit(small.config())
    status, _, err = run("export", run_id)
    assert status == 1
    assert "no result" in err
    store.claim("w")
    store.finish(run_id, small.result(), "w")
    folder = tmp_path / "export"
    status, out, _ = run("export", run_id, "--out", folder, "--json")
    assert status == 0
    assert len(json.loads(out)["files"]) == 7
    assert RunConfig.from_yaml((folder / "config.yaml").read_text()).digest() == (
        small.config().digest()
    )
    assert run("export", "nobody")[0] == 1


def test_bench_without_the_checkout_explains(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("fairlab.__file__", str(tmp_path / "site" / "fairlab" / "__init__.py"))
    status, _, err = run("bench", "audit")
    assert status == 1
    assert "checkout" in err


def test_bench_passes_its_options_on(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With --json the table goes to stderr and the figures to stdout."""
    seen = {}

    def measure(data: Path | None, json_path: Path | None) -> None:
        seen["data"] = data
        sys.stdout.write("a table\n")
        assert json_path is not None
        json_path.write_text('{"ratio": 2}')

    monkeypatch.setattr(cli, "_benchmark", lambda _what: measure)
    status, out, err = run("bench", "audit", "--data", tmp_path / "x.csv", "--json")
    assert status == 0
    assert json.loads(out) == {"ratio": 2}
    assert "a table" in err
    assert seen["data"] == tmp_path / "x.csv"
    assert run("bench", "audit", "--device", "cpu")[0] == 1


def test_bench_quality_asks_for_its_tables_before_it_computes(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without a folder, a table's name or cells to report there is nothing to compare on."""
    seen: list[dict[str, object]] = []
    monkeypatch.setattr(cli, "_benchmark", lambda _what: lambda **given: seen.append(given))
    status, _, err = run("bench", "quality", "--seeds", "2")
    assert (status, seen) == (1, [])
    assert "--data FOLDER" in err
    for words in (("--data", str(tmp_path)), ("--tables", "loanapp"), ("--only-report",)):
        assert run("bench", "quality", *words)[0] == 0
    assert len(seen) == 3


def test_bench_refuses_the_options_of_another_benchmark(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An option that would be ignored is refused, with the benchmarks that take it."""
    seen: list[dict[str, object]] = []
    monkeypatch.setattr(cli, "_benchmark", lambda _what: lambda **given: seen.append(given))
    assert run("bench", "layer", "--device", "cpu", "--package-python", "p/bin/python")[0] == 0
    assert run("bench", "paper", "--quick", "--seeds", "3", "--workers", "2")[0] == 0
    assert seen[0]["device"] == "cpu"
    assert seen[0]["package_python"] == Path("p/bin/python")
    assert (seen[1]["quick"], seen[1]["seeds"], seen[1]["workers"]) == (True, 3, 2)
    for wrong in (("audit", "--quick"), ("sweep", "--seeds", "3"), ("paper", "--device", "cpu")):
        status, _, err = run("bench", *wrong)
        assert status == 1
        assert "Leave it out" in err
    assert len(seen) == 2


def test_help_is_quick_to_import() -> None:
    """``fairlab --help`` must not load torch, pandas or streamlit."""
    code = (
        "import sys, fairlab.cli;"
        "heavy = {'torch', 'pandas', 'streamlit', 'numpy', 'sqlalchemy'} & set(sys.modules);"
        "sys.exit(', '.join(heavy) or 0)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_that_lacks_a_sign_shows_a_question_mark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A sweep of minutes must not end on an error because of "×"; JSON stays exact."""
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", screen)
    console.say("women × Black")
    console.say_json({"group": "women × Black"})
    screen.seek(0)
    text, record = screen.read().split("\n", 1)
    assert text == "women ? Black"
    assert json.loads(record) == {"group": "women × Black"}
