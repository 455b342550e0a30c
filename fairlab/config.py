"""What a run is, as a frozen, validated, re-runnable record.

A ``RunConfig`` names the data, the task (roles of columns), and the sweep. It round-trips
through YAML and JSON, and its ``digest`` identifies the computation: two equal digests give the
same bytes on the same device.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from fairlab.errors import InputError
from fairlab.mappings import problems_of, read_mapping, shorten

# What a sweep trains as one batched model, strength by strength.
Mode = Literal["penalty", "adversarial", "layer"]
# What a model of a result may be: one of these, or a baseline, trained by another library.
PointMode = Literal["penalty", "adversarial", "layer", "baseline"]
BaselineName = Literal[
    "logistic",
    "boosting",
    "reweighing_logistic",
    "reweighing_boosting",
    "exponentiated_gradient",
    "grid_search",
    "plugin_logistic",
    "plugin_boosting",
]
Constraint = Literal[
    "demographic_parity",
    "equal_opportunity",
    "predictive_equality",
    "equalized_odds",
    "mean_residual_parity",
    "accuracy_parity",
]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
MODES: tuple[Mode, ...] = ("penalty", "adversarial", "layer")

Grouping = Literal["crossed", "marginal"]

# Constraints that can be trained for.
TRAINED_CONSTRAINTS: tuple[Constraint, ...] = (
    "demographic_parity",
    "equal_opportunity",
    "predictive_equality",
    "equalized_odds",
    "mean_residual_parity",
    "accuracy_parity",
)

# Those each mode can train for. An adversary that cannot guess the group from the score (and the
# label) says nothing about how often decisions are right, or by how much scores are off.
MODE_CONSTRAINTS: dict[Mode, tuple[Constraint, ...]] = {
    "penalty": TRAINED_CONSTRAINTS,
    "adversarial": TRAINED_CONSTRAINTS[:4],
    "layer": TRAINED_CONSTRAINTS,
}

# The gap of decisions each constraint is about, by its name in fairlab.metrics.GAPS.
CONSTRAINT_GAPS: dict[str, str] = {
    "demographic_parity": "demographic_parity_difference",
    "equal_opportunity": "equal_opportunity_difference",
    "predictive_equality": "predictive_equality_difference",
    "equalized_odds": "equalized_odds_difference",
    "mean_residual_parity": "mean_residual_difference",
    "accuracy_parity": "accuracy_difference",
}


def modes_for(constraint: str) -> tuple[Mode, ...]:
    """The modes that can train for a constraint."""
    return tuple(mode for mode in MODES if constraint in MODE_CONSTRAINTS[mode])


class Record(BaseModel):
    """Frozen pydantic record that refuses unknown keys and non-finite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


# Settings of a sweep that came after the first release, with the value that means what was done
# before there were any: at that value they are left out of the digest, which so stays the same.
ADDED: tuple[tuple[str, object], ...] = (
    ("grouping", "crossed"),
    ("baselines", []),
    ("layer.span", "listed"),
    ("layer.batches", "projected"),
    ("layer.decisions", "free"),
    ("penalty.span", "listed"),
    ("folds", 1),
    ("search", None),
    ("class_weight", "none"),
    ("precision", "float32"),
)


def _drop_if(content: dict[str, Any], path: str, value: object) -> None:
    """Remove the entry at a dotted path if it equals ``value``."""
    *parents, last = path.split(".")
    for parent in parents:
        content = content[parent]
    if last in content and content[last] == value:
        content.pop(last)


def _differ(name: str, values: Sequence[object]) -> None:
    """Refuse values that come twice: groups crossed with themselves multiply without end."""
    if len(set(values)) != len(values):
        raise ValueError(f"{name} must differ; found {shorten(list(values))}. Name each once")


