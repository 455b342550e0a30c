"""A model that left its run: its record, its numbers, and what it says of new people."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd

from fairlab.artefact.groups import crossed
from fairlab.artefact.schema import Drawn, ModelRecord, OneThreshold, Preprocessing, TreesFacts
from fairlab.artefact.scoring import Scorer, scorer_of
from fairlab.artefact.sentences import explain, uses_any_attribute
from fairlab.artefact.table import NewPeople, columns_read, read_new_people
from fairlab.artefact.weights import Arrays, Expected, expected_arrays
from fairlab.config import Seed
from fairlab.data.encoding import Encoding
from fairlab.data.encoding_record import read_encoding
from fairlab.draws import draw_decisions
from fairlab.errors import InputError
from fairlab.language import tr, tr_n
from fairlab.outcomes import Array, FloatArray, IntArray

_AT_ONCE = 65_536
_MOST_FEATURES = 50_000


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """What a model says of people, in their order.

    Attributes:
        score: (n,) in [0, 1]; NaN where nothing can be said.
        decision: (n,) 1 selected, 0 not, -1 not decided.
        reason: (n,) why nothing can be said, else "".
        notes: What was found in the table, with counts, in sentences.
    """

    score: FloatArray
    decision: IntArray
    reason: np.ndarray
    notes: tuple[str, ...]

    @property
    def undecided(self) -> int:
        """How many people have no decision."""
        return int((self.decision < 0).sum())

    def to_frame(self, index: pd.Index | None = None) -> pd.DataFrame:
        """Columns ``score``, ``decision`` (missing where there is none) and ``reason``."""
        decision = pd.array(self.decision, dtype="Int64")
        decision[self.decision < 0] = pd.NA
        columns = {"score": self.score, "decision": decision, "reason": self.reason.astype(object)}
        return pd.DataFrame(columns, index=index)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Artefact:
    """A trained model as data: it scores people without torch and without the run it is of.

    Attributes:
        record: All but its numbers.
        arrays: Its numbers.

    Raises:
        InputError: If record and numbers do not belong together.
    """

    record: ModelRecord
    arrays: Arrays
    _encoding: Encoding = field(init=False)
    _scorer: Scorer = field(init=False)

    def __post_init__(self) -> None:
        encoding = encoding_of(self.record.preprocessing)
        object.__setattr__(self, "_encoding", encoding)
        scorer = scorer_of(self.record, self.arrays, len(encoding.columns))
        object.__setattr__(self, "_scorer", scorer)

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        return self  # nothing of it ever changes

    def __reduce__(self) -> tuple[Any, ...]:
        return Artefact, (self.record, {k: np.asarray(v) for k, v in self.arrays.items()})

    def __repr__(self) -> str:
        return f"<model {self.record.run.label!r} of run {self.record.run.digest[:8]}>"

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that a table of new people must have."""
        return columns_read(self.record)

    @property
    def sentences(self) -> tuple[str, ...]:
        """How decisions are made, whether sensitive attributes are used among them."""
        return explain(self.record)

    @property
    def uses_attribute_when_deciding(self) -> bool:
        """Whether a decision reads a sensitive attribute: as a feature or in a rule."""
        return uses_any_attribute(self.record)

    def decide(
        self, frame: pd.DataFrame, *, seed: Seed | None = None, rows: IntArray | None = None
    ) -> Decided:
        """Scores and decisions of people; every row gets one, or the reason why not.

        Args:
            frame: One row per person, columns by name. The label is not needed and not read.
            seed: For decisions that are drawn; the model's own unless given.
            rows: (n,) each person's place in the table, for decisions that are drawn; 0, 1, …
                unless given.

        Raises:
            InputError: Listing every problem of the table; see
                :func:`fairlab.artefact.table.read_new_people`.
        """
        people = read_new_people(self.record, frame)
        score = np.full(len(frame), np.nan)
        known = np.asarray(people.reasons == "")
        for some in _pieces(np.flatnonzero(known)):
            score[some] = self._score(people, some)
        decision = np.full(len(frame), -1, dtype=np.int64)
        decision[known] = self._decision(people, score, np.flatnonzero(known), seed, rows)
        return Decided(score, decision, people.reasons, (*people.notes, *self._luck(seed)))

    def _score(self, people: NewPeople, some: IntArray) -> FloatArray:
        frame = people.frame.iloc[some]
        values = isinstance(self.record.predictor, TreesFacts)
        inputs: Array = (self._encoding.values if values else self._encoding.encode)(frame)
        codes = None
        found = self.record.groupings()
        ruled = found if isinstance(self.record.policy, OneThreshold | Drawn) else found[:-1]
        if ruled:
            codes = np.stack([crossed(people.attributes, by)[some] for by, _ in ruled], axis=1)
        score = self._scorer(inputs, codes).astype(np.float64)
        if not np.isfinite(score).all():
            raise InputError(
                tr("The model gives scores that are no numbers. It cannot be used; export it again")
            )
        return score

    def _decision(
        self,
        people: NewPeople,
        score: FloatArray,
        known: IntArray,
        seed: Seed | None,
        rows: IntArray | None,
    ) -> IntArray:
        policy = self.record.policy
        if isinstance(policy, OneThreshold):
            return (score[known] >= policy.threshold).astype(np.int64)
        if isinstance(policy, Drawn):
            places = np.arange(len(score)) if rows is None else np.asarray(rows)
            own = policy.seed if seed is None else seed
            return draw_decisions(score[known], places[known], own).astype(np.int64)
        groups = crossed(people.attributes, policy.by)[known]
        return (score[known] >= np.asarray(policy.thresholds)[groups]).astype(np.int64)

    def _luck(self, seed: Seed | None) -> list[str]:
        policy = self.record.policy
        if isinstance(policy, Drawn):
            own = policy.seed if seed is None else seed
            return [tr("These decisions are one draw, with seed {seed}.", seed=own)]
        if seed is not None:
            return [tr("No decision is drawn, so the seed plays no part.")]
        return []


def expected_of(record: ModelRecord) -> Expected:
    """Which arrays a record needs.

    Raises:
        InputError: If its preprocessing makes too many features.
    """
    encoding = encoding_of(record.preprocessing)
    return expected_arrays(record, len(encoding.names), len(encoding.columns))


def encoding_of(preprocessing: Preprocessing) -> Encoding:
    """The encoding a model was trained with.

    Raises:
        InputError: If it makes too many features.
    """
    size = sum(
        len(c.knots or ()) if c.kind == "numbers" else len(c.levels) for c in preprocessing.columns
    )
    if size > _MOST_FEATURES:
        raise InputError(
            tr_n(
                "The preprocessing makes {n:,} feature; at most {most:,} are read.",
                "The preprocessing makes {n:,} features; at most {most:,} are read.",
                size,
                most=_MOST_FEATURES,
            )
        )
    try:
        return read_encoding(preprocessing.model_dump(mode="json"))
    except ValueError as error:
        raise InputError(
            tr(
                "The preprocessing of the model cannot be read ({why}). Export the model again.",
                why=str(error)[:200],
            )
        ) from error


def _pieces(places: IntArray) -> Iterator[IntArray]:
    for start in range(0, len(places), _AT_ONCE):
        yield places[start : start + _AT_ONCE]
