"""Folds: every person in test once, nothing leaks, and the numbers say what they are of."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlab.config import (
    MODES,
    AdversarialParams,
    DataConfig,
    LayerParams,
    PenaltyParams,
    RunConfig,
    SplitConfig,
    SweepConfig,
    Task,
)
from fairlab.data import prepare
from fairlab.data.splits import Fold, stratified_split
from fairlab.data.task import TaskData
from fairlab.duration import nominal_seconds
from fairlab.errors import InputError
from fairlab.outcomes import count
from fairlab.pareto.decisions import accuracy_and_gap, decisions_of
from fairlab.pareto.folds import fold_summaries
from fairlab.reports.tables.honesty import folds_frame, folds_table
from fairlab.reports.terminal import sweep_text
from fairlab.results import Attribute
from fairlab.runs.artefacts import decode, encode
from fairlab.runs.records import progress_data
from fairlab.training import fit_sweep, resolve_grids
from tests.unit.training_people import prepared

SMALL = SweepConfig(
    modes=MODES,
    penalty=PenaltyParams(strengths=(0.0, 1.0)),
    adversarial=AdversarialParams(strengths=(0.0, 1.0)),
    layer=LayerParams(slacks=(1.0, 0.05)),
    baselines=("logistic",),
    model={"kind": "logistic"},
    epochs=2,
    batch_size=64,
    folds=3,
)


def table(n: int = 240, weighted: bool = False) -> TaskData:
    rng = np.random.default_rng(4)
    group = rng.integers(0, 2, n)
    x = rng.normal(size=n) + group
    frame = pd.DataFrame(
        {
            "x": x,
            "z": rng.normal(size=n),
            "g": np.array(["a", "b"])[group],
            "y": np.where(rng.random(n) < 1 / (1 + np.exp(-x)), "yes", "no"),
            "w": rng.uniform(0.5, 2, n),
        }
    )
    task = Task(
        label="y",
        favourable=("yes",),
        sensitive=("g",),
        weight="w" if weighted else None,
        exclude=() if weighted else ("w",),
    )
    return TaskData(frame, task, DataConfig(source="file"))


@given(
    n=st.integers(12, 80),
    folds=st.integers(2, 6),
    seed=st.integers(0, 20),
    share=st.sampled_from([0.1, 0.2, 0.4]),
)
def test_everybody_is_in_test_once_and_never_elsewhere_in_the_same_fold(n, folds, seed, share):
    """And every split of every fold has somebody of every group and label."""
    people = np.arange(n * 4)
    y, group = people % 2, Attribute(people // 2 % 2, ("a", "b"))
    split = SplitConfig(train=0.8 - share, validation=share, test=0.2, seed=seed)
    tested = np.zeros(len(y), dtype=int)
    sizes = []
    for index in range(folds):
        parts = stratified_split(y, group, split, Fold(index, folds))
        assert sorted(np.concatenate(list(parts.values()))) == people.tolist()
        for part in parts.values():
            assert len(np.unique(group.codes[part] * 2 + y[part])) == 4
        tested[parts["test"]] += 1
        sizes.append(len(parts["test"]))
    assert (tested == 1).all()
    assert max(sizes) - min(sizes) <= 4


@pytest.mark.parametrize(("folds", "enough"), [(2, 4), (3, 3), (5, 5)])
def test_cells_with_too_few_people_for_the_folds_are_refused(folds, enough):
    def people(least: int) -> tuple[np.ndarray, Attribute]:
        y = np.r_[np.ones(least), np.zeros(20), np.ones(20)].astype(np.int64)
        codes = np.r_[np.zeros(least + 20), np.ones(20)].astype(np.int64)
        codes[least : least + 10] = 1
        return y, Attribute(codes, ("a", "b"))

    for index in range(folds):
        stratified_split(*people(enough), SplitConfig(), Fold(index, folds))
    with pytest.raises(InputError, match="Group 'a' has"):
        stratified_split(*people(enough - 1), SplitConfig(), Fold(0, folds))


def test_each_fold_is_a_split_of_its_own_with_its_own_encoding():
    """Numbers are scaled by the training people of the fold alone."""
    data = table()
    one, other = (prepare(data, fold=Fold(k, 3)) for k in (0, 1))
    assert set(one.splits["test"].rows).isdisjoint(other.splits["test"].rows)
    moved = data.frame.copy()
    rows = one.splits["test"].rows
    moved.loc[rows, "x"] = moved.loc[rows, "x"] * 100
    again = prepare(replace(data, frame=moved), fold=Fold(0, 3))
    np.testing.assert_array_equal(again.splits["train"].features, one.splits["train"].features)


@pytest.fixture(scope="module")
def trained():
    progress = []
    return fit_sweep(table(), SMALL, progress.append), progress


def test_the_first_fold_is_what_a_single_split_of_it_gives(trained):
    """Points and scores of a run with folds are those of its first fold, trained by itself."""
    result, _ = trained
    alone = fit_sweep(prepare(table(), fold=Fold(0, 3)), SMALL.model_copy(update={"folds": 1}))
    assert result.points == alone.points
    for split in result.splits:
        np.testing.assert_array_equal(result.splits[split].score, alone.splits[split].score)
    found = decisions_of(alone, "test").counts()
    kept = result.folds.counts["test"][0]
    np.testing.assert_array_equal(kept[..., 1, 1], found.tp)
    np.testing.assert_array_equal(kept[..., 0, 1], found.fp)
    np.testing.assert_array_equal(kept[..., 1, 0], found.fn)


def test_all_folds_together_count_everybody_once(trained):
    result, _ = trained
    pooled = result.folds.counts["test"].sum(axis=0)
    assert pooled.shape == (7, 2, 2, 2)
    assert (pooled.sum(axis=(1, 2, 3)) == 240).all()
    labels = (table().frame["y"] == "yes").sum()
    assert (pooled[..., 1, :].sum(axis=(1, 2)) == labels).all()
    assert "All 3 folds were trained" in result.notes[-1]


def test_progress_grows_over_folds_and_says_which(trained):
    _, progress = trained
    shares = [p.share_done for p in progress]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0, abs=0.02)
    assert [p.fold for p in progress] == sorted(p.fold for p in progress)
    assert {(p.fold, p.folds) for p in progress} == {(1, 3), (2, 3), (3, 3)}
    assert progress_data(progress[-1])["fold"] == 3
    assert [p.seconds for p in progress] == sorted(p.seconds for p in progress)


def test_summaries_are_of_each_fold_and_of_everybody(trained):
    result, _ = trained
    for one in fold_summaries(result, draws=100):
        cells = result.folds.counts["test"][:, one.index]
        right = cells[..., 0, 0] + cells[..., 1, 1]
        each = right.sum(axis=1) / cells.sum(axis=(1, 2, 3))
        assert one.test_accuracy == pytest.approx(tuple(each))
        assert one.accuracy.value == pytest.approx(right.sum() / 240)
        assert one.accuracy_sd == pytest.approx(np.std(each, ddof=1))
        assert one.accuracy.lower < one.accuracy.value < one.accuracy.upper
        rates = cells.sum(axis=0)[..., 1].sum(axis=1) / cells.sum(axis=(0, 2, 3))
        assert one.gap.value == pytest.approx(abs(rates[0] - rates[1]))
        assert one.mean_gap == pytest.approx(np.mean(one.test_gap))
        assert folds_table(one)["Fold"].tolist()[-2:] == ["mean of folds", "everybody, out of fold"]


def test_a_result_with_folds_is_stored_and_tables_are_written(trained):
    result, _ = trained
    again = decode(encode(result))
    for split in ("validation", "test"):
        np.testing.assert_array_equal(again.folds.counts[split], result.folds.counts[split])
    assert (again.folds.asked, again.folds.done) == (3, 3)
    frame = folds_frame(result)
    assert len(frame) == 7
    assert {"accuracy", "gap_sd", "test_gap_3"} <= set(frame.columns)
    hidden = folds_frame(result, smallest=1000)
    assert (
        hidden.drop(columns=["model", "folds", "threshold", "left_out", "note"])
        .isna()
        .all(axis=None)
    )
    assert "Over 3 folds, everybody in test once" in sweep_text(result)


def test_weighted_people_count_by_their_weight_and_have_effective_numbers():
    data = table(weighted=True)
    small = SMALL.model_copy(update={"modes": ("penalty",), "baselines": ()})
    result = decode(encode(fit_sweep(data, small)))
    total = result.folds.counts["test"].sum(axis=(0, 2, 3, 4))
    assert total == pytest.approx(np.full(2, data.frame["w"].sum()))
    assert result.folds.people["test"].sum() == 2 * 240
    assert result.folds.squares.sum() == pytest.approx((data.frame["w"] ** 2).sum())
    one = fold_summaries(result, draws=100)[0]
    assert one.accuracy.upper - one.accuracy.lower > 0.1


def test_cancelled_folds_keep_those_trained_to_the_end():
    calls = []

    def stop() -> bool:
        calls.append(1)
        return stopping[0]

    stopping = [False]

    def watch(progress) -> None:
        stopping[0] = progress.fold == 2

    result = fit_sweep(table(), SMALL, watch, stop)
    assert result.cancelled
    assert (result.folds.done, result.folds.asked) == (1, 3)
    assert len(result.points) == 7
    assert "1 of 3 folds were trained" in result.notes[-1]
    stopping[0] = True
    at_once = fit_sweep(table(), SMALL, None, lambda: True)
    assert at_once.cancelled
    assert at_once.folds is None


def test_a_table_that_is_split_already_is_refused():
    with pytest.raises(InputError, match="split already"):
        fit_sweep(prepared(), SMALL)


def test_time_and_digest_know_of_folds():
    """Old configurations keep their digest; folds multiply the time."""
    data = {"source": "loanapp"}
    task = {"label": "y", "favourable": ["yes"], "sensitive": ["g"]}
    one, three = (
        RunConfig.model_validate({"data": data, "task": task, "sweep": {"folds": k}})
        for k in (1, 3)
    )
    assert one.digest() == RunConfig.model_validate({"data": data, "task": task}).digest()
    assert three.digest() != one.digest()
    assert nominal_seconds(three.sweep, 100).total == pytest.approx(
        3 * nominal_seconds(one.sweep, 100).total
    )
    with pytest.raises(InputError, match="folds"):
        RunConfig.from_yaml(three.to_yaml().replace("folds: 3", "folds: 21"))


def test_time_is_known_before_slacks_that_follow_from_the_data_are():
    """The form says how long a run takes; slacks from the unmitigated gap are not known then."""
    sweep = SweepConfig(modes=("layer",), layer=LayerParams(span="unmitigated", count=5), folds=2)
    assert nominal_seconds(sweep, 100).total > 0


def test_one_split_has_no_summaries():
    alone = fit_sweep(prepared(), SMALL.model_copy(update={"folds": 1}))
    assert alone.folds is None
    with pytest.raises(InputError, match="one split"):
        fold_summaries(alone)
    accuracy, _ = accuracy_and_gap(*(lambda d: (d, d.counts()))(decisions_of(alone, "test")))
    counts = count(alone.scored(0).outcomes(("group",)), 0.5)
    assert accuracy[0] == pytest.approx((counts.tp + counts.tn).sum() / counts.n.sum())


def test_slacks_that_follow_from_the_table_are_found_anew_in_every_fold(monkeypatch):
    """The first fold's training people are on test later: its slacks must not reach other folds."""
    asked = []

    def spied(sweep, prepared, crowd=None):
        found = resolve_grids(sweep, prepared, crowd)
        if sweep.open_modes:
            asked.append((prepared.splits["test"].rows, found[0].layer.slacks))
        return found

    monkeypatch.setattr("fairlab.training.begin.resolve_grids", spied)
    sweep = SweepConfig(
        modes=("layer",), layer=LayerParams(span="unmitigated", count=3), epochs=1, folds=2
    )
    found = fit_sweep(table(), sweep.model_copy(update={"model": SMALL.model}))
    tested = [set(rows) for rows, _ in asked]
    assert len(tested) == 2
    assert tested[0].isdisjoint(tested[1])
    assert asked[0][1] != asked[1][1]
    assert tuple(p.slack for p in found.points) == asked[0][1]
    assert not np.isnan(found.folds.counts["test"]).any()
    assert any("each fold's own training and validation people" in note for note in found.notes)
