"""How long a sweep takes on a machine we know: proportions between sweeps, not promises."""

import math
from dataclasses import dataclass

from fairlab.baselines import BASELINES
from fairlab.config import BaselineName, Mode, ModelConfig, SweepConfig
from fairlab.halving import search_epochs

# Seconds on one core of a 2024 server. A mode whatever its size; the end of an epoch, where models
# are judged and kept; a step of all models of a mode together; in it, each weight of each model; a
# person of a batch for each model; a multiplication of a weight with a number of a person, there
# and back. Fitted by ``benchmarks.sweep_constants``.
MODE = 0.03
EPOCH = 6e-3
STEP = 5.8e-4
WEIGHT = 9.7e-9
PERSON = 1.0e-7
PRODUCT = 5.3e-11
# The layer solves a projection in every step, the adversary guesses everybody's group.
OF_STEP: dict[Mode, float] = {"penalty": 0.0, "adversarial": 0.0, "layer": 3.3e-3}
OF_PERSON: dict[Mode, float] = {"penalty": 0.0, "adversarial": 2.25e-7, "layer": 0.0}
# Seconds per person for one fit of a baseline's learner, one thread of the same server.
FIT = {"logistic": 8e-6, "boosting": 3.5e-5}
# Seconds per fit whatever the table.
FIT_FLOOR = 0.05
# How much longer an epoch of a model takes in a search, whose models are of several shapes.
SEARCHED = 2.0
# Seconds per point of a plug-in rule, and more per person to train on.
SEARCH_FLOOR, SEARCH = 0.03, 5e-7
# Where zeros are left out, products with a number take so many times longer, and a step so much.
LOOKED_UP = 2.5
LEFT_OUT = 1.6e-3
# Share of the features that are not 0 in anybody, at most, for leaving zeros out to pay.
MOST_FILLED = 0.4


@dataclass(frozen=True, slots=True)
class Encoded:
    """How wide a table is once encoded.

    Attributes:
        columns: Of features.
        multiplied: How many of them the first layer's time is for: all, or where zeros are left
            out, those that are not 0 in a person, ``LOOKED_UP`` times.
    """

    columns: int
    multiplied: float


def encoded_as(columns: int, filled: int) -> Encoded:
    """A table of so many features of which at most ``filled`` are not 0 in anybody."""
    if filled > MOST_FILLED * columns:
        return Encoded(columns, float(columns))
    return Encoded(columns, LOOKED_UP * (filled + 1))  # and the one that carries the bias


# A table nothing is known of.
USUAL = Encoded(70, 70.0)


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


def nominal_seconds(
    sweep: SweepConfig, people: float, encoded: Encoded = USUAL, groups: int | None = None
) -> Nominal:
    """What training takes on the known machine.

    Args:
        sweep: What would be trained.
        people: In the training split; with folds of one fold.
        encoded: How wide the table is.
        groups: Groups that are compared, of all attributes together; None is not known.
    """
    families = sum(_mode_seconds(mode, sweep, people, encoded) for mode in sweep.modes)
    beside = sweep.folds * sum(
        baseline_seconds(name, sweep, people, groups) for name in sweep.baselines
    )
    batches = max(1, math.ceil(people / sweep.batch_size))
    tried = 0 if sweep.search is None else search_epochs(sweep.search, sweep.epochs, batches)
    searching = SEARCHED * tried * _epoch_seconds(sweep, people, 1, encoded)
    return Nominal(sweep.folds * families, beside, sweep.folds * searching)


def baseline_seconds(
    name: BaselineName, sweep: SweepConfig, people: float, groups: int | None = None
) -> float:
    """What all points of a baseline take on the known machine, with ``people`` to train on.

    Boosting that learns ``groups`` of a plug-in rule grows a tree for each in every round.
    """
    baseline = BASELINES[name]
    fit = FIT_FLOOR + FIT[baseline.learner] * people
    if baseline.mitigation == "plugin":  # fitted once; each slack is a search over people
        fits = baseline.fits
        if baseline.learner == "boosting" and groups is not None:
            fits = max(fits, 1.0 + groups)
        return sweep.plugin.folds * fits * fit + sweep.points_of(name) * (
            SEARCH_FLOOR + SEARCH * people
        )
    return sweep.points_of(name) * baseline.fits * fit


def train_share(sweep: SweepConfig) -> float:
    """Of all people, the share that is trained on; with folds in each of them."""
    if sweep.folds == 1:
        return sweep.split.train
    kept = sweep.split.train / (sweep.split.train + sweep.split.validation)
    return kept * (1 - 1 / sweep.folds)


def _mode_seconds(mode: Mode, sweep: SweepConfig, people: float, encoded: Encoded) -> float:
    """All models of a mode."""
    models = len(sweep.seeds) * sweep.grid_size(mode)
    steps = max(1.0, people / sweep.batch_size)
    own = steps * OF_STEP[mode] + people * models * OF_PERSON[mode]
    if sweep.holds_decisions(mode):  # of train people too after each epoch: one more pass forward
        own += people * models * PRODUCT * _weights(sweep.model, encoded.multiplied)
    return MODE + sweep.epochs * (EPOCH + own + _epoch_seconds(sweep, people, models, encoded))


def _epoch_seconds(sweep: SweepConfig, people: float, models: int, encoded: Encoded) -> float:
    """One epoch of so many models together; of a searched network the mean over its shapes."""
    shapes = _shapes(sweep)
    weights = sum(_weights(shape, encoded.columns) for shape in shapes) / len(shapes)
    # Forward and the weights' gradients in every layer, the inputs' in all but the first.
    products = sum(
        3 * _weights(shape, encoded.multiplied)
        - encoded.multiplied * shape.width * (shape.kind == "mlp")
        for shape in shapes
    ) / len(shapes)
    steps = max(1.0, people / sweep.batch_size)
    step = STEP + LEFT_OUT * (encoded.multiplied < encoded.columns)
    return steps * (step + WEIGHT * models * weights) + people * models * (
        PERSON + PRODUCT * products
    )


def _shapes(sweep: SweepConfig) -> list[ModelConfig]:
    """The network, or all that a search would try."""
    model, search = sweep.model, sweep.search
    if search is None or model.kind != "mlp":
        return [model]
    return [
        model.model_copy(update={"width": width, "depth": depth})
        for width in (search.widths if search.widths else (model.width,))
        for depth in (search.depths if search.depths else (model.depth,))
    ]


def _weights(model: ModelConfig, columns: float) -> float:
    if model.kind == "logistic":
        return columns
    return columns * model.width + (model.depth - 1) * model.width**2 + model.width
