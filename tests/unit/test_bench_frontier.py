"""The frontier's benchmark: the same problem on both sides, and disagreement is not passed."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import frontier, scores
from benchmarks.harness import Figure
from fairlab.errors import FairlabError, InputError
from fairlab.frontier import FRONTIER_GAPS, threshold_frontier
from fairlab.outcomes import GroupedOutcomes


@pytest.mark.parametrize("constraint", FRONTIER_GAPS)
def test_the_half_space_programme_has_the_same_optimum(constraint: str) -> None:
    """Three groups, one of which has nobody with y = 1."""
    rng = np.random.default_rng(0)
    group = np.arange(90) % 3
    y = (rng.random(90) < 0.4).astype(int) * (group < 2)
    outcomes = GroupedOutcomes.from_arrays(
        y_true=y, score=np.round(rng.random(90) + 0.3 * y, 1), group=group
    )
    found = threshold_frontier(outcomes, constraint)
    for slack in (0.0, 0.05, 0.5):
        theirs = frontier.programme(outcomes, constraint, slack)
        assert found.cost_at(slack) == pytest.approx(theirs, abs=1e-7)


def test_a_disagreement_fails_the_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    """The report is printed, then the command ends with an error that names the row."""
    row = Figure("equal_opportunity: cost", 0.1, 1e-4)
    monkeypatch.setattr(frontier, "by_programme", lambda *_: ([], [row], []))
    with pytest.raises(FairlabError, match="equal_opportunity: cost"):
        frontier.main()


def test_a_python_without_the_package_is_explained(tmp_path: Path) -> None:
    outcomes, _ = scores.made_up(50)
    with pytest.raises(InputError, match="cannot be run"):
        frontier.ask(tmp_path / "python", outcomes)
    bare = tmp_path / "bare"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n', encoding="utf-8")
    bare.chmod(0o755)
    with pytest.raises(InputError, match=r"No module named .* says how to make an environment"):
        frontier.ask(bare, outcomes)


def test_known_tables_are_recognised(tmp_path: Path) -> None:
    """COMPAS: low deciles are favourable and score high; a table of scores; an unknown one."""
    path = tmp_path / "table.csv"
    compas = {"decile_score": [1, 9], "two_year_recid": [0, 1], "race": ["x", "z"]}
    pd.DataFrame(compas).to_csv(path, index=False)
    outcomes, _ = scores.from_table(path)
    assert (outcomes.y_true.tolist(), outcomes.score.tolist()) == ([1, 0], [-1, -9])
    pd.DataFrame({"y_true": [1], "score": [0.2], "group": ["a"]}).to_csv(path, index=False)
    assert scores.from_table(path)[0].n == 1
    pd.DataFrame({"a": [1]}).to_csv(path, index=False)
    with pytest.raises(InputError, match="found a"):
        scores.from_table(path)
