"""``bench quality``: picked on validation alone, drawn decisions exact, honest verdicts."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from benchmarks import quality, quality_pack, quality_readme, quality_report
from benchmarks.quality_cells import Cell, Place, append_cell, read_cells, run_cell
from benchmarks.quality_error_parity import group_chances
from benchmarks.quality_evidence import by_rule, rule_lines
from benchmarks.quality_picks import (
    Measured,
    Pick,
    best_of,
    best_within,
    covered,
    worth_within,
)
from benchmarks.quality_points import SPLITS, Asked, Method, Point, expected_counts
from benchmarks.quality_rules import OTHERS, RULE, best_expected, expected_worth, pick_of_union
from benchmarks.quality_tables import TABLES, open_table, split_people
from benchmarks.quality_verdicts import (
    Chosen,
    People,
    beyond_chance_together,
    chance,
    choose,
    compare,
    verdict,
)
from fairlab.data.task import PreparedData
from fairlab.errors import InputError

CONSTRAINT = "demographic_parity"


def measured(*points: tuple[float, float], n: int = 1000) -> Measured:
    """Points of given accuracy and demographic parity gap, two groups of ``n`` people."""
    rows = []
    for accuracy, gap in points:
        # Group 0 selects half of its people, group 1 that and the gap more.
        rows.append([_group(accuracy, 0.5, n), _group(accuracy, 0.5 + gap, n)])
    return Measured(np.array(rows), CONSTRAINT)


def _group(accuracy: float, selected: float, n: int) -> list[float]:
    tp, tn = n * selected * accuracy, n * (1 - selected) * accuracy
    return [tp, n * selected - tp, n * (1 - selected) - tn, tn]


def test_the_most_accurate_point_within_the_limit_is_picked() -> None:
    points = measured((0.9, 0.2), (0.8, 0.04), (0.85, 0.05), (0.84, 0.0))
    assert best_within(points, 0.05).index == 2
    assert best_within(points, 0.049).index == 3
    assert best_within(points, 0.05).within


def test_where_none_is_within_the_least_gap_is_picked_and_said() -> None:
    pick = best_within(measured((0.9, 0.2), (0.6, 0.1)), 0.05)
    assert (pick.index, pick.within) == (1, False)


def test_equal_accuracy_goes_to_the_smaller_gap() -> None:
    assert best_within(measured((0.8, 0.05), (0.8, 0.01), (0.8, 0.01)), 0.05).index == 1


def test_an_undefined_gap_is_within_no_limit() -> None:
    counts = measured((0.9, 0.0), (0.7, 0.3)).counts.copy()
    counts[0, 1] = 0  # nobody in group 1: no gap
    assert best_within(Measured(counts, CONSTRAINT), 0.5).index == 1


costs = st.lists(
    st.tuples(st.sampled_from([0.6, 0.7, 0.8]), st.sampled_from([0.0, 0.05, 0.1, 0.2])),
    min_size=1,
    max_size=6,
)


@given(st.lists(costs, min_size=1, max_size=4), st.sampled_from([0.01, 0.05, 0.1]))
def test_a_union_picks_what_all_its_points_together_would(
    methods: list[list[tuple[float, float]]], limit: float
) -> None:
    picks = [best_within(measured(*points), limit) for points in methods]
    winner = picks[best_of(picks)]
    together = best_within(measured(*[p for points in methods for p in points]), limit)
    assert winner.within == together.within
    assert winner.accuracy == pytest.approx(together.accuracy)
    assert winner.gap == pytest.approx(together.gap)


def test_breaking_a_limit_costs_a_point_for_every_point_beyond_it() -> None:
    points = measured((0.9, 0.02), (0.93, 0.07)).counts
    worth = worth_within(points, CONSTRAINT, 0.05)
    assert worth == pytest.approx([0.9, 0.91])
    assert worth_within(points, CONSTRAINT, 0.01) == pytest.approx([0.89, 0.87])
    assert worth_within(points, CONSTRAINT, 0.01, price=0.0) == pytest.approx([0.9, 0.93])


def test_hypervolume_is_the_share_of_the_box_that_points_cover() -> None:
    # 54 % are favourable, so a constant decision errs on 46 %; the box ends at a gap of 20 points.
    area = (0.46 - 0.1) * (0.2 - 0.1) + (0.46 - 0.25) * (0.1 - 0.0)
    counts = measured((0.9, 0.1), (0.75, 0.0)).counts
    assert covered(counts, CONSTRAINT) == pytest.approx(area / (0.46 * 0.2))
    assert covered(measured((0.9, 0.5), (0.75, 0.4)).counts, CONSTRAINT) == 0.0
    counts[0, 1] = 0  # nobody in group 1: no gap
    assert covered(counts[:1], CONSTRAINT) == 0.0


def test_a_point_within_the_limit_by_luck_is_passed_over() -> None:
    """With few people, a gap just inside is as often beyond; with many it is not."""
    points = ((0.81, 0.049), (0.80, 0.0))
    assert best_within(measured(*points, n=50), 0.05).index == 0
    assert best_expected(measured(*points, n=50), 0.05)[0].index == 1
    assert best_expected(measured(*points, n=1_000_000), 0.05)[0].index == 0


def test_expected_worth_is_that_of_fresh_people() -> None:
    """The mean over resampled counts agrees with people drawn from the same shares."""
    (counts,) = measured((0.8, 0.04), n=200).counts
    rng = np.random.default_rng(6)
    drawn = rng.multinomial(400, counts.reshape(-1) / 400, size=5000).reshape(-1, 2, 4)
    mean = worth_within(drawn.astype(float), CONSTRAINT, 0.05).mean()
    found = expected_worth(Measured(counts[None], CONSTRAINT), (0.05, 0.5))[:, 0]
    assert found[0] == pytest.approx(mean, abs=0.006)
    assert found[1] == pytest.approx(0.8, abs=0.005)  # nothing is beyond: plain accuracy
    assert found[0] < 0.79


@given(st.lists(costs, min_size=1, max_size=4), st.sampled_from([0.01, 0.05]))
@effort(max_examples=25, deadline=None)
def test_a_union_picks_the_highest_expected_worth_of_all_its_points(
    methods: list[list[tuple[float, float]]], limit: float
) -> None:
    """Whatever method a point comes from, and in whatever order."""
    apart = [measured(*points, n=60) for points in methods]
    together = measured(*[p for points in methods for p in points], n=60)
    nothing = Measured(np.empty((0, 0, 4)), CONSTRAINT)
    found = pick_of_union([nothing, *apart], limit, "expected")
    assert found is not None
    assert found[0] > 0
    one = best_expected(together, limit)[0]
    assert found[1].accuracy == pytest.approx(one.accuracy)
    assert found[1].gap == pytest.approx(one.gap)


def test_expected_counts_are_the_mean_of_draws() -> None:
    rng = np.random.default_rng(0)
    chance = rng.choice([0.0, 0.3, 1.0], 60)
    y, group = rng.integers(0, 2, 60), rng.integers(0, 2, 60)
    exact = expected_counts(chance, y, group, 2)
    drawn = [
        expected_counts((rng.random(60) < chance).astype(float), y, group, 2) for _ in range(4000)
    ]
    assert np.abs(np.mean(drawn, axis=0) - exact).max() < 0.25
    assert exact.sum(1) == pytest.approx(np.bincount(group))


def test_error_paritys_chances_are_the_mean_of_its_own_draws() -> None:
    classifiers = pytest.importorskip("error_parity.classifiers")
    from sklearn.metrics import roc_curve

    rng = np.random.default_rng(1)
    score = rng.choice(np.linspace(0, 1, 11), 400)
    y = (rng.random(400) < score).astype(int)
    curve = roc_curve(y, score, drop_intermediate=False)
    rules = {
        g: classifiers.RandomizedClassifier.construct_at_target_ROC(lambda x: x[:, 0], curve, p)
        for g, p in enumerate((np.array([0.2, 0.35]), np.array([0.3, 0.5])))
    }
    group = np.arange(400) % 2
    chance = group_chances(rules, score, group)
    assert ((chance > 0) & (chance < 1)).any()
    np.random.seed(0)  # noqa: NPY002  (its third classifier draws from the global generator)
    drawn = np.zeros(400)
    for _ in range(1500):
        for g, rule in rules.items():
            drawn[group == g] += rule(score[group == g, None])
    assert np.abs(drawn / 1500 - chance).max() < 0.07


def test_the_mixtures_chances_are_the_mean_of_fairlearns_draws() -> None:
    from fairlearn.reductions import DemographicParity, ExponentiatedGradient
    from sklearn.linear_model import LogisticRegression

    from benchmarks.quality_fairlearn import _mixture

    rng = np.random.default_rng(2)
    x = rng.normal(size=(300, 2))
    group = (x[:, 0] > 0).astype(int)
    y = (rng.random(300) < 1 / (1 + np.exp(-2 * x[:, 0] - x[:, 1]))).astype(int)
    model = ExponentiatedGradient(
        LogisticRegression(), DemographicParity(difference_bound=0.02), max_iter=10
    ).fit(x, y, sensitive_features=group)
    chance = _mixture(model, x)
    assert ((chance > 0.01) & (chance < 0.99)).any()
    drawn = np.mean([model.predict(x, random_state=s) for s in range(300)], axis=0)
    assert np.abs(drawn - chance).max() < 0.13


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ([0.01, 0.012, 0.011], "win"),
        ([-0.01, -0.012, -0.011], "loss"),
        ([0.01, -0.02, 0.03], "tie"),
        ([1e-9, 1e-9, 1e-9], "tie"),
        ([0.02], "open"),
    ],
)
def test_verdicts(values: list[float], word: str) -> None:
    assert verdict(values, 0.0, 0.2).word == word


def test_noise_of_test_rows_alone_makes_a_tie() -> None:
    """Five seeds that agree by luck do not win against the noise of the people tested on."""
    values = [0.010, 0.0101, 0.0102, 0.0101, 0.01]
    assert verdict(values, 0.0, 0.2).word == "win"
    assert verdict(values, 0.02**2, 0.2).word == "tie"
    wide = verdict(values, 0.02**2, 1.0).difference
    assert wide.high - wide.mean == pytest.approx(1.96 * 0.02, rel=1e-3)


@pytest.mark.parametrize("values", [[0.01, 0.03, 0.02], [-0.02, 0.01, 0.0, -0.03], [0.0] * 3])
@pytest.mark.parametrize("noise", [0.0, 0.004, 0.03])
def test_a_chance_below_five_in_a_hundred_is_what_a_verdict_calls_no_tie(
    values: list[float], noise: float
) -> None:
    shared = 1.0  # so that the noise of rows is that of one seed
    found = verdict(values, noise**2, shared)
    assert (chance(values, found.noise_of_rows) < 0.05) == (found.word != "tie")


def test_many_comparisons_are_looked_at_together() -> None:
    """Holm: the smallest p against 5 % / 4, the next against 5 % / 3, and none after one fails."""
    assert beyond_chance_together([0.04, 0.012, 0.001, 0.016]) == [True] * 4
    assert beyond_chance_together([0.04, 0.018, 0.001, 0.026]) == [False, False, True, False]
    assert beyond_chance_together([0.02, np.nan, 0.03]) == [True, False, True]
    assert np.isnan(chance([0.1], 0.0))


def cell(chance: np.ndarray, people: People, seed: int = 0) -> Cell:
    """A finished cell of one rule."""
    one = Measured(expected_counts(chance, people.y, people.group, 2)[None], CONSTRAINT)
    place = Place("loanapp", CONSTRAINT, seed, None)
    return Cell("", place, "m", ("",), one, one, (0, 0, 0, 0), {0: chance}, (1, 1, 1), 0.0, {})


def test_the_same_rule_ties_with_itself_without_any_noise() -> None:
    rng = np.random.default_rng(3)
    people = People(rng.integers(0, 2, 200), rng.integers(0, 2, 200))
    one = Chosen(cell(rng.random(200), people), Pick(0, True, 0.5, 0.0))
    found = compare({0: one, 1: one}, {0: one, 1: one}, {0: people, 1: people}, 0.05, 0.2)
    assert (found.word, found.noise_of_rows) == ("tie", 0.0)


def test_noise_of_rows_is_that_of_fresh_people() -> None:
    """The standard error from resampling agrees with drawing populations anew."""
    rng = np.random.default_rng(4)
    n = 500

    def draw() -> tuple[People, np.ndarray, np.ndarray]:
        people = People(rng.integers(0, 2, n), rng.integers(0, 2, n))
        right, other = rng.random(n) < 0.8, rng.random(n) < 0.7
        return people, *(np.where(r, people.y, 1 - people.y).astype(float) for r in (right, other))

    def difference(limit: float, price: float) -> tuple[float, float]:
        people, a, b = draw()
        chosen = [Chosen(cell(c, people), Pick(0, True, 0.5, 0.0)) for c in (a, b)]
        found = compare({0: chosen[0]}, {0: chosen[1]}, {0: people}, limit, 0.0, price)
        return found.by_seed[0], found.noise_of_rows

    drawn = np.array([difference(0.05, 1.0) for _ in range(60)])
    assert drawn[:, 0].std() == pytest.approx(drawn[:, 1].mean(), rel=0.35)


@pytest.fixture(scope="module")
def prepared() -> PreparedData:
    """A few hundred people of the built-in table."""
    return split_people(open_table(TABLES["loanapp"], None), "race_ethnicity", 0, 500)


def test_a_bound_on_people_leaves_the_test_people_alone() -> None:
    data = open_table(TABLES["loanapp"], None)
    whole, part = (split_people(data, "race_ethnicity", 0, p) for p in (None, 500))
    sizes = [{name: len(s.y_true) for name, s in p.splits.items()} for p in (whole, part)]
    assert sizes[1]["train"] + sizes[1]["validation"] == pytest.approx(500, abs=2)
    assert sizes[1]["test"] == pytest.approx(sizes[0]["test"], abs=2)
    assert sizes[0]["train"] == pytest.approx(3 * sizes[0]["test"], abs=6)
    assert not np.array_equal(
        split_people(data, "race_ethnicity", 1, 500).splits["test"].y_true,
        part.splits["test"].y_true,
    )


def asked(prepared: PreparedData) -> Asked:
    """What methods are given; scores without training: features added up."""

    def base(_: object) -> dict[str, np.ndarray]:
        return {
            name: 1 / (1 + np.exp(-part.features[:, :20].sum(1).astype(np.float64) + 4))
            for name, part in prepared.splits.items()
        }

    return Asked(prepared, CONSTRAINT, 0, base)


CHEAP = ("logistic", "reweighing_logistic", "frontier_boosting", "fairlearn_to_boosting",
         "error_parity_boosting")  # fmt: skip


@pytest.mark.parametrize("name", CHEAP)
def test_labels_of_test_people_change_no_pick(prepared: PreparedData, name: str) -> None:
    """With every test label turned round, the same points are made and the same are picked."""
    method = next(m for m in quality.all_methods() if m.name == name)
    if method.needs:
        pytest.importorskip(method.needs)
        pytest.importorskip("ecos")
    test = prepared.splits["test"]
    turned = replace(
        prepared, splits={**prepared.splits, "test": replace(test, y_true=1 - test.y_true)}
    )
    place = Place("loanapp", CONSTRAINT, 0, 500)
    one, other = (run_cell(place, method, asked(p), {}, lambda: 0.0) for p in (prepared, turned))
    assert not one.failed
    assert one.picked == other.picked
    assert all(np.array_equal(one.chances[i], other.chances[i]) for i in one.chances)
    assert not np.array_equal(one.test.counts, other.test.counts)


def a_method(name: str, calls: list[str], settings: dict[str, object] | None = None) -> Method:
    """A method that notes its calls."""

    def run(given: Asked) -> Iterator[Point]:
        calls.append(name)
        yield Point("one", *(np.full(len(given.y(s)), 0.5) for s in SPLITS))

    return Method(name, "fairlab", name, False, {} if settings is None else settings, run)


def a_run(monkeypatch: pytest.MonkeyPatch, methods: tuple[Method, ...]) -> None:
    monkeypatch.setattr(quality, "all_methods", lambda: methods)


def test_a_stopped_run_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    path = tmp_path / "cells.jsonl"
    options = {"seeds": 2, "people": 400, "constraints": (CONSTRAINT,), "resume": path}
    a_run(monkeypatch, (a_method("a", calls),))
    quality.main(**options)  # type: ignore[arg-type]
    assert calls == ["a", "a"]
    lines = path.read_text().splitlines()
    path.write_text(lines[0] + "\n" + lines[1][:50])  # killed in the middle of a line
    a_run(monkeypatch, (a_method("a", calls), a_method("b", calls)))
    quality.main(**options)  # type: ignore[arg-type]
    assert sorted(calls[2:]) == ["a", "b", "b"]
    quality.main(**options)  # type: ignore[arg-type]
    assert len(calls) == 5


def test_changed_settings_are_computed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    options = {"seeds": 1, "constraints": (CONSTRAINT,), "resume": tmp_path / "cells.jsonl"}
    for settings in ({"epochs": 1}, {"epochs": 2}, {"epochs": 2}):
        a_run(monkeypatch, (a_method("a", calls, dict(settings)),))
        quality.main(**options)  # type: ignore[arg-type]
    assert len(calls) == 2


def test_methods_of_another_commit_are_computed_again_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    options = {"seeds": 1, "constraints": (CONSTRAINT,), "resume": tmp_path / "cells.jsonl"}
    a_run(monkeypatch, (a_method("a", calls), a_method("b", calls)))
    quality.main(**options)  # type: ignore[arg-type]
    monkeypatch.setattr(quality, "versions", lambda: {"commit": "another"})
    quality.main(**options, redo=("a",))  # type: ignore[arg-type]
    quality.main(**options, redo=("a",))  # type: ignore[arg-type]
    assert calls == ["a", "b", "a"]


def test_a_failed_cell_is_tried_again_at_another_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def broken(_: Asked) -> Iterator[Point]:
        calls.append("broken")
        raise ValueError("singular matrix")

    options = {"seeds": 1, "constraints": (CONSTRAINT,), "resume": tmp_path / "cells.jsonl"}
    a_run(monkeypatch, (Method("a", "peer", "a", False, {}, broken), a_method("b", calls)))
    for _ in range(2):
        quality.main(**options)  # type: ignore[arg-type]
    assert calls == ["broken", "b"]
    monkeypatch.setattr(quality, "versions", lambda: {"commit": "another"})
    quality.main(**options)  # type: ignore[arg-type]
    assert calls == ["broken", "b", "broken"]


def test_seeds_come_before_tables_so_that_a_part_is_balanced() -> None:
    run = quality.Run(Path("anywhere"), None, seeds=2)
    seeds = [place.seed for place, _ in run.places()]
    assert seeds == sorted(seeds)
    first = {(p.table, p.constraint) for p, _ in run.places() if p.seed == 0}
    assert len(first) == 12


def test_a_method_that_fails_is_reported_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: Asked) -> Iterator[Point]:
        raise ValueError("singular matrix")

    calls: list[str] = []
    methods = (Method("a", "peer", "a", False, {}, broken), a_method("b", calls))
    a_run(monkeypatch, methods)
    path = tmp_path / "figures.json"
    quality.main(None, path, seeds=2, people=400, constraints=(CONSTRAINT,))
    record = json.loads(path.read_text())
    assert any("a on loanapp (ValueError: singular matrix)" in fact for fact in record["facts"])
    assert "singular matrix" in capsys.readouterr().out
    assert calls == ["b", "b"]
    assert [m["method"] for m in record["studies"][0]["methods"]] == ["our best front", "b"]


def test_the_report_compares_our_union_with_each_peer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A peer that decides everybody alike loses to logistic regression where gaps may be wide."""

    def constant(given: Asked) -> Iterator[Point]:
        yield Point("nobody", *(np.zeros(len(given.y(s))) for s in SPLITS))

    ours = next(m for m in quality.all_methods() if m.name == "logistic")
    peer = Method("nobody", "the peer", "nobody", False, {}, constant)
    a_run(monkeypatch, (ours, peer))
    path = tmp_path / "figures.json"
    quality.main(None, path, seeds=3, constraints=(CONSTRAINT,))
    record = json.loads(path.read_text())
    words = {v["limit"]: v["verdict"] for v in record["verdicts"]}
    assert words[0.1] == "win"
    assert all(v["peer"] == "the peer" for v in record["verdicts"])
    assert quality_report.tally(record["verdicts"])["loss"] == 0
    assert "won" in capsys.readouterr().out


