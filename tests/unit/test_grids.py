"""Slacks that run from the gap of an unmitigated model down to 0."""

import dataclasses

import numpy as np
import pytest

from fairlab.config import (
    DataConfig,
    LayerParams,
    ModelConfig,
    PenaltyParams,
    RunConfig,
    SearchParams,
    SweepConfig,
    Task,
    slack_grid,
)
from fairlab.data import load
from fairlab.errors import InputError
from fairlab.results import Attribute
from fairlab.training import fit_sweep, grids, resolve_grids
from tests.unit.training_people import prepared


def config(**changes):
    base = {
        "modes": ("layer",),
        "layer": LayerParams(span="unmitigated", count=4),
        "model": ModelConfig(width=8, depth=1),
        "epochs": 2,
        "batch_size": 64,
    }
    return SweepConfig(**{**base, **changes})


def run_of(sweep):
    task = Task(label="y", favourable=("1",), sensitive=("group",))
    return RunConfig(data=DataConfig(source="file"), task=task, sweep=sweep)


def test_the_grid_runs_from_the_gap_of_mean_scores_to_none():
    """Written out with scikit-learn: the wider of the gaps on training and validation people."""
    from sklearn.linear_model import LogisticRegression

    data = prepared()
    train = data.splits["train"]
    model = LogisticRegression(max_iter=1000).fit(train.features, train.y_true)
    gaps = []
    for name in ("train", "validation"):
        part = data.splits[name]
        score = model.predict_proba(part.features)[:, 1]
        codes = part.attributes["group"].codes
        gaps.append(abs(score[codes == 0].mean() - score[codes == 1].mean()))
    resolved, notes = resolve_grids(config(), data)
    wider = np.ceil(20 * max(gaps)) / 20
    assert wider - max(gaps) > 1e-3, "the table should not hide rounding"
    assert resolved.grid("layer") == slack_grid(wider, 4)
    assert resolved.grid("layer")[0] == 1
    assert resolved.grid("layer")[-1] == 0
    assert len(notes) == 2
    assert "rounded up to whole 5 points" in notes[0]
    assert f"{100 * gaps[0]:.1f} points on training people and " in notes[1]


@pytest.mark.parametrize(
    ("gap", "slack"),
    [(0.0, 0.05), (0.05, 0.05), (0.0501, 0.1), (0.6224, 0.65), (0.65, 0.65), (0.97, 0.99)],
)
def test_the_widest_slack_is_the_gap_rounded_up_to_whole_five_points(gap, slack):
    """Slacks are exported: an exact gap of validation people would say what rates of few hide."""
    assert grids._rounded_up(gap) == slack


def test_gaps_asked_of_the_penalty_run_from_the_gap_of_decisions():
    sweep = config(
        modes=("penalty",), penalty=PenaltyParams(control="slack", span="unmitigated", count=3)
    )
    found = resolve_grids(sweep, prepared())[0].grid("penalty")
    scores = resolve_grids(config(), prepared())[0].grid("layer")
    assert found[1] > scores[1] + 0.02  # decisions of this table are further apart than scores
    assert found[2] == 0


def test_models_are_counted_before_the_table_is_known_and_slacks_are_not_guessed():
    sweep = config(modes=("layer", "penalty"), seeds=(0, 1))
    assert sweep.n_models == 2 * (4 + 21)
    assert sweep.open_modes == ("layer",)
    assert len(sweep.grid("penalty")) == 21
    with pytest.raises(InputError, match="resolve_grids"):
        sweep.grid("layer")


def test_what_is_listed_comes_back_as_it_is_and_resolving_twice_changes_nothing():
    data = prepared()
    listed = config(layer=LayerParams(slacks=(1.0, 0.3)))
    assert resolve_grids(listed, data) == (listed, ())
    once = resolve_grids(config(), data)[0]
    assert resolve_grids(once, data) == (once, ())
    assert once.n_models == config().n_models


@pytest.mark.parametrize("mode", ["layer", "penalty"])
def test_nothing_of_test_people_is_read(mode):
    """Other labels, features and groups of test people leave every slack and score as it was."""
    data = prepared()
    test = data.splits["test"]
    rng = np.random.default_rng(1)
    other = dataclasses.replace(
        test,
        y_true=rng.permutation(test.y_true),
        features=test.features,
    )
    changed = dataclasses.replace(data, splits={**data.splits, "test": other})
    sweep = config(
        modes=(mode,), penalty=PenaltyParams(control="slack", span="unmitigated", count=4)
    )
    assert resolve_grids(sweep, data)[0] == resolve_grids(sweep, changed)[0]
    first, second = fit_sweep(data, sweep), fit_sweep(changed, sweep)
    assert first.splits["test"].score.tobytes() == second.splits["test"].score.tobytes()


