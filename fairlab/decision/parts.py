"""What a decision record consists of: numbers, fingerprints, rules and words, each by itself."""

import hashlib
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fairlab.config import Choice, Record

KIND = "fairlab decision record"
SCHEMA_VERSION = 1
MOST_GROUPS = 200  # listed per grouping; the largest are
LONGEST = 10_000  # characters of a reason, or of a voice that disagrees

Text = Annotated[str, Field(max_length=LONGEST)]
Name = Annotated[str, Field(max_length=1_000)]
Hex64 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Check = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Count = Annotated[int, Field(ge=0, le=10**12)]
Split = Literal["train", "validation", "test"]
Cut = Annotated[float, Field(gt=0, lt=1)]


class Measured(Record):
    """A number with its 95 % interval.

    Attributes:
        value: None when it is undefined or hidden.
        lower, upper: Of the interval; None when there is none.
        n: People behind it, weights aside: those a rate divides by; of a gap in the group with the
            fewest.
        why: Why there is no value.
    """

    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    n: Count | None = None
    why: Literal["undefined", "hidden"] | None = None


class MeasuredGap(Measured):
    """A gap between groups, and the two that set it."""

    highest: Name | None = None
    lowest: Name | None = None


class GroupNumbers(Record):
    """Rates of one group, or of everyone.

    Attributes:
        group: Its name.
        people: In it; None below the smallest number that is shown.
        rates: By name.
        hidden: Names of those that rest on few people, or would give such numbers away.
    """

    group: Name
    people: Count | None = None
    rates: Annotated[dict[Name, Measured], Field(max_length=50)]
    hidden: Annotated[tuple[Name, ...], Field(max_length=50)] = ()


class GroupingNumbers(Record):
    """Numbers of one split in the groups of one attribute, or of the crossing of several.

    Attributes:
        by: The attributes.
        everyone: All people together.
        gaps: Between the groups, by name.
        hidden_gaps: Names of those that are hidden.
        groups: The groups, the largest 200.
        groups_left_out: Further groups, which the gaps are about, too.
    """

    by: Annotated[tuple[Name, ...], Field(min_length=1, max_length=20)]
    everyone: GroupNumbers
    gaps: Annotated[dict[Name, MeasuredGap], Field(max_length=50)]
    hidden_gaps: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    groups: Annotated[tuple[GroupNumbers, ...], Field(max_length=MOST_GROUPS)]
    groups_left_out: Count = 0


class SplitNumbers(Record):
    """What the chosen model does to the people of one split.

    Attributes:
        split: Which.
        people: In it, weights aside.
        groupings: One; or, where each attribute is compared by itself, one for each.
        scores: Check of the model's scores, bit for bit (as a column's, see
            :class:`ColumnPrint`); None where they could be guessed from it.
    """

    split: Split
    people: Count
    groupings: Annotated[tuple[GroupingNumbers, ...], Field(max_length=20)]
    scores: Check | None = None


class ColumnPrint(Record):
    """One column: its name, what it holds, and a check of its content; no value of it.

    Attributes:
        name, kind: As read.
        missing: Cells without a value; None when they are few, or nearly all.
        check: 128 bits of a salted, slow hash of the column's values in order; None where few
            orders are possible, because then somebody could try them all.
    """

    name: Name
    kind: Literal["number", "yes/no", "date", "text"]
    missing: Count | None = None
    check: Check | None = None


class Fingerprint(Record):
    """Which table it was, without saying what is in it.

    Attributes:
        whole: Fingerprint of the whole table, as in ``run.data``.
        rows: How many.
        salt: Of the checks; another for every table.
        columns: In order.
    """

    whole: Hex64
    rows: Count
    salt: Hex64
    columns: Annotated[tuple[ColumnPrint, ...], Field(min_length=1, max_length=5_000)]

    @model_validator(mode="after")
    def _own_salt(self) -> Self:
        if self.salt != salt_of(self.whole):
            raise ValueError(
                f"the salt is not the one of the table {self.whole[:12]}…; one of the two was "
                "changed. Export the record again"
            )
        return self


def salt_of(whole: str) -> str:
    """The salt of a table's checks: another for every table, the same for every record of it."""
    return hashlib.sha256(f"{KIND} {SCHEMA_VERSION} salt {whole}".encode()).hexdigest()


class GroupCut(Record):
    """The threshold of one group."""

    group: Name
    threshold: float


