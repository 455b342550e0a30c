"""What training gives back, without torch: scored people, points, progress, results.

Training writes these, the store keeps them, pages and reports read them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fairlab.baselines import BASELINES
from fairlab.config import BaselineName, Grouping, PointMode
from fairlab.draws import DRAWN_NOTE, draw_decisions
from fairlab.errors import InputError, UnknownNameError
from fairlab.networks import Networks
from fairlab.outcomes import FloatArray, GroupedOutcomes, IntArray

CROSSING = " × "
MOST_GROUPS = 5_000


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """One sensitive attribute of n people: ``codes`` (n,) index into ``names``."""

    codes: IntArray
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ScoredPeople:
    """People with a label, a score and sensitive attributes: what an audit starts from.

    The same type whether the scores come from our training or from a table of predictions.

    Attributes:
        y_true: (n,) 0 or 1.
        score: (n,) finite; for decisions only, 0 or 1.
        attributes: Sensitive attributes by column name.
        weight: (n,) positive or None.
        has_scores: False when ``score`` holds decisions: thresholds then mean nothing.
        threshold: Threshold the scores are meant to be read at.
        notes: What was left out or changed on the way here, in sentences.
        controls: Further columns within whose strata groups may be compared.
        higher_is_better: False for a risk, whose sign was turned: ``score`` and ``threshold``
            are then minus what the table holds, and people read it as :meth:`selected_if` says.
        score_name: Column the scores come from; "" for scores of our own models.
        outcome_words: How to speak of the favourable and the unfavourable outcome; () if unsaid.
    """

    y_true: IntArray
    score: FloatArray
    attributes: Mapping[str, Attribute]
    weight: FloatArray | None = None
    has_scores: bool = True
    threshold: float = 0.5
    notes: tuple[str, ...] = ()
    controls: Mapping[str, Attribute] = field(default_factory=dict)
    higher_is_better: bool = True
    score_name: str = ""
    outcome_words: tuple[str, str] | tuple[()] = ()

    def own_units(self, threshold: float) -> float:
        """A threshold as the table of the people writes it; its own inverse."""
        return threshold if self.higher_is_better else 0.0 - threshold

    def selected_if(self, threshold: float) -> str:
        """Who is selected, in the units of the table: "decile_score ≤ 4", "score ≥ 0.5"."""
        sign = "≥" if self.higher_is_better else "≤"
        return f"{self.score_name or 'score'} {sign} {self.own_units(threshold):g}"

    def strata_for(self, by: Sequence[str]) -> Mapping[str, Attribute]:
        """What groups by ``by`` can be compared within: the other attributes, then controls."""
        others = {name: a for name, a in self.attributes.items() if name not in by}
        return {**others, **{name: a for name, a in self.controls.items() if name not in by}}

    def outcomes(self, by: Sequence[str] = ()) -> GroupedOutcomes:
        """Outcomes grouped by one attribute, or by the crossing of several.

        Args:
            by: Attribute names; () is the first attribute. Crossed groups are named
                "A × B" in the order given; cells nobody is in are kept as empty groups.

        Raises:
            UnknownNameError: If an attribute is not among ``attributes``.
        """
        crossed = cross(self.attributes, by)
        return GroupedOutcomes.from_arrays(
            y_true=self.y_true,
            score=self.score,
            group=crossed.codes,
            group_names=crossed.names,
            weight=self.weight,
        )


def cross(attributes: Mapping[str, Attribute], by: Sequence[str] = ()) -> Attribute:
    """One attribute, or the crossing of several, as one grouping.

    Raises:
        InputError: If there are no attributes at all, an attribute is named twice, or the crossing
            has more than 5,000 groups, empty ones counted.
        UnknownNameError: If a name in ``by`` is not among them.
    """
    if not attributes:
        raise InputError("No sensitive attribute was chosen. Choose at least one on the Data page.")
    chosen = tuple(by) if len(by) else (next(iter(attributes)),)
    size = crossed_size(attributes, chosen)
    if len(set(chosen)) != len(chosen):
        twice = next(name for name in chosen if chosen.count(name) > 1)
        raise InputError(
            f"{twice!r} is crossed with itself. Name every attribute once: its groups are the same."
        )
    if size > MOST_GROUPS and len(chosen) > 1:
        raise InputError(
            f"Crossing {CROSSING.join(chosen)} makes {size:,} groups; "
            f"at most {MOST_GROUPS:,} are compared. Cross fewer attributes, or merge small groups."
        )
    codes = attributes[chosen[0]].codes
    names = attributes[chosen[0]].names
    for name in chosen[1:]:
        other = attributes[name]
        codes = codes * len(other.names) + other.codes
        names = tuple(f"{a}{CROSSING}{b}" for a in names for b in other.names)
    return Attribute(codes.astype(np.int64), names)


def crossed_size(attributes: Mapping[str, Attribute], by: Sequence[str]) -> int:
    """How many groups crossing attributes makes, empty ones counted, without making them.

    Raises:
        UnknownNameError: If a name is not among the attributes.
    """
    unknown = [name for name in by if name not in attributes]
    if unknown:
        raise UnknownNameError(
            f"There is no sensitive attribute {unknown[0]!r}. Known: {', '.join(attributes)}."
        )
    return math.prod(len(attributes[name].names) for name in by)


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What a fairness layer promised and what was measured. None is undefined or not measured.

    Gaps are those of the constraint, widest over its conditions (and, for marginal groups, over
    attributes). Decisions drawn with probability equal to the score have, in expectation, the
    group means of the scores: the expected rates differ by ``score_gap``, for every constraint.
    The gap of one draw is on average wider. Thresholded decisions do not follow it.

    Attributes:
        promised: Slack ε: the largest gap of mean scores the layer allows.
        batch_excess: Largest excess of the mean-score gap over ε on any batch of the whole
            training (≤ 1e-6 when the promise holds). Not promised, only measured, where a
            ``window`` is.
        score_gap: Gap of mean scores per split, all with the frozen rule.
        decision_gap: Gap of thresholded decisions per split. Not promised.
        policy: ``frozen`` here: a fixed rule fitted on validation.
        uses_attribute_when_deciding: Whether a prediction needs the person's group.
        batch_gap: Largest gap of mean scores on any training batch.
        drawn_gap: Gap of one seeded draw of decisions per split, each with probability = score.
        residual: Largest residual the solver reported on any training batch.
        smallest_cell: People in the smallest cell the gap compares, per split.
        notes: Findings about the promise, in sentences.
        window: The promise is then about each training batch and the people before it, so many
            together at most; None where each batch by itself is promised.
        window_gap: Largest gap of mean scores of such people together, on any batch.
        window_excess: By how much that exceeds ε, at least 0.
        decisions_asked: Gap of thresholded decisions training was asked to reach, by prices and
            not by the layer; never promised. None where it was not asked.
    """

    promised: float
    batch_excess: float
    score_gap: Mapping[str, float | None]
    decision_gap: Mapping[str, float | None]
    policy: str
    uses_attribute_when_deciding: bool
    batch_gap: float | None = None
    drawn_gap: Mapping[str, float | None] = field(default_factory=dict)
    residual: float | None = None
    smallest_cell: Mapping[str, int | None] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    window: int | None = None
    window_gap: float | None = None
    window_excess: float | None = None
    decisions_asked: float | None = None

    @property
    def excess(self) -> float:
        """By how much the promise was exceeded where it was made: on batches or windows."""
        return self.batch_excess if self.window_excess is None else self.window_excess

    def margin(self, split: str = "test") -> float | None:
        """2/√(people in the smallest cell): how far the promise may be missed by chance alone."""
        people = self.smallest_cell.get(split)
        return None if not people else float(2 / np.sqrt(people))

    def missed(self, split: str = "test") -> bool:
        """Whether the gap of mean scores exceeds the promise by more than :meth:`margin`."""
        gap, margin = self.score_gap.get(split), self.margin(split)
        return gap is not None and margin is not None and gap > self.promised + margin


