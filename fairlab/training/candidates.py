"""The settings a search tries: the run's own, and others drawn from its first seed."""

from dataclasses import dataclass

import numpy as np

from fairlab.config import USUAL_RATE, ModelConfig, SearchParams, SweepConfig

_SALT = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """One setting: the network, learning rate and weight decay."""

    model: ModelConfig
    learning_rate: float
    weight_decay: float

    @property
    def hidden(self) -> tuple[int, ...]:
        """Units of each hidden layer."""
        return () if self.model.kind == "logistic" else (self.model.width,) * self.model.depth


def candidates(sweep: SweepConfig, search: SearchParams) -> tuple[Candidate, ...]:
    """The run's own setting and others drawn from its first seed; more asked for add to them."""
    own = Candidate(sweep.model, sweep.learning_rate, sweep.weight_decay)
    rng = np.random.default_rng([sweep.seeds[0], _SALT])
    found = [own]
    while len(found) < search.candidates:
        share = rng.random(4)
        network = sweep.model
        if network.kind == "mlp":
            size = {
                "width": _pick(search.widths, share[2], network.width),
                "depth": _pick(search.depths, share[3], network.depth),
            }
            network = network.model_copy(update=size)
        scale = USUAL_RATE[network.kind] / USUAL_RATE["mlp"]
        ends = tuple(min(1.0, scale * end) for end in search.learning_rate)
        rate = _between(ends, share[0], own.learning_rate)
        decay = _between(search.weight_decay, share[1], own.weight_decay)
        found.append(Candidate(network, rate, decay))
    return tuple(found)


def _between(ends: tuple[float, ...], share: float, own: float) -> float:
    """Log-uniform, to four digits."""
    if not ends:
        return own
    return float(f"{ends[0] * (ends[1] / ends[0]) ** share:.4g}")


def _pick(values: tuple[int, ...], share: float, own: int) -> int:
    return values[int(share * len(values))] if values else own


def in_words(one: Candidate) -> str:
    """The setting, for reading."""
    said = f"learning rate {one.learning_rate:g}, weight decay {one.weight_decay:g}"
    if one.model.kind == "logistic":
        return f"logistic regression, {said}"
    layers = "1 hidden layer" if one.model.depth == 1 else f"{one.model.depth} hidden layers"
    return f"{layers} of width {one.model.width}, {said}"
