"""Which models of a mode are trained together when all of them do not fit into memory.

A chunk is some strengths of some seeds, trained from beginning to end before the next one. Models
do not know of each other, so what is together changes memory and time, and numbers by how sums are
rounded. Training amplifies rounding: one model at a time instead of all together moved scores by up
to 0.002 on Adult and 0.03 on the built-in table. How many are together follows from the sweep and
the table alone as long as memory allows, so that the same sweep gives the same bytes however much
memory happens to be free.
"""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch

from fairlab.config import Mode, ModelConfig, SweepConfig
from fairlab.errors import InputError
from fairlab.training.checked import people_checked
from fairlab.training.people import Crowd

# Memory that the models of a chunk take at most, and the share of what is free.
MOST_BYTES = 2 * 2**30
SHARE = 0.5
# Copies of the parameters: gradients, two moments of AdamW, the best, the last finite, their mean.
COPIES = 7
# (B,)-sized arrays a loss keeps of every model, in numbers of four bytes.
OF_LOSS = 24
# Numbers of each train person whose decisions are looked at after an epoch.
OF_CHECKED = 5
# People whose scores are computed at once.
AT_ONCE = 1024
# Where the system does not tell.
UNKNOWN = 4 * 2**30


@dataclass(frozen=True, slots=True)
class Chunk:
    """Models trained together.

    Attributes:
        sweep: The sweep with the seeds of this chunk.
        strengths: Strengths, or slacks, of this chunk.
        models: (m,) their places among all models of the mode, seed-major in both.
    """

    sweep: SweepConfig
    strengths: tuple[float, ...]
    models: tuple[int, ...]


def chunks_of(mode: Mode, sweep: SweepConfig, at_once: int) -> tuple[Chunk, ...]:
    """Deal the models of a mode into as few and as equal chunks as ``at_once`` allows."""
    grid = sweep.grid(mode)
    seeds_at_once = min(len(sweep.seeds), at_once)
    chunks = []
    for seeds in _equal(range(len(sweep.seeds)), seeds_at_once):
        for places in _equal(range(len(grid)), max(1, at_once // len(seeds))):
            part = sweep
            if len(seeds) < len(sweep.seeds):
                own = tuple(sweep.seeds[k] for k in seeds)
                part = sweep.model_copy(update={"seeds": own})
            chunks.append(
                Chunk(
                    part,
                    tuple(grid[s] for s in places),
                    tuple(k * len(grid) + s for k in seeds for s in places),
                )
            )
    return tuple(chunks)


def default_at_once(sweep: SweepConfig, crowd: Crowd) -> tuple[int, tuple[str, ...]]:
    """How many models are trained together, and a sentence where that is for want of memory."""
    each = model_bytes(sweep, crowd)
    usual = max(1, int(MOST_BYTES / each))
    fit = max(1, int(SHARE * free_memory(crowd.device) / each))
    largest = max(len(sweep.seeds) * len(sweep.grid(mode)) for mode in sweep.modes)
    if fit >= min(usual, largest):
        return usual, ()
    return fit, (
        f"Memory was short: at most {fit} of the models of a mode were trained at a time. With "
        "more memory scores differ a little: sums are then rounded otherwise, and training "
        "amplifies that.",
    )


def check_at_once(models_at_once: int | None) -> None:
    """Refuse a number of models below one.

    Raises:
        InputError: With the remedy.
    """
    if models_at_once is not None and models_at_once < 1:
        raise InputError(
            f"At least one model is trained at once; found {models_at_once}. Leave the number "
            "out to have it chosen from the free memory."
        )


def model_bytes(sweep: SweepConfig, crowd: Crowd) -> float:
    """Memory that one more model takes while it trains, about; its final scores apart."""
    features = crowd.splits["train"].x.shape[0]
    units = units_of(sweep.model)
    batch = min(sweep.batch_size, crowd.splits["train"].n)
    # Activations and their gradients, once for batches and once for scoring.
    activations = 2 * units * batch + units * min(AT_ONCE, crowd.splits["train"].n)
    validation = OF_LOSS * crowd.splits["validation"].n
    holds = any(sweep.holds_decisions(mode) for mode in sweep.modes)
    checked = OF_CHECKED * people_checked(crowd) if holds else 0
    parameters = COPIES * weights_of(features, sweep.model)
    return 4.0 * (parameters + activations + OF_LOSS * batch + validation + checked)


def units_of(model: ModelConfig) -> int:
    """Units of all hidden layers and of the output."""
    return 1 if model.kind == "logistic" else model.width * model.depth + 1


def weights_of(features: int, model: ModelConfig) -> int:
    """Weights and biases of one network."""
    if model.kind == "logistic":
        return features + 1
    between = (model.depth - 1) * model.width * (model.width + 1)
    return (features + 1) * model.width + between + model.width + 1


def free_memory(device: torch.device) -> float:
    """Bytes that are free on the device now, as far as the system tells."""
    if device.type == "cuda":
        return float(torch.cuda.mem_get_info(device)[0])
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return 1024.0 * float(line.split()[1])
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES"))
    except (OSError, ValueError, AttributeError):
        return float(UNKNOWN)


def _equal(items: Sequence[int], most: int) -> list[list[int]]:
    """Consecutive pieces of at most ``most`` items whose sizes differ by one at most."""
    pieces = math.ceil(len(items) / most)
    edges = [round(i * len(items) / pieces) for i in range(pieces + 1)]
    return [list(items[a:b]) for a, b in pairwise(edges)]
