"""Every page in German: nothing of the catalogue stays English, and numbers have commas."""

import re
from collections.abc import Iterator
from functools import cache

import pytest
from babel.messages.pofile import read_po
from streamlit.testing.v1 import AppTest

from fairlab.language import DOMAIN, LOCALES
from fairlab.retelling import Like
from tests.pages.conftest import APP

PAGES = (
    "home",
    "data",
    "train",
    "thresholds",
    "impossibility",
    "audit",
    "compare",
    "stream",
    "workshop",
    "report",
    "tutorial",
)
_PLACE = re.compile(r"\{[^{}]*\}")
# What tells English: words German does not have, nor the names in the built-in table.
_ENGLISH = re.compile(r"\b(?:the|of|and|is|are|people|with|this|from|which|gap|threshold)\b")


@pytest.fixture
def german(finished_run: str) -> AppTest:
    """The app as a visitor with ``?lang=de`` has it, a model chosen."""
    app = AppTest.from_file(str(APP), default_timeout=120)
    app.query_params["lang"] = "de"
    app.query_params["run"] = finished_run
    app.query_params["chosen"] = f"{finished_run}:1@0.5"
    app.session_state["fairlab.seen"] = True
    return app.run()


def said_on(app: AppTest) -> list[str]:
    """All that a page says in words: text, labels, options, help, names of columns."""
    found: list[str] = []
    for element in app.main:
        found += _texts(element)
    return [text for text in found if text.strip()]


def _texts(element: object) -> Iterator[str]:
    choice = (
        getattr(element, "options", None) is not None
    )  # its value is the one before format_func
    for name in ("label", "help", "placeholder") if choice else ("value", "label", "help"):
        text = getattr(element, name, None)
        if isinstance(text, str):
            yield text
    for option in getattr(element, "options", None) or ():
        yield str(option)


@cache
def english() -> list[tuple[str, Like]]:
    """Whole sentences of the catalogue that German says otherwise, as what is made from them."""
    with (LOCALES / "de" / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        catalog = read_po(file, locale="de")
    found = []
    for message in catalog:
        for text in message.id if isinstance(message.id, tuple) else (message.id,):
            words = _PLACE.sub("", text or "")
            if len(re.findall(r"[A-Za-z]{2,}", words)) >= 3 and text not in message.string:
                found.append((text, Like.of(re.sub(r"\{(\w+)[^{}]*\}", r"{p_\1}", text).strip())))
    return found


def left_english(texts: list[str]) -> list[str]:
    """The texts that read like English, but for those that are names of the table."""
    bare = (re.sub(r"`[^`]*`|\*[^*]+\*|<[^>]*>|\$[^$]*\$", " ", text) for text in texts)
    return [text for text in bare if len(_ENGLISH.findall(text)) >= 2]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_in_german_says_nothing_in_english(german: AppTest, page: str) -> None:
    """No text of the page is an English one of the catalogue, and none reads like English."""
    german.switch_page(f"pages/{page}.py").run()
    assert not german.exception
    # The card of a table is a document of its own, in English.
    texts = [text for text in said_on(german) if not text.startswith("1,989 applications")]
    assert texts
    assert left_english(texts) == []
    kept = [
        (text, source)
        for text in texts
        for source, like in english()
        if like.values(text) is not None
    ]
    assert kept == []
