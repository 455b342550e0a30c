"""Gaps within strata as tables."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fairlab.language import tr
from fairlab.metrics import RATES, WithinStrata, holm
from fairlab.metrics.gap_names import gap_title
from fairlab.metrics.strata_suppression import suppress_strata


def strata_table(result: WithinStrata, name: str, smallest: int = 0) -> pd.DataFrame:
    """One row per stratum: gap, interval, groups, people; "p (Holm)" corrects over the strata.

    Args:
        result: Gaps within strata.
        name: Name in ``GAPS``.
        smallest: A stratum with a cell of fewer people is suppressed; 0 shows all. The
            correction then takes the p-values of hidden strata for 1.
    """
    result = suppress_strata(result, smallest)
    hidden, strata = result.hidden, result.gaps[name].strata
    p_values = [
        1.0 if s.stratum in hidden else np.nan if s.gap.p_value is None else s.gap.p_value
        for s in strata
    ]
    rows = []
    for stratum, p in zip(strata, holm(p_values), strict=True):
        gap = stratum.gap
        if stratum.stratum in hidden:
            rows.append((stratum.stratum, stratum.n, *[None] * 8, result.why_hidden))
            continue
        note = gap.why_undefined
        if stratum.small and gap.value is not None:
            note = tr("few people: {fewest:g} in the smallest group", fewest=stratum.fewest)
        if gap.left_out and gap.value is not None:
            note = "; ".join(
                [
                    *([note] if note else []),
                    tr("left out: {left_out}", left_out=", ".join(gap.left_out)),
                ]
            )
        adjusted = None if np.isnan(p) else float(p)
        rows.append(
            (
                stratum.stratum,
                stratum.n,
                gap.value,
                gap.lower,
                gap.upper,
                gap.highest,
                gap.lowest,
                stratum.fewest,
                gap.p_value,
                adjusted,
                note,
            )
        )
    columns = [
        "Stratum",
        "People",
        "Gap",
        "Lower",
        "Upper",
        "Highest",
        "Lowest",
        "People, smallest group",
        "p",
        "p (Holm)",
        "Note",
    ]
    return pd.DataFrame(rows, columns=columns)


def pooled_table(
    result: WithinStrata, names: Sequence[str] | None = None, smallest: int = 0
) -> pd.DataFrame:
    """One row per gap: over everyone, standardised, on average, and the tests.

    Args:
        result: Gaps within strata.
        names: Of gaps; None is all.
        smallest: With a stratum that has a cell of fewer people, nothing is pooled, and gaps
            strata aside are as the audit shows them; 0 shows all.
    """
    result = suppress_strata(result, smallest)
    rows = []
    for name in result.gaps if names is None else names:
        found = result.gaps[name]
        test = found.test
        rows.append(
            (
                gap_title(name),
                found.unconditional.value,
                found.standardised.value,
                found.standardised.lower,
                found.standardised.upper,
                found.highest,
                found.lowest,
                None if result.hidden else tr("yes") if found.reversed else tr("no"),
                found.average.value,
                found.average.lower,
                found.average.upper,
                found.widest,
                found.standardised.p_value,
                found.average.p_value,
                None if test is None else test.p_value,
                None if test is None else test.odds_ratio,
                found.covered,
            )
        )
    columns = [
        "Gap",
        "Everyone together",
        "Same mix",
        "Lower",
        "Upper",
        "Highest",
        "Lowest",
        "Order turned round",
        "Average within",
        "Lower (average)",
        "Upper (average)",
        "Widest in",
        "p, same mix",
        "p, average",
        "p, Mantel–Haenszel",
        "Common odds ratio",
        "Share of people covered",
    ]
    return pd.DataFrame(rows, columns=columns)


def stratum_rates_table(result: WithinStrata, rate: str, smallest: int = 0) -> pd.DataFrame:
    """One row per stratum and group: a rate with the people behind it."""
    result = suppress_strata(result, smallest)
    hidden = result.hidden
    value = RATES[rate](result.counts)
    n = np.asarray(RATES[rate].denominator(result.counts))
    rows = [
        (stratum, group, None, None)
        if stratum in hidden
        else (
            stratum,
            group,
            None if np.isnan(value[s, g]) else float(value[s, g]),
            n[s, g].item(),
        )
        for s, stratum in enumerate(result.names)
        for g, group in enumerate(result.counts.group_names)
    ]
    return pd.DataFrame(rows, columns=["Stratum", "Group", RATES[rate].label, "People"])
