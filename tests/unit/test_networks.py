"""Kept networks score people as training did, without torch, and survive storage."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fairlab import networks as kept_as
from fairlab.config import SweepConfig
from fairlab.data import load
from fairlab.data.encoding import fit_encoding
from fairlab.data.encoding_record import origins, read_encoding, record_encoding
from fairlab.data.prepare import prepare
from fairlab.errors import InputError, UnknownNameError
from fairlab.results import cross
from fairlab.runs import artefacts
from fairlab.training import fit_sweep
from tests.unit.training_people import prepared

SPLITS = ("train", "validation", "test")


def trained(at_once=None, **changes):
    people = prepared(n_groups=3)
    asked = {
        "modes": ("penalty", "layer"),
        "penalty": {"strengths": (0.0, 1.0)},
        "layer": {"slacks": (1.0, 0.0)},
        "seeds": (0, 5),
        "epochs": 2,
        "model": {"kind": "mlp", "width": 8, "depth": 2},
        **changes,
    }
    return people, fit_sweep(people, SweepConfig.model_validate(asked), models_at_once=at_once)


def codes_of(part, networks, index):
    by = networks.compared(index)
    if not by:
        return None
    return np.stack([cross(part.attributes, names).codes for names in by], axis=1)


def assert_scores_again(people, result):
    for point in result.points:
        for name in SPLITS:
            part = people.splits[name]
            group = codes_of(part, result.networks, point.index)
            score = result.networks.score(point.index, part.features, group)
            np.testing.assert_allclose(score, result.splits[name].score[point.index], atol=2e-6)


@pytest.mark.parametrize(
    "constraint",
    [
        "demographic_parity",
        "equal_opportunity",
        "predictive_equality",
        "equalized_odds",
        "accuracy_parity",
        "mean_residual_parity",
    ],
)
def test_a_kept_network_gives_the_scores_of_every_model_and_split(constraint):
    """Penalty and layer, two seeds, for rules along every direction."""
    people, result = trained(constraint=constraint)
    assert_scores_again(people, result)


def test_marginal_groups_are_given_one_code_per_attribute():
    people, result = trained(group_by=("group", "other"), grouping="marginal")
    assert result.networks.compared(len(result.points) - 1) == (("group",), ("other",))
    assert_scores_again(people, result)


def test_the_rule_needs_the_group_and_only_its_own_groups():
    people, result = trained()
    index = next(p.index for p in result.points if p.slack == 0.0)
    features = people.splits["test"].features
    assert result.networks.uses_group(index)
    with pytest.raises(InputError, match="no groups were given"):
        result.networks.score(index, features)
    with pytest.raises(InputError, match="the rule knows 0 to 2"):
        result.networks.score(index, features, np.full(len(features), 3))
    with pytest.raises(InputError, match="needs 1 group"):
        result.networks.score(index, features, np.zeros((len(features), 2), dtype=int))
    unmitigated = next(p.index for p in result.points if p.slack == 1.0)
    assert not result.networks.uses_group(unmitigated)


def test_moving_everybody_to_another_group_changes_scores_of_the_layer_alone():
    people, result = trained()
    part = people.splits["test"]
    other = (part.attributes["group"].codes + 1) % 3
    layer = next(p.index for p in result.points if p.slack == 0.0)
    own = result.networks.score(layer, part.features, part.attributes["group"].codes)
    assert (result.networks.score(layer, part.features, other) != own).any()
    np.testing.assert_array_equal(
        result.networks.score(0, part.features, other), result.networks.score(0, part.features)
    )


def test_a_logistic_model_has_coefficients_that_give_its_logits():
    people, result = trained(model={"kind": "logistic"}, modes=("penalty",))
    features = people.splits["test"].features
    slopes, intercept = result.networks.coefficients(1)
    np.testing.assert_allclose(
        features @ slopes + intercept, result.networks.logit(1, features), atol=1e-5
    )
    assert_scores_again(people, result)


def test_a_network_with_hidden_layers_has_no_coefficients():
    _, result = trained(modes=("penalty",))
    with pytest.raises(InputError, match="hidden layer"):
        result.networks.coefficients(0)


def test_networks_survive_storage_and_old_files_have_none():
    people, result = trained(constraint="equalized_odds")
    read = artefacts.decode(artefacts.encode(result))
    assert artefacts.encode(read) == artefacts.encode(result)
    assert_scores_again(people, read)
    assert read.networks.feature_names == tuple("vwxyz")
    assert artefacts.decode(artefacts.encode(replace(result, networks=None))).networks is None


def test_baselines_have_no_weights_and_features_must_fit():
    people, result = trained(baselines=("logistic",), modes=("penalty",))
    last = len(result.points) - 1
    assert result.points[last].method == "logistic"
    assert last not in result.networks
    assert 0 in result.networks
    with pytest.raises(UnknownNameError, match="model of another library"):
        result.networks.score(last, people.splits["test"].features)
    with pytest.raises(InputError, match="reads 5 features"):
        result.networks.score(0, people.splits["test"].features[:, :4])


def test_weights_beyond_the_limit_are_not_kept_and_a_note_says_so(monkeypatch):
    monkeypatch.setattr(kept_as, "MOST_BYTES", 100)
    _, result = trained(modes=("penalty",))
    assert result.networks is None
    assert any("weights of the models" in note for note in result.notes)


def awkward() -> pd.DataFrame:
    """Numbers with gaps, one constant but for gaps, categories common, rare and hostile."""
    rng = np.random.default_rng(1)
    n = 2_000
    amount = rng.lognormal(3, 1, n)
    amount[::7] = np.nan
    words = rng.choice(["a", "<b>", "c, d", "é"], n).astype(object)
    words[:3] = ["once", "twice", "thrice"]
    words[5] = None
    return pd.DataFrame(
        {
            "amount": amount,
            "marked only": np.where(np.arange(n) % 3 == 0, np.nan, 1.0),
            "word": words,
            "yes": np.arange(n) % 2 == 0,
        }
    )


def test_an_encoding_read_from_its_record_encodes_new_people_the_same():
    """Unseen categories, missing and extreme values included; JSON in between."""
    encoding = fit_encoding(awkward())
    again = read_encoding(json.loads(json.dumps(record_encoding(encoding))))
    new = awkward().iloc[:50].copy()
    new.loc[0, "word"] = "never seen"
    new.loc[1, "amount"] = 1e12
    new.loc[2, "amount"] = -5.0
    assert again.names == encoding.names
    np.testing.assert_array_equal(again.encode(new), encoding.encode(new))
    np.testing.assert_array_equal(again.values(new), encoding.values(new))


def test_an_encoding_of_another_version_is_refused():
    with pytest.raises(InputError, match="version 99"):
        read_encoding({"version": 99, "columns": []})


def test_every_feature_knows_its_column():
    encoding = fit_encoding(awkward())
    columns, origin = origins(encoding)
    assert len(origin) == len(encoding.names)
    for name, place in zip(encoding.names, origin, strict=True):
        assert name.startswith(columns[place])


def test_a_stored_run_scores_people_of_the_table_it_was_trained_on():
    """From the table as read to the stored score, with nothing but what the file holds."""
    data = load("loanapp")
    config = SweepConfig.model_validate(
        {"penalty": {"strengths": (0.0, 1.0)}, "epochs": 2, "model": {"kind": "logistic"}}
    )
    result = artefacts.decode(artefacts.encode(fit_sweep(data, config)))
    people = result.splits["test"]
    encoding = read_encoding(result.networks.encoding)
    features = encoding.encode(data.frame.iloc[people.rows])
    np.testing.assert_allclose(result.networks.score(1, features), people.score[1], atol=2e-6)
    assert prepare(data).encoding is not None


def test_the_same_run_stores_the_same_weights_also_in_chunks():
    """Byte for byte; models trained a few at a time are put in their places."""
    _, first = trained(modes=("penalty",))
    _, again = trained(modes=("penalty",))
    for one, other in zip(first.networks.families, again.networks.families, strict=True):
        for a, b in zip(one.weights + one.biases, other.weights + other.biases, strict=True):
            np.testing.assert_array_equal(a, b)
    people, chunked = trained(at_once=1)
    assert_scores_again(people, chunked)
