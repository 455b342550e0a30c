"""Shapley values of a function of columns.

By permutations (Štrumbelj, Kononenko 2014; Lundberg, Lee 2017, "A unified approach to interpreting
model predictions") with the library ``shap``, whose import takes seconds and memory: it is imported
when first asked for.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from fairlab.errors import InputError
from fairlab.outcomes import Array, FloatArray, IntArray

EXACT = 6
_ONE_AT_A_TIME, _IMPORT = Lock(), Lock()
WAIT_S = 5.0  # for somebody else's explanation

# Scores of people who are mixtures of others: (k, C) places of the value of each column.
Mixed = Callable[[IntArray], FloatArray]


@contextmanager
def _alone() -> Iterator[None]:
    if not _ONE_AT_A_TIME.acquire(timeout=WAIT_S):
        raise InputError(
            "Busy: somebody else's explanation is being computed. Try again in a few seconds."
        )
    try:
        yield
    finally:
        _ONE_AT_A_TIME.release()


def _library() -> Any:
    """``shap``, its functions left uncompiled: compiling takes longer than a question does."""
    with _IMPORT:
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
    values, base = shapley_parts(mixed, n_people, n_background, n_players, seed, orders)
    return values[0], base


def shapley_parts(
    mixed: Mixed,
    n_people: int,
    n_background: int,
    n_players: int,
    seed: int = 0,
    orders: int = 1,
    parts: int = 1,
) -> tuple[FloatArray, float]:
    """Shapley values against each of equal parts of the background people, in the same orders.

    As many mixtures are scored as for one part. Part j holds the background people numbered
    ``j * size`` to ``(j + 1) * size - 1``, with ``size = n_background / parts``.

    Returns:
        (J, n, C) values, and the mean score of all background people.

    Raises:
        InputError: If the parts would not be equal, or somebody else's explanation takes long.
    """
    if parts < 1 or n_background % parts:
        raise InputError(
            f"{n_background} background people do not fall into {parts} equal parts. Choose a "
            "divisor of their number."
        )
    shap = _library()
    size = n_background // parts
    shift = size * np.arange(parts)[:, None]
    # shap sees one part; a model of J outputs puts the people of all parts in the same places.
    background = np.repeat(np.arange(size, dtype=np.float64)[:, None], n_players, axis=1)
    people = np.repeat(
        np.arange(n_background, n_background + n_people, dtype=np.float64)[:, None],
        n_players,
        axis=1,
    )

    def scores(places: Array) -> FloatArray:
        asked = np.asarray(places, dtype=np.int64)
        everywhere = np.where(asked < size, asked + shift[:, :, None], asked)
        return mixed(everywhere.reshape(-1, n_players)).reshape(parts, -1).T

    masker = shap.maskers.Independent(background, max_samples=size)
    # shap draws its orders with numpy's global generator: one at a time, and left as it was.
    with _alone(), threadpool_limits(1):
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
    values = np.asarray(found.values, dtype=np.float64).reshape(n_people, n_players, parts)
    base = float(np.asarray(found.base_values).reshape(n_people, parts)[0].mean())
    return np.moveaxis(values, 2, 0), base
