"""The Stream page in parts: settings, the player, numbers beside it, files."""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from fairlab.errors import FairlabError
from fairlab.outcomes import FloatArray
from fairlab.projection.stream import StreamPlay, play, window_of
from fairlab.projection.stream_alerts import Alert, alerts
from fairlab.projection.stream_people import ORDERS, Order
from fairlab.reports.figures.stream import stream_payload
from fairlab.reports.sentences.curve import CONSTRAINT_WORDS
from fairlab.reports.sentences.stream import (
    alert_sentence,
    chance_sentence,
    stream_notes,
    stream_sentence,
)
from fairlab.reports.tables.stream import (
    alert_table,
    policy_table,
    stream_csv,
    stream_frame,
    stream_json,
    stream_table,
)
from fairlab.ui.components.stream_player import stream_player
from fairlab.ui.markdown import as_it_is
from fairlab.ui.store import result
from fairlab.ui.torch_once import load_torch
from fairlab.ui.widgets.stream_people import StreamPeople, people_of
from fairlab.ui.widgets.subject import Subject

__all__ = [
    "Settings",
    "choose_settings",
    "offer_download",
    "people_of",
    "played",
    "show_headlines",
    "show_player",
    "show_tables",
]

_BATCHES = (1, 8, 32, 256)
_OTHER = 0
_ORDER_LABELS: dict[Order, str] = {
    "shuffled": "Random",
    "by group": "One group after another",
    "drifting": "Group shares change",
}
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
        "Constraint",
        names,
        index=names.index(constraint),
        format_func=lambda name: CONSTRAINT_WORDS[name].partition(":")[0],
        help="\n\n".join(CONSTRAINT_WORDS[name] for name in names),
        key=f"stream.constraint.{subject.digest}",
    )
    promised = second.number_input(
        "Promised slack, points",
        0.0,
        100.0,
        100 * slack,
        1.0,
        key=f"stream.slack.{subject.digest}",
        help="Largest gap that the rules aim to keep.",
    )
    batch_size = third.selectbox(
        "Batch size",
        [*_BATCHES, _OTHER],
        index=2,
        format_func=lambda size: "Other …" if size == _OTHER else _people(size),
        key="stream.batch",
        persist_state="session",
    )
    if batch_size == _OTHER:
        batch_size = int(
            third.number_input("People per batch", 1, 100_000, 64, 1, key="stream.batch.other")
        )
    order = fourth.selectbox(
        "People come in this order",
        ORDERS,
        format_func=_ORDER_LABELS.__getitem__,
        key="stream.order",
        persist_state="session",
        help="Random; all of one group, then all of the next (the hardest for a rule that adapts); "
        "or at random with shares that change: the first group comes 1.9 times as often as on "
        "average at the start and 0.1 times at the end, the last group the other way round.",
    )
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    decisions = _choose_measure(people, left)
    seed, window, tolerance, patience = _choose_alerts(people, right)
    asked = Asked(chosen, promised / 100, batch_size, order, seed)
    return Settings(asked, window, tolerance, patience, decisions)


def _choose_measure(people: StreamPeople, place: "st.delta_generator.DeltaGenerator") -> bool:
    """Mean scores or decisions; True for decisions."""
    labels = {
        MEAN_SCORES: "Mean scores (promised)",
        DECISIONS: f"Decisions at {people.threshold:.4g} (not promised)",
    }
    chosen = place.segmented_control(
        "Gap of",
        list(labels),
        default=MEAN_SCORES,
        required=True,
        format_func=labels.__getitem__,
        key="stream.measure",
    )
    return chosen == DECISIONS


def _choose_alerts(
    people: StreamPeople, place: "st.delta_generator.DeltaGenerator"
) -> tuple[int, int, float, int]:
    """Seed of the order, window, tolerance and patience."""
    with place.popover("Alerts and seed", width="stretch"):
        usual = max(10, min(500, round(len(people.score) / 4, -1)))
        window = st.number_input(
            "Window, people",
            1,
            max(1, len(people.score)),
            int(min(usual, len(people.score))),
            10,
            key=f"stream.window.{people.digest}",
            help="The gap of the last so many people is watched, rounded to whole batches.",
        )
        tolerance = st.number_input(
            "Tolerance, points",
            0.0,
            100.0,
            15.0,
            1.0,
            key="stream.tolerance",
            help="A wider gap in the window counts. Small windows swing by chance alone.",
        )
        patience = st.number_input(
            "Patience, batches",
            1,
            10_000,
            3,
            1,
            key="stream.patience",
            help="So many batches in a row raise an alert.",
        )
        seed = st.number_input("Seed of the order", 0, 10_000, 0, 1, key="stream.seed")
    return int(seed), int(window), tolerance / 100, int(patience)


def _as_trained(subject: Subject) -> tuple[str, float]:
    if subject.point is None:
        return "demographic_parity", 0.05
    run = result(subject.point.run_id)
    slack = run.points[subject.point.index].slack
    known = run.constraint if run.constraint in CONSTRAINT_WORDS else "demographic_parity"
    return known, slack if slack is not None and slack < 1 else 0.05


def played(people: StreamPeople, settings: Settings) -> StreamPlay:
    """The stream under these settings; where it cannot be played, say why and stop the page."""
    try:
        with st.spinner("Playing the stream …", show_time=False):
            load_torch()
            return _play(f"{people.digest}@{people.threshold}", people, settings.asked)
    except FairlabError as error:
        st.error(as_it_is(str(error)))
        st.stop()


