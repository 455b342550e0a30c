"""Successive halving: who is tried, who goes on, and what may be looked at."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from fairlab.config import (
    DataConfig,
    ModelConfig,
    PenaltyParams,
    RunConfig,
    SearchParams,
    SweepConfig,
    Task,
)
from fairlab.duration import nominal_seconds
from fairlab.halving import rungs, search_epochs
from fairlab.training import fit_sweep
from fairlab.training.batched import BatchedNet
from fairlab.training.batches import plan_batches
from fairlab.training.candidates import candidates
from fairlab.training.people import gather
from fairlab.training.rates import PerModelAdamW
from fairlab.training.search import beats, search_settings, survivors
from tests.unit.training_people import prepared

SMALL = SearchParams(candidates=6, reduction=2, widths=(4, 8), depths=(1, 2))


def config(**changes):
    """A small sweep with a search."""
    base = {
        "penalty": PenaltyParams(strengths=(0.0, 2.0)),
        "model": ModelConfig(width=8, depth=1),
        "epochs": 4,
        "batch_size": 64,
        "learning_rate": 0.01,
        "search": SMALL,
    }
    return SweepConfig(**{**base, **changes})


def search(data, sweep, should_stop=lambda: False):
    """Candidates and losses of a sweep's search on a prepared table."""
    crowd = gather(data, (), torch.device("cpu"))
    train = crowd.splits["train"]
    plan = plan_batches((train.group * 2 + train.y).numpy(), sweep.batch_size)
    shares = []
    return search_settings(crowd, sweep, plan, shares.append, should_stop), shares


def with_split(data, name, **changes):
    """The table with fields of one split changed."""
    part = dataclasses.replace(data.splits[name], **changes)
    return dataclasses.replace(data, splits={**data.splits, name: part})


def test_rounds_shrink_and_lengthen_by_the_reduction() -> None:
    asked = SearchParams(candidates=18, reduction=3)
    found = rungs(asked, 30, 100)
    assert [(r.survivors, r.epochs) for r in found] == [(18, 3), (6, 7), (2, 20)]
    assert search_epochs(asked, 30, 100) == 54 + 49 + 60


def test_on_small_tables_nobody_leaves_before_there_was_time_to_learn() -> None:
    asked = SearchParams(candidates=18, reduction=3)
    assert [(r.survivors, r.epochs) for r in rungs(asked, 30, 5)] == [(18, 30)]
    assert [(r.survivors, r.epochs) for r in rungs(asked, 30, 13)] == [(18, 24), (6, 6)]


