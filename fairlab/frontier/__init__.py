"""The best a score allows by thresholds per group, at every slack; and rules to apply."""

from fairlab.frontier.applied import DecidedTable, decide_table
from fairlab.frontier.evaluated import EvaluatedFrontier
from fairlab.frontier.of_run import (
    RunFrontier,
    frontier_of_run,
    most_accurate_model,
    unmitigated_model,
)
from fairlab.frontier.problem import FRONTIER_GAPS
from fairlab.frontier.programme import SAYING, Frontier, threshold_frontier
from fairlab.frontier.rules import Measured, RoundedRule, Rule
from fairlab.frontier.strategies import (
    STRATEGIES,
    Strategy,
    StrategyThresholds,
    one_threshold_each,
    strategy_thresholds,
)
from fairlab.frontier.thresholds import GroupThresholds

__all__ = [
    "FRONTIER_GAPS",
    "SAYING",
    "STRATEGIES",
    "DecidedTable",
    "EvaluatedFrontier",
    "Frontier",
    "GroupThresholds",
    "Measured",
    "RoundedRule",
    "Rule",
    "RunFrontier",
    "Strategy",
    "StrategyThresholds",
    "decide_table",
    "frontier_of_run",
    "most_accurate_model",
    "one_threshold_each",
    "strategy_thresholds",
    "threshold_frontier",
    "unmitigated_model",
]
