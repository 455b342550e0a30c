"""What leaving proxies out, or taking the group's mean out of features, does to both axes.

The same learner is fitted again and again on the same people: with all features, without the
strongest proxy, the two strongest …, and with every encoded feature residualised on the group.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_selection import f_classif
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from fairlab.baselines import Learner
from fairlab.config import CONSTRAINT_GAPS, Constraint, SplitConfig
from fairlab.data.encoding_record import origins
from fairlab.data.prepare import prepare
from fairlab.data.proxies import FEWEST, group_auc, proxies
from fairlab.data.task import PreparedData, SplitData, TaskData
from fairlab.errors import InputError, UnknownNameError
from fairlab.metrics.gap_intervals import gap_with_interval
from fairlab.metrics.intervals import wilson
from fairlab.metrics.paired import paired_interval
from fairlab.outcomes import Array, FloatArray, GroupedOutcomes, IntArray, count
from fairlab.sweeps import gap_change

PEOPLE = 10_000
COUNTS = (1, 2, 3, 5)
STRONG = 0.6
DRAWS = 1_000
THRESHOLD = 0.5
# How well groups can be told apart is asked of so many groups and inputs at most.
MOST_GROUPS = 8
MOST_INPUTS = 100

Members = np.ndarray[Any, np.dtype[np.bool_]]
# (trees, linear) AUC by attribute, people, seed, and how features were changed.
Revealed = dict[tuple[str, int, int, str, tuple[str, ...]], tuple[float | None, float | None]]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and its 95 % interval; None where undefined."""

    value: float | None
    lower: float | None
    upper: float | None

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.lower is not None and self.upper is not None and self.lower * self.upper > 0


@dataclass(frozen=True, slots=True)
class Step:
    """One model of the path, measured on test people.

    Attributes:
        kind: ``all`` features, ``dropped`` proxies, or ``residualised`` features.
        dropped: Columns left out, strongest proxy first.
        accuracy, gap: Of decisions at threshold 0.5.
        accuracy_change, gap_change: Against all features, on the same people; None for ``all``.
        auc: How well boosted trees tell the groups apart by what is left, 0.5 to 1.
        auc_linear: The same for logistic regression.
    """

    kind: str
    dropped: tuple[str, ...]
    accuracy: Estimate
    gap: Estimate
    accuracy_change: Estimate | None
    gap_change: Estimate | None
    auc: float | None
    auc_linear: float | None


@dataclass(frozen=True, slots=True)
class ProxyEffects:
    """The path from all features to none of the strong proxies, and the residualised model.

    Attributes:
        attribute, constraint, learner: What was asked.
        strengths: (column, AUC) of every feature by itself, on training people, strongest first.
        steps: ``all`` first, then by number of columns dropped, ``residualised`` last.
        groups: Groups compared.
        n_train, n: People trained and measured on.
        notes: Sampling, and what residualising means, in sentences.
    """

    attribute: str
    constraint: str
    learner: Learner
    strengths: tuple[tuple[str, float], ...]
    steps: tuple[Step, ...]
    groups: tuple[str, ...]
    n_train: int
    n: int
    notes: tuple[str, ...] = ()


