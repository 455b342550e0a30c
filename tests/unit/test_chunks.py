"""Sweeps trained in chunks: nearly the numbers of all at once, told and stopped in order."""

import numpy as np
import pytest
import torch

from fairlab.config import AdversarialParams, LayerParams, ModelConfig, PenaltyParams, SweepConfig
from fairlab.errors import InputError
from fairlab.training import fit_sweep
from fairlab.training.chunks import OF_CHECKED, chunks_of, default_at_once, model_bytes
from fairlab.training.people import gather
from tests.unit.training_people import prepared

MODES = ("penalty", "adversarial", "layer")


def config(**changes) -> SweepConfig:
    """Five models of each mode and seed; batches of which the last is not full."""
    settings = {
        "modes": ("penalty",),
        "penalty": PenaltyParams(strengths=(0.0, 0.5, 1.0, 2.0, 5.0)),
        "adversarial": AdversarialParams(strengths=(0.0, 0.5, 1.0, 2.0, 5.0)),
        "layer": LayerParams(slacks=(1.0, 0.1, 0.05, 0.02, 0.0)),
        "model": ModelConfig(width=16),
        "epochs": 2,
        "batch_size": 96,
    }
    return SweepConfig.model_validate(settings | changes)


def numbers(result) -> list[np.ndarray]:
    """All numbers of a result: scores, networks and rules."""
    arrays = [s.score for s in result.splits.values()]
    arrays += [s.raw for s in result.splits.values() if s.raw is not None]
    for family in result.networks.families:
        arrays += [family.models, *family.weights, *family.biases]
        if family.rule is not None:
            arrays += [family.rule.shift, family.rule.blend]
    return arrays


@pytest.mark.parametrize("seeds", [(0,), (0, 3)])
@pytest.mark.parametrize("at_once", [1, 2, 3, 4, 7])
def test_chunks_hold_every_model_once_and_no_more_at_a_time(seeds, at_once):
    """Places are seed-major among all models, whatever is together."""
    sweep = config(seeds=seeds)
    chunks = chunks_of("penalty", sweep, at_once)
    assert max(len(chunk.models) for chunk in chunks) <= at_once
    assert sorted(m for chunk in chunks for m in chunk.models) == list(range(5 * len(seeds)))
    for chunk in chunks:
        pairs = [(seed, s) for seed in chunk.sweep.seeds for s in chunk.strengths]
        whole = [(seed, s) for seed in seeds for s in sweep.grid("penalty")]
        assert [whole[m] for m in chunk.models] == pairs


def test_what_fits_is_one_chunk_and_pieces_are_nearly_equal():
    """No chunk of one model is left over."""
    assert len(chunks_of("penalty", config(), 5)) == 1
    assert [len(c.models) for c in chunks_of("penalty", config(), 4)] == [2, 3]


@pytest.mark.parametrize("mode", MODES)
def test_a_chunked_sweep_gives_nearly_the_same_numbers(mode):
    """Scores, points, networks: in the same order; two epochs amplify rounding little."""
    data = prepared()
    settings = config(modes=(mode,), seeds=(0, 1))
    whole = fit_sweep(data, settings)
    for at_once in (1, 3):
        parts = fit_sweep(data, settings, models_at_once=at_once)
        for here, there in zip(numbers(parts), numbers(whole), strict=True):
            np.testing.assert_allclose(here, there, atol=5e-4)
        for p, q in zip(parts.points, whole.points, strict=True):
            assert (p.index, p.strength, p.slack, p.seed) == (q.index, q.strength, q.slack, q.seed)
            assert (p.baseline, p.best_epoch, p.flags) == (q.baseline, q.best_epoch, q.flags)


def test_how_many_are_together_does_not_depend_on_free_memory_unless_it_is_short(monkeypatch):
    """The same sweep gives the same bytes on a machine with more memory."""
    scores = []
    for free in (1e10, 1e12):
        monkeypatch.setattr("fairlab.training.chunks.free_memory", lambda _device, f=free: f)
        scores.append(fit_sweep(prepared(), config()).splits["test"].score.tobytes())
    assert scores[0] == scores[1]


def test_a_sweep_for_which_memory_is_short_says_so(monkeypatch):
    """One model at a time then, and a note; none otherwise."""
    assert not any("Memory" in note for note in fit_sweep(prepared(), config(epochs=1)).notes)
    monkeypatch.setattr("fairlab.training.chunks.free_memory", lambda _device: 1.0)
    short = fit_sweep(prepared(), config(epochs=1))
    assert any("1 of the models of a mode" in note for note in short.notes)