def test_points_and_progress_carry_the_slacks_found_and_the_run_repeats():
    """The same bytes from the configuration as exported, which holds no slacks of its own."""
    data, seen = prepared(), []
    run = run_of(config())
    result = fit_sweep(data, run, on_progress=seen.append)
    found = resolve_grids(run.sweep, data)[0].grid("layer")
    assert tuple(p.slack for p in result.points) == found
    assert [p.baseline for p in result.points] == [True, False, False, False]
    assert tuple(seen[0].strength) == found
    assert sum("The 3 slacks of mode layer run from" in note for note in result.notes) == 1
    again = fit_sweep(data, RunConfig.from_yaml(run.to_yaml()))
    assert again.points == result.points
    assert again.splits["test"].score.tobytes() == result.splits["test"].score.tobytes()


def test_listing_the_slacks_found_trains_the_same_models():
    data = prepared()
    found = resolve_grids(config(), data)[0]
    first, second = fit_sweep(data, config()), fit_sweep(data, found)
    assert first.splits["test"].score.tobytes() == second.splits["test"].score.tobytes()


def test_a_table_without_a_gap_still_has_as_many_slacks_as_asked():
    """Groups that are alike: slacks run from one point, none twice."""
    data = prepared()
    splits = {}
    for name, part in data.splits.items():
        n = len(part.y_true)
        codes = (np.arange(n) // 2) % 2
        features = np.zeros_like(part.features)
        features[:, 1] = np.arange(n) % 2
        splits[name] = dataclasses.replace(
            part,
            features=features,
            y_true=np.arange(n) % 2,
            attributes={"group": Attribute(codes, ("a", "b"))},
        )
    alike = dataclasses.replace(data, splits=splits)
    for count in (2, 3, 500):
        sweep = config(layer=LayerParams(span="unmitigated", count=count))
        grid = resolve_grids(sweep, alike)[0].grid("layer")
        assert len(set(grid)) == len(grid) == count == sweep.n_models
        assert grid[1] == grids.NARROWEST


def test_every_fold_sweeps_the_slacks_of_the_first():
    """Else no model of a fold would have its like in the others."""
    sweep = config(folds=2, epochs=1, layer=LayerParams(span="unmitigated", count=3))
    result = fit_sweep(load("loanapp"), sweep)
    assert result.folds is not None
    assert not np.isnan(result.folds.counts["test"]).any()


def test_slacks_fit_the_table_also_after_a_search_and_in_parts():
    search = SearchParams(candidates=2, widths=(), depths=())
    sweep = config(search=search, epochs=2)
    result = fit_sweep(prepared(), sweep, models_at_once=3)
    assert tuple(p.slack for p in result.points) == resolve_grids(sweep, prepared())[0].grid(
        "layer"
    )


def test_weights_of_people_count_in_the_gap():
    plain, heavy = prepared(), prepared(weighted=True)
    assert resolve_grids(config(), plain)[0] != resolve_grids(config(), heavy)[0]


def test_many_people_are_thinned_evenly_and_never_to_one_outcome(monkeypatch):
    data = prepared()
    everybody = resolve_grids(config(), data)[0].grid("layer")[1]
    monkeypatch.setattr(grids, "FITTED_ON", 200)
    some = resolve_grids(config(), data)[0].grid("layer")[1]
    assert some != everybody
    assert some == pytest.approx(everybody, abs=0.1)
    train = data.splits["train"]
    y = np.zeros(len(train.y_true), dtype=np.int64)
    y[1:4] = 1
    rare = dataclasses.replace(train, y_true=y)
    monkeypatch.setattr(grids, "FITTED_ON", 2)
    assert len(grids._some(rare)) == len(y)
    assert len(grids._some(train)) in (2, len(y))


def test_the_digest_tells_new_settings_apart_and_forgets_those_not_read():
    plain = run_of(SweepConfig(modes=("layer",)))
    counted = run_of(SweepConfig(modes=("layer",), layer=LayerParams(count=5)))
    assert plain.digest() == counted.digest()
    spans = [run_of(config()), run_of(config(layer=LayerParams(span="unmitigated", count=5)))]
    ignored = run_of(config(layer=LayerParams(span="unmitigated", count=4, slacks=(0.5,))))
    assert ignored.digest() == spans[0].digest()
    held = run_of(SweepConfig(modes=("layer",), layer=LayerParams(decisions="held")))
    running = run_of(SweepConfig(modes=("layer",), layer=LayerParams(batches="running")))
    digests = [r.digest() for r in (plain, *spans, held, running)]
    assert len(set(digests)) == len(digests)
    for run in (plain, *spans, held, running):
        assert RunConfig.from_yaml(run.to_yaml()) == run
