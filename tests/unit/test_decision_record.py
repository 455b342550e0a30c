"""Decision records: whole, the same when read back, and harmless whoever wrote them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlab.baselines import BASELINES
from fairlab.choosing import HowChosen
from fairlab.config import Choice, GroupCuts
from fairlab.data import load
from fairlab.decision import (
    Alternative,
    DecisionRecord,
    Dissent,
    Tally,
    WorkshopPart,
    make_record,
    measuring,
    schema,
    voices,
)
from fairlab.decision.chosen import choice_of, chosen_index
from fairlab.decision.measuring import RECORDED_RATES
from fairlab.errors import InputError
from fairlab.language import speaking
from fairlab.metrics import GAPS
from fairlab.reports.imports import read_import, read_run
from fairlab.results import Guarantee, Point, SweepResult
from fairlab.training import fit_sweep
from tests import decided
from tests.contracts import small

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "decision-record-1.json"
# Any signs there are, line ends and signs that steer terminals among them, but no half ones.
WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


@pytest.fixture(scope="module", autouse=True)
def _few_draws() -> Iterator[None]:
    """Intervals are tested elsewhere; here they may be rough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measuring, "DRAWS", 100)
        yield


@pytest.fixture(scope="module")
def record() -> DecisionRecord:
    return decided.record()


@pytest.fixture(scope="module")
def short(record: DecisionRecord) -> DecisionRecord:
    """With the numbers of one split, and no column but one: quick to read."""
    table = record.table.model_copy(update={"columns": record.table.columns[:1]})
    gone = {"results": record.results[:1], "table": table, "metrics": {}, "not_examined": ()}
    return record.model_copy(update=gone | {"considered": ()})


def of_every_family() -> SweepResult:
    """A model of each mode and baseline; exponentiated gradient draws, grid search has places."""
    found = decided.result()
    methods = [*BASELINES]
    promise = Guarantee(
        promised=0.1,
        batch_excess=1e-7,
        score_gap={"train": 0.1, "validation": 0.09, "test": None},
        decision_gap={"test": 0.3},
        policy="frozen",
        uses_attribute_when_deciding=True,
    )
    points = [
        Point(0, "penalty", 1.0, None, 3, 9, baseline=False),
        Point(1, "penalty", None, 0.05, 0, 9, baseline=False),
        Point(2, "adversarial", 2.0, None, 0, 9, baseline=False),
        Point(3, "layer", None, 0.1, 0, 9, baseline=False, guarantee=promise),
    ]
    for place, name in enumerate(methods, len(points)):
        reduced = name == "exponentiated_gradient"
        slack = 0.02 if reduced or name.startswith("plugin") else None
        points.append(
            Point(
                place, "baseline", None, slack, 0, 5, baseline=False, method=name,
                place=4 if name == "grid_search" else None, mixed=3 if reduced else None,
                uses_attribute_when_deciding=name.startswith("plugin"),
            )
        )  # fmt: skip
    several = {
        name: replace(
            people, score=np.resize(people.score, (len(points), people.score.shape[1])), raw=None
        )
        for name, people in found.splits.items()
    }
    return replace(found, points=tuple(points), splits=several)


def test_the_published_schema_is_the_one_of_the_code() -> None:
    """``fairlab record schema`` writes it anew."""
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == schema()


def test_the_schema_takes_what_is_written_and_refuses_what_is_not(record: DecisionRecord) -> None:
    """By a validator of somebody else, which comes with nbformat."""
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    written = json.loads(record.to_json())
    validator.validate(written)
    validator.validate(yaml.safe_load(record.to_yaml()))
    assert not validator.is_valid(written | {"surprise": 1})
    assert not validator.is_valid(written | {"schema_version": 2})
    assert not validator.is_valid({**written, "digest": "short"})


def test_it_says_what_was_decided_and_why(record: DecisionRecord) -> None:
    assert record.run.choice == Choice(mode="penalty", strength=1.0, threshold=0.55)
    assert record.reason == "Narrow enough."
    assert [one.words for one in record.dissent] == ["Too strict.", "Ana: ask again in a year."]
    assert record.policy.threshold == 0.55
    assert record.models_trained == 3
    assert [one.choice.strength for one in record.considered] == [0.0], "the unmitigated one"
    assert set(record.metrics) == {*RECORDED_RATES, *GAPS}
    assert all(one.source and one.sign for one in record.metrics.values())
    assert {"torch", "numpy", "python", "fairlab", "fairlab code"} <= set(record.versions)


