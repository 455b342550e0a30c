"""The files of translations against the code, and kept sentences told again."""

import re

import numpy as np
import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from fairlab.language import (
    DOMAIN,
    LOCALES,
    RETOLD,
    in_english,
    inside,
    later,
    speaking,
    told,
    tr,
    tr_n,
    translated,
)
from fairlab.metrics import GAPS, RATES, audit
from fairlab.outcomes import GroupedOutcomes
from fairlab.reports.sentences.audit import gap_sentence
from fairlab.reports.tables.audit import export_table, rates_table
from fairlab.retelling import retold
from fairlab.ui.components.spoken import marked
from fairlab.ui.widgets.on_screen import heading, on_screen
from tools.translations import texts

CODES = sorted(path.parent.parent.name for path in LOCALES.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
_PLACE = re.compile(r"\{\w[^{}]*\}")


def messages(code: str) -> list[Message]:
    with (LOCALES / code / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return [message for message in read_po(file, locale=code) if message.id]


def forms(text: object) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, list | tuple) else (str(text),)


@pytest.mark.parametrize("code", CODES)
def test_every_text_of_the_code_is_translated_and_no_other(code: str) -> None:
    """``make translations`` has nothing to add or to drop, and nothing is empty."""
    known = {forms(m.id)[0]: m for m in messages(code)}
    wanted = texts()
    assert set(wanted) - set(known) == set()
    assert set(known) - set(wanted) == set()
    assert [one for one, m in known.items() if not all(forms(m.string))] == []
    assert {one for one, text in wanted.items() if text.retold} == {
        one for one, m in known.items() if RETOLD in m.auto_comments
    }


@pytest.mark.parametrize("code", CODES)
def test_translations_have_the_places_of_their_texts(code: str) -> None:
    """A name or format spelt otherwise would be an English sentence on screen.

    The form for one may leave out its number, as the English one may.
    """
    wrong = []
    for message in messages(code):
        english, said = forms(message.id), forms(message.string)
        wanted = set(_PLACE.findall(english[-1]))
        allowed = {frozenset(wanted), frozenset(_PLACE.findall(english[0]))}
        wrong += [form for form in said if frozenset(_PLACE.findall(form)) not in allowed]
    assert wrong == []


@pytest.mark.parametrize("code", CODES)
def test_translations_begin_and_end_with_the_same_space(code: str) -> None:
    """Sentences are put one after another: a lost space would join two words."""
    wrong = [
        said
        for message in messages(code)
        for english, said in zip(forms(message.id), forms(message.string), strict=False)
        if (english[: len(english) - len(english.lstrip())], english[len(english.rstrip()) :])
        != (said[: len(said) - len(said.lstrip())], said[len(said.rstrip()) :])
    ]
    assert wrong == []


def test_labels_are_read_in_the_language_in_use() -> None:
    """Rates and gaps are made once, when the code is loaded, and read in any language."""
    assert RATES["selection_rate"].label == "Selection rate"
    with speaking("de"):
        assert RATES["selection_rate"].label == "Auswahlrate"
        assert GAPS["demographic_parity_difference"].label == "Demografische Parität (Differenz)"
    assert inside("Selection rate") == "selection rate"
    with speaking("de"):
        assert inside("Auswahlrate") == "Auswahlrate"


def test_constants_marked_for_later_are_told_when_read() -> None:
    """A dictionary and a tuple of labels follow the language; keys stay."""
    words, steps = told({"penalty": later("Penalty")}), told((later("Data"), "data"))
    assert words["penalty"] == "Penalty"
    with speaking("de"):
        assert words["penalty"] == words.get("penalty") == "Strafterm"
        assert list(words.items()) == [("penalty", "Strafterm")]
        assert list(steps) == ["Daten", "data"]
        assert f"{later('Penalty')}" == "Strafterm"
    assert words["penalty"] == "Penalty"


def test_a_kept_sentence_is_told_again_with_its_values() -> None:
    """Numbers get the language's signs; names of columns stay."""
    kept = "Batches of 1,024 people cannot hold somebody of each of the 12 combinations of group "
    kept += "and label: some are missing."
    assert retold(kept) == kept
    with speaking("de"):
        assert "1.024" in retold(kept)
        assert retold(kept).startswith("Stapel von ")
        said = retold("'income': the comma is read as decimal point.")
        assert said == "„income“: Das Komma wird als Dezimalzeichen gelesen."


def test_sentences_one_after_another_are_told_one_by_one() -> None:
    """Notes are joined before they are shown; an unknown one stays as it is."""
    first, second = "Nobody is selected on validation.", "Something nobody wrote."
    with speaking("de"):
        said = retold(f"{first} {second} {first}")
        assert said == f"{retold(first)} {second} {retold(first)}"
        assert retold(first) != first


def test_long_words_of_strangers_are_told_at_once() -> None:
    """What fits the beginning of our sentences again and again neither hangs nor nests too deep."""
    begins = (
        "The rule has no threshold for these groups of : . It has them for ",
        "1 to 2 ",
        "Option a of b: c (found d",
        "The table has 1 columns; at most ",
        "We cannot tell: ",
        "a, b. A",
    )
    with speaking("de"):
        for begin in begins:
            words = (begin * 20_000)[:19_999]
            assert retold(words)[-3:] == words[-3:]


def test_thousands_of_sentences_within_each_other_stay() -> None:
    """Sentences can hold sentences; nobody's hold thousands, so nothing breaks by them."""
    marked = [m for m in messages("de") if RETOLD in m.auto_comments]
    sources = [forms(m.id)[0] for m in marked]
    one = [text for text in sources if len(_PLACE.findall(text)) == 1 and len(text) < 60]
    assert one
    with speaking("de"):
        for text in one:
            head, _, tail = text.partition(_PLACE.findall(text)[0])
            times = 18_000 // len(head + tail)
            assert "qqq" in retold(head * times + "qqq" + tail * times)


def test_names_users_gave_are_not_taken_for_our_words() -> None:
    """A group called as one of our words keeps its name, in sentences and cells."""
    with speaking("de"):
        for name in ("Accuracy", "none", "all", "Group", "male"):
            assert retold(name) == name
            assert name in tr("{group} are selected {gap:.1f} points", group=name, gap=1.0)


def outcomes() -> GroupedOutcomes:
    """Sixty people of two groups, a third of them selected wrongly."""
    rng = np.random.default_rng(0)
    y, score = rng.integers(0, 2, 60), rng.random(60)
    return GroupedOutcomes(y, score, np.repeat([0, 1], 30), ("a", "b"))


def test_an_exported_audit_is_the_same_in_every_language() -> None:
    """Files are read by programs, and compared."""
    found = audit(outcomes(), 0.5, draws=100)
    english = export_table(found, 10)
    with speaking("de"):
        assert export_table(found, 10).equals(english)
        assert list(export_table(found, 10).columns) == list(english.columns)


def test_sentences_have_decimal_commas_where_the_language_has() -> None:
    """And the same audit, made once, is said in both languages."""
    found = audit(outcomes(), 0.5, draws=100)
    english = gap_sentence(found, "demographic_parity_difference")
    with speaking("de"):
        german = gap_sentence(found, "demographic_parity_difference")
        audited_in_german = audit(outcomes(), 0.5, draws=100)
    assert re.search(r"\d\.\d", english)
    assert not re.search(r"\d\.\d ", german)
    assert re.search(r"\d,\d", german)
    assert "Prozentpunkte" in german
    assert gap_sentence(audited_in_german, "demographic_parity_difference") == english


def test_tables_on_screen_have_their_columns_in_the_language_in_use() -> None:
    """Names of groups in the cells stay; no column is lost."""
    table = rates_table(audit(outcomes(), 0.5, draws=100))
    assert on_screen(table) is table
    with speaking("de"):
        shown = on_screen(rates_table(audit(outcomes(), 0.5, draws=100)))
        assert list(shown.columns)[:3] == ["Rate", "Gruppe", "Wert"]
        assert heading("Selection rate, points") == "Auswahlrate, Prozentpunkte"
        assert heading("my column") == "my column"
    assert set(shown["Gruppe"]) >= {"a", "b"}
    assert len(shown.columns) == len(table.columns)


def test_what_is_kept_for_all_is_made_in_english() -> None:
    """Whoever comes first does not choose the language of the others."""
    made = in_english(lambda: tr("Language"))
    with speaking("de"):
        assert made() == "Language"
        assert tr("Language") == "Sprache"


def test_numbers_decide_the_form_of_a_word() -> None:
    """One run, two runs."""
    with speaking("de"):
        assert tr_n("{n:,} run", "{n:,} runs", 1) == "1 Lauf"
        assert tr_n("{n:,} run", "{n:,} runs", 1200) == "1.200 Läufe"


def test_texts_of_scripts_are_found_with_their_places() -> None:
    """Calls, templates, templates within templates, and words standing in the HTML."""
    script = """
      tt("Play"); tt`Last ${count(a)} people`;
      tt`${x ? `, ${tt("inner words")} ${y}` : ""} outer {z} ${{ a: 1 }.a}`;
      <b data-tt>Standing</b>
    """
    found = marked(script)
    assert {"Play", "Last {1} people", "Standing", "inner words"} <= set(found)
    assert "{1} outer {z} {2}" in found


def test_a_text_that_has_no_translation_stays_english() -> None:
    """New texts are English until somebody translates them."""
    with speaking("de"):
        assert translated("No translation of this") == "No translation of this"
        assert tr("No translation of {this}", this=1.5) == "No translation of 1,5"


def test_a_remedy_joined_to_a_finding_is_told_with_it() -> None:
    """Its English text begins with the space that joins them."""
    kept = "Everybody is selected on validation. A smaller strength or more epochs may help."
    with speaking("de"):
        told = retold(kept)
    assert "smaller" not in told
    assert told.count("  ") == 0
