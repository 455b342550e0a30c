"""The settings of a curve over their seeds, as rows for the chart and for reading."""

from typing import Any

import numpy as np
import pandas as pd

from fairlab.language import tr
from fairlab.pareto import non_dominated
from fairlab.pareto.decisions import accuracy_and_gap, decisions_of
from fairlab.pareto.honesty import Honesty
from fairlab.pareto.noise import SettingNoise
from fairlab.reports.sentences.noise import setting_sentence
from fairlab.reports.sentences.point import dial_words, family_label
from fairlab.results import SweepResult


def chart_settings(result: SweepResult, found: Honesty) -> list[dict[str, Any]]:
    """Means over seeds as JSON-able rows for the live chart; only settings with several seeds.

    ``front`` says that no other setting of the family is better by its means on validation people;
    ``index`` is the model nearest to the means there, which a click picks.
    """
    front = _front(result, found)
    return [
        {
            "mode": result.points[one.central].mode,
            "family": one.family,
            "label": family_label(one.family),
            "dial": dial_words(result.points[one.central]),
            "seed": None,
            "seeds": len(one.indices),
            "baseline": result.points[one.central].baseline,
            "accuracy": one.accuracy.value,
            "gap": one.gap.value,
            "interval": None if one.gap.lower is None else [one.gap.lower, one.gap.upper],
            "across": None
            if one.accuracy.lower is None
            else [one.accuracy.lower, one.accuracy.upper],
            "apart": found.told_apart(one.indices),
            "flagged": all(bool(result.points[m].flags) for m in one.indices),
            "front": front[place],
            "index": one.central,
            "hover": [
                tr("mean of {n_indices} seeds", n_indices=len(one.indices)),
                *setting_sentence(one, found.noise.split).replace("; ", ";\n").split("\n"),
            ],
        }
        for place, one in enumerate(found.noise.settings)
        if len(one.indices) > 1
    ]


def seeds_table(result: SweepResult, found: Honesty) -> pd.DataFrame:
    """Every setting: means over seeds and both noises, in percent and points."""
    rows = []
    for one in found.noise.settings:
        point = result.points[one.central]
        rows.append(
            {
                "Family": family_label(one.family),
                "Setting": dial_words(point),
                "Seeds": len(one.indices),
                **_columns("Accuracy, %", one.accuracy.value, one.accuracy_sd, one.accuracy.sd),
                **_columns(tr("Gap, points"), one.gap.value, one.gap_sd, one.gap.sd),
            }
        )
    return pd.DataFrame(rows)


def _columns(
    name: str, value: float | None, seeds: float | None, people: float | None
) -> dict[str, str]:
    return {
        name: _tenth(value, tr("undefined")),
        f"{name}: retraining": _tenth(seeds, "–"),
        f"{name}: other people": _tenth(people, "–"),
    }


def _tenth(value: float | None, missing: str) -> str:
    return missing if value is None else tr("{value:.1f}", value=100 * value)


def _front(result: SweepResult, found: Honesty) -> list[bool]:
    """Of every setting whether no other of its family beats its means on validation people."""
    decisions = decisions_of(result, "validation")
    accuracy, gap = accuracy_and_gap(decisions, decisions.counts())
    settings = found.noise.settings
    costs = np.array([_costs(one, accuracy, gap) for one in settings])
    families = np.array([one.family for one in settings])
    front = np.zeros(len(settings), dtype=bool)
    for family in np.unique(families):
        own = families == family
        front[own] = non_dominated(costs[own])
    return [bool(one) for one in front]


def _costs(one: SettingNoise, accuracy: Any, gap: Any) -> tuple[float, float]:
    own = list(one.indices)
    return 1 - float(accuracy[own].mean()), float(gap[own].mean())
