"""The HTML report: one file, offline, aggregates only, and every name as text."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlab.baselines import BASELINES
from fairlab.config import MODES
from fairlab.errors import InputError
from fairlab.metrics import GAPS, audit
from fairlab.outcomes import GroupedOutcomes, count
from fairlab.reports.facts import gather
from fairlab.reports.html import html_report
from fairlab.reports.html.charts import curve_chart
from fairlab.reports.html.content import report_content
from fairlab.reports.html.page import script_json
from fairlab.reports.html.thinned import ShownSweep, shown_sweep
from fairlab.reports.tables.curve import curve_rows
from fairlab.results import Guarantee
from tests.reported import reported

EVIL = "<img src=x onerror=hacked=1>'\"{{7*7}}</script><script>hacked=1</script>\u202e"


def people(rng: np.random.Generator, n: int, groups: int) -> GroupedOutcomes:
    return GroupedOutcomes.from_arrays(
        y_true=rng.integers(0, 2, n),
        score=rng.integers(0, 12, n) / 10 - 0.05,
        group=rng.integers(0, groups, n) * rng.integers(0, 2, n),
        group_names=[f"g{g}" for g in range(groups)],
    )


def ranges(shown: np.ndarray, total: float) -> np.ndarray:
    """People between thresholds whose counts are shown, and beyond the first and the last."""
    known = shown[np.isfinite(shown)]
    return -np.diff(np.concatenate(([total], known, [0.0])))


@given(
    seed=st.integers(0, 10_000),
    n=st.sampled_from((30, 150, 600)),
    groups=st.sampled_from((1, 2, 4)),
    threshold=st.sampled_from((0.05, 0.35, 0.5, 0.755)),
    smallest=st.sampled_from((1, 3, 10)),
)
def test_no_range_of_scores_with_few_people_can_be_worked_out(
    seed: int, n: int, groups: int, threshold: float, smallest: int
) -> None:
    """Between any two shown counts, and beyond them, are at least so many people per outcome."""
    outcomes = people(np.random.default_rng(seed), n, groups)
    found = shown_sweep(outcomes, threshold, smallest)
    for g in range(groups):
        own = outcomes.group == g
        if np.isfinite(found.selected[:, g]).any():
            assert ranges(found.selected[:, g], own.sum()).min() >= smallest
        if np.isfinite(found.tp[:, g]).any():
            good = (own & (outcomes.y_true == 1)).sum()
            fp = found.selected[:, g] - found.tp[:, g]
            assert ranges(found.tp[:, g], good).min() >= smallest
            assert ranges(fp, own.sum() - good).min() >= smallest
            assert np.isfinite(found.favourable[g])
        elif np.isfinite(found.favourable[g]):
            assert min(found.favourable[g], found.n[g] - found.favourable[g]) >= smallest
    agrees(found, outcomes)


def agrees(found: ShownSweep, outcomes: GroupedOutcomes) -> None:
    for at, threshold in enumerate(found.thresholds):
        counts = count(outcomes, threshold)
        for shown, exact in (
            (found.selected[at], counts.tp + counts.fp),
            (found.tp[at], counts.tp),
        ):
            known = np.isfinite(shown)
            assert np.array_equal(shown[known], exact[known])


@given(seed=st.integers(0, 10_000), threshold=st.sampled_from((0.25, 0.5, 0.8)))
def test_at_the_threshold_in_use_all_that_may_be_shown_is(seed: int, threshold: float) -> None:
    """A group's cells where each has ten people; how many are selected where both sides have."""
    outcomes = people(np.random.default_rng(seed), 200, 3)
    found, counts = shown_sweep(outcomes, threshold), count(outcomes, threshold)
    for g in range(3):
        cells = [int(getattr(counts, f)[g]) for f in ("tp", "fp", "fn", "tn")]
        assert np.isfinite(found.tp[found.start, g]) == (min(cells) >= 10)
        sides = (cells[0] + cells[1], cells[2] + cells[3])
        assert np.isfinite(found.selected[found.start, g]) == (min(sides) >= 10)


@given(seed=st.integers(0, 10_000), smallest=st.sampled_from((0, 3, 10)))
def test_of_weighted_people_totals_are_shown_where_enough_heads_lie_between(
    seed: int, smallest: int
) -> None:
    """Weights say nothing of how many people there are: the same places are kept as without."""
    rng = np.random.default_rng(seed)
    plain = people(rng, 150, 2)
    outcomes = replace(plain, weight=rng.random(150) * 20 + 0.01)
    found, bare = shown_sweep(outcomes, 0.5, smallest), shown_sweep(plain, 0.5, smallest)
    assert np.array_equal(np.isfinite(found.tp), np.isfinite(bare.tp))
    assert np.array_equal(np.isfinite(found.selected), np.isfinite(bare.selected))
    for at, threshold in enumerate(found.thresholds):
        counts = count(outcomes, threshold)
        known = np.isfinite(found.tp[at])
        assert np.allclose(found.tp[at][known], counts.tp[known])


def test_with_nothing_to_hide_every_threshold_is_there() -> None:
    outcomes = people(np.random.default_rng(0), 60, 2)
    found = shown_sweep(outcomes, 0.333, 0)
    assert len(found.thresholds) == 100
    assert found.thresholds[found.start] == 0.333
    assert np.isfinite(found.tp).all()
    agrees(found, outcomes)
    gap = GAPS["equal_opportunity_difference"]
    assert gap(found.counts)[found.start] == gap(count(outcomes, 0.333))


