"""The fairness layer: nearest scores whose group means differ by no more than a slack."""

from fairlab.projection.constraints import CONSTRAINTS
from fairlab.projection.layer import FairnessLayer, Projection, project
from fairlab.projection.policies import FrozenRule

__all__ = ["CONSTRAINTS", "FairnessLayer", "FrozenRule", "Projection", "project"]
