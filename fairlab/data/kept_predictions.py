"""Predictions of a model trained elsewhere as a table that is kept by its content, and back.

Kept is what an audit needs and no other column of the file. One table holds everything, so its
fingerprint stands for all of it: people, groups, threshold, words, the name of the file.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from fairlab.data.fingerprint import fingerprint
from fairlab.data.tables import load_table
from fairlab.errors import InputError
from fairlab.results import Attribute, ScoredPeople

FORMAT = "fairlab predictions 1"
_RECORD, _LABEL, _SCORE, _WEIGHT = "record", "label", "score", "weight"


def predictions_frame(people: ScoredPeople, name: str) -> pd.DataFrame:
    """One row per person: label, score, weight, a code per grouping; the rest in the first row.

    Args:
        people: What was read from the file.
        name: Of the file.
    """
    groupings = {"attributes": people.attributes, "controls": people.controls}
    record = {
        "format": FORMAT,
        "name": name,
        "has_scores": people.has_scores,
        "threshold": people.threshold,
        "higher_is_better": people.higher_is_better,
        "score_name": people.score_name,
        "outcome_words": people.outcome_words,
        "notes": people.notes,
        **{what: _names(found) for what, found in groupings.items()},
    }
    columns: dict[str, Any] = {
        _LABEL: people.y_true.astype(np.int64),
        _SCORE: people.score.astype(np.float64),
    }
    if people.weight is not None:
        columns[_WEIGHT] = people.weight.astype(np.float64)
    for what, found in groupings.items():
        for i, grouping in enumerate(found.values()):
            columns[f"{what} {i}"] = grouping.codes.astype(np.int64)
    frame = pd.DataFrame(columns)
    first = [None] * len(frame)
    first[:1] = [json.dumps(record)]  # type: ignore[list-item]
    frame[_RECORD] = pd.Series(first, dtype="str")
    return frame


def predictions_digest(people: ScoredPeople, name: str) -> str:
    """The fingerprint of these predictions: 64 hexadecimal digits."""
    return fingerprint(predictions_frame(people, name))


def load_predictions(digest: str) -> tuple[ScoredPeople, str]:
    """The predictions kept under this fingerprint, and the name of their file.

    Raises:
        InputError: If they are not kept here, are damaged, or are a table of another kind.
    """
    frame = load_table(digest)
    try:
        record = json.loads(str(frame[_RECORD].iloc[0]))
        if record["format"] != FORMAT:
            raise ValueError
        return _people(frame, record), str(record["name"])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise InputError(
            f"What is kept under {digest[:12]}… are no predictions. Upload them again on the Data "
            "page."
        ) from error


def _names(found: Mapping[str, Attribute]) -> list[list[Any]]:
    return [[name, list(grouping.names)] for name, grouping in found.items()]


def _people(frame: pd.DataFrame, record: Mapping[str, Any]) -> ScoredPeople:
    def groupings(what: str) -> dict[str, Attribute]:
        return {
            name: Attribute(frame[f"{what} {i}"].to_numpy(np.int64), tuple(names))
            for i, (name, names) in enumerate(record[what])
        }

    words = record["outcome_words"]
    return ScoredPeople(
        y_true=frame[_LABEL].to_numpy(np.int64),
        score=frame[_SCORE].to_numpy(np.float64),
        attributes=groupings("attributes"),
        weight=frame[_WEIGHT].to_numpy(np.float64) if _WEIGHT in frame else None,
        has_scores=bool(record["has_scores"]),
        threshold=float(record["threshold"]),
        notes=tuple(record["notes"]),
        controls=groupings("controls"),
        higher_is_better=bool(record["higher_is_better"]),
        score_name=str(record["score_name"]),
        outcome_words=(str(words[0]), str(words[1])) if words else (),
    )
