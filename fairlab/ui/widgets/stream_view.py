"""The Stream page in parts: the play, the player, numbers beside it, files."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import streamlit as st

from fairlab.errors import FairlabError
from fairlab.language import in_english, tr
from fairlab.outcomes import FloatArray
from fairlab.projection.conditions import CONSTRAINTS
from fairlab.projection.stream import POLICIES, StreamPlay, play, window_of
from fairlab.projection.stream_alerts import Alert, alerts
from fairlab.reports.figures.stream import stream_payload
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
from fairlab.ui.torch_once import is_loaded, load_torch
from fairlab.ui.widgets.fold import fold
from fairlab.ui.widgets.on_screen import on_screen
from fairlab.ui.widgets.stream_people import StreamPeople
from fairlab.ui.widgets.stream_settings import Asked, Settings
from fairlab.ui.widgets.subject import Subject

# Batches × groups² of the paper's rule under two conditions: about four seconds.
MOST_SYSTEMS = 6_000


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """What the rolling window saw: gaps (T,) and alerts by policy, batches with every group."""

    gaps: dict[str, FloatArray]
    found: dict[str, tuple[Alert, ...]]
    batches: int


def played(people: StreamPeople, settings: Settings) -> StreamPlay:
    """The stream under these settings; where it cannot be played, say why and stop the page."""
    try:
        first = tr("Loading the fairness layer, once after the server has started …")
        with st.spinner(tr("Playing the stream …") if is_loaded() else first):
            load_torch()
            return _play(f"{people.digest}@{people.threshold}", people, settings.asked)
    except FairlabError as error:
        st.error(as_it_is(str(error)))
        st.stop()


@st.cache_data(show_spinner=False, max_entries=16)
@in_english
def _play(
    digest: str,  # noqa: ARG001
    _people: StreamPeople,
    asked: Asked,
) -> StreamPlay:
    """A play; ``digest`` identifies the people."""
    slow = _too_slow(_people, asked)
    played = play(
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
        policies=tuple(name for name in POLICIES if name not in slow),
    )
    return replace(played, missing={**played.missing, **slow})


def _too_slow(people: StreamPeople, asked: Asked) -> dict[str, str]:
    """Rules that would hold up other visitors, each with the reason."""
    groups = len(np.unique(people.group))
    batches = -(-len(people.score) // asked.batch_size)
    both = len(CONSTRAINTS[asked.constraint].conditions) > 1
    if not both or groups < 3 or asked.batch_size == 1 or batches * groups**2 <= MOST_SYSTEMS:
        return {}
    return {
        "online_paper": tr(
            "for two conditions, {groups} groups and {batches:,} batches it "
            "would keep this server busy for too long. Choose larger batches "
            "or fewer groups.",
            groups=groups,
            batches=batches,
        )
    }


def show_headlines(played: StreamPlay, settings: Settings) -> None:
    """Three numbers: the gap as scored, with the online rule, and what that changed."""
    first, second, third = st.columns(3)
    first.metric(tr("Gap at the end, no rule"), _last(played, "none", settings))
    second.metric(tr("Gap at the end, online rule"), _last(played, "online", settings))
    online = played.traces.get("online")
    third.metric(
        tr("Typical change to a score, online rule"),
        tr("not played")
        if online is None
        else tr("{sqrt:.1f} points", sqrt=100 * np.sqrt(online.change)),
        help=tr("Root of the mean squared difference between the score given and the model's."),
    )


def _last(played: StreamPlay, policy: str, settings: Settings) -> str:
    trace = played.traces.get(policy)
    if trace is None:
        return tr("not played")
    value = (trace.decision_gap if settings.decisions else trace.gap)[-1]
    return tr("undefined") if np.isnan(value) else tr("{value:.1f} points", value=100 * value)


def show_player(
    played: StreamPlay, people: StreamPeople, settings: Settings, seen: Watched
) -> None:
    """The player, and what it shows in words."""
    window = window_of(played, played.batches(settings.window))
    sentence = stream_sentence(played, people.group_names, decisions=settings.decisions)
    key = hashlib.blake2b(repr((people.digest, settings)).encode(), digest_size=8)
    payload = stream_payload(
        played,
        window,
        seen.gaps,
        seen.found,
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
        seen.found,
        people.group_names,
        window=window.batches,
        tolerance=settings.tolerance,
        patience=settings.patience,
        watched=seen.batches,
    )
    st.markdown(as_it_is(said))
    chance = chance_sentence(played, people.group_names)
    if chance:
        st.markdown(as_it_is(chance))
    notes = (*people.notes, *stream_notes(played, people.group_names))
    st.markdown("\n".join(f"- {as_it_is(note)}" for note in notes))


def watched(played: StreamPlay, people: StreamPeople, settings: Settings) -> Watched:
    """Rolling gaps and alerts under these settings."""
    return _watch(f"{people.digest}@{people.threshold}:{settings!r}", played, settings)


@st.cache_data(show_spinner=False, max_entries=16)
@in_english
def _watch(key: str, _played: StreamPlay, _settings: Settings) -> Watched:  # noqa: ARG001
    """What was watched; ``key`` identifies stream and settings."""
    size = _played.batches(_settings.window)
    gaps, found = {}, {}
    for name in _played.traces:
        means = _played.means(name, decisions=_settings.decisions)
        gaps[name] = means.window_gap(size)
        found[name] = alerts(means, size, _settings.tolerance, _settings.patience)
    batches = int((~np.isnan(next(iter(gaps.values())))).sum())
    return Watched(gaps=gaps, found=found, batches=batches)


def show_tables(
    played: StreamPlay, people: StreamPeople, settings: Settings, seen: Watched
) -> None:
    """The same numbers as tables, folded away."""
    found = seen.found
    with fold(tr("Show as table"), key="stream.tables"):
        st.markdown(tr("Where each rule ended:"))
        st.dataframe(on_screen(policy_table(played, found)), hide_index=True, width="stretch")
        raised = alert_table(played, found, people.group_names)
        if len(raised):
            st.markdown(tr("Alerts:"))
            st.dataframe(on_screen(raised), hide_index=True, width="stretch")
        table = stream_table(played, decisions=settings.decisions)
        st.markdown(
            tr(
                "Gap of everybody so far after {n_table:,} of {n_seen:,} "
                "batches, exact at each. Empty cells are undefined.",
                n_table=len(table),
                n_seen=len(played.seen),
            )
        )
        st.dataframe(on_screen(table), hide_index=True, width="stretch")


def offer_download(
    played: StreamPlay,
    people: StreamPeople,
    settings: Settings,
    seen: Watched,
    subject: Subject,
) -> None:
    """CSV and JSON of the aggregates."""

    def frame() -> pd.DataFrame:
        window = window_of(played, played.batches(settings.window))
        return stream_frame(played, window, seen.gaps, people.group_names)

    def as_json() -> bytes:
        chosen = {
            "subject": subject.label,
            "groups_by": list(subject.by),
            "window_people": settings.window,
            "window_batches": played.batches(settings.window),
            "tolerance": settings.tolerance,
            "patience": settings.patience,
            "windows_and_alerts_of": "decisions" if settings.decisions else tr("mean scores"),
            "notes": list(people.notes),
        }
        return stream_json(played, frame(), seen.found, people.group_names, chosen)

    left, right, words = st.columns([1, 1, 3], vertical_alignment="center")
    left.download_button(
        tr("Gaps (CSV)"),
        lambda: stream_csv(frame()),
        "stream.csv",
        "text/csv",
        on_click="ignore",
        width="stretch",
    )
    right.download_button(
        tr("All numbers (JSON)"),
        as_json,
        "stream.json",
        "application/json",
        on_click="ignore",
        width="stretch",
    )
    words.markdown(
        tr(
            "Sums over everybody so far, with at least ten people between two "
            "rows: finer steps would give away single people."
        )
    )
