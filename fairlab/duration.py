"""How long a sweep takes on a machine we know: proportions between sweeps, not promises."""

from dataclasses import dataclass

from fairlab.baselines import BASELINES
from fairlab.config import BaselineName, ModelConfig, SweepConfig

# Seconds per person, model and epoch for the default network on two cores of a 2024 server.
NOMINAL = 1.7e-6
# Seconds per person for one fit of a baseline's learner, one thread of the same server.
FIT = {"logistic": 8e-6, "boosting": 3.5e-5}
# Seconds per fit whatever the table.
FIT_FLOOR = 0.05
# Columns of a table once encoded; only the proportion between models of one table matters.
COLUMNS = 130


@dataclass(frozen=True, slots=True)
class Nominal:
    """Seconds of the families together and of the baselines together."""

    families: float
    baselines: float

    @property
    def total(self) -> float:
        """Of the whole sweep."""
        return self.families + self.baselines

    @property
    def family_share(self) -> float:
        """Of the whole sweep, [0, 1], that the families take."""
        return self.families / self.total


def nominal_seconds(sweep: SweepConfig, people: float) -> Nominal:
    """What training takes on the known machine.

    Args:
        sweep: What would be trained.
        people: In the training split.
    """
    size = 0.3 + 0.7 * _weights(sweep.model) / _weights(ModelConfig())
    each = NOMINAL * people * sweep.epochs * size
    beside = sum(baseline_seconds(name, sweep, people) for name in sweep.baselines)
    return Nominal(each * sweep.n_models, beside)


def baseline_seconds(name: BaselineName, sweep: SweepConfig, people: float) -> float:
    """What all points of a baseline take on the known machine, with ``people`` to train on."""
    baseline = BASELINES[name]
    fit = FIT_FLOOR + FIT[baseline.learner] * people
    return sweep.points_of(name) * baseline.fits * fit


def _weights(model: ModelConfig) -> int:
    if model.kind == "logistic":
        return COLUMNS
    return COLUMNS * model.width + (model.depth - 1) * model.width**2
