"""Scored people as a stream: five ways to decide as they come, measured side by side.

``none`` leaves scores as they are; ``batch`` projects each batch by itself; ``frozen`` applies a
rule fitted beforehand on other people; ``online_paper`` and ``online`` adapt as the stream goes
on. Labels of the stream measure the result and never enter a score.

Importing this module does not import torch; playing a stream does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from fairlab.errors import FairlabError, InputError
from fairlab.outcomes import FloatArray, IntArray
from fairlab.projection.conditions import CONSTRAINTS
from fairlab.projection.stream_gaps import CellIndex, RunningMeans, running_means
from fairlab.projection.stream_people import FitPeople, Order, order_people
from fairlab.projection.stream_policies import PLAYERS, Player, Setting

__all__ = ["POLICIES", "StreamPlay", "Trace", "Window", "play", "window_of"]

POLICIES = tuple(PLAYERS)


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """One policy along the stream.

    Attributes:
        policy: Name in :data:`POLICIES`.
        p: (n,) scores it gave, in the order people came.
        gap: (T,) gap of mean scores of everybody so far; NaN while it is undefined.
        decision_gap: (T,) the same with decisions in place of scores.
        change: Mean squared change to the scores.
        right: Share of decisions that agree with the label.
        bound: What the policy promises of ``gap`` in the end, in any order; None if nothing.
        seconds: Wall clock. Not part of any digest.
        uses_attribute_when_deciding: Whether a score needs the person's group.
    """

    policy: str
    p: FloatArray
    gap: FloatArray
    decision_gap: FloatArray
    change: float
    right: float
    bound: float | None
    seconds: float
    uses_attribute_when_deciding: bool

    @property
    def undefined(self) -> int:
        """Batches after which the gap is undefined."""
        return int(np.isnan(self.gap).sum())


@dataclass(frozen=True, slots=True, eq=False)
class StreamPlay:
    """A stream that was played.

    Attributes:
        constraint, slack, threshold, batch_size, order_name, seed: As asked for.
        order: (n,) position of each person in the arrays given, in the order they came.
        y: (n,) labels in the order people came.
        index: Groups and cells by batch, in that order.
        traces: By policy, in the order of :data:`POLICIES`.
        missing: Why a policy could not be played, in a sentence, by policy.
        smallest: (T,) people so far in the smallest cell with anybody in it.
        complete: Batches until every cell of the stream had somebody, at least 1.
    """

    constraint: str
    slack: float
    threshold: float
    batch_size: int
    order_name: Order
    seed: int
    order: IntArray
    y: IntArray
    index: CellIndex
    traces: Mapping[str, Trace]
    missing: Mapping[str, str]
    smallest: IntArray
    complete: int

    @property
    def n(self) -> int:
        """Number of people."""
        return len(self.order)

    @property
    def seen(self) -> IntArray:
        """(T,) people so far after each batch."""
        return self.index.edges[1:]

    def batches(self, people: int) -> int:
        """The number of whole batches nearest to so many people, at least 1."""
        return max(1, round(people / self.batch_size))

    def means(self, policy: str, *, decisions: bool = False) -> RunningMeans:
        """Running sums of a policy's scores, or of its decisions (score ≥ threshold)."""
        p = self.traces[policy].p
        values = (p >= self.threshold).astype(np.float64) if decisions else p
        return running_means(self.index, values)


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Who came in the last batches: drift of the stream itself, whatever the policy.

    Attributes:
        batches: Batches in the window.
        people: (T,) people in it; 0 until it is full.
        share: (T, G) share of each group; NaN until the window is full.
        base_rate: (T, G) share of the group's people with the favourable outcome; NaN where the
            window holds nobody of the group.
    """

    batches: int
    people: IntArray
    share: FloatArray
    base_rate: FloatArray


def play(
    score: FloatArray,
    group: IntArray,
    y: IntArray,
    *,
    fit: FitPeople,
    constraint: str = "demographic_parity",
    slack: float = 0.05,
    batch_size: int = 32,
    order: Order = "shuffled",
    seed: int = 0,
    threshold: float = 0.5,
    n_groups: int | None = None,
    policies: tuple[str, ...] = POLICIES,
) -> StreamPlay:
    """Let people come in batches and score them by every policy.

    Args:
        score: (n,) raw scores in [0, 1].
        group: (n,) integer groups.
        y: (n,) labels 0/1. They measure; scores do not depend on them.
        fit: People known beforehand, on whom the frozen rule and the calibration are fitted.
        constraint: Name in ``CONSTRAINTS``.
        slack: Promised ε ≥ 0.
        batch_size: People per batch, at least 1; the last batch may be smaller.
        order: See :func:`order_people`.
        seed: Of the order.
        threshold: From which score a person is selected.
        n_groups: G; default is the largest group among stream and fit plus one.
        policies: Which to play.

    Returns:
        One trace per policy. A policy that cannot be fitted is in ``missing``, with the reason.

    Raises:
        InputError: Lengths that differ, scores outside [0, 1], nobody in the stream or to fit
            on, a batch size below 1, a negative slack.
        UnknownNameError: For an unknown constraint.
    """
    _check(score, group, y, fit, slack, batch_size)
    size = n_groups if n_groups is not None else 1 + int(max(group.max(), fit.group.max()))
    at = order_people(order, group, seed)
    edges = np.append(np.arange(0, len(at), batch_size), len(at))
    index = _cells(constraint, edges, group[at], y[at], size)
    z = np.asarray(score[at], dtype=np.float64)
    setting = Setting(z, index.group, edges, batch_size, fit, constraint, slack, size)
    traces: dict[str, Trace] = {}
    missing: dict[str, str] = {}
    for name in policies:
        try:
            traces[name] = _trace(name, PLAYERS[name], setting, index, y[at], threshold)
        except FairlabError as error:
            missing[name] = str(error)
    counts = running_means(index, z).counts
    absent = ((counts[:, 1:] == 0) & (counts[:, -1:] > 0)).any(axis=(0, 2))
    return StreamPlay(
        constraint=constraint,
        slack=slack,
        threshold=threshold,
        batch_size=batch_size,
        order_name=order,
        seed=seed,
        order=at,
        y=y[at],
        index=index,
        traces=traces,
        missing=missing,
        smallest=_smallest(counts[:, 1:]),
        complete=int(absent.sum()) + 1,
    )


def window_of(played: StreamPlay, batches: int) -> Window:
    """Group shares and base rates in the last ``batches`` batches, after each batch."""
    index = played.index
    everyone = np.ones(played.n, dtype=np.bool_)
    zero, one = np.zeros(played.n), np.ones(played.n)
    plain = CellIndex(
        index.edges, index.group, index.n_groups, (everyone,), ("everyone",), one, zero
    )
    favourable, people = running_means(plain, played.y.astype(np.float64)).window(batches)
    total = people[0].sum(axis=1)
    empty = np.full(people[0].shape, np.nan)
    share = np.divide(people[0], total[:, None], out=empty.copy(), where=total[:, None] > 0)
    rate = np.divide(favourable[0], people[0], out=empty.copy(), where=people[0] > 0)
    return Window(batches, total, share, rate)


def _trace(
    name: str,
    player: Player,
    setting: Setting,
    index: CellIndex,
    y: IntArray,
    threshold: float,
) -> Trace:
    begun = perf_counter()
    p, bound = player.score(setting)
    seconds = perf_counter() - begun
    selected = p >= threshold
    return Trace(
        policy=name,
        p=p,
        gap=running_means(index, p).gap(),
        decision_gap=running_means(index, selected.astype(np.float64)).gap(),
        change=float(np.mean((p - setting.z) ** 2)),
        right=float(np.mean(selected == (y == 1))),
        bound=bound,
        seconds=seconds,
        uses_attribute_when_deciding=player.uses_attribute_when_deciding,
    )


def _cells(
    constraint: str, edges: IntArray, group: IntArray, y: IntArray, n_groups: int
) -> CellIndex:
    rule = CONSTRAINTS[constraint]
    everyone = np.ones(len(y), dtype=np.bool_)
    sign, offset = np.ones(len(y)), np.zeros(len(y))
    if rule.offset is not None:
        labels = y.astype(np.float64)
        offset = np.asarray(rule.offset(labels))
        sign = sign if rule.sign is None else np.asarray(rule.sign(labels))
    return CellIndex(
        edges=edges,
        group=np.asarray(group, dtype=np.int64),
        n_groups=n_groups,
        conditions=tuple(everyone if c.label is None else y == c.label for c in rule.conditions),
        names=tuple(c.name for c in rule.conditions),
        sign=sign,
        offset=offset,
    )


def _smallest(counts: IntArray) -> IntArray:
    """(T,) least count above 0 over conditions and groups; (K, T, G) counts."""
    least = np.where(counts > 0, counts, np.iinfo(np.int64).max).min(axis=(0, 2))
    return np.where(counts.any(axis=(0, 2)), least, 0)


def _check(
    score: FloatArray,
    group: IntArray,
    y: IntArray,
    fit: FitPeople,
    slack: float,
    batch_size: int,
) -> None:
    for who, arrays in (
        ("the stream", (score, group, y)),
        ("the people to fit on", (fit.score, fit.group, fit.y)),
    ):
        sizes = {len(array) for array in arrays}
        if len(sizes) > 1 or sizes == {0}:
            raise InputError(
                f"Scores, groups and labels of {who} need one entry per person and at least one "
                f"person; found {', '.join(str(len(array)) for array in arrays)}."
            )
        if not (np.isfinite(arrays[0]).all() and arrays[0].min() >= 0 and arrays[0].max() <= 1):
            raise InputError(
                f"Scores of {who} must lie in [0, 1]; found {arrays[0].min():g} to "
                f"{arrays[0].max():g}. Map them onto that range first."
            )
        if arrays[1].min() < 0 or arrays[1].dtype.kind not in "iu":
            raise InputError(f"Groups of {who} must be integers from 0; found {arrays[1].dtype}.")
    if batch_size < 1:
        raise InputError(f"A batch holds at least one person; found a batch size of {batch_size}.")
    if not slack >= 0:
        raise InputError(f"Slack must be 0 or more; found {slack:g}.")
