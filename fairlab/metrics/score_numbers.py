"""All that is said of scores themselves, whatever the threshold: calibration, ranking, gaps."""

from collections.abc import Mapping
from dataclasses import dataclass

from fairlab.metrics.calibration import GroupCalibration, calibration
from fairlab.metrics.ranking import GroupRanking, ranking
from fairlab.metrics.score_gaps import ScoreGap, score_gaps
from fairlab.outcomes import GroupedOutcomes


@dataclass(frozen=True, slots=True, eq=False)
class ScoreNumbers:
    """Calibration and ranking per group, and the gaps between groups; empty for decisions."""

    calibration: tuple[GroupCalibration, ...]
    ranking: tuple[GroupRanking, ...]
    gaps: Mapping[str, ScoreGap]


def score_numbers(
    outcomes: GroupedOutcomes, draws: int = 2000, seed: int = 0, level: float = 0.95
) -> ScoreNumbers:
    """The part of an audit that does not depend on the threshold."""
    calibrations, rankings = calibration(outcomes, level), ranking(outcomes)
    gaps = score_gaps(calibrations, rankings, draws, seed, level)
    return ScoreNumbers(calibrations, rankings, gaps)
