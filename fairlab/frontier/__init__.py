"""The best a score allows by thresholds per group, at every slack; and rules to apply."""

from fairlab.frontier.evaluated import EvaluatedFrontier
from fairlab.frontier.problem import FRONTIER_GAPS
from fairlab.frontier.programme import SAYING, Frontier, threshold_frontier
from fairlab.frontier.rules import Measured, RoundedRule, Rule
from fairlab.frontier.strategies import (
    STRATEGIES,
    Strategy,
    StrategyThresholds,
    strategy_thresholds,
)
from fairlab.frontier.thresholds import GroupThresholds

__all__ = [
    "FRONTIER_GAPS",
    "SAYING",
    "STRATEGIES",
    "EvaluatedFrontier",
    "Frontier",
    "GroupThresholds",
    "Measured",
    "RoundedRule",
    "Rule",
    "Strategy",
    "StrategyThresholds",
    "strategy_thresholds",
    "threshold_frontier",
]