def test_an_unknown_name_is_refused_with_those_known() -> None:
    with pytest.raises(InputError, match=r"no 'adults' among the tables.*adult"):
        quality.Run(Path("anywhere"), None, tables=("adults",))


def test_a_cell_survives_its_line(tmp_path: Path, prepared: PreparedData) -> None:
    place = Place("loanapp", CONSTRAINT, 0, 500)
    made = run_cell(place, a_method("a", []), asked(prepared), {"torch": "2"}, lambda: 1.0)
    append_cell(tmp_path / "cells.jsonl", made)
    (read,) = read_cells(tmp_path / "cells.jsonl").values()
    assert (read.key, read.place, read.picked, read.sizes) == (
        made.key, made.place, made.picked, made.sizes,
    )  # fmt: skip
    assert np.allclose(read.test.counts, made.test.counts)
    assert read.train is not None
    assert read.train.counts.sum() == read.sizes[0]
    older = json.loads(made.to_json())
    del older["train"]
    assert Cell.from_json(json.dumps(older)).train is None
    assert np.allclose(read.chances[0], made.chances[0], atol=1 / 255)


def test_the_readme_is_written_between_its_marks() -> None:
    text = f"# Figures\n\n{quality_readme.START}\nold\n{quality_readme.END}\n\nMore.\n"
    again = quality_readme.replaced(quality_readme.replaced(text, "new"), "newer")
    assert again == text.replace("old", "newer")
    assert quality_readme.replaced("# Figures\n", "new").endswith(
        f"{quality_readme.START}\nnew\n{quality_readme.END}\n"
    )


