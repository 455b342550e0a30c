"""Findings about a table, guesses of roles, proxies and leaks."""

import numpy as np
import pandas as pd
import pytest

from fairlab.config import Task
from fairlab.data import guess_bins, guess_roles, label_predictors, load, proxies, validate


def people(n: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "score": rng.normal(size=n),
            "job": rng.choice(["clerk", "cook"], n),
            "sex": rng.choice(["female", "male"], n),
            "outcome": rng.choice(["good", "bad"], n),
        }
    )


def task(**roles: object) -> Task:
    return Task(**{"label": "outcome", "favourable": ("good",), "sensitive": ("sex",), **roles})


def test_a_healthy_table_has_no_finding() -> None:
    findings = validate(people(), task())
    assert findings.ready
    assert findings.warnings == ()


def test_three_valued_label_is_said_in_the_words_of_the_specification() -> None:
    frame = people()
    frame["outcome"] = np.random.default_rng(1).choice(["<=50K", ">50K", "?"], len(frame))
    findings = validate(frame, task(favourable=(">50K",)))
    assert [str(p) for p in findings.problems] == [
        "Column 'outcome' has 3 values (<=50K, >50K, ?). Choose which one is the favourable "
        "outcome, and what to do with '<=50K' and '?'."
    ]


@pytest.mark.parametrize(
    ("change", "roles", "code"),
    [
        (lambda f: f.assign(outcome="good"), {}, "label_single_value"),
        (lambda f: f.assign(outcome=None), {}, "label_empty"),
        (lambda f: f, {"favourable": ("great",)}, "label_value_absent"),
        (lambda f: f, {"favourable": ("good", "bad")}, "label_one_side"),
        (lambda f: f, {"unfavourable": ("good",)}, "label_value_twice"),
        (lambda f: f, {"sensitive": ("outcome",)}, "label_sensitive"),
        (lambda f: f, {"exclude": ("outcome",)}, "label_excluded"),
        (lambda f: f, {"exclude": ("sex",)}, "sensitive_excluded"),
        (lambda f: f, {"sensitive": ()}, "no_sensitive"),
        (lambda f: f, {"sensitive": ("score",)}, "sensitive_many_values"),
        (lambda f: f, {"bins": {"sex": (1.0,)}}, "bins_on_text"),
        (lambda f: f, {"sensitive": ("score",), "bins": {"score": (1.0, 0.0)}}, "bins_order"),
        (lambda f: f, {"weight": "score"}, "weight_values"),
        (lambda f: f, {"exclude": ("score", "job")}, "no_features"),
        (lambda f: f.assign(sex="female"), {}, "one_group"),
        (lambda f: f.assign(sex=["x", *f["sex"][1:]]), {}, "cell_too_small"),
    ],
)
def test_what_must_be_fixed(change: object, roles: dict[str, object], code: str) -> None:
    findings = validate(change(people()), task(**roles))
    assert code in {problem.code for problem in findings.problems}
    assert all(problem.remedy for problem in findings.problems)


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        (lambda f: f.assign(same="x"), "constant", ""),
        (lambda f: f.assign(key=np.arange(len(f)) + 7), "id", "key"),
        (lambda f: f.assign(key=[f"p{i}" for i in range(len(f))]), "id", "key"),
        (lambda f: f.assign(copy=f["outcome"].map({"good": 1, "bad": 0})), "repeats_label", "copy"),
        (lambda f: f.assign(
            after=f["outcome"].eq("good") + np.linspace(0, 0.9, len(f))), "leak", "after"),
        (lambda f: f.assign(late=f["score"].where(f.index % 3 == 0)), "mostly_missing", "late"),
        (lambda f: f.assign(sex=["x"] * 20 + list(f["sex"][20:])), "small_group", "sex"),
        (lambda f: f.assign(outcome=[None, *f["outcome"][1:]]), "rows_left_out", ""),
    ],
)  # fmt: skip
def test_what_should_be_known(change: object, code: str, column: str) -> None:
    findings = validate(change(people()), task())
    assert findings.ready, findings.problems
    assert (code, column) in {(w.code, w.column) for w in findings.warnings}


def test_a_weak_predictor_is_no_leak() -> None:
    frame = people()
    rng = np.random.default_rng(0)
    frame["hint"] = frame["outcome"].eq("good") + rng.normal(0, 1, len(frame))
    assert "leak" not in validate(frame, task()).codes()


def test_crossing_is_checked_for_small_cells() -> None:
    frame = people()
    frame["race"] = "A"
    frame.loc[(frame["sex"] == "male") & (frame.index % 2 == 0), "race"] = "B"
    frame.loc[:1, ["sex", "race"]] = ["female", "B"]
    roles = task(sensitive=("sex", "race"))
    assert validate(frame, roles).ready
    crossed = validate(frame, roles, ("sex", "race"))
    assert any("female × B" in str(problem) for problem in crossed.problems)


