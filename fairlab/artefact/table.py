"""A table of new people, brought to what a model reads; everything odd is counted and said."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairlab.artefact.groups import NO_GROUP, read_codes
from fairlab.artefact.schema import CategoriesColumn, GroupReading, ModelRecord, NumbersColumn
from fairlab.data.encoding import MISSING_LEVEL
from fairlab.data.findings import cut_name
from fairlab.data.labels import name_values
from fairlab.data.values import as_numbers, as_text, kind
from fairlab.errors import InputError
from fairlab.language import tr, tr_n
from fairlab.results import Attribute

_YES, _NO = frozenset({"true", "yes", "1", "1.0"}), frozenset({"false", "no", "0", "0.0"})
# So many people, and none with a known value, are no accident.
_SEVERAL = 5
_KINDS = ("number", "yes/no", "date", "text")


@dataclass(frozen=True, slots=True, eq=False)
class NewPeople:
    """People to be scored.

    Attributes:
        frame: The columns the model reads, of the types it reads them as.
        attributes: Sensitive attributes a decision reads; code -1 where training had no group.
        reasons: (n,) why a person cannot be decided; "" for everybody who can.
        notes: What was found, with counts, in sentences.
    """

    frame: pd.DataFrame
    attributes: dict[str, Attribute]
    reasons: np.ndarray
    notes: tuple[str, ...]


def read_new_people(record: ModelRecord, frame: pd.DataFrame) -> NewPeople:
    """Check a table and bring its columns to the types training had.

    Rows are never left out. Columns the model does not read, the label among them, are not
    looked at.

    Raises:
        InputError: Listing every problem: a column that is missing or there twice, or holds
            something that cannot be what training had.
    """
    if not isinstance(frame, pd.DataFrame):
        raise InputError(
            tr(
                "A model reads columns by their names, so people come as a pandas DataFrame; "
                "found {found}. Give the table with its column names.",
                found=type(frame).__name__,
            )
        )
    wanted = columns_read(record)
    problems = _absent(wanted, frame)
    if problems:
        raise InputError(" ".join(problems), problems)
    frame = frame.reset_index(drop=True)
    notes = _unread(record, wanted, frame)
    columns: dict[str, pd.Series] = {}
    for column in record.preprocessing.columns:
        try:
            columns[column.name], said = _read(column, record, frame[column.name])
            notes += said
        except InputError as error:
            problems += error.problems
    attributes: dict[str, Attribute] = {}
    reasons = np.full(len(frame), "", dtype=object)
    for reading in record.groups:
        try:
            codes = read_codes(reading, frame[reading.name])
        except InputError as error:
            problems += error.problems
            continue
        attributes[reading.name] = Attribute(codes, reading.groups)
        notes += _say_groups(reading, frame[reading.name], codes, reasons)
    if problems:
        raise InputError(" ".join(problems), problems)
    return NewPeople(pd.DataFrame(columns, copy=False), attributes, reasons, tuple(notes))


def columns_read(record: ModelRecord) -> tuple[str, ...]:
    """Columns a decision needs: the features', then the sensitive ones whose groups it reads."""
    names = [column.name for column in record.preprocessing.columns]
    return tuple(dict.fromkeys([*names, *(reading.name for reading in record.groups)]))


def _absent(wanted: Sequence[str], frame: pd.DataFrame) -> list[str]:
    have = [str(name) for name in frame.columns]
    problems = []
    for name in wanted:
        if have.count(name) > 1:
            problems.append(
                tr(
                    "The table has {n} columns called '{name}'. Keep the one that is meant.",
                    n=have.count(name),
                    name=cut_name(name),
                )
            )
        elif name not in frame.columns:
            close = _alike(name, have)
            problems.append(
                tr("The model reads the column '{name}', which the table has not.", name=name)
                + " "
                + (
                    tr("Is it '{close}'? Rename it.", close=cut_name(close))
                    if close
                    else tr("Add it; where a value is not known, leave the cell empty.")
                )
            )
    return problems


def _alike(name: str, have: Sequence[str]) -> str:
    for other in have:
        if other.strip().lower() == name.strip().lower():
            return other
    found = difflib.get_close_matches(name, have, n=1, cutoff=0.85)
    return found[0] if found else ""


def _unread(record: ModelRecord, wanted: Sequence[str], frame: pd.DataFrame) -> list[str]:
    rest = [str(name) for name in frame.columns if name not in wanted]
    notes = []
    if record.label in rest:
        rest.remove(record.label)
        notes.append(
            tr(
                "The table holds '{label}', the outcome the model was trained to predict. It is "
                "not read.",
                label=record.label,
            )
        )
    if rest:
        names = name_values([cut_name(name) for name in rest], 8)
        notes.append(tr_n("1 column is not read: {names}.", "{n} columns are not read: {names}.",
                          len(rest), names=names))  # fmt: skip
    return notes