@st.cache_data(show_spinner=False, max_entries=16)
def _play(
    digest: str,  # noqa: ARG001
    _people: StreamPeople,
    asked: Asked,
) -> StreamPlay:
    """A play; ``digest`` identifies the people."""
    return play(
        _people.score,
        _people.group,
        _people.y,
        fit=_people.fit,
        constraint=asked.constraint,
        slack=asked.slack,
        batch_size=asked.batch_size,
        order=asked.order,
        seed=asked.seed,
        threshold=_people.threshold,
        n_groups=len(_people.group_names),
    )


def show_headlines(played: StreamPlay, settings: Settings) -> None:
    """Three numbers: the gap as scored, with the online rule, and what that changed."""
    first, second, third = st.columns(3)
    first.metric("Gap at the end, no rule", _last(played, "none", settings))
    second.metric("Gap at the end, online rule", _last(played, "online", settings))
    online = played.traces.get("online")
    third.metric(
        "Typical change to a score, online rule",
        "not played" if online is None else f"{100 * np.sqrt(online.change):.1f} points",
        help="Root of the mean squared difference between the score given and the model's.",
    )


def _last(played: StreamPlay, policy: str, settings: Settings) -> str:
    trace = played.traces.get(policy)
    if trace is None:
        return "not played"
    value = (trace.decision_gap if settings.decisions else trace.gap)[-1]
    return "undefined" if np.isnan(value) else f"{100 * value:.1f} points"


def show_player(played: StreamPlay, people: StreamPeople, settings: Settings) -> None:
    """The player, and what it shows in words."""
    window = window_of(played, played.batches(settings.window))
    watched = _watch(played, settings)
    sentence = stream_sentence(played, people.group_names, decisions=settings.decisions)
    key = hashlib.blake2b(repr((people.digest, settings)).encode(), digest_size=8)
    payload = stream_payload(
        played,
        window,
        watched.gaps,
        watched.found,
        people.group_names,
        decisions=settings.decisions,
        tolerance=settings.tolerance,
        alt=sentence,
        digest=key.hexdigest(),
    )
    st.markdown(as_it_is(sentence))
    stream_player(payload, key="stream.player")
    said = alert_sentence(
        played,
        watched.found,
        people.group_names,
        window=window.batches,
        tolerance=settings.tolerance,
        patience=settings.patience,
        watched=watched.batches,
    )
    st.markdown(as_it_is(said))
    chance = chance_sentence(played, people.group_names)
    if chance:
        st.markdown(as_it_is(chance))
    notes = (*people.notes, *stream_notes(played, people.group_names))
    st.markdown("\n".join(f"- {as_it_is(note)}" for note in notes))


@dataclass(frozen=True, slots=True, eq=False)
class _Watched:
    """What the rolling window saw: gaps (T,) and alerts by policy, batches with every group."""

    gaps: dict[str, FloatArray]
    found: dict[str, tuple[Alert, ...]]
    batches: int


def _watch(played: StreamPlay, settings: Settings) -> _Watched:
    size = played.batches(settings.window)
    means = {name: played.means(name, decisions=settings.decisions) for name in played.traces}
    gaps = {name: found.window_gap(size) for name, found in means.items()}
    return _Watched(
        gaps=gaps,
        found={
            name: alerts(found, size, settings.tolerance, settings.patience)
            for name, found in means.items()
        },
        batches=int((~np.isnan(next(iter(gaps.values())))).sum()),
    )


def show_tables(played: StreamPlay, people: StreamPeople, settings: Settings) -> None:
    """The same numbers as tables, folded away."""
    found = _watch(played, settings).found
    with st.expander("Show as table"):
        st.markdown("Where each rule ended:")
        st.dataframe(policy_table(played, found), hide_index=True, width="stretch")
        raised = alert_table(played, found, people.group_names)
        if len(raised):
            st.markdown("Alerts:")
            st.dataframe(raised, hide_index=True, width="stretch")
        table = stream_table(played, decisions=settings.decisions)
        st.markdown(
            f"Gap of everybody so far after {len(table):,} of {len(played.seen):,} batches, exact "
            "at each. Empty cells are undefined."
        )
        st.dataframe(table, hide_index=True, width="stretch")


def offer_download(
    played: StreamPlay, people: StreamPeople, settings: Settings, subject: Subject
) -> None:
    """CSV and JSON of the aggregates."""

    def frame() -> pd.DataFrame:
        window = window_of(played, played.batches(settings.window))
        return stream_frame(played, window, _watch(played, settings).gaps, people.group_names)

    def as_json() -> bytes:
        found = _watch(played, settings).found
        chosen = {
            "subject": subject.label,
            "groups_by": list(subject.by),
            "window_people": settings.window,
            "window_batches": played.batches(settings.window),
            "tolerance": settings.tolerance,
            "patience": settings.patience,
            "windows_and_alerts_of": "decisions" if settings.decisions else "mean scores",
            "notes": list(people.notes),
        }
        return stream_json(played, frame(), found, people.group_names, chosen)

    left, right, words = st.columns([1, 1, 3], vertical_alignment="center")
    left.download_button(
        "Gaps (CSV)",
        lambda: stream_csv(frame()),
        "stream.csv",
        "text/csv",
        on_click="ignore",
        width="stretch",
    )
    right.download_button(
        "All numbers (JSON)",
        as_json,
        "stream.json",
        "application/json",
        on_click="ignore",
        width="stretch",
    )
    words.markdown(
        "Sums over everybody so far, with at least ten people between two rows: finer steps would "
        "give away single people."
    )


def _people(size: int) -> str:
    return "1 person" if size == 1 else f"{size:,} people"
