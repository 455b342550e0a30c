"""The words of a component's script in the visitor's language."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale

from fairlab.language import SOURCE, language, translated

_FOLDER = Path(__file__).parent
_MARKED = re.compile(r'\btt(?:\("((?:[^"\\]|\\.)*)"\)|`)')
_STANDING = re.compile(r'data-tt-label aria-label="([^"]+)"|data-tt>([^<]+)<')


def script(*names: str) -> str:
    """The scripts of a component as one text, with what they need to speak."""
    return "".join(
        (_FOLDER / name).read_text(encoding="utf-8") for name in ("words.js", "rounding.js", *names)
    )


def spoken(text: str) -> dict[str, Any] | None:
    """Translations of what a script (or its HTML) marks, and how numbers are written; for ``data``.

    None in English, which is what the script itself holds.
    """
    code = language()
    return None if code == SOURCE else _spoken(text, code)


@cache
def _spoken(text: str, code: str) -> dict[str, Any]:
    return {
        "words": {key: translated(key) for key in marked(text)},
        "decimal": str(Locale(code).number_symbols["latn"]["decimal"]),
        "locale": code,
    }


def marked(text: str) -> list[str]:
    """The texts a script marks with ``tt``, places as {1}, {2} …, and those standing in HTML."""
    found = [one or other for one, other in _STANDING.findall(text)]
    for match in _MARKED.finditer(text):
        if match.group(1) is not None:
            found.append(match.group(1).replace('\\"', '"'))
        else:
            found.append(_template(text, match.end()))
    return list(dict.fromkeys(found))


def _template(text: str, at: int) -> str:
    """The text of a template literal that begins here, each ``${…}`` as its number."""
    parts, number = "", 0
    while text[at] != "`":
        if text.startswith("${", at):
            number += 1
            parts += f"{{{number}}}"
            at = _after(text, at + 2)
        else:
            parts += text[at]
            at += 1
    return parts


def _after(text: str, at: int) -> int:
    """Where the value of a place ends; values may hold objects and further template literals."""
    depth = 0
    while depth or text[at] != "}":
        if text[at] == "`":
            at += 1
            while text[at] != "`":
                at = _after(text, at + 2) if text.startswith("${", at) else at + 1
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return at + 1