def proxy_effects(
    data: TaskData,
    attribute: str = "",
    *,
    constraint: Constraint = "demographic_parity",
    learner: Learner = "logistic",
    counts: Sequence[int] = COUNTS,
    strong: float = STRONG,
    people: int = PEOPLE,
    seed: int = 0,
    revealed: Revealed | None = None,
) -> ProxyEffects:
    """Drop the strongest proxies one after another, and residualise; measure both axes.

    Proxies are ranked on training people; everything is fitted on training people (boosting ends
    by validation people) and measured on test people.

    Args:
        data: A table with roles.
        attribute: Sensitive attribute; "" is the first.
        constraint: Whose gap is measured.
        learner: ``logistic`` or ``boosting``; at threshold 0.5.
        counts: How many proxies to drop; all with an AUC of at least ``strong`` are always tried.
        strong: AUC from which a feature counts as a strong proxy.
        people: At most so many, drawn with ``seed``.
        seed: Draws people, splits them, draws intervals.
        revealed: How well groups are told apart in this table, as found by earlier calls with
            other learners and gaps; what is found now is added.

    Raises:
        UnknownNameError: If the attribute is not a sensitive one.
        InputError: If the roles cannot be applied, or only one column is left to learn from.
    """
    attribute = attribute or (data.task.sensitive or ("",))[0]
    if attribute not in data.task.sensitive:
        raise UnknownNameError(
            f"There is no sensitive attribute {attribute!r}. "
            f"Known: {', '.join(data.task.sensitive)}."
        )
    sampled, notes = _sampled(data, people, seed)
    prepared = prepare(sampled, SplitConfig(seed=seed), (attribute,))
    if prepared.encoding is None or len(prepared.encoding.columns) < 2:
        raise InputError(
            "Only one column is left to learn from, so none can be dropped. Use more features."
        )
    train_rows = prepared.splits["train"].rows
    found = proxies(sampled.frame.iloc[train_rows], data.task, attribute, together=False, seed=seed)
    used = {column.name for column in prepared.encoding.columns}
    ranked = [(s.column, s.auc) for s in found.columns if s.column in used]
    trial = _Trial(
        prepared, attribute, CONSTRAINT_GAPS[constraint], learner, seed, people,
        {} if revealed is None else revealed,
    )  # fmt: skip
    with threadpool_limits(1):
        steps = trial.path(_sizes([auc for _, auc in ranked], counts, strong), ranked)
    parts = prepared.splits
    said = (
        f"{len(parts['train'].y_true):,} people trained on, {len(parts['test'].y_true):,} measured "
        "on, decided at threshold 0.5.",
        "Residualised: from every encoded feature the mean of the person's group (among training "
        "people) is taken out. That needs the attribute when deciding, and hides it from linear "
        "models only: trees can still tell groups by which values occur.",
    )
    if data.task.weight is not None:
        notes = (*notes, "People are weighted in training and counted, not weighted, here.")
    return ProxyEffects(
        attribute=attribute,
        constraint=constraint,
        learner=learner,
        strengths=tuple(ranked),
        steps=steps,
        groups=parts["test"].attributes[attribute].names,
        n_train=len(parts["train"].y_true),
        n=len(parts["test"].y_true),
        notes=(*notes, *said, *_capped(prepared, attribute)),
    )


def _sampled(data: TaskData, people: int, seed: int) -> tuple[TaskData, tuple[str, ...]]:
    rows = len(data.frame)
    if rows <= people:
        return data, ()
    drawn = np.sort(np.random.default_rng(seed).choice(rows, size=people, replace=False))
    frame = data.frame.iloc[drawn].reset_index(drop=True)
    said = f"Computed on {people:,} of {rows:,} rows, drawn at random."
    return replace(data, frame=frame), (said,)


