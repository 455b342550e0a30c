"""American Community Survey: public microdata of the US census, as two prediction tasks.

The tasks follow folktables (Ding, Hardt, Miller, Schmidt 2021), except that a missing value
stays missing (folktables writes 0).
"""

import io
import zipfile
from dataclasses import dataclass

import pandas as pd

from fairlab.config import DataConfig, Task
from fairlab.data.fingerprint import fingerprint
from fairlab.data.labels import name_values
from fairlab.data.sources.cache import Schema, download, public_table
from fairlab.data.task import TaskData
from fairlab.errors import InputError

ADDRESS = "https://www2.census.gov/programs-surveys/acs/data/pums/{year}/1-Year/csv_p{state}.zip"
YEARS = (2014, 2015, 2016, 2017, 2018)
STATES = (
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS",
    "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY",
    "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV",
    "WI", "WY", "PR",
)  # fmt: skip
SEX = {1: "male", 2: "female"}
RACE = {
    1: "White", 2: "Black", 3: "American Indian", 4: "Alaska Native",
    5: "American Indian or Alaska Native", 6: "Asian", 7: "Pacific Islander", 8: "Other",
    9: "Two or more",
}  # fmt: skip
DISABILITY = {1: "with a disability", 2: "without a disability"}
NUMBERS = ("AGEP", "SCHL", "WKHP", "PINCP", "PWGTP")
INCOME = ("AGEP", "COW", "SCHL", "MAR", "OCCP", "POBP", "RELP", "WKHP", "SEX", "RAC1P")
COVERAGE = (
    "AGEP", "SCHL", "MAR", "SEX", "DIS", "ESP", "CIT", "MIG", "MIL", "ANC", "NATIVITY", "DEAR",
    "DEYE", "DREM", "PINCP", "ESR", "ST", "FER", "RAC1P",
)  # fmt: skip
ALL = tuple(dict.fromkeys((*INCOME, *COVERAGE, "PINCP", "PWGTP", "PUBCOV")))


@dataclass(frozen=True, slots=True)
class _Survey:
    name: str
    title: str
    features: tuple[str, ...]
    label: str
    sensitive: tuple[str, ...]
    words: tuple[str, str]


_INCOME = _Survey(
    "acs_income", "ACS income", INCOME, "income", ("SEX", "RAC1P", "AGEP"),
    ("earns more than $50,000", "earns $50,000 or less"),
)  # fmt: skip
_COVERAGE = _Survey(
    "acs_public_coverage", "ACS public coverage", COVERAGE, "PUBCOV",
    ("RAC1P", "SEX", "AGEP", "DIS"),
    ("has public health coverage", "has no public health coverage"),
)  # fmt: skip


def load_income(*, state: str = "MA", year: int = 2018) -> TaskData:
    """People over 16 who work and earn: is the income above $50,000?"""
    people = _people(state, year)
    chosen = people[
        (people["AGEP"] > 16)
        & (people["PINCP"] > 100)
        & (people["WKHP"] > 0)
        & (people["PWGTP"] >= 1)
    ]
    label = (chosen["PINCP"] > 50_000).map({True: "over 50000", False: "50000 or less"})
    frame = chosen[list(INCOME)].assign(income=label.astype("str"))
    said = "aged 16 or under, not working, or with an income of $100 or less"
    return _task_data(_INCOME, frame, len(people), said, "over 50000", "50000 or less",
                      state, year)  # fmt: skip


def load_coverage(*, state: str = "MA", year: int = 2018) -> TaskData:
    """People under 65 with an income of at most $30,000: do they have public health coverage?"""
    people = _people(state, year)
    chosen = people[(people["AGEP"] < 65) & (people["PINCP"] <= 30_000)]
    frame = chosen[[*COVERAGE, "PUBCOV"]].assign(
        PUBCOV=chosen["PUBCOV"].map({1: "yes", 2: "no"}).astype("str")
    )
    said = "aged 65 or over, with an income over $30,000, or of unknown income"
    return _task_data(_COVERAGE, frame, len(people), said, "yes", "no", state, year)


def _task_data(
    survey: _Survey,
    chosen: pd.DataFrame,
    everyone: int,
    left_out: str,
    good: str,
    bad: str,
    state: str,
    year: int,
) -> TaskData:
    frame = _words(chosen).reset_index(drop=True)
    task = Task(
        label=survey.label,
        favourable=(good,),
        unfavourable=(bad,),
        sensitive=survey.sensitive,
        bins={"AGEP": (25.0, 60.0) if survey is _INCOME else (25.0, 45.0)},
        merge_groups_below=100,
        outcome_words=survey.words,
    )
    config = DataConfig(
        source=survey.name,
        options={"state": state, "year": year},
        fingerprint=fingerprint(frame),
        rows=len(frame),
    )
    note = f"{everyone - len(frame):,} of {everyone:,} people left out: {left_out}."
    return TaskData(frame, task, config, (note,))


def _people(state: str, year: int) -> pd.DataFrame:
    problems = []
    if state not in STATES:
        problems.append(f"There is no state {state!r}. Known: {name_values(STATES, 60)}.")
    if year not in YEARS:
        problems.append(f"The year must be one of {name_values([str(y) for y in YEARS])}.")
    if problems:
        raise InputError(" ".join(problems), problems)
    address = ADDRESS.format(year=year, state=state.lower())
    schema = Schema(columns=ALL, values={"SEX": ("1", "2"), "PUBCOV": ("1", "2")})
    name = f"acs_{year}_{state.lower()}"
    return public_table(
        name, f"ACS {year} {state}", address, schema, lambda: _fetch(state, address), _tidy
    )


def _fetch(state: str, address: str) -> pd.DataFrame:
    content = download(f"csv_p{state.lower()}.zip", address)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
            if len(names) != 1:
                raise InputError(f"The archive holds {len(names)} CSV files; wanted one.")
            with archive.open(names[0]) as file:
                frame: pd.DataFrame = pd.read_csv(
                    file, usecols=lambda name: name in ALL, low_memory=False
                )
                return frame
    except zipfile.BadZipFile as error:
        raise InputError("The archive is damaged or cut short.") from error


def _tidy(raw: pd.DataFrame) -> pd.DataFrame:
    frame = raw[[name for name in ALL if name in raw.columns]]
    numbers = {name: pd.to_numeric(frame[name], errors="coerce") for name in frame.columns}
    return pd.DataFrame(numbers).astype("float64")


def _words(frame: pd.DataFrame) -> pd.DataFrame:
    """Codes are names, not quantities: text, so that no order is read into them."""
    named = {"SEX": SEX, "RAC1P": RACE, "DIS": DISABILITY}
    columns = {}
    for name in map(str, frame.columns):
        column = frame[name]
        if name in named:
            column = column.map(named[name]).astype("str")
        elif name not in NUMBERS and pd.api.types.is_numeric_dtype(column):
            codes = column.map(lambda code: f"code {int(code)}", na_action="ignore")
            column = codes.astype("str")
        columns[name] = column
    return pd.DataFrame(columns)
