"""A frontier's rules on other people: exact expectations, with bands from resampled counts."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fairlab.errors import InputError
from fairlab.frontier.hulls import GroupHull
from fairlab.frontier.problem import gap_of
from fairlab.frontier.refitted import refitted_draws
from fairlab.metrics.resampling import MOST_UNDEFINED
from fairlab.outcomes import Counts, FloatArray, GroupedOutcomes

if TYPE_CHECKING:
    from fairlab.frontier.programme import Frontier

# Numbers held at once while resampling.
AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class EvaluatedFrontier:
    """What a frontier promised where it was fitted, and what its rules do to other people.

    Attributes:
        slack: (B,) promised at each breakpoint, where it was fitted.
        fitted_accuracy, fitted_cost: (B,) there.
        accuracy, cost: (B,) of the same rules on these people, in expectation.
        gap: (B,) likewise; NaN where undefined.
        accuracy_band, cost_band, gap_band: (B, 2) percentiles over resampled populations; NaN
            without draws, or where too many draws are undefined. The gap of resampled people is
            too wide on average: the band's lower end is moved down by twice that bias.
        draws, level: How the bands were made.
        notes: What a reader must know, in sentences.
        refitted: Whether the people it was fitted on were resampled too, and thresholds fitted
            anew in each draw.
    """

    slack: FloatArray
    fitted_accuracy: FloatArray
    fitted_cost: FloatArray
    accuracy: FloatArray
    cost: FloatArray
    gap: FloatArray
    accuracy_band: FloatArray
    cost_band: FloatArray
    gap_band: FloatArray
    draws: int
    level: float
    notes: tuple[str, ...]
    refitted: bool = False

    def to_frame(self) -> pd.DataFrame:
        """One row per breakpoint."""
        table = {
            "slack": self.slack,
            "fitted_accuracy": self.fitted_accuracy,
            "fitted_cost": self.fitted_cost,
            "accuracy": self.accuracy,
            "cost": self.cost,
            "gap": self.gap,
        }
        for name in ("accuracy", "cost", "gap"):
            band = getattr(self, f"{name}_band")
            table[f"{name}_lower"], table[f"{name}_upper"] = band[:, 0], band[:, 1]
        return pd.DataFrame(table)


@dataclass(frozen=True, slots=True, eq=False)
class _Bins:
    """People of one group between its corners' thresholds, from the lowest scores up.

    Attributes:
        total, effective: (2, K + 1) weight by label, and Kish's effective number of people.
        above: (B, K + 1) chance of being selected in each bin under each rule.
    """

    total: FloatArray
    effective: FloatArray
    above: FloatArray


def evaluate_frontier(
    frontier: "Frontier",
    outcomes: GroupedOutcomes,
    draws: int,
    seed: int,
    level: float,
    refit: GroupedOutcomes | None = None,
) -> EvaluatedFrontier:
    """See :meth:`fairlab.frontier.Frontier.evaluate`.

    Each person's decision depends on the interval between the corners' thresholds their score
    falls into, so those histograms by group and label are all that need be resampled: Poisson
    draws per cell (with weights, as many effective people as keep mean and variance).
    """
    if draws < 0 or not 0 < level < 1:
        raise InputError(
            f"Bands need 0 or more draws and a level between 0 and 1; found {draws} and {level}."
        )
    bins = _histograms(frontier, outcomes)
    exact = _counts(bins, [one.total[None] for one in bins], frontier.group_names)
    accuracy, cost, gap = (values[0] for values in _measures(frontier, exact))
    found = (accuracy, cost, gap)
    if refit is None or draws == 0:
        bands = _bands(frontier, bins, found, draws, seed, level)
    else:
        bands = _refitted_bands(frontier, refit, outcomes, found, draws, seed, level)
    return EvaluatedFrontier(
        slack=frontier.slack,
        fitted_accuracy=frontier.accuracy,
        fitted_cost=frontier.cost,
        accuracy=accuracy,
        cost=cost,
        gap=gap,
        accuracy_band=bands[0],
        cost_band=bands[1],
        gap_band=bands[2],
        draws=draws,
        level=level,
        refitted=refit is not None and draws > 0,
        notes=_notes(frontier, exact, refitted=refit is not None and draws > 0),
    )


def _histograms(frontier: "Frontier", outcomes: GroupedOutcomes) -> list[_Bins]:
    present = np.bincount(outcomes.group, minlength=outcomes.n_groups) > 0
    unknown = [
        name
        for name, some in zip(outcomes.group_names, present, strict=True)
        if some and name not in frontier.group_names
    ]
    if unknown:
        raise InputError(
            f"The frontier has no threshold for {', '.join(unknown)}: no one there was among the "
            f"people it was fitted on ({', '.join(frontier.group_names)}). Leave those people out "
            "or fit on people of every group."
        )
    bins = []
    for hull, chances in zip(frontier.hulls, frontier.mixtures(), strict=True):
        g = outcomes.group_names.index(hull.group) if hull.group in outcomes.group_names else -1
        bins.append(_histogram(hull, chances, outcomes, g))
    return bins


def _histogram(hull: GroupHull, chances: FloatArray, outcomes: GroupedOutcomes, g: int) -> _Bins:
    order = np.argsort(hull.thresholds)
    own = outcomes.group == g
    place = np.searchsorted(hull.thresholds[order], outcomes.score[own], side="right")
    size = len(order) + 1
    cell = outcomes.y_true[own] * size + place
    weight = np.ones(len(cell)) if outcomes.weight is None else outcomes.weight[own]
    total, squares = (
        np.bincount(cell, weights=w, minlength=2 * size).astype(np.float64).reshape(2, size)
        for w in (weight, weight**2)
    )
    effective = np.divide(total**2, squares, out=np.zeros_like(total), where=squares > 0)
    above = np.concatenate([np.zeros((len(chances), 1)), np.cumsum(chances[:, order], axis=1)], 1)
    return _Bins(total, effective, np.minimum(above, 1.0))


def _counts(bins: list[_Bins], drawn: list[FloatArray], names: tuple[str, ...]) -> Counts:
    """Fields (D, B, G) from histograms (D, 2, K + 1) of every group."""
    fields: list[list[FloatArray]] = [[], [], [], []]
    for one, people in zip(bins, drawn, strict=True):
        selected = people @ one.above.T
        refused = np.clip(people.sum(axis=-1, keepdims=True) - selected, 0, None)
        for field, values in zip(
            fields, (selected[:, 1], selected[:, 0], refused[:, 1], refused[:, 0]), strict=True
        ):
            field.append(values)
    tp, fp, fn, tn = (np.stack(field, axis=-1) for field in fields)
    return Counts(tp, fp, fn, tn, names)


def _measures(frontier: "Frontier", counts: Counts) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Accuracy, cost and gap, each (D, B)."""
    everyone = counts.n.sum(axis=-1)
    with np.errstate(invalid="ignore"):
        accuracy = (counts.tp + counts.tn).sum(axis=-1) / everyone
        cost = (frontier.cost_fp * counts.fp + frontier.cost_fn * counts.fn).sum(axis=-1)
        cost = cost / everyone
    return accuracy, cost, gap_of(frontier.constraint, frontier.form)(counts)