def _sizes(aucs: Sequence[float], counts: Sequence[int], strong: float) -> list[int]:
    """How many proxies each step drops; at least one feature is always left."""
    most = len(aucs) - 1
    wanted = {*counts, sum(auc >= strong for auc in aucs)}
    return sorted(k for k in wanted if 1 <= k <= most)


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    prepared: PreparedData
    attribute: str
    gap: str
    learner: Learner
    seed: int
    people: int = PEOPLE
    revealed: Revealed = field(default_factory=dict)

    def path(self, sizes: Sequence[int], ranked: Sequence[tuple[str, float]]) -> tuple[Step, ...]:
        """All features, then without the strongest, then residualised."""
        first = self._decisions(self.prepared)
        steps = [self._step("all", (), self.prepared, first, None)]
        for size in sizes:
            dropped = tuple(name for name, _ in ranked[:size])
            left = without(self.prepared, dropped)
            steps.append(self._step("dropped", dropped, left, self._decisions(left), first))
        own = residualised(self.prepared, self.attribute)
        steps.append(self._step("residualised", (), own, self._decisions(own), first))
        return tuple(steps)

    def _decisions(self, prepared: PreparedData) -> FloatArray:
        from fairlab.training.learners import FITS, chance_of_one, inputs

        weight = {name: prepared.splits[name].weight for name in ("train", "validation")}
        learnt = FITS[self.learner](prepared, weight, self.seed)
        score = chance_of_one(learnt.model, inputs(self.learner, prepared.splits["test"]))
        return (score >= THRESHOLD).astype(np.float64)

    def _step(
        self,
        kind: str,
        dropped: tuple[str, ...],
        prepared: PreparedData,
        decision: FloatArray,
        first: FloatArray | None,
    ) -> Step:
        test = self.prepared.splits["test"]
        groups = test.attributes[self.attribute]
        outcomes = GroupedOutcomes.from_arrays(
            y_true=test.y_true, score=decision, group=groups.codes, group_names=groups.names
        )
        table = count(outcomes, THRESHOLD)
        gap = gap_with_interval(table, self.gap, draws=DRAWS, seed=self.seed)
        right = int((decision == test.y_true).sum())
        n = len(decision)
        low, high = wilson(right, n)
        key = (self.attribute, self.people, self.seed, kind, dropped)
        if key not in self.revealed:
            self.revealed[key] = reveals(prepared, self.attribute)
        trees, linear = self.revealed[key]
        return Step(
            kind=kind,
            dropped=dropped,
            accuracy=Estimate(right / n, float(low), float(high)),
            gap=Estimate(gap.value, gap.lower, gap.upper),
            accuracy_change=None if first is None else _accuracy_change(test, first, decision),
            gap_change=None if first is None else self._gap_change(first, outcomes),
            auc=trees,
            auc_linear=linear,
        )

    def _gap_change(self, first: FloatArray, outcomes: GroupedOutcomes) -> Estimate:
        """From all features, paired: people resampled with both decisions, and mended."""
        before = replace(outcomes, score=first)
        change = gap_change(before, outcomes, self.gap, draws=DRAWS, seed=self.seed)
        return Estimate(change.value, change.lower, change.upper)


def without(prepared: PreparedData, dropped: Sequence[str]) -> PreparedData:
    """The same people without some columns, split and encoded as before."""
    assert prepared.encoding is not None
    names, origin = origins(prepared.encoding)
    stays = np.array([name not in dropped for name in names])
    kept = stays[origin]

    def part(split: SplitData) -> SplitData:
        columns = None if split.columns is None else split.columns[:, stays]
        return replace(split, features=split.features[:, kept], columns=columns)

    return replace(
        prepared,
        splits={name: part(split) for name, split in prepared.splits.items()},
        feature_names=tuple(n for n, k in zip(prepared.feature_names, kept, strict=True) if k),
        categorical=tuple(np.array(prepared.categorical)[stays].tolist()),
        encoding=None,
    )


def residualised(prepared: PreparedData, attribute: str) -> PreparedData:
    """The same people with the mean of their group taken out of every encoded feature.

    Means are those of training people, weighted as they are in training; groups absent there (or
    of no weight) keep their features. The mean of everyone is put back, so that features stay on
    their scale.
    """
    train = prepared.splits["train"]
    groups = train.attributes[attribute]
    features = train.features.astype(np.float64)
    weight = np.ones(len(features)) if train.weight is None else train.weight
    everyone = np.average(features, axis=0, weights=weight)
    means = np.tile(everyone, (len(groups.names), 1))
    for g in np.unique(groups.codes):
        own = groups.codes == g
        if weight[own].sum() > 0:
            means[g] = np.average(features[own], axis=0, weights=weight[own])

    def part(split: SplitData) -> SplitData:
        shift = (means - everyone)[split.attributes[attribute].codes]
        features = (split.features - shift).astype(np.float32)
        return replace(split, features=features, columns=None)

    splits = {name: part(split) for name, split in prepared.splits.items()}
    return replace(prepared, splits=splits, categorical=(), encoding=None)


