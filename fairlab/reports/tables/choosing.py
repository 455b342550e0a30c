"""What there is to choose from, in people: the numbers of a card, and of each tolerance."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairlab.choosing.options import Options
from fairlab.choosing.tolerance import Tolerances
from fairlab.language import tr
from fairlab.metrics import RATES
from fairlab.outcomes import Counts
from fairlab.pareto.decisions import Decisions, accuracy_and_gap
from fairlab.reports.sentences.point import point_label
from fairlab.results import SweepResult

MOST_GROUPS = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One group: of ``people`` (those the rate is about) the share ``value``, [0, 1] or None."""

    group: str
    value: float | None
    people: float


@dataclass(frozen=True, slots=True)
class Bars:
    """One rate of several groups.

    Attributes:
        rate: Its name in ``RATES``.
        rows: Groups in order; of more than six the three lowest and the three highest.
        left_out: How many groups lie between these.
    """

    rate: str
    rows: tuple[Bar, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Card:
    """One way to decide, in people.

    Attributes:
        people: On how many it was measured.
        wrongly_selected, wrongly_refused: Per 1,000 of them.
        accuracy, gap: [0, 1]; the gap None where undefined.
        bars: The rates the gap is about, one entry for each rate and each attribute compared.
    """

    people: float
    wrongly_selected: float
    wrongly_refused: float
    accuracy: float
    gap: float | None
    bars: tuple[Bars, ...]

    @property
    def wrong(self) -> int:
        """Wrong decisions per 1,000 people, the sum of both as they are shown."""
        return round(self.wrongly_selected) + round(self.wrongly_refused)


def card_of(options: Options, index: int) -> Card:
    """A model of the options at its own threshold, on validation people."""
    return _card(options.decisions, _row(options.counts, index))


def card_of_model(decisions: Decisions, index: int) -> Card:
    """One model of any decisions."""
    return _card(decisions, _row(decisions.counts(), index))


def _card(decisions: Decisions, counts: Counts) -> Card:
    accuracy, gap = accuracy_and_gap(decisions, counts)
    total = float(counts.n.sum())
    return Card(
        people=total,
        wrongly_selected=1000 * float(counts.fp.sum()) / total,
        wrongly_refused=1000 * float(counts.fn.sum()) / total,
        accuracy=float(accuracy),
        gap=None if np.isnan(gap) else float(gap),
        bars=tuple(
            _bars(rate.name, table)
            for table in decisions.compared(counts)
            for rate in decisions.gap.rates
        ),
    )


def tolerance_table(found: Tolerances, result: SweepResult) -> pd.DataFrame:
    """What each tolerance leads to, on validation people; accuracy as wrong decisions too."""
    rows = []
    for row in found.rows:
        met = row.met
        rows.append(
            {
                tr("Gap accepted, points"): 100 * row.within,
                tr("Model"): point_label(result.points[row.index]) if met else tr("none"),
                tr("Gap, points"): 100 * row.gap if met else None,
                tr("Accuracy, %"): 100 * row.accuracy if met else None,
                tr("Wrong decisions per 1,000"): 1000 * (1 - row.accuracy) if met else None,
                tr("Gap expected on others, points"): 100 * row.expected_gap if met else None,
            }
        )
    frame = pd.DataFrame(rows)
    numbers = frame.select_dtypes("number").columns
    return frame.assign(**{name: frame[name].round(1) for name in numbers})


def _bars(rate: str, counts: Counts) -> Bars:
    values, people = RATES[rate](counts), RATES[rate].denominator(counts)
    rows = [
        Bar(name, None if np.isnan(value) else float(value), float(n))
        for name, value, n in zip(counts.group_names, values, people, strict=True)
    ]
    if len(rows) <= MOST_GROUPS:
        return Bars(rate, tuple(rows), 0)
    known = sorted((r for r in rows if r.value is not None), key=lambda r: r.value or 0.0)
    half = MOST_GROUPS // 2
    shown = known if len(known) <= MOST_GROUPS else [*known[:half], *known[-half:]]
    return Bars(rate, tuple(shown), len(rows) - len(shown))


def _row(counts: Counts, m: int) -> Counts:
    return Counts(counts.tp[m], counts.fp[m], counts.fn[m], counts.tn[m], counts.group_names)
