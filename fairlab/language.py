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
from functools import cache, wraps
from pathlib import Path
from string import Formatter
from typing import Any, TypeVar, cast

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from fairlab.errors import UnknownNameError

SOURCE = "en"
LOCALES = Path(__file__).parent / "locales"
DOMAIN = "fairlab"
RETOLD = "retold"

F = TypeVar("F", bound=Callable[..., Any])

_spoken: ContextVar[str | None] = ContextVar("fairlab.language", default=None)
_usual: list[Callable[[], str]] = [lambda: SOURCE]
_retell: list[Callable[[str], str]] = [lambda text: text]


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


def tell_values_by(retell: Callable[[str], str]) -> None:
    """Let this function tell texts again that fill places; see :mod:`fairlab.retelling`."""
    _retell[:] = [retell]


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Use a language inside this block.

    Raises:
        UnknownNameError: If there is no such language.
    """
    if code != SOURCE and code not in languages():
        raise UnknownNameError(
            f"There is no language {code!r}. Known: {', '.join(languages())}. To add one, put its "
            f"translations into fairlab/locales/{code}/LC_MESSAGES/{DOMAIN}.po."
        )
    before = _spoken.set(code)
    try:
        yield
    finally:
        _spoken.reset(before)


def in_english(function: F) -> F:
    """Decorator: what this makes is kept and shared, so it is in English; screens retell it."""

    @wraps(function)
    def made(*args: Any, **kwargs: Any) -> Any:
        with speaking(SOURCE):
            return function(*args, **kwargs)

    return cast(F, made)


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


class Later(str):
    """A text of a constant: itself in English, translated where it is shown; see :func:`later`."""

    __slots__ = ()

    def __str__(self) -> str:
        return translated(self[:])

    def __format__(self, spec: str) -> str:
        return format(translated(self[:]), spec)


def later(text: str) -> str:
    """Mark a text for translation that is no more than a constant when its module is loaded.

    Kept in :func:`told`, it is read in the language in use; else :func:`translated` reads it so.
    """
    return Later(text)


def translated(text: str) -> str:
    """A text without places in the language in use: of a constant, or the name of a column."""
    code = language()
    return text[:] if code == SOURCE or not text else _catalog(code).gettext(text[:])


def inside(text: str) -> str:
    """A label as it stands inside a sentence: small letters in English, unchanged elsewhere."""
    return text.lower() if language() == SOURCE else text


def inside_first(text: str) -> str:
    """A sentence after a colon: its first letter small in English, unchanged elsewhere."""
    return text[:1].lower() + text[1:] if language() == SOURCE else text


K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


class _ToldDict(dict[K, V]):
    """A dictionary whose texts marked with :func:`later` are read in the language in use."""

    def __getitem__(self, key: K) -> Any:
        return _read(super().__getitem__(key))

    def get(self, key: K, default: Any = None) -> Any:
        return _read(super().get(key, default))

    def values(self) -> Any:
        return [_read(value) for value in super().values()]

    def items(self) -> Any:
        return [(_read(key), _read(value)) for key, value in super().items()]


class _ToldTuple(tuple[V, ...]):
    """A tuple whose texts marked with :func:`later` are read in the language in use."""

    __slots__ = ()

    def __getitem__(self, place: Any) -> Any:
        return _read(super().__getitem__(place))

    def __iter__(self) -> Iterator[V]:
        return (_read(value) for value in super().__iter__())


def told(constants: T) -> T:
    """A dictionary or tuple of constants, of which those marked are translated when read."""
    if isinstance(constants, dict):
        return cast(T, _ToldDict(constants))
    assert isinstance(constants, tuple)
    return cast(T, _ToldTuple(constants))


def told_fields(*names: str) -> Callable[[type[T]], type[T]]:
    """Class decorator: these fields of a frozen record are read in the language in use."""

    def decorate(record: type[T]) -> type[T]:
        for name in names:
            slot = record.__dict__[name]
            setattr(record, name, property(_reader(slot), slot.__set__, doc=slot.__doc__))
        return record

    return decorate


def _reader(slot: Any) -> Callable[[Any], Any]:
    return lambda self: translated(slot.__get__(self))


def _read(value: Any) -> Any:
    if isinstance(value, Later):
        return translated(value)
    if isinstance(value, tuple) and any(isinstance(one, Later) for one in value):
        return tuple(_read(one) for one in value)
    return value


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

    def __init__(self, signs: dict[int, str]) -> None:
        self._signs = signs

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, str):
            return format(_retell[-1](str(value)), format_spec)
        written: str = super().format_field(value, format_spec)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return written.translate(self._signs) if is_number else written


@cache
def _writer(code: str) -> _Writer:
    return _Writer(number_signs(code))


@cache
def number_signs(code: str) -> dict[int, str]:
    """What changes in a number written in English: its decimal point and its commas."""
    signs = Locale(code).number_symbols["latn"]
    return str.maketrans({".": str(signs["decimal"]), ",": str(signs["group"])})


@cache
def retold_texts(code: str) -> list[tuple[str, str]]:
    """Texts of the lower layers with their translations, for :mod:`fairlab.retelling`."""
    marked = (m for m in _texts(code) if RETOLD in m.auto_comments)
    return [(str(m.id), str(m.string)) for m in marked if isinstance(m.id, str) and m.string]


def _texts(code: str) -> Catalog:
    with (LOCALES / code / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return read_po(file, locale=code, domain=DOMAIN)


@cache
def _catalog(code: str) -> gettext.NullTranslations:
    """Translations of a language, read from its text file: there is nothing to compile."""
    catalog = _texts(code)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