def test_the_summary_shows_the_peer_that_is_closest_and_what_is_lost() -> None:
    def interval(mean: float) -> dict[str, float]:
        return {"mean": mean, "low": mean - 0.001, "high": mean + 0.001}

    def compared(peer: str, mean: float, word: str) -> dict[str, object]:
        return {
            "table": "adult", "constraint": CONSTRAINT, "uses_attribute": False, "limit": 0.05,
            "peer": peer, "difference": interval(mean), "verdict": word, "by_seed": [mean] * 2,
            "noise_of_rows": 0.0005,
            "by_other_rules": {rule: {"verdict": "tie"} for rule in OTHERS},
        }  # fmt: skip

    at = {"0.05": {"accuracy": interval(0.85), "gap": interval(0.04)}}
    methods = [
        {"method": "our best front", "owner": "fairlab", "uses_attribute": False, "seeds": 5,
         "at": at, "hypervolume": interval(0.3)},
        {"method": "theirs", "owner": "far", "uses_attribute": False, "seeds": 5, "at": at,
         "hypervolume": interval(0.2)},
    ]  # fmt: skip
    record = {
        "machine": "a machine", "versions": {"torch": "2"}, "facts": ["A fact."], "limits": [0.05],
        "studies": [{"table": "adult", "title": "Adult, by sex", "constraint": CONSTRAINT,
                     "methods": methods}],
        "verdicts": [compared("far", 0.03, "win"), compared("near", -0.004, "loss")],
    }  # fmt: skip
    found = quality_readme.summary(record)
    assert "85.0 (4.0); **loss** -0.40 [-0.50, -0.30], near | 30.0; 20.0, theirs |" in found
    assert "1 won, 0 tied, 1 lost of 2 (2 with 2 seeds)." in found
    assert "None of" not in found
    assert "validation people: 0 won, 2 tied, 0 lost." in found
    assert "- adult, demographic parity, limit 5, to near (without the attribute)" in found


