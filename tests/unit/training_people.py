"""A small made-up prepared table for training tests: informative, with a gap, in a second."""

import numpy as np

from fairlab.config import SplitConfig
from fairlab.data.task import PreparedData, SplitData
from fairlab.results import Attribute


def prepared(
    sizes: tuple[int, int, int] = (400, 200, 200),
    n_groups: int = 2,
    seed: int = 0,
    weighted: bool = False,
) -> PreparedData:
    """People whose favourable outcome and features both depend on their group."""
    rng = np.random.default_rng(seed)
    names = tuple("abcde"[:n_groups])
    splits = {}
    start = 0
    for name, n in zip(("train", "validation", "test"), sizes, strict=True):
        group = np.arange(n) % n_groups
        features = rng.normal(size=(n, 5)).astype(np.float32)
        features[:, 0] += 1.2 * (group == 0)
        chance = 1 / (1 + np.exp(-2.0 * features[:, 0] + 1.5 * features[:, 1]))
        y = (rng.random(n) < chance).astype(np.int64)
        # every cell has at least two people
        for g in range(n_groups):
            own = np.flatnonzero(group == g)
            y[own[:2]], y[own[2:4]] = 0, 1
        splits[name] = SplitData(
            features=features,
            y_true=y,
            attributes={
                "group": Attribute(group, names),
                "other": Attribute(1 - group % 2, ("u", "v")),
            },
            rows=np.arange(start, start + n),
            weight=rng.uniform(0.5, 2.0, n) if weighted else None,
        )
        start += n
    return PreparedData(splits, tuple("vwxyz"), ("group",), SplitConfig(), ("a note of the data",))
