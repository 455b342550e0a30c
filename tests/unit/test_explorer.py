"""What the threshold explorer and the sweep's words and tables are made of."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlab.impossibility import (
    USUAL_GAPS,
    ThresholdRange,
    least_worst_gap,
    within_tolerance,
)
from fairlab.metrics import GAPS
from fairlab.outcomes import GroupedOutcomes, count
from fairlab.reports.figures.explorer import (
    NamedCuts,
    explorer_payload,
    slider_grid,
    tidy_cut,
)
from fairlab.reports.figures.sweep import gap_styles, sweep_figure
from fairlab.reports.figures.theme import group_styles
from fairlab.reports.sentences.sweep import (
    at_threshold_sentence,
    least_worst_sentence,
    tolerance_sentence,
)
from fairlab.reports.tables.sweep import sweep_csv, sweep_table
from fairlab.sweeps import exact_sweep
from fairlab.sweeps.bands import gap_bands

SCORES = {
    "probabilities": st.sampled_from((0.0, 0.1, 0.5, 0.75, 0.999)),
    "with a sure one": st.sampled_from((0.2, 1.0)),
    "deciles": st.integers(1, 10),
    "wide": st.sampled_from((-13.7, 0.0, 2.5, 840.25)),
    "tiny": st.sampled_from((3e-7, 4e-7, 9.5e-6)),
    "one value": st.just(7.25),
}


def some_people(scores: list[float]) -> GroupedOutcomes:
    n = len(scores)
    return GroupedOutcomes.from_arrays(
        y_true=np.arange(n) % 2, score=scores, group=np.arange(n) // 2 % 2, group_names=("a", "b")
    )


@pytest.mark.parametrize("kind", SCORES)
@given(data=st.data())
def test_slider_goes_from_everyone_to_nobody_in_few_even_steps(
    kind: str, data: st.DataObject
) -> None:
    scores = data.draw(st.lists(SCORES[kind], min_size=1, max_size=12))
    grid = slider_grid(exact_sweep(some_people(scores)))
    assert 2 <= len(grid.positions) <= 403
    assert grid.positions[0] <= min(scores)
    assert grid.positions[-1] > max(scores)
    np.testing.assert_allclose(np.diff(grid.positions), grid.step, rtol=1e-4)


def test_probabilities_get_round_positions_such_as_a_half() -> None:
    grid = slider_grid(exact_sweep(some_people([0.123, 0.9])))
    assert {0.0, 0.3, 0.5, 1.0} <= set(grid.positions.tolist())


def test_whole_number_scores_show_the_number_that_decides() -> None:
    """6.5 selects who 7 selects; the line must not cut the bar of people who score 6."""
    outcomes = some_people([3.0, 6.0, 7.0, 9.0])
    payload = payload_of(outcomes, in_use=(6.5, 6.5))
    assert payload["in_use"] == (7.0, 7.0)
    assert payload["strategies"][0]["cuts"] == (7.0,)
    assert payload["positions"] == [3, 4, 5, 6, 7, 8, 9, 10]


def payload_of(
    outcomes: GroupedOutcomes,
    each: tuple[float, ...] = (),
    in_use: tuple[float, ...] = (0.5, 0.5),
    **more: object,
) -> dict:  # type: ignore[type-arg]
    """A payload that starts at one threshold for everyone and offers one strategy per group."""
    strategies = [NamedCuts("in_use", "In use", "", "one", in_use[:1])]
    if each:
        strategies.append(NamedCuts("mine", "Mine", "", "each", each))
    return explorer_payload(
        outcomes,
        exact_sweep(outcomes),
        gaps=USUAL_GAPS,
        strategies=strategies,
        in_use=in_use,
        tolerance=0.1,
        outcome_words=("repaid", "defaulted"),
        digest="x",
        **more,  # type: ignore[arg-type]
    )


def shown_counts(payload: dict, g: int, cut: float) -> tuple[float, ...]:  # type: ignore[type-arg]
    """tp, fp, fn, tn of a group as the browser looks them up."""
    group = payload["groups"][g]
    rows = {cut: (tp, fp) for cut, tp, fp in group["own"]}
    rows |= dict(zip(payload["positions"], zip(group["tp"], group["fp"], strict=True), strict=True))
    tp, fp = rows[cut]
    return tp, fp, group["size"][0] - tp, group["size"][1] - fp


def exact_counts(outcomes: GroupedOutcomes, g: int, cut: float) -> tuple[int, ...]:
    counts = count(outcomes, cut)
    return tuple(int(getattr(counts, f)[g]) for f in ("tp", "fp", "fn", "tn"))


def test_payload_holds_the_exact_counts_and_gaps_of_every_position() -> None:
    rng = np.random.default_rng(0)
    outcomes = some_people(rng.random(300).round(2).tolist())
    payload = json.loads(json.dumps(payload_of(outcomes, in_use=(0.1234567, 0.1234567))))
    assert 0.1234567 in payload["positions"]
    for i, threshold in list(enumerate(payload["positions"]))[::17]:
        counts = count(outcomes, threshold)
        for g in range(2):
            assert shown_counts(payload, g, threshold) == exact_counts(outcomes, g, threshold)
        for gap in payload["gaps"]:
            exact = float(GAPS[gap["name"]](counts))
            assert gap["values"][i] == (None if np.isnan(exact) else pytest.approx(exact, abs=1e-6))


@given(
    scores=st.lists(st.sampled_from((0.0, 0.1, 0.3, 0.5, 0.75, 1.0)), min_size=4, max_size=30),
    cuts=st.tuples(*[st.sampled_from((0.05, 0.1, 0.3, 0.30001, 0.5, 0.751, 1.0))] * 2),
)
def test_each_groups_own_threshold_has_its_exact_counts(
    scores: list[float], cuts: tuple[float, float]
) -> None:
    """Ties stay together: a person whose score is the threshold is selected."""
    outcomes = some_people(scores)
    payload = json.loads(json.dumps(payload_of(outcomes, cuts)))
    for g, cut in enumerate(payload["strategies"][1]["cuts"]):
        assert cut == cuts[g]
        assert shown_counts(payload, g, cut) == exact_counts(outcomes, g, cut)


def test_infinite_thresholds_become_the_ends_that_decide_the_same() -> None:
    outcomes = some_people([0.0, 0.2, 1.0, 1.0])
    payload = payload_of(outcomes, (float("-inf"), float("inf")))
    everybody, nobody = payload["strategies"][1]["cuts"]
    assert shown_counts(payload, 0, everybody)[2:] == (0, 0)
    assert shown_counts(payload, 1, nobody)[:2] == (0, 0)


def test_a_strategy_not_worked_out_yet_is_offered_without_thresholds() -> None:
    outcomes = some_people([0.0, 0.2, 0.7, 1.0])
    later = NamedCuts("later", "Later", "", "each", ())
    payload = explorer_payload(
        outcomes,
        exact_sweep(outcomes),
        gaps=USUAL_GAPS,
        strategies=[NamedCuts("in_use", "In use", "", "one", (0.5,)), later],
        in_use=(0.5, 0.5),
        tolerance=0.1,
        outcome_words=("repaid", "defaulted"),
        digest="x",
    )
    assert payload["strategies"][1]["cuts"] == ()


def test_many_groups_show_the_four_largest_first() -> None:
    group = np.repeat(np.arange(9), [1, 9, 2, 8, 3, 7, 4, 6, 5])
    outcomes = GroupedOutcomes.from_arrays(
        y_true=np.arange(45) % 2, score=np.linspace(0, 1, 45), group=group
    )
    assert payload_of(outcomes, in_use=(0.5,) * 9)["first_shown"] == [1, 3, 5, 7]


def test_bands_lie_at_the_positions_of_the_slider_and_undefined_is_null() -> None:
    outcomes = some_people(np.random.default_rng(4).random(200).tolist())
    sweep = exact_sweep(outcomes)
    keep = np.unique(sweep.index(slider_grid(sweep).positions)).tolist()
    bands = gap_bands(sweep, USUAL_GAPS, size=2, keep=keep, draws=100)
    payload = json.loads(json.dumps(payload_of(outcomes, bands=bands), allow_nan=False))
    band = payload["bands"][USUAL_GAPS[0]]
    assert len(band["thresholds"]) == len(band["lower"]) == len(band["upper"])
    known = [(a, b) for a, b in zip(band["lower"], band["upper"], strict=True) if a is not None]
    assert known
    assert all(0 <= low <= high for low, high in known)


@given(
    scores=st.lists(st.sampled_from((0.1, 0.123456, 0.1234567, 0.29, 0.5, 7.0, -3.25)), min_size=1),
    data=st.data(),
)
def test_tidy_thresholds_have_fewer_decimals_and_decide_the_same(
    scores: list[float], data: st.DataObject
) -> None:
    sweep = exact_sweep(some_people(scores))
    cut = data.draw(st.sampled_from([*scores, float("inf"), float("-inf")]))
    tidy = tidy_cut(sweep, cut)
    assert sweep.index(tidy) == sweep.index(cut)
    assert len(repr(tidy)) <= len(repr(cut))


def test_payload_histograms_count_everyone_once() -> None:
    outcomes = some_people([0.0, 0.3, 0.5, 1.0, 0.99, 0.3])
    groups = payload_of(outcomes)["groups"]
    assert [sum(g["favourable"]) + sum(g["unfavourable"]) for g in groups] == [4, 2]


def test_gap_colours_are_no_group_colours() -> None:
    groups = {s.color for s in group_styles(list("abcd"))}
    assert not groups & {s.color for s in gap_styles(USUAL_GAPS)}
    assert len({(s.color, s.dash) for s in gap_styles(list("1234567"))}) == 7


def test_sweep_figure_keeps_the_extremes_of_a_long_sweep() -> None:
    rng = np.random.default_rng(1)
    outcomes = some_people(rng.random(5000).tolist())
    sweep = exact_sweep(outcomes)
    figure = sweep_figure(
        sweep, USUAL_GAPS, tolerance=0.1, thresholds={"in use": 0.5}, least_worst=(0.4, 0.01)
    )
    line = figure.data[0]
    assert len(line.x) < 700
    assert np.nanmax(line.y) == pytest.approx(100 * np.nanmax(GAPS[USUAL_GAPS[0]](sweep.counts)))


def test_table_is_thinned_and_rows_of_the_download_are_ten_decisions_apart() -> None:
    """Two rows that differ by one person would tell that person's score and label."""
    sweep = exact_sweep(some_people(np.random.default_rng(2).random(500).tolist()))
    assert len(sweep_table(sweep, USUAL_GAPS)) == 101
    frame = pd.read_csv(io.BytesIO(sweep_csv(sweep, USUAL_GAPS)))
    assert not [name for name in frame.columns if name in ("tp", "fp", "fn", "tn")]
    assert len(frame) == 51
    selected = 500 * frame["selection_rate"]
    assert selected.diff().dropna().max() <= -10 + 1e-9