def _read(
    column: NumbersColumn | CategoriesColumn, record: ModelRecord, found: pd.Series
) -> tuple[pd.Series, list[str]]:
    if isinstance(column, CategoriesColumn):
        return _categories(column, found)
    numbers, notes = _numbers(column.name, record.read_as[column.name], found)
    return pd.Series(numbers), notes + _say_numbers(column, record.read_as[column.name], numbers)


def _numbers(name: str, wanted: str, found: pd.Series) -> tuple[np.ndarray, list[str]]:
    """(n,) float64 as training read such a column; what cannot be read is missing, and counted."""
    here = kind(found)
    if here == "text":
        numbers = _from_text(found, wanted)
    elif here == wanted or "date" not in (here, wanted):
        numbers = as_numbers(found).astype(np.float64)
    else:
        numbers = np.full(len(found), np.nan)
    present = np.asarray(found.notna(), dtype=bool)
    infinite = int(np.isinf(numbers).sum())
    numbers = np.where(np.isfinite(numbers), numbers, np.nan)
    odd = present & np.isnan(numbers)
    if odd.any() and odd.sum() == present.sum():
        raise InputError(
            tr(
                "The column '{name}' was {wanted} in training, and none of its values here is "
                "({values}). Write them as in training, or leave cells empty where nothing is "
                "known.",
                name=cut_name(name),
                wanted=_words()[wanted],
                values=_some(found[odd]),
            )
        )
    notes = []
    if here not in (wanted, "text"):
        notes.append(
            tr(
                "'{name}' was {wanted} in training and is {here} here; yes counts as 1 and no "
                "as 0.",
                name=cut_name(name),
                wanted=_words()[wanted],
                here=_words()[here],
            )
        )
    if odd.any():
        notes.append(
            tr_n(
                "'{name}': 1 person has a value that cannot be read as {wanted} ({values}); it "
                "counts as missing.",
                "'{name}': {n:,} people have a value that cannot be read as {wanted} ({values}); "
                "it counts as missing.",
                int(odd.sum()),
                name=cut_name(name),
                wanted=_words()[wanted],
                values=tr("not finite") if infinite == odd.sum() else _some(found[odd]),
            )
        )
    return numbers, notes


def _from_text(found: pd.Series, wanted: str) -> np.ndarray:
    text = as_text(found)
    if wanted == "date":
        dates = pd.to_datetime(text, errors="coerce", format="ISO8601", utc=True)
        return as_numbers(pd.Series(dates).dt.tz_localize(None))
    if wanted == "yes/no":
        plain = text.map(lambda value: None if value is None else str(value).lower())
        yes, no = plain.isin(_YES).to_numpy(), plain.isin(_NO).to_numpy()
        return np.where(yes, 1.0, np.where(no, 0.0, np.nan))
    return np.asarray(pd.to_numeric(text, errors="coerce"), dtype=np.float64)


def _say_numbers(column: NumbersColumn, read_as: str, numbers: np.ndarray) -> list[str]:
    notes = []
    missing = int(np.isnan(numbers).sum())
    if missing and column.marked:
        notes.append(
            tr_n(
                "'{name}' is missing for 1 person, and is read as in training: the median of "
                "training ({median}), marked as missing.",
                "'{name}' is missing for {n:,} people, and is read as in training: the median of "
                "training ({median}), marked as missing.",
                missing,
                name=cut_name(column.name),
                median=_shown(column.median, read_as),
            )
        )
    elif missing:
        notes.append(
            tr_n(
                "'{name}' is missing for 1 person, and was for nobody in training: the median of "
                "training ({median}) is taken, which is a guess.",
                "'{name}' is missing for {n:,} people, and was for nobody in training: the "
                "median of training ({median}) is taken, which is a guess.",
                missing,
                name=cut_name(column.name),
                median=_shown(column.median, read_as),
            )
        )
    if column.knots is not None:
        low, high = column.knots[0], column.knots[-1]
        with np.errstate(invalid="ignore"):
            outside = int(((numbers < low) | (numbers > high)).sum())
        if outside:
            notes.append(
                tr_n(
                    "'{name}': 1 person is outside what training had ({low} to {high}).",
                    "'{name}': {n:,} people are outside what training had ({low} to {high}).",
                    outside,
                    name=cut_name(column.name),
                    low=_shown(low, read_as),
                    high=_shown(high, read_as),
                )
                + " "
                + tr("The model knows nothing of such values.")
            )
    return notes


