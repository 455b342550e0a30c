"""A point of a group's polygon as a mixture of at most three thresholds."""

import numpy as np

from fairlab.frontier.hulls import GroupHull
from fairlab.outcomes import FloatArray, IntArray

# A share this small is rounding.
NOTHING = 1e-9
# How many corners are tried as the third one of a point inside the polygon.
TRIED = 24


def mixture(hull: GroupHull, point: FloatArray) -> FloatArray:
    """(K,) probabilities of the corners whose mean is a point (2,) of the polygon.

    On the boundary one threshold, or two next to each other, are the only way. Inside there are
    many; of those tried, the one that leaves the fewest decisions to chance (least expected
    share · p (1 − p)) is taken. Points outside by rounding are moved to the boundary.
    """
    corners = len(hull.thresholds)
    weights = np.zeros(corners)
    near = np.abs(hull.points - point).max(axis=1)
    if near.min() <= NOTHING:
        weights[int(near.argmin())] = 1.0
        return weights
    edge, share, distance = _nearest_edge(hull.points, point)
    if distance <= NOTHING:
        weights[edge], weights[(edge + 1) % corners] = 1 - share, share
        return _tidy(weights)
    triangles, barycentric = _triangles(hull.points, point)
    best = int(np.argmin(_chance(hull.selection[triangles], barycentric)))
    np.add.at(weights, triangles[best], barycentric[best])
    return _tidy(weights)


def _nearest_edge(corners: FloatArray, point: FloatArray) -> tuple[int, float, float]:
    """The closest edge i → i + 1, how far along, and the distance."""
    start, step = corners, np.roll(corners, -1, axis=0) - corners
    length = (step**2).sum(axis=1)
    along = ((point - start) * step).sum(axis=1) / np.where(length > 0, length, 1)
    along = np.clip(along, 0, 1)
    off = np.sqrt(((start + along[:, None] * step - point) ** 2).sum(axis=1))
    edge = int(off.argmin())
    return edge, float(along[edge]), float(off[edge])


def _triangles(corners: FloatArray, point: FloatArray) -> tuple[IntArray, FloatArray]:
    """Triangles of a corner and an edge that hold the point: corners and weights, (T, 3) each."""
    count = len(corners)
    tried = np.unique(np.linspace(0, count - 1, min(TRIED, count)).round().astype(np.int64))
    a, b, c = corners[tried][:, None], corners[None], np.roll(corners, -1, axis=0)[None]
    area = _cross(b - a, c - a)
    with np.errstate(divide="ignore", invalid="ignore"):
        second = _cross(point - a, c - a) / area
        third = _cross(b - a, point - a) / area
    weights = np.stack([1 - second - third, second, third], axis=-1)
    weights[np.abs(area) <= 1e-14] = -np.inf
    lowest = weights.min(axis=-1)
    inside = lowest >= min(-1e-12, float(lowest.max()))
    apex, edge = np.nonzero(inside)
    triangles = np.stack([tried[apex], edge, (edge + 1) % count], axis=1)
    return triangles, np.clip(weights[inside], 0, None)


def _chance(selection: FloatArray, weights: FloatArray) -> FloatArray:
    """Expected p (1 − p) per person of mixtures (T, 3): how much is left to chance."""
    order = np.argsort(selection, axis=1)
    share = np.take_along_axis(selection, order, axis=1)
    # Between two thresholds people are selected with the weight of all thresholds below.
    below = 1 - np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)[:, :2]
    return np.asarray((np.diff(share, axis=1) * below * (1 - below)).sum(axis=1))


def _tidy(weights: FloatArray) -> FloatArray:
    weights = np.where(weights < NOTHING, 0.0, weights)
    return np.asarray(weights / weights.sum())


def _cross(u: FloatArray, v: FloatArray) -> FloatArray:
    return np.asarray(u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0])