def _bands(
    frontier: "Frontier",
    bins: list[_Bins],
    found: tuple[FloatArray, FloatArray, FloatArray],
    draws: int,
    seed: int,
    level: float,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Bands (B, 2) of accuracy, cost and gap."""
    count = len(frontier.slack)
    if draws == 0:
        nothing = np.full((count, 2), np.nan)
        return nothing, nothing, nothing
    rng = np.random.default_rng(seed)
    drawn = [_resampled(one, draws, rng) for one in bins]
    step = max(1, AT_ONCE // (draws * len(bins)))
    parts: list[list[FloatArray]] = [[], [], []]
    for start in range(0, count, step):
        stop = min(start + step, count)
        some = [_Bins(b.total, b.effective, b.above[start:stop]) for b in bins]
        counts = _counts(some, drawn, frontier.group_names)
        for i, values in enumerate(_measures(frontier, counts)):
            parts[i].append(_band(values, found[i][start:stop], level, bias=i == 2))
    accuracy, cost, gap = (np.concatenate(part) for part in parts)
    return accuracy, cost, gap


def _refitted_bands(
    frontier: "Frontier",
    fitted_on: GroupedOutcomes,
    outcomes: GroupedOutcomes,
    found: tuple[FloatArray, FloatArray, FloatArray],
    draws: int,
    seed: int,
    level: float,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Bands (B, 2) with both noises; between the slacks fitted anew, straight lines."""
    slacks, *drawn = refitted_draws(frontier, fitted_on, outcomes, draws, seed)
    bands = []
    for i, (values, estimate) in enumerate(zip(drawn, found, strict=True)):
        here = np.interp(slacks, frontier.slack, estimate)
        band = _band(values, here, level, bias=i == 2)
        if i < 2:  # thresholds fitted to noise lose as much again in every draw
            with np.errstate(invalid="ignore"):
                band -= (_mean(values) - here)[:, None]
        bands.append(np.stack([np.interp(frontier.slack, slacks, end) for end in band.T], axis=1))
    accuracy, cost, gap = bands
    return accuracy, cost, gap


def _mean(values: FloatArray) -> FloatArray:
    """(S,) mean over the draws that are defined; NaN where none is."""
    known = ~np.isnan(values)
    total = np.where(known, values, 0).sum(axis=0)
    nothing = np.full(len(total), np.nan)
    return np.asarray(np.divide(total, known.sum(axis=0), out=nothing, where=known.any(axis=0)))


def _resampled(one: _Bins, draws: int, rng: np.random.Generator) -> FloatArray:
    """(D, 2, K + 1) Poisson histograms with the mean and variance of Poisson weights per person."""
    people = rng.poisson(one.effective, size=(draws, *one.effective.shape))
    per_person = np.divide(
        one.total, one.effective, out=np.zeros_like(one.total), where=one.effective > 0
    )
    return np.asarray(people * per_person)


def _band(values: FloatArray, found: FloatArray, level: float, *, bias: bool) -> FloatArray:
    """(B, 2) percentiles over the draws (D, B) that are defined; NaN where too few are."""
    band = np.full((values.shape[1], 2), np.nan)
    enough = np.isnan(values).mean(axis=0) <= MOST_UNDEFINED
    if not enough.any():
        return band
    some = values[:, enough]
    band[enough] = np.nanquantile(some, [(1 - level) / 2, (1 + level) / 2], axis=0).T
    if bias:
        excess = np.clip(np.nanmean(some, axis=0) - found[enough], 0, None)
        band[enough, 0] = np.clip(band[enough, 0] - 2 * excess, 0, None)
    return band


def _notes(frontier: "Frontier", exact: Counts, *, refitted: bool) -> tuple[str, ...]:
    notes = ["The thresholds were fitted on other people; bands are about these people alone."]
    if refitted:
        notes = ["Bands resample the people it was fitted on and these people, and fit anew."]
    for rate in gap_of(frontier.constraint, frontier.form).rates:
        undefined = np.isnan(rate(exact)[0, 0])
        for group, missing in zip(frontier.group_names, undefined, strict=True):
            if missing:
                notes.append(
                    f"{group} is left out of the {rate.label.lower()} gap here: no one in it "
                    f"{rate.condition}."
                )
    return tuple(notes)
