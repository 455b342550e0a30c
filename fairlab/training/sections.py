"""What a sweep discloses, by subject, so that parts trained apart can be put together again."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

Sentences = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sections:
    """Sentences of a result in the order they are shown.

    Attributes:
        table, search, slacks, memory, batches, kept, classes, baselines, networks, promises: What
            preparing, the search for settings, slacks from the data, chunks for want of memory,
            batches and groups, the epochs kept, outcome weights, baselines, networks not kept and
            promises missed have to say.
        failed: Why nothing can be shown, if every model failed. Not shown with a result.
        weights: Memory of all networks in bytes, as digits. Not shown.
    """

    table: Sentences = ()
    search: Sentences = ()
    slacks: Sentences = ()
    memory: Sentences = ()
    batches: Sentences = ()
    kept: Sentences = ()
    classes: Sentences = ()
    baselines: Sentences = ()
    networks: Sentences = ()
    promises: Sentences = ()
    failed: Sentences = ()
    weights: Sentences = ()

    def shown(self) -> Sentences:
        """The sentences of a result."""
        hidden = ("failed", "weights")
        return tuple(
            sentence
            for field in fields(self)
            if field.name not in hidden
            for sentence in getattr(self, field.name)
        )

    def packed(self) -> Sentences:
        """All sections as one list, each ended by an empty sentence."""
        listed: list[str] = []
        for field in fields(self):
            listed += [*getattr(self, field.name), ""]
        return tuple(listed)


def unpacked(listed: Sequence[str]) -> Sections:
    """What :meth:`Sections.packed` packed; a list without sections is about the table."""
    names = [field.name for field in fields(Sections)]
    if list(listed).count("") != len(names):
        return Sections(table=tuple(listed))
    found: dict[str, Sentences] = {}
    start = 0
    for name in names:
        end = listed.index("", start)
        found[name] = tuple(listed[start:end])
        start = end + 1
    return Sections(**found)


def joined(parts: Sequence[Sections]) -> Sections:
    """Sections of several parts as one, each sentence once, in the order of the parts."""
    names = [field.name for field in fields(Sections)]
    return Sections(
        **{
            name: tuple(dict.fromkeys(said for part in parts for said in getattr(part, name)))
            for name in names
        }
    )
