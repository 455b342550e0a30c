"""A model that left its run: the same scores, every oddity of new people counted, harm refused."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from fairlab.artefact import Artefact, json_schema, read_model
from fairlab.artefact.files import LIMITS, MODEL, WEIGHTS
from fairlab.artefact.trees import Trees, trees_of
from fairlab.artefact.weights import to_bytes
from fairlab.config import DataConfig, GroupCuts, RunConfig, SweepConfig, Task
from fairlab.data.task import TaskData
from fairlab.errors import InputError
from fairlab.reports.model_artefact import artefact_bytes, why_no_artefact
from fairlab.results import SweepResult
from fairlab.sweeps.cuts import decided
from fairlab.training import fit_sweep

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "model-1.json"
TASK = Task(
    label="hired",
    favourable=("yes",),
    sensitive=("sex", "age"),
    bins={"age": (30.0, 50.0)},
    merge_groups_below=20,
)
SWEEP = SweepConfig.model_validate(
    {
        "constraint": "equalized_odds",
        "group_by": ("sex", "age"),
        "grouping": "marginal",
        "modes": ("penalty", "layer"),
        "penalty": {"strengths": (0.0,)},
        "layer": {"slacks": (1.0, 0.0)},
        "baselines": ("logistic", "boosting", "plugin_logistic"),
        "plugin": {"slacks": (0.1,), "folds": 1},
        "model": {"width": 4, "depth": 1},
        "epochs": 3,
        "batch_size": 64,
    }
)
PENALTY, LAYER, LOGISTIC, BOOSTING, PLUGIN = 0, 2, 3, 4, 5
ALL = (PENALTY, 1, LAYER, LOGISTIC, BOOSTING)


@dataclass(frozen=True)
class Trained:
    """A small run with every kind of column and of model."""

    config: RunConfig
    data: TaskData
    result: SweepResult

    written: dict[int, bytes] = field(default_factory=dict)

    def content(self, index: int, **how: Any) -> bytes:
        """The file of a model; of each written once unless something is asked of it."""
        if how:
            return artefact_bytes(self.config, self.result, self.data, index, **how)
        if index not in self.written:
            self.written[index] = artefact_bytes(self.config, self.result, self.data, index)
        return self.written[index]

    def people(self, n: int = 60) -> pd.DataFrame:
        """People without outcomes."""
        return self.data.frame.drop(columns="hired").head(n).copy()


def table(n: int = 500) -> pd.DataFrame:
    """Numbers with gaps, a rare category, yes/no, dates, groups of few and without a value."""
    rng = np.random.default_rng(5)
    skill = rng.normal(size=n)
    job = rng.choice(["clerk", "nurse", "smith"], n).astype(object)
    job[:4] = "falconer"
    job[4:40] = None
    sex = np.where(rng.random(n) < 0.5, "f", "m").astype(object)
    sex[40:46], sex[46:52], sex[52:90] = "x", "y", None
    pay = np.round(rng.gamma(2.0, 20.0, n), 1)
    pay[rng.random(n) < 0.1] = np.nan
    hired = skill + 0.02 * np.nan_to_num(pay) + (sex == "m") + rng.normal(size=n) > 1.2
    return pd.DataFrame(
        {
            "skill": skill,
            "pay": pay,
            "job": job,
            "car": rng.random(n) < 0.4,
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), "D"),
            "sex": sex,
            "age": rng.integers(18, 70, n),
            "hired": np.where(hired, "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def trained() -> Trained:
    data = TaskData(table(), TASK, DataConfig(source="file"))
    config = RunConfig(data=data.data, task=TASK, sweep=SWEEP)
    return Trained(config, data, fit_sweep(data, config))


@pytest.fixture(scope="module")
def layer(trained: Trained) -> Artefact:
    return read_model(trained.content(LAYER))


@pytest.fixture(scope="module")
def plain(trained: Trained) -> Artefact:
    return read_model(trained.content(PENALTY))


@pytest.mark.parametrize("index", ALL)
def test_the_runs_people_get_the_stored_scores_and_decisions(trained: Trained, index: int) -> None:
    """Networks to 1e-6 (float32 sums), coefficients and trees to the bit; the label is absent."""
    model = read_model(trained.content(index))
    for split, part in trained.result.splits.items():
        found = model.decide(trained.data.frame.drop(columns="hired").iloc[part.rows])
        stored = part.score[index].astype(np.float64)
        assert np.abs(found.score - stored).max() <= (1e-6 if index < LOGISTIC else 0.0)
        scored = trained.result.scored(index, split).score
        np.testing.assert_array_equal(found.decision, scored >= trained.result.threshold)
    assert model.record.checked is not None
    assert model.record.checked.other_decisions == 0


def test_the_rule_is_really_at_work(trained: Trained, layer: Artefact) -> None:
    """The layer's model here moves scores by group; without its rule other scores come out."""
    part = trained.result.splits["test"]
    assert part.raw is not None
    assert np.abs(part.score[LAYER] - part.raw[LAYER]).max() > 0.01
    assert layer.uses_attribute_when_deciding
    assert {"sex", "age"} <= set(layer.columns)


