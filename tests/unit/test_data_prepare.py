"""Roles, groups, split and encoding: who is in, in which split, seen how."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlab.config import DataConfig, SplitConfig, Task
from fairlab.data import TaskData, load, prepare, read_people
from fairlab.data.encoding import fit_encoding, knots
from fairlab.data.groups import bin_names
from fairlab.data.splits import split_sizes, stratified_split
from fairlab.errors import InputError, UnknownNameError
from fairlab.results import Attribute


def people(n: int = 400, seed: int = 0) -> pd.DataFrame:
    """A table with a number, a skewed number, text, missing values and two attributes."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "income": np.round(rng.normal(50, 10, n), 1),
            "gain": np.where(rng.random(n) < 0.9, 0, rng.integers(1, 5000, n)),
            "job": rng.choice(["clerk", "cook", "nurse"], n),
            "sex": rng.choice(["female", "male"], n),
            "age": rng.integers(18, 80, n),
            "hired": rng.choice(["yes", "no"], n),
        }
    )
    frame.loc[::17, "income"] = np.nan
    frame.loc[::13, "job"] = None
    return frame


def table(frame: pd.DataFrame, **roles: object) -> TaskData:
    task = Task(**{"label": "hired", "favourable": ("yes",), "sensitive": ("sex",), **roles})
    return TaskData(frame, task, DataConfig(source="file"))


def test_favourable_value_becomes_one() -> None:
    frame = people()
    prepared = prepare(table(frame))
    for part in prepared.splits.values():
        expected = (frame["hired"].to_numpy()[part.rows] == "yes").astype(int)
        np.testing.assert_array_equal(part.y_true, expected)


def test_groups_are_those_of_the_rows() -> None:
    frame = people()
    prepared = prepare(table(frame))
    for part in prepared.splits.values():
        sex = part.attributes["sex"]
        named = np.array(sex.names)[sex.codes]
        np.testing.assert_array_equal(named, frame["sex"].to_numpy()[part.rows])


def test_splits_share_no_one_and_lose_no_one() -> None:
    prepared = prepare(table(people()))
    rows = np.concatenate([part.rows for part in prepared.splits.values()])
    np.testing.assert_array_equal(np.sort(rows), np.arange(400))


def test_same_seed_same_split_other_seed_other_split() -> None:
    data = table(people())
    first, again = prepare(data), prepare(data)
    other = prepare(data, SplitConfig(seed=1))
    for name in first.splits:
        np.testing.assert_array_equal(first.splits[name].rows, again.splits[name].rows)
        np.testing.assert_array_equal(first.splits[name].features, again.splits[name].features)
    assert not np.array_equal(first.splits["test"].rows, other.splits["test"].rows)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), min_size=30, max_size=80),
    st.integers(0, 3),
)
@settings(max_examples=60, deadline=None)
def test_every_cell_is_in_every_split_near_its_share(
    cells: list[tuple[int, int]], seed: int
) -> None:
    group = np.array([g for g, _ in cells])
    y = np.array([label for _, label in cells])
    sizes = np.bincount(group * 2 + y, minlength=6).reshape(3, 2)
    attribute = Attribute(group, ("a", "b", "c"))
    in_use = sizes[sizes.sum(axis=1) > 0]
    if (in_use < 3).any():
        with pytest.raises(InputError, match="at least 3"):
            stratified_split(y, attribute, SplitConfig(seed=seed))
        return
    parts = stratified_split(y, attribute, SplitConfig(seed=seed))
    for name, share in (("train", 0.6), ("validation", 0.2), ("test", 0.2)):
        part = parts[name]
        got = np.bincount(group[part] * 2 + y[part], minlength=6).reshape(3, 2)
        used = sizes.sum(axis=1) > 0
        assert (got[used] >= 1).all()
        assert (np.abs(got - share * sizes)[used] <= 1.2).all()


@given(st.integers(3, 500))
def test_split_sizes_sum_to_n_and_none_is_empty(n: int) -> None:
    sizes = split_sizes(n, (0.6, 0.2, 0.2))
    assert sum(sizes) == n
    assert min(sizes) >= 1


def test_refusal_names_the_group_and_the_outcome() -> None:
    frame = people()
    frame.loc[frame["sex"] == "female", "hired"] = "no"
    with pytest.raises(InputError, match="Group 'female' has 0 people with the outcome 'hired!'"):
        prepare(table(frame, outcome_words=("hired!", "not hired")))


