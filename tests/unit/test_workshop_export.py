"""The export of a workshop: everything that was said and decided, and nobody."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fairlab.reports.workshop_counts import FEWEST, OTHERS, tallies, workshop_part
from fairlab.reports.workshop_export import WorkshopExport, workshop_export
from fairlab.runs.room_events import RoomEvent, read_payload
from fairlab.runs.room_state import fold

RUN = "RunIdThatOpensTheRun00"
BEGAN = 1_760_000_000.0
HOSTILE = "=HYPERLINK(1) <script>alert(1)</script> [x](javascript:1)"


class Log:
    """A log under construction; one event a minute."""

    def __init__(self) -> None:
        self.events: list[RoomEvent] = []

    def add(self, kind: str, who: str = "", **payload: Any) -> int:
        seq = len(self.events) + 1
        found = read_payload(kind, payload)
        self.events.append(RoomEvent(seq, BEGAN + 60.0 * (seq - 1), who, kind, found))
        return seq


def hash_of(number: int) -> str:
    return f"{number:032x}"


def session(choices: Sequence[int], question: str = "Which point?") -> Log:
    log = Log()
    log.add("pinned", run_id=RUN, question=question)
    log.add("phase", phase="ask", seconds=300)
    for who, index in enumerate(choices):
        point = {"run_id": RUN, "index": index, "metric": "demographic_parity_difference"}
        log.add("answer", hash_of(who), **point, reason=f"reason of {who}", dissent="")
    return log


def exported(log: Log, **options: Any) -> WorkshopExport:
    return workshop_export("Tuesday", log.events, **options)


def rounds(found: WorkshopExport) -> list[dict[str, Any]]:
    content: dict[str, Any] = json.loads(found.json)
    kept: list[dict[str, Any]] = content["rounds"]
    return kept


def test_nothing_leads_back_to_a_person_or_opens_a_run() -> None:
    """No hash of a participant, no id of a run, no moment of the day."""
    log = session([1] * 12)
    for number, text in enumerate((exported(log).json, exported(log).markdown)):
        assert RUN not in text, number
        assert not any(hash_of(who) in text for who in range(1, 12))
        assert "17600" not in text
    assert RUN.encode() not in exported(log).csv


def test_counts_of_few_people_are_counted_together() -> None:
    """And never so few together that the sum gives one away."""
    (one,) = rounds(exported(session([1] * 9 + [2] * 4 + [3])))
    assert one["by_model"] == {"model 1": 9, OTHERS: 5}
    (one,) = rounds(exported(session([1] * 9 + [2] * 4 + [3] * 2 + [4])))
    assert one["by_model"] == {"model 1": 9, "model 2": 4, OTHERS: 3}
    assert one["by_metric_and_model"] is None


def test_choices_are_not_told_when_few_answered() -> None:
    found = exported(session([1] * 9))
    (one,) = rounds(found)
    assert (one["answers"], one["by_model"], one["by_metric"]) == (9, None, None)
    assert "fewer than 10 answered" in found.markdown
    assert len(one["words"]) == 9
    (one,) = rounds(exported(session([1, 2]), smallest=0))
    assert one["by_model"] == {"model 1": 1, "model 2": 1}
    assert "Every count is given" in exported(session([1]), smallest=0).markdown


def test_words_stand_beside_a_choice_only_where_several_made_it() -> None:
    (one,) = rounds(exported(session([1] * 9 + [2] * 4 + [3])))
    assert {said["model"] for said in one["words"]} == {"model 1", None}
    unlinked = {said["words"] for said in one["words"] if said["model"] is None}
    assert unlinked == {f"reason of {who}" for who in range(9, 14)}


def test_the_order_of_people_is_another_one_in_each_export() -> None:
    log = session([1] * 30)
    orders = {tuple(s["words"] for s in rounds(exported(log))[0]["words"]) for _ in range(4)}
    assert len(orders) > 1
    first = next(iter(orders))
    assert set(first) == {f"reason of {who}" for who in range(30)}


def test_times_are_minutes_and_only_of_what_the_facilitator_did() -> None:
    log = session([1] * 10)
    log.add("phase", phase="review")
    log.add("decided", run_id=RUN, index=1, reason="Most agree", dissent=["No"])
    (one,) = rounds(exported(log))
    assert [(p["phase"], p["minute"]) for p in one["phases"]] == [("ask", 1), ("review", 12)]
    assert one["decision"]["minute"] == 13
    assert "minute" not in json.dumps(one["words"])


def test_every_round_is_there() -> None:
    """What a reset put aside is part of the session."""
    log = session([1] * 10)
    log.add("reset")
    log.add("phase", phase="ask")
    for who in range(10):
        log.add("answer", hash_of(who), run_id=RUN, index=7)
    log.add("reset")
    found = exported(log)
    assert [list(one["by_model"]) for one in rounds(found)] == [["model 1"], ["model 7"]]
    assert "own words" in json.loads(found.json)["warning"]
    assert [one["decision"] for one in rounds(found)] == [None, None]
    assert "Round 2" in found.markdown
    assert "Round 3" not in found.markdown


def test_hidden_words_stay_hidden_and_are_counted() -> None:
    log = session([1] * 10)
    log.add("hidden", seq=3)
    (one,) = rounds(exported(log))
    assert "reason of 0" not in exported(log).json
    assert (len(one["words"]), one["words_hidden"], one["by_model"]["model 1"]) == (9, 1, 10)


def test_hostile_words_are_text_everywhere() -> None:
    log = session([1] * 10, question=HOSTILE)
    log.add("phase", phase="negotiate")
    seq = log.add("proposal", hash_of(0), run_id=RUN, index=1, words=HOSTILE)
    log.add("support", hash_of(1), proposal=seq, stance="object", words=HOSTILE)
    log.add("decided", run_id=RUN, index=1, reason=HOSTILE, dissent=[HOSTILE])
    found = workshop_export(HOSTILE, log.events)
    assert "<script>" not in found.markdown
    assert "[x](" not in found.markdown
    assert b",=HYPERLINK" not in found.csv
    assert b",'=HYPERLINK" in found.csv
    assert json.loads(found.json)["title"] == HOSTILE


def test_a_decision_record_is_told_counts_alone() -> None:
    log = session([1] * 12)
    log.add("phase", phase="negotiate")
    seq = log.add("proposal", hash_of(0), run_id=RUN, index=1)
    for who in range(12):
        log.add("support", hash_of(who), proposal=seq, stance="object" if who < 3 else "accept")
    log.add("decided", run_id=RUN, index=1, proposal=seq)
    part = workshop_part(fold(log.events), lambda _run, index: f"model {index}")
    assert (part.participants, part.answers) == (12, 12)
    assert {one.name: one.people for one in part.support} == {"accept": 9, "object": 3}
    assert [one.people for one in part.models] == [12]


def test_an_empty_room_exports_too() -> None:
    assert rounds(workshop_export("Empty", [])) == []


@given(choices=st.lists(st.sampled_from("abcdef"), max_size=30))
def test_no_count_of_fewer_than_three_is_told(choices: list[str]) -> None:
    """Nor one that follows from the number of all."""
    found = tallies(choices)
    assert (found is None) == (len(choices) < 10)
    if found is not None:
        assert sum(found.values()) == len(choices)
        assert all(people >= FEWEST for people in found.values())