class DataConfig(Record):
    """Where the table comes from.

    Attributes:
        source: A name of ``fairlab.data.catalog`` (``loanapp``, ``adult`` …), or ``file`` for a
            user's table.
        options: Options of the source, for example the dials of ``synthetic``.
        filename: The user's file name, for messages only; never used as a path by the app.
        fingerprint: SHA-256 of the table's content as read ("" if not yet known).
        rows: Number of rows as read, for messages.
    """

    source: str
    options: dict[str, Any] = {}
    filename: str | None = None
    fingerprint: str = ""
    rows: Annotated[int, Field(ge=0, le=10**12)] | None = None


class Task(Record):
    """Roles of the columns, by name, never by position.

    Attributes:
        label: Column that is predicted.
        favourable: Label values, as text, that are the favourable outcome.
        unfavourable: Label values, as text, that are not. None means "every other value" and is
            accepted only for a label with exactly two values; otherwise rows with a value in
            neither list are dropped with a count.
        sensitive: Sensitive attributes, by column name.
        exclude: Columns that are neither features nor sensitive (repeats of the outcome, ids).
        sensitive_as_features: Whether the model may use the sensitive attributes as inputs.
        bins: Inner edges for numeric sensitive attributes: ``{"age": (25, 60)}`` makes
            "under 25", "25 to 59", "60 and over" (see ``fairlab.data``).
        missing_sensitive: What to do with people whose sensitive attribute is missing.
        missing_label: What to do with people whose label is missing.
        merge_groups_below: Groups of fewer people than this become one group "other groups"; 0
            keeps all.
        weight: Column of positive person weights, or None.
        outcome_words: How to speak of the two outcomes ("loan approved", "loan denied").
    """

    label: str
    favourable: tuple[str, ...]
    unfavourable: tuple[str, ...] | None = None
    sensitive: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    sensitive_as_features: bool = False
    bins: dict[str, tuple[float, ...]] = {}
    missing_sensitive: Literal["group", "drop", "stop"] = "group"
    missing_label: Literal["drop", "stop"] = "drop"
    merge_groups_below: Annotated[int, Field(ge=0, le=10**12)] = 0
    weight: str | None = None
    outcome_words: tuple[str, str] = ("favourable outcome", "unfavourable outcome")

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        _differ("sensitive attributes", self.sensitive)
        return self


class SplitConfig(Record):
    """Seeded train/validation/test split, stratified by group × label. Shares sum to 1."""

    train: Annotated[float, Field(gt=0, lt=1)] = 0.6
    validation: Annotated[float, Field(gt=0, lt=1)] = 0.2
    test: Annotated[float, Field(gt=0, lt=1)] = 0.2
    seed: Seed = 0

    @model_validator(mode="after")
    def _sum_to_one(self) -> Self:
        total = self.train + self.validation + self.test
        if abs(total - 1) > 1e-9:
            raise ValueError(f"split shares must sum to 1; they sum to {total:g}")
        return self


class ModelConfig(Record):
    """The predictor: ``logistic`` (no hidden layer) or ``mlp`` (``depth`` layers of ``width``)."""

    kind: Literal["logistic", "mlp"] = "mlp"
    width: Annotated[int, Field(ge=1, le=1024)] = 64
    depth: Annotated[int, Field(ge=1, le=8)] = 2


# Learning rate of each kind of model unless one is given. A logistic regression starts far from its
# coefficients, and on a small table has few steps to get there.
USUAL_RATE: dict[str, float] = {"mlp": 5e-3, "logistic": 5e-2}

Rates = tuple[Annotated[float, Field(gt=0, le=1)], ...]
Decays = tuple[Annotated[float, Field(gt=0, le=10)], ...]


# Sizes of network that one search draws from.
LONGEST_LIST = 8
# Weights between hidden layers of all networks of a search, which are trained side by side: with
# gradients and the optimiser's moments eight gigabytes.
MOST_SEARCHED = 500_000_000


