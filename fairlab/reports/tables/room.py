"""The runs of a workshop room as tables: one line per run, and all their points."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from fairlab.config import RunConfig
from fairlab.language import tr
from fairlab.reports.sentences.runs import compared, run_title, state_words
from fairlab.reports.tables.curve import CurveRow, curve_table
from fairlab.runs.records import RunRecord


@dataclass(frozen=True, slots=True)
class RoomRun:
    """A run in a room.

    Attributes:
        record: The run.
        mine: Whether the reader started it.
    """

    record: RunRecord
    mine: bool

    @property
    def label(self) -> str:
        """Its name in the room, whatever comes and goes: "Run k7Qf", "Run k7Qf (yours)"."""
        return tr("Run {id}{word}", id=self.record.id[:4], word=" (yours)" if self.mine else "")


def drawn_once(runs: Sequence[RoomRun]) -> list[tuple[RoomRun, str]]:
    """Runs that draw different points, each with its name on the chart.

    Runs of one computation, as when everybody pressed the same button, are one: the newest of
    them stands for all, "Run k7Qf, yours and 4 alike".

    Args:
        runs: Oldest first.
    """
    same: dict[str, list[RoomRun]] = {}
    for run in runs:
        key = run.record.result_key or run.record.job
        same.setdefault(key, []).append(run)
    newest_last = sorted(same.values(), key=lambda alike: runs.index(alike[-1]))
    return [(alike[-1], _and_alike(alike)) for alike in newest_last]


def _and_alike(alike: Sequence[RoomRun]) -> str:
    more = len(alike) - 1
    name = tr(
        "Run {id}{word}", id=alike[-1].record.id[:4], word=tr(", yours") if alike[-1].mine else ""
    )
    return name + (tr(" and {more} alike", more=more) if more else "")


def question(config: RunConfig) -> tuple[str, ...]:
    """What must be equal for two runs to be on one chart: constraint, groups and table."""
    sweep, data = config.sweep, config.data
    return (
        sweep.constraint,
        sweep.grouping,
        *compared(config),
        "",
        data.source,
        data.fingerprint,
        config.task.label,
    )


def room_table(runs: Sequence[RoomRun], rows: Mapping[str, Sequence[CurveRow]]) -> pd.DataFrame:
    """One line per run: what it is for, where it is, and the two ends of its curve.

    Args:
        runs: In the order of the lines.
        rows: Points on test people by run id, of those that are finished.
    """
    return pd.DataFrame(
        {
            "Run": [run.label for run in runs],
            "For": [run_title(run.record.config) for run in runs],
            "State": [state_words(run.record) for run in runs],
            "Models": [run.record.config.sweep.n_models for run in runs],
            "Most accurate, test people": [
                _end(rows.get(run.record.id, ()), most_accurate) for run in runs
            ],
            "Smallest gap, test people": [
                _end(rows.get(run.record.id, ()), smallest_gap) for run in runs
            ],
        }
    )


def points_of_room(runs: Sequence[RoomRun], rows: Mapping[str, Sequence[CurveRow]]) -> pd.DataFrame:
    """All points of the finished runs, with the run each belongs to."""
    tables = []
    for run in runs:
        table = curve_table(tuple(rows.get(run.record.id, ())))
        table.insert(0, tr("Run"), run.label)
        tables.append(table[table.columns[:6]])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def most_accurate(rows: Sequence[CurveRow]) -> CurveRow | None:
    """Without warnings, of the highest accuracy; of equals the one with the smaller gap."""
    known = _known(rows)
    return max(known, key=lambda r: (r.accuracy or 0, -(r.gap or 0))) if known else None


def smallest_gap(rows: Sequence[CurveRow]) -> CurveRow | None:
    """Without warnings, of the smallest gap; of equals the more accurate one."""
    known = _known(rows)
    return min(known, key=lambda r: (r.gap or 0, -(r.accuracy or 0))) if known else None


def _known(rows: Sequence[CurveRow]) -> list[CurveRow]:
    """Those that say something: no warnings, as a model that decides alike for everybody has."""
    return [
        row
        for row in rows
        if row.gap is not None and row.accuracy is not None and not row.baseline and not row.flags
    ]


def _end(
    rows: Sequence[CurveRow], pick: Callable[[Sequence[CurveRow]], CurveRow | None]
) -> str | None:
    row = pick(rows)
    if row is None:
        return None
    return tr(
        "{accuracy:.1f} %, gap {gap:.1f} points",
        accuracy=100 * (row.accuracy or 0),
        gap=100 * (row.gap or 0),
    )
