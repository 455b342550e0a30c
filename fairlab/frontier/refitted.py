"""Bands that know both noises: other people to fit on, and other people to measure on.

Each draw resamples the people the frontier was fitted on and those it is measured on, fits the
frontier anew and measures its rules. Scores are binned between at most ``KEPT`` thresholds per
group, the corners of the fitted hulls among them, so histograms are drawn and never rows.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fairlab.errors import InputError
from fairlab.frontier import one_rate, several_rates
from fairlab.frontier.hulls import GroupHull, hull_of
from fairlab.frontier.mixture import mixture
from fairlab.frontier.problem import Problem, gap_of, make_problem
from fairlab.outcomes import Counts, FloatArray, GroupedOutcomes
from fairlab.sweeps import RocCurve

if TYPE_CHECKING:
    from fairlab.frontier.programme import Frontier

# Thresholds per group besides the hull's corners.
KEPT = 80
# Slacks at which rules are fitted anew; with several rates each is a linear programme.
SLACKS = {1: 16, 2: 6}


@dataclass(frozen=True, slots=True, eq=False)
class _People:
    """One group between its cuts: (2, K + 1) weight and effective people by label, from low up."""

    cuts: FloatArray
    total: FloatArray
    effective: FloatArray

    def selected(self, rng: np.random.Generator) -> FloatArray:
        """(2, K + 2) weight selected at +inf, each cut from the highest, and −inf, in one draw."""
        drawn = rng.poisson(self.effective).astype(np.float64)
        each = np.divide(
            self.total, self.effective, out=np.zeros_like(self.total), where=self.effective > 0
        )
        above = np.cumsum((drawn * each)[:, ::-1], axis=1)
        return np.concatenate([np.zeros((2, 1)), above], axis=1)


def refitted_draws(
    frontier: "Frontier",
    fitted_on: GroupedOutcomes,
    measured_on: GroupedOutcomes,
    draws: int,
    seed: int,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Slacks (S,), and accuracy, cost and gap (draws, S) of frontiers fitted on resampled people.

    A draw in which a group is empty, or fewer than two have the rate, is NaN.
    """
    gap = gap_of(frontier.constraint, frontier.form)
    most = SLACKS[min(len(gap.rates), 2)]
    slacks = frontier.slack
    if len(slacks) > most:
        slacks = slacks[np.linspace(0, len(slacks) - 1, most).round().astype(np.int64)]
    cuts = [_cuts(hull, fitted_on) for hull in frontier.hulls]
    names = frontier.group_names
    fitted, measured = (
        [_binned(c, name, people) for c, name in zip(cuts, names, strict=True)]
        for people in (fitted_on, measured_on)
    )
    rng = np.random.default_rng(seed)
    found = np.full((3, draws, len(slacks)), np.nan)
    for d in range(draws):
        there = [one.selected(rng) for one in fitted]
        here = [one.selected(rng) for one in measured]
        if min(float(s[:, -1].sum()) for s in there) <= 0:
            continue
        hulls = tuple(_hull(name, c, s) for name, c, s in zip(names, cuts, there, strict=True))
        try:
            problem = make_problem(hulls, gap, frontier.cost_fp, frontier.cost_fn)
        except InputError:
            continue
        counts = _expected(problem, _points(problem, slacks), cuts, here)
        everyone = counts.n.sum(axis=-1)
        if not everyone.all():
            continue
        paid = (frontier.cost_fp * counts.fp + frontier.cost_fn * counts.fn).sum(axis=-1)
        found[:, d] = (counts.tp + counts.tn).sum(axis=-1) / everyone, paid / everyone, gap(counts)
    return slacks, found[0], found[1], found[2]


def _cuts(hull: GroupHull, people: GroupedOutcomes) -> FloatArray:
    """(K,) falling: the hull's thresholds, and others spread evenly over the group's people."""
    own = people.score[people.group == people.group_names.index(hull.group)]
    even = np.quantile(own, np.linspace(0, 1, KEPT), method="nearest")
    corners = hull.thresholds[np.isfinite(hull.thresholds)]
    return np.union1d(even, corners)[::-1]


def _binned(cuts: FloatArray, name: str, people: GroupedOutcomes) -> _People:
    g = people.group_names.index(name) if name in people.group_names else -1
    own = people.group == g
    size = len(cuts) + 1
    place = np.searchsorted(cuts[::-1], people.score[own], side="right")
    cell = people.y_true[own] * size + place
    weight = np.ones(len(cell)) if people.weight is None else people.weight[own]
    total, squares = (
        np.bincount(cell, weights=w, minlength=2 * size).astype(np.float64).reshape(2, size)
        for w in (weight, weight**2)
    )
    effective = np.divide(total**2, squares, out=np.zeros_like(total), where=squares > 0)
    return _People(cuts, total, effective)


def _hull(name: str, cuts: FloatArray, selected: FloatArray) -> GroupHull:
    unfavourable, favourable = selected[:, -1]
    thresholds = np.concatenate([[np.inf], cuts, [-np.inf]])
    if min(unfavourable, favourable) <= 0:
        nothing = np.empty(0)
        curve = RocCurve(name, nothing, nothing, nothing)
    else:
        moved = np.concatenate(([True], (np.diff(selected, axis=1) > 0).any(axis=0)))
        fpr, tpr = selected[:, moved] / selected[:, -1:]
        curve = RocCurve(name, thresholds[moved], fpr, tpr)
    return hull_of(curve, float(unfavourable), float(favourable))


def _points(problem: Problem, slacks: FloatArray) -> FloatArray:
    """(S, G, 2) points of least cost at each slack."""
    if len(problem.rates) > 1:
        return several_rates.points_at(problem, slacks)
    nodes, points, _ = one_rate.breakpoints(problem)
    found = np.empty((len(slacks), *points.shape[1:]))
    for g in range(points.shape[1]):
        for axis in range(2):
            found[:, g, axis] = np.interp(slacks, nodes, points[:, g, axis])
    return found


def _expected(
    problem: Problem, points: FloatArray, cuts: list[FloatArray], here: list[FloatArray]
) -> Counts:
    """Expected counts (S, G) of the rules at points (S, G, 2) on drawn people."""
    shape = points.shape[:2]
    tp, fp, favourable, unfavourable = (np.empty(shape) for _ in range(4))
    for g, (hull, own, selected) in enumerate(zip(problem.hulls, cuts, here, strict=True)):
        # Position of each corner's threshold among +inf, the cuts and −inf.
        at = np.searchsorted(-np.concatenate([[np.inf], own, [-np.inf]]), -hull.thresholds)
        weights = np.stack([mixture(hull, point) for point in points[:, g]])
        fp[:, g], tp[:, g] = weights @ selected[0, at], weights @ selected[1, at]
        unfavourable[:, g], favourable[:, g] = selected[:, -1]
    fn, tn = np.clip(favourable - tp, 0, None), np.clip(unfavourable - fp, 0, None)
    return Counts(tp, fp, fn, tn, tuple(hull.group for hull in problem.hulls))