@given(st.integers(2, 200), st.integers(2, 10), st.integers(1, 300), st.integers(1, 2000))
def test_every_round_has_people_and_epochs_and_the_last_more_than_one_candidate(
    count, reduction, epochs, batches
) -> None:
    found = rungs(SearchParams(candidates=count, reduction=reduction), epochs, batches)
    sizes = [r.survivors for r in found]
    assert sizes[0] == count
    assert sizes[-1] >= 2
    assert all(b == a // reduction for a, b in pairwise(sizes))
    assert all(r.epochs >= 1 for r in found)
    assert sum(r.epochs for r in found) == epochs


def test_the_runs_own_setting_is_first_and_the_others_are_within_the_ranges() -> None:
    sweep = config(search=SearchParams(candidates=60))
    tried = candidates(sweep, sweep.search)
    assert (tried[0].model, tried[0].learning_rate) == (sweep.model, sweep.learning_rate)
    assert len(set(tried)) == 60
    rates = np.log([one.learning_rate for one in tried[1:]])
    low, high = np.log(sweep.search.learning_rate)
    assert rates.min() >= low - 1e-3
    assert rates.max() <= high + 1e-3
    # Uniform on a log scale: about half lie below the geometric mean.
    assert 0.3 < (rates < (low + high) / 2).mean() < 0.7
    assert {one.model.width for one in tried} == {8, 32, 64, 128}
    assert {one.model.depth for one in tried} == {1, 2, 3}


def test_what_is_not_searched_stays_as_configured() -> None:
    frozen = SearchParams(candidates=9, learning_rate=(), widths=(), depths=(2,))
    for one in candidates(config(search=frozen), frozen)[1:]:
        assert one.learning_rate == 0.01
        assert (one.model.width, one.model.depth) == (8, 2)
    logistic = config(model=ModelConfig(kind="logistic"))
    assert {one.model for one in candidates(logistic, SMALL)} == {logistic.model}


def test_more_candidates_add_to_those_there_were() -> None:
    few, many = (candidates(config(), SearchParams(candidates=n)) for n in (5, 9))
    assert many[:5] == few


@given(st.lists(st.sampled_from([0.1, 0.2, 0.3, np.inf]), min_size=2, max_size=12))
@settings(max_examples=50, deadline=None)
def test_those_with_the_least_loss_go_on(losses) -> None:
    """Keeping the worst, or forgetting that places are not candidates, would fail."""
    loss = np.array([9.0, *losses])
    alive = np.arange(1, len(loss))
    kept = survivors(loss, alive, len(alive) // 2)
    gone = np.setdiff1d(alive, kept)
    assert len(kept) == len(alive) // 2
    assert 0 not in kept
    if len(kept):
        assert loss[kept].max() <= loss[gone].min()


@pytest.mark.parametrize(("least", "leavers"), [(1, True), (300, False)])
def test_a_setting_that_cannot_learn_is_dropped_and_one_that_can_is_kept(
    least, leavers, monkeypatch
) -> None:
    """The run's own rate is far too small: the kept one has a much lower loss."""
    monkeypatch.setattr("fairlab.halving.LEAST_STEPS", least)
    found, shares = search(prepared(), config(learning_rate=1e-6))
    assert found.kept != 0
    assert found.loss[found.kept] < found.loss[0] - 0.05
    longest = found.epochs == found.epochs.max()
    assert longest[found.kept]
    assert found.loss[found.kept] == found.loss[longest].min()
    # The run's own was trained to the end, to be compared with.
    assert longest[0]
    assert (~longest).any() == leavers
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0, abs=0.05)


def test_rounds_go_on_with_the_best_of_the_round_before(monkeypatch) -> None:
    """As many as planned are left, and they learnt on: nobody starts anew."""
    monkeypatch.setattr("fairlab.halving.LEAST_STEPS", 1)
    asked = SMALL.model_copy(update={"candidates": 8})
    found, _ = search(prepared(), config(search=asked, epochs=8))
    plan = rungs(asked, 8, 7)
    ends = np.cumsum([r.epochs for r in plan])
    reached = [(found.epochs >= end).sum() for end in ends]
    assert ends[-1] == 8
    for count, rung in zip(reached, plan, strict=True):
        assert count - rung.survivors in (0, 1)  # the run's own may be beside them
    short, _ = search(prepared(), config(search=asked, epochs=int(ends[0])))
    assert found.loss[found.epochs == 8].min() < short.loss.min()


def test_models_of_one_batch_are_trained_as_if_alone() -> None:
    """Rates and decays must not leak between the models of a batch."""
    data = prepared()
    alone = SearchParams(candidates=2, reduction=10, widths=(), depths=())
    first, _ = search(data, config(search=alone, epochs=3))
    second, _ = search(data, config(search=alone.model_copy(update={"candidates": 9}), epochs=3))
    np.testing.assert_allclose(first.loss, second.loss[:2], atol=1e-5)
    assert abs(first.loss[0] - first.loss[1]) > 1e-3


@pytest.mark.parametrize("places", [[2], [0, 2]])
def test_steps_equal_torchs_also_after_models_left(places) -> None:
    """Per-model rates and decays against one torch optimiser per model."""
    torch.manual_seed(0)
    rates, decays = [0.01, 0.03, 0.1], [0.0, 0.5, 2.0]
    start = torch.randn(3, 4, 5)
    gradients = torch.randn(6, 3, 4, 5)
    ours = torch.nn.Parameter(start.clone())
    optimiser = PerModelAdamW([ours], rates, decays)
    for gradient in gradients[:3]:
        ours.grad = gradient.clone()
        optimiser.step(0.7)
    kept = torch.tensor(places)
    ours = torch.nn.Parameter(ours.detach()[kept].clone())
    optimiser.keep_models([ours], kept)
    for gradient in gradients[3:]:
        ours.grad = gradient[kept].clone()
        optimiser.step(0.7)
    for place, m in enumerate(places):
        theirs = torch.nn.Parameter(start[m].clone())
        torchs = torch.optim.AdamW([theirs], lr=0.7 * rates[m], weight_decay=decays[m])
        for gradient in gradients:
            theirs.grad = gradient[m].clone()
            torchs.step()
        torch.testing.assert_close(ours[place], theirs, atol=1e-6, rtol=1e-5)


def test_a_sweep_is_trained_with_what_the_search_kept_and_says_so() -> None:
    sweep = config(learning_rate=1e-6)
    data = prepared()
    found, _ = search(data, sweep)
    result = fit_sweep(data, sweep)
    by_hand = fit_sweep(data, found.applied(sweep).model_copy(update={"search": None}))
    assert result.splits["test"].score.tobytes() == by_hand.splits["test"].score.tobytes()
    said = [note for note in result.notes if "settings were tried" in note]
    assert len(said) == 1
    assert said[0].startswith("6 settings")
    assert f"{found.candidates[found.kept].learning_rate:g}" in said[0]
    assert f"{found.loss[0]:.4f}" in said[0]
    assert "by more than one standard error" in said[0]
    (none,) = dataclasses.replace(found, kept=0).notes()
    assert "by more than one standard error" in none
    assert "chance" not in none + said[0]


def test_the_same_search_gives_the_same_bytes() -> None:
    data = prepared()
    first, second = fit_sweep(data, config()), fit_sweep(data, config())
    assert first.splits["test"].score.tobytes() == second.splits["test"].score.tobytes()
    assert first.notes == second.notes


def test_test_people_are_not_looked_at() -> None:
    """Neither their labels nor their features change what is kept, or any loss."""
    data = prepared()
    found, _ = search(data, config())
    y = 1 - data.splits["test"].y_true
    noise = np.random.default_rng(0).normal(size=data.splits["test"].features.shape)
    changed = with_split(data, "test", y_true=y, features=noise.astype(np.float32))
    again, _ = search(changed, config())
    np.testing.assert_array_equal(found.loss, again.loss)
    assert found.kept == again.kept


def test_what_is_compared_is_measured_on_validation_people() -> None:
    data = prepared()
    found, _ = search(data, config())
    y = 1 - data.splits["validation"].y_true
    other, _ = search(with_split(data, "validation", y_true=y), config())
    assert (found.loss != other.loss).all()


def test_class_weights_and_weights_of_people_count_in_what_is_compared() -> None:
    data = prepared(weighted=True)
    plain = with_split(data, "validation", weight=None)
    found, unweighted = search(data, config())[0], search(plain, config())[0]
    assert (found.loss != unweighted.loss).all()
    even, _ = search(data, config(class_weight="balanced"))
    assert (found.loss != even.loss).all()


def test_stopping_keeps_the_runs_own_setting_and_says_so() -> None:
    calls = []

    def after_some() -> bool:
        calls.append(1)
        return len(calls) > 3

    found, _ = search(prepared(), config(), after_some)
    assert found.cancelled
    assert found.kept == 0
    result = fit_sweep(prepared(), config(), should_stop=lambda: True)
    assert result.cancelled
    assert any("search" in note and "stopped" in note for note in result.notes)


@given(st.integers(0, 100), st.booleans())
@settings(max_examples=30, deadline=None)
def test_a_setting_wins_only_beyond_the_noise_of_people(seed, weighted) -> None:
    """A twentieth of a standard deviation is noise among 100 people and none among 10,000."""
    rng = np.random.default_rng(seed)
    weight = torch.tensor(rng.uniform(0.5, 2, 10_000)) if weighted else None
    gain = rng.permutation(np.linspace(-1, 1, 10_000)) + 0.05
    assert beats(gain, np.zeros(10_000), weight)
    assert not beats(np.zeros(10_000), gain, weight)
    few = np.linspace(-1, 1, 100) + 0.05
    assert not beats(few, np.zeros(100), None)
    assert not beats(few, few, None)


def test_one_equal_rival_wins_as_often_as_a_standard_error_says() -> None:
    """Equal settings: 16 of 100 pass the bar; the note therefore says no more than that."""
    rng = np.random.default_rng(5)
    wins = [beats(rng.normal(size=200), rng.normal(size=200), None) for _ in range(2000)]
    assert np.mean(wins) == pytest.approx(0.159, abs=0.03)


def test_settings_that_never_are_finite_do_not_win() -> None:
    """A loss that is no number counts as the worst."""
    kept = survivors(np.array([np.inf, 0.5, np.inf, 0.4]), np.arange(4), 2)
    assert kept.tolist() == [1, 3]


def test_progress_runs_from_the_search_to_the_end_without_going_back() -> None:
    seen = []
    fit_sweep(prepared(), config(baselines=("logistic",)), on_progress=seen.append)
    shares = [p.share_done for p in seen]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    assert seen[0].epoch == 0
    assert seen[0].share_done > 0
    assert len(seen[0].accuracy) == 0


def test_a_search_lengthens_the_estimate() -> None:
    without = nominal_seconds(config(search=None), 1000)
    with_search = nominal_seconds(config(), 1000)
    assert with_search.total > without.total
    assert without.search == 0
    assert with_search.search_share + with_search.family_share == pytest.approx(1.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"learning_rate": (0.1, 0.01)},
        {"weight_decay": (0.1,)},
        {"widths": (8, 8)},
        {"candidates": 1},
    ],
)
def test_ranges_the_wrong_way_round_and_repeats_are_refused(wrong) -> None:
    with pytest.raises(ValidationError):
        SearchParams(**wrong)