def test_numbers_are_those_counted_by_hand() -> None:
    """Selected iff score >= 0.55, in every split and group, with its people."""
    found = decided.result()
    made = decided.record(found, smallest=0)
    assert [one.split for one in made.results] == ["train", "validation", "test"]
    people = found.splits["test"]
    selected = people.score[1].astype(np.float64) >= 0.55
    group = people.attributes["sex"].codes
    women, _ = made.results[2].groupings[0].groups
    assert (women.group, women.people) == ("f", int((group == 0).sum()))
    rate = women.rates["selection_rate"]
    assert rate.value == pytest.approx(selected[group == 0].mean(), abs=1e-6)
    assert rate.lower is not None
    assert rate.upper is not None
    assert rate.lower < rate.value < rate.upper
    good = people.y_true == 1
    tpr = [selected[good & (group == g)].mean() for g in (0, 1)]
    gap = made.results[2].groupings[0].gaps["equal_opportunity_difference"]
    assert gap.value == pytest.approx(abs(tpr[0] - tpr[1]), abs=1e-6)
    assert gap.highest == ("f" if tpr[0] > tpr[1] else "m")
    assert gap.n == min(int((good & (group == g)).sum()) for g in (0, 1))


def test_small_cells_are_hidden_and_everyone_with_them() -> None:
    """Four people of a group appear in no number, nor in their size, nor by subtraction."""
    made = decided.record(decided.result(by=("race",)))
    test = made.results[2].groupings[0]
    tiny = test.groups[2]
    assert tiny.group == "tiny"
    assert tiny.people is None
    assert not tiny.rates
    assert set(tiny.hidden) == set(RECORDED_RATES)
    assert [group.people is None for group in test.groups].count(True) == 2, "one alone is told"
    for group in test.groups:
        if group.people is None:
            assert not group.rates, "the n of any rate, or its interval, would tell its people"
    assert "accuracy" not in test.everyone.rates
    assert "equal_opportunity_difference" in test.hidden_gaps
    assert not test.gaps
    assert any("rest on cells of few" in sentence for sentence in made.not_examined)
    everything = decided.record(decided.result(by=("race",)), smallest=0)
    assert everything.results[2].groupings[0].groups[2].people == 4
    assert "for your own use" in everything.to_yaml()
    assert "for your own use" not in made.to_yaml()


def test_what_one_grouping_must_not_say_of_everyone_none_says() -> None:
    """Each attribute by itself: the small group of one hides everyone's numbers in both."""
    found = decided.result(by=("sex", "race"), grouping="marginal")
    one, other = decided.record(found).results[2].groupings
    assert (one.by, other.by) == (("sex",), ("race",))
    assert not one.everyone.rates
    assert not other.everyone.rates


@pytest.mark.parametrize("weighted", [False, True])
def test_weights_several_attributes_and_thresholds_per_group(weighted: bool) -> None:
    """Crossed groups, each at its own threshold; with weights people stay people."""
    found = decided.result(weighted=weighted, by=("sex", "race"))
    cuts = GroupCuts(by=("sex",), cuts=(0.4, 0.6))
    choice = Choice(mode="penalty", strength=1.0, group_cuts=cuts, threshold=0.5)
    made = decided.record(found, choice=choice, smallest=0)
    assert made.policy.kind == "thresholds per group"
    assert [(cut.group, cut.threshold) for cut in made.policy.cuts] == [("f", 0.4), ("m", 0.6)]
    assert made.policy.uses_attribute_when_deciding
    everyone = made.results[2].groupings[0].everyone
    people = found.splits["test"]
    cut = np.array([0.4, 0.6])[people.attributes["sex"].codes]
    selected = people.score[1] >= cut
    share = np.average(selected, weights=people.weight)
    assert everyone.rates["selection_rate"].value == pytest.approx(share, abs=1e-6)
    assert everyone.rates["selection_rate"].n == everyone.people == len(selected)
    assert DecisionRecord.from_yaml(made.to_yaml()) == made


def test_a_record_of_every_mode_and_baseline() -> None:
    """Each says its policy, names the model, and reads back equal; drawn decisions have none."""
    found = of_every_family()
    data = decided.table()
    for point in found.points:
        choice = choice_of(found, point.index, 0.5)
        made = make_record(decided.run(data), found, data, choice=choice, smallest=5)
        assert made.run.choice == choice
        assert made.policy.kind == ("drawn" if point.is_drawn else "threshold")
        assert (made.promise is not None) == (point.mode == "layer")
        assert made.policy.uses_attribute_when_deciding is point.uses_attribute
        read = DecisionRecord.from_yaml(made.to_json())
        assert read == made
        assert read.run.choice is not None
        assert chosen_index(found, read.run.choice) == point.index


