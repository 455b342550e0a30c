"""COMPAS: people screened in Broward County 2013 and 2014, and whether they were charged again."""

import pandas as pd

from fairlab.config import DataConfig, Task
from fairlab.data.fingerprint import fingerprint
from fairlab.data.sources.cache import LARGEST, Schema, download, public_table
from fairlab.data.task import TaskData
from fairlab.data.upload import read_table

ADDRESS = (
    "https://raw.githubusercontent.com/propublica/compas-analysis/master/"
    "compas-scores-two-years.csv"
)
FILENAME = "compas-scores-two-years.csv"
DIRECT_IDENTIFIERS = ("name", "first", "last", "dob", "id", "c_case_number", "r_case_number",
                      "vr_case_number")  # fmt: skip
FEATURES = ("juv_fel_count", "juv_misd_count", "juv_other_count", "priors_count",
            "c_charge_degree", "c_charge_desc")  # fmt: skip
SCHEMA = Schema(
    columns=(
        "sex", "age", "age_cat", "race", *FEATURES, "days_b_screening_arrest", "is_recid",
        "decile_score", "score_text", "two_year_recid",
    ),
    rows=7_214,
    values={"two_year_recid": ("0", "1"), "sex": ("Female", "Male")},
)  # fmt: skip


def load(*, filtered: bool = True) -> TaskData:
    """The table with its roles; see ``datasets/compas/card.md``.

    Args:
        filtered: Keep the 6,172 people ProPublica analysed: screened within 30 days of arrest,
            a known outcome, no ordinary traffic offence, a known score.
    """
    frame = public_table("compas", "COMPAS", ADDRESS, SCHEMA, _fetch, _tidy)
    notes = ["Names, dates of birth and case numbers were removed on reading."]
    if filtered:
        kept = _propublica(frame)
        notes.append(
            f"{int((~kept).sum()):,} of {len(frame):,} people left out as ProPublica did: not "
            "screened within 30 days of arrest, unknown outcome, traffic offence, or no score."
        )
        frame = frame[kept].reset_index(drop=True)
    task = Task(
        label="two_year_recid",
        favourable=("0",),
        unfavourable=("1",),
        sensitive=("race", "sex", "age"),
        exclude=tuple(
            str(name)
            for name in frame.columns
            if name not in (*FEATURES, "race", "sex", "age", "two_year_recid")
        ),
        bins={"age": (25.0, 46.0)},
        merge_groups_below=50,
        outcome_words=("not charged again within two years", "charged again within two years"),
    )
    config = DataConfig(
        source="compas",
        options={"filtered": filtered},
        fingerprint=fingerprint(frame),
        rows=len(frame),
    )
    return TaskData(frame, task, config, tuple(notes))


def _fetch() -> pd.DataFrame:
    return read_table(download(FILENAME, ADDRESS), FILENAME, LARGEST).frame


def _tidy(raw: pd.DataFrame) -> pd.DataFrame:
    gone = [name for name in DIRECT_IDENTIFIERS if name in raw.columns]
    return raw.drop(columns=gone)


def _propublica(frame: pd.DataFrame) -> pd.Series:
    days = frame["days_b_screening_arrest"]
    return (
        days.between(-30, 30)
        & (frame["is_recid"] != -1)
        & (frame["c_charge_degree"] != "O")
        & frame["score_text"].notna()
        & (frame["score_text"] != "N/A")
    )
