"""Model card and datasheet: facts where there are any, prompts elsewhere, names as text."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fairlab.config import DataConfig, Task
from fairlab.data import TaskData
from fairlab.reports.datasheet import datasheet
from fairlab.reports.facts import gather
from fairlab.reports.model_card import model_card
from fairlab.reports.plain_markdown import few_in_note, md, md_quote
from tests.reported import reported

MITCHELL = (
    "Model details", "Intended use", "Factors", "Metrics", "Evaluation data", "Training data",
    "Quantitative analyses", "Ethical considerations", "Caveats and recommendations",
)  # fmt: skip
GEBRU = (
    "Motivation", "Composition", "Collection process", "Preprocessing, cleaning, labeling", "Uses",
    "Distribution", "Maintenance",
)  # fmt: skip
EVIL = "<img src=x onerror=hacked=1> | `a` **b** [l](javascript:x) :red[y] http://evil.invalid $x$"


def headings(card: str) -> tuple[str, ...]:
    return tuple(re.findall(r"^## (.+)$", card, re.MULTILINE))


def test_the_card_has_the_sections_of_its_source_in_their_order() -> None:
    card = model_card(gather(*reported(reason="We voted.", dissent="Ana: no.")))
    assert headings(card) == MITCHELL
    assert "> We voted." in card
    assert "> Ana: no." in card
    assert card.count("**To be written.**") >= 8


def test_the_card_says_the_rates_of_the_groups() -> None:
    """The true positive rate in a group's own row, with its interval and its people."""
    config, result = reported()
    facts = gather(config, result)
    west = next(line for line in model_card(facts).splitlines() if line.startswith("| West"))
    rate = facts.chosen.audits[0].rates["tpr"]["West"]
    assert rate.value is not None
    assert f"{100 * rate.value:.1f} % (" in west
    assert "| 200 |" in west


def test_few_people_are_withheld_from_the_card() -> None:
    config, result = reported(("East", "West", "Few"), (300, 200, 14))
    few = next(
        line
        for line in model_card(gather(config, result)).splitlines()
        if line.startswith("| Few | 14")
    )
    assert few.count("withheld") == 6
    assert "withheld" not in model_card(gather(config, result, 0))


@pytest.mark.parametrize("text", [EVIL, "- a", "1. a", "---", "# x", "a\n\n# b", "=== x"])
def test_a_name_is_one_line_of_text(text: str) -> None:
    """No HTML, no live address, no list, heading or table that the name would make."""
    line = md(text)
    assert "\n" not in line
    assert not re.search(r"<|(?<!\\)[`*_\[\]|$#]|https?:|:red\[", line)
    assert not re.match(r"\d*[-+=.)]", line)


def test_plain_words_stay_readable() -> None:
    assert md("Equal: 74.4 % of A - b (v1.2)") == "Equal: 74.4 % of A - b (v1.2)"
    assert md_quote("a\n- b") == "> a  \n> \\- b  "
    assert few_in_note("3 rows left out: sex (12), age (2).", 10) == (
        "fewer than 10 rows left out: sex (12), age (fewer than 10)."
    )


def test_names_are_text_in_both() -> None:
    config, result = reported(
        (EVIL, "x" + EVIL), attribute=EVIL, words=(EVIL, EVIL), filename=EVIL, reason=EVIL
    )
    frame = pd.DataFrame({f"{EVIL} label": ["1", "0"] * 20, EVIL: [EVIL, "x"] * 20})
    data = config.data.model_copy(update={"fingerprint": ""})
    table = TaskData(frame, config.task, data)
    for text in (model_card(gather(config, result)), datasheet(config, table)):
        assert not re.search(r"<(?!br>)|https?:|(?<!\\):red", text)
        assert not re.search(r"(?<!\\)\[l", text)


def people(n_few: int = 12) -> TaskData:
    """120 people of three groups; ``Few`` has four with the rarer outcome."""
    rng = np.random.default_rng(1)
    group = np.repeat(["A", "B", "Few"], [70, 50, n_few])
    good = np.where(rng.random(len(group)) < 0.5, "yes", "no")
    good[-n_few:] = ["yes"] * (n_few - 4) + ["no"] * 4
    frame = pd.DataFrame({"y": good, "group": group, "x": rng.random(len(group))})
    frame.loc[:2, "x"] = np.nan
    task = Task(label="y", favourable=("yes",), sensitive=("group",))
    return TaskData(frame, task, DataConfig(source="file", filename="t.csv"))


def test_the_datasheet_answers_what_the_table_can() -> None:
    table = people()
    config = reported()[0].model_copy(update={"task": table.task, "data": table.data})
    sheet = datasheet(config, table)
    assert headings(sheet) == GEBRU
    assert "132 rows" in sheet
    assert "| x | number | feature | fewer than 10 |" in sheet
    assert "| x | number | feature | 3 |" in datasheet(config, table, smallest=0)
    assert sheet.count("**To be written.**") >= 18


def test_outcomes_of_few_cannot_be_had_by_subtraction() -> None:
    """The next smallest group is withheld with the only small one; at 0 nothing is."""
    table = people()
    config = reported()[0].model_copy(update={"task": table.task, "data": table.data})
    rows = [line for line in datasheet(config, table).splitlines() if "| " in line]
    gone = [line for line in rows if line.endswith("| withheld |  |")]
    assert {line.split(" ")[1] for line in gone} == {"B", "Few"}
    assert "withheld" not in datasheet(config, table, smallest=0)


def test_sizes_of_few_cannot_be_had_by_subtraction() -> None:
    """132 rows and 70 of one group: only how many the two others are together."""
    table = people(n_few=6)
    config = reported()[0].model_copy(update={"task": table.task, "data": table.data})
    sheet = datasheet(config, table)
    assert "| A | 70 |" in sheet
    assert "| Few | fewer than 10 | withheld |" in sheet
    assert "| B | withheld | withheld |" in sheet
    assert "| B | 50 |" in datasheet(config, table, smallest=0)


def test_without_the_table_nothing_is_said_of_its_people() -> None:
    config, result = reported()
    sheet = datasheet(config, None, result)
    assert headings(sheet) == GEBRU
    assert "| Column" not in sheet
    assert "500 rows" in sheet


def test_a_card_of_drawn_decisions_and_of_thresholds_per_group_says_so() -> None:
    config, result = reported()
    drawn = replace(result, points=tuple(replace(p, mixed=3) for p in result.points))
    assert "drawn by chance among 3" in model_card(gather(config, drawn))
    assert config.choice is not None
    cuts = {"by": ("district",), "cuts": (0.4, 0.6)}
    choice = config.choice.model_validate({**config.choice.model_dump(), "group_cuts": cuts})
    card = model_card(gather(config.model_copy(update={"choice": choice}), result))
    assert "a threshold for each group by district" in card
    assert "**Needs the group of a person to decide**: yes" in card
