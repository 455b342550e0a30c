"""A made-up finished run with a choice, for tests of what reports say of it."""

import numpy as np

from fairlab.config import Choice, DataConfig, RunConfig, SweepConfig, Task
from fairlab.results import Attribute, Point, SplitScores, SweepResult

STRENGTHS = (0.0, 1.0, 3.0)


def reported(
    names: tuple[str, ...] = ("East", "West"),
    sizes: tuple[int, ...] = (300, 200),
    *,
    attribute: str = "district",
    words: tuple[str, str] = ("repaid", "defaulted"),
    filename: str = "ours.csv",
    reason: str = "",
    dissent: str = "",
    threshold: float = 0.5,
) -> tuple[RunConfig, SweepResult]:
    """Three models of the penalty on people of these groups; the second one is chosen."""
    rng = np.random.default_rng(5)
    group = np.repeat(np.arange(len(sizes)), sizes)
    n = len(group)
    y = (rng.random(n) < 0.6 - 0.1 * (group % 2)).astype(np.int64)

    def split() -> SplitScores:
        # Two decimals: ties are common.
        score = [
            np.round(np.clip(0.3 * y + (0.25 - 0.05 * m) * group / len(sizes) + 0.6 * r, 0, 1), 2)
            for m, r in enumerate(rng.random((3, n)))
        ]
        return SplitScores(
            score=np.array(score, dtype=np.float32),
            y_true=y,
            attributes={attribute: Attribute(group, names)},
            rows=np.arange(n),
        )

    points = tuple(
        Point(m, "penalty", s, None, 0, 9, baseline=s == 0) for m, s in enumerate(STRENGTHS)
    )
    result = SweepResult(
        points=points,
        splits={name: split() for name in ("train", "validation", "test")},
        constraint="demographic_parity",
        group_by=(attribute,),
        threshold=0.5,
        notes=("3 rows without a label were left out.",),
    )
    config = RunConfig(
        data=DataConfig(source="file", filename=filename, fingerprint="ab" * 32, rows=n),
        task=Task(label=attribute + " label", favourable=("1",), sensitive=(attribute,),
                  outcome_words=words),
        sweep=SweepConfig.model_validate({"penalty": {"strengths": STRENGTHS}}),
        choice=Choice(mode="penalty", strength=1.0, threshold=threshold, reason=reason,
                      dissent=dissent),
    )  # fmt: skip
    return config, result
