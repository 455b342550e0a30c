"""The health of a run: what went wrong with which of its models, counted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairlab.outcomes import count
from fairlab.pareto.overfit import fairness_overfit
from fairlab.results import Point, SweepResult

# What the solver of the layer may leave over.
RESIDUAL = 1e-6
_OTHER = "other"
_ONE_SIDED = ("Nobody in group", "Everybody in group")

# Findings by what their sentence says; in the words "N models …".
_SAID: tuple[tuple[str, tuple[str, ...], tuple[str, str]], ...] = (
    (
        "collapsed",
        ("gives everybody nearly the same score", "Nobody is selected", "Everybody is selected"),
        ("decides alike for everybody", "decide alike for everybody"),
    ),
    (
        "one_sided",
        _ONE_SIDED,
        ("selects nobody or everybody of a group", "select nobody or everybody of a group"),
    ),
    (
        "diverged",
        ("stopped being finite",),
        ("stopped training well: its loss was not finite",) * 2,
    ),
    ("untrained", ("No epoch was completed",), ("was not trained", "were not trained")),
    (
        "slack_not_reached",
        ("Asked for a gap of at most",),
        ("did not reach the gap asked for",) * 2,
    ),
    (
        "drawn_to_constant",
        ("towards a constant",),
        ("met its slack only by drawing scores together",) * 2,
    ),
    (
        "adversary_at_chance",
        ("adversary guesses",),
        ("has an adversary that stopped pushing", "have an adversary that stopped pushing"),
    ),
    (
        "not_settled",
        ("had not settled", "Exponentiated gradient stopped after"),
        ("had not settled when it was stopped",) * 2,
    ),
)
_WORDS = {kind: words for kind, _, words in _SAID} | {
    "overfit": ("has a gap that is narrow on training people only",) * 2,
    "solver": ("left more over than the solver may",) * 2,
    "promise_missed": ("missed its promise",) * 2,
    _OTHER: ("has another finding", "have another finding"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of finding and the models that have it.

    Attributes:
        kind: ``collapsed``, ``one_sided``, ``diverged``, ``untrained``, ``slack_not_reached``,
            ``drawn_to_constant``, ``adversary_at_chance``, ``not_settled``, ``solver``,
            ``overfit``, ``promise_missed``, ``empty_cell``, ``cancelled`` or ``other``.
        words: What it says of these models, after their number; of the run as a whole, a sentence.
        indices: The models; () for a finding about the run.
        on_test: Whether it rests on test people, and so must not guide a choice.
    """

    kind: str
    words: str
    indices: tuple[int, ...]
    on_test: bool = False


