"""Sentences, tables and charts of an audit: right groups, right direction, nothing leaked."""

import numpy as np
import pandas as pd
import pytest

from fairlab.metrics import GAPS, audit, pair_tests
from fairlab.outcomes import GroupedOutcomes
from fairlab.reports.figures import audit as figures
from fairlab.reports.sentences import audit as sentences
from fairlab.reports.tables import audit as tables

WORDS = ("loan approved", "loan denied")


def people_of(cells: dict[str, tuple[int, int, int, int]]) -> GroupedOutcomes:
    """People with the given (tp, fp, fn, tn) per group; scores 0.8 and 0.2."""
    y, score, group = [], [], []
    for g, (tp, fp, fn, tn) in enumerate(cells.values()):
        y += [1] * tp + [0] * fp + [1] * fn + [0] * tn
        score += [0.8] * (tp + fp) + [0.2] * (fn + tn)
        group += [g] * (tp + fp + fn + tn)
    return GroupedOutcomes.from_arrays(
        y_true=y, score=score, group=np.array(group), group_names=tuple(cells)
    )


LOAN = audit(people_of({"A": (40, 30, 5, 25), "B": (30, 10, 20, 40)}), draws=500)


def test_gap_sentence_of_the_loan_example():
    """The sentence names the lower group first, both rates, the gap and the people."""
    sentence = sentences.gap_sentence(LOAN, "demographic_parity_difference")
    assert sentence.startswith("40.0 % of B and 70.0 % of A are selected: a gap of 30.0 points")
    assert "(100 and 100 people)" in sentence
    assert "95 % interval" in sentence


def test_predictive_sentence_counts_the_people_it_is_about():
    """Of those selected: 57.1 % of A (70 people) and 75.0 % of B (40 people)."""
    sentence = sentences.gap_sentence(LOAN, "predictive_parity_difference")
    assert sentence.startswith(
        "57.1 % of A and 75.0 % of B who are selected have the favourable outcome"
    )
    assert "(70 and 40 people)" in sentence


def test_a_gap_within_chance_says_we_cannot_tell():
    """The accuracy gap of 5 points is within chance for 100 people a side."""
    sentence = sentences.certainty_sentence(LOAN, "accuracy_difference")
    assert sentence.startswith("We cannot tell")
    assert "19.5 points" in sentence
    clear = sentences.certainty_sentence(LOAN, "demographic_parity_difference")
    assert clear.startswith("With no gap, chance alone would seldom")


def test_beside_a_clear_pair_there_is_one_verdict():
    """Within chance over all groups is then said without "We cannot tell"; a clear gap as ever."""
    said = sentences.certainty_sentence(LOAN, "accuracy_difference", clear=True)
    assert "We cannot tell" not in said
    assert "all groups shuffled" in said
    assert "p = " in said
    name = "demographic_parity_difference"
    one, other = (sentences.certainty_sentence(LOAN, name, clear=c) for c in (True, False))
    assert one == other


def test_undefined_gap_and_left_out_groups_are_said():
    """A group without the condition is named with the reason."""
    three = audit(
        people_of({"A": (40, 30, 5, 25), "B": (30, 10, 20, 40), "C": (0, 20, 0, 20)}), draws=200
    )
    sentence = sentences.gap_sentence(three, "equal_opportunity_difference")
    assert sentence.endswith("Left out: C (no one there has the favourable outcome).")
    alone = audit(people_of({"A": (4, 3, 5, 2)}), draws=200)
    assert sentences.gap_sentence(alone, "accuracy_difference").startswith("We cannot tell")


def test_what_few_people_add_to_a_gap_is_said():
    """Many tiny groups: the sentence says that the gap comes out too wide; two large ones: not."""
    tiny = audit(people_of({f"g{i}": (2, 2, 2, 2) for i in range(6)}), draws=500)
    assert "too wide on average" in sentences.gap_sentence(tiny, "accuracy_difference")
    assert "too wide" not in sentences.gap_sentence(LOAN, "demographic_parity_difference")


def test_records_sentence():
    """5 points at a selection rate of 55 % take 1,565 people a group; 100 are 1,465 short."""
    sentence = sentences.records_sentence(LOAN, 0.05)
    assert "about 1,565 people" in sentence
    assert "1,465 short" in sentence
    assert "A and B would show it with 1,465 and 1,465 further people" in sentence
    assert "more of A alone would never do" in sentence
    uneven = audit(people_of({"A": (400, 200, 100, 300), "B": (12, 8, 6, 14)}), draws=100)
    assert "of B alone" in sentences.records_sentence(uneven, 0.15)
    assert "further people" not in sentences.records_sentence(LOAN, 0.3)


def test_confusion_html_has_the_right_cell_in_the_right_place():
    """False negatives stand in the row of the favourable outcome, column not selected."""
    page = tables.confusion_html(LOAN, "B", WORDS)
    order = [page.index(f">{k}<") for k in (30, 20, 10, 40)]
    assert order == sorted(order)
    assert "not selected, loan approved" in page
    escaped = tables.confusion_html(
        audit(people_of({"<script>": (1, 1, 1, 1), "B": (1, 1, 1, 1)}), draws=100),
        "<script>",
        ("<i>yes</i>", "no"),
    )
    assert "<script>" not in escaped
    assert "<i>" not in escaped


