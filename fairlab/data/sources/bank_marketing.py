"""Bank marketing: who opened a term deposit after a call, Portugal 2008 to 2010."""

import numpy as np
import pandas as pd

from fairlab.config import DataConfig, Task
from fairlab.data.fingerprint import fingerprint
from fairlab.data.sources.cache import Schema, public_table
from fairlab.data.sources.openml import openml_table
from fairlab.data.task import TaskData

ADDRESS = "https://www.openml.org/d/1461"
DATA_ID = 1461
NAMES = (
    "age", "job", "marital", "education", "default", "balance", "housing", "loan", "contact",
    "day", "month", "duration", "campaign", "pdays", "previous", "poutcome",
)  # fmt: skip
SCHEMA = Schema(
    columns=(*NAMES, "y"),
    rows=45_211,
    values={"y": ("no", "yes"), "marital": ("divorced", "married", "single")},
)
TASK = Task(
    label="y",
    favourable=("yes",),
    unfavourable=("no",),
    sensitive=("age", "marital"),
    exclude=("duration",),
    bins={"age": (25.0, 60.0)},
    outcome_words=("opened a term deposit", "opened none"),
)


def load() -> TaskData:
    """The table with its roles; see ``datasets/bank_marketing/card.md``."""
    frame = public_table(
        "bank_marketing", "Bank marketing", ADDRESS, SCHEMA, lambda: openml_table(DATA_ID), _tidy
    )
    config = DataConfig(source="bank_marketing", fingerprint=fingerprint(frame), rows=len(frame))
    notes = (
        "duration of the call is left out: it is known only after the call.",
        f"pdays = -1 (never called before) is read as missing "
        f"({int(frame['pdays'].isna().sum()):,} people).",
    )
    return TaskData(frame, TASK, config, notes)


def _tidy(raw: pd.DataFrame) -> pd.DataFrame:
    """Real names for OpenML's V1 … V16 and Class (1 no, 2 yes); -1 days is "never"."""
    frame = raw.rename(columns={f"V{i}": name for i, name in enumerate(NAMES, start=1)})
    if "Class" in frame.columns:
        words = frame.pop("Class").astype("float64").map({1.0: "no", 2.0: "yes"})
        frame["y"] = words.astype("str")
    if "pdays" in frame.columns:
        days = frame["pdays"].astype("float64")
        frame["pdays"] = np.where(days == -1, np.nan, days)
    return frame
