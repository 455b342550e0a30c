"""German credit: 1,000 applicants of a German bank, about 1973 to 1975."""

import pandas as pd

from fairlab.config import DataConfig, Task
from fairlab.data.fingerprint import fingerprint
from fairlab.data.sources.cache import Schema, public_table
from fairlab.data.sources.openml import openml_table
from fairlab.data.task import TaskData

ADDRESS = "https://www.openml.org/d/31"
DATA_ID = 31
SCHEMA = Schema(
    columns=(
        "checking_status", "duration", "credit_history", "purpose", "credit_amount",
        "savings_status", "employment", "installment_commitment", "personal_status",
        "other_parties", "residence_since", "property_magnitude", "age",
        "other_payment_plans", "housing", "existing_credits", "job", "num_dependents",
        "own_telephone", "foreign_worker", "class",
    ),
    rows=1_000,
    values={"class": ("bad", "good"), "sex": ("female", "male")},
)  # fmt: skip
TASK = Task(
    label="class",
    favourable=("good",),
    unfavourable=("bad",),
    sensitive=("sex", "age", "foreign_worker"),
    exclude=("personal_status",),
    bins={"age": (26.0,)},
    outcome_words=("good credit risk", "bad credit risk"),
)


def load() -> TaskData:
    """The table with its roles; see ``datasets/german_credit/card.md``."""
    frame = public_table(
        "german_credit", "German credit", ADDRESS, SCHEMA, lambda: openml_table(DATA_ID), _tidy
    )
    config = DataConfig(source="german_credit", fingerprint=fingerprint(frame), rows=len(frame))
    notes = (
        "sex is read out of personal_status, which mixes it with marital status and is left out.",
    )
    return TaskData(frame, TASK, config, notes)


def _tidy(raw: pd.DataFrame) -> pd.DataFrame:
    frame = raw.copy()
    if "personal_status" in frame.columns:
        status = frame["personal_status"].str.strip("'\" ")
        frame["sex"] = status.str.split().str[0].astype("str")
    return frame
