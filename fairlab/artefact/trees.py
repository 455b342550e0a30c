"""Boosted trees as plain arrays: written from scikit-learn's, applied without it.

A node is a leaf with a value, or asks one question about one column: is a number at most a
threshold, or is a category in a set. Missing values, and categories nobody in training had, go the
way their node says. The sum of the leaves' values and a start value is a score in log-odds. All is
done in the order scikit-learn's ``HistGradientBoostingClassifier`` does it, so sums are the same
to the bit.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from fairlab.artefact.weights import SET_WORDS, Arrays
from fairlab.errors import InputError
from fairlab.language import tr
from fairlab.outcomes import Array, FloatArray, IntArray

_BITS = 32


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Trees whose nodes lie one after the other; children come after their parent."""

    arrays: Arrays
    columns: int

    def __post_init__(self) -> None:
        a, columns = self.arrays, self.columns
        starts, inner = a["starts"], a["leaf"] == 0
        own = np.repeat(np.arange(len(starts) - 1), np.diff(starts)) if _rising(starts) else None
        places = np.arange(len(a["leaf"]))
        if (
            own is None
            or starts[0] != 0
            or starts[-1] != len(places)
            or not _inside(a["feature"][inner], columns)
            or not (a["set"] < len(a["left_sets"])).all()
            or not _inside_tree(a, inner, places, starts[own], starts[own + 1])
        ):
            raise InputError(
                tr("The trees of the model do not hang together. Export the model again.")
            )

    def score(self, x: FloatArray) -> FloatArray:
        """(n,) chances of label 1, from one number per column (n, C), NaN where missing."""
        total = np.full(len(x), float(self.arrays["start_value"][0]))
        for start in self.arrays["starts"][:-1]:
            total += self._leaves(x, int(start))
        return np.asarray(expit(total))

    def _leaves(self, x: FloatArray, start: int) -> FloatArray:
        """(n,) value of the leaf of one tree that each person falls into."""
        a = self.arrays
        node = np.full(len(x), start, dtype=np.int64)
        walking = np.arange(len(x)) if len(x) and not a["leaf"][start] else np.zeros(0, np.int64)
        while len(walking):
            here = node[walking]
            found = x[walking, a["feature"][here]]
            left = found <= a["threshold"][here]
            missing = np.isnan(found)
            asks_set = a["set"][here] >= 0
            if asks_set.any():
                left[asks_set], unknown = self._in_set(found[asks_set], here[asks_set])
                missing[asks_set] |= unknown
            left = np.where(missing, a["missing_left"][here] != 0, left)
            node[walking] = start + np.where(left, a["left"][here], a["right"][here])
            walking = walking[a["leaf"][node[walking]] == 0]
        return np.asarray(a["value"][node])

    def _in_set(self, found: FloatArray, here: IntArray) -> tuple[Array, Array]:
        """Which categories are in the set of their node, and which nobody in training had."""
        a = self.arrays
        code = np.nan_to_num(found, nan=0.0).astype(np.int64)
        outside = (code < 0) | (code >= _BITS * SET_WORDS) | np.isnan(found)
        code = np.where(outside, 0, code)
        inside = _bit(a["left_sets"][a["set"][here], code // _BITS], code)
        known = _bit(a["known_sets"][a["feature"][here], code // _BITS], code)
        return inside & ~outside, ~inside & ~known | outside


def trees_of(model: Any) -> dict[str, Array]:
    """The arrays of a fitted ``HistGradientBoostingClassifier`` with two classes.

    Raises:
        InputError: If this version of scikit-learn keeps its trees in another way.
    """
    try:
        return _trees_of(model)
    except (AttributeError, KeyError, ValueError, TypeError, IndexError) as error:
        raise InputError(
            tr(
                "The trees of this version of scikit-learn cannot be written as data ({why}). "
                "Install the version fairlab pins, or choose another model.",
                why=str(error)[:200],
            )
        ) from error


def _trees_of(model: Any) -> dict[str, Array]:
    trees = [one for (one,) in model._predictors]
    nodes = np.concatenate([tree.nodes for tree in trees]) if trees else _no_nodes()
    order, codes = _columns_of(model)
    sizes = [len(tree.nodes) for tree in trees]
    rows = np.cumsum([0, *(len(tree.raw_left_cat_bitsets) for tree in trees)])
    own = np.repeat(rows[:-1], sizes)
    category = nodes["is_categorical"].astype(bool) & (nodes["is_leaf"] == 0)
    feature = order[nodes["feature_idx"].astype(np.int64)]
    places = np.where(category, nodes["bitset_idx"].astype(np.int64) + own, -1)
    raw = [tree.raw_left_cat_bitsets for tree in trees]
    ordinal = np.concatenate(raw) if raw else np.zeros((0, SET_WORDS), dtype=np.uint32)
    left_sets = np.zeros((len(ordinal), SET_WORDS), dtype=np.uint32)
    for place, column in zip(places[category], feature[category], strict=True):
        for k, code in enumerate(codes[column]):
            if ordinal[place, k // _BITS] >> np.uint32(k % _BITS) & np.uint32(1):
                _set_bit(left_sets, int(place), code)
    known = np.zeros((len(order), SET_WORDS), dtype=np.uint32)
    for column, own_codes in codes.items():
        for code in own_codes:
            _set_bit(known, column, code)
    inner = nodes["is_leaf"] == 0
    return {
        "starts": np.cumsum([0, *sizes]).astype(np.int64),
        "feature": np.where(inner, feature, 0).astype(np.int32),
        "threshold": np.where(inner & ~category, _finite(nodes["num_threshold"]), 0.0),
        "left": np.where(inner, nodes["left"], 0).astype(np.int32),
        "right": np.where(inner, nodes["right"], 0).astype(np.int32),
        "value": nodes["value"].astype(np.float64),
        "leaf": nodes["is_leaf"].astype(np.uint8),
        "missing_left": nodes["missing_go_to_left"].astype(np.uint8),
        "set": places.astype(np.int32),
        "left_sets": left_sets,
        "known_sets": known,
        "start_value": np.asarray(model._baseline_prediction, dtype=np.float64).reshape(1),
    }


def _columns_of(model: Any) -> tuple[IntArray, dict[int, tuple[int, ...]]]:
    """Our column of each of the model's own, and the codes training had of those of categories.

    scikit-learn puts columns of categories first, and counts their codes anew.
    """
    if model._preprocessor is None:
        return np.arange(model.n_features_in_), {}
    is_category = np.asarray(model.is_categorical_, dtype=bool)
    order = np.concatenate([np.flatnonzero(is_category), np.flatnonzero(~is_category)])
    encoder = model._preprocessor.named_transformers_["encoder"]
    codes = {}
    for column, found in zip(np.flatnonzero(is_category), encoder.categories_, strict=True):
        own = np.asarray(found, dtype=np.float64)
        codes[int(column)] = tuple(int(code) for code in own[~np.isnan(own)])
    return order, codes


def _no_nodes() -> Array:
    from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE

    empty: Array = np.array([], dtype=np.dtype(PREDICTOR_RECORD_DTYPE))
    return empty


def _set_bit(sets: Array, row: int, code: int) -> None:
    sets[row, code // _BITS] |= np.uint32(1) << np.uint32(code % _BITS)


def _bit(words: Array, code: IntArray) -> Array:
    return np.asarray((words >> (code % _BITS).astype(np.uint32) & np.uint32(1)) != 0)


def _finite(threshold: FloatArray) -> FloatArray:
    """A threshold of +inf keeps the missing apart from everybody else: no number is above it."""
    return np.nan_to_num(threshold.astype(np.float64), nan=0.0, posinf=np.finfo(np.float64).max)


def _rising(starts: IntArray) -> bool:
    return len(starts) > 0 and bool((np.diff(starts) > 0).all())


def _inside(values: IntArray, size: int) -> bool:
    return bool(((values >= 0) & (values < size)).all())


def _inside_tree(a: Arrays, inner: Array, places: Array, first: Array, last: Array) -> bool:
    """Whether children are of the same tree and come after their parent: walks then end."""
    for side in ("left", "right"):
        child = first + a[side]
        if not ((child > places) & (child < last))[inner].all():
            return False
    return True
