"""How many people a group of few people has follows from nothing that a report shows."""

import json
import re

import numpy as np
import pytest

from fairlab.config import RunConfig
from fairlab.metrics import audit
from fairlab.metrics.suppression import hidden_sizes, suppress
from fairlab.reports.facts import gather
from fairlab.reports.html import html_report
from fairlab.reports.html.content import report_content
from fairlab.reports.model_card import model_card
from fairlab.reports.tables.numbers import chosen_model, numbers_table
from fairlab.reports.tables.points import rates_table
from fairlab.results import SweepResult
from tests.reported import reported

Run = tuple[RunConfig, SweepResult]
NAMES, SIZES = ("East", "West", "Tiny"), (311, 207, 4)


@pytest.fixture(scope="module")
def run() -> Run:
    return reported(NAMES, SIZES)


def test_a_single_small_group_takes_the_smallest_other_one_along() -> None:
    assert hidden_sizes(np.array([30, 4, 20, 0]), 10).tolist() == [False, True, True, False]
    assert hidden_sizes(np.array([30, 4, 7]), 10).tolist() == [False, True, True]
    assert hidden_sizes(np.array([30, 10, 20]), 10).tolist() == [False] * 3
    assert hidden_sizes(np.array([30, 4]), 0).tolist() == [False] * 2
    assert hidden_sizes(np.array([4]), 10).tolist() == [True]


def test_several_small_groups_that_their_sum_would_tell_take_another_one_along() -> None:
    """One person each, nine each, or together fewer than ten: the known total leaves their sum."""
    for few in ([1, 1], [3, 4], [9, 9], [9, 9, 9], [1] * 12):
        gone = hidden_sizes(np.array([30, *few, 20]), 10)
        assert gone.tolist() == [False, *[True] * len(few), True], few
    assert hidden_sizes(np.array([30, 9, 8, 20]), 10).tolist() == [False, True, True, False]
    assert hidden_sizes(np.array([1, 1, 0]), 10).tolist() == [True, True, False]


def test_an_audit_shows_nothing_of_either_and_of_everyone_no_more_than_before(run: Run) -> None:
    shown = suppress(audit(run[1].scored(1).outcomes(), 0.5, 100, has_scores=False), 10, sizes=True)
    assert shown.hidden == ("West", "Tiny")
    assert shown.rates["selection_rate"]["West"].value is None
    assert shown.rates["base_rate"]["West"].value is None
    assert shown.rates["selection_rate"]["East"].value is not None
    assert shown.rates["accuracy"].everyone.value is None
    assert shown.counts.n[0] == 311


def test_report_and_card_tell_one_size_of_three(run: Run) -> None:
    facts = gather(*run)
    content = report_content(facts)
    cells = content["groups"][0]["cells"]
    assert [row["n"] for row in cells] == ["311", "withheld", "fewer than 10"]
    assert [row["n"] for row in content["moves"]["rows"]] == ["311", "withheld", "fewer than 10"]
    assert content["thresholds"]["data"]["n"] == [311, None, None]
    assert content["thresholds"]["data"]["favourable"][1:] == [None, None]
    assert {row[1] for row in content["thresholds"]["data"]["selected"]} == {None}
    for text in (html_report(*run, facts=facts).decode(), model_card(facts)):
        assert "522" in text  # everybody: known anyway
        assert not re.search(r"\b207\b", text)


@pytest.mark.parametrize("table", [rates_table, numbers_table])
def test_tables_have_no_n_of_either(run: Run, table: object) -> None:
    config, result = run
    if table is rates_table:
        shown = rates_table(result)
    else:
        shown = numbers_table(result, chosen_model(config, result), draws=100)
    of_two = shown[shown["group"].isin(["West", "Tiny"])]
    assert of_two["n"].isna().all()
    assert of_two["value"].isna().all()
    assert (shown.loc[shown["group"] == "East", "n"] == 311).any()
    assert json.dumps(of_two["left_out"].tolist()).count("rests on fewer than 10 people")
