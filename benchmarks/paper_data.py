"""People for the paper's comparison: made-up ones by its factors, and real tables.

The factors and their values are those of Troxell, Roemer, Montúfar (ICML 2026, arXiv 2605.17118)
and of the generator published with it; the sizes are smaller (``docs/paper_comparison.md``). All
seeds of a study have the same number of people of each group in each split, in the same order, so
that one batch layout serves all seeds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from fairlab.config import DataConfig, SplitConfig, Task
from fairlab.data import TaskData, load, prepare, read_path
from fairlab.data.splits import SPLITS
from fairlab.errors import InputError
from fairlab.outcomes import FloatArray, IntArray
from fairlab.results import cross

FEATURES = 150
SIZES = {"train": 4_000, "validation": 1_500, "test": 4_000}
_BLOCK = 21  # features that share a correlation of 0.3
_TABLES = {"Adult": "adult.csv.gz", "COMPAS": "compas_two_years_noid.csv.gz"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One of the 32 combinations of the paper's factors.

    Attributes:
        split: Share of group 1: ``low`` is 20 %, ``balanced`` 50 %.
        power: How far the groups' targets are apart: ±3 or ±6 before scaling, and how much
            group-signed noise 25 of the features carry (0.3 or 0.7).
        noise: Standard deviation of the target's noise before scaling: 0.125 or 0.6.
        tightness: Box of the predictions: ``loose`` [−3.5, 3.5], ``tight`` [0, 3.5].
        form: Target linear in 10 features, or with squares and products.
    """

    split: Literal["low", "balanced"]
    power: Literal["low-medium", "high"]
    noise: Literal["medium", "high"]
    tightness: Literal["loose", "tight"]
    form: Literal["linear", "nonlinear"]

    @property
    def name(self) -> str:
        """The levels, in the paper's order."""
        return ", ".join((self.split, self.power, self.noise, self.tightness, self.form))

    @property
    def share(self) -> float:
        """Share of group 1."""
        return 0.2 if self.split == "low" else 0.5

    @property
    def box(self) -> tuple[float, float]:
        """Lowest and highest prediction allowed, in standard deviations of the target."""
        return (-3.5 if self.tightness == "loose" else 0.0), 3.5


LEVELS: Mapping[str, tuple[str, str]] = {
    "split": ("low", "balanced"),
    "power": ("low-medium", "high"),
    "noise": ("medium", "high"),
    "tightness": ("loose", "tight"),
    "form": ("linear", "nonlinear"),
}
SETTINGS: tuple[Setting, ...] = tuple(
    Setting(*levels)  # type: ignore[arg-type]
    for levels in product(*LEVELS.values())
)


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """People of K seeds, ready to train on.

    Attributes:
        name: What it is.
        kind: ``regression`` (squared error) or ``classification`` (cross entropy, accuracy).
        x: Per split (K, F, n) float32.
        y: Per split (K, n) float32.
        group: Per split (n,) int64, the same for every seed.
        lower, upper: Box of the predictions.
        levels: Factor levels of a made-up study; empty for a table.
    """

    name: str
    kind: Literal["regression", "classification"]
    x: Mapping[str, Tensor]
    y: Mapping[str, Tensor]
    group: Mapping[str, Tensor]
    lower: float
    upper: float
    levels: Mapping[str, str]


def synthetic(setting: Setting, seeds: Sequence[int]) -> Study:
    """Made-up people of one setting, drawn anew for every seed.

    The attribute is the first of 151 inputs, as in the paper. The target is in standard
    deviations; group 0's is shrunk by 0.85.
    """
    group = {name: _codes(n, setting.share) for name, n in SIZES.items()}
    everyone = np.concatenate([group[name] for name in SPLITS])
    drawn = [people(setting, everyone, seed) for seed in seeds]
    edges = np.cumsum([SIZES[name] for name in SPLITS])[:-1]
    x = np.split(np.stack([found[0] for found in drawn]), edges, axis=1)
    y = np.split(np.stack([found[1] for found in drawn]), edges, axis=1)
    return Study(
        name=setting.name,
        kind="regression",
        x={name: _people_last(part) for name, part in zip(SPLITS, x, strict=True)},
        y={
            name: torch.tensor(part, dtype=torch.float32)
            for name, part in zip(SPLITS, y, strict=True)
        },
        group={name: torch.tensor(codes) for name, codes in group.items()},
        lower=setting.box[0],
        upper=setting.box[1],
        levels={factor: getattr(setting, factor) for factor in LEVELS},
    )


