"""``fairlab frontier``: what it prints, writes and refuses."""

import json
from pathlib import Path

import pytest

from fairlab.frontier import Rule
from tests.unit.conftest import Run

# A perfect score; base rates 80 % of 10 in A and 20 % of 20 in B, region crosses half of each.
ROWS = [("A", 1, 0.9)] * 8 + [("A", 0, 0.1)] * 2 + [("B", 1, 0.9)] * 4 + [("B", 0, 0.1)] * 16


@pytest.fixture
def asked(tmp_path: Path) -> tuple[object, ...]:
    path = tmp_path / "scores.csv"
    lines = [f"{g},{y},{s},{1 - s:.1f},{'ns'[i % 2]}" for i, (g, y, s) in enumerate(ROWS)]
    path.write_text("group,repaid,score,risk,region\n" + "\n".join(lines) + "\n")
    return ("frontier", path, "--label", "repaid", "--score", "score", "--sensitive", "group")


def test_breakpoints_and_the_rule_are_printed(run: Run, asked: tuple[object, ...]) -> None:
    status, out, _ = run(*asked, "--slack", 0)
    assert status == 0
    assert "Best for this score by thresholds per group" in out
    assert "2 breakpoints" in out
    assert "A: nobody (75.0 %) or score >= 0.9 (25.0 %)" in out
    assert "the gap from 0.0 to 20.0 points" in out


def test_json_has_every_breakpoint_and_the_rule(run: Run, asked: tuple[object, ...]) -> None:
    status, out, _ = run(*asked, "--slack", 0.3, "--json", "--test", asked[1], "--draws", 20)
    assert status == 0
    found = json.loads(out)["frontiers"]["group"]
    rows = found["breakpoints"]
    assert [row["slack"] for row in rows] == pytest.approx([0, 0.6])
    assert [row["accuracy"] for row in rows] == pytest.approx([0.8, 1])
    assert found["test"]["breakpoints"][0]["accuracy"] == pytest.approx(0.8)
    assert found["rule"]["loss"]["before"]["gap"] == pytest.approx(0.3)
    Rule.from_json(json.dumps(found["rule"]["rule"]))


def test_the_written_rule_decides_as_promised(
    run: Run, asked: tuple[object, ...], tmp_path: Path
) -> None:
    path = tmp_path / "rule.json"
    assert run(*asked, "--slack", 0.6, "--rule", path)[0] == 0
    rule = Rule.from_json(path.read_text())
    decided = rule.decide([s for _, _, s in ROWS], [g for g, _, _ in ROWS])
    assert decided.tolist() == [y for _, y, _ in ROWS]


def test_a_risk_is_turned_round(run: Run, asked: tuple[object, ...]) -> None:
    """The same people by their risk: the same frontier."""
    by_score = json.loads(run(*asked, "--json")[1])["frontiers"]["group"]["breakpoints"]
    turned = [("risk" if a == "score" else a) for a in asked]
    record = json.loads(run(*turned, "--risk", "--json")[1])
    for ours, theirs in zip(record["frontiers"]["group"]["breakpoints"], by_score, strict=True):
        assert ours == pytest.approx(theirs)
    assert any("at a threshold or below it are selected" in n for n in record["notes"])
    said = run(*turned, "--risk", "--slack", 0.6)[1]
    assert "A: score <= 0.1" in said
    assert "-0" not in said


def test_attributes_are_taken_one_by_one_or_crossed(run: Run, asked: tuple[object, ...]) -> None:
    apart = json.loads(run(*asked, "--sensitive", "region", "--json")[1])["frontiers"]
    assert list(apart) == ["group", "region"]
    crossed = json.loads(run(*asked, "--sensitive", "region", "--crossed", "--json")[1])
    assert list(crossed["frontiers"]) == ["group × region"]


def test_costs_and_the_mean_form_are_passed_on(run: Run, asked: tuple[object, ...]) -> None:
    out = run(*asked, "--constraint", "equalized_odds", "--mean", "--cost-fn", 3, "--json")[1]
    found = json.loads(out)["frontiers"]["group"]
    assert (found["gap"], found["cost_fn"]) == ("average_absolute_odds_difference", 3)


def test_what_cannot_be_done_is_said(run: Run, asked: tuple[object, ...], tmp_path: Path) -> None:
    """Status 1, a sentence on stderr, nothing on stdout."""
    cases = {
        "Known: demographic_parity": ("--constraint", "fairness"),
        "give --slack too": ("--rule", tmp_path / "x.json"),
        "0 or more": ("--slack", -1),
        "Costs must be positive": ("--cost-fp", 0),
        "only equalized_odds": ("--mean",),
        "cannot be written": ("--slack", 0, "--rule", tmp_path / "nothere" / "x.json"),
    }
    for said, options in cases.items():
        status, out, err = run(*asked, *options)
        assert (status, out) == (1, ""), said
        assert said in err


def test_a_slack_in_points_is_refused_with_the_share_to_write(
    run: Run, asked: tuple[object, ...]
) -> None:
    assert run(*asked, "--slack", 1)[0] == 0
    status, out, err = run(*asked, "--slack", 5)
    assert status == 1
    assert "Write 0.05 for 5 points" in out + err
