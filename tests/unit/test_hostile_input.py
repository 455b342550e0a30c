"""Small files, links and options made to break things are refused quickly and in words."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from fairlab.cli import app
from fairlab.config import (
    DataConfig,
    GroupCuts,
    RunConfig,
    SweepConfig,
    Task,
)
from fairlab.errors import InputError
from fairlab.frontier import GroupThresholds, Rule
from fairlab.mappings import shorten
from fairlab.metrics.recalibration import Recalibration
from fairlab.metrics.score_maps import ScoreMap
from fairlab.reports.figures.theme import plain
from fairlab.results import Attribute, cross, crossed_size
from fairlab.ui.markdown import as_it_is

CONFIG = RunConfig(
    data=DataConfig(source="loanapp"),
    task=Task(label="y", favourable=("1",), sensitive=("sex", "race")),
    sweep=SweepConfig(group_by=("sex",)),
)
RULE: dict[str, Any] = {
    "format": "fairlab.threshold_rule",
    "version": 1,
    "constraint": "demographic_parity",
    "form": "max",
    "slack": 0.1,
    "cost_fp": 1,
    "cost_fn": 1,
    "groups": [{"group": "a", "thresholds": [{"threshold": 0.5, "probability": 1}]}],
}


def changed(*place: str, value: Any) -> str:
    """The configuration as YAML with one value changed."""
    content = CONFIG.model_dump(mode="json", exclude_none=True)
    inner = content
    for key in place[:-1]:
        inner = inner.setdefault(key, {})
    inner[place[-1]] = value
    return yaml.safe_dump(content)


def chosen_by(names: list[str]) -> dict[str, Any]:
    """A choice with thresholds per group."""
    return {"mode": "penalty", "group_cuts": {"by": names, "cuts": [0.5]}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (changed("sweep", "group_by", value=["race"] * 14), "must differ"),
        (changed("task", "sensitive", value=["sex"] * 14), "must differ"),
        (changed("sweep", "group_by", value=["zzz"]), "Choose among those"),
        (changed("choice", value=chosen_by(["sex"] * 20)), "must differ"),
        (changed("choice", value=chosen_by(["z"])), "Choose among those"),
        ("x" * 1_000_001, "at most 1,000,000"),
        ("a: &a [1]\nb: *a", "aliases"),
    ],
)  # fmt: skip
def test_a_run_that_multiplies_or_names_what_is_not_there_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        RunConfig.from_yaml(text)


def test_a_few_lines_of_aliases_are_not_unfolded() -> None:
    """Each line stands for ten of the line before: 10 ** 9 values in 300 bytes."""
    lines = ['a0: &a0 ["x","x","x","x","x","x","x","x","x","x"]']
    lines += [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    with pytest.raises(InputError, match="aliases"):
        RunConfig.from_yaml("\n".join(lines))


def test_shortening_writes_only_the_start_of_a_value() -> None:
    """A list that holds itself many times over would be written for minutes."""
    nested: list[Any] = ["x"] * 10
    for _ in range(12):
        nested = [nested] * 10
    assert len(shorten(nested)) <= 81
    assert shorten("x" * 10**7) == "'" + "x" * 79 + "…"
    assert shorten(["sex"]) == "['sex']"


def test_thresholds_per_group_name_each_attribute_once() -> None:
    with pytest.raises(ValueError, match="must differ"):
        GroupCuts(by=("sex", "sex"), cuts=(0.5,) * 4)


def test_crossing_multiplies_before_it_makes_groups() -> None:
    """Twenty attributes of ten groups make 10 ** 20, which nothing can hold."""
    codes = np.zeros(3, dtype=np.int64)
    names = tuple("abcdefghij")
    attributes = {f"c{i}": Attribute(codes, names) for i in range(20)}
    assert crossed_size(attributes, list(attributes)) == 10**20
    with pytest.raises(InputError, match="100,000,000,000,000,000,000 groups; at most 5,000"):
        cross(attributes, list(attributes))
    with pytest.raises(InputError, match="crossed with itself"):
        cross(attributes, ["c0", "c0"])
    assert len(cross(attributes, ["c0", "c1", "c2"]).names) == 1000
    many = {"zip": Attribute(codes, tuple(str(i) for i in range(6000)))}
    assert len(cross(many).names) == 6000  # one attribute is not a crossing


def group(name: Any = "a", **thresholds: Any) -> list[dict[str, Any]]:
    drawn = [{"threshold": float(cut[1:]) / 10, "probability": p} for cut, p in thresholds.items()]
    return [{"group": name, "thresholds": drawn}]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        json.dumps(RULE)[:-1] + ',"x":' + "9" * 5000 + "}",
        json.dumps(RULE).replace('"slack": 0.1', '"slack": 1' + "0" * 400),
        json.dumps(RULE).replace("0.5", "Infinity"),
        json.dumps(RULE | {"groups": group("a", t5=1) * 2}),
        json.dumps(RULE | {"groups": group("a", t2=0.5, t8=0.5)}),
        json.dumps(RULE | {"groups": group("a", t9=0.25, t8=0.25, t7=0.25, t6=0.25)}),
        json.dumps(RULE | {"groups": group("a", t5="1")}),
        json.dumps(RULE | {"groups": group("a", t5=True)}),
        json.dumps(RULE | {"groups": group(["a"], t5=1)}),
        json.dumps(RULE | {"groups": group("\ud800", t5=1)}),
        json.dumps(RULE | {"version": True}),
        json.dumps(RULE | {"version": "x" * 100_000}),
        json.dumps(RULE | {"constraint": "x" * 100_000}),
        json.dumps(RULE | {"form": []}),
    ],
)
def test_a_damaged_rule_is_refused_in_a_short_sentence(text: str) -> None:
    with pytest.raises(InputError) as refused:
        Rule.from_json(text)
    assert len(str(refused.value)) < 400


def test_a_rule_with_a_byte_order_mark_is_read() -> None:
    assert Rule.from_json("\ufeff" + json.dumps(RULE)).groups[0].thresholds == (0.5,)


def test_chances_step_up_at_each_threshold() -> None:
    """At a threshold passed, below it not; above all exactly 1, in any order of people."""
    one = GroupThresholds("a", (np.inf, 0.6, -np.inf), (0.2, 0.3, 0.5))
    scores = np.array([0.7, 0.1, 0.6, np.nextafter(0.6, 0)])
    np.testing.assert_allclose(one.chance(scores), [0.8, 0.5, 0.8, 0.5])
    thirds = GroupThresholds("a", (0.6, 0.5, 0.4), (1 / 3, 1 / 3, 1 / 3))
    assert thirds.chance(np.array([0.6, 0.39])).tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    "changes",
    [
        {"people": [float("inf")]},
        {"group_names": ["a", "a"], "maps": [None, None]},
        {"group_names": [3]},
        {"group_names": ["\ud800"]},
        {"notes": "abc"},
        {"pooled": {"slope": 10**400}},
        {"pooled": {"at": "01", "to": "01"}},
    ],
)
def test_a_damaged_recalibration_is_refused(changes: dict[str, Any]) -> None:
    curve = ScoreMap("isotonic", (0.0, 1.0), (0.0, 1.0)).to_record()
    record = {
        "format": "fairlab recalibration 1", "method": "isotonic", "per_group": True,
        "group_names": ["a"], "pooled": curve, "maps": [curve], "people": [3], "notes": [],
    }  # fmt: skip
    Recalibration.from_json(json.dumps(record))
    if "pooled" in changes:
        changes = {"pooled": curve | changes["pooled"]}
    with pytest.raises(InputError):
        Recalibration.from_json(json.dumps(record | changes))


@pytest.mark.parametrize(
    "name",
    ["www.evil.org", "http://evil.org", "HTTPS://evil.org", "a@b.org", "mailto:a@b.org", ":smile:",
     ":material/home:"],
)  # fmt: skip
def test_no_name_becomes_a_link_or_an_icon(name: str) -> None:
    """Streamlit looks for these after backslashes are read: the run of signs must be broken."""
    shown = as_it_is(name).replace("\\", "")
    live = r"www\.|https?:|\w@\w|mailto:|:smile:|:material/"
    assert not re.search(live, shown, re.IGNORECASE)
    assert shown.replace("\u2060", "") == name


def test_entities_stay_and_unseen_signs_are_named() -> None:
    assert as_it_is("&lt;b") == "\\&lt;b"
    assert plain("\u202egnp\u200b") == "[U+202E]gnp[U+200B]"
    assert "U+202E" in as_it_is("\u202egnp")
    assert plain("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645").count("\u200c") == 1
    assert plain("a\u200db") == "a[U+200D]b"


def test_a_name_is_no_field_of_a_template() -> None:
    assert "%{" not in plain("%{z}")
    assert plain("5 % {x}") == "5 % {x}"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--sensitive", "age", "--bins", "age=nan"], "cannot be cut at nan"),
        (["--sensitive", "g", "--merge-below", "9" * 17], "from 0 (keep all) to 1,000,000,000,000"),
        (["--sensitive", "g", "--seed", "-1"], "from 0 to 4,294,967,295"),
        (["--sensitive", "g", "--draws", "100000000"], "at most 100,000"),
        (["--sensitive", "g", "--level", "nan"], "from 0.5 to 0.9999"),
        (["--sensitive", "g", "--sensitive", "g"], "'g' is given as a sensitive attribute twice"),
        (["--sensitive", "g", "--sensitive", "g", "--crossed"], "twice"),
    ],
)
def test_options_of_an_audit_that_cannot_be_are_refused(
    options: list[str], said: str, tmp_path: Path
) -> None:
    table = tmp_path / "people.csv"
    table.write_text("y,s,g,age\n1,0.3,a,20\n0,0.2,b,30\n1,0.8,a,40\n0,0.7,b,50\n")
    asked = ["audit", str(table), "--label", "y", "--score", "s", *options]
    refused = CliRunner().invoke(app, asked)
    assert isinstance(refused.exception, InputError)
    assert said in str(refused.exception)


@pytest.mark.parametrize("path", ["/dev/zero", "."])
def test_a_rule_is_read_from_a_file_only(path: str, tmp_path: Path) -> None:
    """A device never ends."""
    table = tmp_path / "people.csv"
    table.write_text("s,g\n0.3,a\n")
    asked = ["decide", path, str(table), "--score", "s", "--sensitive", "g"]
    refused = CliRunner().invoke(app, asked)
    assert isinstance(refused.exception, InputError)
    assert "is not a file" in str(refused.exception)


def test_a_rule_of_more_than_ten_million_bytes_is_not_read(tmp_path: Path) -> None:
    table, rule = tmp_path / "people.csv", tmp_path / "rule.json"
    table.write_text("s,g\n0.3,a\n")
    with rule.open("wb") as file:
        file.truncate(10_000_001)
    asked = ["decide", str(rule), str(table), "--score", "s", "--sensitive", "g"]
    refused = CliRunner().invoke(app, asked)
    assert "at most 10,000,000" in str(refused.exception)
