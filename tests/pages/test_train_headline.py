"""What stands on Train after a run before anything is unfolded: the curve, a sentence, counts."""

from collections.abc import Callable
from dataclasses import replace

from streamlit.testing.v1 import AppTest

from fairlab.config import RunConfig
from fairlab.reports.sentences.curve import headline_sentence
from fairlab.reports.tables.curve import CurveRow, curve_rows
from fairlab.results import SweepResult
from fairlab.ui.widgets.honesty_cache import honesty_of

Open = Callable[..., AppTest]


def unfolded(block: object) -> list[str]:
    """Words of Markdown that nobody has to unfold anything for."""
    if getattr(block, "type", "") in ("expander", "popover"):
        return []
    children = getattr(block, "children", None)
    if children is None:
        return [block.value] if getattr(block, "type", "") == "markdown" else []  # type: ignore[attr-defined]
    return [words for child in children.values() for words in unfolded(child)]


def test_little_stands_under_the_curve_and_all_else_is_one_click_away(
    open_page: Open, finished_run: str
) -> None:
    """A sentence and counts first; notes, noise, health, estimates under titles with counts."""
    app = open_page("train", run=finished_run)
    said = " ".join(unfolded(app.main))
    assert "the gap in selection rate" in said
    assert "8 models" in said
    assert "1 seed" in said
    assert len(said.split()) < 200, said
    for folded in (
        "**Noise.**",
        "**Health.**",
        "Without mitigation, accuracy is",
        "thresholds per",
    ):
        assert folded not in said
    titles = [one.label for one in app.expander]
    notes = next(title for title in titles if title.startswith("What was done with the data: "))
    assert int(notes.split(": ")[1].split()[0]) > 0
    assert any(title.startswith("Noise and health: ") for title in titles)


def test_the_counts_are_those_of_the_run(
    open_page: Open, finished_run: str, trained: tuple[RunConfig, SweepResult]
) -> None:
    """How many need care and how many cannot be told from the unmitigated model is always there."""
    said = " ".join(unfolded(open_page("train", run=finished_run).main))
    flagged = sum(bool(row.flags) for row in curve_rows(trained[1]))
    alike = sum(one.told_apart is False for one in honesty_of(finished_run, "").comparisons)
    assert flagged > 0
    assert alike > 0
    assert f"{flagged} need" in said
    assert f"{alike} cannot be told from the unmitigated model" in said


def test_the_headline_does_not_call_a_gap_narrower_that_cannot_be_told_apart(
    trained: tuple[RunConfig, SweepResult],
) -> None:
    """Told apart: from, to, and accuracy. Not told apart: said in the same sentence."""
    rows = _sound(curve_rows(trained[1]))
    told = headline_sentence(rows, "demographic_parity", "test people", (True,) * 3)
    assert "narrows from 20.0 points to 4.0 points at most; accuracy then is 79.0 %" in told
    alike = headline_sentence(rows, "demographic_parity", "test people", (True, False, True))
    assert "narrows from" not in alike
    assert "cannot be told from the unmitigated one" in alike
    only = headline_sentence(rows[:1], "demographic_parity", "test people")
    assert only.startswith("No trained model narrows the gap in selection rate: it is 20.0 points")
    none = headline_sentence((), "demographic_parity", "test people")
    assert none.startswith("We cannot tell")


def test_the_headline_names_whom_it_leaves_out(trained: tuple[RunConfig, SweepResult]) -> None:
    """Hollow markers further down are on the chart: the sentence must not deny them."""
    sound = _sound(curve_rows(trained[1]))
    hollow = replace(sound[1], index=3, gap=0.0, flags=("all selected",))
    told = headline_sentence((*sound, hollow), "demographic_parity", "test people", (True,) * 4)
    assert "to 4.0 points at most, among models without a warning;" in told
    alike = headline_sentence((*sound, hollow), "demographic_parity", "test people", (False,) * 4)
    assert "The narrowest on the curve without a warning is 4.0 points" in alike
    only = headline_sentence((sound[0], hollow), "demographic_parity", "test people")
    assert only.startswith("No model without a warning narrows the gap")
    wider = replace(hollow, gap=0.3)
    told = headline_sentence((*sound, wider), "demographic_parity", "test people", (True,) * 4)
    assert "without a warning" not in told


def test_a_gap_never_narrows_to_a_wider_one(trained: tuple[RunConfig, SweepResult]) -> None:
    """The front is of validation people; on test people the unmitigated model may be narrower."""
    base, wide, _ = _sound(curve_rows(trained[1]))
    rows = (replace(base, front=False, gap=0.05), replace(wide, gap=0.06))
    said = headline_sentence(rows, "demographic_parity", "test people", (True, True))
    assert said.startswith("No trained model narrows the gap in selection rate: it is 5.0 points")


def _sound(rows: tuple[CurveRow, ...]) -> tuple[CurveRow, ...]:
    """Three models of one family: unmitigated, narrowest, between; none with a warning."""
    first = replace(rows[0], mode="penalty", flags=(), front=True, seed=0)
    numbers = ((0, True, 0.8, 0.2), (1, False, 0.79, 0.04), (2, False, 0.795, 0.1))
    return tuple(
        replace(first, index=i, baseline=base, accuracy=accuracy, gap=gap)
        for i, base, accuracy, gap in numbers
    )
