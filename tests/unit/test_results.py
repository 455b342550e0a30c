"""Results as training gives them back: groupings, raw scores, and what older files hold."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fairlab.config import DataConfig, RunConfig, SweepConfig, Task, modes_for
from fairlab.errors import InputError, UnknownNameError
from fairlab.runs import artefacts
from fairlab.training.notes import promise_notes
from tests.contracts import small

OLD = Path(__file__).parents[1] / "assets" / "result_without_raw_scores.npz"


def test_a_result_stored_before_raw_scores_still_opens():
    """A file of an earlier version: crossed groups, no raw scores, a guarantee without extras."""
    result = artefacts.decode(OLD.read_bytes())
    assert result.grouping == "crossed"
    assert result.groupings == (("race", "sex"),)
    assert result.splits["test"].raw is None
    guarantee = result.points[1].guarantee
    assert guarantee is not None
    assert guarantee.promised == 0.1
    assert guarantee.batch_gap is None
    assert guarantee.drawn_gap == {}
    assert guarantee.notes == ()
    assert guarantee.margin() is None


def test_raw_scores_of_an_old_layer_are_refused_and_others_are_the_scores():
    result = artefacts.decode(OLD.read_bytes())
    np.testing.assert_array_equal(result.raw_score(0), result.scored(0).score)
    with pytest.raises(InputError, match="Train it again"):
        result.raw_score(1)
    with pytest.raises(UnknownNameError, match="model 2"):
        result.raw_score(2)


def test_raw_scores_and_the_whole_guarantee_survive_storage():
    kept, read = small.result(), artefacts.decode(artefacts.encode(small.result()))
    np.testing.assert_array_equal(read.raw_score(1, "train"), kept.splits["train"].raw[1])
    assert read.points == kept.points
    assert read.grouping == "marginal"


def test_crossed_groups_are_one_grouping_and_marginal_ones_one_per_attribute():
    result = small.result()
    assert result.groupings == (("race",), ("sex",))
    assert result.groups_in_words == "race and sex"
    crossed = replace(result, grouping="crossed")
    assert crossed.groupings == (("race", "sex"),)
    assert crossed.groups_in_words == "race × sex"
    alone = replace(result, group_by=("sex",))
    assert alone.groups_in_words == "sex"


def test_a_margin_is_two_over_the_root_of_the_smallest_cell():
    guarantee = small.result().points[1].guarantee
    assert guarantee.margin("validation") == 1.0
    assert guarantee.margin("test") is None


def test_runs_of_before_keep_their_digest_and_load_as_crossed():
    """Sharing of results goes by the digest: crossed groups have the one they always had."""
    config = RunConfig(
        data=DataConfig(source="loanapp"), task=Task(label="approve", favourable=("1",))
    )
    assert config.digest() == "000959cb43f3a495e4b06bcaf8f4b82f39e63ec529bc96187cdc222acdf6addb"
    marginal = config.model_copy(update={"sweep": SweepConfig(grouping="marginal")})
    assert marginal.digest() != config.digest()
    written = config.to_yaml().replace("  grouping: crossed\n", "")
    assert "grouping" not in written
    assert RunConfig.from_yaml(written) == config
    assert RunConfig.from_yaml(marginal.to_yaml()) == marginal


def test_a_constraint_names_the_modes_that_can_train_for_it():
    assert modes_for("equalized_odds") == ("penalty", "adversarial", "layer")
    assert modes_for("accuracy_parity") == ("penalty", "layer")
    assert modes_for("mean_residual_parity") == ("penalty", "layer")


def test_a_promise_missed_by_more_than_chance_is_named_with_its_seed():
    """100 people: 20 points beyond the promise are chance, 21 are not; slack 1 promises nothing."""
    meter = replace(
        small.result().points[1].guarantee,
        score_gap={"test": 0.31},
        smallest_cell={"test": 100},
    )
    point = replace(small.result().points[1], guarantee=meter)
    assert meter.missed()
    assert not replace(meter, score_gap={"test": 0.299}).missed()
    assert not replace(meter, score_gap={"test": None}).missed()
    assert not replace(meter, smallest_cell={}).missed()
    (note,) = promise_notes([small.result().points[0], point])
    assert "1 of 1 layer models" in note
    assert "slack 0.1 with seed 7" in note
    assert promise_notes(small.result().points) == []