def test_the_results_have_a_place_for_the_summary() -> None:
    readme = Path(quality_readme.__file__).parent / "results" / "README.md"
    text = readme.read_text(encoding="utf-8")
    assert text.index(quality_readme.START) < text.index(quality_readme.END)


def test_picks_from_a_line_are_those_of_the_run(tmp_path: Path, prepared: PreparedData) -> None:
    """Points that differ by less than a line holds do not change places in it."""

    def run(given: Asked) -> Iterator[Point]:
        for tiny in (0.0, 1e-10, 3e-10, -2e-10):
            yield Point("", *(np.full(len(given.y(s)), 0.5 + tiny) for s in SPLITS))

    method = Method("a", "fairlab", "a", True, {}, run)
    made = run_cell(Place("loanapp", CONSTRAINT, 0, 500), method, asked(prepared), {}, lambda: 1.0)
    append_cell(tmp_path / "cells.jsonl", made)
    (read,) = read_cells(tmp_path / "cells.jsonl").values()
    for rule in ("expected", "within"):
        for limit in (0.01, 0.02, 0.05, 0.1):
            chosen = choose([read], limit, rule)  # type: ignore[arg-type]
            assert chosen is not None
            assert chosen.pick.index in made.picked
            assert chosen.has_chances
    assert set(made.picked) == set(read.chances)


