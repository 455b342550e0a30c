"""A rule as JSON text, and back: versioned, checked, no code in it."""

import itertools
import json
import math
from typing import Any

import numpy as np

from fairlab.errors import InputError
from fairlab.frontier.problem import gap_of
from fairlab.frontier.thresholds import GroupThresholds
from fairlab.mappings import shorten

# Raise when the meaning of what is written changes.
VERSION = 1
FORMAT = "fairlab.threshold_rule"
MOST_THRESHOLDS = 3  # a group draws among two; three where it also keeps to its diagonal
_ENDS = {np.inf: "nobody", -np.inf: "everybody"}


def write_rule(facts: dict[str, Any], groups: tuple[GroupThresholds, ...]) -> str:
    """JSON of what a rule is for and its thresholds."""
    record = {
        "format": FORMAT,
        "version": VERSION,
        "uses_attribute_when_deciding": True,
        "decide": "draw one of the group's thresholds; selected if score >= threshold",
        **facts,
        "groups": [
            {
                "group": one.group,
                "thresholds": [
                    {"threshold": _ENDS.get(cut, cut), "probability": chance}
                    for cut, chance in zip(one.thresholds, one.probabilities, strict=True)
                ],
            }
            for one in groups
        ],
    }
    return json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)


def read_rule(text: str) -> tuple[dict[str, Any], tuple[GroupThresholds, ...]]:
    """What :func:`write_rule` was given.

    A byte order mark before the text is skipped.

    Raises:
        InputError: If it is not such a rule, of another version, or damaged.
    """
    try:
        record = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"This is not JSON fairlab can read ({str(error)[:80]}). Give a rule written by "
            "to_json()."
        ) from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise InputError("This JSON is not a threshold rule. Give one written by to_json().")
    version = record.get("version")
    if type(version) is not int or version != VERSION:
        raise InputError(
            f"This rule has version {shorten(version)} of the format; version {VERSION} "
            "is read. Write it again with this fairlab."
        )
    try:
        groups = tuple(_group(one) for one in record["groups"])
        names = [one.group for one in groups]
        if len(set(names)) != len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"group {shorten(twice)} has thresholds twice")
        return _facts(record), groups
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"The rule is incomplete or damaged: {type(error).__name__}: {str(error)[:200]}. "
            "Write it again with to_json()."
        ) from error


def _facts(record: dict[str, Any]) -> dict[str, Any]:
    numbers = {name: _number(record[name], name) for name in ("slack", "cost_fp", "cost_fn")}
    if min(numbers.values()) < 0:
        raise ValueError("slack and costs must be finite and not negative")
    for name in ("constraint", "form"):
        if not isinstance(record[name], str) or len(record[name]) > 80:
            raise ValueError(f"{name} is {shorten(record[name])}, not the name of one")
    gap_of(record["constraint"], record["form"])
    return {"constraint": record["constraint"], "form": record["form"], **numbers}


def _group(one: dict[str, Any]) -> GroupThresholds:
    name = one["group"]
    if not isinstance(name, str):
        raise TypeError(f"a group is named {shorten(name)}, which is not text")
    name.encode()  # half of a surrogate pair cannot be written again
    shown, drawn = shorten(name), one["thresholds"]
    if not isinstance(drawn, list) or len(drawn) > MOST_THRESHOLDS:
        raise ValueError(f"group {shown} needs a list of at most {MOST_THRESHOLDS} thresholds")
    cuts = tuple(_cut(t["threshold"], shown) for t in drawn)
    chances = tuple(_number(t["probability"], f"a probability of group {shown}") for t in drawn)
    if any(low >= high for high, low in itertools.pairwise(cuts)):
        raise ValueError(f"the thresholds of group {shown} do not go from high to low")
    if cuts and not (min(chances) >= 0 and abs(sum(chances) - 1) <= 1e-9):
        raise ValueError(f"the probabilities of group {shown} do not sum to 1")
    return GroupThresholds(name, cuts, chances)


def _cut(value: Any, group: str) -> float:
    for end, word in _ENDS.items():
        if isinstance(value, str) and value == word:
            return float(end)
    return _number(value, f"a threshold of group {group}")


def _number(value: Any, name: str) -> float:
    """A finite number; numbers written as text or as true and false are none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} is {shorten(value)}, which is not a number")
    if not math.isfinite(value):  # a whole number too large for a float raises OverflowError
        raise ValueError(f"{name} is {value}, which is not a number to compute with")
    return float(value)
