"""Mappings from a stranger's YAML or JSON: plain values, limits, what is wrong in words."""

import json
import re
import reprlib
from typing import Any

import yaml
from pydantic import ValidationError

from fairlab.errors import InputError

LARGEST_TEXT = 1_000_000  # characters of a configuration
DEEPEST = 50  # lists inside lists


def read_mapping(text: str, *, what: str, wanted: str, remedy: str) -> dict[str, Any]:
    """A mapping from the YAML or JSON of a stranger: plain values, nothing that is run.

    Args:
        text: At most a million characters.
        what: It is meant to be, for messages ("configuration").
        wanted: What it should hold ("with the keys data, task and sweep").
        remedy: What to do instead, in a sentence.

    Raises:
        InputError: For text that is longer or neither YAML nor JSON, uses aliases, nests deeper
            than fifty lists or mappings, or names a key twice.
    """
    if len(text) > LARGEST_TEXT:
        raise InputError(
            f"The {what} has {len(text):,} characters; at most {LARGEST_TEXT:,} are read, and one "
            f"written by fairlab has far fewer. {remedy}"
        )
    try:
        content = _json(text) if text.lstrip().startswith("{") else None
        content = yaml.load(text, Loader=_PlainLoader) if content is None else content
    except (yaml.YAMLError, ValueError, LookupError, RecursionError) as error:
        raise InputError(
            f"This is not a YAML file fairlab can read: {str(error)[:500]}. {remedy}"
        ) from error
    if not isinstance(content, dict):
        raise InputError(
            f"A {what} is a YAML mapping {wanted}; found {type(content).__name__}. {remedy}"
        )
    return content


def _json(text: str) -> Any:
    """JSON, which is read fifty times faster than the same as YAML; None if it is not JSON."""
    depth = deepest = 0
    # A text without its closing quote is taken to the end: looking for it anew from every quote
    # inside would take hours.
    for sign in re.finditer(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', text, re.DOTALL):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(sign.group(), 0)
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise ValueError(f"it nests more than {DEEPEST} lists or mappings in each other")
    try:
        return json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError:
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"it has the key {shorten(name)} twice; keep one of the two")
        found[name] = value
    return found


class _PlainLoader(yaml.SafeLoader):
    """Reads no aliases: with a few of them, three hundred bytes stand for millions of values.

    Refuses keys that come twice, of which two readers may see different ones, and deep nests.
    """

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(
                None, None, "it uses aliases (*name), which are not read; write the values out"
            )
        self.depth += 1
        if self.depth > DEEPEST:
            raise yaml.composer.ComposerError(
                None, None, f"it nests more than {DEEPEST} lists or mappings in each other"
            )
        found: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return found

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        named: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in named:
                    raise yaml.constructor.ConstructorError(
                        None,
                        None,
                        f"it has the key {shorten(key.value)} twice; keep one of the two",
                    )
                named.add(key.value)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


class _Short(reprlib.Repr):
    """Writes the start of a value, however large the value is."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 3
        self.maxstring = self.maxother = 160
        self.maxtuple = self.maxlist = self.maxdict = self.maxset = self.maxfrozenset = 20


def shorten(value: object) -> str:
    """A value as Python writes it, cut at eighty characters."""
    if isinstance(value, str):
        text = repr(value[:100])
    else:
        try:
            text = _Short().repr(value)
        except ValueError:  # Python does not write numbers of thousands of digits
            return "a number of thousands of digits"
    return text if len(text) <= 80 else f"{text[:80]}…"


def problems_of(error: ValidationError) -> list[str]:
    """A sentence per wrong field; the first twenty, each value cut at eighty characters."""
    found = []
    for e in error.errors()[:20]:
        place = ".".join(str(part) for part in e["loc"])[:120] or "configuration"
        shown = shorten(e["input"])
        said = "" if isinstance(e["input"], dict) else f" (found {shown})"
        found.append(f"{place}: {e['msg']}{said}")
    more = error.error_count() - len(found)
    return [*found, f"and {more:,} more"] if more else found
