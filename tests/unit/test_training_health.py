"""Findings about bad models: each fires on its case and on no healthy model."""

import numpy as np
import pytest
import torch

from fairlab.config import SweepConfig
from fairlab.outcomes import Counts
from fairlab.training import fit_sweep
from fairlab.training.health import health_flags
from tests.unit.training_people import prepared


def flags(selected, people=(50, 50), score=(0.1, 0.9), failed=False, best_epoch=3):
    selected, people = np.array([selected], float), np.array([people], float)
    counts = Counts(
        tp=selected,
        fp=np.zeros_like(selected),
        fn=people - selected,
        tn=np.zeros_like(selected),
        group_names=("a", "b"),
    )
    return health_flags(torch.tensor([score]), counts, [failed], [best_epoch])[0]


def test_a_healthy_model_has_no_flags():
    assert flags((20, 30)) == ()


TRY = " A smaller strength or more epochs may help."


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (
            {"selected": (0, 0)},
            "Nobody is selected on validation." + TRY,
        ),
        (
            {"selected": (50, 50)},
            "Everybody is selected on validation." + TRY,
        ),
        ({"selected": (0, 30)}, "Nobody in group a is selected on validation."),
        ({"selected": (20, 50)}, "Everybody in group b is selected on validation."),
        (
            {"selected": (20, 30), "score": (0.5, 0.5002)},
            "The model gives everybody nearly the same score." + TRY,
        ),
        (
            {"selected": (20, 30), "failed": True},
            "The loss stopped being finite; the last finite state was kept (epoch 3).",
        ),
        (
            {"selected": (20, 30), "best_epoch": 0},
            "No epoch was completed: these are the scores of an untrained model.",
        ),
    ],
)
def test_each_finding_is_said_in_words(case, words):
    assert flags(**case) == (words,)


def test_an_empty_group_is_not_called_one_sided():
    assert flags((20, 0), people=(50, 0)) == ()


@pytest.mark.parametrize(
    ("sweep", "wanted"),
    [
        ({"penalty": {"strengths": (0.0, 1.0)}}, "A smaller strength"),
        ({"modes": ("layer",), "layer": {"slacks": (1.0, 0.1)}}, "A wider slack"),
        ({"penalty": {"control": "slack", "slacks": (1.0, 0.1)}}, "Asking for a wider gap"),
    ],
)
def test_less_mitigation_is_a_smaller_strength_or_a_wider_slack(sweep, wanted):
    """Nobody reaches this threshold: every model is flagged, with the remedy of its dial."""
    config = SweepConfig.model_validate(
        {"epochs": 1, "group_by": ("group",), "threshold": 0.999, **sweep}
    )
    points = fit_sweep(prepared(), config).points
    assert [p.flags[0] for p in points] == [
        f"Nobody is selected on validation. {wanted} or more epochs may help."
    ] * len(points)
