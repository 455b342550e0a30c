"""What can be set on the Stream page: how people come, what is promised, when to be alerted."""

from dataclasses import dataclass
from typing import NamedTuple

import streamlit as st

from fairlab.language import later, told, tr
from fairlab.projection.stream_people import ORDERS, Order
from fairlab.reports.sentences.curve import CONSTRAINT_WORDS
from fairlab.ui.store import result
from fairlab.ui.widgets.stream_people import StreamPeople
from fairlab.ui.widgets.subject import Subject

_BATCHES = (1, 8, 32, 256)
_OTHER = 0
_ORDER_LABELS: dict[Order, str] = told(
    {
        "shuffled": later("Random"),
        "by group": later("One group after another"),
        "drifting": later("Group shares change"),
    }
)
MEAN_SCORES, DECISIONS = "Mean scores", "Decisions"


class Asked(NamedTuple):
    """What a play depends on beside the people; a tuple, so that the cache can hash it."""

    constraint: str
    slack: float
    batch_size: int
    order: Order
    seed: int


@dataclass(frozen=True, slots=True)
class Settings:
    """How people come, what is promised, and when to raise an alert.

    Attributes:
        asked: What is played.
        window: People in the rolling window.
        tolerance: Rolling gap in [0, 1] above which alerts are raised.
        patience: Batches it has to last.
        decisions: Whether gaps are those of decisions instead of mean scores.
    """

    asked: Asked
    window: int
    tolerance: float
    patience: int
    decisions: bool


def choose_settings(subject: Subject, people: StreamPeople) -> Settings:
    """Draw the settings. Defaults follow the run: its constraint, the point's slack."""
    constraint, slack = _as_trained(subject)
    first, second, third, fourth = st.columns([3, 2, 2, 3], vertical_alignment="bottom")
    names = list(CONSTRAINT_WORDS)
    chosen = first.selectbox(
        tr("Constraint"),
        names,
        index=names.index(constraint),
        format_func=lambda name: CONSTRAINT_WORDS[name].partition(":")[0],
        help="\n\n".join(CONSTRAINT_WORDS[name] for name in names),
        key=f"stream.constraint.{subject.digest}",
    )
    promised = second.number_input(
        tr("Slack, points"),
        0.0,
        100.0,
        100 * slack,
        1.0,
        key=f"stream.slack.{subject.digest}",
        help=tr(
            "Largest gap of mean scores that the rules aim at. What each of "
            "them promises of it is said below the chart."
        ),
    )
    batch_size = third.selectbox(
        tr("Batch size"),
        [*_BATCHES, _OTHER],
        index=2,
        format_func=lambda size: "Other …" if size == _OTHER else _people(size),
        key="stream.batch",
        persist_state="session",
    )
    if batch_size == _OTHER:
        batch_size = int(
            third.number_input(tr("People per batch"), 1, 100_000, 64, 1, key="stream.batch.other")
        )
    order = fourth.selectbox(
        tr("People come in this order"),
        ORDERS,
        format_func=_ORDER_LABELS.__getitem__,
        key="stream.order",
        persist_state="session",
        help=tr(
            "Random; all of one group, then all of the next (the hardest for a "
            "rule that adapts); or at random with shares that change: the "
            "first group comes 1.9 times as often as on average at the start "
            "and 0.1 times at the end, the last group the other way round."
        ),
    )
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    decisions = _choose_measure(people, left)
    seed, window, tolerance, patience = _choose_alerts(people, right)
    asked = Asked(chosen, promised / 100, batch_size, order, seed)
    return Settings(asked, window, tolerance, patience, decisions)


def _choose_measure(people: StreamPeople, place: "st.delta_generator.DeltaGenerator") -> bool:
    """Mean scores or decisions; True for decisions."""
    labels = {
        MEAN_SCORES: MEAN_SCORES,
        DECISIONS: tr("Decisions at {threshold:.4g}", threshold=people.threshold),
    }
    chosen = place.segmented_control(
        tr("Gap of"),
        list(labels),
        default=MEAN_SCORES,
        required=True,
        format_func=labels.__getitem__,
        key="stream.measure",
        help=tr(
            "Rules promise mean scores within the slack. Decisions, at the "
            "threshold in use, are measured and not promised."
        ),
    )
    return chosen == DECISIONS


def _choose_alerts(
    people: StreamPeople, place: "st.delta_generator.DeltaGenerator"
) -> tuple[int, int, float, int]:
    """Seed of the order, window, tolerance and patience."""
    with place.popover(tr("Alerts and seed"), width="stretch"):
        usual = max(10, min(500, round(len(people.score) / 4, -1)))
        window = st.number_input(
            tr("Window, people"),
            1,
            max(1, len(people.score)),
            int(min(usual, len(people.score))),
            10,
            key=f"stream.window.{people.digest}",
            help=tr("The gap of the last so many people is watched, rounded to whole batches."),
        )
        tolerance = st.number_input(
            tr("Tolerance, points"),
            0.0,
            100.0,
            15.0,
            1.0,
            key="stream.tolerance",
            help=tr("A wider gap in the window counts. Small windows swing by chance alone."),
        )
        patience = st.number_input(
            tr("Patience, batches"),
            1,
            10_000,
            3,
            1,
            key="stream.patience",
            help=tr("So many batches in a row raise an alert."),
        )
        seed = st.number_input(tr("Seed of the order"), 0, 10_000, 0, 1, key="stream.seed")
    return int(seed), int(window), tolerance / 100, int(patience)


def _as_trained(subject: Subject) -> tuple[str, float]:
    if subject.point is None:
        return "demographic_parity", 0.05
    run = result(subject.point.run_id)
    slack = run.points[subject.point.index].slack
    known = run.constraint if run.constraint in CONSTRAINT_WORDS else "demographic_parity"
    return known, slack if slack is not None and slack < 1 else 0.05


def _people(size: int) -> str:
    return "1 person" if size == 1 else tr("{size:,} people", size=size)
