"""How other tools print our number: their name, their sign, their way of combining groups.

One name has several meanings in this field, and one number several names. Nothing here imports
those tools: their conventions were read from their sources (``conventions.py``) and are computed
from the same counts, so what is printed here is what they would print, 0 for 0/0 included.
"""

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fairlab.errors import InputError, UnknownNameError
from fairlab.metrics.aliases import ALIASES, Alias
from fairlab.metrics.conventions import TOOLS, Number, meaning_of, numbers
from fairlab.metrics.gaps import GAPS
from fairlab.metrics.inequality import generalized_entropy, theil
from fairlab.outcomes import Counts

__all__ = ["ALIASES", "TOOLS", "Alias", "Translation", "lookup", "score_translations",
           "translations"]  # fmt: skip

_INEQUALITIES = {"theil": theil, "generalized_entropy": generalized_entropy}
_SCORES = ("auc_difference", "mean_score_difference")
_MOST_LISTED = 6


@dataclass(frozen=True, slots=True)
class Translation:
    """What another tool would print for one population.

    Attributes:
        tool, call: The other tool and its name for the number.
        printed: The number as it would print it ("0.300"); every number it could print when that
            depends on which group is its reference ("−0.300 or 0.300").
        meaning: Its convention in a sentence: how groups combine, which minus which, 0/0.
        ours: Our name for the number.
        numbers: The same numbers, unrounded, with whom they compare; NaN is undefined.
        takes: How one tells the tool the groups.
        source: Where its definition was read.
    """

    tool: str
    call: str
    printed: str
    meaning: str
    ours: str = ""
    numbers: tuple[Number, ...] = ()
    takes: str = ""
    source: str = ""

    @property
    def sentence(self) -> str:
        """Our number and theirs, in a sentence."""
        return f"Our {self.ours} is what {self.tool} calls {self.call}: {self.printed}."


def translations(
    name: str, counts: Counts, reference: str | None = None
) -> tuple[Translation, ...]:
    """What other tools would print for a gap of one population.

    Args:
        name: Name in ``GAPS``, or ``theil`` or ``generalized_entropy``. One that no other tool
            prints gives ().
        counts: Fields of shape (G,).
        reference: The group other tools are told to take as reference (for SageMaker Clarify, with
            two groups, the one that is not the facet); None prints every choice.

    Raises:
        UnknownNameError: For a name that is neither.
        InputError: If the reference is no group with people.
    """
    counts = _present(counts)
    if reference is not None and reference not in counts.group_names:
        known = ", ".join(counts.group_names)
        raise InputError(f"{reference!r} is no group with people. Choose one of {known}.")
    if name in _INEQUALITIES:
        return tuple(_inequality(a, counts) for a in ALIASES if a.gap == name)
    known_gap = GAPS[name]  # raises for an unknown name
    found = []
    for alias in ALIASES:
        if alias.gap == known_gap.name:
            tool = TOOLS[alias.tool]
            printed = numbers(tool, alias.form, alias.rates, counts, alias.first, reference)
            found.append(_translation(alias, printed, reference))
    return tuple(found)


def score_translations(
    name: str, values: Mapping[str, float | None], reference: str | None = None
) -> tuple[Translation, ...]:
    """What other tools would print for a gap of scores.

    Args:
        name: ``auc_difference`` or ``mean_score_difference``; other names give ().
        values: The AUC, or the mean score, of every group; None where undefined.
        reference: As in :func:`translations`.

    Raises:
        InputError: If the reference is not among the groups.
    """
    if reference is not None and reference not in values:
        raise InputError(f"{reference!r} is no group here. Choose one of {', '.join(values)}.")
    if name not in _SCORES:
        return ()
    known = {group: math.nan if v is None else v for group, v in values.items()}
    found = []
    for alias in ALIASES:
        if alias.gap != name:
            continue
        if TOOLS[alias.tool].partners == "all groups":
            defined = [v for v in known.values() if not math.isnan(v)]
            value = max(defined) - min(defined) if defined else math.nan
            printed: tuple[Number, ...] = (Number("", value),)
        else:
            printed = tuple(
                Number(f"{other} to {base}", known[other] - known[base])
                for base in known
                for other in known
                if other != base and reference in (None, base)
            )
        found.append(_translation(alias, printed, reference))
    return tuple(found)