def reveals(prepared: PreparedData, attribute: str) -> tuple[float | None, float | None]:
    """How well what is left tells the groups apart: AUC of boosted trees and of a linear model.

    Fitted on training people, measured on test people; groups of fewer than 20 are left out, and
    so are all but the 8 largest; and of more than 100 columns or features those are kept whose
    means differ most between groups (F statistic, training people). None with fewer than two
    groups.
    """
    train, test = prepared.splits["train"], prepared.splits["test"]
    own, other = train.attributes[attribute].codes, test.attributes[attribute].codes
    enough = _told_apart(train, test, attribute)
    if enough.sum() < 2:
        return None, None
    number = np.cumsum(enough) - 1
    here, there = enough[own], enough[other]
    codes, others = number[own[here]], number[other[there]]
    trees = HistGradientBoostingClassifier(
        max_iter=40, learning_rate=0.15, max_leaf_nodes=15, early_stopping=False, random_state=0
    )
    x, z = _thinned(_seen(train)[here], _seen(test)[there], codes)
    by_trees = group_auc(trees.fit(x, codes).predict_proba(z), others)
    linear = LogisticRegression(max_iter=300, tol=1e-3)
    x, z = _thinned(train.features[here], test.features[there], codes)
    shares = linear.fit(x, codes).predict_proba(z)
    return by_trees, group_auc(shares, others)


def _told_apart(train: SplitData, test: SplitData, attribute: str) -> Members:
    """(G,) the largest groups that have enough people in both."""
    size = len(train.attributes[attribute].names)
    here, there = (
        np.bincount(part.attributes[attribute].codes, minlength=size) for part in (train, test)
    )
    enough = (here >= FEWEST) & (there >= FEWEST)
    enough[np.argsort(np.where(enough, -here, 0), kind="stable")[MOST_GROUPS:]] = False
    return enough


def _thinned(x: Array, z: Array, codes: IntArray) -> tuple[Array, Array]:
    """The columns of both whose means in ``x`` differ most between groups."""
    if x.shape[1] <= MOST_INPUTS:
        return x, z
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # constant columns
        strength = np.nan_to_num(f_classif(x, codes)[0], nan=-1.0)
    kept = np.sort(np.argsort(-strength, kind="stable")[:MOST_INPUTS])
    return x[:, kept], z[:, kept]


def _capped(prepared: PreparedData, attribute: str) -> tuple[str, ...]:
    """What telling groups apart leaves out of a large table, in sentences."""
    train, test = prepared.splits["train"], prepared.splits["test"]
    said = []
    present = len(np.unique(train.attributes[attribute].codes))
    if present > MOST_GROUPS:
        compared = int(_told_apart(train, test, attribute).sum())
        said.append(
            f"How well groups are told apart is asked of the {compared} largest of {present} "
            "groups of training people."
        )
    features = train.features.shape[1]
    if features > MOST_INPUTS:
        said.append(
            f"It is asked of at most {MOST_INPUTS} columns, or encoded features of "
            f"{features:,}: those whose means differ most between groups."
        )
    return tuple(said)


def _seen(part: SplitData) -> Array:
    return part.features if part.columns is None else part.columns


def _accuracy_change(test: SplitData, first: FloatArray, then: FloatArray) -> Estimate:
    before, after = first == test.y_true, then == test.y_true
    plus, minus = int((after & ~before).sum()), int((before & ~after).sum())
    low, high = paired_interval(plus, minus, len(before))
    return Estimate((plus - minus) / len(before), float(low), float(high))
