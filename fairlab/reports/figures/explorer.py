"""What the explorers draw in the browser: one payload each, every number exact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fairlab.impossibility import DialCourse
from fairlab.metrics import GAPS, RATES
from fairlab.outcomes import Array, Counts, FloatArray, GroupedOutcomes
from fairlab.reports.figures.sweep import gap_styles
from fairlab.reports.figures.theme import Style, group_styles
from fairlab.reports.sentences.impossibility import dial_sentence
from fairlab.sweeps import ThresholdSweep

POSITIONS = 401
BINS = 50
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


def explorer_payload(
    outcomes: GroupedOutcomes,
    sweep: ThresholdSweep,
    *,
    gaps: Sequence[str],
    marks: Mapping[str, float],
    tolerance: float,
    outcome_words: tuple[str, str],
    digest: str,
) -> dict[str, Any]:
    """Everything the explorer shows, JSON-ready.

    Args:
        outcomes: People.
        sweep: Their exact sweep.
        gaps: Names in ``GAPS`` to draw.
        marks: Named thresholds to offer as buttons, in order; the first is where it starts.
        tolerance: Band in [0, 1].
        outcome_words: How to speak of the favourable and the unfavourable outcome.
        digest: Changes when people, scores or groups change; the browser then starts anew.
    """
    grid = slider_grid(sweep)
    named = {label: grid.deciding(v) for label, v in marks.items() if np.isfinite(v)}
    positions = np.union1d(grid.positions, list(named.values())) if named else grid.positions
    counts = sweep.at(positions)
    return {
        "digest": digest,
        "positions": positions.tolist(),
        "low": float(grid.positions[0]),
        "high": float(grid.positions[-1]),
        "step": grid.step,
        "digits": grid.digits,
        "marks": [{"label": label, "value": value} for label, value in named.items()],
        "tolerance": tolerance,
        "outcome_words": list(outcome_words),
        "groups": _groups(outcomes, counts, grid),
        "rates": [_rate(name) for name in SHOWN_RATES],
        "rate_labels": {rate.name: rate.label.lower() for rate in RATES.values()},
        "conditions": {rate.name: rate.condition for rate in RATES.values()},
        "gaps": _gaps(counts, gaps),
    }


def _groups(outcomes: GroupedOutcomes, counts: Counts, grid: SliderGrid) -> list[dict[str, Any]]:
    edges = np.linspace(grid.positions[0], grid.positions[-1], _bins(grid) + 1)
    styles = group_styles(outcomes.group_names)
    groups = []
    for g, name in enumerate(outcomes.group_names):
        bars = []
        for label in (1, 0):
            mine = (outcomes.group == g) & (outcomes.y_true == label)
            weight = None if outcomes.weight is None else outcomes.weight[mine]
            bars.append(_whole(np.histogram(outcomes.score[mine], edges, weights=weight)[0]))
        groups.append(
            {
                "name": name,
                "color": styles[g].color,
                "symbol": styles[g].symbol,
                "favourable": bars[0],
                "unfavourable": bars[1],
                **{f: _whole(getattr(counts, f)[:, g]) for f in ("tp", "fp", "fn", "tn")},
            }
        )
    return groups


def _gaps(counts: Counts, names: Sequence[str]) -> list[dict[str, Any]]:
    rows = []
    for name, style in zip(names, gap_styles(names), strict=True):
        values = GAPS[name](counts)
        rows.append(
            {
                "name": name,
                "label": GAPS[name].label.removesuffix(" difference"),
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
        "Parity gap forced by equalized odds",
        "FPR gap forced by equal PPV and TPR",
        *(f"{GAPS[n].label.removesuffix(' difference')} gap, as decided" for n in course.measured),
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
