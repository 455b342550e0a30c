"""Adult: who earned more than $50,000 in the US census of 1994."""

import pandas as pd

from fairlab.config import DataConfig, Task
from fairlab.data.fingerprint import fingerprint
from fairlab.data.sources.cache import Schema, public_table
from fairlab.data.sources.openml import openml_table
from fairlab.data.task import TaskData

ADDRESS = "https://www.openml.org/d/1590"
DATA_ID = 1590
SCHEMA = Schema(
    columns=(
        "age", "workclass", "fnlwgt", "education", "education-num", "marital-status",
        "occupation", "relationship", "race", "sex", "capital-gain", "capital-loss",
        "hours-per-week", "native-country", "income",
    ),
    rows=48_842,
    values={"income": ("<=50K", ">50K"), "sex": ("Female", "Male")},
)  # fmt: skip
TASK = Task(
    label="income",
    favourable=(">50K",),
    unfavourable=("<=50K",),
    sensitive=("sex", "race", "age"),
    exclude=("fnlwgt",),
    bins={"age": (25.0, 60.0)},
    outcome_words=("earns more than $50,000", "earns $50,000 or less"),
)


def load() -> TaskData:
    """The table with its roles; see ``datasets/adult/card.md``."""
    frame = public_table("adult", "Adult", ADDRESS, SCHEMA, lambda: openml_table(DATA_ID), _tidy)
    config = DataConfig(source="adult", fingerprint=fingerprint(frame), rows=len(frame))
    notes = ("'?' is read as missing.", "fnlwgt (how many people a row stands for) is not used.")
    return TaskData(frame, TASK, config, notes)


def _tidy(raw: pd.DataFrame) -> pd.DataFrame:
    frame = raw.rename(columns={"class": "income"})
    frame = frame[[name for name in SCHEMA.columns if name in frame.columns]].copy()
    if "income" in frame.columns:
        frame["income"] = frame["income"].str.rstrip(".").astype("str")
    return frame
