"""The plug-in rule: the best decisions within a slack, learnt chances taken for true ones.

Without anybody's group at decision time, the least cost within a slack is reached by comparing
each person's P(y = 1 | x), less what the constraint charges for P(group, y | x), with the threshold
(Menon and Williamson 2018; Zeng, Dobriban and Cheng 2022). One model learns P(y | x), another
P(group | x, y); what is charged is found on validation people, whose labels and groups are not
read for that: their learnt chances are.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fairlab.baselines import Learner
from fairlab.config import Constraint, SweepConfig
from fairlab.data.task import PreparedData, SplitData
from fairlab.errors import InputError
from fairlab.outcomes import FloatArray, IntArray
from fairlab.results import cross
from fairlab.training.learners import (
    FITS,
    GROUP_FITS,
    GroupModel,
    Interrupted,
    Learnt,
    chance_of_one,
    inputs,
)
from fairlab.training.multipliers import Multipliers, Tradeoff, multipliers

# A rate over fewer people than this, by learnt chances, is no part of the constraint.
FEWEST = 1.0
# The labels each constraint's rates are taken over, apart.
_OVER: dict[Constraint, tuple[tuple[int, ...], ...]] = {
    "demographic_parity": ((0, 1),),
    "equal_opportunity": ((1,),),
    "predictive_equality": ((0,),),
    "equalized_odds": ((1,), (0,)),
    "mean_residual_parity": ((0, 1),),
    "accuracy_parity": ((0, 1),),
}


@dataclass(frozen=True, slots=True, eq=False)
class Chances:
    """What is learnt of a person from x.

    Attributes:
        learner: What sees which inputs.
        outcome: Gives P(y = 1 | x).
        group: Per compared attribute, what gives P(group | x, y).
    """

    learner: Learner
    outcome: Learnt
    group: tuple[GroupModel, ...]

    def joint(self, part: SplitData) -> tuple[FloatArray, ...]:
        """Per compared attribute (n, G, 2) chances of being of a group with a label."""
        x = inputs(self.learner, part)
        one = chance_of_one(self.outcome.model, x)
        of_label = np.stack([1 - one, one], axis=1)[:, None, :]
        return tuple(
            np.stack([model(x, label) for label in (0, 1)], axis=2) * of_label
            for model in self.group
        )


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """How the bounded rates are made from joint chances.

    Attributes:
        attribute, group: (m,) of each rate.
        take: (m, 2) factor of the chance of the group with label 0 and with label 1.
        constant: (m,) rate when nobody is selected.
        condition: (m,) rates of the same code are compared.
        left_out: Names of groups nobody seems to be of, where a rate would be over them.
    """

    attribute: IntArray
    group: IntArray
    take: FloatArray
    constant: FloatArray
    condition: IntArray
    left_out: tuple[str, ...]

    def rates(self, joint: tuple[FloatArray, ...]) -> FloatArray:
        """(n, m) what selecting each person adds to each rate, times the number of people."""
        parts = [
            joint[a][:, g, :] @ take
            for a, g, take in zip(self.attribute, self.group, self.take, strict=True)
        ]
        return np.stack(parts, axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class PluginRule:
    """One rule: P(y = 1 | x) less what is charged, compared with the threshold.

    Attributes:
        chances: What is learnt.
        terms: The bounded rates.
        found: Slack and multipliers.
        flags: Findings in sentences.
        note: What to know of the method on these groups; "" if nothing.
    """

    chances: Chances
    terms: Terms
    found: Multipliers
    flags: tuple[str, ...] = ()
    note: str = ""

    def __call__(self, part: SplitData) -> FloatArray:
        """(n,) scores: the chance of the favourable outcome less the charge, kept in [0, 1].

        Whoever has a score of at least the threshold of the run is selected. Labels and groups
        are not read.
        """
        joint = self.chances.joint(part)
        charged = self.terms.rates(joint) @ self.found.charge
        return np.asarray(np.clip(joint[0][:, :, 1].sum(axis=1) - charged, 0.0, 1.0))


def plugin_rules(
    learner: Learner,
    prepared: PreparedData,
    compared: Sequence[Sequence[str]],
    sweep: SweepConfig,
    should_stop: Callable[[], bool],
) -> Iterator[PluginRule]:
    """One rule per slack of the sweep, in order.

    Args:
        learner: Learns both chances.
        prepared: The table, split and encoded.
        compared: Attributes whose groups are compared: several for marginal groups, each crossed
            where it names several.
        sweep: Constraint, slacks, threshold, seed.
        should_stop: Asked before each fit and at every step of the search for multipliers.

    Raises:
        InputError: If fewer than two groups are left to compare.
        Interrupted: When stopped.
    """

    def ask() -> None:
        if should_stop():
            raise Interrupted

    chances = learn_chances(learner, prepared, compared, sweep.seeds[0], ask)
    people = prepared.splits["validation"]
    joint = chances.joint(people)
    weight = np.ones(len(people.y_true)) if people.weight is None else people.weight
    names = [cross(people.attributes, by).names for by in compared]
    terms = terms_of(sweep.constraint, joint, weight, names)
    value = joint[0][:, :, 1].sum(axis=1) - sweep.threshold
    tradeoff = Tradeoff(
        value, terms.rates(joint), terms.constant, terms.condition, weight / weight.sum()
    )
    for found in multipliers(tradeoff, sweep.plugin.slacks, ask):
        yield PluginRule(chances, terms, found, chances.outcome.flags, _note(terms))


def learn_chances(
    learner: Learner,
    prepared: PreparedData,
    compared: Sequence[Sequence[str]],
    seed: int,
    ask: Callable[[], None],
) -> Chances:
    """Learn P(y | x) and P(group | x, y) on train people."""
    own: dict[str, FloatArray | None] = {
        name: prepared.splits[name].weight for name in ("train", "validation")
    }
    ask()
    outcome = FITS[learner](prepared, own, seed)
    groups = []
    for by in compared:
        ask()
        codes = {name: cross(prepared.splits[name].attributes, by).codes for name in own}
        size = len(cross(prepared.splits["train"].attributes, by).names)
        groups.append(GROUP_FITS[learner](prepared, codes, size, own, seed))
    return Chances(learner, outcome, tuple(groups))


def terms_of(
    constraint: Constraint,
    joint: tuple[FloatArray, ...],
    weight: FloatArray,
    names: Sequence[Sequence[str]],
) -> Terms:
    """The rates a constraint bounds, over people as their learnt chances say.

    Args:
        constraint: Which.
        joint: Per compared attribute (n, G, 2) chances of each group with each label.
        weight: (n,) positive weights of people.
        names: Names of the groups of each attribute.

    Raises:
        InputError: If no two groups can be compared.
    """
    rows: list[tuple[int, int, FloatArray, float, int]] = []
    left_out: list[str] = []
    condition = 0
    for a, chance in enumerate(joint):
        total = np.tensordot(weight, chance, axes=1) / weight.sum()  # (G, 2)
        for labels in _OVER[constraint]:
            share = total[:, labels].sum(axis=1)
            kept = np.flatnonzero(share * len(weight) >= FEWEST)
            left_out += [names[a][g] for g in range(len(share)) if g not in kept]
            if len(kept) < 2:
                continue
            for g in kept:
                take, constant = _term(constraint, labels, total[g] / share[g])
                rows.append((a, int(g), take / share[g], constant, condition))
            condition += 1
    if not rows:
        raise InputError(
            "The plug-in rule found no two groups to compare among validation people. Use more "
            "people, merge groups, or leave it out of the baselines."
        )
    return Terms(
        attribute=np.array([row[0] for row in rows]),
        group=np.array([row[1] for row in rows]),
        take=np.stack([row[2] for row in rows]),
        constant=np.array([row[3] for row in rows]),
        condition=np.array([row[4] for row in rows]),
        left_out=tuple(dict.fromkeys(left_out)),
    )


def _term(
    constraint: Constraint, labels: tuple[int, ...], share: FloatArray
) -> tuple[FloatArray, float]:
    """Factors of the chances of label 0 and 1, and the constant, of one group's rate.

    Args:
        constraint: Which.
        labels: Over whom.
        share: (2,) of the group with each label.
    """
    if constraint == "accuracy_parity":
        return np.array([-1.0, 1.0]), float(share[0])
    over = np.array([float(label in labels) for label in (0, 1)])
    if constraint == "mean_residual_parity":
        return over, -float(share[1])
    return over, 0.0


def _note(terms: Terms) -> str:
    if not terms.left_out:
        return ""
    return (
        f"The plug-in rule leaves {', '.join(terms.left_out)} out of a rate it bounds: hardly "
        "anybody among validation people seems to be of it with the label the rate is over."
    )