def _categories(column: CategoriesColumn, found: pd.Series) -> tuple[pd.Series, list[str]]:
    try:
        text = as_text(found)
    except TypeError as error:  # lists and the like, which are no values
        raise InputError(
            tr(
                "The column '{name}' holds lists or other values that are no text. Write one "
                "value per person.",
                name=cut_name(column.name),
            )
        ) from error
    # The one rare level is a name of ours: nobody's own value may be taken for it, or is rare too.
    known = set(column.levels) - set(column.rare)
    missing = text.isna()
    unseen = ~(text.isin(known) | missing)
    as_what = (
        tr("it is read as a rare value")
        if column.rare
        else tr("it is read as none of the known values")
    )
    notes = []
    if unseen.sum() >= _SEVERAL and unseen.sum() == (~missing).sum():
        notes.append(
            tr(
                "No value of '{name}' here ({values}) is one that training had ({known}): it seems "
                "to be written otherwise than in training. It is read as unknown for everybody.",
                name=cut_name(column.name),
                values=_some(text[unseen]),
                known=name_values([cut_name(level, 30) for level in sorted(known)], 3),
            )
        )
    elif unseen.any():
        values = name_values(sorted({cut_name(str(v)) for v in text[unseen]}), 3)
        notes.append(
            tr_n(
                "'{name}': 1 person has a value that nobody or few people in training had "
                "({values}); {as_what}.",
                "'{name}': {n:,} people have a value that nobody or few people in training had "
                "({values}); {as_what}.",
                int(unseen.sum()),
                name=cut_name(column.name),
                values=values,
                as_what=as_what,
            )
        )
    if missing.any() and MISSING_LEVEL in known:
        notes.append(
            tr_n(
                "'{name}' is missing for 1 person, which is a value of its own, as in training.",
                "'{name}' is missing for {n:,} people, which is a value of its own, as in "
                "training.",
                int(missing.sum()),
                name=cut_name(column.name),
            )
        )
    elif missing.any():
        notes.append(
            tr_n(
                "'{name}' is missing for 1 person, and was for nobody or few in training; "
                "{as_what}.",
                "'{name}' is missing for {n:,} people, and was for nobody or few in training; "
                "{as_what}.",
                int(missing.sum()),
                name=cut_name(column.name),
                as_what=as_what,
            )
        )
    return text, notes


def _say_groups(
    reading: GroupReading, column: pd.Series, codes: np.ndarray, reasons: np.ndarray
) -> list[str]:
    """Sentences about groups, and why people without one cannot be decided."""
    notes = []
    empty = np.asarray(column.isna(), dtype=bool)
    name = cut_name(reading.name)
    lost = codes == NO_GROUP
    for where, reason in (
        (lost & empty, tr("'{name}' is missing", name=name)),
        (lost & ~empty, tr("training had no such group of '{name}'", name=name)),
    ):
        if where.any():
            reasons[where & (reasons == "")] = reason
            notes.append(
                tr_n(
                    "1 person has no score and no decision: {reason}, and the decision needs it.",
                    "{n:,} people have no score and no decision: {reason}, and the decision needs "
                    "it.",
                    int(where.sum()),
                    reason=reason,
                )
            )
    if reading.others is not None and reading.values is not None:
        other = ~as_text(column).isin(set(reading.values)).to_numpy() & ~empty
        if other.any():
            notes.append(
                tr_n(
                    "1 person has a value of '{name}' that is not a group of its own, and counts "
                    "as '{group}'.",
                    "{n:,} people have a value of '{name}' that is not a group of its own, and "
                    "count as '{group}'.",
                    int(other.sum()),
                    name=name,
                    group=reading.groups[reading.others],
                )
            )
    return notes


def _shown(number: float, read_as: str) -> str:
    """A number as the table writes it: dates are kept as days since 1970."""
    if read_as != "date":
        return tr("{number:g}", number=number)
    try:
        return (pd.Timestamp("1970-01-01") + pd.Timedelta(days=number)).date().isoformat()
    except (OverflowError, ValueError):  # a date no calendar has
        return tr("{number:g}", number=number)


def _some(values: Iterable[object]) -> str:
    return name_values([cut_name(str(value), 30) for value in pd.unique(pd.Series(values))[:4]], 3)


def _words() -> dict[str, str]:
    words = (tr("a number"), tr("yes or no"), tr("a date"), tr("text"))
    return dict(zip(_KINDS, words, strict=True))
