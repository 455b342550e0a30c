"""A record beside the same decision computed again: every number that differs, and how much may.

On the same machine, with the same versions, nothing may differ. Elsewhere numbers may differ by
what the record says (:class:`fairlab.decision.records.Tolerance`); numbers of people may not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fairlab.decision.machine import TOLERANCE
from fairlab.decision.parts import (
    GroupingNumbers,
    GroupNumbers,
    Measured,
    MeasuredGap,
    SplitNumbers,
    Tolerance,
)
from fairlab.decision.records import DecisionRecord
from fairlab.results import CROSSING

# Of a record's own numbers; n of these depends on decisions.
_OF_DECISIONS = ("ppv", "npv")
_NEVER = 0.0  # what may not differ
_EXCESS = 1e-3  # of a projection beyond what it promises: solvers round
_OPEN = float("inf")  # what may be anything elsewhere: a name, which epoch was best

Found = float | int | str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One number of a record that came out otherwise.

    Attributes:
        where: Which, from the outside in: split, attributes, group, name, part.
        recorded, found: None where it is hidden, undefined or absent.
        allowed: By how much it may differ here; 0 on the same machine, infinite for what is no
            number.
    """

    where: tuple[str, ...]
    recorded: Found
    found: Found
    allowed: float

    @property
    def size(self) -> float | None:
        """By how much; None unless both are numbers."""
        if isinstance(self.recorded, str) or isinstance(self.found, str):
            return None
        if self.recorded is None or self.found is None:
            return None
        return abs(self.found - self.recorded)

    @property
    def within(self) -> bool:
        """Whether it may differ by so much here."""
        if self.size is None:
            return self.allowed > 0
        return self.allowed > 0 and self.size <= self.allowed + 1e-9


@dataclass(frozen=True, slots=True)
class Changed:
    """A fact of the machine, or a version, that is another one than in the record."""

    name: str
    recorded: str
    found: str


def changed(record: DecisionRecord, anew: DecisionRecord) -> tuple[Changed, ...]:
    """What is another machine, or another version, now. () on the same machine."""
    pairs = []
    machines = (record.machine.model_dump(), anew.machine.model_dump())
    for before, after in (machines, (dict(record.versions), dict(anew.versions))):
        names = [*before, *(name for name in after if name not in before)]
        pairs += [(name, before.get(name), after.get(name)) for name in names]
    return tuple(
        Changed(name, _word(before), _word(after)) for name, before, after in pairs
        if before != after
    )  # fmt: skip


def differences(record: DecisionRecord, anew: DecisionRecord) -> tuple[Difference, ...]:
    """Every number of a record that is another one, computed again.

    Args:
        record: As it was.
        anew: Made of the same run, choice and smallest cell, trained again.

    Returns:
        Differences, those outside the tolerance first; () when all numbers are the same.
    """
    tolerance = _stricter(record.tolerance, TOLERANCE) if changed(record, anew) else None
    before, after = dict(numbers(record)), dict(numbers(anew))
    found = []
    for where in [*before, *(place for place in after if place not in before)]:
        a, b = before.get(where), after.get(where)
        old, new = (None if one is None else one.value for one in (a, b))
        if old == new and (a is None) == (b is None):
            continue
        number = a if a is not None else b
        assert number is not None
        allowed = 0.0 if tolerance is None else number.allowed(tolerance)
        found.append(Difference(where, old, new, allowed))
    return tuple(sorted(found, key=lambda one: one.within))


def _stricter(one: Tolerance, other: Tolerance) -> Tolerance:
    """What both allow: a record can be edited, and says itself what may differ from it."""
    return Tolerance(
        share=min(one.share, other.share),
        people=min(one.people, other.people),
        because=other.because,
    )


@dataclass(frozen=True, slots=True)
class Number:
    """A recorded number, and how the tolerance reads for it.

    Attributes:
        value: It.
        times: How many times a rate's tolerance it may differ by: 1 for rates, 2 for gaps.
        n: People behind it.
        fixed: Tolerance whatever the record says: 0 or infinite; None for a number of the model.
        of_people: It is a number of people: what a share of ``n`` is, in people.
    """

    value: Found
    times: float = 1.0
    n: int | None = None
    fixed: float | None = None
    of_people: bool = False

    def allowed(self, tolerance: Tolerance) -> float:
        """By how much it may differ on another machine."""
        if self.fixed is not None:
            return self.fixed
        share = tolerance.share
        if self.n is not None:
            share += tolerance.people / max(self.n, 1)
        if self.of_people:
            return self.times * share * max(self.n if self.n is not None else 1, 1)
        size = abs(self.value) if isinstance(self.value, (int, float)) else 0.0
        return self.times * share * max(1.0, size)