def test_roles_are_guessed_from_names_and_values() -> None:
    frame = pd.DataFrame(
        {
            "id": range(100),
            "fnlwgt": np.arange(100) * 3,
            "age": np.arange(100) % 70 + 15,
            "race": ["A", "B"] * 50,
            "sex": ["f", "m", "m", "f"] * 25,
            "income": ["<=50K", ">50K.", "<=50K.", ">50K"] * 25,
            "split": ["train", "test"] * 50,
        }
    )
    got = guess_roles(frame)
    assert got.label == "income"
    assert set(got.favourable) == {">50K", ">50K."}
    assert set(got.unfavourable or ()) == {"<=50K", "<=50K."}
    assert got.sensitive == ("sex", "race", "age")
    assert got.bins == {"age": (25.0, 60.0)}
    assert set(got.exclude) == {"id", "fnlwgt", "split"}


def test_zero_is_favourable_where_the_label_names_a_harm() -> None:
    frame = pd.DataFrame({"x": range(50), "two_year_recid": [0, 1] * 25, "sex": ["f", "m"] * 25})
    assert guess_roles(frame).favourable == ("0",)
    assert guess_roles(frame.rename(columns={"two_year_recid": "hired"})).favourable == ("1",)


def test_words_inside_words_are_not_sensitive() -> None:
    """'wages' is not 'age', 'trace' is not 'race'."""
    frame = pd.DataFrame({"wages": [1, 2] * 9, "trace": ["a", "b"] * 9, "y": [0, 1] * 9})
    assert guess_roles(frame).sensitive == ()


def test_guessed_bins_split_people_who_are_not_aged_like_people() -> None:
    edges = guess_bins(pd.Series([1.0] * 50 + [2.0] * 5 + [3.0] * 45))
    assert all(1 < edge <= 3 for edge in edges)


def test_a_copy_of_the_group_is_a_perfect_proxy_and_noise_is_none() -> None:
    frame = people()
    frame["copy"] = frame["sex"].map({"female": "x", "male": "y"})
    got = proxies(frame, task(), "sex")
    assert got.columns[0].column == "copy"
    assert got.columns[0].auc > 0.999
    assert {s.column: s.auc for s in got.columns}["score"] < 0.56
    assert got.together is not None
    assert got.together > 0.99
    assert got.n == len(frame)


def test_a_proxy_that_is_not_monotone_is_found() -> None:
    frame = people(3000)
    rng = np.random.default_rng(2)
    far = np.where(frame["sex"] == "male", rng.choice([-2, 2], 3000), 0)
    frame["u"] = far + rng.normal(0, 0.5, 3000)
    assert {s.column: s.auc for s in proxies(frame, task(), "sex").columns}["u"] > 0.95


def test_many_random_categories_do_not_look_like_a_proxy() -> None:
    """Out-of-fold rates: 300 random codes tell nothing, though in-sample they would."""
    frame = people()
    frame["code"] = np.random.default_rng(3).integers(0, 300, len(frame)).astype(str)
    assert {s.column: s.auc for s in proxies(frame, task(), "sex").columns}["code"] < 0.57


def test_label_and_excluded_columns_are_no_proxies() -> None:
    got = proxies(people(), task(exclude=("job",)), "sex")
    assert {s.column for s in got.columns} == {"score"}


def test_large_tables_are_sampled_and_say_so() -> None:
    frame = load("synthetic", n=15_000).frame
    roles = load("synthetic").task
    got = proxies(frame, roles, "group", together=False)
    assert got.n == 10_000
    assert "10,000 of 15,000" in got.notes[0]


def test_label_predictors_rank_the_strongest_first() -> None:
    data = load("synthetic", n=2000, signal=3.0, noise=0.0)
    found = label_predictors(data.frame, data.task)
    assert found[0].column in {"test_score", "experience", "references"}
    assert [s.auc for s in found] == sorted((s.auc for s in found), reverse=True)
    assert found[-1].auc < 0.6


def test_an_attribute_that_cannot_be_trained_on_is_a_warning_beside_one_that_can() -> None:
    frame = people().assign(race="A")
    frame.loc[0, "race"] = "solo"
    findings = validate(frame, task(sensitive=("sex", "race")))
    assert findings.ready
    said = [str(w) for w in findings.warnings if w.code == "other_attribute"]
    assert len(said) == 1
    assert "'race'" in said[0]
    assert "solo" in said[0]


def test_a_group_of_one_is_listed_together_with_a_broken_label() -> None:
    frame = people()
    frame.loc[0, "sex"] = "solo"
    frame.loc[:9, "outcome"] = "?"
    findings = validate(frame, task())
    assert {p.code for p in findings.problems} == {"label_many_values", "group_too_small"}
    assert "has 1 person" in str(findings.problems[1])
