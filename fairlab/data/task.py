"""A table with its roles, and the same table ready for training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fairlab.config import DataConfig, SplitConfig, Task
from fairlab.data.encoding import Encoding
from fairlab.outcomes import FloatArray, IntArray
from fairlab.results import Attribute

__all__ = ["PreparedData", "SplitData", "Task", "TaskData"]


@dataclass(frozen=True, slots=True, eq=False)
class TaskData:
    """A table as read, and the roles of its columns.

    Attributes:
        frame: The table as read, one row per person. Never modified.
        task: Roles by column name.
        data: Where it came from, with its fingerprint.
        notes: What reading changed, in sentences (renamed headers, skipped lines …).
    """

    frame: pd.DataFrame
    task: Task
    data: DataConfig
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class SplitData:
    """The people of one split, encoded.

    Attributes:
        features: (n, F) float32, finite.
        y_true: (n,) 0 or 1.
        attributes: Sensitive attributes by name; names are the same in every split.
        rows: (n,) row positions in ``TaskData.frame``.
        weight: (n,) positive, or None.
        columns: (n, C) float64, one per column used, for models that split on values: numbers
            as read, categories as codes 0, 1 …; NaN where missing. None if not kept.
    """

    features: np.ndarray[Any, np.dtype[np.float32]]
    y_true: IntArray
    attributes: Mapping[str, Attribute]
    rows: IntArray
    weight: FloatArray | None = None
    columns: FloatArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PreparedData:
    """A task split and encoded; the encoding is fitted on train only.

    Attributes:
        splits: ``train``, ``validation``, ``test``.
        feature_names: F names of encoded features.
        group_by: Attributes whose crossing was used to stratify.
        split: The configuration used.
        notes: Every row dropped, group merged, value imputed, category unseen: in sentences.
        categorical: C, whether each of ``SplitData.columns`` holds codes.
        sensitive_as_features: Whether sensitive attributes are among the features.
        encoding: How columns became features; None for a table encoded elsewhere.
    """

    splits: Mapping[str, SplitData]
    feature_names: tuple[str, ...]
    group_by: tuple[str, ...]
    split: SplitConfig
    notes: tuple[str, ...] = ()
    categorical: tuple[bool, ...] = ()
    sensitive_as_features: bool = False
    encoding: Encoding | None = None
