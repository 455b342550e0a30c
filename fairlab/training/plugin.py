"""The plug-in rule: the best decisions within a slack, learnt chances taken for true ones.

Without anybody's group at decision time, the least cost within a slack is reached by comparing
each person's P(y = 1 | x), less what the constraint charges for P(group, y | x), with the threshold
(Menon and Williamson 2018; Zeng, Dobriban and Cheng 2022). Models learn these chances; what is
charged follows from them, and is then moved so that the gap measured with the labels and groups of
train and validation people keeps within the slack: a few numbers, whatever the number of people.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fairlab.baselines import Learner
from fairlab.config import SweepConfig
from fairlab.data.task import PreparedData, SplitData
from fairlab.outcomes import FloatArray
from fairlab.results import cross
from fairlab.training.bounded import Joint, Terms, bounded_rates
from fairlab.training.chances import Chances, learn_chances
from fairlab.training.learners import Interrupted
from fairlab.training.multipliers import Search, Tradeoff

# How often rates by chance are set right by measured ones, and the search is repeated.
CORRECTIONS = 3
# A rate measured on so many people sets the one by chance half right, on more of them more.
HALF_TRUSTED = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class PluginRule:
    """P(y = 1 | x) less what is charged, compared with the threshold.

    Attributes:
        slack: Asked for.
        chances: What is learnt of a person.
        terms: The bounded rates.
        charge: (m,) multipliers of the rates.
        note: What to know of the method on these groups; "" if nothing.
    """

    slack: float
    chances: Chances
    terms: Terms
    charge: FloatArray
    note: str = ""

    def __call__(self, part: SplitData) -> FloatArray:
        """(n,) scores: the chance of the favourable outcome less the charge, kept in [0, 1].

        Whoever has a score of at least the threshold of the run is selected. Labels and groups
        are not read; train people are treated as anybody else.
        """
        return self.scores(self.chances.joint(part))

    def scores(self, joint: Joint) -> FloatArray:
        """(n,) scores of people with these chances."""
        charged = self.terms.rates(joint) @ self.charge
        return np.asarray(np.clip(_favourable(joint) - charged, 0.0, 1.0))


def plugin_rules(
    learner: Learner,
    prepared: PreparedData,
    compared: Sequence[Sequence[str]],
    sweep: SweepConfig,
    should_stop: Callable[[], bool],
) -> Iterator[PluginRule]:
    """One rule per slack of the sweep, in order; test people are not looked at.

    Args:
        learner: Learns both chances.
        prepared: The table, split and encoded.
        compared: Attributes whose groups are compared: several for marginal groups; one entry of
            several names is their crossing.
        sweep: Constraint, slacks, folds, threshold, seed.
        should_stop: Asked before each fit and at every step of the search for multipliers.

    Raises:
        InputError: If fewer than two groups are left to compare.
        SolveError: If multipliers are not found.
        Interrupted: When stopped.
    """

    def ask() -> None:
        if should_stop():
            raise Interrupted

    chances = learn_chances(learner, prepared, compared, sweep.plugin.folds, sweep.seeds[0], ask)
    learnt, known, weight = _fitted_on(chances, prepared, compared)
    names = [cross(prepared.splits["train"].attributes, by).names for by in compared]
    bounded = bounded_rates(sweep.constraint, names, [(learnt, weight), (known, weight)])
    terms = bounded.terms(learnt, weight)
    search = Search(
        Tradeoff(
            _favourable(learnt) - sweep.threshold, terms.rates(learnt), bounded.condition, weight
        ),
        ask,
    )
    correct = _corrector(search.tradeoff, terms, known)
    charge = np.zeros(len(terms.constant))
    for slack in sweep.plugin.slacks:
        charge = _charge(search, slack, terms.constant, charge, correct)
        yield PluginRule(slack, chances, terms, charge, _note(bounded.left_out))


def _fitted_on(
    chances: Chances, prepared: PreparedData, compared: Sequence[Sequence[str]]
) -> tuple[Joint, Joint, FloatArray]:
    """Learnt chances, known groups and labels, and weights (n,) of those charges are fitted on.

    Validation people, and train people by the fits that were learnt without them.
    """
    parts = {"validation": chances.joint(prepared.splits["validation"])}
    if chances.without is not None:
        parts["train"] = chances.left_out(prepared.splits["train"])
    people = [prepared.splits[name] for name in parts]
    learnt = tuple(np.concatenate(every) for every in zip(*parts.values(), strict=True))
    known = tuple(np.concatenate([_known(part, by) for part in people]) for by in compared)
    weight = np.concatenate(
        [np.ones(len(p.y_true)) if p.weight is None else p.weight for p in people]
    )
    return learnt, known, weight / weight.sum()


def _known(part: SplitData, by: Sequence[str]) -> FloatArray:
    """(n, G, 2) 1 for each person's own group and label."""
    group = cross(part.attributes, by)
    found = np.zeros((len(part.y_true), len(group.names), 2))
    found[np.arange(len(found)), group.codes, part.y_true] = 1.0
    return found


def _corrector(
    tradeoff: Tradeoff, terms: Terms, known: Joint
) -> Callable[[FloatArray], FloatArray]:
    """From charges to how far each rate (m,), as measured, is above the one by chances.

    Differences measured on few people are taken for less than they are.
    """
    measured = terms.bounded.terms(known, tradeoff.weight)
    rates = measured.rates(known)
    people = (terms.bounded.people(known, tradeoff.weight) * terms.bounded.over).sum(axis=1)
    count = people / float(tradeoff.weight @ tradeoff.weight)  # of equal weights, how many
    trust = count / (count + HALF_TRUSTED)

    def difference(charge: FloatArray) -> FloatArray:
        selected = np.where(tradeoff.selected(charge), tradeoff.weight, 0.0)
        off = selected @ (rates - tradeoff.rates) + measured.constant - terms.constant
        return np.asarray(trust * off)

    return difference


def _charge(
    search: Search,
    slack: float,
    constant: FloatArray,
    start: FloatArray,
    correct: Callable[[FloatArray], FloatArray],
) -> FloatArray:
    """The multipliers at a slack, for rates set right by what is measured of those selected.

    The difference is averaged over rounds, so that it settles.
    """
    charge, _ = search.at(slack, constant, start)
    off = correct(charge)
    for _ in range(CORRECTIONS):
        charge, _ = search.at(slack, constant + off, charge)
        off = (off + correct(charge)) / 2
    return search.settle(charge, slack, constant + off)


def _favourable(joint: Joint) -> FloatArray:
    """(n,) chance of the favourable outcome."""
    return np.asarray(joint[0][:, :, 1].sum(axis=1))


def _note(left_out: Sequence[str]) -> str:
    if not left_out:
        return ""
    return (
        f"The plug-in rule leaves {', '.join(left_out)} out of a rate it bounds: nobody of it has "
        "the label the rate is over, among train and validation people."
    )