def test_chances_that_were_not_kept_make_intervals_wider_or_those_of_other_seeds() -> None:
    rng = np.random.default_rng(7)
    people = {s: People(rng.integers(0, 2, 300), rng.integers(0, 2, 300)) for s in range(2)}
    pick = Pick(0, True, 0.5, 0.0)
    same = rng.random(300)
    kept = {s: Chosen(cell(same, people[s], s), pick) for s in people}
    lost = {s: Chosen(replace(c.cell, chances={}), pick) for s, c in kept.items()}
    one_lost = {0: kept[0], 1: lost[1]}

    def noise(a: dict[int, Chosen], b: dict[int, Chosen]) -> float:
        return compare(a, b, people, 0.05, 0.2).noise_of_rows

    assert noise(kept, kept) == noise(one_lost, kept) == 0.0
    assert noise(lost, kept) > 0.005


def test_packed_cells_go_on_where_they_were_and_give_the_same_verdicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    methods = tuple(m for m in quality.all_methods() if m.name in CHEAP[:2])
    one = a_method("constant", calls)
    a_run(monkeypatch, (*methods, replace(one, owner="peer")))
    plain, packed = tmp_path / "cells.jsonl", tmp_path / "cells.jsonl.gz"
    options = {"people": 400, "constraints": (CONSTRAINT,)}
    for _ in range(2):  # the second time from what lines hold, as from the packed ones
        quality.main(None, tmp_path / "1.json", 2, resume=plain, **options)  # type: ignore[arg-type]
    packed.write_bytes(quality_pack.packed(read_cells(plain).values(), quality.all_methods()))
    quality.main(None, tmp_path / "2.json", 2, resume=packed, **options)  # type: ignore[arg-type]
    assert len(calls) == 2
    one_record, other = (json.loads((tmp_path / f"{i}.json").read_text()) for i in (1, 2))
    assert one_record["verdicts"] == other["verdicts"]
    quality.main(None, None, 3, resume=packed, **options)  # type: ignore[arg-type]
    assert len(calls) == 3
    assert len(read_cells(packed)) == 9
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"cut short.*gzip -dc"):
        read_cells(packed)


