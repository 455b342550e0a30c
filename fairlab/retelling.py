"""Sentences that were made in English and kept, told again in the language in use.

Results, notes, errors and what the server keeps for all visitors are made once, in English, with
their values filled in. Where they are shown, :func:`retold` finds the text they were made from,
takes the values out, and fills them into its translation.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from fairlab.language import SOURCE, language, number_signs, retold_texts

_PLACE = re.compile(r"\{(\w+)\}")
_NUMBER = re.compile(r"[+\-−<≤≥ ]*\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")
_ENDS = re.compile(r"(?<=[.:;!?]) (?=[“'A-Z0-9{])")
_LEAST = 8  # letters a text must have beside its places, to be recognised by them
_MOST = 20_000  # characters; nothing we write is longer
_KEPT = 2_000  # characters of a text whose translation is remembered
_SENTENCES = 100  # one after another; of more, none is told
_DEEPEST = 4  # texts that fill places of texts
_HEAD = 3


@dataclass(frozen=True, slots=True)
class Like:
    """A text with places, to recognise what was made from it: in one walk, however long it is."""

    parts: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, source: str) -> "Like":
        """From a text with places without formats; doubled braces are braces."""
        pieces = [p.replace("{{", "{").replace("}}", "}") for p in _PLACE.split(source)]
        return cls(tuple(pieces[::2]), tuple(pieces[1::2]))

    def values(self, text: str) -> dict[str, str] | None:
        """What stands in the places; None where the text is another."""
        first, last = self.parts[0], self.parts[-1]
        if not self.names:
            return {} if text == first else None
        if not text.startswith(first) or not text.endswith(last):
            return None
        at, end = len(first), len(text) - len(last)
        found: dict[str, str] = {}
        for name, part in zip(self.names, (*self.parts[1:-1], None), strict=True):
            stop = end if part is None else text.find(part, at, end)
            if stop < at or found.setdefault(name, text[at:stop]) != text[at:stop]:
                return None
            at = stop + len(part or "")
        return found


@dataclass(frozen=True, slots=True)
class _Known:
    """What one language tells again: whole texts, and those with places by how they begin."""

    whole: dict[str, str]
    begins: dict[str, list[tuple["Like", str]]]
    anyhow: list[tuple["Like", str]]


def retold(text: str) -> str:
    """A kept English text in the language in use; as it is where nothing like it is known.

    Several sentences one after another are told one by one. Names of columns, groups and files
    stand in places, and stay as they are.
    """
    code = language()
    if code == SOURCE or not text or len(text) > _MOST:
        return text
    return _remembered(code, text) if len(text) <= _KEPT else _retold(code, text, 0)


@lru_cache(maxsize=8192)
def _remembered(code: str, text: str) -> str:
    return _retold(code, text, 0)


def _retold(code: str, text: str, depth: int) -> str:
    found = _one(code, text, depth)
    if found is not None:
        return found
    parts = _ENDS.split(text)
    if not 1 < len(parts) <= _SENTENCES:
        return text
    return " ".join(_in_turn(code, parts, depth))


def _in_turn(code: str, parts: list[str], depth: int) -> Iterator[str]:
    """The longest run of sentences that is known, then the next one; unknown ones as they are."""
    at = 0
    while at < len(parts):
        for end in range(min(len(parts), at + 6), at, -1):
            found = _one(code, " ".join(parts[at:end]), depth)
            if found is not None:
                yield found
                at = end
                break
        else:
            yield parts[at]
            at += 1


def _one(code: str, text: str, depth: int) -> str | None:
    known = _known(code)
    if text in known.whole:
        return known.whole[text]
    for like, translation in (*known.begins.get(text[:_HEAD], ()), *known.anyhow):
        found = like.values(text)
        if found is not None:
            values = {name: _value(code, value, depth + 1) for name, value in found.items()}
            return str(translation.format(**values))
    return None


def _value(code: str, value: str, depth: int) -> str:
    if _NUMBER.fullmatch(value):
        return value.translate(number_signs(code))
    return value if depth > _DEEPEST else _retold(code, value, depth)


@cache
def _known(code: str) -> _Known:
    known = _Known({}, {}, [])
    for source, translation in retold_texts(code):
        if not _PLACE.search(source):
            if " " in source.strip():
                whole = source.replace("{{", "{").replace("}}", "}")
                known.whole[whole] = translation
                # What is joined to another sentence is met without its space.
                known.whole.setdefault(whole.strip(), translation.strip())
            continue
        if len(re.sub(r"[^A-Za-z]", "", _PLACE.sub("", source))) < _LEAST:
            continue
        entry = (Like.of(source), translation)
        head = source[:_HEAD]
        if "{" in head or len(head) < _HEAD:
            known.anyhow.append(entry)
        else:
            known.begins.setdefault(head, []).append(entry)
    return known