def test_true_labels_never_enter(trained: Trained, layer: Artefact) -> None:
    """Turned labels, or none, change no score."""
    people = trained.people()
    lying = people.assign(hired=np.where(np.arange(len(people)) % 2, "yes", "nonsense"))
    np.testing.assert_array_equal(layer.decide(people).score, layer.decide(lying).score)
    assert "'hired', the outcome" in " ".join(layer.decide(lying).notes)


def test_thresholds_per_group_decide_as_the_choice_does(trained: Trained) -> None:
    cuts = GroupCuts(by=("sex",), cuts=(0.2, 0.5, 0.9, 0.4))
    names = trained.result.splits["test"].attributes["sex"].names
    assert len(names) == 4  # f, m, missing, other groups
    model = read_model(trained.content(PENALTY, cuts=cuts))
    part = trained.result.splits["test"]
    found = model.decide(trained.data.frame.iloc[part.rows])
    wanted = decided(trained.result.scored(PENALTY), cuts).score
    np.testing.assert_array_equal(found.decision, wanted)
    assert any("'sex' is used when deciding: in the thresholds per group" in s
               for s in model.sentences)  # fmt: skip


def test_a_score_at_the_threshold_is_selected(trained: Trained, plain: Artefact) -> None:
    """≥, not >: at somebody's own score as the threshold, that person is selected."""
    score = plain.decide(trained.people()).score
    at = float(score[7])
    found = read_model(trained.content(PENALTY, threshold=at)).decide(trained.people())
    assert found.decision[7] == 1
    np.testing.assert_array_equal(found.decision, score >= at)


def test_everything_odd_is_counted_and_nobody_left_out(trained: Trained, layer: Artefact) -> None:
    people = trained.people()
    people["skill"] = people["skill"].astype(object)
    people.loc[0, "skill"] = "much"
    people.loc[1, "skill"] = np.nan
    people.loc[[2, 3], "pay"] = [1e9, np.inf]
    people.loc[[4, 5, 6], "job"] = ["astronaut", "falconer", "clerk"]
    people["car"] = people["car"].map({True: "Yes", False: "no"})
    people["since"] = people["since"].dt.strftime("%Y-%m-%d")
    people.loc[7, "age"] = np.nan
    people.loc[10, "since"] = "1999-05-01"
    people.loc[8, "sex"] = "z"
    people.loc[9, "sex"] = None
    people["shoe"] = 40
    found = layer.decide(people)
    said = "\n".join(found.notes)
    assert len(found.score) == len(people)
    for words in (
        "'skill': 1 person has a value that cannot be read as a number (much)",
        "'skill' is missing for 2 people, and was for nobody in training",
        "'pay': 1 person has a value that cannot be read as a number (not finite)",
        "'pay': 1 person is outside what training had",
        "(astronaut, falconer); it is read as a rare value",
        "1 column is not read: shoe.",
        "'since': 1 person is outside what training had (2020-01-",
        "'age' is missing",
        "a value of 'sex' that is not a group of its own",
    ):
        assert words in said, words
    assert np.flatnonzero(found.decision < 0).tolist() == [7]
    assert np.isnan(found.score[7])
    assert found.reason[7] == "'age' is missing"
    kept = np.arange(11, len(people))
    np.testing.assert_array_equal(found.score[kept], layer.decide(trained.people()).score[kept])