@dataclass(frozen=True, slots=True)
class Point:
    """One trained model of a sweep.

    Attributes:
        index: Position on the models axis of :class:`SweepResult`.
        mode: Family, or ``baseline``.
        strength: λ for penalty and adversarial; None for the layer and baselines.
        slack: ε for the layer (1 is no constraint), exponentiated gradient and plug-in rules; None
            otherwise.
        seed: Training seed.
        best_epoch: Epoch (1-based) whose validation state was kept; for baselines the iterations,
            trees or classifiers it took.
        baseline: True for strength 0 / slack 1: the unmitigated model of its family; and for
            unmitigated baselines.
        flags: Health findings in sentences (collapse, not finite …); () when healthy.
        guarantee: For mode ``layer``.
        method: Which baseline, for mode ``baseline``; None otherwise.
        place: Position in the grid of multipliers, for the baseline ``grid_search``.
        mixed: For a rule that draws its decisions, how many classifiers it draws among; its score
            is a person's chance of being selected. None for rules that compare a score with a
            threshold.
        uses_attribute_when_deciding: Whether a decision needs the person's group, as a feature
            or in a rule; None for results stored before this was kept.
    """

    index: int
    mode: PointMode
    strength: float | None
    slack: float | None
    seed: int
    best_epoch: int
    baseline: bool
    flags: tuple[str, ...] = ()
    guarantee: Guarantee | None = None
    method: BaselineName | None = None
    place: int | None = None
    mixed: int | None = None
    uses_attribute_when_deciding: bool | None = None

    @property
    def family(self) -> str:
        """What is joined by a line on the curve: the mode, or the baseline's method."""
        return self.mode if self.method is None else self.method

    @property
    def uses_attribute(self) -> bool | None:
        """``uses_attribute_when_deciding``; where not kept, what the layer's promise says."""
        if self.uses_attribute_when_deciding is None and self.guarantee is not None:
            return self.guarantee.uses_attribute_when_deciding
        return self.uses_attribute_when_deciding

    @property
    def is_drawn(self) -> bool:
        """Whether decisions are drawn; see ``mixed``."""
        return self.mixed is not None


