"""A whole workshop session as files without names: JSON, CSV, and a summary in Markdown.

Nothing in them leads back to a person by itself: no names, no hashes of cookies, no order in which
people answered, no time of anybody's answer. What few people said or chose can still tell those
who were there who it was. So choices are counted, few people's choices are counted together, and
words stand beside a choice only where several made the same. People's words are their own and
may say who they are: whoever passes the files on should read them first.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

import fairlab
from fairlab.reports.export import csv_bytes
from fairlab.reports.tables.points import SMALL_CELL
from fairlab.reports.workshop_counts import fewest, models_of, stances_of, tallies
from fairlab.reports.workshop_markdown import summary, warning
from fairlab.runs.room_events import PhaseBegins, RoomEvent
from fairlab.runs.room_state import EMPTY, Answer, Proposal, RoomState, fold

KIND = "fairlab workshop"
COLUMNS = ("round", "what", "minute", "name", "metric", "people", "words")
Words = Callable[[str, int], str]


@dataclass(frozen=True, slots=True)
class WorkshopExport:
    """The three files."""

    json: str
    csv: bytes
    markdown: str


def workshop_export(
    title: str,
    log: Sequence[RoomEvent],
    *,
    curve_words: Callable[[str], str] | None = None,
    point_words: Words | None = None,
    smallest: int = SMALL_CELL,
    shuffle: Callable[[list[Any]], None] | None = None,
) -> WorkshopExport:
    """The session in a room, from its log.

    Args:
        title: Of the room.
        log: ``store.room_log(room_id)``.
        curve_words: A run in words; by default a number in the order they were shown.
        point_words: A model of a run (run id, index) in words; by default its number.
        smallest: A count of fewer people in all is left out; 0 leaves nothing out.
        shuffle: Puts people's words into another order in each export; replaced in tests.
    """
    content = session(
        title,
        log,
        curve_words=curve_words or _numbered(log),
        point_words=point_words or (lambda _run, index: f"model {index}"),
        smallest=smallest,
        shuffle=shuffle or random.SystemRandom().shuffle,
    )
    content = {**content, "warning": warning(content)}
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
    return WorkshopExport(text + "\n", csv_bytes(_rows(content)), summary(content))


def session(
    title: str,
    log: Sequence[RoomEvent],
    *,
    curve_words: Callable[[str], str],
    point_words: Words,
    smallest: int,
    shuffle: Callable[[list[Any]], None],
) -> dict[str, Any]:
    """What the files hold, as plain data."""
    began = log[0].time if log else 0.0
    whole = fold(log)
    return {
        "kind": KIND,
        "schema_version": 1,
        "fairlab": fairlab.__version__,
        "title": title,
        "minutes": _minute(log[-1].time, began) if log else 0,
        "participants": len(whole.participants),
        "smallest": smallest,
        "counted_together_below": fewest(smallest),
        "rounds": [
            _round(events, state, began, curve_words, point_words, smallest, shuffle)
            for events, state in rounds(log)
        ],
    }


def rounds(log: Sequence[RoomEvent]) -> list[tuple[list[RoomEvent], RoomState]]:
    """Events of each round with the state at its end; rounds in which nothing was asked are left.

    A round ends where the facilitator resets the room.
    """
    found, begin, own = list[tuple[list[RoomEvent], RoomState]](), EMPTY, list[RoomEvent]()
    for event in [*log, None]:
        if event is None or event.kind == "reset":
            end = fold(own, begin)
            if end.run_id and any(one.kind != "pinned" for one in own):
                found.append((own, end))
            begin, own = (end if event is None else fold([event], end)), []
        else:
            own.append(event)
    return found


def _round(
    events: Sequence[RoomEvent],
    state: RoomState,
    began: float,
    curve_words: Callable[[str], str],
    point_words: Words,
    smallest: int,
    shuffle: Callable[[list[Any]], None],
) -> dict[str, Any]:
    by_model = tallies(models_of(state.answers, point_words), smallest)
    changed = sum(one.earlier > 0 for one in state.answers)
    enough = len(state.answers) >= smallest
    proposals = [_proposal(one, point_words, smallest) for one in state.negotiation]
    shuffle(proposals)
    decision = state.decision
    return {
        "question": state.question,
        "curve": curve_words(state.run_id),
        "phases": [
            {
                "phase": e.payload.phase,
                "minute": _minute(e.time, began),
                "seconds": e.payload.seconds,
            }
            for e in events
            if isinstance(e.payload, PhaseBegins)
        ],
        "answers": len(state.answers),
        "changed_their_answer": changed if enough and changed >= fewest(smallest) else None,
        "by_metric": tallies((one.metric for one in state.answers), smallest),
        "by_model": by_model,
        "by_metric_and_model": _pairs(state.answers, point_words, smallest),
        "words": _words(state, by_model, point_words, shuffle),
        "words_hidden": len(state.hidden & {e.seq for e in events}),
        "proposals": proposals,
        "decision": None
        if decision is None
        else {
            "minute": _minute(decision.time, began),
            "model": point_words(decision.run_id, decision.index),
            "metric": decision.metric,
            "threshold": decision.threshold,
            "reason": decision.reason,
            "dissent": list(decision.dissent),
        },
    }


def _pairs(
    answers: Iterable[Answer], point_words: Words, smallest: int
) -> list[dict[str, Any]] | None:
    """How many chose each model by each metric.

    None where few are counted together: beside the counts of each alone, these would give them.
    """
    if fewest(smallest) > 1:
        return None
    found = Counter((one.metric, point_words(one.run_id, one.index)) for one in answers)
    return [
        {"metric": metric, "model": name, "people": people}
        for (metric, name), people in found.most_common()
    ]


def _words(
    state: RoomState,
    by_model: Mapping[str, int] | None,
    point_words: Words,
    shuffle: Callable[[list[Any]], None],
) -> list[dict[str, Any]]:
    """Reasons and dissent, shuffled; beside a model only where its count is told."""
    found = []
    for one in state.answers:
        name = point_words(one.run_id, one.index)
        told = name if by_model is not None and name in by_model else None
        for kind, words in (("reason", one.reason), ("dissent", one.dissent)):
            if words and not one.hidden:
                found.append({"kind": kind, "model": told, "words": words})
    shuffle(found)
    return found


def _proposal(proposal: Proposal, point_words: Words, smallest: int) -> dict[str, Any]:
    said = sorted(one.words for one in proposal.supports if one.words and not one.hidden)
    return {
        "model": point_words(proposal.run_id, proposal.index),
        "metric": proposal.metric,
        "threshold": proposal.threshold,
        "words": "" if proposal.hidden else proposal.words,
        "stances": tallies(stances_of(proposal), smallest),
        "said": said,
    }


def _numbered(log: Sequence[RoomEvent]) -> Callable[[str], str]:
    """Runs by the order in which they were shown: their ids open them, so they stay here."""
    order = dict.fromkeys(getattr(one.payload, "run_id", "") for one in log if one.kind == "pinned")
    numbers = {run_id: number for number, run_id in enumerate(order, 1)}
    return lambda run_id: f"curve {numbers.get(run_id, '?')}"


def _minute(time: float, began: float) -> int:
    return int((time - began) // 60)


def _rows(content: Mapping[str, Any]) -> pd.DataFrame:
    """The same, one row per phase, count, and thing said."""
    rows = []
    for number, one in enumerate(content["rounds"], 1):
        rows += [{"round": number, **row} for row in _rows_of_round(one)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows_of_round(one: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    yield {"what": "question", "name": one["curve"], "words": one["question"]}
    for phase in one["phases"]:
        yield {"what": "phase", "name": phase["phase"], "minute": phase["minute"]}
    for metric, people in (one["by_metric"] or {}).items():
        yield {"what": "chosen metric", "metric": metric, "people": people}
    for name, people in (one["by_model"] or {}).items():
        yield {"what": "chosen model", "name": name, "people": people}
    for pair in one["by_metric_and_model"] or []:
        yield {
            "what": "chosen together",
            "name": pair["model"],
            "metric": pair["metric"],
            "people": pair["people"],
        }
    for said in one["words"]:
        yield {"what": said["kind"], "name": said["model"], "words": said["words"]}
    for place, proposal in enumerate(one["proposals"], 1):
        name, metric = proposal["model"], proposal["metric"]
        said = proposal["words"]
        yield {"what": f"proposal {place}", "name": name, "metric": metric, "words": said}
        for stance, people in (proposal["stances"] or {}).items():
            yield {"what": f"proposal {place}: {stance}", "people": people}
        for words in proposal["said"]:
            yield {"what": f"proposal {place}: words", "words": words}
    if (made := one["decision"]) is not None:
        at = {"minute": made["minute"], "name": made["model"], "metric": made["metric"]}
        yield {"what": "decision", **at, "words": made["reason"]}
        for words in made["dissent"]:
            yield {"what": "dissent from the decision", "words": words}
