"""An audit of a risk in the units of its table, and what other tools print with a reference."""

import numpy as np
import pytest

from fairlab.errors import InputError
from fairlab.metrics import audit
from fairlab.metrics.suppression import suppress
from fairlab.reports.examination import examine
from fairlab.reports.own_units import in_own_units
from fairlab.reports.tables.calibration import scores_table
from fairlab.reports.tables.dictionary import dictionary_table
from fairlab.results import Attribute, ScoredPeople


def people(*, rising: bool, n: int = 400) -> ScoredPeople:
    """Deciles of risk from 1 to 10; people of b have the higher ones."""
    rng = np.random.default_rng(0)
    group = np.arange(n) % 2
    decile = np.clip(rng.integers(1, 8, n) + 3 * group, 1, 10).astype(float)
    return ScoredPeople(
        y_true=(rng.random(n) > decile / 11).astype(int),
        score=decile if rising else -decile,
        attributes={"g": Attribute(group, ("a", "b"))},
        threshold=5.0 if rising else -5.0,
        higher_is_better=rising,
        score_name="decile",
    )


def test_mean_scores_of_a_risk_read_as_in_the_table() -> None:
    """Deciles are positive, and the group with the higher ones is the highest."""
    risks = people(rising=False)
    whole = audit(risks.outcomes(), -5.0, draws=100)
    own = in_own_units(whole, risks)
    table = scores_table(own.calibration, own.ranking).set_index("Group")
    deciles = -risks.score
    for g, name in enumerate("ab"):
        inside = risks.attributes["g"].codes == g
        assert table.loc[name, "Mean score"] == pytest.approx(deciles[inside].mean())
        good = inside & (risks.y_true == 1)
        assert table.loc[name, "Mean score, favourable"] == pytest.approx(deciles[good].mean())
    gap = own.score_gaps["mean_score_difference"]
    assert (gap.highest, gap.lowest) == ("b", "a")
    assert gap.value == whole.score_gaps["mean_score_difference"].value
    assert [r.auc for r in own.ranking] == [r.auc for r in whole.ranking]


def test_scores_that_rise_and_hidden_groups_stay_as_they_are() -> None:
    """Nothing to turn; and None stays None."""
    rising = people(rising=True)
    whole = audit(rising.outcomes(), 5.0, draws=100)
    assert in_own_units(whole, rising) is whole
    risks = people(rising=False, n=60)
    hidden = in_own_units(suppress(audit(risks.outcomes(), -5.0, draws=100), 40), risks)
    assert {r.mean_score for r in hidden.ranking} == {None}


def test_an_examination_says_mean_scores_in_the_units_of_the_table() -> None:
    """The record of `fairlab audit --risk --json`."""
    record = examine(people(rising=False), ("g",), draws=100).to_record()
    assert all(one["mean_score"] > 0 for one in record["ranking"])
    assert record["selected_if"] == "decile ≤ 5"


def test_other_tools_of_scores_and_benefits_are_listed_and_a_reference_settles_the_sign() -> None:
    """AUC and Theil have rows; with a reference each tool prints one number."""
    result = audit(people(rising=True).outcomes(), 5.0, draws=100)
    every = dictionary_table(result)
    listed = set(every["Our gap"])
    assert {
        "AUC difference",
        "Theil index",
        "Gap in selection rate (demographic parity difference)",
    } <= listed
    both = every[every["It prints"].str.contains(" or ")]
    assert len(both) > 3
    one = dictionary_table(result, reference="a")
    assert not one["It prints"].str.contains(" or ").any()
    other = dictionary_table(result, reference="b")
    assert (one["It prints"] != other["It prints"]).any()
    with pytest.raises(InputError, match="'c' is no group"):
        dictionary_table(result, reference="c")


def test_the_dictionary_leaves_out_what_the_audit_hides() -> None:
    """With a hidden group neither AUC nor Theil is translated."""
    result = audit(people(rising=True, n=80).outcomes(), 5.0, draws=100)
    shown = suppress(result, 12)
    assert shown.hidden
    listed = set(dictionary_table(result, shown)["Our gap"])
    assert not listed & {
        "AUC difference",
        "Theil index",
        "Gap in true positive rate (equal opportunity difference)",
    }
