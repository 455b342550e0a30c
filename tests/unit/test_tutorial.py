"""The tutorial's numbers are the table's, its page says them, and its progress is kept."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlab.config import PenaltyParams
from fairlab.data import TaskData, load
from fairlab.errors import InputError
from fairlab.metrics import RATES
from fairlab.training import fit_sweep
from fairlab.tutorial import numbers as module
from fairlab.tutorial import steps
from fairlab.tutorial.check import questions
from fairlab.tutorial.document import as_markdown
from fairlab.tutorial.making import histogram, scores, sweep_config
from fairlab.tutorial.numbers import Numbers, labels_and_groups, read_numbers
from fairlab.tutorial.progress import BOUNDS, CHECK, Progress, read_progress

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def table() -> TaskData:
    return load("loanapp")


@pytest.fixture(scope="module")
def numbers(table: TaskData) -> Numbers:
    return read_numbers(table)


def test_groups_and_base_rates_are_those_of_the_table(table: TaskData, numbers: Numbers) -> None:
    """Counted with pandas from the columns; people whose marital status is missing are left out."""
    frame = table.frame[table.frame["sex"].notna() & table.frame["married"].notna()]
    for g, group in enumerate(numbers.groups):
        own = frame[frame["race_ethnicity"] == group]
        assert len(own) == numbers.people[g]
        assert int((own["approve"] == 1).sum()) == numbers.approved[g]


def test_the_kept_scores_come_out_again(table: TaskData, numbers: Numbers) -> None:
    """Made anew, hardly anybody's whole percent differs; the totals do not differ at all."""
    anew, kept = np.array(histogram(table)), np.array(numbers.histogram)
    assert (anew.sum(axis=2) == kept.sum(axis=2)).all()
    assert np.abs(np.cumsum(anew - kept, axis=2)).max() <= 3


def test_the_kept_sweeps_come_out_again(table: TaskData, numbers: Numbers) -> None:
    """The penalty's ends, the first of five folds anew: the same but for rounding in training."""
    seen: list[int] = []
    result = fit_sweep(
        table,
        sweep_config(table, modes=("penalty",), penalty=PenaltyParams(strengths=(0.0, 8.0))),
        on_progress=lambda progress: seen.append(progress.fold),
        should_stop=lambda: max(seen, default=1) > 1,
    )
    assert result.folds is not None
    kept = json.loads(module.NUMBERS.read_text(encoding="utf-8"))["sweeps"]["penalty"]
    for m, row in enumerate((kept[0], kept[-1])):
        anew, before = result.folds.counts["test"][0, m], np.array(row["first_fold"])
        assert (anew.sum(axis=-1) == before.sum(axis=-1)).all(), "the same people"
        assert np.abs(anew - before).sum() / 2 <= 0.02 * before.sum(), "one in fifty otherwise"


def test_thresholds_select_from_the_percent_on(table: TaskData, numbers: Numbers) -> None:
    """A threshold of t % selects scores of t % and more, in each group its own."""
    _, label, groups = labels_and_groups(table)
    score = scores(table)
    counts = numbers.at(40, 60, 80)
    for g, (group, cut) in enumerate(zip(numbers.groups, (0.4, 0.6, 0.8), strict=True)):
        own = (groups == group) & (label == 1) & (score >= cut)
        assert abs(int(own.sum()) - int(counts.tp[g])) <= 2
    assert (numbers.at(70).tp == numbers.at(70, 70, 70).tp).all()


@pytest.mark.parametrize("cut", [10, 50, 80, 95])
def test_the_identity_of_step_six_holds(numbers: Numbers, cut: int) -> None:
    """Selection rate × PPV = base rate × true positive rate, group by group."""
    counts = numbers.at(cut)
    rate = {name: RATES[name](counts) for name in ("selection_rate", "ppv", "base_rate", "tpr")}
    np.testing.assert_allclose(
        rate["selection_rate"] * rate["ppv"], rate["base_rate"] * rate["tpr"], rtol=1e-12
    )