@dataclass(frozen=True, slots=True, eq=False)
class SplitScores:
    """Scores of all M models for the people of one split.

    Attributes:
        score: (M, n) in [0, 1], float32 as trained; the chance of being selected for models whose
            decisions are drawn.
        y_true: (n,) labels, for evaluation only.
        attributes: Every sensitive attribute of the task, by name.
        rows: (n,) row positions in the table as read.
        weight: (n,) or None.
        raw: (M, n) float32 scores before the layer's frozen rule, for the other modes the scores
            themselves; None when no model has mode ``layer``, or the result predates them.
    """

    score: np.ndarray[Any, np.dtype[np.float32]]
    y_true: IntArray
    attributes: Mapping[str, Attribute]
    rows: IntArray
    weight: FloatArray | None = None
    raw: np.ndarray[Any, np.dtype[np.float32]] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """One epoch of one family, for all its models at once. Arrays have shape (M,) of this mode.

    For mode ``baseline`` an epoch is one baseline, in as many parts as it has points, and the
    arrays hold all points so far.

    Attributes:
        mode, epoch, epochs: Where training is; epoch is 1-based.
        strength: λ, or for the layer and baselines with one the slack ε; 0 for other baselines.
        seed: Seed of each model.
        accuracy: Validation accuracy at the threshold, [0, 1].
        gap: Validation gap of decisions, the constraint's own; NaN where undefined.
        losses: Named training losses, for example ``task``, ``penalty``, ``adversary``.
        seconds: Wall-clock seconds since the sweep began.
        share_done: Of the whole sweep, [0, 1].
        methods: For mode ``baseline`` which one each is; () otherwise.
        fold, folds: Which of how many folds is being trained, 1-based; 1 of 1 for one split.
    """

    mode: PointMode
    epoch: int
    epochs: int
    strength: FloatArray
    seed: IntArray
    accuracy: FloatArray
    gap: FloatArray
    losses: Mapping[str, FloatArray]
    seconds: float
    share_done: float
    methods: tuple[str, ...] = ()
    fold: int = 1
    folds: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Folds:
    """What the models of a sweep did when everything was trained once per fold.

    Row m belongs to point m of the result: the same family at the same place of its grid with the
    same seed, trained anew in every fold.

    Attributes:
        counts: For ``validation`` and ``test``: (K, M, G, 2, 2) people, or total weight, by fold,
            model, group of the crossing of ``group_by``, label and decision. Over all K folds every
            person is in ``test`` exactly once. NaN for a model that a fold does not have.
        people: The same with every person counted once; None without weights.
        squares: (G,) sum of the squared weights of everybody; None without weights.
        asked: Folds asked for; more than K when training was cancelled.
    """

    counts: Mapping[str, FloatArray]
    people: Mapping[str, FloatArray] | None = None
    squares: FloatArray | None = None
    asked: int = 0

    @property
    def done(self) -> int:
        """K, how many folds were trained to the end."""
        return len(self.counts["test"])


