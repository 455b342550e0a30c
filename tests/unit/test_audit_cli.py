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
