"""A small configuration, progress and result for tests of the run store."""

import numpy as np

from fairlab.config import DataConfig, RunConfig, Task
from fairlab.results import (
    Attribute,
    Guarantee,
    Point,
    Progress,
    SplitScores,
    SweepResult,
)


def config(seed: int = 0) -> RunConfig:
    """Differs, digest included, for each seed."""
    return RunConfig.model_validate(
        {
            "data": DataConfig(source="loanapp"),
            "task": Task(label="approve", favourable=("1",), sensitive=("race",)),
            "sweep": {"seeds": (seed,)},
        }
    )


def sweep(**changes: object) -> RunConfig:
    """A run of three parts that trains in a second: two modes and a baseline, 400 people."""
    quick = {
        "modes": ("penalty", "layer"),
        "penalty": {"strengths": (0.0, 1.0)},
        "layer": {"slacks": (1.0, 0.1)},
        "baselines": ("logistic",),
        "model": {"width": 8},
        "epochs": 2,
        "batch_size": 64,
    }
    return RunConfig.model_validate(
        {
            "data": {"source": "synthetic", "options": {"n": 400}},
            "task": {"label": "outcome", "favourable": ["yes"], "sensitive": ["group"]},
            "sweep": quick | changes,
        }
    )


def progress(epoch: int = 1, accuracy: float = 0.75) -> Progress:
    """Two models; the gap of the second is undefined."""
    return Progress(
        mode="penalty",
        epoch=epoch,
        epochs=30,
        strength=np.array([0.0, 0.1]),
        seed=np.array([0, 0]),
        accuracy=np.array([accuracy, 0.5]),
        gap=np.array([0.125, np.nan]),
        losses={"task": np.array([1 / 3, 2.0])},
        seconds=1.5,
        share_done=epoch / 30,
    )


def result(cancelled: bool = False, weighted: bool = False) -> SweepResult:
    """Two models, three splits, two attributes, flags, notes and a guarantee."""
    rng = np.random.default_rng(3)

    def split(n: int) -> SplitScores:
        return SplitScores(
            score=rng.random((2, n), dtype=np.float32),
            y_true=rng.integers(0, 2, n),
            attributes={
                "race": Attribute(rng.integers(0, 3, n), ("Black", "Hispanic", "White × other")),
                "sex": Attribute(rng.integers(0, 2, n), ("female", "male")),
            },
            rows=np.sort(rng.choice(100, n, replace=False)),
            weight=rng.random(n) + 0.5 if weighted else None,
            raw=rng.random((2, n), dtype=np.float32),
        )

    guarantee = Guarantee(
        promised=0.1,
        batch_excess=1e-7,
        score_gap={"validation": 0.09, "test": None},
        decision_gap={"validation": 0.2, "test": 0.3},
        policy="frozen",
        uses_attribute_when_deciding=True,
        batch_gap=0.1,
        drawn_gap={"validation": 0.12, "test": None},
        residual=1e-12,
        smallest_cell={"validation": 4, "test": None},
        notes=("Drawn 3 % towards a constant.",),
    )
    return SweepResult(
        points=(
            Point(0, "penalty", 0.0, None, 0, 12, baseline=True),
            Point(1, "layer", None, 0.1, 7, 30, False, ("Collapsed — no one.",), guarantee),
        ),
        splits={"train": split(12), "validation": split(5), "test": split(7)},
        constraint="demographic_parity",
        group_by=("race", "sex"),
        grouping="marginal",
        threshold=0.5,
        notes=("3 rows without a label were left out.",),
        cancelled=cancelled,
        seconds=1.25,
    )
