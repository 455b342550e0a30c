"""What ``model.json`` of a model holds: everything but its numbers, validated to the last field.

A reader decides by these records alone. Sentences in the file are for people who open it; they are
written anew from the records wherever fairlab says what a model does.
"""

import itertools
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from fairlab.config import BaselineName, Constraint, Grouping, PointMode, Record, Seed

SCHEMA_VERSION = 1
KIND = "fairlab model"
MOST_COLUMNS = 5_000
MOST_FEATURES = 50_000
MOST_GROUPS = 5_000
MOST_UNITS = 4_096

Text = Annotated[str, Field(max_length=10_000)]
Name = Annotated[str, Field(max_length=1_000)]
# Differences of two such numbers are finite.
Number = Annotated[float, Field(ge=-1e300, le=1e300)]
Names = Annotated[tuple[Name, ...], Field(max_length=MOST_GROUPS)]
By = Annotated[tuple[Name, ...], Field(min_length=1, max_length=20)]
ReadAs = Literal["number", "yes/no", "date", "text"]
Direction = Literal["everyone", "favourable", "unfavourable", "correctness"]


class NumbersColumn(Record):
    """A column of numbers, as :mod:`fairlab.data.encoding_record` writes it."""

    kind: Literal["numbers"] = "numbers"
    name: Name
    median: Number
    knots: Annotated[tuple[Number, ...], Field(min_length=2, max_length=1_000)] | None
    marked: bool

    @model_validator(mode="after")
    def _rising(self) -> Self:
        knots = self.knots or ()
        if any(b - a <= 1e-300 for a, b in itertools.pairwise(knots)):
            raise ValueError("knots must increase")
        return self


class CategoriesColumn(Record):
    """A column of categories; ``rare`` stands for all values few people of training had."""

    kind: Literal["categories"] = "categories"
    name: Name
    levels: Annotated[tuple[Text, ...], Field(min_length=1, max_length=10_000)]
    rare: Annotated[tuple[Text, ...], Field(max_length=1)] = ()

    @model_validator(mode="after")
    def _known(self) -> Self:
        if len(set(self.levels)) != len(self.levels) or not set(self.rare) <= set(self.levels):
            raise ValueError("levels must differ, and hold the rare one")
        return self


class Preprocessing(Record):
    """How columns become features; read by :func:`fairlab.data.encoding_record.read_encoding`."""

    version: Literal[1] = 1
    columns: Annotated[
        tuple[Annotated[NumbersColumn | CategoriesColumn, Field(discriminator="kind")], ...],
        Field(min_length=1, max_length=MOST_COLUMNS),
    ]


class GroupReading(Record):
    """How the group of a person is read from a sensitive column.

    Attributes:
        name: The column.
        groups: Groups as the run compared them.
        values: Values as text; None for numbers cut at ``edges``, an edge belonging to the upper
            bin.
        edges: Inner edges; None for values.
        places: Place in ``groups`` of each value, or of each bin; None for a bin with nobody.
        missing: Place of the group of people without a value; None if there is no such group.
        others: Place of the group that holds all other values; None if there is none.
    """

    name: Name
    groups: Annotated[tuple[Name, ...], Field(min_length=1, max_length=MOST_GROUPS)]
    values: Annotated[tuple[Text, ...], Field(max_length=MOST_GROUPS)] | None = None
    edges: Annotated[tuple[Number, ...], Field(max_length=MOST_GROUPS)] | None = None
    places: Annotated[tuple[int | None, ...], Field(max_length=MOST_GROUPS)] = ()
    missing: int | None = None
    others: int | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.values is None) == (self.edges is None):
            raise ValueError("a sensitive column has either values or edges")
        known = len(self.values or ()) if self.edges is None else len(self.edges) + 1
        if len(self.places) != known:
            raise ValueError(f"{known} values or bins have {len(self.places)} places")
        edges = self.edges or ()
        if any(b <= a for a, b in itertools.pairwise(edges)):
            raise ValueError("edges must increase")
        for place in (*self.places, self.missing, self.others):
            if place is not None and not 0 <= place < len(self.groups):
                raise ValueError(f"there is no group at place {place}")
        return self


class RuleFacts(Record):
    """The layer's frozen rule; its numbers are arrays."""

    by: Annotated[tuple[By, ...], Field(min_length=1, max_length=20)]
    group_names: Annotated[tuple[Names, ...], Field(min_length=1, max_length=20)]
    directions: Annotated[tuple[Direction, ...], Field(min_length=1, max_length=100)]
    calibrated: bool = False

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.by) != len(self.group_names) or len(self.directions) % len(self.by):
            raise ValueError("the rule needs groups and directions for each grouping")
        if self.calibrated != any(d != "everyone" for d in self.directions):
            raise ValueError("a rule is calibrated where its directions need it, and only there")
        return self

    @property
    def widest(self) -> int:
        """The most groups of any grouping."""
        return max(len(names) for names in self.group_names)


class NetworkFacts(Record):
    """A network: units of each layer, ReLU between them; one layer is a logistic regression."""

    kind: Literal["network"] = "network"
    units: Annotated[
        tuple[Annotated[int, Field(ge=1, le=MOST_UNITS)], ...], Field(min_length=1, max_length=9)
    ]
    rule: RuleFacts | None = None

    @model_validator(mode="after")
    def _one_output(self) -> Self:
        if self.units[-1] != 1:
            raise ValueError("the last layer has one unit")
        return self