def test_a_group_training_never_had_is_not_decided(trained: Trained, layer: Artefact) -> None:
    """Where no merged group takes unlisted values, who has one gets no score, and the reason."""
    groups = tuple(g.model_copy(update={"others": None}) for g in layer.record.groups)
    strict = Artefact(layer.record.model_copy(update={"groups": groups}), layer.arrays)
    people = trained.people()
    people.loc[3, "sex"] = "z"
    found = strict.decide(people)
    assert found.reason[3] == "training had no such group of 'sex'"
    assert found.decision[3] == -1
    assert found.to_frame()["decision"].isna()[3]


def test_a_column_written_otherwise_than_in_training_is_told(
    trained: Trained, plain: Artefact
) -> None:
    """Where nobody's value is known the sentence says so; one new value among others is counted."""
    coded = trained.people().assign(job="3")
    assert "seems to be written otherwise" in " ".join(plain.decide(coded).notes)
    assert "otherwise" not in " ".join(plain.decide(coded.head(1)).notes)


def test_a_model_that_needs_no_group_does_not_ask_for_one(
    trained: Trained, plain: Artefact
) -> None:
    people = trained.people().drop(columns=["sex", "age"])
    assert plain.decide(people).undecided == 0
    assert not plain.uses_attribute_when_deciding
    assert "Not used when deciding: 'sex', 'age'" in " ".join(plain.sentences)


def test_every_missing_or_wrong_column_is_told_at_once(trained: Trained, layer: Artefact) -> None:
    people = trained.people().rename(columns={"pay": "Pay"}).drop(columns="sex")
    with pytest.raises(InputError) as refused:
        layer.decide(people)
    assert len(refused.value.problems) == 2
    assert "Is it 'Pay'?" in str(refused.value)
    with pytest.raises(InputError, match="none of its values here is"):
        layer.decide(trained.people().assign(skill="high"))
    with pytest.raises(InputError, match="was a date in training"):
        layer.decide(trained.people().assign(since=3))
    twice = pd.concat([trained.people(), trained.people()[["pay"]]], axis=1)
    with pytest.raises(InputError, match="2 columns called 'pay'"):
        layer.decide(twice)
    with pytest.raises(InputError, match="DataFrame"):
        layer.decide(np.zeros((3, 3)))  # type: ignore[arg-type]


def test_one_person_alone_scores_as_among_others(trained: Trained, layer: Artefact) -> None:
    people = trained.people()
    whole = layer.decide(people).score
    alone = np.array([layer.decide(people.iloc[[i]]).score[0] for i in range(8)])
    np.testing.assert_allclose(alone, whole[:8], atol=1e-6)
    assert len(layer.decide(people.head(0)).score) == 0


def test_rare_values_are_not_named_in_the_file(trained: Trained) -> None:
    """Who is the only falconer is nobody's business; merged groups are not named either."""
    for index in (LAYER, BOOSTING):
        with zipfile.ZipFile(io.BytesIO(trained.content(index))) as archive:
            text = archive.read(MODEL).decode()
        assert "falconer" not in text
        assert "clerk" in text
    sex = next(g for g in read_model(trained.content(LAYER)).record.groups if g.name == "sex")
    assert sex.values == ("f", "m")
    assert sex.groups[sex.others or 0] == "other groups"


def test_plugin_rules_are_refused_with_the_reason(trained: Trained) -> None:
    assert "plug-in rule is not written" in why_no_artefact(trained.result, PLUGIN)
    with pytest.raises(InputError, match="Choose a network"):
        trained.content(PLUGIN)


def test_another_table_is_refused(trained: Trained) -> None:
    """Scores of a changed table are not the stored ones, and no file is written."""
    changed = trained.data.frame.assign(skill=trained.data.frame["skill"] + 1)
    data = TaskData(changed, TASK, trained.data.data)
    with pytest.raises(InputError, match="other scores than the run stored"):
        artefact_bytes(trained.config, trained.result, data, PENALTY)


