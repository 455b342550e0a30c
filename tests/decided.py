"""A decision record of a small made-up result, and its table, for tests."""

import numpy as np
import pandas as pd

from fairlab.config import Choice, DataConfig, RunConfig, Task
from fairlab.data import TaskData, fingerprint
from fairlab.decision import DecisionRecord, make_record
from fairlab.results import Attribute, Point, SplitScores, SweepResult

PEOPLE = {"train": 300, "validation": 120, "test": 180}


def frame(rows: int = 600) -> pd.DataFrame:
    """A table whose rows are in no order; ``fixed`` and ``rare`` have values one could guess."""
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "income": rng.normal(50, 10, rows).round(2),
            "sex": rng.choice(["f", "m"], rows),
            "repaid": rng.integers(0, 2, rows),
            "fixed": "x",
            "rare": (np.arange(rows) == 17).astype(int),
            "debt": np.where(rng.random(rows) < 0.2, np.nan, rng.integers(0, 9, rows)),
        }
    )


def table(content: pd.DataFrame | None = None, name: str = "people.csv") -> TaskData:
    """It, as a file of a user."""
    shown = frame() if content is None else content
    data = DataConfig(source="file", filename=name, fingerprint=fingerprint(shown), rows=len(shown))
    return TaskData(shown, Task(label="repaid", favourable=("1",), sensitive=("sex", "race")), data)


def result(
    *, weighted: bool = False, grouping: str = "crossed", by: tuple[str, ...] = ("sex",)
) -> SweepResult:
    """Three models; group "tiny" of ``race`` has four people in test."""
    rng = np.random.default_rng(2)

    def split(n: int) -> SplitScores:
        y = rng.integers(0, 2, n)
        race = np.where(np.arange(n) < 4, 2, rng.integers(0, 2, n))
        score = np.clip(0.5 * y + rng.random((3, n)) * 0.6, 0, 1).astype(np.float32)
        return SplitScores(
            score=score,
            y_true=y,
            attributes={
                "sex": Attribute(rng.integers(0, 2, n), ("f", "m")),
                "race": Attribute(race, ("a", "b", "tiny")),
            },
            rows=np.arange(n),
            weight=rng.random(n) + 0.5 if weighted else None,
        )

    return SweepResult(
        points=(
            Point(0, "penalty", 0.0, None, 0, 12, baseline=True),
            Point(1, "penalty", 1.0, None, 0, 9, baseline=False),
            Point(2, "penalty", 3.0, None, 0, 7, baseline=False),
        ),
        splits={name: split(n) for name, n in PEOPLE.items()},
        constraint="equal_opportunity",
        group_by=by,
        threshold=0.5,
        grouping=grouping,  # type: ignore[arg-type]
    )


def run(data: TaskData) -> RunConfig:
    """The run of it."""
    sweep = {"constraint": "equal_opportunity", "penalty": {"strengths": (0.0, 1.0, 3.0)}}
    return RunConfig.model_validate({"data": data.data, "task": data.task, "sweep": sweep})


def record(found: SweepResult | None = None, **changes: object) -> DecisionRecord:
    """Model 1 was chosen, for a reason, against two voices."""
    data = table()
    given: dict[str, object] = {
        "choice": Choice(mode="penalty", strength=1.0, threshold=0.55),
        "reason": "Narrow enough.",
        "dissent": "Too strict.\n\nAna: ask again in a year.",
    }
    return make_record(
        run(data), result() if found is None else found, data, **(given | changes)  # type: ignore[arg-type]
    )  # fmt: skip
