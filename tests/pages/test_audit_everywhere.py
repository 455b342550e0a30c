"""One audit, three doors: the page, the command line and the Python API give the same numbers."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from fairlab import cli
from fairlab.data import read_path, read_predictions
from fairlab.metrics import GAPS, RATES, audit, pair_tests, within_strata
from fairlab.reports.sentences import audit as sentences
from fairlab.results import ScoredPeople
from fairlab.ui.state import Predictions
from tests.pages.conftest import APP
from tests.pages.test_audit_page import words_on

ROLES = {
    "label": "reoffended",
    "favourable": ("0",),
    "sensitive": ("race", "sex"),
    "score": "decile",
    "threshold": 4,
    "higher_is_better": False,
    "controls": ("priors",),
}
OPTIONS = [
    *("--label", "reoffended", "--favourable", "0", "--sensitive", "race", "--sensitive", "sex"),
    *("--score", "decile", "--risk", "--threshold", "4", "--control", "priors"),
]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """600 people with a risk from 1 to 10; one group is small."""
    rng = np.random.default_rng(4)
    race = rng.choice(["a", "b", "few"], 600, p=[0.5, 0.46, 0.04])
    priors = rng.poisson(2 + 2 * (race == "b"))
    reoffended = (rng.random(600) < 0.25 + 0.05 * priors).astype(int)
    decile = np.clip(rng.poisson(2 + priors), 1, 10)
    frame = pd.DataFrame(
        {
            "race": race,
            "sex": rng.choice(["f", "m"], 600),
            "priors": priors,
            "decile": decile,
            "reoffended": reoffended,
        }
    )
    path = tmp_path / "risk.csv"
    frame.to_csv(path, index=False)
    return path


def people_of(table: Path) -> ScoredPeople:
    return read_predictions(read_path(table).frame, **ROLES)


def printed(
    table: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *more: str,
) -> str:
    monkeypatch.setattr(sys, "argv", ["fairlab", "audit", str(table), *OPTIONS, *more])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    return capsys.readouterr().out


def opened(people: ScoredPeople) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.session_state["fairlab.predictions"] = Predictions(people, "risk.csv", digest="risk")
    app.run()
    app.switch_page("pages/audit.py").run()
    return app


def on_part(app: AppTest, part: str) -> AppTest:
    app.segmented_control(key="audit.part").set_value(part).run()
    assert not app.exception
    return app


def shown(app: AppTest, *columns: str) -> pd.DataFrame:
    """The table on the page that has these columns."""
    return next(frame.value for frame in app.dataframe if set(columns) <= set(frame.value.columns))


def test_page_command_line_and_api_agree(
    table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rates, gaps from groups and from everyone, pairs, strata: equal to the last digit."""
    people = people_of(table)
    ours = audit(people.outcomes(("race",)), people.threshold)
    record = json.loads(printed(table, monkeypatch, capsys, "--json"))["audits"]["race"]
    assert record["rates"] == json.loads(ours.to_json())["rates"]
    assert record["gaps"] == json.loads(ours.to_json())["gaps"]
    assert record["to_overall"] == json.loads(ours.to_json())["to_overall"]
    assert record["inequality"] == json.loads(ours.to_json())["inequality"]
    tests = pair_tests(ours.counts, ("selection_rate", "tpr", "fpr"))
    assert [t["p_adjusted"] for t in record["pairs"]] == [t.p_adjusted for t in tests]
    assert list(record["strata"]) == ["priors"]

    app = opened(people)
    rates = shown(app, "Rate", "Numerator")
    found = [g.value for r in ours.rates.values() for g in (*r.groups, r.everyone)]
    np.testing.assert_array_equal(rates["Value"].astype(float), np.array(found, dtype=float))
    gaps = shown(on_part(app, "Gaps"), "Bias", "Left out")
    for column, field in (("Value", "value"), ("Lower", "lower"), ("Upper", "upper")):
        expected = [record["gaps"][name][field] for name in GAPS]
        np.testing.assert_array_equal(gaps[column].astype(float), np.array(expected, dtype=float))
    assert gaps["Highest"].tolist() == [record["gaps"][name]["highest"] for name in GAPS]
    pairs = shown(on_part(app, "Chance"), "Test", "p (Holm)")
    adjusted = [t["p_adjusted"] for t in record["pairs"]]
    words = ["< 0.001" if p < 0.001 else f"{p:.3g}" for p in adjusted]
    assert pairs["p (Holm)"].tolist() == words
    apart = [100 * t["difference"] for t in record["pairs"]]
    np.testing.assert_allclose(pairs["Points apart"].astype(float), apart, atol=0.0501)


