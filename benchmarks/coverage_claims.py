"""How often sentences about the extreme of many claim something where there is nothing to claim."""

from typing import Any

import numpy as np

from fairlab.metrics import calibration, ranking, score_gaps, within_strata
from fairlab.outcomes import GroupedOutcomes
from fairlab.reports.sentences.calibration import calibration_sentence
from fairlab.results import Attribute


def claim_lines(samples: int) -> list[dict[str, Any]]:
    """Claims about calibrated scores, tests of them, and gaps in the stratum picked as widest."""
    lines = [line for groups in (2, 6, 12) for line in _calibration_lines(groups, samples)]
    return [*lines, _test_line(samples), _widest_line(samples)]


def _calibrated(
    groups: int, n: int, rng: np.random.Generator, ends: tuple[float, float]
) -> GroupedOutcomes:
    score = rng.uniform(*ends, groups * n)
    label = (rng.random(len(score)) < score).astype(np.int64)
    group = np.repeat(np.arange(groups), n)
    return GroupedOutcomes.from_arrays(y_true=label, score=score, group=group)


def _calibration_lines(groups: int, samples: int) -> list[dict[str, Any]]:
    farther, sides = 0, 0
    for seed in range(samples):
        people = _calibrated(groups, 300, np.random.default_rng(seed), (0.1, 0.9))
        said = calibration_sentence(calibration(people, seed=seed))
        farther += "We cannot tell" not in said
        sides += said.count("no more than chance") < 2
    text = f"{groups} groups of 300, calibrated"
    return [
        _line(
            "calibration: the farthest group is said to be off", text, farther / samples, samples
        ),
        _line("calibration: a side is said to be off", text, sides / samples, samples),
    ]


def _test_line(samples: int) -> dict[str, Any]:
    """Two groups of 40 have two bins each, over scores that differ widely."""
    found = 0
    for seed in range(samples):
        people = _calibrated(2, 40, np.random.default_rng(seed), (0.05, 0.95))
        gaps = score_gaps(calibration(people, seed=seed), ranking(people), 1000, seed)
        p_value = gaps["calibration_gap"].p_value
        found += p_value is not None and p_value <= 0.05
    text = "2 groups of 40, calibrated, wide bins"
    return _line("calibration_gap: test finds a gap", text, found / samples, samples)


def _widest_line(samples: int) -> dict[str, Any]:
    gap, missed = "demographic_parity_difference", 0
    for seed in range(samples):
        rng = np.random.default_rng(seed)
        label, selected = (rng.random((2, 1200)) < 0.4).astype(np.int64)
        people = GroupedOutcomes.from_arrays(
            y_true=label, score=selected.astype(float), group=np.tile([0, 1], 600)
        )
        strata = Attribute(np.repeat(np.arange(10), 120), tuple(f"s{i}" for i in range(10)))
        found = within_strata(people, strata, gaps=(gap,), draws=1000, seed=seed).gaps[gap]
        missed += found.widest_lower is not None and found.widest_lower > 0
    text = "10 strata of 2 groups of 60, alike"
    what = f"{gap}: the interval in the widest stratum excludes 0"
    return _line(what, text, missed / samples, samples)


def _line(what: str, people: str, share: float, samples: int) -> dict[str, Any]:
    return {"what": what, "people": people, "truth": 0.0, "coverage": share, "samples": samples}
