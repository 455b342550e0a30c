"""A decision as a record that anybody can read, check and compute again; never rows of people.

``docs/schemas/decision-record-1.json`` is the published schema of :class:`DecisionRecord`. Fields
that are added later are optional within a version.
"""

import hashlib
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from fairlab.choosing import HowChosen
from fairlab.config import (
    Choice,
    Record,
    RunConfig,
    problems_of,
    read_mapping,
    refuse_unknown_attributes,
    shorten,
)
from fairlab.errors import InputError
from fairlab.results import CROSSING

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


class DecisionRecord(Record):
    """A choice, why it was made, what speaks against it, and everything to compute it again.

    Attributes:
        fairlab: Version that wrote it.
        digest: Of ``run``: that nobody changed it since.
        run: Data, roles, favourable outcome, split, seeds, constraint, modes and the choice.
        table: Which table it was.
        policy: How scores become decisions.
        promise: Of a fairness layer.
        metrics: What the names in the numbers mean.
        smallest: Numbers that rest on fewer people are hidden; 0 hides nothing.
        level, draws, seed: Of the intervals.
        results: Numbers of the chosen model.
        folds: With folds, numbers over all of them.
        best_epoch: Epoch that was kept, or iterations of a baseline.
        models_trained: In the run.
        flags, notes: Findings about the model, disclosures about the run.
        versions: Of fairlab's code and of the libraries, by name.
        machine, tolerance: See there.
        reason: Why this model.
        dissent: Voices that disagree.
        how_chosen: The way to the choice.
        considered: Models it was compared with.
        not_examined: What nobody looked at, in sentences derived from the run.
        workshop: What a group of people said.
    """

    kind: Literal["fairlab decision record"] = "fairlab decision record"
    schema_version: Literal[1] = 1
    fairlab: Name
    digest: Hex64
    run: RunConfig
    table: Fingerprint
    policy: Policy
    reason: Text = ""
    dissent: Voices = ()
    how_chosen: HowChosen | None = None
    considered: Annotated[tuple[Considered, ...], Field(max_length=50)] = ()
    not_examined: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    workshop: WorkshopPart | None = None
    smallest: Count = 10
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    draws: Annotated[int, Field(ge=100, le=100_000)] = 2000
    seed: Count = 0
    results: Annotated[tuple[SplitNumbers, ...], Field(min_length=1, max_length=3)]
    folds: FoldNumbers | None = None
    promise: Promise | None = None
    best_epoch: Count
    models_trained: Count
    flags: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    notes: Annotated[tuple[Text, ...], Field(max_length=500)] = ()
    metrics: Annotated[dict[Name, MetricDefinition], Field(max_length=100)]
    versions: Annotated[dict[Name, Name], Field(max_length=50)]
    machine: Machine
    tolerance: Tolerance

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.run.choice is None:
            raise ValueError("a decision record needs a choice; run.choice is missing")
        if self.run.data.fingerprint != self.table.whole:
            raise ValueError(
                "run.data.fingerprint and table.whole name two tables "
                f"({self.run.data.fingerprint[:12]}… and {self.table.whole[:12]}…); one of them "
                "was changed. Export the record again"
            )
        if self.run.data.rows is not None and self.run.data.rows != self.table.rows:
            raise ValueError(
                f"run.data.rows is {self.run.data.rows} and table.rows {self.table.rows}; one of "
                "them was changed. Export the record again"
            )
        if self.run.digest() != self.digest:
            raise ValueError(
                "the run was changed after the record was written: its digest is "
                f"{self.run.digest()[:12]}…, the record says {self.digest[:12]}…. Export the "
                "record again; or train the changed run by itself, from the YAML of a run"
            )
        self._one_rule(self.run.choice)
        self._each_once()
        return self

    def _one_rule(self, choice: Choice) -> None:
        """The policy is the choice's in other words; a reader must not find two."""
        cuts = () if choice.group_cuts is None else choice.group_cuts.cuts
        by = () if choice.group_cuts is None else choice.group_cuts.by
        said = (self.policy.by, tuple(cut.threshold for cut in self.policy.cuts))
        alone = self.policy.threshold in (None, choice.threshold)
        needs = self.policy.kind == "threshold"
        if said != (by, cuts) or not alone or (needs and self.policy.threshold is None):
            raise ValueError(
                "policy and run.choice say different thresholds; one of them was changed. Export "
                "the record again"
            )

    def _each_once(self) -> None:
        """What is there twice could be read as either."""
        named: list[tuple[str, list[str]]] = [
            ("splits of results", [one.split for one in self.results]),
            ("columns of the table", [column.name for column in self.table.columns]),
        ]
        for split in self.results:
            by = [CROSSING.join(grouping.by) for grouping in split.groupings]
            named.append((f"groupings of {split.split}", by))
            for grouping in split.groupings:
                groups = [group.group for group in grouping.groups]
                named.append((f"groups of {split.split} by {grouping.by}"[:200], groups))
        for what, names in named:
            if len(set(names)) < len(names):
                raise ValueError(f"{what} must differ; found {shorten(names)}. Name each once")

    def chosen(self) -> Choice:
        """The choice with the words that people gave it; voices that disagree, one a paragraph."""
        assert self.run.choice is not None
        voices = [f"{one.voice}: {one.words}" if one.voice else one.words for one in self.dissent]
        words = {"reason": self.reason, "dissent": "\n\n".join(voices)}
        return self.run.choice.model_copy(update=words)

    def to_yaml(self) -> str:
        """YAML text that :meth:`from_yaml` reads back to an equal record."""
        content = self.model_dump(mode="json", exclude_none=True)
        return self._head() + yaml.dump(
            content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100,
            default_flow_style=None,
        )  # fmt: skip

    def _head(self) -> str:
        """Comments: what to do with the file, and what not."""
        closed = self.run.data.source == "file"  # anybody can read the rows of the others
        table = " --data YOUR_TABLE.csv" if closed else ""
        own = f"# {OWN_USE}\n" if closed and not self.smallest else ""
        return (
            "# A decision record of fairlab. The same numbers again, and any that differ:\n"
            f"#   fairlab sweep THIS_FILE.yaml{table}\n{own}"
        )

    def to_json(self) -> str:
        """The same as JSON."""
        return self.model_dump_json(indent=2, exclude_none=True) + "\n"

    @classmethod
    def from_yaml(cls, text: str) -> "DecisionRecord":
        """Read YAML or JSON.

        Raises:
            InputError: Listing each field that is wrong, with what was found and expected; or for
                text that is no record, or a hostile one (see
                :func:`fairlab.config.read_mapping`).
        """
        return cls.from_mapping(
            read_mapping(text, what="decision record", wanted=f"of kind “{KIND}”", remedy=_REMEDY)
        )

    @classmethod
    def from_mapping(cls, content: dict[str, Any]) -> "DecisionRecord":
        """As :meth:`from_yaml`, from what the text holds."""
        if not is_record(content):
            raise InputError(
                f"This is no decision record: its kind is {shorten(content.get('kind'))}, wanted "
                f"{KIND!r}. {_REMEDY}"
            )
        version = content.get("schema_version", SCHEMA_VERSION)
        if version != SCHEMA_VERSION:
            raise InputError(
                f"The decision record has schema version {shorten(version)}; this fairlab reads "
                f"version {SCHEMA_VERSION}. Read it with the fairlab that wrote it, or a newer one."
            )
        try:
            record = cls.model_validate(content)
            record.model_dump_json()
        except ValidationError as error:
            problems = [f"{problem}. {_REMEDY}" for problem in problems_of(error)]
            raise InputError(
                "The decision record has problems: " + "; ".join(problems_of(error)), problems
            ) from error
        except ValueError as error:
            raise InputError(
                "The decision record holds text that is not Unicode "
                f"({str(error)[:200]}). {_REMEDY}"
            ) from error
        refuse_unknown_attributes(record.run)
        return record


OWN_USE = (
    "Nothing is left out: numbers of few people are in this file. It is for your own use; do not "
    "pass it on."
)
_REMEDY = "The Report page exports decision records."


def is_record(content: object) -> bool:
    """Whether a mapping says that it is a decision record, of whatever version."""
    return isinstance(content, dict) and content.get("kind") == KIND


def schema() -> dict[str, Any]:
    """The JSON schema of a decision record, as published."""
    made = DecisionRecord.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://fairlab/schemas/decision-record-1.json",
        **made,
    }


_LONG = 60  # characters of a word that is a sentence


class _Dumper(yaml.SafeDumper):
    """Writes no aliases, which are not read; numbers on one line, sentences on their own."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """In quotes where it holds a line end that YAML reads as another one."""
        style = '"' if "\x85" in data else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)

    def represent_sequence(
        self, tag: str, sequence: Any, flow_style: bool | None = None
    ) -> yaml.SequenceNode:
        if any(isinstance(one, str) and len(one) > _LONG for one in sequence):
            flow_style = False
        return super().represent_sequence(tag, sequence, flow_style)


_Dumper.add_representer(str, _Dumper.represent_str)
