"""Thresholds per group that a person set, as a rule that decides for other people."""

from fairlab.config import GroupCuts
from fairlab.frontier.rules import Rule
from fairlab.frontier.thresholds import GroupThresholds
from fairlab.results import ScoredPeople, cross


def rule_of_cuts(
    people: ScoredPeople, cuts: GroupCuts, *, cost_fp: float = 1.0, cost_fn: float = 1.0
) -> Rule:
    """A deterministic rule with one threshold per group; it bounds no gap (slack 1).

    Args:
        people: For the groups' names.
        cuts: One threshold per group of the crossing.
        cost_fp, cost_fn: Costs it was chosen under.
    """
    names = cross(people.attributes, cuts.by).names
    groups = tuple(
        GroupThresholds(name, (cut,), (1.0,)) for name, cut in zip(names, cuts.cuts, strict=True)
    )
    return Rule("demographic_parity", "max", 1.0, cost_fp, cost_fn, groups)