def test_cells_of_other_settings_are_not_packed(tmp_path: Path, prepared: PreparedData) -> None:
    place = Place("loanapp", CONSTRAINT, 0, 500)
    old, new = (a_method("a", [], {"epochs": e}) for e in (1, 2))
    made = [run_cell(place, m, asked(prepared), {}, lambda: 1.0) for m in (old, new)]
    path = tmp_path / "cells.jsonl.gz"
    path.write_bytes(quality_pack.packed(made, (new,)))
    assert list(read_cells(path)) == [place.key(new)]


def test_an_optional_method_is_run_only_when_named_and_shown_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    slow = replace(a_method("slow", calls), owner="the slow peer", optional=True)
    a_run(monkeypatch, (a_method("a", calls), slow))
    path = tmp_path / "figures.json"
    options = {"seeds": 2, "people": 400, "constraints": (CONSTRAINT,),
               "resume": tmp_path / "cells.jsonl"}  # fmt: skip
    quality.main(None, path, **options)  # type: ignore[arg-type]
    assert calls == ["a", "a"]
    assert json.loads(path.read_text())["verdicts"] == []
    quality.main(methods=("slow",), **options)  # type: ignore[arg-type]
    assert calls == ["a", "a", "slow", "slow"]
    quality.main(None, path, **options)  # type: ignore[arg-type]
    record = json.loads(path.read_text())
    assert {v["peer"] for v in record["verdicts"]} == {"the slow peer"}
    assert any("2 of 2 cells" in fact for fact in record["facts"])


