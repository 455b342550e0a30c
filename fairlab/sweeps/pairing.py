"""Two models' decisions about the same people as counts, resampled and exchanged as counts."""

from dataclasses import dataclass

import numpy as np

from fairlab.metrics.group_rates import equal_weights_aside
from fairlab.metrics.rates import Rate
from fairlab.outcomes import Array, Counts, FloatArray, GroupedOutcomes
from fairlab.sweeps.people import same_people


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """People by group, outcome and both decisions.

    Attributes:
        cells: (..., G, 2, 2, 2) people, or total weight, by group, outcome, selected before,
            selected after.
        squares: (G, 2) sum of squared weights by group and outcome; None without weights.
        group_names: G names.
        same_rule: True when both models have the same scores and threshold: then no other people
            could be decided differently either.
    """

    cells: Array
    squares: Array | None
    group_names: tuple[str, ...]
    same_rule: bool = False

    @property
    def before(self) -> Counts:
        """Counts of the first model, (..., G)."""
        return _counts(self.cells.sum(axis=-1), self.group_names)

    @property
    def after(self) -> Counts:
        """Counts of the second model, (..., G)."""
        return _counts(self.cells.sum(axis=-2), self.group_names)

    @property
    def decided_differently(self) -> Array:
        """(..., G) people about whom the models disagree."""
        return np.asarray(self.cells[..., 0, 1].sum(-1) + self.cells[..., 1, 0].sum(-1))

    def together(self) -> "Pairing":
        """All groups as one, named "everyone"."""
        squares = None if self.squares is None else self.squares.sum(axis=0, keepdims=True)
        cells = self.cells.sum(axis=-4, keepdims=True)
        return Pairing(cells, squares, ("everyone",), self.same_rule)


def pair(
    before: GroupedOutcomes,
    after: GroupedOutcomes,
    threshold_before: float,
    threshold_after: float,
) -> Pairing:
    """Count people by what both models decide.

    Raises:
        InputError: If the two are not the same people in the same groups.
    """
    same_people(before, after)
    before, after = equal_weights_aside(before), equal_weights_aside(after)
    first = before.score >= threshold_before
    second = after.score >= threshold_after
    place = before.group * 2 + before.y_true
    size = before.n_groups * 2
    cells = np.bincount((place * 2 + first) * 2 + second, before.weight, minlength=4 * size)
    squares = None
    if before.weight is not None:
        squares = np.bincount(place, before.weight**2, minlength=size).reshape(-1, 2)
    same_rule = threshold_before == threshold_after and np.array_equal(before.score, after.score)
    shape = (before.n_groups, 2, 2, 2)
    return Pairing(cells.reshape(shape), squares, before.group_names, same_rule)


def resampled_pairing(found: Pairing, draws: int, rng: np.random.Generator) -> Pairing:
    """People drawn with replacement within their group, together with both decisions.

    With weights, as many people as the group's effective number, rescaled to its weight.

    Returns:
        Cells of shape (draws, G, 2, 2, 2).
    """
    cells = found.cells
    weight = cells.sum(axis=(1, 2, 3))
    size = weight
    if found.squares is not None:
        size = np.maximum(np.rint(kish(weight, found.squares.sum(axis=1))), 1)
    drawn = np.zeros((draws, *cells.shape))
    for g, group in enumerate(cells):
        if weight[g] > 0:
            flat = rng.multinomial(int(size[g]), group.ravel() / weight[g], size=draws)
            drawn[:, g] = flat.reshape(draws, 2, 2, 2) * (weight[g] / int(size[g]))
    return Pairing(drawn, found.squares, found.group_names)


def exchanged_pairing(found: Pairing, draws: int, rng: np.random.Generator) -> Pairing:
    """The two decisions about each person put down to the models by the toss of a coin.

    Only people decided differently matter: how many of them the second model selects is binomial
    within each group and outcome. Whole people only.

    Returns:
        Cells of shape (draws, G, 2, 2, 2).
    """
    cells = found.cells
    gained, lost = cells[..., 0, 1], cells[..., 1, 0]
    changed = (gained + lost).astype(np.int64)
    exchanged = np.broadcast_to(cells, (draws, *cells.shape)).astype(np.float64)
    exchanged[..., 0, 1] = rng.binomial(changed, 0.5, size=(draws, *changed.shape))
    exchanged[..., 1, 0] = changed - exchanged[..., 0, 1]
    return Pairing(exchanged, None, found.group_names)


def effect_of_selecting(rate: Rate) -> tuple[int, int] | None:
    """What selecting one person more adds to a rate's numerator: by outcome, unfavourable first.

    None for a rate whose denominator the decision changes (predictive values), or which is no
    share of people: such a rate does not change by one person at a time.
    """
    if not rate.share:
        return None
    tp, fp, fn, tn = (_one_person(field) for field in ("tp", "fp", "fn", "tn"))
    if rate.denominator(tp) != rate.denominator(fn) or rate.denominator(fp) != rate.denominator(tn):
        return None
    unfavourable = rate.numerator(fp) - rate.numerator(tn)
    return int(unfavourable), int(rate.numerator(tp) - rate.numerator(fn))


def people_behind(rate: Rate, found: Pairing) -> FloatArray:
    """(G,) people behind a rate no decision moves; effective numbers (Kish) with weights."""
    labels = [y for y, field in enumerate(("fp", "tp")) if rate.denominator(_one_person(field))]
    weight = found.cells.sum(axis=(-1, -2))[:, labels].sum(axis=1)
    if found.squares is None:
        return np.asarray(weight, dtype=np.float64)
    return kish(weight, found.squares[:, labels].sum(axis=1))


def kish(weight: Array, squares: Array) -> FloatArray:
    """Effective number of people (Σw)² / Σw²; 0 where nobody is."""
    some = squares > 0
    return np.asarray(np.divide(weight**2, squares, out=np.zeros(weight.shape), where=some))


def _one_person(field: str) -> Counts:
    tp, fp, fn, tn = (np.asarray(int(name == field)) for name in ("tp", "fp", "fn", "tn"))
    return Counts(tp, fp, fn, tn)


def _counts(cells: Array, names: tuple[str, ...]) -> Counts:
    """From (..., G, label, selected)."""
    return Counts(cells[..., 1, 1], cells[..., 0, 1], cells[..., 1, 0], cells[..., 0, 0], names)
