"""A decision as a record that anybody can read, check and compute again; never rows of people.

``docs/schemas/decision-record-1.json`` is the published schema of :class:`DecisionRecord`. Fields
that are added later are optional within a version.
"""

from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from fairlab.choosing import HowChosen
from fairlab.config import (
    Choice,
    Record,
    RunConfig,
    refuse_unknown_attributes,
)
from fairlab.decision.parts import (
    KIND,
    SCHEMA_VERSION,
    Considered,
    Count,
    Fingerprint,
    FoldNumbers,
    Hex64,
    Machine,
    MetricDefinition,
    Name,
    Policy,
    Promise,
    SplitNumbers,
    Text,
    Tolerance,
    Voices,
    WorkshopPart,
)
from fairlab.errors import InputError
from fairlab.mappings import problems_of, read_mapping, shorten
from fairlab.results import CROSSING


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
                :func:`fairlab.mappings.read_mapping`).
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
