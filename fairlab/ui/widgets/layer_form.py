"""The form on Train: the slacks to sweep, and how the fairness layer is trained."""

from dataclasses import asdict, dataclass
from typing import Literal

import streamlit as st

from fairlab.config import LayerParams, Mode, PenaltyParams, Span, SweepConfig, slack_grid
from fairlab.language import later, told, tr

_SPAN_WORDS: dict[Span, str] = told(
    {
        "unmitigated": later("From the gap of an unmitigated model of this table"),
        "listed": later("From the widest given below"),
    }
)
# With fewer people in a batch than this, groups' means of one batch are mostly chance.
SMALL_BATCH = 128


@dataclass(frozen=True, slots=True)
class LayerChoice:
    """What is chosen of the layer besides its slacks.

    Attributes:
        decisions: ``held`` when decisions are asked to keep the slack too.
        batches: ``running`` when small batches are projected with the people before them.
    """

    decisions: Literal["free", "held"] = "free"
    batches: Literal["projected", "running"] = "projected"


def with_slacks(
    sweep: SweepConfig, count: int, widest: float, span: Span, layer: LayerChoice
) -> SweepConfig:
    """The sweep with the slacks of its modes, and the layer's other settings.

    Args:
        sweep: Everything else.
        count: Models per family and seed.
        widest: Widest slack, where they are listed.
        span: Where slacks run from.
        layer: What else was chosen of the layer.
    """
    # What is not read stays as it is, so that the same models have the same digest.
    found: dict[str, object] = {"span": span, "count": count}
    if span == "listed":
        found = {"span": span, "slacks": slack_grid(widest, count)}
    params = LayerParams.model_validate({**found, **asdict(layer)})
    penalty = PenaltyParams.model_validate({**sweep.penalty.model_dump(), **found})
    return sweep.model_copy(update={"layer": params, "penalty": penalty})


def choose_slacks(modes: tuple[Mode, ...], control: str) -> Span:
    """Where the slacks of the layer, and of a penalty asked for gaps, run from."""
    if "layer" not in modes and not ("penalty" in modes and control == "slack"):
        return "unmitigated"
    picked = st.radio(
        tr("Slacks run"),
        list(_SPAN_WORDS),
        format_func=_SPAN_WORDS.__getitem__,
        key="train.span",
        horizontal=True,
        help=tr(
            "Down to 0 in equal steps. How wide a slack still does something "
            "depends on the table: a logistic regression, fitted on training "
            "people first, tells. The run says what was found. It takes a "
            "second or two more."
        ),
    )
    return picked or "unmitigated"


def choose_layer(modes: tuple[Mode, ...], batch_size: int) -> LayerChoice:
    """Whether decisions are asked to keep the slack, and small batches projected together."""
    small = batch_size < SMALL_BATCH
    if "layer" not in modes:
        return LayerChoice(batches="running" if small else "projected")
    left, right = st.columns(2)
    decisions = left.toggle(
        tr("Layer: hold decisions to the slack"),
        value=True,
        key="train.layer.decisions",
        help=tr(
            "The layer promises mean scores; decisions at the threshold may "
            "still differ. With this, training also moves them together. That "
            "is asked for, not promised; it costs accuracy, and what came of "
            "it is measured."
        ),
    )
    running = right.toggle(
        tr("Layer: project small batches together"),
        value=small,
        key=f"train.layer.running.{small}",
        help=tr(
            "In batches of fewer than about {small_batch} people, groups' "
            "means are mostly chance, or a group is missing. With this, each "
            "batch is projected together with the people seen just before it; "
            "the promise is then about all of them.",
            small_batch=SMALL_BATCH,
        ),
    )
    return LayerChoice("held" if decisions else "free", "running" if running else "projected")
