"""A rule applied to a table: round trips, drawing, and everything that is refused."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlab.errors import InputError
from fairlab.frontier import GroupThresholds, Rule, decide_table, threshold_frontier
from fairlab.outcomes import GroupedOutcomes
from tests.unit.conftest import Run

GROUPS = (
    GroupThresholds("A", (0.6, 0.4), (0.3, 0.7)),
    GroupThresholds("B", (0.5,), (1.0,)),
    GroupThresholds("missing", (np.inf,), (1.0,)),
    GroupThresholds("empty", (), ()),
)
RULE = Rule("demographic_parity", "max", 0.05, 1.0, 1.0, GROUPS)


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": ["=cmd()", "b", "c", "d", "e"],
            "g": ["A", "A", "B", None, "A"],
            "score": [0.6, 0.39, 0.5, 0.99, 0.5],
        }
    )


def test_chances_and_decisions_follow_the_thresholds() -> None:
    """At a threshold selected, below it not; between two, in its share of draws."""
    found = decide_table(RULE, table(), score="score", sensitive=["g"], seed=1)
    np.testing.assert_allclose(found.chance, [1, 0, 1, 0, 0.7])
    assert found.decision[:4].tolist() == [1, 0, 1, 0]
    assert found.frame.columns.tolist()[-2:] == ["chance_of_selection", "decision"]
    drawn = [
        decide_table(RULE, table(), score="score", sensitive=["g"], seed=s).decision[4]
        for s in range(400)
    ]
    assert 0.6 < np.mean(drawn) < 0.8


def test_the_same_seed_repeats_and_no_seed_is_refused_only_where_something_is_drawn() -> None:
    """A rule without chance needs none."""
    asked = {"score": "score", "sensitive": ["g"]}
    one, other = (decide_table(RULE, table(), **asked, seed=5) for _ in range(2))  # type: ignore[arg-type]
    assert one.decision.tolist() == other.decision.tolist()
    with pytest.raises(InputError, match="Give a seed"):
        decide_table(RULE, table(), **asked)  # type: ignore[arg-type]
    sure = decide_table(RULE, table(), **asked, deterministic=True)  # type: ignore[arg-type]
    assert sure.decision.tolist() == [1, 0, 1, 0, 1]
    assert "Nothing was drawn" in sure.notes[0]
    plain = decide_table(RULE, table().iloc[2:4], **asked, seed=None, deterministic=True)  # type: ignore[arg-type]
    assert plain.decision.tolist() == [1, 0]


def test_a_risk_is_turned_and_attributes_are_crossed_in_order() -> None:
    """The rule of a risk knows minus its value; groups are named "A × x"."""
    rule = Rule(
        "demographic_parity", "max", 0, 1, 1,
        (GroupThresholds("A × x", (-3.0,), (1.0,)), GroupThresholds("B × x", (-5.0,), (1.0,))),
    )  # fmt: skip
    frame = pd.DataFrame({"g": ["A", "B", "A"], "h": "x", "risk": [3, 5, 4]})
    found = decide_table(rule, frame, score="risk", sensitive=["g", "h"], higher_is_better=False)
    assert found.decision.tolist() == [1, 1, 0]
    with pytest.raises(InputError, match="no threshold for these groups of h × g"):
        decide_table(rule, frame, score="risk", sensitive=["h", "g"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"score": [0.6, np.nan, 0.5, np.inf, 0.5]},
            "2 of 5 scores in 'score' are missing or infini",
        ),
        ({"score": [0.6, np.nan, 0.5, 0.1, 0.5]}, r"\(rows 2\)"),
        ({"score": list("abcde")}, "Scores must be numbers"),
        ({"g": ["A", "C", "C", "B", "A"]}, r"C \(2 people\)"),
        ({"g": ["A", "empty", "B", "B", "A"]}, r"empty \(1 people\)"),
        ({"decision": 0}, "would be overwritten"),
    ],
)
def test_what_cannot_be_decided_is_named_with_the_remedy(
    change: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        decide_table(RULE, table().assign(**change), score="score", sensitive=["g"], seed=0)


def test_missing_columns_are_named() -> None:
    with pytest.raises(InputError, match=r"There is no column 'x'\. Choose among: name, g, score"):
        decide_table(RULE, table(), score="x", sensitive=["g"], seed=0)
    with pytest.raises(InputError, match="no sensitive column 'x'"):
        decide_table(RULE, table(), score="score", sensitive=["x"], seed=0)


@st.composite
def fitted(draw: st.DrawFn) -> tuple[GroupedOutcomes, Rule]:
    n = draw(st.integers(6, 25))
    column = lambda values: draw(st.lists(values, min_size=n, max_size=n))  # noqa: E731
    people = GroupedOutcomes.from_arrays(
        y_true=[0, 1, 0, 1, *column(st.integers(0, 1))[4:]],
        score=column(st.sampled_from((0.1, 1 / 3, 0.5, 2 / 3, 1e-17, 1e17))),
        group=np.array([0, 0, 1, 1, *column(st.integers(0, 2))[4:]]),
        group_names=["a", "b × é", '"=c,\n'],
    )
    constraint = draw(st.sampled_from(["demographic_parity", "equalized_odds", "accuracy_parity"]))
    slack = draw(st.sampled_from([0.0, 0.1, 1 / 3]))
    return people, threshold_frontier(people, constraint, 1, 2).at(slack)


@given(fitted())
@settings(deadline=None, max_examples=60)
def test_a_rule_written_and_read_has_the_same_bytes_and_decisions(
    case: tuple[GroupedOutcomes, Rule],
) -> None:
    """Thresholds to the last bit, whatever the names."""
    people, rule = case
    text = rule.to_json()
    again = Rule.from_json(text)
    assert again.to_json().encode() == text.encode()
    assert again == rule
    names = np.array(people.group_names)[people.group]
    assert (
        again.decide(people.score, names, 3).tolist()
        == rule.decide(people.score, names, 3).tolist()
    )


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    rule, people = tmp_path / "rule.json", tmp_path / "people.csv"
    rule.write_text(RULE.to_json())
    table().to_csv(people, index=False)
    return rule, people


def test_the_command_writes_decisions_and_neutralises_formulas(
    run: Run, files: tuple[Path, Path], tmp_path: Path
) -> None:
    """The file has everybody in order; text that begins like a formula gets an apostrophe."""
    out = tmp_path / "out.csv"
    status, said, _ = run(
        "decide", *files, "--score", "score", "--sensitive", "g", "--seed", 1, "--out", out
    )
    assert status == 0
    assert "A: " in said
    assert "by chance" in said
    written = pd.read_csv(out)
    assert written["name"].tolist()[0] == "'=cmd()"
    expected = decide_table(RULE, table(), score="score", sensitive=["g"], seed=1)
    assert written["decision"].tolist() == expected.decision.tolist()


def test_the_command_prints_the_table_or_json(run: Run, files: tuple[Path, Path]) -> None:
    """Without a file, decisions go to standard output."""
    asked = ("decide", *files, "--score", "score", "--sensitive", "g", "--deterministic")
    status, said, _ = run(*asked)
    assert status == 0
    assert said.splitlines()[0] == "name,g,score,chance_of_selection,decision"
    record = json.loads(run(*asked, "--json")[1])
    assert record["decision"] == [1, 0, 1, 0, 1]
    assert record["groups"][0] == {"group": "A", "people": 3, "selected": 2, "between": 1}


def test_the_command_refuses_what_is_no_rule(
    run: Run, files: tuple[Path, Path], tmp_path: Path
) -> None:
    """Status 1, a sentence, nothing on standard output."""
    other = tmp_path / "x.json"
    other.write_text('{"format": "something else"}')
    for path, said in ((other, "not a threshold rule"), (tmp_path / "gone.json", "cannot be read")):
        status, out, err = run("decide", path, files[1], "--score", "score", "--sensitive", "g")
        assert (status, out) == (1, "")
        assert said in err


def test_the_frontier_writes_the_rule_with_one_threshold_per_group(
    run: Run, tmp_path: Path
) -> None:
    """--deterministic --rule; refused without --rule."""
    rng = np.random.default_rng(0)
    group, y = rng.integers(0, 2, 200), rng.integers(0, 2, 200)
    frame = pd.DataFrame({"g": group, "y": y, "s": rng.normal(y + 0.5 * group).round(2)})
    frame.to_csv(tmp_path / "people.csv", index=False)
    asked = (
        "frontier",
        tmp_path / "people.csv",
        "--label",
        "y",
        "--score",
        "s",
        "--sensitive",
        "g",
    )
    path = tmp_path / "rule.json"
    assert run(*asked, "--slack", 0, "--rule", path, "--deterministic")[0] == 0
    assert not Rule.from_json(path.read_text()).randomised
    assert run(*asked, "--slack", 0, "--rule", path)[0] == 0
    assert Rule.from_json(path.read_text()).randomised
    assert "give --rule too" in run(*asked, "--deterministic")[2]
