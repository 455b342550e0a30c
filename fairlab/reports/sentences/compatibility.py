"""Which criteria can hold together on these people, in words."""

import math
from collections.abc import Sequence

from fairlab.frontier import GroupThresholds
from fairlab.impossibility import (
    CRITERIA,
    Compatibility,
    CompatibilityTable,
    ConflictByChance,
)
from fairlab.reports.sentences.impossibility import percent, points

# A gap that prints as 0.0 points.
NOTHING = 0.0005
#: Short names for charts: the rate that a criterion makes equal.
SHORT = {
    "demographic_parity": "Selection",
    "equal_opportunity": "TPR",
    "predictive_equality": "FPR",
    "predictive_parity": "PPV",
    "negative_predictive_parity": "NPV",
    "accuracy_parity": "Accuracy",
}


def set_words(criteria: Sequence[str]) -> str:
    """ "equal selection rates, TPR and PPV": a set of criteria by its rates."""
    names = [RATE_WORDS[name] for name in criteria]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


RATE_WORDS = {name: CRITERIA[name].rated.label.lower() for name in CRITERIA}


def overview_sentence(table: CompatibilityTable) -> str:
    """How many pairs can hold together, and the one that pulls apart most."""
    if len(table.reach.hulls) < 2:
        return "We cannot tell: fewer than two groups have people."
    pairs = [e for e in table.entries if len(e.criteria) == 2 and e.upper is not None]
    if not pairs:
        return "We cannot tell: no two criteria are defined in two groups."
    together = [e for e in pairs if (e.upper or 0.0) < NOTHING]
    scope = (
        f"among rules by thresholds per group whose accuracy is within "
        f"{100 * table.reach.within:.3g} points of the best "
        f"({percent(table.reach.best_accuracy)})"
    )
    start = (
        f"Of {len(pairs)} pairs of criteria, {len(together)} can hold together (to 0.05 points) "
        f"{scope}."
    )
    if len(together) == len(pairs):
        return f"{start} No conflict between two criteria on these people."
    worst = max(pairs, key=lambda e: e.lower or 0.0)
    return (
        f"{start} The farthest apart are {set_words(worst.criteria)}: no such rule brings both "
        f"gaps below {points(worst.lower)}."
    )


def entry_sentence(entry: Compatibility, table: CompatibilityTable) -> str:
    """The least worst gap of one set of criteria, proved and attained."""
    if entry.upper is None or entry.lower is None:
        return f"{_start(entry)}: {entry.why_undefined}"
    gaps = {1: "the gap", 2: "both gaps"}.get(len(entry.criteria), "all gaps")
    cost = table.reach.best_accuracy - (entry.accuracy or 0.0)
    price = f"with {percent(entry.accuracy)} accuracy, " + (
        f"{points(cost)} below the best" if cost >= NOTHING else "the best there is"
    )
    if entry.upper < NOTHING:
        verb = "can be equal" if len(entry.criteria) == 1 else "can be equal at once"
        return f"{_start(entry)} {verb} in every group here: the rule below does it {price}."
    return (
        f"{_start(entry)}: no rule by thresholds per group within "
        f"{100 * table.reach.within:.3g} points of the best accuracy brings {gaps} below "
        f"{points(entry.lower)}. The rule below reaches {points(entry.upper)} {price}."
    )


def triples_sentence(table: CompatibilityTable) -> str:
    """How many triples can hold together, and the one that pulls apart most."""
    triples = [e for e in table.entries if len(e.criteria) == 3 and e.upper is not None]
    together = sum((e.upper or 0.0) < NOTHING for e in triples)
    worst = max(triples, key=lambda e: e.lower or 0.0)
    text = f"Of {len(triples)} sets of three criteria, {together} can hold together."
    if (worst.upper or 0.0) < NOTHING:
        return f"{text} No conflict between three criteria on these people."
    return (
        f"{text} The farthest apart are {set_words(worst.criteria)}: no rule by thresholds per "
        f"group within {100 * table.reach.within:.3g} points of the best accuracy brings all "
        f"gaps below {points(worst.lower)}."
    )