def test_a_threshold_picked_within_a_gap_and_folds() -> None:
    """Both are told; folds at the run's own threshold, everybody in test once."""
    config = small.sweep(modes=("penalty",), baselines=(), folds=2, model={"kind": "logistic"})
    data = load("synthetic", n=400)
    found = fit_sweep(data, config)
    choice = Choice(mode="penalty", strength=1.0, threshold=0.4, threshold_within=0.05)
    made = make_record(config, found, data, choice=choice, smallest=0)
    assert made.policy.within == 0.05
    assert made.folds is not None
    assert made.folds.folds == 2
    assert made.folds.accuracy.value is not None
    assert not any("Another split" in sentence for sentence in made.not_examined)
    assert DecisionRecord.from_yaml(made.to_yaml()) == made


def test_alternatives_come_once_and_other_runs_keep_their_digest() -> None:
    found, data = decided.result(), decided.table()
    config = decided.run(data)
    elsewhere = config.model_copy(update={"sweep": config.sweep.model_copy(update={"epochs": 7})})
    third = Choice(mode="penalty", strength=3.0)
    made = decided.record(
        found,
        considered=[
            Alternative(config, found, Choice(mode="penalty", strength=1.0, threshold=0.55)),
            Alternative(config, found, third),
            Alternative(config, found, third),
            Alternative(elsewhere, found, third),
        ],
    )
    assert [one.choice.strength for one in made.considered] == [0.0, 3.0, 3.0]
    assert [one.digest == made.digest for one in made.considered] == [True, True, False]
    assert set(made.considered[1].numbers["test"]) == {"accuracy", "equal_opportunity_difference"}


def test_what_nobody_looked_at_follows_from_the_run() -> None:
    """Other attributes, constraints, modes, seeds, splits, later people, another table."""
    said = " ".join(decided.record().not_examined)
    for words in (
        "No second table", "people.csv", "No split by time", "demographic parity difference",
        "adversarial, layer", "Groups by race", "there was one", "1 further model",
        "3 models were trained and shown with their test results",
    ):  # fmt: skip
        assert words in said, words
    assert "trained for one, equal opportunity" in said


def test_what_is_written_in_another_language_reads_back_and_keeps_its_keys() -> None:
    with speaking("de"):
        german = decided.record()
    assert DecisionRecord.from_yaml(german.to_yaml()) == german
    assert german.results == decided.record().results


def test_a_record_never_holds_rows() -> None:
    """No value of a column that is not a group or a label is in it."""
    text = decided.record(smallest=0).to_yaml()
    for value in decided.frame()["income"].head(50):
        assert f"{value}" not in text


def test_another_table_or_a_model_that_is_not_there_makes_no_record() -> None:
    data, found = decided.table(), decided.result()
    other = decided.table(decided.frame().assign(income=1.0))
    choice = Choice(mode="penalty", strength=1.0)
    with pytest.raises(InputError, match="Give the table of the run"):
        make_record(decided.run(data), found, other, choice=choice)
    with pytest.raises(InputError, match="did not train"):
        make_record(decided.run(data), found, data, choice=Choice(mode="penalty", strength=9.0))
    with pytest.raises(InputError, match=r"reason.*Shorten"):
        make_record(decided.run(data), found, data, choice=choice, reason="x" * 20_000)


VOICES = st.builds(Dissent, words=WORDS.map("No. {}".format), voice=WORDS)
HOW = st.sampled_from(
    [
        None,
        HowChosen(route="curve", index=1),
        HowChosen(route="tolerance", index=1, within=0.05, picked_again=0.7),
        HowChosen(route="cost", index=2, wrong_approval=3, wrong_refusal=1, given_up=0.01),
    ]
)


@settings(max_examples=15)
@given(
    reason=WORDS,
    against=st.lists(
        st.builds(Dissent, words=WORDS.map(lambda words: words + "."), voice=WORDS), max_size=3
    ),
    how=HOW,
    notes=st.lists(WORDS, max_size=3),
    tallies=st.lists(st.builds(Tally, name=WORDS, people=st.integers(0, 40)), max_size=3),
    cut=st.floats(0.001, 0.999),
)
def test_whatever_people_write_reads_back_equal(
    short: DecisionRecord, reason: str, against: Any, how: Any, notes: Any, tallies: Any, cut: float
) -> None:
    """YAML and JSON; words that look like YAML, numbers or commands stay words."""
    assert short.run.choice is not None
    choice = short.run.choice.model_copy(update={"threshold": cut})
    changed = short.model_copy(
        update={
            "reason": reason,
            "dissent": tuple(against),
            "how_chosen": how,
            "notes": tuple(notes),
            "workshop": WorkshopPart(question=reason, metrics=tuple(tallies)),
            "run": short.run.model_copy(update={"choice": choice}),
            "policy": short.policy.model_copy(update={"threshold": cut}),
        }
    )
    assert DecisionRecord.from_yaml(changed.to_yaml()) == changed
    assert DecisionRecord.from_yaml(changed.to_json()) == changed


