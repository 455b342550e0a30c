"""How one group is decided: a threshold, or a few of which one is drawn."""

from dataclasses import dataclass

import numpy as np

from fairlab.outcomes import FloatArray


@dataclass(frozen=True, slots=True)
class GroupThresholds:
    """How people of one group are decided: a threshold is drawn, then score >= threshold.

    Attributes:
        group: Name.
        thresholds: At most three, highest first; +inf selects nobody, −inf everybody. None for
            a group nobody was in when the rule was fitted: its people cannot be decided.
        probabilities: Of drawing each; they sum to 1.
    """

    group: str
    thresholds: tuple[float, ...]
    probabilities: tuple[float, ...]

    def chance(self, scores: FloatArray) -> FloatArray:
        """(n,) chance of being selected: exactly 0 below all thresholds and 1 above all."""
        rising = np.array(self.thresholds[::-1], dtype=np.float64)
        passed = np.searchsorted(rising, scores, side="right")
        chances = np.concatenate([[0.0], np.cumsum(self.probabilities[::-1])])
        chances[-1] = 1.0  # above all
        return np.asarray(chances[passed])

    def likeliest(self) -> "GroupThresholds":
        """Only the threshold that is drawn most often."""
        at = int(np.argmax(self.probabilities))
        return GroupThresholds(self.group, (self.thresholds[at],), (1.0,))
