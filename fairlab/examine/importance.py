"""What a model looks at: Shapley values of its columns, in points of score.

A player is a column of the table, all its encoded features together; a column that is "absent"
takes the value of people drawn from training.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from fairlab.errors import InputError
from fairlab.examine.models import Attributes, ExaminedModel
from fairlab.examine.shapley import EXACT, shapley_parts
from fairlab.outcomes import FloatArray, IntArray
from fairlab.results import Attribute

PEOPLE = 200
BACKGROUND = 100
MOST_GROUPS = 8
FEWEST = 10
ORDERS = 8
# Columns a model may read to be explained, so that a handful of people still take seconds.
MOST_PLAYERS = 150
FEWEST_BACKGROUND = 5
# In so many parts the background people are looked at, to see how much hangs on who was drawn.
PARTS = 10

Members = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """Shapley values of n people, in units of score.

    For each person ``base + values.sum() == score``, to float32 rounding.

    Attributes:
        players: C names: columns of the table, then groupings the layer's rule reads.
        values: (n, C) what each adds to the person's score.
        base: Mean score of the background people.
        score: (n,) scores.
        rows: (n,) places of the people in the table given.
        background: How many people stand for "absent".
        notes: How it was computed, in sentences.
        parts: (J, n, C) the same against J equal parts of the background people, whose mean
            ``values`` are; None for a single part.
    """

    players: tuple[str, ...]
    values: FloatArray
    base: float
    score: FloatArray
    rows: IntArray
    background: int
    notes: tuple[str, ...] = ()
    parts: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class Weighing:
    """How one column weighs in one group, in units of score.

    Attributes:
        player: Column.
        group: Group.
        size: Mean of |contribution|, with its 95 % interval ``size_lower`` to ``size_upper``.
        mean: Mean contribution, with its 95 % interval ``lower`` to ``upper``.
        n: People of the group who were looked at.

    Intervals take both as drawn: the people looked at and those who stand for "absent".
    """

    player: str
    group: str
    size: float
    size_lower: float
    size_upper: float
    mean: float
    lower: float
    upper: float
    n: int


@dataclass(frozen=True, slots=True)
class Importance:
    """Global importance, group by group.

    Attributes:
        attribute: Whose groups.
        groups: Groups looked at.
        players: Strongest first, by the mean over groups of the mean |contribution|.
        weighings: One per player and group, players first.
        base: Mean score of the background people.
        mean_score: Mean score of the people looked at, by group.
        background: How many people stand for "absent".
        notes: Sampling, groups left out, in sentences.
    """

    attribute: str
    groups: tuple[str, ...]
    players: tuple[str, ...]
    weighings: tuple[Weighing, ...]
    base: float
    mean_score: Mapping[str, float]
    background: int
    notes: tuple[str, ...] = ()

    def of(self, player: str, group: str) -> Weighing:
        """One of ``weighings``."""
        places = len(self.groups)
        where = self.players.index(player) * places + self.groups.index(group)
        return self.weighings[where]


def contributions(
    model: ExaminedModel,
    frame: pd.DataFrame,
    attributes: Attributes,
    people: IntArray,
    background_frame: pd.DataFrame,
    background_attributes: Attributes,
    *,
    seed: int = 0,
) -> Contributions:
    """Shapley values of some people of a table.

    Args:
        model: The model.
        frame, attributes: A table and the groups of its people.
        people: Places in it of those to explain.
        background_frame, background_attributes: Whose values stand for "absent" (train people).
        seed: Draws up to ``BACKGROUND`` of these, and the orders.

    So that it takes seconds, at most ``model.mixtures`` mixtures of people are scored: with many
    columns or people there are fewer orders and background people; ``notes`` say how many.

    Raises:
        InputError: If nobody is to be explained, the model reads more than 150 columns, or
            somebody else's explanation takes long.
    """
    if len(people) == 0:
        raise InputError("Nobody is to be explained. Choose a person, or a group with people.")
    players = (*model.columns, *(model.rule_names() if model.by else ()))
    if len(players) > MOST_PLAYERS:
        raise InputError(
            f"The model reads {len(players):,} columns; explanations take seconds for up to "
            f"{MOST_PLAYERS}. Train a model on fewer features."
        )
    size, orders = _affordable(len(people), len(players), len(background_frame), model.mixtures)
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.choice(len(background_frame), size=size, replace=False))
    stacked = np.concatenate(
        [model.encode(background_frame.iloc[drawn]), model.encode(frame.iloc[people])]
    )
    codes = model.codes(
        {
            name: Attribute(
                np.concatenate([background_attributes[name].codes[drawn], own.codes[people]]),
                own.names,
            )
            for name, own in attributes.items()
        }
    )
    features = np.arange(stacked.shape[1])

    def mixed(places: IntArray) -> FloatArray:
        inputs = stacked[places[:, model.origin], features]
        own = None
        if codes is not None:
            rule = places[:, len(model.columns) :]
            own = codes[rule, np.arange(codes.shape[1])]
        return model.predict(inputs, own)

    found, base = shapley_parts(
        mixed, len(people), size, len(players), seed, orders, min(PARTS, size)
    )
    whole = np.repeat(np.arange(size, size + len(people))[:, None], len(players), axis=1)
    who = "1 person" if len(people) == 1 else f"{len(people):,} people"
    how = "all orders" if len(players) <= EXACT else f"{2 * orders} orders"
    said = (
        f"{who} explained against {size:,} training people drawn at random, in {how} of the "
        "columns; a column counts with all its encoded features together."
    )
    notes = (said, *model.notes)
    values = found.mean(axis=0)
    parts = found if len(found) > 1 else None
    return Contributions(players, values, base, mixed(whole), people, size, notes, parts)


def _affordable(people: int, players: int, there: int, mixtures: int) -> tuple[int, int]:
    """How many background people and orders keep to about so many mixtures scored."""
    each = people * (2**players if players <= EXACT else 2 * players + 1)
    size = min(there, int(np.clip(mixtures // each, FEWEST_BACKGROUND, BACKGROUND)))
    size -= size % min(PARTS, size)
    return size, int(np.clip(mixtures // (each * max(size, 1)), 1, ORDERS))


def sample_size(model: ExaminedModel) -> int:
    """How many people can be explained in a few seconds: with many columns few, 20 at least."""
    players = len(model.columns) + len(model.by)
    each = 20 * (2**players if players <= EXACT else 2 * players + 1)
    return int(np.clip(model.mixtures // each, 2 * FEWEST, PEOPLE))


def sample_by_group(
    groups: Attribute, most: int = PEOPLE, seed: int = 0, *, fewest: int = FEWEST
) -> tuple[IntArray, tuple[int, ...], tuple[str, ...]]:
    """People spread evenly over the largest groups, as many as get enough people each.

    Args:
        groups: Of everyone.
        most: How many in all.
        seed: Draws them.
        fewest: Groups of fewer people, or fewer than 10, are left out; and so many of every
            group are drawn at least.

    Returns:
        Their places, the codes of the groups looked at, and who was left out in sentences.

    Raises:
        InputError: If ``most`` is fewer than one group needs.
    """
    least = max(fewest, FEWEST)
    if most < least:
        raise InputError(
            f"{most:,} people can be looked at; a group's mean needs {least:,}. Show groups of "
            "fewer people, or train a model on fewer features."
        )
    sizes = np.bincount(groups.codes, minlength=len(groups.names))
    enough = [g for g in np.argsort(-sizes, kind="stable") if sizes[g] >= least]
    kept = sorted(int(g) for g in enough[: min(MOST_GROUPS, most // least)])
    left = [groups.names[g] for g in range(len(sizes)) if sizes[g] > 0 and g not in kept]
    rng = np.random.default_rng(seed)
    each = most // max(len(kept), 1)
    chosen: list[int] = []
    for g in kept:
        where = np.flatnonzero(groups.codes == g)
        size = min(each, len(where))
        chosen += np.sort(rng.choice(where, size=size, replace=False)).tolist()
    notes: tuple[str, ...] = ()
    if left:
        notes = (
            f"Looked at: the largest groups, at least {least} people of each; left out: "
            f"{', '.join(left)}.",
        )
    return np.array(chosen, dtype=np.int64), tuple(kept), notes


def importance(
    found: Contributions, groups: Attribute, attribute: str, *, notes: Sequence[str] = ()
) -> Importance:
    """Contributions put together by group.

    Args:
        found: Of a sample of people.
        groups: Groups of everyone in the table (``found.rows`` are places in it).
        attribute: Its name.
        notes: What else is to be said.
    """
    codes = groups.codes[found.rows]
    present = [int(g) for g in np.unique(codes)]
    names = tuple(groups.names[g] for g in present)
    sizes = np.stack([np.abs(found.values[codes == g]).mean(axis=0) for g in present])
    order = np.argsort(-sizes.mean(axis=0), kind="stable")
    weighings = [
        _weighing(found, int(c), groups.names[g], codes == g) for c in order for g in present
    ]
    return Importance(
        attribute=attribute,
        groups=names,
        players=tuple(found.players[c] for c in order),
        weighings=tuple(weighings),
        base=found.base,
        mean_score={groups.names[g]: float(found.score[codes == g].mean()) for g in present},
        background=found.background,
        notes=(*found.notes, *notes),
    )


def _weighing(found: Contributions, player: int, group: str, who: Members) -> Weighing:
    values = found.values[who, player]
    parts = None if found.parts is None else found.parts[:, who, player]
    # Mean of |contribution| against all background people but one part.
    without = None if parts is None else (len(parts) * values - parts) / (len(parts) - 1)
    size, size_half = _mean(np.abs(values), None if without is None else np.abs(without))
    mean, half = _mean(values, without)
    return Weighing(
        found.players[player], group, size, max(0.0, size - size_half), size + size_half,
        mean, mean - half, mean + half, len(values),
    )  # fmt: skip


def _mean(values: FloatArray, without: FloatArray | None = None) -> tuple[float, float]:
    """Mean and half the 95 % interval from the people's spread and the background's.

    Args:
        values: (n,) of the people looked at.
        without: (J, n) the same with one of J parts of the background people left out: a jackknife
            over parts adds what hangs on who stands for "absent". Quantile of Student's t with
            degrees of freedom by Welch and Satterthwaite.
    """
    n = len(values)
    spread = float(values.var(ddof=1)) / n if n > 1 else 0.0
    part, parts = 0.0, 0
    if without is not None:
        means = without.mean(axis=1)
        parts = len(means)
        part = float((parts - 1) / parts * ((means - means.mean()) ** 2).sum())
    squares = (spread**2 / (n - 1) if n > 1 else 0.0) + (part**2 / (parts - 1) if parts else 0.0)
    if squares == 0:
        return float(values.mean()), 0.0
    freedom = (spread + part) ** 2 / squares
    half = float(stdtrit(freedom, 0.975)) * float(np.sqrt(spread + part))
    return float(values.mean()), half
