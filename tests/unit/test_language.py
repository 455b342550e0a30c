"""Texts in the language in use, with their values filled in."""

import pytest

from fairlab import language
from fairlab.errors import UnknownNameError
from fairlab.language import speaking, tr, tr_n


@pytest.fixture
def german(monkeypatch, tmp_path):
    """A language of our own, so that the test does not hang on anybody's translation."""
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "fairlab.po").write_text(
        """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "{group} {gap:.1f} points"
msgstr "{gap:.1f} Punkte: {group}"

msgid "broken {a}"
msgstr "kaputt {b}"

msgid "{n:,} person"
msgid_plural "{n:,} people"
msgstr[0] "{n:,} Person"
msgstr[1] "{n:,} Menschen"
""",
        encoding="utf-8",
    )
    monkeypatch.setattr(language, "LOCALES", tmp_path)
    language._catalog.cache_clear()
    yield
    language._catalog.cache_clear()


def test_english_is_what_the_code_says():
    assert tr("{group} {gap:.1f} points", group="women", gap=1.25) == "women 1.2 points"
    assert tr("100 % {{of}} all") == "100 % {of} all"


@pytest.mark.usefixtures("german")
def test_a_translation_may_change_the_order_and_writes_numbers_its_own_way():
    with speaking("de"):
        assert tr("{group} {gap:.1f} points", group="a.b", gap=1.25) == "1,2 Punkte: a.b"
    assert tr("{group} {gap:.1f} points", group="a.b", gap=1.25) == "a.b 1.2 points"


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize(
    ("n", "expected"), [(1, "1 Person"), (0, "0 Menschen"), (1234, "1.234 Menschen")]
)
def test_plural_forms(n, expected):
    with speaking("de"):
        assert tr_n("{n:,} person", "{n:,} people", n) == expected


@pytest.mark.usefixtures("german")
def test_what_is_not_translated_or_translated_wrongly_stays_english():
    with speaking("de"):
        assert tr("nobody translated {x}", x=1) == "nobody translated 1"
        assert tr("broken {a}", a=3) == "broken 3"


def test_values_that_look_like_places_are_not_filled_in_again():
    with speaking("de"):
        assert tr("name {name}", name="{__class__}") == "name {__class__}"


def test_an_unknown_language_is_refused_with_the_known_ones():
    with pytest.raises(UnknownNameError, match="Known: en"), speaking("xx"):
        pass


def test_the_visitors_language_is_asked_for_where_none_is_spoken(monkeypatch):
    monkeypatch.setattr(language, "_usual", [lambda: "de"])
    assert language.language() == "de"
    with speaking("en"):
        assert language.language() == "en"
