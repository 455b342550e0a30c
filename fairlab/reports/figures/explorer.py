"""What the explorers draw in the browser: one payload each, every number exact."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from fairlab.impossibility import DialCourse
from fairlab.language import inside, tr
from fairlab.metrics import GAPS, RATES
from fairlab.outcomes import Array, Counts, FloatArray, GroupedOutcomes
from fairlab.reports.figures.sweep import gap_styles
from fairlab.reports.figures.theme import Style, group_styles
from fairlab.reports.sentences.impossibility import dial_sentence
from fairlab.retelling import retold
from fairlab.sweeps import ThresholdSweep
from fairlab.sweeps.bands import GapBands

POSITIONS = 401
BINS = 50
MOST_STRIPS = 6  # as in threshold_explorer.js
FIRST_SHOWN = 4
SHOWN_RATES = ("selection_rate", "tpr", "fpr", "ppv")


@dataclass(frozen=True, slots=True, eq=False)
class SliderGrid:
    """Where the slider can stand.

    Attributes:
        positions: Increasing thresholds, evenly spaced and round, at most 402: from everyone
            selected to nobody selected.
        step: Distance between two of them.
        digits: Decimals that tell them apart.
        whole: Whether the positions are the whole numbers that scores take.
    """

    positions: FloatArray
    step: float
    digits: int
    whole: bool = False

    def deciding(self, threshold: float) -> float:
        """The threshold as the slider shows it: between whole-number scores, the next number.

        6.5 and 7 select the same people when scores are whole numbers; a line at 6.5 would cut
        through the bar of people who score 6.
        """
        if not self.whole:
            return threshold
        return float(np.clip(np.ceil(threshold), self.positions[0], self.positions[-1]))


def slider_grid(sweep: ThresholdSweep) -> SliderGrid:
    """Round positions that span every decision the scores allow.

    Probabilities get 0 to 1; whole-number scores such as deciles get each number; anything else
    a round step (1, 2, 2.5 or 5 times a power of ten).
    """
    scores = sweep.thresholds[:-1]
    low, high = float(scores[0]), float(scores[-1])
    whole = bool((scores == np.round(scores)).all())
    if whole and high - low < POSITIONS and not (low >= 0 and high <= 1):
        step, start, stop = 1.0, low, high + 1
    elif low >= 0 and high <= 1:
        step, start = 1 / (POSITIONS - 1), 0.0
        stop = 1.0 if high < 1 else 1.0 + step
    else:
        step = _round_step((high - low) / (POSITIONS - 3)) if high > low else 1.0
        start = float(np.floor(low / step)) * step
        stop = (float(np.floor(high / step)) + 1) * step
    size = round((stop - start) / step) + 1
    positions = np.round(start + step * np.arange(size), 12)
    return SliderGrid(positions, step, _decimals(step), whole and step == 1.0)


@dataclass(frozen=True, slots=True)
class NamedCuts:
    """Thresholds a button sets.

    Attributes:
        name: Kept in the link when they are in force.
        label: On the button.
        sentence: What they do, in plain words.
        mode: ``one`` threshold for everyone or one ``each``.
        cuts: One number, or one per group; () when they are worked out only once asked for.
    """

    name: str
    label: str
    sentence: str
    mode: Literal["one", "each"]
    cuts: tuple[float, ...]


def explorer_payload(
    outcomes: GroupedOutcomes,
    sweep: ThresholdSweep,
    *,
    gaps: Sequence[str],
    strategies: Sequence[NamedCuts],
    in_use: Sequence[float],
    tolerance: float | None,
    outcome_words: tuple[str, str],
    digest: str,
    shown: NamedCuts | None = None,
    costs: tuple[float, float] = (1.0, 1.0),
    bands: GapBands | None = None,
    higher_is_better: bool = True,
) -> dict[str, Any]:
    """Everything the explorer shows, JSON-ready: counts of every position, exact.

    Args:
        outcomes: People.
        sweep: Their exact sweep.
        gaps: Names in ``GAPS``.
        strategies: Thresholds to offer as buttons, in order.
        in_use: The threshold of each group at present; what a move is held against.
        tolerance: Band in [0, 1]; None for none.
        outcome_words: How to speak of the favourable and the unfavourable outcome.
        digest: Changes when people, scores or groups change; the browser then starts anew.
        shown: What it opens with; the first strategy if not given.
        costs: Of a false positive and of a false negative, in the user's unit.
        bands: Of the gaps along the sweep.
        higher_is_better: False when scores are minus a risk; numbers are then shown without it.
    """
    grid = slider_grid(sweep)
    start = strategies[0] if shown is None else shown
    named = [_on(grid, one) for one in (*strategies, start)]
    used = tuple(grid.deciding(cut) for cut in in_use)
    common = {cut for one in named if one.mode == "one" for cut in one.cuts}
    if len(set(used)) == 1:
        common.add(used[0])
    positions = np.union1d(grid.positions, sorted(common)) if common else grid.positions
    counts = sweep.at(positions)
    own = [
        {used[g], *(one.cuts[g] for one in named if one.mode == "each" and one.cuts)}
        for g in _each(sweep)
    ]
    *offered, first = [
        {"name": n.name, "label": n.label, "sentence": n.sentence, "mode": n.mode, "cuts": n.cuts}
        for n in named
    ]
    return {
        "digest": digest,
        "positions": positions.tolist(),
        "low": float(grid.positions[0]),
        "high": float(grid.positions[-1]),
        "step": grid.step,
        "digits": grid.digits,
        "sign": 1 if higher_is_better else -1,
        "weighted": outcomes.weight is not None,
        "start": {"mode": first["mode"], "cuts": first["cuts"], "strategy": first["name"]},
        "in_use": used,
        "strategies": offered,
        "costs": list(costs),
        "tolerance": tolerance,
        "outcome_words": [retold(words) for words in outcome_words],
        "groups": _groups(outcomes, sweep, positions, own, grid),
        "first_shown": _largest(sweep),
        "rates": [_rate(name) for name in SHOWN_RATES],
        "rate_labels": {rate.name: inside(rate.label) for rate in RATES.values()},
        "conditions": {rate.name: rate.condition for rate in RATES.values()},
        "gaps": _gaps(counts, gaps),
        "bands": {} if bands is None else _bands(bands, positions),
    }


def tidy_cut(sweep: ThresholdSweep, cut: float) -> float:
    """The threshold with the fewest decimals that decides for these people as ``cut`` does.

    Infinite thresholds stay as they are.
    """
    if not np.isfinite(cut) or int(sweep.index(cut)) >= len(sweep.thresholds) - 1:
        return cut
    below = sweep.below(cut)
    for digits in range(13):
        near = round(cut, digits)
        lower = round(float(np.floor(cut * 10**digits)) / 10**digits, digits)
        for one in (near, lower):
            if below < one <= cut:
                return float(one)
    return cut


def _each(sweep: ThresholdSweep) -> range:
    return range(sweep.counts.shape[1])


def _on(grid: SliderGrid, one: NamedCuts) -> NamedCuts:
    """Thresholds the slider can stand at; infinite ones become its ends."""
    low, high = float(grid.positions[0]), float(grid.positions[-1])
    return replace(one, cuts=tuple(min(max(grid.deciding(c), low), high) for c in one.cuts))


def _groups(
    outcomes: GroupedOutcomes,
    sweep: ThresholdSweep,
    positions: FloatArray,
    own: Sequence[set[float]],
    grid: SliderGrid,
) -> list[dict[str, Any]]:
    edges = np.linspace(grid.positions[0], grid.positions[-1], _bins(grid) + 1)
    styles = group_styles(outcomes.group_names)
    counts, everyone = sweep.at(positions), sweep.counts
    groups = []
    for g, name in enumerate(outcomes.group_names):
        bars = []
        for label in (1, 0):
            mine = (outcomes.group == g) & (outcomes.y_true == label)
            weight = None if outcomes.weight is None else outcomes.weight[mine]
            bars.append(_whole(np.histogram(outcomes.score[mine], edges, weights=weight)[0]))
        cuts = np.array(sorted(own[g]))
        there = sweep.of_group(g).at(cuts)
        groups.append(
            {
                "name": name,
                "color": styles[g].color,
                "symbol": styles[g].symbol,
                "favourable": bars[0],
                "unfavourable": bars[1],
                "size": _whole(np.array([everyone.tp[0, g], everyone.fp[0, g]])),
                "tp": _whole(counts.tp[:, g]),
                "fp": _whole(counts.fp[:, g]),
                "own": [
                    list(row)
                    for row in zip(
                        cuts.tolist(), _whole(there.tp[:, 0]), _whole(there.fp[:, 0]), strict=True
                    )
                ],
            }
        )
    return groups


def _largest(sweep: ThresholdSweep) -> list[int]:
    """Groups shown at first: all of a few, else the four with most people."""
    people = sweep.counts.n[0]
    if len(people) <= MOST_STRIPS:
        return list(_each(sweep))
    return sorted(int(g) for g in np.argsort(-people, kind="stable")[:FIRST_SHOWN])


def _bands(bands: GapBands, positions: FloatArray) -> dict[str, Any]:
    finite = np.isfinite(bands.thresholds)
    shown = np.clip(bands.thresholds[finite], positions[0], positions[-1])
    found = {}
    for k, name in enumerate(bands.gaps):
        lower, upper = bands.lower[finite, k], bands.upper[finite, k]
        if not np.isnan(lower).all():
            found[name] = {
                "thresholds": np.round(shown, 9).tolist(),
                "lower": _rounded(lower),
                "upper": _rounded(upper),
            }
    return found


def _rounded(values: FloatArray) -> list[float | None]:
    return [None if np.isnan(v) else round(float(v), 4) for v in values]


def _gaps(counts: Counts, names: Sequence[str]) -> list[dict[str, Any]]:
    rows = []
    for name, style in zip(names, gap_styles(names), strict=True):
        values = GAPS[name](counts)
        rows.append(
            {
                "name": name,
                "label": GAPS[name].label.removesuffix(tr(" difference")),
                "definition": GAPS[name].definition,
                "rates": [rate.name for rate in GAPS[name].rates],
                "color": style.color,
                "dash": style.dash,
                "values": [None if np.isnan(v) else round(float(v), 6) for v in values],
            }
        )
    return rows


def _rate(name: str) -> dict[str, str]:
    rate = RATES[name]
    return {
        "name": name,
        "label": rate.label,
        "definition": rate.definition,
    }


def _whole(values: Array) -> list[float]:
    """Integers as integers, weights with six decimals."""
    if values.dtype.kind in "iu":
        return [int(v) for v in values]
    return [round(float(v), 6) for v in values]


def _bins(grid: SliderGrid) -> int:
    steps = len(grid.positions) - 1
    return steps if steps <= BINS else BINS


def _round_step(wanted: float) -> float:
    power = 10.0 ** np.floor(np.log10(wanted))
    return float(next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= wanted))


def _decimals(step: float) -> int:
    for digits in range(12):
        if abs(round(step, digits) - step) < 1e-9 * step:
            return digits
    return 12


def dial_payload(course: DialCourse) -> dict[str, Any]:
    """Everything the base-rate dial shows, JSON-ready: each position with its sentence."""
    names = [
        tr("Parity gap forced by equalized odds"),
        tr("FPR gap forced by equal PPV and TPR"),
        *(
            tr(
                "{removesuffix} gap, as decided",
                removesuffix=GAPS[n].label.removesuffix(tr(" difference")),
            )
            for n in course.measured
        ),
    ]
    values = [course.forced_parity, course.forced_fpr, *course.measured.values()]
    sentences = [dial_sentence(course, i) for i in range(len(course.dials))]
    return {
        "dials": course.dials.tolist(),
        "sentences": sentences,
        "alt": f"{sentences[0]} {sentences[-1]}",
        "base": [
            _series(name, style, course.base_rates[:, g], 2.5) | {"symbol": style.symbol}
            for g, (name, style) in enumerate(
                zip(course.group_names, group_styles(course.group_names), strict=True)
            )
        ],
        "gaps": [
            _series(name, style, v, 4 if i < 2 else 1.5)
            for i, (name, style, v) in enumerate(zip(names, gap_styles(names), values, strict=True))
        ],
    }


def _series(label: str, style: Style, values: FloatArray, width: float) -> dict[str, Any]:
    return {
        "label": label,
        "color": style.color,
        "dash": style.dash,
        "width": width,
        "values": [None if np.isnan(v) else round(float(v), 6) for v in values],
    }