def people(setting: Setting, group: IntArray, seed: int) -> tuple[FloatArray, FloatArray]:
    """(n, 151) inputs, the attribute first, and (n,) targets of people of these groups."""
    rng = np.random.default_rng([seed, SETTINGS.index(setting)])
    n = len(group)
    signed = 2.0 * group - 1.0
    z = rng.standard_normal((n, FEATURES))
    blocks = FEATURES // _BLOCK
    # Shared part √0.3, own part √0.7: every pair of a block correlates by 0.3.
    common = np.repeat(rng.standard_normal((n, blocks)), _BLOCK, axis=1)
    grouped = blocks * _BLOCK
    z[:, :grouped] = np.sqrt(0.3) * common + np.sqrt(0.7) * z[:, :grouped]
    marked = rng.choice(FEATURES, FEATURES // 6, replace=False)
    strength = 0.3 if setting.power == "low-medium" else 0.7
    z[:, marked] += strength * signed[:, None] * rng.normal(0, 0.5, (n, len(marked)))
    z = (z - z.mean(0)) / z.std(0)
    apart = 3.0 if setting.power == "low-medium" else 6.0
    y = _target(setting.form, z, rng) + apart * signed
    y += rng.normal(0, 0.125 if setting.noise == "medium" else 0.6, n)
    y = (y - y.mean()) / y.std()
    return np.column_stack([group, z]), np.where(group == 0, 0.85 * y, y)


def _target(form: str, z: FloatArray, rng: np.random.Generator) -> FloatArray:
    linear: FloatArray = z[:, rng.choice(FEATURES, 10, replace=False)] @ rng.normal(0, 1.0, 10)
    if form == "linear":
        return linear
    squares = z[:, rng.choice(FEATURES, 15, replace=False)] ** 2 @ rng.normal(0, 0.4, 15)
    pairs = [rng.choice(FEATURES, 2, replace=False) for _ in range(7)]
    products = sum(rng.normal(0, 0.4) * z[:, i] * z[:, j] for i, j in pairs)
    mixed: FloatArray = 0.7 * linear + 0.2 * squares + 0.1 * products
    return mixed


def _codes(n: int, share: float) -> IntArray:
    """Exactly ``share`` of n people in group 1, spread evenly."""
    edges = np.floor(np.arange(n + 1) * share + 1e-9)
    codes: IntArray = np.diff(edges).astype(np.int64)
    return codes


def named_table(name: str, folder: Path | None, seeds: Sequence[int]) -> Study:
    """``loanapp``, which is built in, or ``Adult`` or ``COMPAS`` from a folder."""
    if name == "loanapp":
        return table(name, load("loanapp"), "race_ethnicity", seeds)
    check_folder(folder)
    assert folder is not None
    path = folder / _TABLES[name]
    data, by = _adult(path) if name == "Adult" else _compas(path)
    return table(name, data, by, seeds)


def check_folder(folder: Path | None) -> None:
    """See that every table is there.

    Raises:
        InputError: Naming the first that is not.
    """
    for filename in _TABLES.values():
        if folder is None or not (folder / filename).exists():
            raise InputError(
                f"{folder} has no {filename}. Give a folder with {' and '.join(_TABLES.values())}, "
                "or leave --data out to use made-up people and the built-in table only."
            )


def table(name: str, data: TaskData, by: str, seeds: Sequence[int]) -> Study:
    """A table split by every seed, 60/20/20 stratified by group × label; never the attribute as
    a feature."""
    x: dict[str, list[Any]] = {split: [] for split in SPLITS}
    y: dict[str, list[IntArray]] = {split: [] for split in SPLITS}
    group: dict[str, IntArray] = {}
    for seed in seeds:
        prepared = prepare(data, SplitConfig(seed=seed), (by,))
        for split, part in prepared.splits.items():
            codes = cross(part.attributes, (by,)).codes
            # The split has the same number of people of every cell whatever the seed.
            order = np.lexsort((part.y_true, codes))
            group[split] = codes[order]
            x[split].append(part.features[order])
            y[split].append(part.y_true[order])
    width = max(rows.shape[1] for rows in x["train"])
    return Study(
        name=name,
        kind="classification",
        x={split: _people_last(np.stack([_wide(r, width) for r in x[split]])) for split in SPLITS},
        y={split: torch.tensor(np.stack(y[split]), dtype=torch.float32) for split in SPLITS},
        group={split: torch.tensor(codes) for split, codes in group.items()},
        lower=0.0,
        upper=1.0,
        levels={},
    )


def _wide(rows: FloatArray, width: int) -> FloatArray:
    """Features of a split in which a rare category did not occur, filled up with zeros."""
    return np.pad(rows, ((0, 0), (0, width - rows.shape[1])))


def _people_last(x: FloatArray) -> Tensor:
    return torch.tensor(x, dtype=torch.float32).transpose(1, 2).contiguous()


def _adult(path: Path) -> tuple[TaskData, str]:
    frame = read_path(path).frame
    frame = frame.assign(income=frame["income"].astype(str).str.rstrip("."))
    task = Task(
        label="income",
        favourable=(">50K",),
        unfavourable=("<=50K",),
        sensitive=("sex",),
        exclude=tuple(c for c in ("fnlwgt", "split", "race", "age") if c in frame.columns),
    )
    return TaskData(frame, task, DataConfig(source="file", filename=path.name)), "sex"


def _compas(path: Path) -> tuple[TaskData, str]:
    frame = read_path(path).frame
    kept = (
        frame["days_b_screening_arrest"].abs().le(30)
        & frame["is_recid"].ne(-1)
        & frame["c_charge_degree"].ne("O")
        & frame["race"].isin(["African-American", "Caucasian"])
    )
    columns = ["two_year_recid", "race", "age", "sex", "priors_count", "juv_fel_count",
               "juv_misd_count", "juv_other_count", "c_charge_degree"]  # fmt: skip
    frame = frame.loc[kept, columns].reset_index(drop=True)
    task = Task(label="two_year_recid", favourable=("0",), unfavourable=("1",), sensitive=("race",))
    return TaskData(frame, task, DataConfig(source="file", filename=path.name)), "race"
