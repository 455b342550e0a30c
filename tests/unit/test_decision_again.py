"""A decision computed again: the same numbers, and a name for each that is not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlab.data import load
from fairlab.decision import DecisionRecord, measuring
from fairlab.decision.comparing import changed, differences, numbers, outside
from fairlab.decision.machine import TOLERANCE, machine, versions
from fairlab.decision.making import remade
from fairlab.decision.parts import Tolerance
from fairlab.reports.terminal_record import comparison_text, record_text, verdict
from tests import decided
from tests.unit.conftest import Run

RUN = """
data: {source: file, filename: "our people.csv"}
task: {label: outcome, favourable: ["yes"], sensitive: [group]}
sweep:
  penalty: {strengths: [0, 1.0]}
  epochs: 1
  model: {kind: logistic}
choice: {mode: penalty, strength: 1.0, threshold: 0.45, reason: less distance, dissent: "a\\n\\nb"}
"""


@pytest.fixture(scope="module", autouse=True)
def _few_draws() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measuring, "DRAWS", 100)
        yield


@pytest.fixture(scope="module")
def record() -> DecisionRecord:
    """With every number: nothing hidden."""
    return decided.record(smallest=0)


def anew(record: DecisionRecord) -> DecisionRecord:
    data = decided.table()
    return remade(record, decided.run(data), decided.result(), data)


def content_of(record: DecisionRecord) -> Any:
    return json.loads(record.to_json())


def test_the_same_again_differs_in_nothing(record: DecisionRecord) -> None:
    again = anew(record)
    assert again == record
    assert differences(record, again) == ()
    assert "are the same as in the record" in comparison_text(record, again, ())


def places(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every number of the results, by its path."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from places(value, (*path, key))
    elif isinstance(content, list):
        for place, value in enumerate(content):
            yield from places(value, (*path, place))
    elif isinstance(content, (int, float)) and not isinstance(content, bool):
        yield path


@settings(max_examples=40)
@given(data=st.data())
def test_any_number_that_is_changed_is_reported_alone(
    record: DecisionRecord, data: st.DataObject
) -> None:
    """Values, ends of intervals, numbers of people: none can be changed without being named."""
    content = content_of(record)
    path = data.draw(st.sampled_from(list(places(content["results"], ("results",)))))
    place = content
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = place[path[-1]] + (1 if isinstance(place[path[-1]], int) else 0.000001)
    tampered = DecisionRecord.from_mapping(content)
    found = differences(tampered, record)
    assert len(found) == 1
    assert not found[0].within
    assert found[0].where[0] == ["train", "validation", "test"][path[1]]
    assert str(path[-1]) == found[0].where[-1]
    assert "outside" in comparison_text(tampered, record, found)


def test_what_was_removed_or_hidden_by_hand_is_reported(record: DecisionRecord) -> None:
    content = content_of(record)
    grouping = content["results"][2]["groupings"][0]
    del grouping["gaps"]["equal_opportunity_difference"]
    grouping["groups"][0]["hidden"] = ["tpr"]
    found = {one.where for one in differences(DecisionRecord.from_mapping(content), record)}
    assert ("test", "sex", "gaps", "equal_opportunity_difference", "value") in found
    assert ("test", "sex", "groups", "f", "hidden") in found


def elsewhere(record: DecisionRecord, **numpy: str) -> DecisionRecord:
    return record.model_copy(update={"versions": {**record.versions, "numpy": "1.0"}})


def moved(record: DecisionRecord, by: float) -> DecisionRecord:
    """Accuracy of everyone in test, moved; made with another numpy."""
    content = content_of(elsewhere(record))
    content["results"][2]["groupings"][0]["everyone"]["rates"]["accuracy"]["value"] += by
    return DecisionRecord.from_mapping(content)


def test_on_another_machine_numbers_may_differ_a_little_and_people_not_at_all(
    record: DecisionRecord,
) -> None:
    """180 test people: by 0.01 + 3/180, not by more; on the same machine not at all."""
    assert (TOLERANCE.share, TOLERANCE.people) == (0.01, 3.0)
    allowed = 0.01 + 3 / 180
    assert differences(elsewhere(record), record) == ()
    (inside,) = differences(moved(record, -allowed + 1e-4), record)
    assert inside.within
    assert inside.allowed == pytest.approx(allowed)
    (beyond,) = differences(moved(record, -allowed - 1e-4), record)
    assert not beyond.within
    assert outside((inside, beyond)) == (beyond,)
    assert "numpy" in comparison_text(moved(record, 0.001), record, (inside,))
    content = content_of(elsewhere(record))
    content["results"][0]["people"] += 1
    (people,) = differences(DecisionRecord.from_mapping(content), record)
    assert not people.within


def test_a_record_cannot_widen_what_it_is_held_to(record: DecisionRecord) -> None:
    wide = Tolerance(share=1.0, people=1000.0, because="because I say so")
    tampered = moved(record, -0.4).model_copy(update={"tolerance": wide})
    assert outside(differences(tampered, record))


def test_facts_of_the_machine_and_versions_are_told_apart(record: DecisionRecord) -> None:
    assert changed(record, record) == ()
    (one,) = changed(elsewhere(record), record)
    assert (one.name, one.recorded) == ("numpy", "1.0")
    assert one.found == versions()["numpy"]
    cuda = record.run.model_copy(
        update={"sweep": record.run.sweep.model_copy(update={"device": "cuda"})}
    )
    assert machine(cuda).device == "cuda"
    assert machine(record.run, 3).models_at_once == 3


def test_every_number_has_a_place_of_its_own(record: DecisionRecord) -> None:
    listed = [place for place, _ in numbers(record)]
    assert len(set(listed)) == len(listed) > 200


def test_verdicts_say_how_many_and_whether_that_may_be(record: DecisionRecord) -> None:
    tampered = moved(record, -0.1)
    found = differences(tampered, record)
    assert "1 by more than" in verdict(tampered, record, found)
    same = tampered.model_copy(update={"versions": record.versions})
    assert "on the same machine" in verdict(same, record, differences(same, record))


def test_what_a_stranger_wrote_steers_no_terminal(record: DecisionRecord) -> None:
    loud = record.model_copy(update={"reason": "\x1b[2J\x07rm", "dissent": ()})
    assert "\x1b" not in record_text(loud)
    assert "Narrow enough." in record_text(record)
    assert "Not examined:" in record_text(record)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A table, and the record of a decision on it, both written by the command itself."""
    from fairlab.cli import app

    folder = tmp_path_factory.mktemp("record")
    table, run, out = folder / "people.csv", folder / "run.yaml", folder / "record.yaml"
    load("synthetic", n=400).frame.to_csv(table, index=False)
    run.write_text(RUN)
    app(
        ["sweep", str(run), "--data", str(table), "--record", str(out), "--smallest", "0"],
        standalone_mode=False,
    )
    return table, out