class SearchParams(Record):
    """Settings tried before the sweep, by successive halving on validation people.

    Attributes:
        candidates: How many settings are tried; the run's own is always one of them.
        reduction: After each round one in this many goes on.
        learning_rate, weight_decay: Lowest and highest each candidate's own is drawn from,
            uniformly on a log scale; () keeps the run's. Learning rates of logistic regression
            are ten times those given here.
        widths, depths: Sizes of network to draw from; () keeps the run's. Not read for logistic
            regression.
    """

    candidates: Annotated[int, Field(ge=2, le=200)] = 18
    reduction: Annotated[int, Field(ge=2, le=10)] = 3
    learning_rate: Rates = (5e-4, 2e-2)
    weight_decay: Decays = (1e-2, 3.0)
    widths: Annotated[
        tuple[Annotated[int, Field(ge=1, le=1024)], ...], Field(max_length=LONGEST_LIST)
    ] = (32, 64, 128)
    depths: Annotated[
        tuple[Annotated[int, Field(ge=1, le=8)], ...], Field(max_length=LONGEST_LIST)
    ] = (1, 2, 3)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for name, ends in (
            ("learning_rate", self.learning_rate),
            ("weight_decay", self.weight_decay),
        ):
            if ends and (len(ends) != 2 or ends[0] > ends[1]):
                raise ValueError(
                    f"{name} must be a lowest and a highest value, or none; found {list(ends)}"
                )
        _differ("widths", self.widths)
        _differ("depths", self.depths)
        return self


Strengths = Annotated[tuple[Annotated[float, Field(ge=0)], ...], Field(min_length=1)]
Slacks = Annotated[tuple[Annotated[float, Field(ge=0, le=1)], ...], Field(min_length=1)]
# Where slacks come from: listed, or from the gap of an unmitigated model of the table down to 0.
Span = Literal["listed", "unmitigated"]
GridSize = Annotated[int, Field(ge=2, le=500)]


def log_grid(low: float, high: float, count: int) -> tuple[float, ...]:
    """0 and ``count - 1`` strengths from ``low`` to ``high``, equally spaced on a log scale."""
    if count < 2:
        return (0.0,)
    steps = max(count - 2, 1)
    grid = [low * (high / low) ** (i / steps) for i in range(count - 1)]
    return (0.0, *(float(f"{value:.4g}") for value in grid))


def slack_grid(widest: float, count: int) -> tuple[float, ...]:
    """1 (no constraint) and ``count - 1`` slacks equally spaced from ``widest`` down to 0."""
    if count < 2:
        return (1.0,)
    steps = max(count - 2, 1)
    return (1.0, *(float(f"{widest * (1 - i / steps):.4g}") for i in range(count - 1)))


class PenaltyParams(Record):
    """Mode ``penalty``: loss = cross entropy + strength × penalty(soft decisions).

    Attributes:
        control: What is varied: the ``strength`` of the penalty, or the ``slack``, the largest gap
            of decisions asked for; the strength is then adapted while training.
        strengths: λ ≥ 0; 0 is always added. Read when ``strength`` is varied.
        slacks: ε in [0, 1]; 1 (no constraint) is always added. Read when ``slack`` is varied.
        form: ``absolute`` or ``squared`` gap of soft decisions, their ``ratio`` (1 −
            lowest/highest), or ``covariance`` (Zafar 2017). Not read when the slack is varied.
        temperature: T > 0 in soft decision σ((logit − logit τ)/T); small T is nearer a decision.
        span, count: As for the layer, of gaps of decisions. Read when ``slack`` is varied.
    """

    control: Literal["strength", "slack"] = "strength"
    strengths: Strengths = log_grid(0.05, 10.0, 21)
    slacks: Slacks = slack_grid(0.2, 21)
    span: Span = "listed"
    count: GridSize = 21
    form: Literal["absolute", "squared", "ratio", "covariance"] = "squared"
    temperature: Annotated[float, Field(gt=0, le=10)] = 0.25