def test_the_reduction_on_our_boosting_has_our_trees(prepared: PreparedData) -> None:
    from benchmarks.quality_fairlearn import as_ours
    from fairlab.training.learners import fit_boosting

    ours = fit_boosting(prepared, {"train": None, "validation": None}, 3)
    model = as_ours(replace(asked(prepared), seed=3))
    own = ours.model.get_params()
    changed = {k for k, v in model.get_params().items() if repr(v) != repr(own[k])}
    assert changed == {"max_iter", "early_stopping"}
    assert model.max_iter == ours.steps


def test_rare_values_beside_a_common_one_stay_apart_for_trees() -> None:
    from benchmarks.quality_fairlearn import _edges

    column = np.array([0.0] * 960 + [5.0, 6.0, 7.0, 8.0] * 10)
    exact = np.searchsorted(_edges(column), column, side="left")
    assert len(np.unique(exact)) == 5
    many = np.arange(1000.0)
    assert len(_edges(many)) == 199


def test_a_partial_run_says_so_and_none_lost_is_not_as_good() -> None:
    assert quality_report.tally_line([]) == "0 won, 0 tied, 0 lost of 0."
    tie = {
        "verdict": "tie", "by_seed": [0.0] * 3, "noise_of_rows": 0.01,
        "by_other_rules": {"expected": {"verdict": "loss"}, "within": {"verdict": "win"}},
        "difference": {"mean": 0.0, "low": -0.03, "high": 0.03},
    }  # fmt: skip
    said = quality_report.tally_line([tie, {**tie, "by_seed": [0.0] * 5}])
    assert said.startswith("0 won, 2 tied, 0 lost of 2 (1 with 3 seeds, 1 with 5 seeds).")
    assert "None of the 2 is lost beyond noise." in said
    assert "Looked at all together" in said
    assert "0 are won and 0 lost" in said
    assert "true loss of 2 standard errors" in said
    assert "± 3.0 points or more." in said
    assert "of all points alike: 0 won, 0 tied, 2 lost." in said
    assert "within the limit on validation people: 2 won, 0 tied, 0 lost." in said
    run = quality.Run(Path("anywhere"), None)
    assert run._progress(1, 2)[0].startswith("Partial run: 1 of 2 cells computed;")
    assert run._progress(2, 2) == ["2 of 2 cells computed."]