class LinearFacts(Record):
    """Coefficients of one logistic regression, or of several whose decisions are mixed."""

    kind: Literal["linear"] = "linear"
    members: Annotated[int, Field(ge=1, le=10_000)] = 1
    mixed: bool = False
    precision: Literal["float32", "float64"] = "float64"

    @model_validator(mode="after")
    def _one_or_mixed(self) -> Self:
        if self.members > 1 and not self.mixed:
            raise ValueError("several regressions are only known mixed")
        return self


class TreesFacts(Record):
    """Boosted trees as arrays of their nodes."""

    kind: Literal["trees"] = "trees"
    trees: Annotated[int, Field(ge=0, le=10_000)]
    nodes: Annotated[int, Field(ge=0, le=5_000_000)]
    sets: Annotated[int, Field(ge=0, le=5_000_000)] = 0


Predictor = Annotated[NetworkFacts | LinearFacts | TreesFacts, Field(discriminator="kind")]


class OneThreshold(Record):
    """Selected if and only if the score is at least the threshold."""

    kind: Literal["threshold"] = "threshold"
    threshold: Annotated[float, Field(ge=0, le=1)]


class ThresholdPerGroup(Record):
    """Selected if and only if the score is at least the threshold of the person's group."""

    kind: Literal["threshold per group"] = "threshold per group"
    by: By
    groups: Names
    thresholds: Annotated[tuple[float, ...], Field(min_length=1, max_length=MOST_GROUPS)]

    @model_validator(mode="after")
    def _each(self) -> Self:
        if len(self.groups) != len(self.thresholds):
            raise ValueError("each group needs a threshold")
        return self


class Drawn(Record):
    """Decisions are drawn; a person's score is the chance of being selected."""

    kind: Literal["drawn"] = "drawn"
    seed: Seed


Policy = Annotated[OneThreshold | ThresholdPerGroup | Drawn, Field(discriminator="kind")]


class RunFacts(Record):
    """Which model of which run it is."""

    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    table: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")]
    model: Annotated[int, Field(ge=0)]
    label: Text
    mode: PointMode
    method: BaselineName | None = None
    strength: float | None = None
    slack: float | None = None
    place: int | None = None
    seed: Seed = 0
    constraint: Constraint
    group_by: Names
    grouping: Grouping = "crossed"


class Checked(Record):
    """The written model beside the stored scores of everybody in the run.

    Attributes:
        people: How many were compared.
        largest_difference: Between the scores of any person.
        other_decisions: People decided otherwise, by rounding of scores next to a threshold.
    """

    people: Annotated[int, Field(ge=0)]
    largest_difference: Annotated[float, Field(ge=0)]
    other_decisions: Annotated[int, Field(ge=0)]


class ModelRecord(Record):
    """A trained model without its weights."""

    kind: Literal["fairlab model"] = "fairlab model"
    schema_version: Literal[1] = 1
    fairlab: Annotated[str, Field(max_length=100)]
    run: RunFacts
    label: Name
    outcome_words: tuple[Text, Text]
    sensitive: Names
    preprocessing: Preprocessing
    read_as: Annotated[dict[Name, ReadAs], Field(max_length=MOST_COLUMNS)]
    groups: Annotated[tuple[GroupReading, ...], Field(max_length=100)] = ()
    predictor: Predictor
    policy: Policy
    checked: Checked | None = None
    sentences: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    weights_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        names = [column.name for column in self.preprocessing.columns]
        if len(set(names)) != len(names) or set(self.read_as) != set(names):
            raise ValueError("each column is read once, and its kind is said")
        for column in self.preprocessing.columns:
            if (self.read_as[column.name] == "text") != (column.kind == "categories"):
                raise ValueError(f"{column.name!r} is not of the kind it is encoded as")
        known = {reading.name: reading for reading in self.groups}
        if len(known) != len(self.groups):
            raise ValueError("each sensitive column is read once")
        for by, found in self.groupings():
            self._check_groups(known, by, found)
        return self

    def _check_groups(
        self, known: dict[str, GroupReading], by: tuple[str, ...], found: tuple[str, ...]
    ) -> None:
        size = 1
        for name in by:
            if name not in known:
                raise ValueError(f"groups by {name!r} are used and not described")
            size *= len(known[name].groups)
        if len(set(by)) != len(by) or size != len(found) or size > MOST_GROUPS:
            raise ValueError(f"groups by {' × '.join(by)} are {size}, and {len(found)} are named")

    def groupings(self) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Attributes whose crossing a decision reads, with the names of its groups."""
        found = []
        if isinstance(self.predictor, NetworkFacts) and self.predictor.rule is not None:
            rule = self.predictor.rule
            found += list(zip(rule.by, rule.group_names, strict=True))
        if isinstance(self.policy, ThresholdPerGroup):
            found.append((self.policy.by, self.policy.groups))
        return found


def json_schema() -> dict[str, Any]:
    """The published JSON schema of ``model.json``."""
    return ModelRecord.model_json_schema()