def test_tables_hold_every_group_and_gap():
    """Confusion, rates and gaps tables have one row per thing and agree with the audit."""
    confusion = tables.confusion_table(LOAN, WORDS)
    assert confusion["People"].sum() == 200
    gaps = tables.gaps_table(LOAN).set_index("Gap")
    assert len(gaps) == len(GAPS)
    row = gaps.loc["Gap in selection rate (demographic parity difference)"]
    assert row["Highest"] == "A"
    assert row["p (Holm)"] >= row["p"]
    assert len(tables.rates_table(LOAN)) == len(LOAN.rates) * 3


def test_sensible_charts():
    """Rates are drawn in percent, gaps in points; crossed groups are sorted from low to high."""
    rates = figures.rates_figure(LOAN, ("selection_rate",))
    assert [trace.x[0] for trace in rates.data] == pytest.approx([70, 40])
    gaps = figures.gaps_figure(LOAN)
    assert gaps.data[0].x[0] == pytest.approx(30)
    assert all(v >= 0 for v in gaps.data[0].error_x.array)
    crossed = figures.crossed_figure(LOAN, "selection_rate")
    assert list(crossed.data[0].x) == pytest.approx([40, 70])


def test_pairs_sentence_counts_comparisons():
    """One pair on two rates makes two comparisons, corrected together."""
    sentence = sentences.pairs_sentence(pair_tests(LOAN.counts, ("selection_rate", "fpr")))
    assert sentence.startswith("2 of 2 comparisons differ beyond chance after Holm's correction")
    assert sentences.pairs_sentence(()).startswith("We cannot tell")


CELLS = {"A": (40, 30, 15, 25), "B": (30, 12, 20, 40), "C": (3, 12, 25, 20)}


def test_export_without_small_cells_is_complete():
    """Nothing is suppressed when every cell has ten people."""
    result = audit(people_of({k: CELLS[k] for k in "AB"}), draws=100)
    assert tables.export_table(result).equals(result.to_frame())


def test_export_suppresses_a_group_with_a_small_cell():
    """One cell of 3 hides that group's cells and rates, and everyone's, but not other groups'."""
    table = tables.export_table(audit(people_of(CELLS), draws=100))
    frame = table.set_index(["kind", "name", "group"])["value"]
    for field in ("tp", "fp", "fn", "tn"):
        assert pd.isna(frame["count", field, "C"])
    assert pd.isna(frame["rate", "tpr", "C"])
    assert pd.isna(frame["rate", "tpr", "everyone"])
    assert frame["rate", "tpr", "A"] == pytest.approx(40 / 55)
    assert frame["rate", "selection_rate", "C"] == pytest.approx(15 / 60)
    assert pd.isna(frame["gap", "equal_opportunity_difference", ""])
    assert frame["gap", "demographic_parity_difference", ""] == pytest.approx(70 / 110 - 15 / 60)


def test_suppressed_cells_cannot_be_worked_out():
    """From n and the two margins that stay, more than one table of cells is possible."""
    table = tables.export_table(audit(people_of(CELLS), draws=100))
    rest = table[(table["group"] == "C") & table["value"].notna()]
    assert set(rest["name"]) <= {"selection_rate", "base_rate"}
    hidden = table[table["note"].str.startswith("suppressed")]
    assert hidden[["value", "numerator", "lower", "upper", "p_value"]].isna().all().all()


def test_export_counts_people_not_weight():
    """One person of weight 100 is one person: a share that rests on them is left out."""
    y = [1] * 3 + [0] * 17 + [1, 0] * 40
    score = [0.9] + [0.1] * 19 + [0.9, 0.9, 0.1, 0.1] * 20
    heavy = GroupedOutcomes.from_arrays(
        y_true=y, score=score, group=["few"] * 20 + ["many"] * 80, weight=[100.0] * 100
    )
    table = tables.export_table(audit(heavy, draws=100)).set_index(["name", "group"])
    assert np.isnan(table.loc[("selection_rate", "few"), "value"])
    assert np.isnan(table.loc[("selection_rate", "few"), "numerator"])


def test_an_export_says_how_much_it_leaves_out_before_it_is_taken():
    """As many as the rows without a value for small cells; nothing is said of a whole one."""
    small = audit(people_of({"A": (40, 30, 5, 25), "B": (30, 10, 20, 40)}), draws=100)
    table = tables.export_table(small, 10)
    gone = int((table["value"].isna() & table["note"].str.startswith("suppressed")).sum())
    assert gone > 0
    said = sentences.export_sentence(table, 10)
    assert said.startswith(f"{gone:,} of the download's {len(table):,} numbers will be left out")
    assert sentences.export_sentence(tables.export_table(small, 0), 0) == ""


def test_a_gap_of_a_few_people_leads_with_we_cannot_tell():
    """100 points between two people and two are too few; 30 points between hundreds are not."""
    few = audit(people_of({"A": (1, 1, 0, 0), "B": (0, 0, 1, 1)}), draws=500)
    assert sentences.too_few(few, "demographic_parity_difference")
    assert not sentences.too_few(LOAN, "demographic_parity_difference")


def test_pairs_are_in_points():
    """30 points between 70 % and 40 %, not 0.3."""
    table = tables.pairs_table(pair_tests(LOAN.counts, ("selection_rate",)))
    assert table["Points apart"].tolist() == [30.0]
    assert table["From"].item() > 10
