"""Rates of groups, gaps between them, and how sure of either the data let us be."""

from fairlab.metrics.audit import Audit, audit
from fairlab.metrics.brier import BrierParts
from fairlab.metrics.calibration import GroupCalibration, calibration
from fairlab.metrics.cross_fitting import CrossFitted, cross_fit_recalibration
from fairlab.metrics.dictionary import Translation, lookup, score_translations, translations
from fairlab.metrics.gap_intervals import gap_with_interval
from fairlab.metrics.gaps import GAPS, Gap, GapResult
from fairlab.metrics.group_rates import (
    GroupRate,
    RateResult,
    effective_people,
    effective_together,
)
from fairlab.metrics.inequality import generalized_entropy, theil
from fairlab.metrics.intervals import holm, newcombe, ratio_of_shares, two_proportion_z, wilson
from fairlab.metrics.more_records import MoreRecords, more_records
from fairlab.metrics.multicalibration import (
    Multicalibration,
    SubgroupCalibration,
    audit_multicalibration,
)
from fairlab.metrics.overall import OverallGap
from fairlab.metrics.paired import mcnemar_p, minimum_detectable_change, paired_interval
from fairlab.metrics.pairs import PairTest, pair_tests
from fairlab.metrics.power import minimum_detectable_gap, records_needed
from fairlab.metrics.ranking import GroupRanking, ranking
from fairlab.metrics.rates import RATES, Rate
from fairlab.metrics.recalibration import Recalibration, fit_recalibration
from fairlab.metrics.resampling import (
    bootstrap_counts,
    bootstrap_gap,
    percentile_interval,
    permutation_p_value,
)
from fairlab.metrics.score_gaps import ScoreGap, score_gaps
from fairlab.metrics.score_numbers import ScoreNumbers, score_numbers
from fairlab.metrics.strata import ConditionalGap, WithinStrata, within_strata

__all__ = [
    "GAPS",
    "RATES",
    "Audit",
    "BrierParts",
    "ConditionalGap",
    "CrossFitted",
    "Gap",
    "GapResult",
    "GroupCalibration",
    "GroupRanking",
    "GroupRate",
    "MoreRecords",
    "Multicalibration",
    "OverallGap",
    "PairTest",
    "Rate",
    "RateResult",
    "Recalibration",
    "ScoreGap",
    "ScoreNumbers",
    "SubgroupCalibration",
    "Translation",
    "WithinStrata",
    "audit",
    "audit_multicalibration",
    "bootstrap_counts",
    "bootstrap_gap",
    "calibration",
    "cross_fit_recalibration",
    "effective_people",
    "effective_together",
    "fit_recalibration",
    "gap_with_interval",
    "generalized_entropy",
    "holm",
    "lookup",
    "mcnemar_p",
    "minimum_detectable_change",
    "minimum_detectable_gap",
    "more_records",
    "newcombe",
    "pair_tests",
    "paired_interval",
    "percentile_interval",
    "permutation_p_value",
    "ranking",
    "ratio_of_shares",
    "records_needed",
    "score_gaps",
    "score_numbers",
    "score_translations",
    "theil",
    "translations",
    "two_proportion_z",
    "wilson",
    "within_strata",
]