def proof_sentence(entry: Compatibility, *, checked: bool) -> str:
    """What stands behind the lower bound."""
    if entry.certificate is None or entry.lower is None:
        return ""
    if not checked:
        return "The proof of this bound did not pass its check: do not rely on the bound."
    if not entry.certificate.cells:
        return "No proof is needed: no gap is below 0."
    many = len(entry.certificate.cells)
    ratio = [n for n in entry.certificate.criteria if CRITERIA[n].kind == "ratio"]
    what = (
        f"{many} sets of multipliers, one for each range in which the lowest "
        f"{' and '.join(SHORT[n] for n in ratio)} of a group may lie, show that"
        if ratio
        else "a set of multipliers (the dual of a linear programme) shows that"
    )
    return (
        f"Proof: {what} no rule by group thresholds can do better than {points(entry.lower)}. "
        "It was checked just now by multiplying and adding over every corner of every group's "
        "ROC polygon, without the solver that found it."
    )


def rule_sentences(groups: Sequence[GroupThresholds], *, risk: bool = False) -> list[str]:
    """How each group is decided by a rule, in words; of minus a risk, said as the risk."""
    return [f"{one.group}: {_thresholds(one, risk)}." for one in groups if one.thresholds]


def chance_sentence(found: ConflictByChance) -> str:
    """Whether equal base rates and chance would explain the value."""
    if found.value is None or found.p_value is None:
        return "We cannot tell what chance would do: a criterion is undefined here."
    spread = ""
    if found.lower is not None and found.upper is not None:
        low, high = 100 * max(found.lower, 0.0), 100 * found.upper
        spread = f" (95 % interval of the least worst gap: {low:.1f} to {high:.1f} points)"
    limit = (
        ""
        if found.by_chance is None
        else (
            f"95 of 100 samples of this size with equal base rates have at most "
            f"{points(found.by_chance)}"
        )
    )
    if found.value < NOTHING:
        text = f"No conflict on these people{spread}."
    elif found.beyond_chance:
        text = (
            f"More than chance would make: {limit}; found are {points(found.value)} "
            f"(p = {found.p_value:.2f}){spread}."
        )
    elif found.left_beyond_chance:
        text = (
            f"Different base rates are not needed to explain it: {limit or 'samples vary widely'}, "
            f"and {points(found.value)} (p = {found.p_value:.2f}) is not beyond that{spread}."
        )
    else:
        text = (
            f"No conflict within what these people can tell: {limit or 'samples vary widely'}, "
            f"and {points(found.value)} (p = {found.p_value:.2f}) is not beyond that{spread}."
        )
    return text + _left_words(found)


def _left_words(found: ConflictByChance) -> str:
    """What would remain at equal base rates, and whether chance alone may do that."""
    left = found.at_equal_base_rates
    if left is None:
        return ""
    if left < NOTHING:
        if not found.beyond_chance:
            return ""
        return " With the same people weighted to equal base rates nothing of it would remain."
    start = f" With the same people weighted to equal base rates, {points(left)} would remain"
    if found.left_p_value is None:
        return f"{start}."
    if found.left_beyond_chance:
        return (
            f"{start}: that part is not due to base rates, but to a score that tells outcomes "
            f"apart better in one group than in another (p = {found.left_p_value:.2f})."
        )
    return (
        f"{start}: on these people the score tells outcomes apart better in one group than in "
        f"another; chance alone may do it (p = {found.left_p_value:.2f})."
    )


def _start(entry: Compatibility) -> str:
    words = set_words(entry.criteria)
    return words[0].upper() + words[1:]


def _thresholds(one: GroupThresholds, risk: bool) -> str:
    parts = [
        (_cut(cut, risk), chance)
        for cut, chance in zip(one.thresholds, one.probabilities, strict=True)
    ]
    if len(parts) == 1:
        return parts[0][0]
    return "drawn per person: " + "; ".join(f"{100 * p:.3g} % {words}" for words, p in parts)


def _cut(cut: float, risk: bool) -> str:
    if math.isinf(cut):
        return "nobody selected" if cut > 0 else "everybody selected"
    return f"selected up to score {0.0 - cut:.4g}" if risk else f"selected from score {cut:.4g}"