class AdversarialParams(Record):
    """Mode ``adversarial``: gradient reversal (Zhang, Lemoine, Mitchell 2018).

    Attributes:
        strengths: λ ≥ 0 of cross entropy + λ · what the adversary finds out about the group, both
            in nats: at 1, a nat about the group costs as much as a nat of cross entropy. With two
            groups g points apart it finds about g²/(8 s(1 − s)) nats at selection rate s. 0 is
            always added.
        width: Not read; the adversary has no hidden units. Kept so that configurations written
            when it had some still open.
    """

    strengths: Strengths = log_grid(0.1, 30.0, 21)
    width: Annotated[int, Field(ge=1, le=256)] = 16


class LayerParams(Record):
    """Mode ``layer``: scores are projected onto the fair set (Troxell et al. 2026).

    Attributes:
        slacks: ε in [0, 1], promised largest gap of mean scores; 1 (no constraint) always added.
            Read when ``span`` is ``listed``.
        span: ``unmitigated`` replaces ``slacks`` by as many as fit the table: from the gap of mean
            scores of an unmitigated model of it down to 0. The points carry the slacks found.
        count: How many models per seed then, the one without constraint among them.
        batches: What is projected in training: each batch by itself (``projected``), or together
            with the people seen just before (``running``), for batches too small to have a
            mean of every group. The promise is then about all of these people together.
        decisions: ``held`` asks thresholded decisions to keep the slack too, by multipliers that
            adapt while training. Asked for, not promised; ``free`` leaves them alone.
    """

    slacks: Slacks = slack_grid(0.2, 21)
    span: Span = "listed"
    count: GridSize = 21
    batches: Literal["projected", "running"] = "projected"
    decisions: Literal["free", "held"] = "free"


class ReductionParams(Record):
    """Baselines ``exponentiated_gradient`` and ``grid_search`` (Agarwal et al. 2018).

    Attributes:
        slacks: For each, exponentiated gradient is run once: the largest gap between groups, in
            (0, 1], of the decisions it draws, on train people.
        multipliers: How many vectors of Lagrange multipliers grid search tries, one model each;
            those no other beats on validation people are kept.
    """

    slacks: Annotated[
        tuple[Annotated[float, Field(gt=0, le=1)], ...], Field(min_length=1, max_length=50)
    ] = (0.02, 0.05, 0.1)
    multipliers: Annotated[int, Field(ge=2, le=200)] = 15

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len(set(self.slacks)) != len(self.slacks):
            raise ValueError(f"slacks must differ; found {list(self.slacks)}")
        return self


class PluginParams(Record):
    """Baselines ``plugin_logistic`` and ``plugin_boosting``.

    Attributes:
        slacks: One rule for each: the largest gap in [0, 1], on train and validation people.
        folds: How often chances are learnt, each time without one fold of the train people, and
            averaged; 1 for once, from all of them.
    """

    slacks: Annotated[
        tuple[Annotated[float, Field(ge=0, le=1)], ...], Field(min_length=1, max_length=50)
    ] = (0.0, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2)
    folds: Annotated[int, Field(ge=1, le=20)] = 5

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        _differ("slacks", self.slacks)
        return self