def lookup(tool: str, call: str) -> tuple[Alias, ...]:
    """Which of our numbers another tool's name stands for.

    Args:
        tool: Name in ``TOOLS``, in any case.
        call: Its name for a number, in any case; arguments may be left out.

    Returns:
        One alias for each of our numbers it is printed beside; ``alias.gap`` is our name,
        ``alias.warning`` what differs beyond sign and combination.

    Raises:
        UnknownNameError: For an unknown tool or name; lists the known ones.
    """
    by_name = {name.lower(): name for name in TOOLS}
    if tool.lower() not in by_name:
        raise UnknownNameError(f"There is no tool named {tool!r}. Known: {', '.join(TOOLS)}.")
    own = [alias for alias in ALIASES if alias.tool == by_name[tool.lower()]]
    exact = [alias for alias in own if alias.call.lower() == call.strip().lower()]
    found = exact or [alias for alias in own if _bare(call) in _names(alias.call)]
    if not found:
        names = list(dict.fromkeys(alias.call for alias in own))
        close = difflib.get_close_matches(call, names, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise UnknownNameError(
            f"{by_name[tool.lower()]} has no number named {call!r} among those we know.{hint} "
            f"Known: {', '.join(names)}."
        )
    return tuple(found)


def _names(call: str) -> set[str]:
    """Names a reader may type for a call: with and without arguments, class and remarks."""
    parts = {_bare(call), *(_bare(part) for part in re.findall(r"\(([^()=]+)\)", call))}
    return parts | {_bare(call).rsplit(".", 1)[-1]}


def _bare(call: str) -> str:
    if call.startswith("MetricFrame"):
        return call.lower()
    return re.sub(r"\s*\(.*", "", call.strip()).lower()


def _translation(alias: Alias, printed: tuple[Number, ...], reference: str | None) -> Translation:
    tool = TOOLS[alias.tool]
    meaning = meaning_of(alias.form, tool, alias.first, alias.rates)
    if alias.warning:
        meaning += f"; {alias.warning}"
    return Translation(
        tool=alias.tool,
        call=alias.call,
        printed=_text(printed, reference),
        meaning=meaning,
        ours=alias.gap,
        numbers=printed,
        takes=tool.takes,
        source=tool.source,
    )


def _inequality(alias: Alias, counts: Counts) -> Translation:
    found = _INEQUALITIES[alias.gap](counts)
    value = float(found.between if alias.call.startswith("between") else found.total)
    tool = TOOLS[alias.tool]
    printed = (Number("", value),)
    return Translation(
        alias.tool,
        alias.call,
        _text(printed, None),
        f"same number; {alias.warning}",
        alias.gap,
        printed,
        "no groups needed" if "no groups" in alias.warning else tool.takes,
        tool.source,
    )


def _present(counts: Counts) -> Counts:
    """Without groups nobody is in: other tools learn of groups from the people."""
    kept = np.flatnonzero(np.asarray(counts.n) > 0)
    names = counts.group_names
    return Counts(
        counts.tp[kept],
        counts.fp[kept],
        counts.fn[kept],
        counts.tn[kept],
        tuple(names[g] if names else f"group {g}" for g in kept),
    )


def _text(printed: tuple[Number, ...], reference: str | None) -> str:
    """Numbers as a reader meets them: one, both signs, one per group, or their range."""
    if not printed:
        return "compares two groups; there is one"
    if reference is not None and 1 < len(printed) <= _MOST_LISTED:
        return "; ".join(f"{number.of}: {_rounded(number.value)}" for number in printed)
    by_text = {_rounded(number.value): number.value for number in printed}
    ordered = sorted(by_text, key=lambda t: (math.isnan(by_text[t]), by_text[t]))
    if len(ordered) <= 2 or all(math.isnan(v) for v in by_text.values()):
        return " or ".join(ordered) if len(printed) > 1 else ordered[0]
    known = [text for text in ordered if not math.isnan(by_text[text])]
    tail = ", or undefined" if len(known) < len(ordered) else ""
    return f"{known[0]} to {known[-1]}{tail}, depending on the groups compared"


def _rounded(value: float) -> str:
    if math.isnan(value):
        return "undefined"
    if math.isinf(value):
        return "infinite" if value > 0 else "−infinite"
    text = f"{abs(value):.3f}"
    return f"−{text}" if value < 0 and float(text) != 0 else text