class Markup(HTMLParser):
    """Elements with their attributes, and the text of scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script":
            self.scripts[-1] += data


def parsed(page: bytes) -> Markup:
    found = Markup()
    found.feed(page.decode())
    return found


def test_names_that_are_markup_stay_text() -> None:
    """In markup, attributes, the data of the script and the title; nothing else is loaded."""
    config, result = reported(
        (EVIL, "b" + EVIL), attribute=EVIL, words=(EVIL, EVIL), filename=EVIL, reason=EVIL,
        dissent=EVIL,
    )  # fmt: skip
    page = html_report(config, result, how=[EVIL])
    found = parsed(page)
    assert [tag for tag, _ in found.tags].count("script") == 2
    assert not [tag for tag, _ in found.tags if tag in ("img", "iframe", "object", "form", "base")]
    for _, attributes in found.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("src", "href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:,"))
    data = json.loads(found.scripts[0])
    assert data["names"][0].startswith("<img src=x"), "the script sets it as text"
    assert "\u202e" not in page.decode()
    assert "http:" not in page.decode()
    assert "https:" not in page.decode()


def test_nothing_but_its_own_script_and_style_may_run() -> None:
    page = html_report(*reported())
    policy = next(a["content"] for t, a in parsed(page).tags if t == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy


def test_data_in_a_script_can_end_no_script() -> None:
    text = script_json({"name": "</script><!-- & \u2028"})
    assert not re.search(r"[<>&\u2028]", text)
    assert json.loads(text)["name"] == "</script><!-- & \u2028"


def test_it_says_the_numbers_of_the_audit() -> None:
    """Gap and interval as the Python API gives them; the curve has the same interval."""
    config, result = reported()
    found = audit(result.scored(1).outcomes(), 0.5, has_scores=False)
    gap = found.gaps["demographic_parity_difference"]
    assert gap.value is not None
    assert gap.lower is not None
    assert gap.upper is not None
    said = html_report(config, result).decode()
    ends = f"{100 * gap.lower:.1f} to {100 * gap.upper:.1f}"
    assert f">{100 * gap.value:.1f} <small>points" in said
    assert said.count(ends) >= 3, "tile, curve and table of gaps"


def test_a_small_group_is_withheld_everywhere() -> None:
    """Its cells, and every gap and total they could be worked out from; not at 0."""
    config, result = reported(("East", "West", "Few"), (300, 200, 14))
    for smallest, expected in ((10, None), (0, 14)):
        page = html_report(config, result, smallest=smallest)
        data = json.loads(parsed(page).scripts[0])["thresholds"]
        few = [row[2] for row in data["tp"]]
        assert (set(few) == {None}) == (expected is None)
    page = html_report(config, result).decode()
    assert "The curve is withheld" in page
    assert "undefined for every model" not in page
    assert "Every gap rests on a group with small cells" in page
    assert page.count("withheld</span>") > 4


def test_the_promise_of_a_layer_stands_beside_what_was_measured() -> None:
    """For everybody to read unless a group is withheld."""
    promise = Guarantee(
        promised=0.05,
        batch_excess=0.0,
        score_gap={"test": 0.04},
        decision_gap={"test": 0.0721},
        policy="frozen",
        uses_attribute_when_deciding=True,
        smallest_cell={"test": 200},
    )
    for sizes, shown in (((300, 200), True), ((300, 14), False)):
        config, result = reported(sizes=sizes)
        points = tuple(replace(p, guarantee=promise) for p in result.points)
        page = html_report(config, replace(result, points=points)).decode()
        assert ("decisions 7.2 points apart" in page) == shown


def test_the_same_choice_gives_the_same_bytes_and_no_choice_gives_a_remedy() -> None:
    config, result = reported()
    page = html_report(config, result)
    assert page == html_report(config, result)
    assert len(page) < 200_000
    with pytest.raises(InputError, match="no choice"):
        html_report(config.model_copy(update={"choice": None}), result)


def test_the_curve_does_not_tell_who_lies_between_two_near_thresholds() -> None:
    """Chosen at 0.51 of a run at 0.5: its own point is withheld, that of the others is not."""
    for threshold, hidden in ((0.5, False), (0.51, True)):
        config, result = reported(threshold=threshold, sizes=(600, 600))
        rows = report_content(gather(config, result))["curve"]["rows"]
        assert [row["accuracy"] == row["gap"] == "withheld" for row in rows if row["chosen"]] == [
            hidden
        ]
        assert not any(row["accuracy"] == "withheld" for row in rows if not row["chosen"])


def test_an_undefined_gap_is_not_called_withheld() -> None:
    """A run of one group has no gap: nobody hides it."""
    config, result = reported(names=("East",), sizes=(500,))
    rows = report_content(gather(config, result))["curve"]["rows"]
    assert {row["gap"] for row in rows} == {"undefined"}
    assert "withheld" not in {row["accuracy"] for row in rows}


def test_every_baseline_has_a_marker_and_an_entry_of_its_own() -> None:
    """Logistic regression and boosting are told apart without colour, as are all others."""
    _, result = reported()
    one = curve_rows(result)[1]
    rows = [
        replace(one, index=k, mode="baseline", family=name, label=name)
        for k, name in enumerate(BASELINES)
    ]
    rows += [replace(one, index=90 + k, mode=m, family=m, label=m) for k, m in enumerate(MODES)]
    chart = curve_chart(rows, 0)
    assert chart is not None
    paths = {entry["label"]: entry["path"] for entry in chart["families"]}
    assert len(set(paths.values())) == len(BASELINES) + len(MODES)
    assert {p["index"]: p["path"] for p in chart["points"]}[1] == paths[rows[1].label]
