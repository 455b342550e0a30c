"""The tables of ``bench quality``, split alike for everybody.

Each table compares two groups of one attribute, never a feature. ``people`` bounds how many people
models learn from and are picked on; the test people are a fifth of the table, up to ``TEST``, so
that a bound costs training people but no precision.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from fairlab.config import DataConfig, SplitConfig, Task
from fairlab.data import TaskData, load, prepare, read_path
from fairlab.data.task import PreparedData
from fairlab.errors import InputError
from fairlab.outcomes import IntArray
from fairlab.results import cross

TEST = 20_000
SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the benchmark.

    Attributes:
        name: As chosen with ``--tables``.
        title: In words.
        by: The attribute whose groups are compared.
        file: In the folder given with ``--data``; "" for the built-in table.
        read: From a frame (empty for the built-in one) to a table with roles.
    """

    name: str
    title: str
    by: str
    file: str
    read: Callable[[pd.DataFrame], TaskData]


def _german(frame: pd.DataFrame) -> TaskData:
    female = frame["personal_status_sex"].isin(["A92", "A95"])
    frame = frame.drop(columns="personal_status_sex").assign(sex=np.where(female, "female", "male"))
    return _with_roles(frame, "credit", ("1",), ("2",), "sex")


def _compas(frame: pd.DataFrame) -> TaskData:
    """The people ProPublica analysed, of the two largest groups."""
    kept = (
        frame["days_b_screening_arrest"].between(-30, 30)
        & frame["is_recid"].ne(-1)
        & frame["c_charge_degree"].ne("O")
        & frame["race"].isin(["African-American", "Caucasian"])
    )
    columns = ["two_year_recid", "race", "age", "sex", "priors_count", "juv_fel_count",
               "juv_misd_count", "juv_other_count", "c_charge_degree"]  # fmt: skip
    return _with_roles(frame.loc[kept, columns], "two_year_recid", ("0",), ("1",), "race")


def _loanapp(_: pd.DataFrame) -> TaskData:
    """Black and White applicants of the built-in table."""
    table = load("loanapp")
    kept = table.frame["race_ethnicity"].isin(["Black", "White"])
    frame = table.frame[kept].reset_index(drop=True)
    task = table.task.model_copy(update={"sensitive": ("race_ethnicity",)})
    return replace(table, frame=frame, task=task)


def _adult(frame: pd.DataFrame) -> TaskData:
    frame = frame.assign(income=frame["income"].astype(str).str.rstrip("."))
    return _with_roles(frame, "income", (">50K",), ("<=50K",), "sex", ("fnlwgt", "split"))


def _bank(frame: pd.DataFrame) -> TaskData:
    """``duration`` is known only after the call."""
    middle = frame["age"].between(25, 60)
    frame = frame.assign(
        age=np.where(middle, "25 to 60", "younger or older"),
        pdays=frame["pdays"].where(frame["pdays"].ne(-1)),
    )
    return _with_roles(frame, "y", ("yes",), ("no",), "age", ("duration",))


def _acs(frame: pd.DataFrame) -> TaskData:
    """Black and White people; codes are names, not quantities."""
    kept = frame["RAC1P"].isin([0, 1])
    frame = frame.loc[kept].drop(columns=["row_id", "split"], errors="ignore")
    quantities = ("AGEP", "SCHL", "PINCP")
    words = {
        name: "code " + frame[name].astype("Int64").astype(str)
        for name in frame.columns
        if name not in (*quantities, "PUBCOV", "RAC1P")
    }
    race = frame["RAC1P"].map({0: "White", 1: "Black"})
    return _with_roles(frame.assign(**words, RAC1P=race), "PUBCOV", ("1",), ("0",), "RAC1P")


def _with_roles(
    frame: pd.DataFrame,
    label: str,
    favourable: tuple[str, ...],
    unfavourable: tuple[str, ...],
    by: str,
    exclude: tuple[str, ...] = (),
) -> TaskData:
    task = Task(
        label=label,
        favourable=favourable,
        unfavourable=unfavourable,
        sensitive=(by,),
        exclude=tuple(name for name in exclude if name in frame.columns),
    )
    return TaskData(frame.reset_index(drop=True), task, DataConfig(source="file"))


TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        Table("german", "German credit, by sex", "sex", "german_credit.csv.gz", _german),
        Table("loanapp", "loanapp, by race", "race_ethnicity", "", _loanapp),
        Table("compas", "COMPAS, by race", "race", "compas_two_years_noid.csv.gz", _compas),
        Table("adult", "Adult, by sex", "sex", "adult.csv.gz", _adult),
        Table("bank", "Bank marketing, by age", "age", "bank_marketing_full.csv.gz", _bank),
        Table(
            "acs",
            "ACS public coverage, by race",
            "RAC1P",
            "acs_public_coverage_2018_sample40.csv.gz",
            _acs,
        ),
    )
}


def open_table(table: Table, folder: Path | None) -> TaskData:
    """A table with its roles.

    Raises:
        InputError: If the folder lacks its file.
    """
    if not table.file:
        return table.read(pd.DataFrame())
    if folder is None or not (folder / table.file).exists():
        raise InputError(
            f"{folder} has no {table.file}. Give a folder that has it with --data, or choose other "
            "tables with --tables; 'loanapp' is built in."
        )
    return table.read(read_path(folder / table.file).frame)


def split_people(
    data: TaskData, by: str, seed: int, people: int | None, most_tested: int = TEST
) -> PreparedData:
    """60/20/20 of the table, split anew by each seed; stratified by group × label.

    Args:
        data: The table.
        by: Its attribute.
        seed: Chooses who is learnt from, picked on and tested on, and who is left out.
        people: Most people in train and validation together; None for all.
        most_tested: Most people tested on.
    """
    n = len(data.frame)
    learnt_from = round((SHARES["train"] + SHARES["validation"]) * n)
    if people is not None:
        learnt_from = min(people, learnt_from)
    tested = min(most_tested, round(SHARES["test"] * n))
    kept = learnt_from + tested
    if kept < n - 1:
        rows = np.sort(np.random.default_rng([seed, 23]).permutation(n)[:kept])
        data = replace(data, frame=data.frame.iloc[rows].reset_index(drop=True))
    train = learnt_from / kept * SHARES["train"] / (SHARES["train"] + SHARES["validation"])
    test = tested / kept
    split = SplitConfig(train=train, validation=1 - train - test, test=test, seed=seed)
    return prepare(data, split, (by,))


def group_of(prepared: PreparedData, split: str) -> IntArray:
    """(n,) codes of the groups compared."""
    return cross(prepared.splits[split].attributes, prepared.group_by).codes
