"""What a model looks at: Shapley values of its columns, in points of score.

Shapley values by permutations (Štrumbelj, Kononenko 2014; Lundberg, Lee 2017, "A unified approach
to interpreting model predictions") with the library ``shap``, whose import takes seconds and
memory: it is imported when first asked for. A player is a column of the table, all its encoded
features together; a column that is "absent" takes the value of people drawn from training.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from fairlab.errors import InputError
from fairlab.examine.models import Attributes, ExaminedModel
from fairlab.outcomes import Array, FloatArray, IntArray
from fairlab.results import Attribute

PEOPLE = 200
BACKGROUND = 100
MOST_GROUPS = 8
FEWEST = 10
ORDERS = 8
EXACT = 6
_ONE_AT_A_TIME = Lock()

# Scores of people who are mixtures of others: (k, C) places of the value of each column.
Mixed = Callable[[IntArray], FloatArray]


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
    """

    players: tuple[str, ...]
    values: FloatArray
    base: float
    score: FloatArray
    rows: IntArray
    background: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Weighing:
    """How one column weighs in one group, in units of score.

    Attributes:
        player: Column.
        group: Group.
        size: Mean of |contribution|, with its 95 % interval ``size_lower`` to ``size_upper``.
        mean: Mean contribution, with its 95 % interval ``lower`` to ``upper``.
        n: People of the group who were looked at.
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


def _library() -> Any:
    """``shap``, its functions left uncompiled: compiling takes longer than a question does."""
    with _ONE_AT_A_TIME:
        if "shap" not in sys.modules:
            import numba

            before = numba.config.DISABLE_JIT
            numba.config.DISABLE_JIT = True
            try:
                import shap
            finally:
                numba.config.DISABLE_JIT = before
        import shap
    return shap


def shapley(
    mixed: Mixed,
    n_people: int,
    n_background: int,
    n_players: int,
    seed: int = 0,
    orders: int = 1,
) -> tuple[FloatArray, float]:
    """Shapley values of people numbered after the background people.

    Exact for at most 6 players; else the mean over ``orders`` random orders of the players, each
    also backwards. Either way the values of a person add up to score minus base.

    Args:
        mixed: Scores of (k, C) places: row r of column c is the value of person r.
        n_people: n, numbered ``n_background`` to ``n_background + n - 1``.
        n_background: Numbered from 0.
        n_players: C.
        seed: Draws the orders.
        orders: How many.

    Returns:
        (n, C) values, and the mean score of the background people.
    """
    shap = _library()
    background = np.repeat(np.arange(n_background, dtype=np.float64)[:, None], n_players, axis=1)
    people = np.repeat(
        np.arange(n_background, n_background + n_people, dtype=np.float64)[:, None],
        n_players,
        axis=1,
    )

    def scores(places: Array) -> FloatArray:
        return mixed(np.asarray(places, dtype=np.int64))

    masker = shap.maskers.Independent(background, max_samples=n_background)
    # shap draws its orders with numpy's global generator: one at a time, and left as it was.
    with _ONE_AT_A_TIME, threadpool_limits(1):
        state = np.random.get_state()  # noqa: NPY002
        try:
            if n_players <= EXACT:
                found = shap.explainers.Exact(scores, masker)(people, silent=True)
            else:
                explainer = shap.explainers.Permutation(scores, masker, seed=seed)
                most = orders * (2 * n_players + 1)
                found = explainer(people, max_evals=most, silent=True)
        finally:
            np.random.set_state(state)  # noqa: NPY002
    values = np.asarray(found.values, dtype=np.float64)
    base = float(np.ravel(found.base_values)[0])
    return values, base


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
        InputError: If nobody is to be explained.
    """
    if len(people) == 0:
        raise InputError("Nobody is to be explained. Choose a person, or a group with people.")
    players = (*model.columns, *(model.rule_names() if model.by else ()))
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

    values, base = shapley(mixed, len(people), size, len(players), seed, orders)
    whole = np.repeat(np.arange(size, size + len(people))[:, None], len(players), axis=1)
    who = "1 person" if len(people) == 1 else f"{len(people):,} people"
    how = "all orders" if len(players) <= EXACT else f"{2 * orders} orders"
    said = (
        f"{who} explained against {size:,} training people drawn at random, in {how} of the "
        "columns; a column counts with all its encoded features together."
    )
    return Contributions(players, values, base, mixed(whole), people, size, (said, *model.notes))


def _affordable(people: int, players: int, there: int, mixtures: int) -> tuple[int, int]:
    """How many background people and orders keep to about so many mixtures scored."""
    each = people * (2**players if players <= EXACT else 2 * players + 1)
    size = min(there, int(np.clip(mixtures // each, 20, BACKGROUND)))
    return size, int(np.clip(mixtures // (each * max(size, 1)), 1, ORDERS))


def sample_size(model: ExaminedModel) -> int:
    """How many people can be explained in a few seconds, against at least 20 others."""
    players = len(model.columns) + len(model.by)
    each = 20 * (2**players if players <= EXACT else 2 * players + 1)
    return int(np.clip(model.mixtures // each, 40, PEOPLE))


def sample_by_group(
    groups: Attribute, most: int = PEOPLE, seed: int = 0, *, fewest: int = FEWEST
) -> tuple[IntArray, tuple[int, ...], tuple[str, ...]]:
    """People spread evenly over the largest groups.

    Args:
        groups: Of everyone.
        most: How many in all.
        seed: Draws them.
        fewest: Groups of fewer people, or fewer than 10, are left out.

    Returns:
        Their places, the codes of the groups looked at, and who was left out in sentences.
    """
    sizes = np.bincount(groups.codes, minlength=len(groups.names))
    enough = [g for g in np.argsort(-sizes, kind="stable") if sizes[g] >= max(fewest, FEWEST)]
    kept = sorted(int(g) for g in enough[:MOST_GROUPS])
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
            f"Looked at: the largest groups, of at least "
            f"{max(fewest, FEWEST)} people; left out: "
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
        _weighing(found.players[c], groups.names[g], found.values[codes == g, c])
        for c in order
        for g in present
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


def _weighing(player: str, group: str, values: FloatArray) -> Weighing:
    size, size_half = _mean(np.abs(values))
    mean, half = _mean(values)
    return Weighing(
        player, group, size, max(0.0, size - size_half), size + size_half,
        mean, mean - half, mean + half, len(values),
    )  # fmt: skip


def _mean(values: FloatArray) -> tuple[float, float]:
    """Mean and half the 95 % interval from the people's spread."""
    if len(values) < 2:
        return float(values.mean()), 0.0
    return float(values.mean()), float(1.96 * values.std(ddof=1) / np.sqrt(len(values)))