def test_a_batched_network_of_some_models_scores_as_they_did() -> None:
    from fairlab.training.search import _some_of

    net = BatchedNet(5, (4, 4), (0,), 3)
    with torch.no_grad():
        for p in net.parameters():
            p.add_(torch.randn_like(p))
    x = torch.randn(1, 5, 7)
    with torch.no_grad():
        everyone = net(x).clone()
        fewer = _some_of(net, torch.tensor([2, 0]))(x)
    torch.testing.assert_close(fewer, everyone[[2, 0]])


def test_a_configuration_with_a_search_reads_back_and_one_without_keeps_its_digest() -> None:
    def run(**changes) -> RunConfig:
        task = Task(label="y", favourable=("1",))
        return RunConfig(data=DataConfig(source="x"), task=task, sweep=SweepConfig(**changes))

    asked = run(search=SearchParams(candidates=9, learning_rate=()))
    assert RunConfig.from_yaml(asked.to_yaml()) == asked
    assert asked.digest() != run().digest()
    assert run(search=None).digest() == run().digest()
    assert RunConfig.from_yaml(run().to_yaml()) == run()


def test_candidates_that_do_not_fit_together_are_trained_in_parts(monkeypatch) -> None:
    """Same settings, same winner, losses alike; no batched model is larger than memory allows."""
    data, sweep = prepared(), config()
    together, _ = search(data, sweep)
    made = []

    class Counted(BatchedNet):
        def __init__(self, *args):
            made.append(args[3])
            super().__init__(*args)

    monkeypatch.setattr("fairlab.training.search.BatchedNet", Counted)
    monkeypatch.setattr("fairlab.training.search.MOST_BYTES", 1)
    apart, _ = search(data, sweep)
    assert set(made) == {1}
    assert len(made) >= SMALL.candidates
    assert apart.candidates == together.candidates
    np.testing.assert_array_equal(apart.epochs, together.epochs)
    np.testing.assert_allclose(apart.loss, together.loss, atol=1e-4)


def test_a_search_of_networks_no_memory_holds_is_refused() -> None:
    """The largest of any width and depth counts, as often as there are candidates."""
    widest = SearchParams(candidates=60, widths=(8, 1024), depths=(1, 8))
    with pytest.raises(ValidationError, match=r"70 networks.* at most 500,000,000 fit"):
        config(search=widest.model_copy(update={"candidates": 70}))
    assert config(search=widest).most_hidden_weights == 7 * 1024**2 + 1024
    assert config(search=None).most_hidden_weights == 8
    assert config(model=ModelConfig(kind="logistic"), search=widest).most_hidden_weights == 0


@pytest.mark.parametrize("sizes", [{"widths": range(1, 10)}, {"depths": [1] * 9}])
def test_a_search_draws_from_a_few_sizes(sizes) -> None:
    """A list of a thousand widths makes an estimate of time slow, and nothing better."""
    with pytest.raises(ValidationError, match="at most 8"):
        SearchParams.model_validate({name: tuple(values) for name, values in sizes.items()})
