"""People made up by a seeded generator with dials, to see one cause at a time."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fairlab.config import DataConfig, Task
from fairlab.data.fingerprint import fingerprint
from fairlab.data.task import TaskData
from fairlab.errors import InputError
from fairlab.outcomes import FloatArray, IntArray

MOST_GROUPS = 100
DISTRICTS = ("north", "east", "south", "west")


def load(
    *,
    n: int = 2000,
    groups: Sequence[str] = ("A", "B"),
    shares: Sequence[float] = (0.6, 0.4),
    base_rates: Sequence[float] = (0.6, 0.4),
    signal: float = 1.0,
    noise: float = 0.1,
    proxy: float = 0.5,
    seed: int = 0,
) -> TaskData:
    """Make a table in which each dial does one thing.

    Group sizes and the number of favourable outcomes per group are exact (rounded), not drawn.

    Args:
        n: People, 50 to 1,000,000.
        groups: Names, 2 to 100.
        shares: Share of people per group; scaled to sum to 1.
        base_rates: Share of favourable outcomes per group, each strictly between 0 and 1.
        signal: How far apart the two outcomes are in three features, in standard deviations.
        noise: Share of people whose outcome is shuffled within their group and so has nothing to
            do with their features, [0, 1]. Base rates do not move.
        proxy: 0: no feature knows the group; 1: two features give it away.
        seed: Same seed, same table.

    Raises:
        InputError: Listing every dial that is out of range.
    """
    problems = _problems(n, groups, shares, base_rates, signal, noise, proxy)
    if seed < 0:
        problems.append(f"The seed must be 0 or more; found {seed}.")
    if problems:
        raise InputError(" ".join(problems), problems)
    rng = np.random.default_rng(seed)
    group = rng.permutation(_exact(n, shares))
    y = _outcomes(group, base_rates, rng)
    lift = (y - 0.5)[:, None] * signal
    merit = lift + rng.standard_normal((n, 3))
    shown = _shuffle_within(y, group, noise, rng)
    place = np.linspace(-1, 1, len(groups))[group] * np.sqrt(3.0) * proxy
    frame = pd.DataFrame(
        {
            "group": pd.Series(np.asarray(groups, dtype=object)[group]).astype("str"),
            "test_score": np.round(60 + 12 * merit[:, 0], 1),
            "experience": np.round(np.exp(1.5 + 0.5 * merit[:, 1]), 2),
            "references": np.clip(np.round(3 + merit[:, 2]), 0, 6),
            "commute": np.round(30 + 8 * (place + _rest(proxy) * rng.standard_normal(n)), 1),
            "district": _districts(group, len(groups), proxy, rng),
            "shoe_size": np.round(rng.normal(41, 2, n) * 2) / 2,
            "outcome": pd.Series(np.where(shown == 1, "yes", "no")).astype("str"),
        }
    )
    options = {
        "n": int(n),
        "groups": [str(g) for g in groups],
        "shares": [float(s) for s in shares],
        "base_rates": [float(b) for b in base_rates],
        "signal": float(signal),
        "noise": float(noise),
        "proxy": float(proxy),
        "seed": int(seed),
    }
    task = Task(
        label="outcome",
        favourable=("yes",),
        unfavourable=("no",),
        sensitive=("group",),
        outcome_words=("favourable outcome", "unfavourable outcome"),
    )
    config = DataConfig(
        source="synthetic", options=options, fingerprint=fingerprint(frame), rows=len(frame)
    )
    return TaskData(frame, task, config, ("These people are made up by a generator.",))


def _problems(
    n: int,
    groups: Sequence[str],
    shares: Sequence[float],
    base_rates: Sequence[float],
    signal: float,
    noise: float,
    proxy: float,
) -> list[str]:
    problems = []
    if not 50 <= n <= 1_000_000:
        problems.append(f"The number of people must be 50 to 1,000,000; found {n}.")
    if len(groups) < 2 or len(set(map(str, groups))) != len(groups):
        problems.append(f"At least two groups with different names are needed; found {groups}.")
    if len(groups) > MOST_GROUPS:
        problems.append(f"At most {MOST_GROUPS} groups can be made; found {len(groups):,}.")
    if not len(groups) == len(shares) == len(base_rates):
        problems.append(
            f"Give one share and one base rate per group; found {len(groups)} groups, "
            f"{len(shares)} shares, {len(base_rates)} base rates."
        )
    if not all(np.isfinite(s) and s > 0 for s in shares):
        problems.append(f"Shares must be positive; found {list(shares)}.")
    if not all(0 < b < 1 for b in base_rates):
        problems.append(f"Base rates must lie strictly between 0 and 1; found {list(base_rates)}.")
    if not 0 <= signal <= 10:
        problems.append(f"signal must be 0 to 10; found {signal}.")
    for name, value in (("noise", noise), ("proxy", proxy)):
        if not 0 <= value <= 1:
            problems.append(f"{name} must be 0 to 1; found {value}.")
    return problems


def _exact(n: int, shares: Sequence[float]) -> IntArray:
    edges = np.round(np.cumsum(shares) / np.sum(shares) * n).astype(np.int64)
    return np.searchsorted(edges, np.arange(n), side="right").astype(np.int64)


def _outcomes(group: IntArray, base_rates: Sequence[float], rng: np.random.Generator) -> IntArray:
    y = np.zeros(len(group), dtype=np.int64)
    for code, rate in enumerate(base_rates):
        people = np.flatnonzero(group == code)
        y[rng.permutation(people)[: round(rate * len(people))]] = 1
    return y


def _shuffle_within(
    y: IntArray, group: IntArray, noise: float, rng: np.random.Generator
) -> IntArray:
    shown = y.copy()
    for code in range(int(group.max()) + 1):
        people = rng.permutation(np.flatnonzero(group == code))
        touched = people[: round(noise * len(people))]
        shown[touched] = y[rng.permutation(touched)]
    return shown


def _rest(proxy: float) -> float:
    return float(np.sqrt(1 - proxy**2))


def _districts(
    group: IntArray, n_groups: int, proxy: float, rng: np.random.Generator
) -> "pd.Series[str]":
    anywhere = rng.integers(0, len(DISTRICTS), len(group))
    home = group * len(DISTRICTS) // n_groups if n_groups <= len(DISTRICTS) else group % 4
    at_home: FloatArray = rng.random(len(group))
    district = np.where(at_home < proxy, home, anywhere)
    return pd.Series(np.asarray(DISTRICTS, dtype=object)[district]).astype("str")