def _learner(point: "Point") -> str:
    return "" if point.method is None else BASELINES[point.method].learner


@dataclass(frozen=True, slots=True, eq=False)
class SweepResult:
    """All models of a sweep, families concatenated on the models axis M.

    Attributes:
        points: M points, ``points[m].index == m``.
        splits: ``train``, ``validation`` and ``test`` scores.
        constraint, group_by, threshold: As trained (``group_by`` resolved to names).
        grouping: ``crossed`` or ``marginal``, as trained.
        notes: Disclosures: rows dropped, merged groups, stratified batches, encoding.
        cancelled: True when stopped early; points then hold the best state so far.
        seconds: Wall-clock training time. Not part of any digest.
        networks: Weights of the families' models; None when they were not kept.
        folds: What each fold gave; None for one split. ``points`` and ``splits`` are then those of
            the first fold.
    """

    points: tuple[Point, ...]
    splits: Mapping[str, SplitScores]
    constraint: str
    group_by: tuple[str, ...]
    threshold: float
    notes: tuple[str, ...] = ()
    cancelled: bool = False
    seconds: float = field(default=0.0)
    grouping: Grouping = "crossed"
    folds: Folds | None = None
    networks: Networks | None = None

    @property
    def groupings(self) -> tuple[tuple[str, ...], ...]:
        """What was compared: the attributes crossed, or for ``marginal`` each by itself."""
        if self.grouping == "marginal":
            return tuple((name,) for name in self.group_by)
        return (self.group_by,)

    @property
    def groups_in_words(self) -> str:
        """The attributes as a title: "sex × race" when crossed, "sex and race" when marginal."""
        if self.grouping == "crossed" or len(self.group_by) < 2:
            return CROSSING.join(self.group_by)
        return f"{', '.join(self.group_by[:-1])} and {self.group_by[-1]}"

    def scored(self, index: int, split: str = "test") -> ScoredPeople:
        """The people of one split with the scores of model ``index``.

        For a model whose decisions are drawn, they carry one seeded draw of them, 0 or 1, and
        have no scores; the chances are in ``splits``.

        Raises:
            UnknownNameError: For an unknown split or a model index outside 0..M-1.
        """
        self._check(index, split)
        people = self.splits[split]
        point = self.points[index]
        score = people.score[index].astype(np.float64)
        notes = self.notes
        if point.is_drawn:
            score = draw_decisions(score, people.rows, point.seed)
            notes = (*notes, DRAWN_NOTE)
        return ScoredPeople(
            y_true=people.y_true,
            score=score,
            attributes=people.attributes,
            weight=people.weight,
            has_scores=not point.is_drawn,
            threshold=self.threshold,
            notes=notes,
        )

    def unmitigated(self, index: int) -> int | None:
        """The model with nothing done about its gap that model ``index`` is to be compared with.

        Of the same family and seed; for a baseline the one with the same learner. None when the
        result has none, or it is the model itself.

        Raises:
            UnknownNameError: For a model index outside 0..M-1.
        """
        self._check(index, next(iter(self.splits)))
        own = self.points[index]
        for other in self.points:
            if not other.baseline or other.index == index or other.seed != own.seed:
                continue
            if other.mode == own.mode and _learner(other) == _learner(own):
                return other.index
        return None

    def raw_score(self, index: int, split: str = "test") -> FloatArray:
        """(n,) scores of model ``index`` before the layer's frozen rule.

        For the other modes these are the scores themselves, or the chances of being selected
        where decisions are drawn.

        Raises:
            UnknownNameError: As :meth:`scored`.
            InputError: For a model of mode ``layer`` in a result stored without raw scores.
        """
        self._check(index, split)
        people = self.splits[split]
        kept = people.score if people.raw is None else people.raw
        if people.raw is None and self.points[index].mode == "layer":
            raise InputError(
                "This run was stored by a fairlab that did not keep the layer's raw scores. Train "
                "it again to start from them."
            )
        return np.asarray(kept[index], dtype=np.float64)

    def _check(self, index: int, split: str) -> None:
        if split not in self.splits:
            raise UnknownNameError(
                f"There is no split named {split!r}. Known: {', '.join(self.splits)}."
            )
        if not 0 <= index < len(self.points):
            raise UnknownNameError(
                f"There is no model {index}; this sweep has models 0 to {len(self.points) - 1}."
            )
