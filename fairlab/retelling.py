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
_HEAD = 3


@dataclass(frozen=True, slots=True)
class _Known:
    """What one language tells again: whole texts, and those with places by how they begin."""

    whole: dict[str, str]
    begins: dict[str, list[tuple[re.Pattern[str], str]]]
    anyhow: list[tuple[re.Pattern[str], str]]


def retold(text: str) -> str:
    """A kept English text in the language in use; as it is where nothing like it is known.

    Several sentences one after another are told one by one. Names of columns, groups and files
    stand in places, and stay as they are.
    """
    code = language()
    if code == SOURCE or not text or len(text) > _MOST:
        return text
    return _retold(code, text)


@lru_cache(maxsize=16384)
def _retold(code: str, text: str) -> str:
    found = _one(code, text)
    if found is not None:
        return found
    parts = _ENDS.split(text)
    return text if len(parts) == 1 else " ".join(_in_turn(code, parts))


def _in_turn(code: str, parts: list[str]) -> Iterator[str]:
    """The longest run of sentences that is known, then the next one; unknown ones as they are."""
    at = 0
    while at < len(parts):
        for end in range(min(len(parts), at + 6), at, -1):
            found = _one(code, " ".join(parts[at:end]))
            if found is not None:
                yield found
                at = end
                break
        else:
            yield parts[at]
            at += 1


def _one(code: str, text: str) -> str | None:
    known = _known(code)
    if text in known.whole:
        return known.whole[text]
    for pattern, translation in (*known.begins.get(text[:_HEAD], ()), *known.anyhow):
        match = pattern.fullmatch(text)
        if match is not None:
            values = {name: _value(code, value) for name, value in match.groupdict().items()}
            return str(translation.format(**values))
    return None


def _value(code: str, value: str) -> str:
    if _NUMBER.fullmatch(value):
        return value.translate(number_signs(code))
    return _retold(code, value)


@cache
def _known(code: str) -> _Known:
    known = _Known({}, {}, [])
    for source, translation in retold_texts(code):
        if not _PLACE.search(source):
            if " " in source.strip():
                known.whole[source.replace("{{", "{").replace("}}", "}")] = translation
            continue
        if len(re.sub(r"[^A-Za-z]", "", _PLACE.sub("", source))) < _LEAST:
            continue
        entry = (_pattern(source), translation)
        head = source[:_HEAD]
        if "{" in head or len(head) < _HEAD:
            known.anyhow.append(entry)
        else:
            known.begins.setdefault(head, []).append(entry)
    return known


def _pattern(source: str) -> re.Pattern[str]:
    written, seen, at = "", set[str](), 0
    for place in _PLACE.finditer(source):
        written += re.escape(source[at : place.start()].replace("{{", "{").replace("}}", "}"))
        name, at = place.group(1), place.end()
        written += f"(?P={name})" if name in seen else f"(?P<{name}>.*?)"
        seen.add(name)
    rest = source[at:].replace("{{", "{").replace("}}", "}")
    return re.compile(written + re.escape(rest), re.DOTALL)
