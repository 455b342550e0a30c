"""A rule as JSON text, and back: versioned, checked, no code in it."""

import json
from typing import Any

import numpy as np

from fairlab.errors import InputError
from fairlab.frontier.problem import gap_of
from fairlab.frontier.thresholds import GroupThresholds

# Raise when the meaning of what is written changes.
VERSION = 1
FORMAT = "fairlab.threshold_rule"
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

    Raises:
        InputError: If it is not such a rule, of another version, or damaged.
    """
    try:
        record = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"This is not JSON ({error}). Give a rule written by to_json()."
        ) from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise InputError("This JSON is not a threshold rule. Give one written by to_json().")
    if record.get("version") != VERSION:
        raise InputError(
            f"This rule has version {record.get('version')!r} of the format; version {VERSION} "
            "is read. Write it again with this fairlab."
        )
    try:
        return _facts(record), tuple(_group(one) for one in record["groups"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"The rule is incomplete or damaged: {type(error).__name__}: {error}. Write it again "
            "with to_json()."
        ) from error


def _facts(record: dict[str, Any]) -> dict[str, Any]:
    numbers = {name: float(record[name]) for name in ("slack", "cost_fp", "cost_fn")}
    if not np.isfinite(list(numbers.values())).all() or min(numbers.values()) < 0:
        raise ValueError("slack and costs must be finite and not negative")
    gap_of(record["constraint"], record["form"])
    return {"constraint": record["constraint"], "form": record["form"], **numbers}


def _group(one: dict[str, Any]) -> GroupThresholds:
    ends = {word: end for end, word in _ENDS.items()}
    drawn = [(t["threshold"], float(t["probability"])) for t in one["thresholds"]]
    cuts = tuple(ends[cut] if isinstance(cut, str) else float(cut) for cut, _ in drawn)
    chances = tuple(chance for _, chance in drawn)
    if np.isnan(cuts).any():
        raise ValueError(f"group {one['group']!r} has a threshold that is not a number")
    if cuts and not (min(chances) >= 0 and abs(sum(chances) - 1) <= 1e-9):
        raise ValueError(f"the probabilities of group {one['group']!r} do not sum to 1")
    return GroupThresholds(str(one["group"]), cuts, chances)
