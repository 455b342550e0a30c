"""Everything a finished curve says of its own noise, worked out once."""

from dataclasses import dataclass

from fairlab.pareto.decisions import decisions_of, resample
from fairlab.pareto.health import HealthReport, health_report
from fairlab.pareto.noise import Noise, noise
from fairlab.pareto.overfit import FairnessOverfit, fairness_overfit
from fairlab.pareto.unmitigated import Comparison, compare_with_unmitigated
from fairlab.results import SweepResult


@dataclass(frozen=True, slots=True)
class Honesty:
    """Noise, comparisons and health of one sweep.

    Attributes:
        noise: Row and seed noise on test people.
        comparisons: Every model beside the unmitigated one, on test people.
        overfit: By model, gaps narrow on training people only, against validation people.
        health: What went wrong, counted.
    """

    noise: Noise
    comparisons: tuple[Comparison, ...]
    overfit: dict[int, FairnessOverfit]
    health: HealthReport

    def told_apart(self, indices: tuple[int, ...]) -> bool | None:
        """Whether models of one setting are told from the unmitigated one: what most seeds say."""
        said = [self.comparisons[m].told_apart for m in indices]
        known = [one for one in said if one is not None]
        return None if not known else 2 * sum(known) > len(known)


def honesty(result: SweepResult, split: str = "test", *, draws: int = 1000) -> Honesty:
    """Noise of every point, what sets it apart from the unmitigated model, and the run's health.

    Args:
        result: A sweep.
        split: Whose people noise and comparisons are of.
        draws: Resampled populations; all models meet the same.

    Raises:
        UnknownNameError: For an unknown split.
    """
    resampled = resample(decisions_of(result, split), draws)
    known = {"train", "validation"} <= set(result.splits)
    overfit = fairness_overfit(result, draws=draws) if known else ()
    return Honesty(
        noise=noise(result, split, draws=draws, resampled=resampled),
        comparisons=compare_with_unmitigated(result, split, resampled=resampled),
        overfit={one.index: one for one in overfit},
        health=health_report(result, draws=draws),
    )
