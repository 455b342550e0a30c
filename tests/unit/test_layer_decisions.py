"""Mode ``layer`` asked to keep thresholded decisions within the slack too."""

import dataclasses

import numpy as np
import pytest

from fairlab.config import CONSTRAINT_GAPS, LayerParams, ModelConfig, SweepConfig
from fairlab.metrics import GAPS
from fairlab.outcomes import count
from fairlab.reports.sentences.guarantee import guarantee_notes, guarantee_sentence
from fairlab.reports.tables.guarantee import guarantee_table
from fairlab.runs.artefacts import decode, encode
from fairlab.training import fit_sweep
from tests.unit.training_people import prepared

SLACKS = (1.0, 0.05, 0.0)


def config(decisions="held", batches="projected", **changes):
    base = {
        "modes": ("layer",),
        "layer": LayerParams(slacks=SLACKS, decisions=decisions, batches=batches),
        "model": ModelConfig(width=8, depth=1),
        "epochs": 30,
        "batch_size": 64,
        "learning_rate": 0.02,
    }
    return SweepConfig(**{**base, **changes})


def skewed(data):
    """Scores of one group are spread wider, so equal means leave decisions apart."""
    rng = np.random.default_rng(5)
    splits = {}
    for name, part in data.splits.items():
        group = part.attributes["group"].codes
        features = rng.normal(size=part.features.shape).astype(np.float32)
        features[:, 2] = group
        logit = np.where(group == 0, -0.9, -0.9 + 2.5 * features[:, 1])
        y = (rng.random(len(group)) < 1 / (1 + np.exp(-logit))).astype(np.int64)
        splits[name] = dataclasses.replace(part, features=features, y_true=y)
    return dataclasses.replace(data, splits=splits)


def gaps(result, constraint, split):
    gap = GAPS[CONSTRAINT_GAPS[constraint]]
    return [float(gap(count(result.scored(p.index, split).outcomes(), 0.5))) for p in result.points]


@pytest.fixture(scope="module")
def both():
    data = skewed(prepared((1500, 900, 900)))
    return {d: fit_sweep(data, config(d)) for d in ("free", "held")}


def test_decisions_come_closer_and_the_promise_on_mean_scores_stays(both):
    """Equal mean scores leave decisions 20 points apart here; asked for, they nearly meet."""
    for result in both.values():
        for p in result.points:
            assert p.guarantee.batch_excess <= 1e-6
            assert p.guarantee.residual <= 1e-6
            assert p.guarantee.score_gap["validation"] <= p.slack + 1e-5
    free, held = (gaps(both[d], "demographic_parity", "validation") for d in ("free", "held"))
    assert min(free[1:]) > 0.12
    assert max(held[1:]) < 0.08


def test_the_model_without_constraint_is_not_asked_for_anything(both):
    """Slack 1 is the same unmitigated model in both."""
    first, second = (both[d].splits["test"].score[0] for d in ("free", "held"))
    np.testing.assert_allclose(first, second, atol=1e-6)
    asked = [p.guarantee.decisions_asked for p in both["held"].points]
    assert asked == [None, 0.05, 0.0]
    assert {p.guarantee.decisions_asked for p in both["free"].points} == {None}


def test_a_model_that_does_not_get_there_says_so():
    """One epoch is too few."""
    data = skewed(prepared((1500, 900, 900)))
    result = fit_sweep(data, config(epochs=1, learning_rate=0.1))
    found = gaps(result, "demographic_parity", "validation")
    for p, gap in zip(result.points, found, strict=True):
        said = any("Asked for a gap of at most" in flag for flag in p.flags)
        assert said == (p.slack < 1 and gap > p.slack + 0.005)
    assert any(gap > 0.06 for gap in found[1:])


@pytest.mark.parametrize("constraint", ["equalized_odds", "accuracy_parity"])
@pytest.mark.parametrize("batches", ["projected", "running"])
def test_the_promise_holds_with_every_combination(constraint, batches):
    data = prepared((300, 200, 200), n_groups=3, weighted=True)
    sweep = config("held", batches, constraint=constraint, batch_size=16, epochs=3)
    result = fit_sweep(data, sweep)
    assert all(p.guarantee.excess <= 1e-6 for p in result.points)
    assert "excess over the slack of the gap of decisions, of validation people" in " ".join(
        result.notes
    )


def test_test_labels_never_enter():
    data = prepared()
    test = data.splits["test"]
    turned = dataclasses.replace(test, y_true=1 - test.y_true)
    changed = dataclasses.replace(data, splits={**data.splits, "test": turned})
    sweep = config(batches="running", epochs=3, batch_size=16)
    first, second = fit_sweep(data, sweep), fit_sweep(changed, sweep)
    assert first.splits["test"].score.tobytes() == second.splits["test"].score.tobytes()


def test_a_stored_result_keeps_what_was_promised_and_asked():
    result = fit_sweep(prepared(), config(batches="running", epochs=1, batch_size=16))
    back = decode(encode(result))
    assert back.points == result.points
    assert back.points[1].guarantee.window == 256


def test_the_meter_tells_windows_from_batches_and_aims_from_promises():
    result = fit_sweep(prepared(), config(batches="running", epochs=1, batch_size=16))
    promise = result.points[2].guarantee
    words = guarantee_sentence(promise)
    assert "over each training batch and the people before it, 256 in all" in words
    assert "held on every window of 256 training people" in words
    notes = " ".join(guarantee_notes(promise))
    assert "A batch alone may have a wider gap" in notes
    assert "That is an aim, not a promise" in notes
    table = guarantee_table(promise)
    where = table["Gap in points, on"].tolist()
    assert where[:2] == ["Every 256 training people in a row", "Every training batch"]
    assert "not promised" in table["Mean scores"][1]
    assert table["Decisions at the threshold"][0] == "asked for 0.0, not promised"
    broken = dataclasses.replace(promise, window_excess=0.02, window_gap=0.02)
    assert "exceeded by 2 points on a window" in guarantee_sentence(broken)
    plain = fit_sweep(prepared(), config("free", epochs=1)).points[2].guarantee
    assert "held on every training batch" in guarantee_sentence(plain)
    assert guarantee_table(plain)["Gap in points, on"][0] == "Every training batch"
