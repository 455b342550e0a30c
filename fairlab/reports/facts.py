"""What a report, a model card and a record say of one chosen model: the same numbers, once.

Measured on test people, at the threshold or thresholds chosen. What rests on few people is left
out here, so that nothing built from these facts can show it.
"""

from dataclasses import dataclass, replace

import numpy as np

from fairlab.config import CONSTRAINT_GAPS, Choice, RunConfig
from fairlab.errors import InputError
from fairlab.language import tr
from fairlab.metrics import Audit, GapResult, GroupRate, audit
from fairlab.metrics.people_gaps import gap_of_people
from fairlab.metrics.suppression import SMALLEST, suppress
from fairlab.outcomes import GroupedOutcomes
from fairlab.reports.export import chosen_index
from fairlab.reports.near import near_splits
from fairlab.reports.sentences.limits import limits
from fairlab.reports.sentences.point import point_label
from fairlab.results import CROSSING, Point, ScoredPeople, SweepResult
from fairlab.sweeps.cuts import decided
from fairlab.sweeps.people import PeopleMoved, moves


@dataclass(frozen=True, slots=True, eq=False)
class ModelFacts:
    """One model at its threshold, on test people.

    Attributes:
        label: In words.
        audits: One per grouping of the run, small cells suppressed.
        outcomes: The same people with their scores or decisions; for further aggregates only.
        cut: Threshold their scores are read at.
    """

    label: str
    audits: tuple[Audit, ...]
    outcomes: tuple[GroupedOutcomes, ...]
    cut: float

    @property
    def accuracy(self) -> GroupRate:
        """Of everyone; without a value where it is withheld in any grouping."""
        return _everyone(self.audits, "accuracy")

    @property
    def selected(self) -> GroupRate:
        """Share of everyone selected; as :attr:`accuracy`."""
        return _everyone(self.audits, "selection_rate")

    def gap(self, name: str) -> GapResult:
        """A gap, of several groupings the widest; withheld where it is in any.

        Its interval is that of the widest, resampled as one number.
        """
        found = self.audits[self.widest(name)].gaps[name]
        if len(self.audits) < 2 or found.value is None:
            return found
        whole = gap_of_people(self.outcomes, self.cut, name)
        return replace(found, lower=whole.lower, upper=whole.upper)

    def widest(self, name: str) -> int:
        """The grouping whose gap is the widest, or is withheld."""
        found = [one.gaps[name] for one in self.audits]
        gone = [place for place, gap in enumerate(found) if gap.hidden]
        if gone:
            return gone[0]
        values = [-1.0 if gap.value is None else gap.value for gap in found]
        return int(np.argmax(values))


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """A run and the model chosen from it.

    Attributes:
        config: The run, with its choice.
        result: What it gave.
        point: The model chosen.
        smallest: Cells of fewer people are withheld; 0 withholds nothing.
        chosen: The model at the threshold or thresholds chosen.
        unmitigated: The model of its family with nothing done about its gap, at the run's own
            threshold; None when there is none, or it is the chosen one.
        gap_name: The gap of the run's constraint, by its name in ``GAPS``.
        limits: What the numbers do not show, in sentences.
    """

    config: RunConfig
    result: SweepResult
    point: Point
    smallest: int
    chosen: ModelFacts
    unmitigated: ModelFacts | None
    gap_name: str
    limits: tuple[str, ...]

    @property
    def choice(self) -> Choice:
        """Which model, at which threshold, and why."""
        assert self.config.choice is not None
        return self.config.choice

    @property
    def withheld(self) -> bool:
        """Whether anything about the chosen model is withheld."""
        return any(one.hidden for one in self.chosen.audits)

    @property
    def near(self) -> bool:
        """Whether the model's numbers at the run's threshold would tell of few people."""
        choice, index = self.choice, self.point.index
        splits = near_splits(self.result, index, choice.threshold, choice.group_cuts, self.smallest)
        return "test" in splits

    @property
    def moved(self) -> tuple[PeopleMoved, tuple[str, ...]] | None:
        """Who is decided otherwise than by the unmitigated model, and by which attributes."""
        if self.unmitigated is None:
            return None
        place = self.chosen.widest(self.gap_name)
        before, after = self.unmitigated.outcomes[place], self.chosen.outcomes[place]
        found = moves(
            y_true=after.y_true,
            group=after.group,
            group_names=after.group_names,
            before=before.score >= self.unmitigated.cut,
            after=after.score >= self.chosen.cut,
            weight=after.weight,
        )
        return found, self.result.groupings[place]


def gather(config: RunConfig, result: SweepResult, smallest: int = SMALLEST) -> Facts:
    """Everything there is to say of the model a run's choice names.

    Args:
        config: With its choice.
        smallest: Cells of fewer people are withheld; 0 for one's own use, or of public tables.

    Raises:
        InputError: If there is no choice, or the run has no such model.
    """
    choice = config.choice
    if choice is None:
        raise InputError(
            "A report is about one chosen model; this run has no choice. Choose a point on Train, "
            "or write the choice into the YAML."
        )
    if "test" not in result.splits:
        raise InputError(
            f"The run has no test people; its splits are {', '.join(result.splits)}. Train it "
            "again with a test split."
        )
    index = chosen_index(result, choice)
    people, cut = result.scored(index), choice.threshold
    label = point_label(result.points[index])
    if choice.group_cuts is not None:
        people, cut = decided(people, choice.group_cuts), 0.5
    within = choice.threshold_within
    other = result.unmitigated(index)
    unmitigated = None
    if other is not None:
        bare, own_cut = result.scored(other), result.threshold
        unmitigated = _model(result, bare, own_cut, point_label(result.points[other]), smallest)
    return Facts(
        config=config,
        result=result,
        point=result.points[index],
        smallest=smallest,
        chosen=_model(result, people, cut, label, smallest),
        unmitigated=unmitigated,
        gap_name=CONSTRAINT_GAPS.get(result.constraint, "demographic_parity_difference"),
        limits=limits(config, result, index, choice.threshold, within, choice.group_cuts, smallest),
    )


def attributes_in_words(by: tuple[str, ...]) -> str:
    """A grouping as a title: "sex", "sex × race"."""
    return CROSSING.join(by)


def split_words(name: str) -> str:
    """A split in words, as part of a list."""
    known = {"train": tr("training"), "validation": tr("validation"), "test": tr("test")}
    return known.get(name, name)


def _model(
    result: SweepResult, people: ScoredPeople, cut: float, label: str, smallest: int
) -> ModelFacts:
    threshold = cut if people.has_scores else 0.5
    outcomes = tuple(people.outcomes(by) for by in result.groupings)
    audits = tuple(
        suppress(audit(one, threshold, has_scores=False), smallest, sizes=True) for one in outcomes
    )
    return ModelFacts(label, audits, outcomes, threshold)


def _everyone(audits: tuple[Audit, ...], rate: str) -> GroupRate:
    """Everyone's rate; that of a grouping which withholds it, if one does."""
    found = [one.rates[rate].everyone for one in audits]
    gone = [one for one in found if one.value is None]
    return replace(gone[0] if gone else found[0])