def test_progress_has_all_models_and_pending_ones_are_undefined():
    """Epochs and shares only go up; the last report has a number for everybody."""
    seen = []
    settings = config(modes=("penalty", "layer"))
    result = fit_sweep(prepared(), settings, seen.append, models_at_once=2)
    first = seen[0]
    assert first.strength.tolist() == [0.0, 0.5, 1.0, 2.0, 5.0]
    assert np.isfinite(first.accuracy).tolist() == [True, True, False, False, False]
    assert all(np.isnan(values[2:]).all() for values in (first.gap, *first.losses.values()))
    penalty = [p for p in seen if p.mode == "penalty"]
    assert [p.epoch for p in penalty] == [1, 2, 3, 4, 5, 6]
    assert {p.epochs for p in penalty} == {6}
    assert np.isfinite(penalty[-1].accuracy).all()
    shares = [p.share_done for p in seen]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    assert len(result.points) == 10


def test_progress_of_a_finished_chunk_stays_as_it_was():
    """Later chunks do not change or share earlier reports."""
    seen = []
    fit_sweep(prepared(), config(), seen.append, models_at_once=2)
    done = np.isfinite(seen[1].accuracy)
    for later in seen[2:]:
        np.testing.assert_array_equal(later.accuracy[done], seen[1].accuracy[done])


def test_stopping_in_a_later_chunk_keeps_the_models_begun():
    """Two of five models were trained, the next were under way or not begun."""
    seen = []
    whole = fit_sweep(prepared(), config())
    result = fit_sweep(prepared(), config(), seen.append, lambda: len(seen) >= 3, models_at_once=2)
    assert result.cancelled
    begun = [p.strength for p in result.points]
    assert begun == [0.0, 0.5, 1.0, 2.0, 5.0][: len(begun)]
    assert 2 < len(begun) < 5
    scores = result.splits["test"].score
    assert len(scores) == len(begun)
    np.testing.assert_allclose(scores[:2], whole.splits["test"].score[:2], atol=5e-4)


def test_no_models_at_once_are_refused_with_a_remedy():
    with pytest.raises(InputError, match="Leave the number out"):
        fit_sweep(prepared(), config(), models_at_once=0)


def test_the_default_follows_the_model_and_the_memory_only_when_short(monkeypatch):
    """At least one, however little is free."""
    crowd = gather(prepared(), (), torch.device("cpu"))
    usual, said = default_at_once(config(), crowd)
    assert said == ()
    assert default_at_once(config(model=ModelConfig(width=1024)), crowd)[0] < usual
    monkeypatch.setattr("fairlab.training.chunks.free_memory", lambda _device: 1.0)
    assert default_at_once(config(), crowd)[0] == 1


def test_a_models_memory_counts_parameters_and_batches():
    """The default network on a batch of 1,024 takes a few megabytes, not kilobytes."""
    crowd = gather(prepared((3000, 500, 500)), (), torch.device("cpu"))
    size = model_bytes(config(model=ModelConfig(), batch_size=1024), crowd)
    assert 0.5e6 < size < 10e6


def test_a_models_memory_counts_the_mean_of_its_weights_and_train_people_who_are_looked_at(
    monkeypatch,
):
    """Of large groups no more than are looked at."""
    crowd = gather(prepared((3000, 500, 500)), (), torch.device("cpu"))
    free, held = (PenaltyParams(control=c) for c in ("strength", "slack"))
    few = gather(prepared((40, 40, 40)), (), torch.device("cpu"))
    narrow, wide = (
        model_bytes(config(model=ModelConfig(width=width, depth=2), batch_size=8), few)
        for width in (500, 1_000)
    )
    # The weights between the hidden layers, seven times: activations are less than one of them.
    assert wide - narrow >= 7 * (1_000**2 - 500**2) * 4.0

    def extra() -> float:
        return model_bytes(config(penalty=held), crowd) - model_bytes(config(penalty=free), crowd)

    assert extra() == 3000 * OF_CHECKED * 4.0
    monkeypatch.setattr("fairlab.training.checked.MOST_OF_A_CELL", 100)
    assert extra() == 4 * 100 * OF_CHECKED * 4.0
