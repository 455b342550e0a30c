"""More settings of the form on Train: strengths, the network and how it is trained, the run.

Every setting here has a default that is fine to leave. Parts that belong to one family or one
idea are drawn by functions of their own files.
"""

from dataclasses import dataclass
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fairlab.config import (
    USUAL_RATE,
    AdversarialParams,
    Constraint,
    Grouping,
    Mode,
    ModelConfig,
    PenaltyParams,
    SearchParams,
    Span,
    SweepConfig,
    log_grid,
)
from fairlab.language import later, told, tr, translated
from fairlab.ui.widgets.fold import fold
from fairlab.ui.widgets.folds_form import choose_folds
from fairlab.ui.widgets.layer_form import (
    choose_layer,
    choose_slacks,
    with_slacks,
)

MODEL_WORDS = told({"mlp": later("Neural network"), "logistic": later("Logistic regression")})
ClassWeight = Literal["none", "balanced"]
_CLASS_WORDS: dict[ClassWeight, str] = told(
    {
        "none": later("As often as it occurs"),
        "balanced": later("The same for both"),
    }
)
_CLASS_HELP = later(
    "With **the same for both**, people with the rarer outcome weigh more in training: "
    "both outcomes weigh the same in total (scikit-learn's `balanced`). Scores then "
    "are no longer probabilities of the outcome: threshold 0.5 selects about as if "
    "half of the people had the favourable outcome, so many more people of a rare one. "
    "The gap that is compared, and the weights of people, stay as they are."
)
_SEARCH_HELP = later(
    "Tries settings of the network (learning rate, weight decay, width, depth) by "
    "successive halving before the sweep: all for a few epochs, the better third for "
    "more, and so on. The one with the least cross entropy on validation people is "
    "used for every model if it beats the settings given here by more than one "
    "standard error. Test people are not looked at. What was kept is listed with the "
    "result."
)
_CANDIDATES = {
    later("No"): None,
    later("9 settings"): 9,
    later("18 settings"): 18,
    later("54 settings"): 54,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the upper part of the form says."""

    constraint: Constraint
    modes: tuple[Mode, ...]
    group_by: tuple[str, ...]
    grouping: Grouping
    kind: str
    control: str


@dataclass(frozen=True, slots=True)
class _Sweep:
    """Strengths and slacks."""

    count: int
    penalty: tuple[float, ...]
    adversarial: tuple[float, ...]
    widest: float


def more_settings(asked: Asked) -> SweepConfig:
    """Draw what most people leave alone, behind one line, and make the sweep of it all."""
    defaults = SweepConfig()
    with fold(tr("More settings"), key="train.more"):
        strengths, network, run = st.tabs([tr("Strengths"), tr("Network and training"), tr("Run")])
        with strengths:
            span = choose_slacks(asked.modes, asked.control)
            sweep = _strengths(asked, span, defaults)
        with network:
            trained = _network(asked.kind, defaults)
        with strengths:
            layer = choose_layer(asked.modes, int(str(trained["batch_size"])))
        with run:
            repeated = _run(defaults)
    config = SweepConfig.model_validate(
        {
            "constraint": asked.constraint,
            "group_by": asked.group_by,
            "grouping": asked.grouping,
            "modes": asked.modes or ("penalty",),
            "penalty": PenaltyParams.model_validate(
                {"control": asked.control, "strengths": sweep.penalty}
            ),
            "adversarial": AdversarialParams(strengths=sweep.adversarial),
            **trained,
            **repeated,
        }
    )
    return with_slacks(config, sweep.count, sweep.widest, span, layer)


def class_weight_in_use() -> ClassWeight:
    """What is picked below, for parts of the form that are drawn before it."""
    return "balanced" if st.session_state.get("train.class_weight") == "balanced" else "none"


def _strengths(asked: Asked, span: Span, defaults: SweepConfig) -> _Sweep:
    a, b, c = st.columns(3)
    count = int(a.slider(tr("Strengths per family"), 3, 41, 21, key="train.count"))
    penalty = b.number_input(
        tr("Largest penalty strength"),
        0.1,
        1000.0,
        max(defaults.penalty.strengths),
        key="train.penalty",
        disabled=asked.control == "slack",
    )
    adversarial = c.number_input(
        tr("Largest adversarial strength"),
        0.1,
        1000.0,
        max(defaults.adversarial.strengths),
        key="train.adversarial",
    )
    widest = a.number_input(
        tr("Widest slack or gap asked for, points"),
        1.0,
        100.0,
        100 * max(s for s in defaults.layer.slacks if s < 1),
        key="train.slack",
        disabled=span == "unmitigated",
    )
    return _Sweep(
        count,
        _grid(defaults.penalty.strengths, penalty, count),
        _grid(defaults.adversarial.strengths, adversarial, count),
        widest / 100,
    )


def _network(kind: str, defaults: SweepConfig) -> dict[str, object]:
    a, b, c = st.columns(3)
    plain = kind != "mlp"
    width = a.number_input(
        tr("Hidden units per layer"),
        1,
        512,
        defaults.model.width,
        key="train.width",
        disabled=plain,
    )
    depth = b.number_input(
        tr("Hidden layers"), 1, 6, defaults.model.depth, key="train.depth", disabled=plain
    )
    epochs = c.number_input(tr("Epochs"), 1, 500, defaults.epochs, key="train.epochs")
    batch = a.number_input(tr("Batch size"), 8, 100_000, defaults.batch_size, key="train.batch")
    rate = b.number_input(
        tr("Learning rate"),
        1e-5,
        1.0,
        USUAL_RATE[kind],
        0.001,
        format="%.4f",
        key="train.rate" if not plain else f"train.rate.{kind}",
    )
    decay = c.number_input(
        tr("Weight decay"),
        0.0,
        10.0,
        defaults.weight_decay,
        0.1,
        format="%.3f",
        key="train.decay",
        help=tr(
            "Draws weights towards 0 (AdamW). 1 or 2 kept networks on tables "
            "of a few thousand people from learning them by heart; it is too "
            "much for logistic regression."
        ),
    )
    classes = a.selectbox(
        tr("Each outcome counts"),
        list(_CLASS_WORDS),
        format_func=_CLASS_WORDS.__getitem__,
        key="train.class_weight",
        help=translated(_CLASS_HELP),
    )
    return {
        "model": ModelConfig.model_validate({"kind": kind, "width": width, "depth": depth}),
        "epochs": epochs,
        "batch_size": batch,
        "learning_rate": rate,
        "weight_decay": decay,
        "class_weight": classes or "none",
        "search": _search(b),
    }


def _search(place: DeltaGenerator) -> SearchParams | None:
    """Whether settings are searched, and how many are tried."""
    searched = place.selectbox(
        tr("Search for better settings first"),
        list(_CANDIDATES),
        format_func=translated,
        key="train.search",
        help=translated(_SEARCH_HELP),
    )
    count = _CANDIDATES[searched or "No"]
    return None if count is None else SearchParams(candidates=count)


def _run(defaults: SweepConfig) -> dict[str, object]:
    a, b, c = st.columns(3)
    seeds = a.slider(
        tr("Seeds"),
        1,
        5,
        1,
        key="train.seeds",
        help=tr("Each strength is trained once per seed; the spread shows training noise."),
    )
    split = b.number_input(tr("Seed of the split"), 0, 10_000, 0, key="train.split")
    threshold = c.number_input(
        tr("Decision threshold"), 0.01, 0.99, defaults.threshold, 0.01, key="train.threshold"
    )
    device = a.selectbox(
        tr("Device"),
        ["cpu", "cuda"],
        key="train.device",
        help=tr("cuda needs a GPU in the machine that runs the app."),
    )
    with b:
        folds = choose_folds()
    return {
        "folds": folds,
        "seeds": tuple(range(int(seeds))),
        "split": {"seed": split},
        "threshold": threshold,
        "device": device or "cpu",
    }


def _grid(default: tuple[float, ...], top: float, count: int) -> tuple[float, ...]:
    """The default grid when untouched; else as many steps down from the new top, on a log scale."""
    if top == max(default) and count == len(default):
        return default
    low = min(s for s in default if s > 0) * top / max(default)
    return log_grid(low, top, count)