def test_no_thresholds_bring_all_three_gaps_below_the_least(numbers: Numbers) -> None:
    """The least is reached by the thresholds given, and by none of 300 drawn ones undercut."""
    worst, cuts = module.least_worst(numbers)
    widest = [module.gap(numbers.at(*cuts), rate) for rate in module.THREE]
    assert max(widest) == pytest.approx(worst)
    rng = np.random.default_rng(0)
    for drawn in 3 * rng.integers(1, 33, (300, 3)):
        gaps = [module.gap(numbers.at(*map(int, drawn)), rate) for rate in module.THREE]
        assert np.isnan(gaps).any() or max(gaps) >= worst - 1e-12


def test_another_table_is_refused(table: TaskData) -> None:
    frame = table.frame.copy()
    frame.loc[frame.index[:30], "approve"] = 0
    other = TaskData(frame, table.task, table.data, table.notes)
    with pytest.raises(InputError, match="another table"):
        read_numbers(other)


def test_the_page_to_read_says_the_tables_numbers(numbers: Numbers) -> None:
    """docs/tutorial.md is what the words and the table give, to the letter."""
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    remedy = "Write it anew: python -m fairlab.tutorial.document > docs/tutorial.md"
    assert page == as_markdown(numbers), remedy


def test_a_changed_table_would_change_the_page(numbers: Numbers) -> None:
    """Numbers are counted, not typed in: other people give other words at every step."""
    half = tuple(tuple(tuple(k // 2 for k in row) for row in own) for own in numbers.histogram)
    people = tuple(sum(map(sum, own)) for own in half)
    approved = tuple(sum(own[1]) for own in half)
    other = Numbers(7, numbers.groups, people, approved, half, numbers.sweeps)
    assert steps.steps(other)[0] != steps.steps(numbers)[0]
    assert steps.conflict_told(other, (80, 80, 80)) != steps.conflict_told(numbers, (80, 80, 80))


def test_there_are_ten_steps_and_three_questions(numbers: Numbers) -> None:
    """Every question has one right answer, and says of each other one what it overlooks."""
    assert len(steps.steps(numbers)) == 10
    asked = questions(numbers)
    assert len(asked) == 3
    for question in asked:
        told = [choice.told for choice in question.choices]
        assert len(set(told)) == len(told)
        assert [text.startswith("Right") for text in told].index(True) == question.right
        assert sum(text.startswith("Right") for text in told) == 1
        assert question.name in BOUNDS


def test_the_asset_stays_tiny() -> None:
    assert module.NUMBERS.stat().st_size < 20_000
    assert json.loads(module.NUMBERS.read_text(encoding="utf-8"))["format"] == module.FORMAT


progresses = st.builds(
    Progress,
    step=st.integers(1, CHECK),
    answers=st.dictionaries(st.sampled_from(sorted(BOUNDS)), st.integers(0, 2)).map(
        lambda answers: {k: max(v, BOUNDS[k][0]) for k, v in answers.items()}
    ),
)


@given(progresses)
def test_progress_comes_back_from_the_address(progress: Progress) -> None:
    found = read_progress(progress.written())
    assert (found.step, dict(found.answers)) == (progress.step, dict(progress.answers))


@given(st.text(max_size=60))
def test_any_address_is_read(text: str) -> None:
    """Nonsense is left out, and what is left is inside its bounds."""
    found = read_progress(text)
    assert 1 <= found.step <= CHECK
    assert all(BOUNDS[k][0] <= v <= BOUNDS[k][1] for k, v in found.answers.items())


def test_scores_and_decisions_of_the_promise_are_of_the_same_people(numbers: Numbers) -> None:
    """Step 9 measures both on the people of one fold; the curve's gap is over everybody."""
    dials = numbers.sweeps["layer"]
    for dial in dials[1:]:
        assert 0 < dial.first_fold.n.sum() < numbers.everybody / 4
        said = steps.dial_told("layer", dial, dials[0])
        people = f"{dial.first_fold.n.sum():.0f} people of one fold"
        own = 100 * module.gap(dial.first_fold, "selection_rate")
        assert f"{people}, who are new to its model" in said
        assert said.endswith(f"decisions {own:.1f} points apart.")
        assert f"Gap {100 * dial.gap:.1f} points instead" in said
    assert any(abs(module.gap(d.first_fold, "selection_rate") - d.gap) > 0.01 for d in dials[1:])
