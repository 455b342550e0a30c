"""Rules that can be applied: one threshold per group, or a few and their probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlab.errors import InputError
from fairlab.frontier.problem import Form, gap_of
from fairlab.frontier.rule_format import read_rule, write_rule
from fairlab.frontier.thresholds import GroupThresholds
from fairlab.metrics.gaps import optional
from fairlab.outcomes import Counts, FloatArray, GroupedOutcomes, IntArray
from fairlab.sweeps import thinned_sweep


@dataclass(frozen=True, slots=True)
class Measured:
    """What a rule does to people in expectation.

    Attributes:
        accuracy: Share of expected decisions that agree with the outcome.
        cost: Expected cost per person.
        gap: Of the rule's constraint; None where undefined.
        left_out: Groups that are no part of the gap, because nobody there has the condition.
        chance: Share of people whose decision is drawn, neither sure to be selected nor sure
            not to be.
    """

    accuracy: float
    cost: float
    gap: float | None
    left_out: tuple[str, ...]
    chance: float


@dataclass(frozen=True, slots=True)
class Rule:
    """Group-specific, possibly randomised thresholds. Reads score and group, never a label.

    Attributes:
        constraint, form: What the thresholds were chosen for; see ``threshold_frontier``.
        slack: Largest gap allowed among the people it was fitted on.
        cost_fp, cost_fn: Costs it was fitted for.
        groups: Thresholds of every group of the people it was fitted on, in their order; people
            of other groups cannot be decided.
    """

    constraint: str
    form: Form
    slack: float
    cost_fp: float
    cost_fn: float
    groups: tuple[GroupThresholds, ...]

    @property
    def uses_attribute_when_deciding(self) -> bool:
        """True: a person's group is needed for the decision."""
        return True

    @property
    def randomised(self) -> bool:
        """Whether some decisions are drawn."""
        return any(len(one.thresholds) > 1 for one in self.groups)

    def probability(self, score: ArrayLike, group: ArrayLike) -> FloatArray:
        """(n,) chance of being selected of people with these scores and groups.

        Args:
            score: (n,) numbers.
            group: (n,) group names, or indices into ``groups`` (the codes of the outcomes it was
                fitted on).

        Raises:
            InputError: For scores that are not numbers, or a group the rule does not know.
        """
        scores, codes = np.asarray(score, dtype=np.float64), self._codes(np.asarray(group))
        if scores.shape != codes.shape or scores.ndim != 1:
            raise InputError(
                f"One score and one group per person are needed; found shapes {scores.shape} and "
                f"{codes.shape}."
            )
        if np.isnan(scores).any():
            missing = int(np.isnan(scores).sum())
            raise InputError(f"{missing} of {len(scores)} scores are missing. Leave those out.")
        chance = np.zeros(len(scores))
        for g, one in enumerate(self.groups):
            own = codes == g
            chance[own] = one.chance(scores[own])
        return chance

    def decide(
        self,
        score: ArrayLike,
        group: ArrayLike,
        rng: np.random.Generator | int | None = None,
    ) -> IntArray:
        """(n,) decisions, 1 for selected.

        Args:
            score, group: As :meth:`probability`.
            rng: Source of chance (a generator or a seed); needed only by a randomised rule. The
                same seed gives the same people the same decisions.

        Raises:
            InputError: As :meth:`probability`; or a randomised rule without ``rng``.
        """
        chance = self.probability(score, group)
        if not self.randomised:
            return chance.astype(np.int64)
        if rng is None:
            raise InputError(
                "This rule draws some decisions. Pass a random generator or a seed, or use "
                "nearest_deterministic()."
            )
        return (np.random.default_rng(rng).random(len(chance)) < chance).astype(np.int64)

    def expected_counts(self, outcomes: GroupedOutcomes) -> Counts:
        """Exact expected counts per group of ``outcomes``, shape (G,)."""
        chance = self._chance(outcomes)
        weight = np.ones(outcomes.n) if outcomes.weight is None else outcomes.weight
        cell = outcomes.group * 2 + outcomes.y_true
        selected, everyone = (
            np.bincount(cell, weights=w, minlength=2 * outcomes.n_groups).reshape(-1, 2)
            for w in (weight * chance, weight)
        )
        refused = np.clip(everyone - selected, 0, None)
        return Counts(
            tp=selected[:, 1],
            fp=selected[:, 0],
            fn=refused[:, 1],
            tn=refused[:, 0],
            group_names=outcomes.group_names,
        )

    def measure(self, outcomes: GroupedOutcomes) -> Measured:
        """Accuracy, cost and gap on labelled people, in expectation: nothing is drawn."""
        counts = self.expected_counts(outcomes)
        found = gap_of(self.constraint, self.form).result(counts)
        everyone = float(counts.n.sum())
        chance = self._chance(outcomes)
        weight = np.ones(outcomes.n) if outcomes.weight is None else outcomes.weight
        return Measured(
            accuracy=float((counts.tp + counts.tn).sum()) / everyone,
            cost=float((self.cost_fp * counts.fp + self.cost_fn * counts.fn).sum()) / everyone,
            gap=None if found.value is None else optional(found.value),
            left_out=found.left_out,
            chance=float(weight[(chance > 0) & (chance < 1)].sum()) / everyone,
        )

    def nearest_deterministic(self, outcomes: GroupedOutcomes) -> "RoundedRule":
        """The nearest rule with one threshold per group, and what rounding loses.

        Nearest: of all thresholds the scores of ``outcomes`` allow, the one whose bounded rates
        are closest to those this rule has there; among equals the closest (FPR, TPR), then the
        lower cost. Groups that already have one threshold keep it; groups nobody of ``outcomes``
        is in get the threshold that is drawn most often. The gap may then exceed the
        slack: ``after`` says by how much.

        Args:
            outcomes: Labelled people, best those the rule was fitted on.
        """
        sweep = thinned_sweep(outcomes)
        target = self.expected_counts(outcomes)
        rounded = []
        for one in self.groups:
            known = one.group in outcomes.group_names
            g = outcomes.group_names.index(one.group) if known else -1
            if len(one.thresholds) <= 1 or not known or target.n[g] == 0:
                rounded.append(one if len(one.thresholds) <= 1 else one.likeliest())
                continue
            own = sweep.of_group(g)
            i = self._nearest(own.counts, _group(target, g))
            cut = float(own.thresholds[i]) if i > 0 else -np.inf
            rounded.append(GroupThresholds(one.group, (cut,), (1.0,)))
        rule = replace(self, groups=tuple(rounded))
        return RoundedRule(rule, self.measure(outcomes), rule.measure(outcomes))

    def to_json(self) -> str:
        """The rule as JSON, read back by :meth:`from_json` to the same decisions."""
        facts = {
            "constraint": self.constraint,
            "form": self.form,
            "slack": self.slack,
            "cost_fp": self.cost_fp,
            "cost_fn": self.cost_fn,
        }
        return write_rule(facts, self.groups)

    @classmethod
    def from_json(cls, text: str) -> "Rule":
        """The rule written by :meth:`to_json`.

        Raises:
            InputError: If it is not such a rule, or of another version.
        """
        facts, groups = read_rule(text)
        return cls(**facts, groups=groups)

    def _nearest(self, counts: Counts, target: Counts) -> int:
        """Position of the threshold nearest to the target's rates."""
        rates = gap_of(self.constraint, self.form).rates
        off = np.max([_distance(rate(counts), rate(target)) for rate in rates], axis=0)
        moved = np.abs(counts.tp - target.tp) + np.abs(counts.fp - target.fp)
        cost = self.cost_fp * counts.fp + self.cost_fn * counts.fn
        keys = [np.round(values[:, 0], 12) for values in (cost, moved, off)]
        return int(np.lexsort(keys)[0])

    def _codes(self, group: NDArray[Any]) -> IntArray:
        names = [one.group for one in self.groups]
        if group.dtype.kind in "iu":
            if group.size and (group.min() < 0 or group.max() >= len(names)):
                raise InputError(
                    f"Group indices must be 0 to {len(names) - 1}; found {group.min()} to "
                    f"{group.max()}. The rule's groups are: {', '.join(names)}."
                )
            codes = group.astype(np.int64)
        else:
            # Objects stay objects: an array of text is as wide as its longest name throughout.
            text = group if group.dtype == object else group.astype(str)
            of_each = [str(name) for name in text.ravel().tolist()]
            found = sorted(set(of_each))
            place = dict(zip(found, self._places(found).tolist(), strict=True))
            codes = np.array([place[name] for name in of_each], dtype=np.int64)
        present = np.unique(codes)
        self._refuse([names[g] for g in present if not self.groups[g].thresholds])
        return codes

    def _chance(self, outcomes: GroupedOutcomes) -> FloatArray:
        """(n,) chance of being selected; groups are matched by name, once for each name."""
        present = np.flatnonzero(np.bincount(outcomes.group, minlength=outcomes.n_groups))
        places = np.zeros(outcomes.n_groups, dtype=np.int64)
        places[present] = self._places([outcomes.group_names[g] for g in present])
        return self.probability(outcomes.score, places[outcomes.group])

    def _places(self, names: Sequence[str]) -> IntArray:
        """Positions in ``groups`` of groups by name."""
        place = {one.group: g for g, one in enumerate(self.groups)}
        self._refuse([name for name in names if name not in place])
        return np.array([place[name] for name in names], dtype=np.int64)

    def _refuse(self, unknown: Sequence[str]) -> None:
        if unknown:
            decided = [one.group for one in self.groups if one.thresholds]
            raise InputError(
                f"The rule has no threshold for {_list(unknown)}; it has them for "
                f"{_list(decided)}. Fit it on people of every group."
            )


