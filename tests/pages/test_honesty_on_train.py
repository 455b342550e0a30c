"""Noise, health, the best within a gap and folds on Train."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from fairlab.config import PenaltyParams, RunConfig, SweepConfig
from fairlab.data import load
from fairlab.training import fit_sweep
from tests.stored import stored_run


def said(app) -> str:
    return "\n".join(one.value for one in app.markdown)


def test_a_finished_run_says_its_noise_and_its_health(open_page, finished_run):
    text = said(open_page("train", run=finished_run))
    assert "**Noise.** Drawing other test people would move a point by about" in text
    assert "one seed cannot say" in text
    assert "**Health.**" in text
    assert re.search(r"models (is|are) healthy\.", text)


def test_nobody_to_pick_from_is_said_with_what_to_do(open_page, finished_run, monkeypatch):
    from fairlab.errors import InputError
    from fairlab.ui.widgets import honesty_cache

    def refuse(*_args, **_kwargs):
        raise InputError("There is no model to pick from: … Allow models with findings.")

    monkeypatch.setattr(honesty_cache, "select", refuse)
    app = open_page("train", run=finished_run)
    assert "There is no model to pick from" in said(app)
    assert not [b for b in app.button if b.label == "Show this point"]


@pytest.fixture(scope="module")
def folded():
    """A real run with two folds and two seeds."""
    data = load("loanapp")
    sweep = SweepConfig(
        penalty=PenaltyParams(strengths=(0.0, 1.0)),
        epochs=10,
        seeds=(0, 1),
        folds=2,
    )
    config = RunConfig(data=data.data, task=data.task, sweep=sweep)
    return config, fit_sweep(data, config)


@pytest.fixture
def folded_run(fairlab_home: Path, folded) -> str:
    config, result = folded
    return stored_run(fairlab_home, config, result)


def test_the_best_within_a_gap_is_picked_on_validation_people(open_page, folded_run):
    """The number asked for changes the pick; the button opens its detail."""
    app = open_page("train", run=folded_run)
    assert "on validation people" in said(app)
    assert "the most accurate among those within a gap of 5 points" in said(app), said(app)
    (slack,) = [n for n in app.number_input if n.label == "Best within a gap of, points"]
    slack.set_value(50.0).run()
    assert "within a gap of 50 points" in said(app)
    (show,) = [b for b in app.button if b.label == "Show this point"]
    show.click().run()
    assert not app.exception
    assert "would move it by" in said(app)


def test_seeds_are_told_from_people_and_folds_stand_in_the_detail(open_page, folded_run):
    app = open_page("train", run=folded_run)
    assert "**Noise.** Retraining moves a point by about" in said(app)
    (pick,) = [one for one in app.selectbox if one.label.startswith("Point (click")]
    pick.select_index(1).run()
    assert not app.exception
    assert "**Over 2 folds**, everybody in test once" in said(app)
    assert "Retraining moves this point by" in said(app)


def test_a_pick_that_needs_a_group_offers_those_that_do_not(
    open_page, finished_run, trained, monkeypatch
):
    """The layer's decisions need each person's group; one click picks among the others."""
    from fairlab.pareto.selection import select
    from fairlab.ui.widgets import honesty_cache

    points = trained[1].points
    layer = next(p.index for p in points if p.uses_attribute)

    def prefer_the_layer(result, within, *, uses_attribute=None, draws=None):
        found = select(result, within, uses_attribute=uses_attribute, draws=draws)
        return replace(found, index=layer) if uses_attribute is None else found

    monkeypatch.setattr(honesty_cache, "select", prefer_the_layer)
    app = open_page("train", run=finished_run)
    assert "each person's group must be known" in said(app).replace("\\", "")
    app.button(key="train.best.blind").click().run()
    assert not app.exception
    assert "each person's group must be known" not in said(app)
    (who,) = [box for box in app.selectbox if box.label == "Among models"]
    assert who.value == "That do not use the attribute"
    assert not [b for b in app.button if b.key == "train.best.blind"]
