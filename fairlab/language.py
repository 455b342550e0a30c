"""The language people read: English in the code, other languages in ``locales/``.

A sentence is written once, in English, with named places for its values::

    tr("{group} are selected {gap:.1f} points less often", group=name, gap=12.34)

In another language the translation of that text is filled in instead, and numbers are written
with that language's decimal sign. A text that has no translation stays English: nothing is lost.
Names, YAML and CSV are the same in every language.
"""

import gettext
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from fairlab.errors import UnknownNameError

SOURCE = "en"
LOCALES = Path(__file__).parent / "locales"
DOMAIN = "fairlab"

_spoken: ContextVar[str | None] = ContextVar("fairlab.language", default=None)
_usual: list[Callable[[], str]] = [lambda: SOURCE]


def languages() -> dict[str, str]:
    """Known languages by code, each by its own name: ``{"en": "English", "de": "Deutsch"}``."""
    found = sorted(path.parent.parent.name for path in LOCALES.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
    return {code: (Locale(code).display_name or code).capitalize() for code in (SOURCE, *found)}


def language() -> str:
    """The language in use here: of :func:`speaking`, else the visitor's, else English."""
    spoken = _spoken.get()
    return _usual[-1]() if spoken is None else spoken


def ask_for_language(usual: Callable[[], str]) -> None:
    """Let this function say the language wherever :func:`speaking` does not; for the interface."""
    _usual[:] = [usual]


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Use a language inside this block.

    Raises:
        UnknownNameError: If there is no such language.
    """
    if code not in languages():
        raise UnknownNameError(
            f"There is no language {code!r}. Known: {', '.join(languages())}. To add one, put its "
            f"translations into fairlab/locales/{code}/LC_MESSAGES/{DOMAIN}.po."
        )
    before = _spoken.set(code)
    try:
        yield
    finally:
        _spoken.reset(before)


def tr(text: str, /, **values: Any) -> str:
    """A text in the language in use, with its values filled in.

    Args:
        text: English, with named places as in ``str.format``; doubled braces are braces.
        values: One for each place.
    """
    code = language()
    if code == SOURCE:
        return text.format(**values) if values else _plain(text)
    return _filled(_catalog(code).gettext(text), text, values, code)


def tr_n(one: str, many: str, n: float, /, **values: Any) -> str:
    """As :func:`tr`, with the form of the text that goes with a number: ``n`` fills ``{n}``."""
    values = {"n": n, **values}
    code = language()
    if code == SOURCE:
        return (one if n == 1 else many).format(**values)
    whole = int(n) if float(n).is_integer() else 2
    return _filled(_catalog(code).ngettext(one, many, whole), many, values, code)


def _plain(text: str) -> str:
    return text.replace("{{", "{").replace("}}", "}")


def _filled(translated: str, source: str, values: dict[str, Any], code: str) -> str:
    try:
        return _writer(code).vformat(translated, (), values)
    except (KeyError, IndexError, ValueError):  # a mistake in the translation: the English text
        return source.format(**values)


class _Writer(Formatter):
    """Fills in values with a language's signs for decimals and thousands."""

    def __init__(self, decimal: str, group: str) -> None:
        self._signs = str.maketrans({".": decimal, ",": group})

    def format_field(self, value: Any, format_spec: str) -> str:
        written: str = super().format_field(value, format_spec)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return written.translate(self._signs) if is_number else written


@cache
def _writer(code: str) -> _Writer:
    signs = Locale(code).number_symbols["latn"]
    return _Writer(str(signs["decimal"]), str(signs["group"]))


@cache
def _catalog(code: str) -> gettext.NullTranslations:
    """Translations of a language, read from its text file: there is nothing to compile."""
    with (LOCALES / code / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        catalog = read_po(file, locale=code, domain=DOMAIN)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
