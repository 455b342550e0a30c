"""What sets a table apart from the one a record was made with, in sentences."""

from collections.abc import Sequence

import pandas as pd

from fairlab.data import TaskData
from fairlab.data.fingerprint import fingerprint
from fairlab.decision.fingerprints import fingerprint_of
from fairlab.decision.parts import ColumnPrint, Fingerprint
from fairlab.decision.records import DecisionRecord
from fairlab.errors import InputError
from fairlab.language import tr, tr_n

_MOST_NAMED = 12


def refuse_other_table(record: DecisionRecord, table: TaskData) -> None:
    """Refuse a table that is not the one the record was made with, and say what differs.

    Raises:
        InputError: A sentence for every difference, and what to do.
    """
    found = fingerprint(table.frame)
    if found == record.table.whole:
        return
    head = tr(
        "This is not the table the record was made with: its content has fingerprint {found}…, "
        "the record says {wanted}….",
        found=found[:12],
        wanted=record.table.whole[:12],
    )
    remedy = tr(
        "Give the original file. To train on this table on purpose, export the run as YAML and "
        "remove its fingerprint; it is another run then."
    )
    problems = (head, *differing(record.table, table.frame, record.smallest), remedy)
    raise InputError(" ".join(problems), problems)


def differing(wanted: Fingerprint, frame: pd.DataFrame, smallest: int = 10) -> tuple[str, ...]:
    """What differs between a record's table and another one, as far as checks can tell.

    Args:
        wanted: The record's.
        frame: Another table.
        smallest: As the record was made with.

    Returns:
        A sentence for each difference; () for the very table.
    """
    if fingerprint(frame) == wanted.whole:
        return ()
    found = fingerprint_of(frame, wanted.whole, smallest)  # with the record's salt
    before = {column.name: column for column in wanted.columns}
    after = {column.name: column for column in found.columns}
    gone = [name for name in before if name not in after]
    new = [name for name in after if name not in before]
    renamed = _renamed(before, after, gone, new)
    shared = {name: name for name in before if name in after} | dict(renamed)
    said = [
        _rows(wanted.rows, found.rows),
        *(tr("Column “{old}” is called “{new}” here.", old=a, new=b) for a, b in renamed),
        _gone([name for name in gone if name not in dict(renamed)]),
        _new([name for name in new if name not in dict(renamed).values()]),
    ]
    if not gone and not new and list(before) != list(after):
        said.append(tr("The columns stand in another order."))
    said += _kinds(before, after, shared)
    if wanted.rows == found.rows:
        said += _contents(before, after, shared, known=bool([s for s in said if s]))
    return tuple(sentence for sentence in said if sentence)


def _rows(wanted: int, found: int) -> str:
    if wanted == found:
        return ""
    return tr(
        "It has {found:,} rows, the record's table had {wanted:,}. With other rows the content of "
        "every column differs, so contents are not compared.",
        found=found,
        wanted=wanted,
    )


def _renamed(
    before: dict[str, ColumnPrint],
    after: dict[str, ColumnPrint],
    gone: Sequence[str],
    new: Sequence[str],
) -> list[tuple[str, str]]:
    """Columns that are gone and have the content of exactly one that is new."""
    checks = {name: before[name].check for name in gone if before[name].check is not None}
    pairs = []
    for old, check in checks.items():
        same = [name for name in new if after[name].check == check]
        twins = [name for name, other in checks.items() if other == check]
        if len(same) == 1 and len(twins) == 1:
            pairs.append((old, same[0]))
    return pairs


def _gone(names: Sequence[str]) -> str:
    if not names:
        return ""
    return tr_n(
        "{n} column is missing: {names}.", "{n} columns are missing: {names}.", len(names),
        names=_named(names),
    )  # fmt: skip


def _new(names: Sequence[str]) -> str:
    if not names:
        return ""
    return tr_n(
        "{n} column was not there: {names}.", "{n} columns were not there: {names}.", len(names),
        names=_named(names),
    )  # fmt: skip


def _kinds(
    before: dict[str, ColumnPrint], after: dict[str, ColumnPrint], shared: dict[str, str]
) -> list[str]:
    return [
        tr(
            "Column “{name}” held values of kind {old} and holds {new} here.",
            name=old,
            old=before[old].kind,
            new=after[new].kind,
        )
        for old, new in shared.items()
        if before[old].kind != after[new].kind
    ]


def _contents(
    before: dict[str, ColumnPrint],
    after: dict[str, ColumnPrint],
    shared: dict[str, str],
    *,
    known: bool,
) -> list[str]:
    """Columns whose content differs; of those without a check, that we cannot tell."""
    said: list[str] = []
    same_kind = [old for old, new in shared.items() if before[old].kind == after[new].kind]
    gaps = [old for old in same_kind if before[old].missing != after[shared[old]].missing]
    other = [old for old in same_kind if before[old].check != after[shared[old]].check]
    unknown = [old for old in same_kind if old not in other and before[old].check is None]
    told = [old for old in same_kind if old not in unknown]
    if gaps:
        said.append(tr("Other numbers of values are missing in: {names}.", names=_named(gaps)))
    if other:
        said.append(
            tr("The content differs in: {names}.", names=_named(other))
            if set(other) < set(told)
            else tr(
                "The content differs in every column that can be compared ({names}): perhaps the "
                "rows stand in another order.",
                names=_named(other),
            )
        )
    if not unknown:
        return said
    if not (known or said):
        return [
            tr(
                "Nothing else differs, so the content differs in one of: {names}. Which one cannot "
                "be told: their values could be guessed from a check, so the record has none.",
                names=_named(unknown),
            )
        ]
    said.append(
        tr(
            "We cannot tell whether these differ, too, because the record has no check of them: "
            "{names}.",
            names=_named(unknown),
        )
    )
    return said


def _named(names: Sequence[str]) -> str:
    shown = [name[:80] for name in names[:_MOST_NAMED]]
    rest = len(names) - len(shown)
    listed = ", ".join(shown)
    return tr("{names} and {rest} more", names=listed, rest=rest) if rest else listed
