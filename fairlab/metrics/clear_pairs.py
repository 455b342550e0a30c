"""Two groups that differ beyond chance where the widest gap over all groups does not say so."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fairlab.metrics.audit import Audit
from fairlab.metrics.gaps import GAPS
from fairlab.metrics.intervals import holm
from fairlab.metrics.pairs import PairTest

# Groups with fewer people behind a rate are small: what they show, they show roughly.
FEW = 50
# Pairs of more groups are not tested for a headline: their number grows with the square.
MOST_GROUPS = 20
LEVEL = 0.05


def clear_pair(shown: Audit, tests: Sequence[PairTest], name: str) -> PairTest | None:
    """The pair that differs most surely where a gap's own two groups leave doubt.

    Args:
        shown: The audit, small cells suppressed where asked for.
        tests: Pairs of groups on several rates; hidden ones may be missing and then count as
            tested with p = 1.
        name: Name in ``GAPS`` of a difference of one rate.

    Returns:
        The pair with the smallest p-value among those at or below 0.05 after Holm's correction
        over all pairs on this rate, ``p_adjusted`` so corrected. None when the gap is beyond
        chance between two groups of at least 50 people each, when no other pair is beyond
        chance, and for gaps hidden, undefined or of several rates.
    """
    gap = shown.gaps[name]
    if gap.value is None and not gap.hidden:
        return None
    rates = GAPS[name].rates
    if len(rates) != 1:
        return None
    own = [test for test in tests if test.rate == rates[0].name and test.p_value is not None]
    clear = _surest(own, shown)
    if clear is None or gap.value is None:
        return clear
    few = min(shown.rates[gap.rate][one].n for one in (gap.highest, gap.lowest) if one) < FEW
    if gap.p_value is None or (gap.p_value <= LEVEL and not few):
        return None
    same = {clear.higher, clear.lower_group} == {gap.highest, gap.lowest}
    return None if same and gap.p_value <= LEVEL else clear


def _surest(tests: Sequence[PairTest], shown: Audit) -> PairTest | None:
    if not tests:
        return None
    groups = int((np.asarray(shown.people) > 0).sum())
    hidden = max(groups * (groups - 1) // 2 - len(tests), 0)
    p_values = [1.0 if test.p_value is None else test.p_value for test in tests]
    adjusted = holm([*p_values, *[1.0] * hidden])
    first = int(np.argmin(p_values))
    if adjusted[first] > LEVEL:
        return None
    return replace(tests[first], p_adjusted=float(adjusted[first]))
