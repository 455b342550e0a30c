"""Uploaded predictions as a table kept by content: everything comes back, and only that."""

import numpy as np
import pandas as pd
import pytest

from fairlab.data import read_predictions, save_table
from fairlab.data.kept_predictions import load_predictions, predictions_digest, predictions_frame
from fairlab.errors import InputError
from fairlab.results import ScoredPeople

FRAME = pd.DataFrame(
    {
        "name": [f"person {i}" for i in range(8)],
        "y": [1, 0, 1, 0, 1, 1, 0, 0],
        "risk": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, np.nan],
        "sex": pd.Series(["f", "m", None, "m", "f", "f", "m", "m"], dtype="str"),
        "w": [1.0, 2.0, 0.5, 1.0, 1.0, 3.0, 1.0, 1.0],
        "dept": pd.Series(["a", "b"] * 4, dtype="str"),
    }
)


def people(threshold: float = 4.5, weight: str | None = "w") -> ScoredPeople:
    return read_predictions(
        FRAME, label="y", favourable=["0"], sensitive=["sex"], score="risk", threshold=threshold,
        higher_is_better=False, weight=weight, controls=["dept"],
    )  # fmt: skip


@pytest.mark.parametrize("weight", ["w", None])
def test_all_that_an_audit_reads_comes_back(weight: str | None) -> None:
    given = people(weight=weight)
    got, name = load_predictions(save_table(predictions_frame(given, "<b>.csv")))
    assert name == "<b>.csv"
    for field in ("y_true", "score"):
        np.testing.assert_array_equal(getattr(got, field), getattr(given, field))
    assert (got.weight is None) == (weight is None)
    if weight:
        np.testing.assert_array_equal(got.weight, given.weight)
    for field in ("attributes", "controls"):
        for key, grouping in getattr(given, field).items():
            np.testing.assert_array_equal(getattr(got, field)[key].codes, grouping.codes)
            assert getattr(got, field)[key].names == grouping.names
    for field in ("has_scores", "threshold", "notes", "higher_is_better", "score_name",
                  "outcome_words"):  # fmt: skip
        assert getattr(got, field) == getattr(given, field)


def test_no_other_column_of_the_file_is_kept() -> None:
    """Names of people play no part in an audit."""
    kept = predictions_frame(people(), "t.csv")
    assert not kept.astype(str).apply(lambda column: column.str.contains("person 3")).any().any()


def test_the_fingerprint_stands_for_roles_too() -> None:
    """Caches are shared: the same people at another threshold are other predictions."""
    digests = {predictions_digest(people(), "t"), predictions_digest(people(3.5), "t"),
               predictions_digest(people(weight=None), "t")}  # fmt: skip
    digests.add(predictions_digest(people(), "u"))
    assert len(digests) == 4


def test_a_table_is_not_taken_for_predictions() -> None:
    with pytest.raises(InputError, match="are no predictions"):
        load_predictions(save_table(FRAME))
    record = FRAME.assign(record=pd.Series(['{"format": "other"}'] * 8, dtype="str"))
    with pytest.raises(InputError, match="are no predictions"):
        load_predictions(save_table(record))