def numbers(record: DecisionRecord) -> Iterator[tuple[tuple[str, ...], Number]]:
    """Every number of a record that is computed, by its place."""
    yield ("table", "rows"), Number(record.table.rows, fixed=_NEVER)
    yield ("run", "models"), Number(record.models_trained, fixed=_NEVER)
    yield ("intervals", "level"), Number(record.level, fixed=_NEVER)
    yield ("intervals", "draws"), Number(record.draws, fixed=_NEVER)
    yield ("intervals", "seed"), Number(record.seed, fixed=_NEVER)
    yield ("model", "best epoch"), Number(record.best_epoch, fixed=_OPEN)
    uses = str(record.policy.uses_attribute_when_deciding)
    yield ("policy", "uses attribute"), Number(uses, fixed=_OPEN)
    for cut in record.policy.cuts:
        yield ("policy", "threshold", cut.group), Number(cut.threshold, fixed=_NEVER)
    for split in record.results:
        yield from _of_split(split)
    yield from _of_promise(record)
    yield from _of_folds(record)
    own = [other for other in record.considered if other.digest == record.digest]
    for place, other in enumerate(own, 1):
        yield from _of_considered(f"{place}: {other.label}", other.numbers)


def _of_split(split: SplitNumbers) -> Iterator[tuple[tuple[str, ...], Number]]:
    yield (split.split, "people"), Number(split.people, fixed=_NEVER)
    yield (split.split, "scores"), Number(split.scores, fixed=_OPEN)
    for grouping in split.groupings:
        yield from _of_grouping((split.split, CROSSING.join(grouping.by)), grouping)


def _of_grouping(
    place: tuple[str, ...], grouping: GroupingNumbers
) -> Iterator[tuple[tuple[str, ...], Number]]:
    yield (*place, "groups_left_out"), Number(grouping.groups_left_out, fixed=_NEVER)
    yield from _of_group((*place, "everyone"), grouping.everyone)
    for group in grouping.groups:
        yield from _of_group((*place, "groups", group.group), group)
    yield (*place, "gaps", "hidden"), Number(", ".join(grouping.hidden_gaps), fixed=_OPEN)
    for name, gap in grouping.gaps.items():
        yield from _parts((*place, "gaps", name), name, gap, 2.0)
        yield (*place, "gaps", name, "highest"), Number(gap.highest, fixed=_OPEN)
        yield (*place, "gaps", name, "lowest"), Number(gap.lowest, fixed=_OPEN)


def _of_group(
    place: tuple[str, ...], group: GroupNumbers
) -> Iterator[tuple[tuple[str, ...], Number]]:
    yield (*place, "people"), Number(group.people, fixed=_NEVER)
    yield (*place, "hidden"), Number(", ".join(group.hidden), fixed=_OPEN)
    for name, rate in group.rates.items():
        yield from _parts((*place, name), name, rate, 1.0, group.people)


def _parts(
    place: tuple[str, ...],
    name: str,
    found: Measured | MeasuredGap,
    times: float,
    people: int | None = None,
) -> Iterator[tuple[tuple[str, ...], Number]]:
    for part in ("value", "lower", "upper"):
        yield (*place, part), Number(getattr(found, part), times, found.n)
    if found.n is None:
        return
    if name in _OF_DECISIONS:
        n = found.n if people is None else people
        yield (*place, "n"), Number(found.n, times, n, of_people=True)
    else:
        yield (*place, "n"), Number(found.n, fixed=_NEVER if times == 1 else _OPEN)


def _of_promise(record: DecisionRecord) -> Iterator[tuple[tuple[str, ...], Number]]:
    if record.promise is None:
        return
    yield ("promise", "promised"), Number(record.promise.promised, fixed=_NEVER)
    yield ("promise", "excess"), Number(record.promise.excess, fixed=_EXCESS)
    people: dict[str, int] = {split.split: split.people for split in record.results}
    for split, gap in record.promise.score_gap.items():
        yield ("promise", "gap of mean scores", split), Number(gap, 2.0, people.get(split))


def _of_folds(record: DecisionRecord) -> Iterator[tuple[tuple[str, ...], Number]]:
    if record.folds is None:
        return
    folds, people = record.folds, record.results[-1].people
    yield ("folds", "folds"), Number(folds.folds, fixed=_NEVER)
    for name, found, times in (("accuracy", folds.accuracy, 1.0), ("gap", folds.gap, 2.0)):
        for part in ("value", "lower", "upper"):
            yield ("folds", name, part), Number(getattr(found, part), times, people)
    yield ("folds", "accuracy", "sd"), Number(folds.accuracy_sd, 1.0, people)
    yield ("folds", "gap", "sd"), Number(folds.gap_sd, 2.0, people)


def _of_considered(
    label: str, found: dict[str, dict[str, Measured]]
) -> Iterator[tuple[tuple[str, ...], Number]]:
    for split, own in found.items():
        for name, number in own.items():
            times = 1.0 if name == "accuracy" else 2.0
            for part in ("value", "lower", "upper"):
                place = ("considered", label, split, name, part)
                yield place, Number(getattr(number, part), times, number.n)


def outside(found: Sequence[Difference]) -> tuple[Difference, ...]:
    """Those that differ by more than they may."""
    return tuple(one for one in found if not one.within)


def _word(value: object) -> str:
    return "–" if value is None else str(value)