@dataclass(frozen=True, slots=True)
class HealthReport:
    """All findings of a run.

    Attributes:
        models: How many there are.
        healthy: Those without any finding that rests on training or validation people.
        findings: By kind, models first, then the run; those on test people last.
    """

    models: int
    healthy: tuple[int, ...]
    findings: tuple[Finding, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Models by kind of finding; a finding about the run counts 1."""
        found: dict[str, int] = {}
        for one in self.findings:
            name = f"{one.kind}_on_test" if one.on_test else one.kind
            found[name] = found.get(name, 0) + max(1, len(one.indices))
        return found

    @property
    def sentence(self) -> str:
        """The report in a few short sentences."""
        parts = [f"{healthy_words(len(self.healthy), self.models)}."]
        for one in self.findings:
            if not one.indices:
                parts.append(one.words)
                continue
            where = " on test people" if one.on_test else ""
            parts.append(f"{len(one.indices)} {one.words}{where}.")
        return " ".join(parts)


def healthy_words(healthy: int, models: int) -> str:
    """ "3 of 6 models are healthy", with the verb and noun its numbers ask for."""
    if models == 1:
        return "The model is healthy" if healthy else "The model is not healthy"
    if healthy == models:
        return f"All {models} models are healthy"
    if not healthy:
        return f"None of the {models} models is healthy"
    if healthy == 1:
        return f"1 of {models} models is healthy"
    return f"{healthy} of {models} models are healthy"


def health_report(result: SweepResult, *, draws: int = 1000, seed: int = 0) -> HealthReport:
    """Everything that went wrong in a run, and with which models.

    Collapse, groups of whom nobody or everybody is selected, losses that stopped being finite, gaps
    asked for and not reached, an adversary at chance: from the findings of training, on validation
    people. Solver residuals of the layer on training batches. Gaps narrow on training people only
    (:func:`fairlab.pareto.overfit.fairness_overfit`). Promises missed and gaps not found again on
    test people are apart, and count no model as unhealthy. A flag of a kind not known here is
    counted as ``other``: nothing is dropped.

    Args:
        result: A sweep.
        draws, seed: For the test of gaps narrow on training people.
    """
    findings = [*_of_training(result.points), *_solver(result.points)]
    for against in ("validation", "test"):
        if {"train", against} <= set(result.splits):
            own = fairness_overfit(result, against, draws=draws, seed=seed)
            flagged = tuple(one.index for one in own if one.flagged)
            findings += _finding("overfit", flagged, on_test=against == "test")
    missed = [p.index for p in result.points if p.guarantee is not None and p.guarantee.missed()]
    findings += _finding("promise_missed", tuple(missed), on_test=True)
    findings += _of_run(result)
    findings.sort(key=lambda one: (one.on_test, not one.indices))
    sick = {m for one in findings if not one.on_test for m in one.indices}
    healthy = tuple(p.index for p in result.points if p.index not in sick)
    return HealthReport(len(result.points), healthy, tuple(findings))


def kind_of(flag: str) -> str:
    """Which kind of finding a sentence of :attr:`fairlab.results.Point.flags` is."""
    if flag.startswith(_ONE_SIDED):  # first: what follows is a group's name, whatever it says
        return "one_sided"
    for kind, needles, _ in _SAID:
        if any(needle in flag for needle in needles):
            return kind
    return _OTHER


def _finding(kind: str, indices: tuple[int, ...], *, on_test: bool = False) -> list[Finding]:
    if not indices:
        return []
    one, several = _WORDS[kind]
    return [Finding(kind, one if len(indices) == 1 else several, indices, on_test)]


def _of_training(points: Sequence[Point]) -> list[Finding]:
    kinds = [kind for kind, _, _ in _SAID] + [_OTHER]
    having: dict[str, list[int]] = {kind: [] for kind in kinds}
    for point in points:
        for kind in dict.fromkeys(map(kind_of, point.flags)):
            having[kind].append(point.index)
    return [f for kind, own in having.items() for f in _finding(kind, tuple(own))]


def _solver(points: Sequence[Point]) -> list[Finding]:
    left = [
        p.index
        for p in points
        if p.guarantee is not None
        and p.guarantee.promised < 1
        and (p.guarantee.excess > RESIDUAL or (p.guarantee.residual or 0.0) > RESIDUAL)
    ]
    return _finding("solver", tuple(left))


def _of_run(result: SweepResult) -> list[Finding]:
    found = []
    if result.cancelled:
        words = "Training was cancelled: models are as they were then, and some may be missing."
        found.append(Finding("cancelled", words, ()))
    for split in result.splits:
        empty = _empty_cells(result, split)
        if empty:
            words = f"On {split} people there is {empty}: gaps leave these out."
            found.append(Finding("empty_cell", words, (), on_test=split == "test"))
    return found


def _empty_cells(result: SweepResult, split: str) -> str:
    """Groups that exist in the table but have nobody with one of the outcomes in a split."""
    missing = []
    for by in result.groupings:
        tables = [count(result.scored(0, name).outcomes(by)) for name in result.splits]
        known = np.sum([table.n for table in tables], axis=0)
        counts = count(result.scored(0, split).outcomes(by), result.threshold)
        good, people = np.asarray(counts.tp + counts.fn), np.asarray(counts.n)
        for g, name in enumerate(counts.group_names):
            if people[g] == 0 and known[g] > 0:
                missing.append(f"nobody in group {name}")
            elif people[g] == 0:
                continue
            elif good[g] == 0 or good[g] == people[g]:
                which = "favourable" if good[g] == 0 else "unfavourable"
                missing.append(f"nobody in group {name} with the {which} outcome")
    return "; ".join(missing)