def test_the_command_computes_a_record_again_to_the_same_numbers(
    run: Run, made: tuple[Path, Path]
) -> None:
    """Status 0; JSON says how many numbers were compared, and on which machine."""
    table, record = made
    status, out, _ = run("sweep", record, "--data", table, "--json")
    assert status == 0
    said = json.loads(out)
    assert said["same"] is said["same_machine"] is True
    assert said["numbers"] > 100
    assert said["differences"] == []


def tampered(record: Path, tmp_path: Path, **changes: object) -> Path:
    content = yaml.safe_load(record.read_text())
    rates = content["results"][2]["groupings"][0]["everyone"]["rates"]
    rates["selection_rate"]["value"] = 0.123456
    content |= changes
    path = tmp_path / "tampered.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def test_the_command_names_a_number_that_was_changed(
    run: Run, made: tuple[Path, Path], tmp_path: Path
) -> None:
    """Status 4, in words and in JSON; on another machine, too, when it is beyond tolerance."""
    table, record = made
    status, out, _ = run("sweep", tampered(record, tmp_path), "--data", table)
    assert status == 4
    assert "test · group · everyone · selection_rate · value: 0.123456 in the record" in out
    path = tampered(record, tmp_path, versions={"numpy": "1.0"})
    status, out, _ = run("sweep", path, "--data", table, "--json")
    said = json.loads(out)
    assert status == 4
    assert not said["within"]
    assert {"name": "numpy", "recorded": "1.0", "found": versions()["numpy"]} in said["changed"]
    assert said["differences"][0]["recorded"] == 0.123456


def test_the_command_refuses_another_table_before_it_trains(
    run: Run, made: tuple[Path, Path], tmp_path: Path
) -> None:
    """Status 1; what differs, column by column, and what to do."""
    table, record = made
    other = tmp_path / "other.csv"
    other.write_text(table.read_text().replace("group", "grp", 1))
    status, _, err = run("sweep", record, "--data", other)
    assert status == 1
    assert "not the table the record was made with" in err
    assert "is called “grp” here" in err
    status, _, err = run("sweep", record)
    assert status == 1
    assert "--data FILE" in err


def test_the_record_command_shows_and_checks(
    run: Run, made: tuple[Path, Path], tmp_path: Path
) -> None:
    table, record = made
    status, out, _ = run("record", record)
    assert status == 0
    assert "less distance" in out
    status, out, _ = run("record", "show", record, "--json")
    assert json.loads(out)["kind"] == "fairlab decision record"
    status, out, _ = run("record", "check", record, "--data", table)
    assert status == 0
    assert "is the table it was made with" in out
    status, out, _ = run("record", "schema")
    assert json.loads(out)["title"] == "DecisionRecord"
    broken = tmp_path / "broken.yaml"
    broken.write_text(record.read_text().split("policy:")[0])
    status, _, err = run("record", broken)
    assert status == 1
    assert "policy: Field required" in err
    broken.write_text(record.read_text()[:2_000])
    assert run("record", broken)[0] == 1
    status, _, err = run("record", table)
    assert status == 1
