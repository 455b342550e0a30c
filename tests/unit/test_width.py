"""How wide a table will be once encoded, told before it is."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from fairlab.config import DataConfig, RunConfig, SplitConfig, SweepConfig, Task
from fairlab.data import TaskData, load, prepare
from fairlab.data.encoding import fit_encoding
from fairlab.data.width import MOST, encoded_width
from fairlab.duration import USUAL, Encoded, encoded_as, nominal_seconds
from fairlab.runs.estimate import estimate_seconds
from fairlab.runs.records import RunRecord, RunState

ROLES = Task(label="y", favourable=("1",), sensitive=("g",), exclude=("secret",))


def awkward(rows: int, seed: int = 0) -> pd.DataFrame:
    """Numbers, heaped numbers, counts, dates, yes/no, texts few and many, ids; some missing."""
    rng = np.random.default_rng(seed)
    days = pd.to_timedelta(rng.integers(0, 900, rows), unit="D")
    frame = pd.DataFrame(
        {
            "y": rng.integers(0, 2, rows),
            "g": rng.choice(["a", "b"], rows),
            "secret": rng.choice([f"s{i}" for i in range(20)], rows),
            "income": rng.normal(size=rows),
            "gain": np.where(rng.random(rows) < 0.95, 0.0, rng.exponential(size=rows)),
            "children": rng.integers(0, 5, rows),
            "score": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows)),
            "id": [f"person {i}" for i in range(rows)],
            "place": [f"p{int(v)}" for v in np.minimum(3 * rng.pareto(1.0, rows), 400)],
            "home": rng.choice(["rent", "own"], rows),
            "since": pd.Timestamp("2020-01-01") + days,
            "same": 1,
            "empty": np.nan,
            "member": rng.random(rows) < 0.3,
        }
    )
    return frame.assign(home=frame["home"].where(rng.random(rows) < 0.95))


def found(frame: pd.DataFrame, task: Task) -> tuple[int, int]:
    """Features of the encoder, and the most of them not 0 in a train person."""
    prepared = prepare(TaskData(frame, task, DataConfig(source="file")), SplitConfig())
    seen = prepared.splits["train"].features
    return seen.shape[1], int(np.count_nonzero(seen, axis=1).max())


def test_the_built_in_table_is_about_as_wide_as_told() -> None:
    """Other rows than the split's: a category or a knot more or less."""
    table = load("loanapp")
    told, (columns, filled) = encoded_width(table.frame, table.task, 0.6), found(*table_of(table))
    assert told.columns == pytest.approx(columns, rel=0.04)
    assert told.multiplied == pytest.approx(encoded_as(columns, filled).multiplied, rel=0.04)


def table_of(data: TaskData) -> tuple[pd.DataFrame, Task]:
    """What a width is told from."""
    return data.frame, data.task


@pytest.mark.parametrize("rows", [120, 3_000, 3 * MOST])
def test_any_table_is_about_as_wide_as_told(rows: int) -> None:
    """Columns of all kinds, few people and more than are looked at; roles are not features."""
    frame = awkward(rows)
    told, (columns, filled) = encoded_width(frame, ROLES, 0.6), found(frame, ROLES)
    assert told.columns == pytest.approx(columns, rel=0.08)
    assert told.multiplied == pytest.approx(encoded_as(columns, filled).multiplied, rel=0.1)


@pytest.mark.parametrize("rows", [40, 700])
def test_where_everybody_is_looked_at_the_width_is_the_encoders(rows: int) -> None:
    """No row is passed over when all are trained on."""
    frame = awkward(rows)
    features = frame.drop(columns=["y", "g", "secret"])
    encoding = fit_encoding(features)
    filled = np.count_nonzero(encoding.encode(features), axis=1).max()
    assert encoded_width(frame, ROLES, 1.0) == encoded_as(len(encoding.names), int(filled))


@pytest.mark.parametrize("rows", [400, 1_001])
def test_a_sample_has_the_columns_of_those_it_stands_for(rows: int) -> None:
    """Eight times the same people: more knots and rarer categories than the people alone have."""
    people = awkward(rows).drop(columns=["y", "g", "id"])
    many = pd.concat([people] * 8, ignore_index=True)
    alone, standing = fit_encoding(people), fit_encoding(people, len(many))
    assert standing.names == fit_encoding(many).names
    assert len(standing.names) > len(alone.names)


def test_a_table_without_features_or_people_is_taken_for_usual() -> None:
    """Training says what is wrong with it; the estimate does not fail."""
    frame = awkward(50)
    assert encoded_width(frame[["y", "g"]], ROLES, 0.6) == USUAL
    assert encoded_width(frame[:0], ROLES, 0.6) == USUAL
    assert encoded_width(frame[["y", "g", "same", "empty"]], ROLES, 0.6) == USUAL


def run_of(fingerprint: str, rows: int = 10_000) -> RunConfig:
    """A default sweep on a table."""
    data = DataConfig(source="file", fingerprint=fingerprint, rows=rows)
    return RunConfig(data=data, task=ROLES, sweep=SweepConfig())


def done(config: RunConfig, seconds: float) -> RunRecord:
    """A run of this machine that took so long."""
    named = {"config": config, "state": RunState.DONE, "started": 0.0, "finished": seconds}
    rest = {f.name: "" for f in dataclasses.fields(RunRecord) if f.name not in named}
    return RunRecord(**{**rest, **named})  # type: ignore[arg-type]


def test_a_wider_table_takes_longer_in_proportion_to_its_work() -> None:
    """The pace of a table whose width is known serves for one of another width."""
    narrow, wide = Encoded(20, 20.0), Encoded(400, 400.0)
    known = run_of("a" * 64)
    past = [done(known, 40.0)]
    assert estimate_seconds(known, 10_000, past, encoded=narrow) == pytest.approx(40.0)
    work = [nominal_seconds(known.sweep, 6_000, width).total for width in (narrow, wide)]
    told = estimate_seconds(run_of("b" * 64), 10_000, past, encoded=wide)
    assert told == pytest.approx(40.0 * work[1] / work[0])


def test_runs_of_tables_whose_width_is_known_set_the_pace() -> None:
    """Others only where there are none; and without a width all tables are as wide as most."""
    known, unknown = run_of("c" * 64), run_of("d" * 64)
    past = [done(unknown, 400.0), done(known, 40.0)]
    assert estimate_seconds(run_of("e" * 64), 10_000, [past[0]]) == pytest.approx(400.0)
    assert estimate_seconds(known, 10_000, past, encoded=USUAL) == pytest.approx(40.0)
    assert estimate_seconds(known, 10_000, past) == pytest.approx(40.0)
    other = known.model_copy(update={"task": ROLES.model_copy(update={"exclude": ()})})
    longer = estimate_seconds(other, 10_000, past, encoded=Encoded(400, 400.0))
    assert longer > 80.0