@dataclass(frozen=True, slots=True)
class RoundedRule:
    """A rule without chance, beside the randomised one it replaces, on the same people.

    Attributes:
        rule: One threshold per group.
        before, after: The randomised rule's and the rounded rule's accuracy, cost and gap.
    """

    rule: Rule
    before: Measured
    after: Measured

    @property
    def loss(self) -> str:
        """What rounding changes, in a sentence."""
        before, after = self.before, self.after
        parts = [f"accuracy from {100 * before.accuracy:.1f} % to {100 * after.accuracy:.1f} %"]
        if self.rule.cost_fp != 1 or self.rule.cost_fn != 1:
            parts.append(f"cost per person from {before.cost:.3g} to {after.cost:.3g}")
        gaps = ["undefined" if m.gap is None else f"{100 * m.gap:.1f}" for m in (before, after)]
        parts.append(f"the gap from {gaps[0]} to {gaps[1]} points")
        moved = f"{', '.join(parts[:-1])} and {parts[-1]}"
        return f"One threshold per group instead of drawing moves {moved}."


def _group(counts: Counts, g: int) -> Counts:
    tp, fp, fn, tn = (f[..., g : g + 1] for f in (counts.tp, counts.fp, counts.fn, counts.tn))
    return Counts(tp, fp, fn, tn, (counts.group_names[g],))


def _distance(rate: FloatArray, target: FloatArray) -> FloatArray:
    """How far a rate is from its target; 0 where the group has none."""
    return np.asarray(np.nan_to_num(np.abs(rate - target)))


def _list(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)
