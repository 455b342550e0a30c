"""Gaps within strata for others to see: strata with small cells go, and all that rests on them."""

from dataclasses import replace

import numpy as np

from fairlab.metrics.gaps import GAPS, GapResult
from fairlab.metrics.strata import ConditionalGap, PooledGap, StratumGap, WithinStrata
from fairlab.metrics.strata_counts import everyone_of
from fairlab.metrics.suppression import Withheld, hidden_gap, withheld
from fairlab.outcomes import Counts

_NAN = float("nan")
_NOTHING = PooledGap(None, None, None, None)


def small_strata(cells: Counts, names: tuple[str, ...], smallest: int) -> tuple[str, ...]:
    """Strata to hide: with a small cell, and as many more as keep these from being worked out.

    Cells of all people less those of the strata that are shown are the hidden ones together. So
    further strata are hidden until a group's hidden cells are together as large as the minimum,
    or none of it is left to show (the audit then hides the group).

    Args:
        cells: People (rows), fields of shape (S, G).
        names: Of the strata.
        smallest: Cells of fewer people are hidden; 0 hides nothing.
    """
    if smallest <= 0:
        return ()
    four = np.stack([cells.tp, cells.fp, cells.fn, cells.tn])
    n = four.sum(axis=0)
    hidden = ((four.min(axis=0) < smallest) & (n > 0)).any(axis=-1)
    while True:
        together = four[:, hidden].sum(axis=1)
        few = (together.min(axis=0) < smallest) & (together.sum(axis=0) > 0)
        could = np.flatnonzero(~hidden & (n[:, few] > 0).any(axis=-1))
        if not len(could):
            return tuple(name for name, hide in zip(names, hidden, strict=True) if hide)
        hidden[could[np.argmin(n[could].sum(axis=-1))]] = True


def suppress_strata(result: WithinStrata, smallest: int) -> WithinStrata:
    """Gaps within strata without what rests on small cells.

    Args:
        result: The whole result.
        smallest: Cells of fewer people are hidden; 0 hides nothing.

    Returns:
        With ``hidden`` naming the strata, whose numbers are None (NaN in counts), and nothing
        pooled over strata. The gap strata aside stays where the audit shows it. The same result
        when nothing is small.
    """
    hidden = small_strata(result.cells, result.names, smallest)
    if not hidden:
        return result
    why = f"suppressed: rests on fewer than {smallest} people"
    gone = withheld(everyone_of(result.cells), smallest)
    return replace(
        result,
        counts=_blank(result.counts, [name in hidden for name in result.names]),
        gaps={name: _shown(gap, hidden, gone, why) for name, gap in result.gaps.items()},
        hidden=hidden,
        why_hidden=why,
    )


def _shown(
    found: ConditionalGap, hidden: tuple[str, ...], gone: Withheld, why: str
) -> ConditionalGap:
    whole = found.unconditional
    if not gone.keeps(GAPS[found.name]):
        whole = hidden_gap(whole, why)
    ends = tuple(f"{name}: " for name in hidden)
    return replace(
        found,
        unconditional=whole,
        strata=tuple(_without(s, why) if s.stratum in hidden else s for s in found.strata),
        standardised=_NOTHING,
        average=_NOTHING,
        rate="",
        highest=None,
        lowest=None,
        high=None,
        low=None,
        covered=None,
        reversed=False,
        widest=None,
        picked_from=0,
        widest_lower=None,
        widest_upper=None,
        left_out=tuple(text for text in found.left_out if not text.startswith(ends)),
        test=None,
    )


def _without(stratum: StratumGap, why: str) -> StratumGap:
    gap: GapResult = hidden_gap(stratum.gap, why)
    return StratumGap(stratum.stratum, stratum.n, gap, _NAN, small=True)


def _blank(counts: Counts, hide: list[bool]) -> Counts:
    at = np.array(hide)[:, None]
    tp, fp, fn, tn = (
        np.where(at, _NAN, field) for field in (counts.tp, counts.fp, counts.fn, counts.tn)
    )
    return Counts(tp, fp, fn, tn, counts.group_names)