def test_the_same_model_gives_the_same_bytes(trained: Trained) -> None:
    assert trained.content(PENALTY, threshold=0.5) == trained.content(PENALTY)


def test_the_published_schema_is_the_models() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == json_schema()


def test_it_opens_and_scores_without_torch_and_streamlit(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "m.zip").write_bytes(trained.content(LAYER))
    trained.people().to_parquet(tmp_path / "people.parquet")
    code = (
        "import sys, pandas as pd\n"
        "from fairlab.artefact import load_model\n"
        "m = load_model('m.zip'); m.decide(pd.read_parquet('people.parquet'))\n"
        "bad = {'torch', 'streamlit', 'sqlalchemy'} & set(sys.modules)\n"
        "sys.exit(str(bad) if bad else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


# Trees


@pytest.mark.parametrize("seed", range(3))
def test_trees_as_arrays_are_scikit_learns_to_the_bit(seed: int) -> None:
    """Missing values, unknown and absent categories, ties with thresholds included."""
    rng = np.random.default_rng(seed)
    n = 600
    x = np.column_stack(
        [
            rng.integers(0, 40, n).astype(float),  # codes beyond one word of a set
            rng.integers(0, 5, n).astype(float),  # ties
            rng.normal(size=n),
            2.0 * rng.integers(0, 3, n),  # codes with holes
        ]
    )
    x[rng.random(x.shape) < 0.1] = np.nan
    y = (np.nan_to_num(x[:, 1]) + (x[:, 0] % 7 == 3) * 3 + rng.normal(size=n) > 2.5).astype(int)
    model = HistGradientBoostingClassifier(
        max_iter=20, categorical_features=[True, False, False, True], random_state=seed
    ).fit(x, y)
    new = np.vstack([x, x + 1, np.full((1, 4), np.nan), np.full((1, 4), 39.0)])
    own = Trees(trees_of(model), 4).score(new)
    np.testing.assert_array_equal(own, model.predict_proba(new)[:, 1])


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("left", lambda a: a * 0),  # a child that is its own parent: a walk without end
        ("right", lambda a: a + 10_000),
        ("feature", lambda a: a + 99),
        ("starts", lambda a: a[::-1].copy()),
        ("set", lambda a: a + 99),
    ],
)
def test_trees_that_do_not_hang_together_are_refused(
    trained: Trained, name: str, change: Callable[[Any], Any]
) -> None:
    model = read_model(trained.content(BOOSTING))
    with pytest.raises(InputError, match="do not hang together"):
        Artefact(model.record, {**model.arrays, name: change(model.arrays[name])})


# Hostile files


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def changed(content: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    files = parts(content)
    record = json.loads(files[MODEL])
    change(record)
    return packed({**files, MODEL: json.dumps(record).encode()})


def with_arrays(content: bytes, arrays: dict[str, Any]) -> bytes:
    weights = to_bytes(arrays)
    digest = hashlib.sha256(weights).hexdigest()
    files = parts(changed(content, lambda r: r.update(weights_sha256=digest)))
    return packed({**files, WEIGHTS: weights})


def _deep(record: dict[str, Any], path: str, value: Any) -> None:
    *where, last = path.split(".")
    place: Any = record
    for step in where:
        place = place[int(step)] if step.isdigit() else place[step]
    place[int(last) if last.isdigit() else last] = value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("unknown", 1),
        ("run.owner", "me"),
        ("policy.threshold", 2.0),
        ("policy.kind", "pickle"),
        ("predictor.units", [4, 2]),
        ("predictor.units", [10**9, 1]),
        ("predictor.rule.by", [["sex"], ["shoe"]]),
        ("predictor.rule.directions", ["everyone", "sideways"]),
        ("preprocessing.columns.0.knots", [1.0, 1.0]),
        ("preprocessing.columns.0.median", "many"),
        ("preprocessing.version", 2),
        ("read_as.skill", "text"),
        ("groups.0.places", [0, 99]),
        ("groups", []),
        ("weights_sha256", "../../etc/passwd"),
        ("label", "x" * 5_000),
    ],
)
def test_a_record_with_anything_odd_is_refused(trained: Trained, path: str, value: Any) -> None:
    """With a sentence, before any number is read."""
    hostile = changed(trained.content(LAYER), lambda record: _deep(record, path, value))
    with pytest.raises(InputError, match="Export it again"):
        read_model(hostile)