def test_all_small_cells_are_named_at_once() -> None:
    frame = people()
    frame.loc[:3, "sex"] = ["x", "x", "z", "z"]
    with pytest.raises(InputError) as caught:
        prepare(table(frame))
    assert sum("'x'" in p for p in caught.value.problems) >= 1
    assert sum("'z'" in p for p in caught.value.problems) >= 1


def test_sensitive_columns_are_no_features_unless_asked() -> None:
    without = prepare(table(people()))
    asked = prepare(table(people(), sensitive_as_features=True))
    assert not any("sex" in name for name in without.feature_names)
    assert any("sex" in name for name in asked.feature_names)


def test_label_excluded_and_weight_are_never_features() -> None:
    frame = people().assign(copy=lambda f: f["hired"], w=1.5)
    frame["w"] = np.arange(1, len(frame) + 1)
    prepared = prepare(table(frame, exclude=("copy",), weight="w", sensitive_as_features=True))
    named = " ".join(prepared.feature_names)
    assert "hired" not in named
    assert "copy" not in named
    assert not any(name.startswith("w ") for name in prepared.feature_names)
    np.testing.assert_array_equal(
        prepared.splits["test"].weight, prepared.splits["test"].rows + 1.0
    )


def test_values_of_validation_and_test_people_do_not_change_the_encoding() -> None:
    """The encoding of train people is a function of train people's values alone."""
    frame = people()
    before = prepare(table(frame))
    changed = frame.copy()
    others = np.concatenate([before.splits[name].rows for name in ("validation", "test")])
    changed.loc[others, "income"] = 1e9
    changed.loc[others, "gain"] = -7
    changed.loc[others, "job"] = "astronaut"
    after = prepare(table(changed))
    assert after.feature_names == before.feature_names
    np.testing.assert_array_equal(after.splits["train"].features, before.splits["train"].features)


def test_labels_do_not_change_anyone_s_features() -> None:
    """Features of a row are the same whatever its label, given the same train rows."""
    frame = people()
    data = table(frame)
    first = prepare(data)
    flipped = frame.copy()
    flipped["hired"] = np.where(frame["hired"] == "yes", "no", "yes")
    second = prepare(table(flipped, favourable=("no",)))
    for name in first.splits:
        np.testing.assert_array_equal(first.splits[name].rows, second.splits[name].rows)
        np.testing.assert_array_equal(first.splits[name].features, second.splits[name].features)


def test_unseen_category_is_rare_and_disclosed() -> None:
    frame = people()
    rows = prepare(table(frame)).splits["test"].rows
    frame.loc[rows[0], "job"] = "astronaut"
    prepared = prepare(table(frame))
    assert np.isfinite(prepared.splits["test"].features).all()
    assert any("astronaut" in note and "'job'" in note for note in prepared.notes)


def test_missing_number_is_marked_and_missing_text_is_a_level() -> None:
    frame = people()
    prepared = prepare(table(frame))
    train = prepared.splits["train"]
    names = prepared.feature_names
    marked = train.features[:, names.index("income is missing")]
    np.testing.assert_array_equal(marked, frame["income"].isna().to_numpy()[train.rows])
    level = train.features[:, names.index("job = (missing)")]
    np.testing.assert_array_equal(level, frame["job"].isna().to_numpy()[train.rows])
    assert any("income" in note and "median" in note for note in prepared.notes)


def test_useless_columns_are_left_out_with_a_reason() -> None:
    frame = people().assign(empty=np.nan, same="x", name=[f"person {i}" for i in range(400)])
    prepared = prepare(table(frame))
    for column in ("empty", "same", "name"):
        assert any(note.startswith(f"'{column}' is not used") for note in prepared.notes)
        assert not any(name.startswith(f"{column} ") for name in prepared.feature_names)


def test_column_names_that_scikit_learn_refuses_are_fine() -> None:
    frame = people().rename(columns={"income": "self", "job": "a__b"})
    assert np.isfinite(prepare(table(frame)).splits["train"].features).all()


def test_dates_become_days_and_infinity_is_missing() -> None:
    frame = people()
    frame["seen"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(400), unit="D")
    frame.loc[5, "income"] = np.inf
    prepared = prepare(table(frame))
    assert any(name.startswith("seen near") for name in prepared.feature_names)
    assert all(np.isfinite(part.features).all() for part in prepared.splits.values())
    assert prepared.splits["train"].features.dtype == np.float32