class Policy(Record):
    """How scores become decisions.

    Attributes:
        kind: ``threshold``: selected iff score >= threshold; ``thresholds per group``: each group
            at its own; ``drawn``: with a chance equal to the score, by the seed's luck.
        threshold: For everyone; None with thresholds per group and where decisions are drawn.
        by, cuts: Attributes and thresholds of the groups.
        within: Gap of decisions the threshold was picked for on validation people, if so.
        uses_attribute_when_deciding: Whether deciding for a person needs the person's group; None
            if that was not kept.
    """

    kind: Literal["threshold", "thresholds per group", "drawn"]
    threshold: Cut | None = None
    by: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    cuts: Annotated[tuple[GroupCut, ...], Field(max_length=5_000)] = ()
    within: Annotated[float, Field(ge=0, le=2)] | None = None
    uses_attribute_when_deciding: bool | None = None


class Promise(Record):
    """What a fairness layer promised, and what was measured; gaps by split, None if undefined.

    Attributes:
        promised: Largest gap of mean scores, the slack.
        excess: Largest excess over it where it was promised.
        score_gap: Of mean scores.
        policy: Which rule moves the scores of new people.
    """

    promised: float
    excess: float
    score_gap: Annotated[dict[Name, float | None], Field(max_length=3)]
    policy: Name


class MetricDefinition(Record):
    """What a name in the results means.

    Attributes:
        label, definition: In words.
        kind: A ``rate`` of a group, or a ``gap`` between groups.
        lowest, highest: Its range; None is no end.
        equal: Of a gap: its value when groups do not differ.
        sign: What its sign, or its direction, means.
        source: Where it is defined.
    """

    label: Name
    definition: Text
    kind: Literal["rate", "gap"]
    lowest: float
    highest: float | None = None
    equal: float | None = None
    sign: Text
    source: Text


class Considered(Record):
    """Another model that was looked at, and how it does.

    Attributes:
        label: In words.
        digest: Of its run; the record's own or another.
        constraint: Of its run.
        choice: Which model, at which threshold.
        numbers: By split, accuracy and the gap of the record's own constraint (widest over the
            attributes).
    """

    label: Text
    digest: Hex64
    constraint: Name
    choice: Choice
    numbers: Annotated[dict[Name, dict[Name, Measured]], Field(max_length=3)]


class Dissent(Record):
    """One voice that disagrees; ``voice`` says whose, if they want that said."""

    words: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    voice: Name = ""


Voices = Annotated[tuple[Dissent, ...], Field(max_length=200)]


class Words(Record):
    """What people say of a choice, as a record takes it; see :class:`DecisionRecord`."""

    reason: Text = ""
    dissent: Voices = ()


class Tally(Record):
    """How many people said something."""

    name: Name
    people: Count


class WorkshopPart(Record):
    """What a group of people said, counted; no names.

    Attributes:
        question: They were asked.
        participants, answers: How many there were, and how many answered.
        metrics, models: What they chose.
        support: How many support, accept or object to the decision.
    """

    question: Text = ""
    participants: Count = 0
    answers: Count = 0
    metrics: Annotated[tuple[Tally, ...], Field(max_length=100)] = ()
    models: Annotated[tuple[Tally, ...], Field(max_length=200)] = ()
    support: Annotated[tuple[Tally, ...], Field(max_length=10)] = ()


class Machine(Record):
    """What of a machine matters for the bytes of a result; nothing that names it.

    Attributes:
        device: Trained on.
        processor: Model of the CPU.
        architecture: Its instruction set, with the extensions numerical libraries use.
        system: Operating system.
        threads: Of each part that is trained: one, whatever the machine has.
        models_at_once: If it was set by hand.
        accelerator: Model of the graphics card, where one trained and its name is known.
    """

    device: Name
    processor: Name = ""
    architecture: Name = ""
    system: Name = ""
    threads: Count = 1
    models_at_once: Count | None = None
    accelerator: Name | None = None


class Tolerance(Record):
    """By how much numbers may differ on another machine, or with other versions.

    A rate of n people, and the end of its interval, may differ by ``share + people / n``; a gap by
    twice that, n its smallest group. On the same machine with the same versions by nothing.
    """

    share: Annotated[float, Field(ge=0, le=1)]
    people: Annotated[float, Field(ge=0, le=1_000)]
    because: Text


class FoldNumbers(Record):
    """The chosen place of the grid over all folds, everybody in test once."""

    folds: Annotated[int, Field(ge=1, le=20)]
    accuracy: Measured
    gap: Measured
    accuracy_sd: float | None = None
    gap_sd: float | None = None