def test_the_download_leaves_out_gaps_that_rest_on_few_people() -> None:
    """Where a group has fewer than ten in a cell the gap is empty, as in the audit there."""
    sweep = exact_sweep(some_people(np.random.default_rng(2).random(500).tolist()))
    frame = pd.read_csv(io.BytesIO(sweep_csv(sweep, USUAL_GAPS)))
    every = pd.read_csv(io.BytesIO(sweep_csv(sweep, USUAL_GAPS, 1)))
    hidden = 0
    for row in frame.itertuples(index=False):
        counts = sweep.at(row.threshold)
        small = min(f.min() for f in (counts.tp, counts.fp, counts.fn, counts.tn)) < 10
        assert np.isnan(row.equal_opportunity_difference) == small
        hidden += small
    assert 0 < hidden < len(frame)
    assert every["equal_opportunity_difference"].notna().sum() > len(frame) - hidden


def test_sentences_say_where_how_much_and_when_nothing_qualifies() -> None:
    sweep = exact_sweep(some_people(np.random.default_rng(3).random(200).tolist()))
    found = least_worst_gap(sweep, USUAL_GAPS, 0.05)
    assert found is not None
    text = least_worst_sentence(found, (0.01, 0.2), USUAL_GAPS, 0.05)
    assert f"{100 * found.value:.1f} points (95 % interval 1.0 to 20.0)" in text
    assert "within 5 points of the best accuracy" in text
    assert "We cannot tell" in least_worst_sentence(None, None, USUAL_GAPS, 1.0)
    none = tolerance_sentence((), USUAL_GAPS, 0.1, 0.05)
    assert none == (
        "No single threshold keeps all four gaps within 10 points and gives up at most 5 points "
        "of accuracy."
    )
    some = tolerance_sentence((ThresholdRange(0.2, 0.3),), USUAL_GAPS[:1], 0.1, 0.05)
    assert some == "Thresholds above 0.2 and up to 0.3 keep the gap within 10 points."
    everything = within_tolerance(sweep, USUAL_GAPS, 1.0)
    assert "keep all four gaps within 100 points" in tolerance_sentence(
        everything, USUAL_GAPS, 1.0, 1.0
    )