def test_piecewise_linear_features_rebuild_the_number() -> None:
    """Hat functions interpolate: knots weighted by features give the value back."""
    frame = pd.DataFrame({"x": np.linspace(0, 1, 301) ** 2, "other": np.arange(301) % 2})
    encoding = fit_encoding(frame)
    hats = encoding.encode(frame)[:, [n.startswith("x") for n in encoding.names]]
    places = knots(frame["x"].to_numpy())
    last = 1 - hats.sum(axis=1)
    np.testing.assert_allclose(hats @ places[:-1] + last * places[-1], frame["x"], atol=1e-5)


def test_a_column_that_is_mostly_zero_keeps_knots_for_the_rest() -> None:
    gain = np.concatenate([np.zeros(9000), np.arange(1, 1001)])
    assert (knots(gain) > 0).sum() >= 10
    assert knots(gain)[0] == 0
    assert knots(gain)[-1] == 1000


@given(st.lists(st.sampled_from([0.0, 0.0, 1.0, 2.0, 50.0]), min_size=2, max_size=60))
def test_knots_increase_and_span_the_data(values: list[float]) -> None:
    numbers = np.array(values)
    if len(np.unique(numbers)) < 2:
        return
    places = knots(numbers)
    assert (np.diff(places) > 0).all()
    assert places[0] == numbers.min()
    assert places[-1] == numbers.max()


def test_bin_edges_belong_to_the_upper_group() -> None:
    frame = people()
    frame.loc[:3, "age"] = [24, 25, 59, 60]
    got = read_people(frame, table(frame, sensitive=("age",), bins={"age": (25, 60)}).task)
    age = got.attributes["age"]
    assert age.names == ("under 25", "25 to 59", "60 and over")
    assert [age.names[c] for c in age.codes[:4]] == [
        "under 25", "25 to 59", "25 to 59", "60 and over",
    ]  # fmt: skip


def test_bin_names_of_decimals_and_of_single_years() -> None:
    assert bin_names((0.5, 1.5), whole=False) == ("under 0.5", "0.5 to under 1.5", "1.5 and over")
    assert bin_names((3, 4), whole=True) == ("under 3", "3", "4 and over")


def test_missing_attribute_policies_and_their_counts() -> None:
    frame = people()
    frame.loc[:19, "sex"] = None
    own = read_people(frame, table(frame).task)
    assert own.attributes["sex"].names == ("female", "male", "missing")
    assert np.bincount(own.attributes["sex"].codes).tolist()[2] == 20
    dropped = read_people(frame, table(frame, missing_sensitive="drop").task)
    assert len(dropped.rows) == 380
    assert any("20 rows left out: 'sex' is missing" in note for note in dropped.notes)
    with pytest.raises(InputError, match="20 of 400 people have no 'sex'"):
        read_people(frame, table(frame, missing_sensitive="stop").task)


def test_small_groups_merge_with_their_counts_in_a_note() -> None:
    frame = people()
    frame.loc[:9, "sex"] = "x"
    frame.loc[10:14, "sex"] = "z"
    got = read_people(frame, table(frame, merge_groups_below=50).task)
    assert got.attributes["sex"].names == ("female", "male", "other groups")
    assert (got.attributes["sex"].codes == 2).sum() == 15
    assert any("x (10)" in note and "z (5)" in note for note in got.notes)


def test_label_of_three_values_needs_both_sides_then_counts_who_is_left_out() -> None:
    frame = people()
    frame.loc[:9, "hired"] = "?"
    with pytest.raises(InputError, match=r"has 3 values \(\?, no, yes\).*what to do with") as e:
        prepare(table(frame))
    assert len(e.value.problems) == 1
    prepared = prepare(table(frame, unfavourable=("no",)))
    assert sum(len(part.rows) for part in prepared.splits.values()) == 390
    assert any("10 rows left out" in note and "?" in note for note in prepared.notes)


def test_numeric_label_is_matched_as_text_also_when_stored_as_decimals() -> None:
    frame = people()
    frame["hired"] = np.where(frame["hired"] == "yes", 1.0, 0.0)
    frame.loc[0, "hired"] = np.nan
    got = read_people(frame, table(frame, favourable=("1",)).task)
    assert len(got.rows) == 399
    assert any("1 row left out" in note for note in got.notes)
    np.testing.assert_array_equal(got.y_true, frame["hired"].to_numpy()[1:])


def test_crossing_stratifies_and_unknown_attribute_is_refused() -> None:
    data = table(people(800), sensitive=("sex", "age"), bins={"age": (45,)})
    prepared = prepare(data, group_by=("sex", "age"))
    assert prepared.group_by == ("sex", "age")
    assert set(prepared.splits["test"].attributes) == {"sex", "age"}
    with pytest.raises(UnknownNameError, match="no sensitive attribute 'race'"):
        prepare(data, group_by=("race",))