def test_strata_agree(
    table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Gaps within strata and pooled are the same on the page, in JSON and from the library."""
    people = people_of(table)
    name = "demographic_parity_difference"
    ours = within_strata(people.outcomes(("race",)), people.controls["priors"], people.threshold)
    record = json.loads(printed(table, monkeypatch, capsys, "--json"))["audits"]["race"]["strata"]
    assert record["priors"] == json.loads(json.dumps(ours.to_record()))
    app = on_part(opened(people), "Within strata")
    app.selectbox(key="audit.strata.control").set_value("priors").run()
    frame = shown(app, "Stratum", "Gap")
    expected = [s.gap.value for s in ours.gaps[name].strata]
    assert frame["Gap"].tolist() == expected
    pooled = shown(app, "Same mix")
    assert pooled["Same mix"].iloc[0] == ours.gaps[name].standardised.value


def test_text_names_the_numbers_of_the_json(
    table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The text has every rate and gap to three digits, in the units of the table."""
    more = ("--draws", "200", "--to-overall", "--dictionary")
    text = printed(table, monkeypatch, capsys, *more)
    record = json.loads(printed(table, monkeypatch, capsys, *more, "--json"))["audits"]["race"]
    assert "Groups by race; selected if decile ≤ 4" in text
    assert "All attributes, each by itself" in text
    assert "What other tools print" in text
    assert "Gaps from everyone" in text
    assert "Cochran–Mantel–Haenszel" in text
    assert record["dictionary"]
    for name in RATES:
        for rate in record["rates"][name]["groups"]:
            if rate["value"] is not None:
                assert f"{rate['group']}: {rate['value']:.3f}" in text
    for name, gap in record["gaps"].items():
        if gap["value"] is not None:
            assert f"{name}: {gap['value']:.3f}" in text


def test_small_cells_are_hidden_in_text_json_page_and_download(
    table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The small group's true positive rate is nowhere once small cells are hidden."""
    people = people_of(table)
    ours = audit(people.outcomes(("race",)), people.threshold)
    secret = ours.rates["tpr"]["few"]
    assert secret.value is not None
    more = ("--smallest", "10", "--draws", "200")
    record = json.loads(printed(table, monkeypatch, capsys, *more, "--json"))["audits"]["race"]
    assert record["hidden"] == ["few"]
    few = next(r for r in record["rates"]["tpr"]["groups"] if r["group"] == "few")
    assert (few["value"], few["numerator"], few["n"]) == (None, None, None)
    assert few["why"].startswith("suppressed")
    assert record["counts"]["tp"][2] is None
    assert "counts" not in record["strata"]["priors"]
    assert not [t for t in record["pairs"] if t["rate"] == "tpr" and "few" in t.values()]
    text = printed(table, monkeypatch, capsys, *more)
    assert "few: suppressed: rests on a cell of fewer than 10 people" in text

    app = opened(people)
    app.toggle(key="audit.hide").set_value(True).run()
    assert not app.exception
    rates = shown(app, "Rate", "Numerator").set_index(["Rate", "Group"])["Value"]
    assert pd.isna(rates["True positive rate", "few"])
    assert not pd.isna(rates["True positive rate", "a"])
    assert "Suppressed" in words_on(app)
    assert [metric.value for metric in app.metric] == ["hidden"] * 3
    for part in ("Gaps", "Chance", "All attributes", "Crossed groups", "Within strata"):
        assert "nan" not in words_on(on_part(app, part)).lower()
    on_part(app, "Other tools")


def test_a_threshold_is_asked_for_and_read_in_the_units_of_the_table(table: Path) -> None:
    """4 means a decile of at most 4; moving to 6 selects those of 5 and 6, too."""
    people = people_of(table)
    app = opened(people)
    field = app.number_input(key="audit.threshold.Uploaded predictions: risk.csv")
    assert field.value == 4
    assert "decile of this or less" in field.label
    field.set_value(6.0).run()
    expected = audit(people.outcomes(("race",)), -6.0)
    assert next(metric.value for metric in app.metric) == sentences.points(
        expected.gaps["demographic_parity_difference"].value
    )
    assert (people.score >= -6).sum() == (-people.score <= 6).sum()


def test_weighted_people_have_the_same_audit_everywhere(
    table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With weights, strata and all: values of the library, and no p-values."""
    frame = pd.read_csv(table).assign(w=np.linspace(0.5, 2, 600))
    frame.to_csv(table, index=False)
    text = printed(table, monkeypatch, capsys, "--weight", "w", "--draws", "200", "--json")
    record = json.loads(text)["audits"]["race"]
    people = read_predictions(frame, **ROLES, weight="w")
    ours = audit(people.outcomes(("race",)), people.threshold, 200)
    assert record["gaps"] == json.loads(ours.to_json())["gaps"]
    assert record["pairs"] == [] or all(t["p_value"] is None for t in record["pairs"])
    assert record["strata"]["priors"]["gaps"]["accuracy_difference"]["test"] is None
    app = on_part(opened(people), "Within strata")
    assert "weighted" in words_on(app)


def test_what_is_downloaded_is_the_export_of_the_library(table: Path) -> None:
    """The CSV leaves out small cells whatever the page shows."""
    from fairlab.reports.export import csv_bytes
    from fairlab.reports.tables.audit import export_table

    people = people_of(table)
    ours = export_table(audit(people.outcomes(("race",)), people.threshold), 10)
    again = pd.read_csv(io.BytesIO(csv_bytes(ours)))
    hidden = again[again["note"].astype(str).str.startswith("suppressed")]
    assert "few" in set(hidden["group"])
    assert hidden["value"].isna().all()
