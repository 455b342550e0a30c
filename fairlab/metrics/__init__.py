"""Rates of groups, gaps between them, and how sure of either the data let us be."""

from fairlab.metrics.gaps import GAPS, Gap, GapResult
from fairlab.metrics.intervals import holm, newcombe, two_proportion_z, wilson
from fairlab.metrics.power import minimum_detectable_gap, records_needed
from fairlab.metrics.rates import RATES, Rate
from fairlab.metrics.resampling import (
    bootstrap_counts,
    bootstrap_gap,
    percentile_interval,
    permutation_p_value,
)

__all__ = [
    "GAPS",
    "RATES",
    "Gap",
    "GapResult",
    "Rate",
    "bootstrap_counts",
    "bootstrap_gap",
    "holm",
    "minimum_detectable_gap",
    "newcombe",
    "percentile_interval",
    "permutation_p_value",
    "records_needed",
    "two_proportion_z",
    "wilson",
]
