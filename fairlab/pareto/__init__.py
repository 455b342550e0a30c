"""Which of several trade-offs no other one beats, and how much a set of them covers."""

from fairlab.pareto.front import ParetoPoint, non_dominated, pareto_front
from fairlab.pareto.hypervolume import hypervolume

__all__ = ["ParetoPoint", "hypervolume", "non_dominated", "pareto_front"]
