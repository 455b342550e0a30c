"""The explorer's arithmetic, run in Chromium, against the library's own."""

import json
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from fairlab.metrics import GAPS
from fairlab.metrics.intervals import wilson
from fairlab.metrics.pairs import widest_pairs
from fairlab.outcomes import GroupedOutcomes, count
from fairlab.reports.figures.explorer import NamedCuts, explorer_payload
from fairlab.sweeps import exact_sweep
from fairlab.sweeps.cuts import counts_at_cuts
from fairlab.ui.components import threshold_explorer
from fairlab.ui.widgets.sweep_view import COMPARABLE

SOURCE = (Path(threshold_explorer.__file__).parent / "explorer_numbers.js").read_text("utf-8")
LOOK_UP = """
  const ladders = data.groups.map((group) => ladderOf(group, data.positions));
  const names = data.groups.map((group) => group.name);
  return data.strategies.slice(1).map((one) => {
    const counts = one.cuts.map((cut, g) => countsAt(ladders[g], cut));
    const gaps = data.gaps.map((gap) => gapOf(gap, names, counts));
    const intervals = data.gaps.map((gap) => gapInterval(gap, counts));
    return { counts, gaps, intervals, cost: costOf(together(counts), data.costs) };
  });
"""


def run(page: Page, body: str, data: object) -> list:  # type: ignore[type-arg]
    """What the script gives back in the browser."""
    found = page.evaluate(f"(data) => {{ {SOURCE} {body} }}", json.loads(json.dumps(data)))
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("groups", [2, 3, 12])
def test_group_thresholds_give_the_librarys_counts_gaps_and_cost(page: Page, groups: int) -> None:
    """Random thresholds, half of them exactly at a score that several people share."""
    rng = np.random.default_rng(groups)
    n = 40 * groups
    outcomes = GroupedOutcomes.from_arrays(
        y_true=rng.integers(0, 2, n),
        score=rng.random(n).round(2),
        group=np.minimum(rng.integers(0, groups + 1, n), groups - 1),
        group_names=[f"g{g}" for g in range(groups)],
    )
    drawn = [
        [
            float(c)
            for c in np.where(rng.random(groups) < 0.5, outcomes.score[:groups], rng.random(groups))
        ]
        for _ in range(30)
    ]
    drawn.append([float("inf")] * groups)
    strategies = [NamedCuts("in_use", "", "", "one", (0.5,))]
    strategies += [NamedCuts(f"s{i}", "", "", "each", tuple(cuts)) for i, cuts in enumerate(drawn)]
    payload = explorer_payload(
        outcomes,
        sweep := exact_sweep(outcomes),
        gaps=COMPARABLE,
        strategies=strategies,
        in_use=(0.5,) * groups,
        tolerance=0.1,
        outcome_words=("repaid", "defaulted"),
        digest="x",
        costs=(3.0, 0.5),
    )
    for cuts, found in zip(drawn, run(page, LOOK_UP, payload), strict=True):
        counts = counts_at_cuts(sweep, cuts)
        for g, shown in enumerate(found["counts"]):
            own = count(outcomes, cuts[g])
            assert shown == {f: int(getattr(own, f)[g]) for f in ("tp", "fp", "fn", "tn")}
        for name, gap in zip(COMPARABLE, found["gaps"], strict=True):
            exact = GAPS[name].result(counts)
            assert gap["value"] == (None if exact.value is None else pytest.approx(exact.value))
            assert set(gap["leftOut"]) == set(exact.left_out)
            if exact.value:
                assert gap["widest"]["high"]["group"] == exact.highest
                assert gap["widest"]["rate"] == exact.rate
        for name, ends in zip(COMPARABLE, found["intervals"], strict=True):
            exact_ends = widest_pairs(counts, GAPS[name])
            if ends is None:
                assert np.isnan(exact_ends).all()
            else:
                assert ends == pytest.approx(exact_ends, abs=1e-9)
        cost = 3.0 * counts.fp.sum() + 0.5 * counts.fn.sum()
        assert found["cost"] == pytest.approx(cost)


def test_intervals_are_wilsons(page: Page) -> None:
    pairs = [(0, 1), (1, 1), (3, 7), (0, 400), (399, 400), (123, 1000), (5, 5)]
    found = run(page, "return data.map(([k, n]) => wilson(k, n));", pairs)
    low, high = wilson([k for k, _ in pairs], [n for _, n in pairs])
    np.testing.assert_allclose(np.array(found), np.column_stack((low, high)), atol=1e-12)
    assert run(page, "return [wilson(0, 0)];", 0) == [None]


def test_a_move_of_one_threshold_is_told_by_outcome(page: Page) -> None:
    """Lowering a threshold adds people of both outcomes; raising it takes them away."""
    body = "return [movedBetween(data[0], data[1]), movedBetween(data[1], data[0])];"
    before = {"tp": 10, "fp": 4, "fn": 5, "tn": 9}
    after = {"tp": 14, "fp": 9, "fn": 1, "tn": 4}
    more, fewer = run(page, body, [before, after])
    assert more == {"favourable": 4, "unfavourable": 5, "selected": 9}
    assert fewer == {"favourable": -4, "unfavourable": -5, "selected": -9}


def test_numbers_are_rounded_as_the_sentences_round_them(page: Page) -> None:
    """Eighths and sixteenths lie exactly half-way; every other number has one nearest."""
    folder = Path(threshold_explorer.__file__).parent
    source = "".join((folder / f).read_text("utf-8") for f in ("words.js", "rounding.js"))
    values = [k / 16 for k in range(400)] + [100 * k / 37 for k in range(60)]
    for digits in (0, 1, 2):
        found = page.evaluate(
            f"(values) => {{ {source} return values.map((v) => fixed(v, {digits})); }}", values
        )
        assert found == [f"{v:.{digits}f}" for v in values]


def test_a_gap_is_held_against_a_tolerance_with_its_interval(page: Page) -> None:
    """Inside or outside only where the whole interval is; otherwise we cannot tell."""
    folder = Path(threshold_explorer.__file__).parent
    source = "".join((folder / f).read_text("utf-8") for f in ("words.js", "explorer_gaps.js"))
    asked = [(0.05, [0.0, 0.1]), (0.05, [0.0, 0.2]), (0.3, [0.2, 0.4]), (0.2, [0.1, 0.3])]
    asked += [(0.05, None), (0.2, None)]  # type: ignore[list-item]
    body = "return data.map(([value, range]) => heldAgainst(value, range, 0.1));"
    found = page.evaluate(f"(data) => {{ {source} {body} }}", json.loads(json.dumps(asked)))
    assert found == [
        "inside",
        "we cannot tell",
        "outside",
        "we cannot tell",
        "inside here; no interval",
        "outside here; no interval",
    ]