@pytest.mark.parametrize(
    "sign", ["\x85", "\u2028", "\r", "\0", "\x1b", "\ufeff", "\ufffe", "\t", "😀"]
)
def test_signs_that_are_no_letters_read_back(short: DecisionRecord, sign: str) -> None:
    changed = short.model_copy(update={"reason": f"a{sign}b {sign}", "notes": (sign,)})
    assert DecisionRecord.from_yaml(changed.to_yaml()) == changed


def test_voices_are_paragraphs_and_come_back_as_one_text(record: DecisionRecord) -> None:
    assert voices(" \n\n a\nb \r\n\r\n\n c\n") == (Dissent(words="a\nb"), Dissent(words="c"))
    assert voices("") == ()
    assert record.chosen().dissent == "Too strict.\n\nAna: ask again in a year."
    assert record.chosen().reason == "Narrow enough."


def edited(record: DecisionRecord, *path: str | int, value: object) -> str:
    """The record's YAML with one field changed by hand."""
    content: Any = yaml.safe_load(record.to_yaml())
    place = content
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return yaml.safe_dump(content, sort_keys=False)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("schema_version",), 2, "schema version 2; this fairlab reads version 1"),
        (("kind",), "receipt", "no decision record"),
        (("surprise",), 1, "surprise: Extra inputs"),
        (("run", "sweep", "epochs"), 31, "the run was changed after the record was written"),
        (("table", "whole"), "0" * 64, "salt is not the one of the table"),
        (("run", "data", "fingerprint"), "0" * 64, "name two tables"),
        (("table", "rows"), 601, "run.data.rows is 600 and table.rows 601"),
        (("policy", "threshold"), 0.4, "say different thresholds"),
        (("results", 0, "split"), "test", "must differ"),
        (("results", 0, "groupings", 0, "groups", 0, "group"), "m", "must differ"),
        (("results", 0, "people"), -1, "greater than or equal to 0"),
        (("smallest",), "ten", "valid integer"),
        (("run", "choice"), None, "needs a choice"),
        (("reason",), "x" * 10_001, "at most 10000"),
        (("tolerance", "share"), float("nan"), "finite"),
    ],
)
def test_a_record_that_was_changed_is_refused_with_the_field(
    record: DecisionRecord, path: tuple[str | int, ...], value: object, words: str
) -> None:
    """Found, wanted, remedy; never a traceback."""
    with pytest.raises(InputError, match=words.replace(".", r"\.")) as caught:
        DecisionRecord.from_yaml(edited(record, *path, value=value))
    assert all(problem.endswith(".") for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind: &a fairlab decision record\nfairlab: *a", "aliases"),
        ("kind: fairlab decision record\nkind: other", "twice"),
        ('{"kind": "fairlab decision record", "kind": "x"}', "twice"),
        ("kind: fairlab decision record\nreason: " + "[" * 60 + "]" * 60, "nests more than"),
        (
            '{"kind": "fairlab decision record", "reason": ' + "[" * 6_000 + "]" * 6_000 + "}",
            "nests",
        ),
        ("kind: fairlab decision record\nx: !!python/object/apply:os.system [id]", "could not det"),
        ("kind: fairlab decision record\nreason: " + "9" * 1_000_000, "characters; at most"),
        ("kind: fairlab decision record\nreason: " + "9" * 9_000, "not a YAML file"),
        ("- kind: fairlab decision record", "YAML mapping"),
        ("kind: fairlab decision record", "Field required"),
        ("kind: [fairlab decision record]", "no decision record"),
        ("kind: fairlab decision record\nschema_version: {a: 1}", "schema version"),
    ],
)
def test_hostile_text_is_refused_in_a_sentence(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        DecisionRecord.from_yaml(text)


def test_imports_read_records_and_runs_alike(record: DecisionRecord) -> None:
    """Old exports keep working; of a record the run comes with the record."""
    run, found = read_import(record.to_yaml().encode())
    assert found == record
    assert run == record.run == read_run(record.to_json().encode())
    plain = decided.run(decided.table())
    assert read_import(plain.to_yaml().encode()) == (plain, None)
    with pytest.raises(InputError, match="at most 1,000,000"):
        read_import(record.to_yaml().encode() + b"# " + b"x" * 1_000_000)


def test_of_many_groups_the_largest_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many are left out is said; gaps are about all of them."""
    monkeypatch.setattr(measuring, "MOST_GROUPS", 2)
    grouping = decided.record(decided.result(by=("race",)), smallest=0).results[0].groupings[0]
    assert [group.group for group in grouping.groups] == ["a", "b"]
    assert grouping.groups_left_out == 1