@pytest.mark.parametrize("version", [0, 2, "1", None, True])
def test_another_version_is_told(trained: Trained, version: Any) -> None:
    hostile = changed(trained.content(PENALTY), lambda r: r.update(schema_version=version))
    with pytest.raises(InputError, match="Update fairlab"):
        read_model(hostile)


def test_weights_of_other_shape_type_or_name_are_refused(trained: Trained) -> None:
    content = trained.content(PENALTY)
    good = dict(read_model(content).arrays)
    weight = good["weight0"]
    broken = np.array(weight)
    broken[0, 0] = np.nan
    for arrays, words in (
        ({**good, "weight0": weight.T}, "the model needs"),
        ({**good, "weight0": weight.astype(np.float64)}, "the model needs"),
        ({**good, "weight0": broken}, "not finite"),
        ({**good, "more": weight}, "not those of this model"),
        ({k: v for k, v in good.items() if k != "bias0"}, "not those of this model"),
    ):
        with pytest.raises(InputError, match=words):
            read_model(with_arrays(content, arrays))
    with pytest.raises(InputError, match="damaged, or put together"):
        read_model(packed({**parts(content), WEIGHTS: parts(trained.content(LAYER))[WEIGHTS]}))


def test_json_with_nan_repeats_or_depth_is_refused(trained: Trained) -> None:
    files = parts(trained.content(PENALTY))
    text = files[MODEL].decode()
    for bad in (
        text.replace('"threshold": 0.5', '"threshold": NaN'),
        text.replace('"threshold": 0.5', '"threshold": Infinity'),
        text.replace('"threshold": 0.5', '"threshold": 0.5, "threshold": 0.4'),
        "[" * 200_000,
        text.replace('"schema_version": 1', '"schema_version": ' + "9" * 10_000),
        "[1, 2]",
        '{"kind": "fairlab decision record"}',
        "\udcff".encode("utf-8", "surrogateescape").decode("latin-1") + "{",
    ):
        assert bad != text
        with pytest.raises(InputError):
            read_model(packed({**files, MODEL: bad.encode()}))


def test_zip_files_made_to_do_harm_are_refused(trained: Trained, tmp_path: Path) -> None:
    """Bombs, names that climb out, further files, long lists, cut files; nothing is unpacked."""
    files = parts(trained.content(PENALTY))
    bomb = packed({**files, MODEL: b" " * (LIMITS[MODEL] + 1)})
    assert len(bomb) < 100_000
    with pytest.raises(InputError, match="larger than"):
        read_model(bomb)
    lying = bytearray(bomb)  # the list of contents says it is small
    place = lying.rindex(b"PK\x01\x02", 0, lying.rindex(b"PK\x01\x02"))
    lying[place + 24 : place + 28] = (100).to_bytes(4, "little")
    long_list = packed({f"{i}": b"" for i in range(200)})
    for hostile in (
        bytes(lying),
        packed({**files, "../../evil.py": b"1"}),
        packed({"../model.json": files[MODEL], WEIGHTS: files[WEIGHTS]}),
        packed({MODEL: files[MODEL]}),
        long_list,
        trained.content(PENALTY)[:-10],
        b"",
        b"PK\x03\x04",
        b"\x80\x04\x95 a pickle",
    ):
        with pytest.raises(InputError):
            read_model(hostile)
    assert [path.name for path in tmp_path.rglob("*")] == ["fairlab-home"]


def test_a_folder_is_read_like_its_zip(trained: Trained, tmp_path: Path) -> None:
    content = trained.content(PENALTY)
    for name, part in parts(content).items():
        (tmp_path / name).write_bytes(part)
    people = trained.people()
    np.testing.assert_array_equal(
        read_model(tmp_path).decide(people).score, read_model(content).decide(people).score
    )
    (tmp_path / WEIGHTS).unlink()
    with pytest.raises(InputError, match="There is no file"):
        read_model(tmp_path)
    with pytest.raises(InputError):
        read_model("a\0b")
