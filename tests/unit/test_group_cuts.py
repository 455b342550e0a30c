"""Decisions made by a threshold per group: exact, said in words, and written down."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlab.config import Choice, DataConfig, GroupCuts, RunConfig, Task
from fairlab.errors import InputError, UnknownNameError
from fairlab.frontier import Rule
from fairlab.frontier.group_cuts import rule_of_cuts
from fairlab.outcomes import count
from fairlab.results import Attribute, ScoredPeople
from fairlab.sweeps import exact_sweep
from fairlab.sweeps.cuts import counts_at_cuts, cuts_sentence, decided
from fairlab.ui.explorer_choice import ExplorerChoice, choice_of_link, read_choice

LEVELS = (0.0, 0.2, 0.5, 0.7, 1.0)


def some_people(scores: list[float], group: list[int] | None = None) -> ScoredPeople:
    n = len(scores)
    codes = np.arange(n) % 2 if group is None else np.array(group)
    return ScoredPeople(
        y_true=np.arange(n) // 2 % 2,
        score=np.array(scores),
        attributes={"town": Attribute(codes, ("north", "south"))},
        notes=("Two rows were left out.",),
    )


@given(
    scores=st.lists(st.sampled_from(LEVELS), min_size=1, max_size=20),
    cuts=st.tuples(st.sampled_from(LEVELS), st.sampled_from(LEVELS)),
)
def test_decisions_are_those_of_each_groups_own_threshold(
    scores: list[float], cuts: tuple[float, float]
) -> None:
    """A score equal to the threshold is selected, and no group is read at the other's."""
    people = some_people(scores)
    found = decided(people, GroupCuts(by=("town",), cuts=cuts))
    by_hand = [s >= cuts[i % 2] for i, s in enumerate(scores)]
    assert (found.score == by_hand).all()
    assert not found.has_scores
    exact, swept = count(found.outcomes()), counts_at_cuts(exact_sweep(people.outcomes()), cuts)
    for field in ("tp", "fp", "fn", "tn"):
        assert (getattr(exact, field) == getattr(swept, field)).all()


def test_the_first_note_names_thresholds_and_empty_groups_and_keeps_the_others() -> None:
    found = decided(some_people([0.1, 0.9], [0, 0]), GroupCuts(by=("town",), cuts=(0.25, 0.5)))
    assert "north 0.25, south 0.5" in found.notes[0]
    assert "needs the person's group" in found.notes[0]
    assert "Nobody here is in south" in found.notes[0]
    assert found.notes[1:] == ("Two rows were left out.",)


def test_a_risk_is_said_as_its_table_writes_it() -> None:
    people = some_people([-3.0, -8.0])
    risk = ScoredPeople(people.y_true, people.score, people.attributes, higher_is_better=False)
    said = cuts_sentence(risk, GroupCuts(by=("town",), cuts=(-4.0, -5.0)))
    assert "north 4, south 5" in said


def test_other_groups_are_refused() -> None:
    with pytest.raises(InputError, match=r"are 2, but thresholds are given for 3"):
        decided(some_people([0.1]), GroupCuts(by=("town",), cuts=(0.1, 0.2, 0.3)))
    with pytest.raises(UnknownNameError):
        decided(some_people([0.1]), GroupCuts(by=("age",), cuts=(0.1, 0.2)))


def test_the_rule_decides_as_the_thresholds_do_and_survives_its_file() -> None:
    people = some_people([0.1, 0.5, 0.5, 0.9])
    cuts = GroupCuts(by=("town",), cuts=(0.5, 0.6))
    rule = Rule.from_json(rule_of_cuts(people, cuts).to_json())
    names = ["north", "south", "north", "south"]
    assert rule.decide(people.score, names).tolist() == decided(people, cuts).score.tolist()
    assert json.loads(rule.to_json())["uses_attribute_when_deciding"]


def test_yaml_keeps_thresholds_per_group_and_files_without_them_stay_as_they_were() -> None:
    task = Task(label="y", favourable=("1",), sensitive=("town",))
    plain = RunConfig(data=DataConfig(source="loanapp"), task=task, choice=Choice(mode="penalty"))
    assert "group_cuts" not in plain.to_yaml()
    cuts = GroupCuts(by=("town",), cuts=(0.123456789, 1.0025))
    assert plain.choice is not None
    choice = plain.choice.model_copy(update={"group_cuts": cuts})
    config = plain.model_copy(update={"choice": choice})
    assert RunConfig.from_yaml(config.to_yaml()) == config
    assert config.digest() == plain.digest()


@given(
    mode=st.sampled_from(("one", "each")),
    cuts=st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3),
    strategy=st.sampled_from(("", "equalized_odds")),
)
def test_a_link_holds_thresholds_to_the_last_digit(
    mode: str, cuts: list[float], strategy: str
) -> None:
    choice = ExplorerChoice(mode, tuple(cuts[:1] if mode == "one" else cuts), strategy)  # type: ignore[arg-type]
    assert choice_of_link(choice.to_link(), 3) == choice


@pytest.mark.parametrize(
    "found",
    [
        None,
        {"mode": "one", "cuts": [1, 2], "strategy": ""},
        {"mode": "each", "cuts": [1, 2], "strategy": ""},
        {"mode": "each", "cuts": [1, 2, float("nan")], "strategy": ""},
        {"mode": "each", "cuts": [1, 2, "3"], "strategy": ""},
        {"mode": "one", "cuts": [1], "strategy": "<script>"},
        {"mode": "all", "cuts": [1], "strategy": ""},
    ],
)
def test_anything_else_from_a_browser_is_no_choice(found: object) -> None:
    assert read_choice(found, 3) is None