def test_the_rules_are_compared_over_everybody() -> None:
    """The evidence for the rule: mean on test people of what either picks."""
    validation = measured((0.81, 0.049), (0.80, 0.0), n=50)
    test = measured((0.80, 0.10), (0.80, 0.0), n=50)
    place = Place("loanapp", CONSTRAINT, 0, None)
    both = Cell("", place, "m", ("", ""), validation, test, (0, 1), {}, (1, 1, 1), 0.0, {})
    study = quality_report.Study("loanapp", CONSTRAINT, {}, {"m": {0: both}}, 0.2)
    single, union = by_rule([study], (replace(a_method("m", []), owner="peer"),))
    assert (single["whose"], single["of"], single["picks"]) == ("peers", "single methods", 4)
    assert {k: v for k, v in single.items() if k != "of"} == {
        k: v for k, v in union.items() if k != "of"
    }
    assert single[RULE] == pytest.approx(0.80)
    assert single["within"] < single[RULE]
    assert single["expected"] == single[RULE]  # of one method they are the same
    assert single["by_table"]["loanapp"]["within"] == single["within"]
    gained = single["difference_at_prices"]["within"]
    assert gained["1"] == pytest.approx(single[RULE] - single["within"], abs=2e-6)
    assert gained["0"] == 0.0  # equally accurate: the gap alone makes the difference
    assert "peers, single methods: 80.00, 80.00, " in rule_lines([single])[0]


def test_a_front_counts_only_where_all_of_its_methods_have_been_run() -> None:
    """Half a run gives no verdict on a union that lacks a method; a failed one has no points."""
    rng = np.random.default_rng(5)
    people = {s: People(rng.integers(0, 2, 100), rng.integers(0, 2, 100)) for s in range(3)}
    made = {s: cell(rng.random(100), people[s], s) for s in people}
    empty = Measured(np.empty((0, 0, 4)), CONSTRAINT)
    failed = replace(made[1], validation=empty, test=empty, failed="singular")
    cells = {"a": made, "b": {0: made[0], 1: failed}}
    study = quality_report.Study("loanapp", CONSTRAINT, people, cells, 0.2)
    assert quality_report.seeds_of(study, ["a", "b"]) == [0, 1]
    assert list(quality_report.front(study, ["a", "b"], 0.05)) == [0, 1]
    assert list(quality_report.front(study, ["b"], 0.05)) == [0]
    assert quality_report.front(study, ["a", "never run"], 0.05) == {}
    assert len(quality_report.volumes(study, ["a"])) == 3