class SweepConfig(Record):
    """Strengths × seeds for one or several modes, trained as batched models.

    Attributes:
        constraint: What must be nearly equal across groups.
        group_by: Sensitive attributes that make the groups; () is the first one.
        grouping: With several attributes: ``crossed`` compares the groups of their crossing,
            ``marginal`` the groups of each attribute by itself, all attributes at once.
        modes: Families trained, in this order.
        penalty, adversarial, layer: Parameters of each family.
        baselines: Models of other libraries trained on the same split after the families.
        reductions: Parameters of those baselines that are reductions.
        plugin: Parameters of those baselines that are plug-in rules.
        seeds: Initialisation and batch-order seeds; every strength is trained with each.
        model: The predictor.
        epochs, batch_size, learning_rate, weight_decay: Optimiser settings (AdamW). If not given,
            the learning rate is 0.005 for a network and 0.05 for logistic regression.
        search: Settings of network and optimiser tried before the sweep; None takes those given.
        class_weight: ``balanced`` makes both outcomes count the same in the task loss of every
            mode, and for logistic regression and boosting: people of outcome y weigh
            n / (2 n_y), times their own weight (as in scikit-learn). Scores are then no
            probabilities of the outcome. What a constraint compares is not reweighed.
        threshold: A person is selected iff score >= threshold, in (0, 1).
        split: Train/validation/test split.
        folds: 1 is one split. With K from 2 to 20 everything is trained K times, so that every
            person is in test exactly once; validation is carved from the rest.
        device: Where to train. Results are reproducible per device.
        precision: ``bfloat16`` rounds what the hidden layers of networks multiply in a training
            step to 8 bits; weights, sums, losses and scores stay float32. It is faster where the
            processor multiplies bfloat16 itself (AVX-512 BF16, AMX, CUDA), elsewhere it may be
            slower. Searches, logistic regressions and baselines do not read it.
    """

    constraint: Constraint = "demographic_parity"
    group_by: tuple[str, ...] = ()
    grouping: Grouping = "crossed"
    modes: Annotated[tuple[Mode, ...], Field(min_length=1)] = ("penalty",)
    penalty: PenaltyParams = PenaltyParams()
    adversarial: AdversarialParams = AdversarialParams()
    layer: LayerParams = LayerParams()
    baselines: tuple[BaselineName, ...] = ()
    reductions: ReductionParams = ReductionParams()
    plugin: PluginParams = PluginParams()
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)] = (0,)
    model: ModelConfig = ModelConfig()
    epochs: Annotated[int, Field(ge=1, le=10_000)] = 30
    batch_size: Annotated[int, Field(ge=8, le=1_000_000)] = 256
    learning_rate: Annotated[float, Field(gt=0, le=1)] = USUAL_RATE["mlp"]
    weight_decay: Annotated[float, Field(ge=0, le=10)] = 1e-3
    search: SearchParams | None = None
    class_weight: Literal["none", "balanced"] = "none"
    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5
    split: SplitConfig = SplitConfig()
    folds: Annotated[int, Field(ge=1, le=20)] = 1
    device: Literal["cpu", "cuda"] = "cpu"
    precision: Literal["float32", "bfloat16"] = "float32"

    @model_validator(mode="before")
    @classmethod
    def _rate_of_the_model(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "learning_rate" in given:
            return given
        model = given.get("model")
        kind = model.get("kind") if isinstance(model, dict) else getattr(model, "kind", None)
        return {**given, "learning_rate": USUAL_RATE["logistic"]} if kind == "logistic" else given

    @property
    def most_hidden_weights(self) -> int:
        """Weights of the hidden layers of the largest network the sweep or its search trains."""
        model, search = self.model, self.search
        if model.kind == "logistic":
            return 0
        widths, depths = [model.width], [model.depth]
        if search is not None:
            widths += search.widths
            depths += search.depths
        width = max(widths)
        return width**2 * (max(depths) - 1) + width

    def grid(self, mode: Mode) -> tuple[float, ...]:
        """Strengths of a mode, or its slacks (see :meth:`varies_slack`).

        The unmitigated one comes first if it was not asked for.

        Raises:
            InputError: If the slacks follow from the data; see :attr:`open_modes`.
        """
        if mode in self.open_modes:
            raise InputError(
                f"The slacks of mode {mode} run from the gap of an unmitigated model, which takes "
                "data to know. Call fairlab.training.resolve_grids(config, data), or list slacks."
            )
        asked, neutral = {
            "penalty": (self.penalty.slacks, 1.0)
            if self.penalty.control == "slack"
            else (self.penalty.strengths, 0.0),
            "adversarial": (self.adversarial.strengths, 0.0),
            "layer": (self.layer.slacks, 1.0),
        }[mode]
        distinct = tuple(dict.fromkeys(asked))
        return distinct if neutral in distinct else (neutral, *distinct)

    def varies_slack(self, mode: Mode) -> bool:
        """Whether a mode's grid holds slacks (1 is unmitigated) instead of strengths (0 is)."""
        return mode == "layer" or (mode == "penalty" and self.penalty.control == "slack")

    def holds_decisions(self, mode: Mode) -> bool:
        """Whether a mode asks decisions, not scores alone, to keep a slack."""
        if mode == "layer":
            return self.layer.decisions == "held"
        return mode == "penalty" and self.penalty.control == "slack"

    @property
    def open_modes(self) -> tuple[Mode, ...]:
        """Trained modes whose slacks follow from the data; ``resolve_grids`` lists them."""
        spans = {"layer": self.layer.span, "penalty": self.penalty.span}
        return tuple(
            mode for mode in self.modes if self.varies_slack(mode) and spans[mode] == "unmitigated"
        )

    def grid_size(self, mode: Mode) -> int:
        """How many strengths or slacks a mode has, known before they are."""
        if mode not in self.open_modes:
            return len(self.grid(mode))
        return {"layer": self.layer.count, "penalty": self.penalty.count}[mode]

    @property
    def n_models(self) -> int:
        """How many models the sweep trains, over all modes, strengths and seeds.

        Baselines are not counted; see :attr:`n_baselines`.
        """
        return len(self.seeds) * sum(self.grid_size(mode) for mode in self.modes)

    @property
    def n_baselines(self) -> int:
        """How many points the baselines make at most."""
        return sum(self.points_of(name) for name in self.baselines)

    def points_of(self, baseline: BaselineName) -> int:
        """How many points a baseline makes at most: one where nothing is varied."""
        several = {
            "exponentiated_gradient": len(self.reductions.slacks),
            "grid_search": self.reductions.multipliers,
            "plugin_logistic": len(self.plugin.slacks),
            "plugin_boosting": len(self.plugin.slacks),
        }
        return several.get(baseline, 1)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        for name, values in (
            ("modes", self.modes),
            ("seeds", self.seeds),
            ("baselines", self.baselines),
            ("attributes of group_by", self.group_by),
        ):
            _differ(name, values)
        reduced = [n for n in self.baselines if n in ("exponentiated_gradient", "grid_search")]
        if self.class_weight != "none" and reduced:
            raise ValueError(
                "Fairlearn's reductions take no weights, so class_weight 'balanced' cannot be "
                f"kept by {' and '.join(reduced)}; leave them out of the baselines"
            )
        if self.search is not None:
            weights = self.search.candidates * self.most_hidden_weights
            if weights > MOST_SEARCHED:
                raise ValueError(
                    f"the search trains {self.search.candidates} networks of up to "
                    f"{self.most_hidden_weights:,} weights side by side, {weights:,} together; at "
                    f"most {MOST_SEARCHED:,} fit into memory. Search fewer candidates, or smaller "
                    "widths and depths"
                )
        if self.penalty.form == "ratio" and self.constraint == "mean_residual_parity":
            raise ValueError(
                "mean residuals may be negative and have no ratio; choose penalty form 'squared'"
            )
        return self


class GroupCuts(Record):
    """A decision threshold per group: selected iff score >= the threshold of the person's group.

    Attributes:
        by: Sensitive attributes whose crossing makes the groups.
        cuts: One finite threshold per group, in the order of the crossing.
    """

    by: Annotated[tuple[str, ...], Field(min_length=1, max_length=20)]
    cuts: Annotated[tuple[float, ...], Field(min_length=1, max_length=5_000)]

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        _differ("attributes of thresholds per group", self.by)
        return self


class Choice(Record):
    """The model a person chose from the sweep, and why. Not part of the digest.

    Attributes:
        mode, strength, slack, seed: Which model of the sweep.
        method: Which baseline, for mode ``baseline``.
        place: Position in the grid of multipliers, for the baseline ``grid_search``.
        threshold: Decision threshold chosen.
        threshold_within: The gap of decisions the threshold was picked for on validation people;
            None when it was not picked that way.
        group_cuts: A threshold per group instead of one; None for one.
        reason, dissent: In the person's words.
    """

    mode: PointMode
    method: BaselineName | None = None
    strength: float | None = None
    slack: float | None = None
    place: Annotated[int, Field(ge=0)] | None = None
    seed: Seed = 0
    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5
    threshold_within: Annotated[float, Field(ge=0, le=2)] | None = None
    group_cuts: GroupCuts | None = None
    reason: str = ""
    dissent: str = ""


class RunConfig(Record):
    """Data + task + sweep: everything needed to get the same numbers again."""

    schema_version: Literal[1] = 1
    data: DataConfig
    task: Task
    sweep: SweepConfig = SweepConfig()
    choice: Choice | None = None

    def digest(self) -> str:
        """SHA-256 (hex) over everything that can change a number; choice and words excluded."""
        content = self.model_dump(mode="json", exclude={"choice"})
        content["data"].pop("filename")
        content["data"].pop("rows")
        content["task"].pop("outcome_words")
        sweep, asked = content["sweep"], self.sweep.baselines
        if not {"exponentiated_gradient", "grid_search"} & set(asked):
            sweep.pop("reductions")
        if not {"plugin_logistic", "plugin_boosting"} & set(asked):
            sweep.pop("plugin")
        if sweep["penalty"]["control"] == "strength":  # as before slacks could be varied
            for name in ("control", "slacks", "span", "count"):
                sweep["penalty"].pop(name)
        for mode in ("penalty", "layer"):  # of two ways to say slacks, the one not read
            if "span" in sweep[mode]:
                listed = sweep[mode]["span"] == "listed"
                sweep[mode].pop("count" if listed else "slacks")
        if "adversarial" not in self.sweep.modes:  # not read; the grid was shorter at first
            sweep["adversarial"] = {"strengths": list(log_grid(0.1, 10.0, 21)), "width": 16}
        for path, value in ADDED:
            _drop_if(sweep, path, value)
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def to_yaml(self) -> str:
        """YAML text that :meth:`from_yaml` reads back to an equal record."""
        content = self.model_dump(mode="json", exclude_none=True)
        return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)

    @classmethod
    def from_yaml(cls, text: str) -> "RunConfig":
        """Read YAML (or JSON).

        Raises:
            InputError: Listing each field that is wrong, with what was found and expected; or as
                :func:`fairlab.mappings.read_mapping`.
        """
        return cls.from_mapping(
            read_mapping(
                text,
                what="configuration",
                wanted="with the keys data, task and sweep",
                remedy="Export one from the Report page to start from.",
            )
        )

    @classmethod
    def from_mapping(cls, content: dict[str, Any]) -> "RunConfig":
        """As :meth:`from_yaml`, from what the text holds.

        Raises:
            InputError: Listing each field that is wrong.
        """
        try:
            config = cls.model_validate(content)
            config.model_dump_json()
        except ValidationError as error:
            problems = problems_of(error)
            raise InputError(
                "The configuration has problems: " + "; ".join(problems), problems
            ) from error
        except ValueError as error:
            raise InputError(
                "The configuration holds text that is not Unicode or bytes "
                f"({str(error)[:200]}). Write it as plain text."
            ) from error
        refuse_unknown_attributes(config)
        return config


def refuse_unknown_attributes(config: RunConfig) -> None:
    """Refuse groups by columns that are no sensitive attributes of the task.

    Raises:
        InputError: With those there are.
    """
    cuts = None if config.choice is None else config.choice.group_cuts
    for place, names in (
        ("sweep.group_by", config.sweep.group_by),
        ("choice.group_cuts.by", () if cuts is None else cuts.by),
    ):
        unknown = [name for name in names if name not in config.task.sensitive]
        if unknown:
            raise InputError(
                f"{place} names {shorten(unknown)}, not among the sensitive attributes "
                f"{shorten(list(config.task.sensitive))}. Choose among those."
            )