def test_sentence_at_a_threshold_names_groups_and_what_is_undefined() -> None:
    outcomes = GroupedOutcomes.from_arrays(
        y_true=[1, 1, 0, 1, 0, 0], score=[9, 8, 7, 6, 1, 1], group=list("aaabbb")
    )
    text = at_threshold_sentence(count(outcomes, 7), 7.0, USUAL_GAPS)
    assert text.startswith("At threshold 7, 3 of 6 people are selected.")
    assert "points: a highest (of 3), b lowest (of 3)." in text
    assert "no one in b is selected" in text
    assert "undefined" not in at_threshold_sentence(count(outcomes, 1), 1.0, USUAL_GAPS)


def test_a_risks_thresholds_are_said_and_tabled_as_its_table_writes_them() -> None:
    """Minus the risk is only how it is held: 4 or less is selected, from the lowest risk up."""
    outcomes = some_people([-1.0, -2.0, -3.0, -4.0, -5.0, -6.0])
    sweep = exact_sweep(outcomes)
    gaps = USUAL_GAPS[:1]
    assert at_threshold_sentence(sweep.at(-4.0), -4.0, gaps, risk=True).startswith(
        "At threshold 4 or less, 4 of 6 people"
    )
    ranges = (ThresholdRange(-5.0, -4.0), ThresholdRange(float("-inf"), -6.0))
    said = tolerance_sentence(ranges, gaps, 0.1, 1.0, risk=True)
    assert said == "Thresholds from 4 to below 5; from 6 keep the gap within 10 points."
    assert sweep_table(sweep, gaps, risk=True)["Threshold"].tolist()[:6] == [6, 5, 4, 3, 2, 1]
    assert b"\n4.0," in sweep_csv(sweep, gaps, 1, risk=True)
