"""What `fairlab audit` lets one say about a table, and what it refuses."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.unit.conftest import Run


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """240 people with a numeric attribute of many values, some without it."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "y": rng.integers(0, 2, 240),
            "p": rng.random(240),
            "age": np.linspace(18, 80, 240),
            "town": rng.choice(["x", "y", "z"], 240, p=[0.5, 0.48, 0.02]),
        }
    )
    frame.loc[:9, "town"] = None
    path = tmp_path / "people.csv"
    frame.to_csv(path, index=False)
    return path


def audited(run: Run, table: Path, *more: object) -> dict:
    asked = ("audit", table, "--label", "y", "--score", "p", "--draws", 100, "--json", *more)
    status, out, err = run(*asked)
    assert status == 0, err
    return json.loads(out)


def test_a_numeric_attribute_is_cut_where_asked(run: Run, table: Path) -> None:
    """The edge belongs to the upper group; without edges the refusal says how to give them."""
    found = audited(run, table, "--sensitive", "age", "--bins", "age=25,60")
    assert found["audits"]["age"]["groups"] == ["under 25", "25 to under 60", "60 and over"]
    status, _, err = run("audit", table, "--label", "y", "--score", "p", "--sensitive", "age")
    assert status == 1
    assert "Cut it into groups" in err


@pytest.mark.parametrize("text", ["age", "age=", "=25", "age=a,b"])
def test_edges_that_cannot_be_read_are_refused_with_an_example(
    run: Run, table: Path, text: str
) -> None:
    status, _, err = run(
        "audit", table, "--label", "y", "--score", "p", "--sensitive", "age", "--bins", text
    )
    assert status == 1
    assert "--bins age=25,60" in err


def test_people_without_an_attribute_are_a_group_left_out_or_refused(run: Run, table: Path) -> None:
    """The three policies, each stated."""
    kept = audited(run, table, "--sensitive", "town")
    assert "missing" in kept["audits"]["town"]["groups"]
    assert sum(kept["audits"]["town"]["people"]) == 240
    left = audited(run, table, "--sensitive", "town", "--missing", "drop")
    assert sum(left["audits"]["town"]["people"]) == 230
    assert any("10 rows left out" in note for note in left["notes"])
    status, _, err = run(
        "audit", table, "--label", "y", "--score", "p", "--sensitive", "town", "--missing", "stop"
    )
    assert status == 1
    assert "no 'town'" in err


def test_small_groups_are_merged_when_asked(run: Run, table: Path) -> None:
    """With a note that names them."""
    found = audited(run, table, "--sensitive", "town", "--merge-below", 20)
    assert found["audits"]["town"]["groups"][-1] == "other groups"
    assert any("fewer than 20 people became" in note for note in found["notes"])


def test_crossed_groups_nobody_is_in_are_listed(run: Run, table: Path) -> None:
    """Crossing keeps empty cells by name, with undefined rates and a note."""
    found = audited(
        run, table, "--sensitive", "town", "--sensitive", "age", "--bins", "age=19,79", "--crossed"
    )["audits"]["town × age"]
    empty = [name for name, n in zip(found["groups"], found["people"], strict=True) if n == 0]
    assert empty
    assert any(all(name in note for name in empty) for note in found["notes"])
    rates = {rate["group"]: rate["value"] for rate in found["rates"]["tpr"]["groups"]}
    assert all(rates[name] is None for name in empty)


def test_a_control_may_be_another_sensitive_attribute(run: Run, table: Path) -> None:
    """Each attribute is compared within the other and never within itself."""
    found = audited(
        run, table,
        "--sensitive", "town", "--sensitive", "age", "--bins", "age=40",
        "--control", "town", "--control", "age",
    )["audits"]  # fmt: skip
    assert list(found["town"]["strata"]) == ["age"]
    assert list(found["age"]["strata"]) == ["town"]
    pooled = found["town"]["strata"]["age"]["gaps"]["demographic_parity_difference"]
    assert pooled["standardised"]["value"] is not None
    assert len(pooled["strata"]) == 2


def test_the_overview_corrects_over_all_attributes(run: Run, table: Path) -> None:
    """One row per attribute and main gap; corrected p-values are never below the plain ones."""
    rows = audited(run, table, "--sensitive", "town", "--sensitive", "age", "--bins", "age=40")[
        "overview"
    ]
    assert {row["Groups by"] for row in rows} == {"town", "age"}
    assert len(rows) == 8
    assert all(row["p (Holm)"] >= row["p"] for row in rows)
    assert any(row["p (Holm)"] > row["p"] for row in rows)


@pytest.fixture
def ranked(tmp_path: Path) -> Path:
    """300 people with scores 1 to 10, two large groups apart and one of six people."""
    rng = np.random.default_rng(1)
    group = np.array(["a"] * 150 + ["b"] * 144 + ["c"] * 6)
    decile = np.where(group == "a", rng.integers(1, 8, 300), rng.integers(4, 11, 300))
    frame = pd.DataFrame({"y": rng.integers(0, 2, 300), "decile": decile, "g": group})
    path = tmp_path / "ranked.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("risk", [[], ["--risk"]])
def test_scores_on_another_scale_need_a_threshold(run: Run, ranked: Path, risk: list[str]) -> None:
    """0.5 would select everybody or nobody; the refusal names the middle of the scores."""
    asked = ("audit", ranked, "--label", "y", "--score", "decile", "--sensitive", "g", *risk)
    status, _, err = run(*asked)
    assert status == 1
    assert "--threshold" in err
    middle = pd.read_csv(ranked)["decile"].median()
    assert f"the middle of the scores is {middle:g}" in err
    assert run(*asked, "--threshold", 5, "--draws", 100)[0] == 0


@pytest.mark.parametrize(("at", "said"), [(11, "Nobody is selected"), (1, "Everybody is selected")])
def test_nobody_or_everybody_selected_is_said_on_top(
    run: Run, ranked: Path, at: int, said: str
) -> None:
    asked = ("audit", ranked, "--label", "y", "--score", "decile", "--sensitive", "g")
    _, out, _ = run(*asked, "--threshold", at, "--draws", 100)
    assert said in "\n".join(out.splitlines()[:5])


def test_text_says_small_p_values_in_words_and_people_only_where_counted(
    run: Run, ranked: Path
) -> None:
    """Balanced accuracy has no denominator of people, so no n; no p-value is a power of ten."""
    asked = ("audit", ranked, "--label", "y", "--score", "decile", "--sensitive", "g")
    _, out, _ = run(*asked, "--threshold", 6, "--draws", 100)
    balanced = out.split("Balanced accuracy\n")[1].splitlines()[:4]
    assert not any("n =" in line for line in balanced)
    assert "< 0.001" in out
    assert "e-0" not in out.split("Every pair of groups")[1].split("Scores")[0]


def test_a_clear_pair_is_said_beside_a_gap_of_few_people(run: Run, ranked: Path) -> None:
    """Six people of c set the gap; a and b differ beyond chance."""
    asked = ("audit", ranked, "--label", "y", "--score", "decile", "--sensitive", "g")
    _, out, _ = run(*asked, "--threshold", 6, "--draws", 100)
    assert "Between b and a" in out
    assert "beyond chance" in out