def test_marginal_groups_need_people_by_attribute_only() -> None:
    """Two people in a crossed cell stop a crossed comparison, not one attribute by attribute."""
    frame = people(800)
    rare = frame.index[(frame["sex"] == frame["sex"].iloc[0]) & (frame["age"] >= 45)][2:]
    data = table(frame.drop(rare), sensitive=("sex", "age"), bins={"age": (45,)})
    with pytest.raises(InputError, match="need one each"):
        prepare(data, group_by=("sex", "age"))
    prepared = prepare(data, group_by=("sex", "age"), grouping="marginal")
    for split in prepared.splits.values():
        for name in ("sex", "age"):
            cells = split.attributes[name].codes * 2 + split.y_true
            assert set(cells.tolist()) == {0, 1, 2, 3}
    alone = frame.drop(frame.index[frame["age"] >= 45][2:])
    lonely = table(alone, sensitive=("sex", "age"), bins={"age": (45,)})
    with pytest.raises(InputError, match="need one each"):
        prepare(lonely, group_by=("sex", "age"), grouping="marginal")


def test_all_role_problems_come_at_once() -> None:
    with pytest.raises(InputError) as caught:
        read_people(people(), Task(label="nope", favourable=("1",), sensitive=("also nope",)))
    assert len(caught.value.problems) == 2


def test_built_in_table_is_what_its_card_says() -> None:
    data = load("loanapp")
    assert len(data.frame) == 1989
    assert not {"white", "black", "hispan", "male"} & set(data.frame.columns)
    assert {"action", "reject", "typur", "inson"} <= set(data.task.exclude)
    got = read_people(data.frame, data.task)
    race = got.attributes["race_ethnicity"]
    rates = {
        name: round(got.y_true[race.codes == code].mean(), 3)
        for code, name in enumerate(race.names)
    }
    assert set(rates) == {"Black", "Hispanic", "White"}
    assert rates["White"] == pytest.approx(0.908, abs=0.002)
    assert rates["Black"] == pytest.approx(0.675, abs=0.01)
    prepared = prepare(data, group_by=("race_ethnicity", "sex"))
    for column in data.task.exclude:
        assert not any(name.startswith(f"{column} ") for name in prepared.feature_names)


def test_synthetic_dials_do_what_they_say() -> None:
    data = load("synthetic", n=1000, groups=("A", "B", "C"), shares=(5, 3, 2),
                base_rates=(0.5, 0.4, 0.2))  # fmt: skip
    sizes = data.frame["group"].value_counts()
    assert sizes.to_dict() == {"A": 500, "B": 300, "C": 200}
    good = data.frame["outcome"].eq("yes").groupby(data.frame["group"]).sum()
    assert good.to_dict() == {"A": 250, "B": 120, "C": 40}
    assert data.data.options["shares"] == [5.0, 3.0, 2.0]
    again = load("synthetic", **data.data.options)
    assert again.data.fingerprint == data.data.fingerprint


def test_synthetic_proxy_and_signal_move_only_what_they_name() -> None:
    def strength(**dials: float) -> tuple[float, float]:
        frame = load("synthetic", n=4000, noise=0.0, **dials).frame
        group = (frame["group"] == "B").astype(float)
        good = (frame["outcome"] == "yes").astype(float)
        within = frame.assign(good=good)[frame["group"] == "A"]
        return (
            abs(np.corrcoef(frame["commute"], group)[0, 1]),
            np.corrcoef(within["test_score"], within["good"])[0, 1],
        )

    weak, strong = strength(proxy=0.0, signal=1.0), strength(proxy=0.9, signal=1.0)
    assert weak[0] < 0.05
    assert strong[0] > 0.7
    assert strength(signal=0.0)[1] == pytest.approx(0, abs=0.06)
    assert strength(signal=3.0)[1] > 0.7


def test_synthetic_lists_every_dial_out_of_range() -> None:
    with pytest.raises(InputError) as caught:
        load("synthetic", n=3, noise=2.0, base_rates=(0.0, 0.5))
    assert len(caught.value.problems) == 3


def test_unknown_table_and_unknown_option_say_what_there_is() -> None:
    with pytest.raises(UnknownNameError, match=r"Did you mean 'adult'\?"):
        load("adlt")
    with pytest.raises(InputError, match="no option sise"):
        load("synthetic", sise=3)
