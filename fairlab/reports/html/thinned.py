"""Which counts of a sweep over thresholds may leave the app.

The counts at two thresholds differ by the people whose score lies between them. Counts at every
threshold would therefore tell everybody's score, with group and outcome. Here a group's counts
are given at so few thresholds that at least ``smallest`` people of each outcome lie between any
two of them, and beyond the first and the last: every cell of the table "score range × outcome" that
can be worked out holds that many. Where that is not possible, only how many are selected is given,
under the same rule without outcomes; and where not even that is, nothing.
"""

from dataclasses import dataclass, replace

import numpy as np

from fairlab.metrics.suppression import SMALLEST, hidden_sizes
from fairlab.outcomes import Array, Counts, FloatArray, GroupedOutcomes
from fairlab.sweeps import exact_sweep

STEPS = 100  # thresholds 0.01, 0.02 … 0.99


@dataclass(frozen=True, slots=True, eq=False)
class ShownSweep:
    """Counts by threshold that may be shown. NaN is withheld.

    Attributes:
        thresholds: (T,) increasing; at each at least one group has a number, or it is in use.
        start: Position of the threshold in use.
        group_names: Names of the G groups.
        n: (G,) people, or total weight.
        favourable: (G,) of these with the favourable outcome.
        selected: (T, G) selected at each threshold.
        tp: (T, G) selected with the favourable outcome.
        left_out: How many of the asked thresholds have no number of any group.
    """

    thresholds: FloatArray
    start: int
    group_names: tuple[str, ...]
    n: FloatArray
    favourable: FloatArray
    selected: FloatArray
    tp: FloatArray
    left_out: int = 0

    @property
    def counts(self) -> Counts:
        """The four cells, fields (T, G), NaN where withheld."""
        fp = self.selected - self.tp
        fn = self.favourable - self.tp
        return Counts(self.tp, fp, fn, self.n - self.favourable - fp, self.group_names)


def shown_sweep(
    outcomes: GroupedOutcomes, threshold: float, smallest: int = SMALLEST
) -> ShownSweep:
    """Counts at the threshold in use and around it, few enough to keep everybody hidden.

    Args:
        outcomes: People with scores in [0, 1].
        threshold: In use: what can be shown there is decided first, and others make room for it.
        smallest: Fewest people in any cell that can be worked out; 0 shows all thresholds.
    """
    asked = np.union1d(np.arange(1, STEPS) / STEPS, [threshold])
    start = int(np.searchsorted(asked, threshold))
    whole = exact_sweep(outcomes).at(asked)
    heads = whole
    if outcomes.weight is not None:
        heads = exact_sweep(replace(outcomes, weight=None)).at(asked)
    selected = np.asarray(whole.tp + whole.fp, dtype=np.float64)
    tp = np.array(whole.tp, dtype=np.float64)  # of weights a sweep holds these very numbers
    n = np.array(whole.n[0], dtype=np.float64)
    favourable = np.asarray((whole.tp + whole.fn)[0], dtype=np.float64)
    if smallest > 0:
        unsized = hidden_sizes(np.asarray(heads.n)[0], smallest)
        n[unsized] = np.nan
        for g in range(outcomes.n_groups):
            margin, cells, base = _positions(heads, g, start, smallest)
            if unsized[g]:
                margin[:], cells[:], base = False, False, False
            selected[~margin, g] = np.nan
            tp[~cells, g] = np.nan
            favourable[g] = favourable[g] if base else np.nan
    kept: Array = np.asarray(np.any(np.isfinite(selected), axis=1))
    kept[start] = True
    return ShownSweep(
        thresholds=asked[kept],
        start=int(kept[:start].sum()),
        group_names=outcomes.group_names,
        n=n,
        favourable=favourable,
        selected=selected[kept],
        tp=tp[kept],
        left_out=int((~kept).sum()),
    )


def _positions(heads: Counts, g: int, start: int, smallest: int) -> tuple[Array, Array, bool]:
    """Where a group may show how many are selected, and all its cells; whether its base rate.

    What the threshold in use can show comes first, then thresholds near it, cells before margins.
    """
    good, bad = np.asarray(heads.tp)[:, g], np.asarray(heads.fp)[:, g]
    n_good = int(good[0] + np.asarray(heads.fn)[0, g])
    n_bad = int(bad[0] + np.asarray(heads.tn)[0, g])
    both, size = good + bad, n_good + n_bad
    margin, cells = np.zeros(len(good), dtype=bool), np.zeros(len(good), dtype=bool)
    margin[start] = _apart(both, start, margin, size, smallest)
    order = np.argsort(np.abs(np.arange(len(good)) - start), kind="stable")
    for at in order:
        alone = margin.copy()
        alone[at] = False
        if (
            _apart(both, at, alone, size, smallest)
            and _apart(good, at, cells, n_good, smallest)
            and _apart(bad, at, cells, n_bad, smallest)
        ):
            margin[at] = cells[at] = True
    for at in order:
        if not margin[at]:
            margin[at] = _apart(both, at, margin, size, smallest)
    base = bool(cells.any()) or min(n_good, n_bad) >= smallest
    return margin, cells, base


def _apart(selected: Array, at: int, shown: Array, total: int, smallest: int) -> bool:
    """Whether enough people lie between one threshold, those shown, and both ends."""
    below = np.flatnonzero(shown[:at])
    above = np.flatnonzero(shown[at + 1 :]) + at + 1
    before = selected[below[-1]] if len(below) else total
    after = selected[above[0]] if len(above) else 0
    return bool(before - selected[at] >= smallest and selected[at] - after >= smallest)
