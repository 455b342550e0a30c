"""The health of a run: every finding counted, with its models, and none dropped."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import fairlab
from fairlab.pareto.health import _SAID, health_report, healthy_words, kind_of
from fairlab.reports.sentences.health import health_sentence
from fairlab.results import Guarantee
from tests.unit.noisy_models import Population

SIZES = {"train": 300, "validation": 200, "test": 200}


def of(**flags):
    """Six models, model m with the flags of keyword ``m<m>``."""
    found = Population(np.full(6, 0.1), np.full(6, 1.0)).sweep(SIZES, np.random.default_rng(0))
    points = tuple(replace(p, flags=flags.get(f"m{p.index}", ())) for p in found.points)
    return replace(found, points=points)


def test_a_healthy_run_is_healthy():
    report = health_report(of())
    assert report.findings == ()
    assert report.sentence == "All 6 models are healthy."
    assert report.counts == {}


@pytest.mark.parametrize(
    ("flag", "kind"),
    [
        ("The model gives everybody nearly the same score. A smaller …", "collapsed"),
        ("Nobody is selected on validation. A smaller …", "collapsed"),
        ("Everybody is selected on validation.", "collapsed"),
        ("Nobody in group a is selected on validation.", "one_sided"),
        ("Everybody in group Nobody is selected is selected on validation.", "one_sided"),
        ("The loss stopped being finite; the last finite state was kept.", "diverged"),
        ("No epoch was completed: these are the scores of an untrained model.", "untrained"),
        (
            "Asked for a gap of at most 5 points, it has 7 on validation people.",
            "slack_not_reached",
        ),
        ("… scores were drawn 30% of the way towards a constant.", "drawn_to_constant"),
        ("On validation the adversary guesses hardly better …", "adversary_at_chance"),
        ("Logistic regression had not settled after 1,000 steps.", "not_settled"),
        ("A finding that nobody thought of.", "other"),
    ],
)
def test_every_flag_is_of_one_kind(flag, kind):
    assert kind_of(flag) == kind
    report = health_report(of(m2=(flag,)))
    assert [(f.kind, f.indices) for f in report.findings] == [(kind, (2,))]
    assert report.healthy == (0, 1, 3, 4, 5)


def test_training_still_says_what_findings_are_told_by():
    """A sentence reworded in training would be counted as "other": its words are looked for."""
    folder = Path(fairlab.__file__).parent / "training"
    code = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py")))
    for kind, needles, _ in _SAID:
        for needle in needles:
            assert needle in code, (kind, needle)


def test_findings_are_counted_by_model_and_said_with_their_range():
    one, two = "Nobody is selected on validation.", "Nobody in group a is selected on validation."
    result = of(m3=(one,), m4=(one, two), m5=(one,))
    report = health_report(result)
    assert report.counts == {"collapsed": 3, "one_sided": 1}
    assert report.sentence.startswith("3 of 6 models are healthy. 3 decide alike for everybody.")
    assert health_sentence(report, result) == (
        "3 of 6 models are healthy. 3 decide alike for everybody (Penalty, strength 3 to 5). "
        "1 selects nobody or everybody of a group (Penalty, strength 4)."
    )


def with_slacks(slacks, seeds=(0,), flagged=()):
    """A layer sweep over slacks; ``flagged`` holds (slack, seed) of models that collapsed."""
    models = len(slacks) * len(seeds)
    population = Population(np.full(models, 0.1), np.full(models, 1.0))
    found = population.sweep(SIZES, np.random.default_rng(0))
    settings = [(slack, seed) for seed in seeds for slack in slacks]
    flag = ("Nobody is selected on validation.",)
    points = tuple(
        replace(
            p,
            mode="layer",
            strength=None,
            slack=slack,
            seed=seed,
            baseline=slack == 1,
            flags=flag if (slack, seed) in flagged else (),
        )
        for p, (slack, seed) in zip(found.points, settings, strict=True)
    )
    return replace(found, points=points)


GRID = (0.0, 0.0112, 0.0224, 0.0336, 0.5, 1.0)


@pytest.mark.parametrize(
    ("slacks", "words"),
    [
        ((0.0, 0.0224, 0.0336), "slack 0 points and slack 2.24 to 3.36 points"),
        ((0.0, 0.0112, 0.0224), "slack 0 to 2.24 points"),
        (
            (0.0, 0.0224, 0.5, 1.0),
            "slack 0 points, slack 2.24 points and slack 50 points to unmitigated",
        ),
        ((0.0336, 0.5, 1.0), "slack 3.36 points to unmitigated"),
    ],
)
def test_a_stretch_of_settings_never_reaches_over_one_that_is_not_meant(slacks, words):
    """Slack 1.12 decides as it should: "slack 0 to 3.36 points" would say it does not."""
    result = with_slacks(GRID, flagged=[(slack, 0) for slack in slacks])
    said = health_sentence(health_report(result), result)
    assert f"{len(slacks)} decide alike for everybody (" in said
    assert f", {words})." in said


def test_settings_that_fail_in_some_seeds_are_told_from_those_that_fail_in_all():
    flagged = [(0.0, 0), (0.0, 1), (0.0112, 1), (0.0224, 0)]
    result = with_slacks(GRID, seeds=(0, 1), flagged=flagged)
    said = health_sentence(health_report(result), result)
    assert ", slack 0 points and slack 1.12 to 2.24 points in some seeds)." in said


@pytest.mark.parametrize(
    ("healthy", "models", "words"),
    [
        (1, 1, "The model is healthy"),
        (0, 1, "The model is not healthy"),
        (0, 4, "None of the 4 models is healthy"),
        (1, 4, "1 of 4 models is healthy"),
        (2, 4, "2 of 4 models are healthy"),
        (4, 4, "All 4 models are healthy"),
    ],
)
def test_verb_and_noun_agree_with_their_numbers(healthy, models, words):
    assert healthy_words(healthy, models) == words


def promise(gap: float, excess: float = 0.0) -> Guarantee:
    return Guarantee(
        promised=0.01,
        batch_excess=excess,
        score_gap={"test": gap},
        decision_gap={},
        policy="frozen",
        uses_attribute_when_deciding=True,
        residual=1e-9,
        smallest_cell={"test": 10_000},
    )


def test_solver_residuals_and_missed_promises_are_found():
    """A promise missed on test people is said apart: it makes no model unhealthy."""
    result = of()
    points = (
        *result.points[:3],
        replace(result.points[3], guarantee=promise(0.2)),
        replace(result.points[4], guarantee=promise(0.01, excess=1e-3)),
        replace(result.points[5], guarantee=promise(0.01)),
    )
    report = health_report(replace(result, points=points))
    assert report.counts == {"solver": 1, "promise_missed_on_test": 1}
    assert report.healthy == (0, 1, 2, 3, 5)
    assert "1 missed its promise on test people" in report.sentence


def test_a_cancelled_run_and_empty_cells_are_about_the_run():
    result = replace(of(), cancelled=True)
    people = result.splits["validation"]
    labels = np.where(people.attributes["group"].codes == 1, 0, people.y_true)
    splits = {**result.splits, "validation": replace(people, y_true=labels)}
    report = health_report(replace(result, splits=splits))
    assert report.counts["cancelled"] == 1
    (empty,) = [f for f in report.findings if f.kind == "empty_cell"]
    assert empty.words == (
        "On validation people there is nobody in group b with the favourable outcome: gaps leave "
        "these out."
    )
    assert len(report.healthy) + len({m for f in report.findings for m in f.indices}) >= 6
