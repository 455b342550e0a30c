"""What the player is sent and what is said about a stream."""

from dataclasses import replace

import numpy as np
import pytest

from fairlab.projection.stream import StreamPlay, window_of
from fairlab.projection.stream_alerts import alerts
from fairlab.reports.figures.stream import STEPS, stream_payload, thinned
from fairlab.reports.sentences.stream import (
    alert_sentence,
    chance_sentence,
    stream_notes,
    stream_sentence,
)
from tests.unit.test_stream import people, stream

NAMES = ("A", "B", "C")


def sent(played: StreamPlay, tolerance: float = 0.1, window: int = 5) -> dict:  # type: ignore[type-arg]
    means = {name: played.means(name) for name in played.traces}
    found = {name: alerts(m, window, tolerance, 2) for name, m in means.items()}
    return stream_payload(
        played,
        window_of(played, window),
        {name: m.window_gap(window) for name, m in means.items()},
        found,
        NAMES,
        decisions=False,
        tolerance=tolerance,
        alt="",
        digest="",
    )


def test_what_is_drawn_is_exact_where_it_is_drawn() -> None:
    """Every sent position carries the number of its own batch, in the window too."""
    played = stream(batch_size=1)
    data = sent(played)
    trace = played.traces["online"]
    mine = data["policies"][-1]
    assert mine["name"] == "online"
    for i in (0, 1, 57, len(data["seen"]) - 1):
        t = data["batch"][i] - 1
        assert data["seen"][i] == played.seen[t]
        want = None if np.isnan(trace.gap[t]) else pytest.approx(trace.gap[t], abs=1e-5)
        assert mine["gap"][i] == want
    assert mine["recent"][3] is None  # the window is not full
    assert data["window"] == 5


def test_long_streams_are_thinned_but_keep_their_ends_and_alerts() -> None:
    """At most the promised number of positions; first people, last batch and alerts stay."""
    for batches in (10, STEPS, STEPS + 1, 100_000):
        kept = thinned(batches)
        assert len(kept) <= STEPS
        assert kept[0] == 0
        assert kept[-1] == batches - 1
        assert (np.diff(kept) > 0).all()
        assert_first = min(batches, 100)
        assert kept[:assert_first].tolist() == list(range(assert_first))
    played = stream(batch_size=1)
    alert = alerts(played.means("none"), 60, 0.05, 1)[0]
    far = replace(alert, raised=77_777, where=88_888, end=99_998)
    assert {77_777, 88_888, 99_998} <= set(thinned(100_000, [far]).tolist())


@pytest.mark.parametrize(
    ("wild", "cut"), [(20, True), (80, False)], ids=["a few", "a fifth of the stream"]
)
def test_the_first_swings_do_not_flatten_the_rest(wild: int, cut: bool) -> None:
    """A gap of 1 at the very start is cut off; one that lasts is shown, as is the end."""
    played = stream(batch_size=1)
    gap = np.full(400, 0.1)
    gap[:wild] = 1.0
    shown = {name: replace(trace, gap=gap) for name, trace in played.traces.items()}
    top = sent(replace(played, traces=shown, smallest=np.zeros(400, dtype=np.int64)))["tops"]["gap"]
    assert (top < 0.2) if cut else (top == 1.0)
    assert top > 0.1


def test_the_sentence_has_every_end_and_n() -> None:
    played = stream()
    said = stream_sentence(played, NAMES)
    assert said.startswith("400 people came in random order (")
    assert f"{(played.index.group == 2).sum()} C)" in said
    for trace in played.traces.values():
        assert f"{100 * trace.gap[-1]:.1f} points" in said
    assert "not promised" in stream_sentence(played, NAMES, decisions=True)


def test_one_group_is_not_a_gap_of_zero() -> None:
    score, group, y = people()
    from fairlab.projection.stream import play
    from fairlab.projection.stream_people import FitPeople

    played = play(score, group * 0, y, fit=FitPeople(score, group * 0, y), batch_size=16)
    said = stream_sentence(played, ("A",))
    assert "We cannot tell how far apart groups are: everybody is of one group." in said
    assert "0.0 points apart" not in said


def test_small_cells_are_named_with_what_chance_can_do() -> None:
    """Every cell below thirty people, by group and outcome; none, no sentence."""
    played = stream(constraint="equal_opportunity")
    few = [g for g in range(3) if ((played.index.group == g) & (played.y == 1)).sum() < 30]
    said = chance_sentence(played, NAMES)
    assert few
    for g in few:
        assert f"{NAMES[g]} with the favourable outcome (" in said
    assert "2/√n" in said
    assert chance_sentence(stream(), NAMES) == ""


def test_alerts_are_counted_by_rule_and_the_widest_is_described() -> None:
    played = stream(batch_size=4)
    means = {name: played.means(name) for name in played.traces}
    found = {name: alerts(m, 20, 0.05, 2) for name, m in means.items()}
    asked = {"window": 20, "tolerance": 0.05, "patience": 2}
    said = alert_sentence(played, found, NAMES, **asked, watched=81)
    assert "the last 80 people exceeds 5.0 points for 2 batches running" in said
    assert f"No rule {len(found['none'])}" in said
    worst = max((a for f in found.values() for a in f), key=lambda a: a.worst)
    assert f"{100 * worst.worst:.1f} points" in said
    assert f"{NAMES[worst.highest]} above {NAMES[worst.lowest]}" in said
    none = dict.fromkeys(found, ())
    assert "There was no alert in 81 batches" in alert_sentence(
        played, none, NAMES, **asked, watched=81
    )
    assert "We cannot tell" in alert_sentence(played, none, NAMES, **asked, watched=0)


def test_notes_say_what_is_promised_and_that_no_rule_sees_outcomes() -> None:
    labels = " ".join(stream_notes(stream(constraint="equalized_odds"), NAMES))
    assert "No rule sees an outcome" in labels
    assert "as far as calibrated probabilities tell" in labels
    plain = stream_notes(stream(batch_size=1), NAMES)
    assert plain[0].startswith("What is promised of mean scores")
    assert "does not bound the gap of everybody so far" in plain[0]
    assert "calibrated" not in plain[0]
    assert not any("No rule sees an outcome" in note for note in plain)
    assert any("nobody to be compared with" in note for note in plain)
    idle = replace(stream(), slack=1.0)
    moved = idle.traces["frozen"]
    assert moved.change > 0
    for change, said in ((0.0006, False), (0.0004, True), (0.0, True)):
        idle.traces["frozen"] = replace(moved, change=change**2)
        found = any("less than 0.05 points" in note for note in stream_notes(idle, NAMES))
        assert found is said
    refused = replace(stream(), missing={"frozen": "Nobody in group 1 has y = 1."})
    assert "Nobody in group “B” has y = 1." in stream_notes(refused, NAMES)[-1]


def test_the_title_and_the_notes_follow_what_is_measured() -> None:
    assert sent(stream())["title"] == "mean scores"
    assert sent(stream(constraint="accuracy_parity"))["title"] == (
        "agreement between score and outcome"
    )
    grouped = replace(stream(), order_name="by group")
    assert any("Batches of a single group" in note for note in stream_notes(grouped, NAMES))
    assert not any("Batches of a single group" in note for note in stream_notes(stream(), NAMES))
