"""What cannot hold at once, in the user's own numbers."""

from fairlab.impossibility.attained import AttainedRule
from fairlab.impossibility.balance import BalanceTable, balance_table
from fairlab.impossibility.balance_intervals import BalanceIntervals, balance_intervals
from fairlab.impossibility.base_rates import (
    BaseRateTest,
    DialCourse,
    base_rate_test,
    dial_course,
    groups_that_cannot_move,
    reweight_base_rates,
    reweight_counts,
)
from fairlab.impossibility.certificates import Certificate
from fairlab.impossibility.chance import ConflictByChance, conflict_by_chance
from fairlab.impossibility.compatibility import (
    Compatibility,
    CompatibilityTable,
    compatibility,
)
from fairlab.impossibility.criteria import CRITERIA, Criterion
from fairlab.impossibility.forced import ForcedIntervals, forced_intervals
from fairlab.impossibility.identities import (
    IdentityTable,
    ParityTable,
    forced_fpr,
    identity_table,
    parity_table,
)
from fairlab.impossibility.reach import Reach, reach_of
from fairlab.impossibility.single_threshold import (
    USUAL_GAPS,
    LeastWorstGap,
    ThresholdRange,
    least_worst_gap,
    least_worst_interval,
    within_tolerance,
)

__all__ = [
    "CRITERIA",
    "USUAL_GAPS",
    "AttainedRule",
    "BalanceIntervals",
    "BalanceTable",
    "BaseRateTest",
    "Certificate",
    "Compatibility",
    "CompatibilityTable",
    "ConflictByChance",
    "Criterion",
    "DialCourse",
    "ForcedIntervals",
    "IdentityTable",
    "LeastWorstGap",
    "ParityTable",
    "Reach",
    "ThresholdRange",
    "balance_intervals",
    "balance_table",
    "base_rate_test",
    "compatibility",
    "conflict_by_chance",
    "dial_course",
    "forced_fpr",
    "forced_intervals",
    "groups_that_cannot_move",
    "identity_table",
    "least_worst_gap",
    "least_worst_interval",
    "parity_table",
    "reach_of",
    "reweight_base_rates",
    "reweight_counts",
    "within_tolerance",
]
