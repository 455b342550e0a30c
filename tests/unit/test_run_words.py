"""Sentences of a list of runs."""

import pytest

from fairlab.config import RunConfig
from fairlab.data import load
from fairlab.reports.sentences.runs import (
    ago,
    holdings_sentence,
    in_a_while,
    megabytes,
    run_parts,
    run_title,
)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (59.9, "just now"),
        (60, "1 minute ago"),
        (3599, "59 minutes ago"),
        (3600, "1 hour ago"),
        (86400 * 3 + 5, "3 days ago"),
        (-5, "just now"),
    ],
)
def test_ago_rounds_down(seconds: float, words: str) -> None:
    """A run of 59 minutes ago is not an hour old."""
    assert ago(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "in 1 minute"), (60, "in 1 minute"), (61, "in 2 minutes"), (3601, "in 2 hours")],
)
def test_waiting_rounds_up(seconds: float, words: str) -> None:
    """Who comes back when told need not wait again."""
    assert in_a_while(seconds) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0.0 MB"), (400_000, "0.4 MB"), (12_300_000, "12 MB"), (3_100_000_000, "3.1 GB")],
)
def test_sizes_keep_two_digits(size: int, words: str) -> None:
    """Bytes are of no interest to anybody."""
    assert megabytes(size) == words


def test_one_is_not_many() -> None:
    """1 run, 2 tables."""
    assert holdings_sentence(1, 2, 0) == "1 run and 2 tables, 0.0 MB"
    assert holdings_sentence(3, 0, 0) == "3 runs, 0.0 MB"
    assert holdings_sentence(0, 1, 0) == "1 table, 0.0 MB"
    assert holdings_sentence(0, 0, 0) == "0 runs, 0.0 MB"


def test_a_run_is_named_by_constraint_groups_and_table() -> None:
    """And by its models and people in the second line."""
    data = load("loanapp")
    config = RunConfig(data=data.data, task=data.task)
    assert run_title(config) == "Demographic parity by race_ethnicity, loanapp"
    nobody = config.model_copy(update={"task": data.task.model_copy(update={"sensitive": ()})})
    assert run_title(nobody) == "Demographic parity, loanapp"
    by = config.sweep.model_copy(update={"group_by": ("race_ethnicity", "sex")})
    config = config.model_copy(update={"sweep": by})
    assert run_title(config) == "Demographic parity by race_ethnicity × sex, loanapp"
    assert "people" in run_parts(config)
    assert run_parts(config).startswith(f"{config.sweep.n_models} models (")
