"""How long a sweep takes on a machine we know: proportions between sweeps, not promises."""

import math
from dataclasses import dataclass

from fairlab.baselines import BASELINES
from fairlab.config import BaselineName, ModelConfig, SweepConfig
from fairlab.halving import search_epochs

# Seconds per person, model and epoch for the default network on two cores of a 2024 server.
NOMINAL = 1.7e-6
# Seconds per person for one fit of a baseline's learner, one thread of the same server.
FIT = {"logistic": 8e-6, "boosting": 3.5e-5}
# Seconds per fit whatever the table.
FIT_FLOOR = 0.05
# How much longer an epoch of a model takes in a search, whose models are of several shapes.
SEARCHED = 2.0
# Seconds per point of a plug-in rule, and more per person to train on.
SEARCH_FLOOR, SEARCH = 0.03, 5e-7
# Columns of a table once encoded; only the proportion between models of one table matters.
COLUMNS = 130


@dataclass(frozen=True, slots=True)
class Nominal:
    """Seconds of the families together, of the baselines together and of the search before."""

    families: float
    baselines: float
    search: float = 0.0

    @property
    def total(self) -> float:
        """Of the whole sweep."""
        return self.search + self.families + self.baselines

    @property
    def family_share(self) -> float:
        """Of the whole sweep, [0, 1], that the families take."""
        return self.families / self.total

    @property
    def search_share(self) -> float:
        """Of the whole sweep, [0, 1], that the search for settings takes."""
        return self.search / self.total


def nominal_seconds(sweep: SweepConfig, people: float) -> Nominal:
    """What training takes on the known machine.

    Args:
        sweep: What would be trained.
        people: In the training split; with folds of one fold.
    """
    pass_over = sweep.folds * NOMINAL * people * _size(sweep)
    beside = sweep.folds * sum(baseline_seconds(name, sweep, people) for name in sweep.baselines)
    batches = max(1, math.ceil(people / sweep.batch_size))
    tried = 0 if sweep.search is None else search_epochs(sweep.search, sweep.epochs, batches)
    return Nominal(pass_over * sweep.epochs * sweep.n_models, beside, SEARCHED * pass_over * tried)


def baseline_seconds(name: BaselineName, sweep: SweepConfig, people: float) -> float:
    """What all points of a baseline take on the known machine, with ``people`` to train on."""
    baseline = BASELINES[name]
    fit = FIT_FLOOR + FIT[baseline.learner] * people
    if baseline.mitigation == "plugin":  # fitted once; each slack is a search over people
        return sweep.plugin.folds * baseline.fits * fit + sweep.points_of(name) * (
            SEARCH_FLOOR + SEARCH * people
        )
    return sweep.points_of(name) * baseline.fits * fit


def train_share(sweep: SweepConfig) -> float:
    """Of all people, the share that is trained on; with folds in each of them."""
    if sweep.folds == 1:
        return sweep.split.train
    kept = sweep.split.train / (sweep.split.train + sweep.split.validation)
    return kept * (1 - 1 / sweep.folds)


def _size(sweep: SweepConfig) -> float:
    """Work per person and model against the default network; of a searched one on average."""
    model, search = sweep.model, sweep.search
    shapes = [model]
    if search is not None and model.kind == "mlp":
        shapes = [
            model.model_copy(update={"width": width, "depth": depth})
            for width in (search.widths if search.widths else (model.width,))
            for depth in (search.depths if search.depths else (model.depth,))
        ]
    mean = sum(_weights(shape) for shape in shapes) / len(shapes)
    return 0.3 + 0.7 * mean / _weights(ModelConfig())


def _weights(model: ModelConfig) -> int:
    if model.kind == "logistic":
        return COLUMNS
    return COLUMNS * model.width + (model.depth - 1) * model.width**2
