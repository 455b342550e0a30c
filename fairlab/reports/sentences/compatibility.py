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
from fairlab.language import inside, later, told, tr
from fairlab.reports.sentences.impossibility import percent, points

# A gap that prints as 0.0 points.
NOTHING = 0.0005
#: Short names for charts: the rate that a criterion makes equal.
SHORT = told(
    {
        "demographic_parity": later("Selection"),
        "equal_opportunity": "TPR",
        "predictive_equality": "FPR",
        "predictive_parity": "PPV",
        "negative_predictive_parity": "NPV",
        "accuracy_parity": later("Accuracy"),
    }
)


def set_words(criteria: Sequence[str]) -> str:
    """ "equal selection rates, TPR and PPV": a set of criteria by its rates."""
    names = [inside(CRITERIA[name].rated.label) for name in criteria]
    return (
        names[0]
        if len(names) == 1
        else tr("{names} and {names_last}", names=", ".join(names[:-1]), names_last=names[-1])
    )


def overview_sentence(table: CompatibilityTable) -> str:
    """How many pairs can hold together, and the one that pulls apart most."""
    if len(table.reach.hulls) < 2:
        return tr("We cannot tell: fewer than two groups have people.")
    pairs = [e for e in table.entries if len(e.criteria) == 2 and e.upper is not None]
    if not pairs:
        return tr("We cannot tell: no two criteria are defined in two groups.")
    together = [e for e in pairs if (e.upper or 0.0) < NOTHING]
    scope = tr(
        "among rules by thresholds per group whose accuracy is within "
        "{within:.3g} points of the best ({best_accuracy})",
        within=100 * table.reach.within,
        best_accuracy=percent(table.reach.best_accuracy),
    )
    start = tr(
        "Of {n_pairs} pairs of criteria, {n_together} can hold together (to 0.05 points) {scope}.",
        n_pairs=len(pairs),
        n_together=len(together),
        scope=scope,
    )
    if len(together) == len(pairs):
        return tr("{start} No conflict between two criteria on these people.", start=start)
    worst = max(pairs, key=lambda e: e.lower or 0.0)
    return tr(
        "{start} The farthest apart are {set}: no such rule brings both gaps below {worst_lower}.",
        start=start,
        set=set_words(worst.criteria),
        worst_lower=points(worst.lower),
    )


def entry_sentence(entry: Compatibility, table: CompatibilityTable) -> str:
    """The least worst gap of one set of criteria, proved and attained."""
    if entry.upper is None or entry.lower is None:
        return f"{_start(entry)}: {entry.why_undefined}"
    gaps = {1: tr("the gap"), 2: tr("both gaps")}.get(len(entry.criteria), "all gaps")
    cost = table.reach.best_accuracy - (entry.accuracy or 0.0)
    price = tr("with {accuracy} accuracy, ", accuracy=percent(entry.accuracy)) + (
        tr("{cost} below the best", cost=points(cost))
        if cost >= NOTHING
        else tr("the best there is")
    )
    if entry.upper < NOTHING:
        verb = tr("can be equal") if len(entry.criteria) == 1 else tr("can be equal at once")
        return tr(
            "{start} {verb} in every group here: the rule below does it {price}.",
            start=_start(entry),
            verb=verb,
            price=price,
        )
    return tr(
        "{start}: no rule by thresholds per group within {within:.3g} "
        "points of the best accuracy brings {gaps} below {entry_lower}. "
        "The rule below reaches {entry_upper} {price}.",
        start=_start(entry),
        within=100 * table.reach.within,
        gaps=gaps,
        entry_lower=points(entry.lower),
        entry_upper=points(entry.upper),
        price=price,
    )


def triples_sentence(table: CompatibilityTable) -> str:
    """How many triples can hold together, and the one that pulls apart most."""
    triples = [e for e in table.entries if len(e.criteria) == 3 and e.upper is not None]
    together = sum((e.upper or 0.0) < NOTHING for e in triples)
    worst = max(triples, key=lambda e: e.lower or 0.0)
    text = tr(
        "Of {n_triples} sets of three criteria, {together} can hold together.",
        n_triples=len(triples),
        together=together,
    )
    if (worst.upper or 0.0) < NOTHING:
        return tr("{text} No conflict between three criteria on these people.", text=text)
    return tr(
        "{text} The farthest apart are {set}: no rule by thresholds per "
        "group within {within:.3g} points of the best accuracy brings all "
        "gaps below {worst_lower}.",
        text=text,
        set=set_words(worst.criteria),
        within=100 * table.reach.within,
        worst_lower=points(worst.lower),
    )


def proof_sentence(entry: Compatibility, *, checked: bool) -> str:
    """What stands behind the lower bound."""
    if entry.certificate is None or entry.lower is None:
        return ""
    if not checked:
        return tr("The proof of this bound did not pass its check: do not rely on the bound.")
    if not entry.certificate.cells:
        return tr("No proof is needed: no gap is below 0.")
    many = len(entry.certificate.cells)
    ratio = [n for n in entry.certificate.criteria if CRITERIA[n].kind == "ratio"]
    what = (
        tr(
            "{many} sets of multipliers, one for each range in which the "
            "lowest {n} of a group may lie, show that",
            many=many,
            n=tr(" and ").join(SHORT[n] for n in ratio),
        )
        if ratio
        else tr("a set of multipliers (the dual of a linear programme) shows that")
    )
    return tr(
        "Proof: {what} no rule by group thresholds can do better than "
        "{entry_lower}. It was checked just now by multiplying and adding "
        "over every corner of every group's ROC polygon, without the "
        "solver that found it.",
        what=what,
        entry_lower=points(entry.lower),
    )


def rule_sentences(groups: Sequence[GroupThresholds], *, risk: bool = False) -> list[str]:
    """How each group is decided by a rule, in words; of minus a risk, said as the risk."""
    return [f"{one.group}: {_thresholds(one, risk)}." for one in groups if one.thresholds]


def chance_sentence(found: ConflictByChance) -> str:
    """Whether equal base rates and chance would explain the value."""
    if found.value is None or found.p_value is None:
        return tr("We cannot tell what chance would do: a criterion is undefined here.")
    spread = ""
    if found.lower is not None and found.upper is not None:
        low, high = 100 * max(found.lower, 0.0), 100 * found.upper
        spread = tr(
            " (95 % interval of the least worst gap: {low:.1f} to {high:.1f} points)",
            low=low,
            high=high,
        )
    limit = (
        ""
        if found.by_chance is None
        else (
            tr(
                "95 of 100 samples of this size with equal base rates have at most {by_chance}",
                by_chance=points(found.by_chance),
            )
        )
    )
    if found.value < NOTHING:
        text = tr("No conflict on these people{spread}.", spread=spread)
    elif found.beyond_chance:
        text = tr(
            "More than chance would make: {limit}; found are {found_value} "
            "(p = {p_value:.2f}){spread}.",
            limit=limit,
            found_value=points(found.value),
            p_value=found.p_value,
            spread=spread,
        )
    elif found.left_beyond_chance:
        text = tr(
            "Different base rates are not needed to explain it: {limit}, "
            "and {found_value} (p = {p_value:.2f}) is not beyond "
            "that{spread}.",
            limit=limit or tr("samples vary widely"),
            found_value=points(found.value),
            p_value=found.p_value,
            spread=spread,
        )
    else:
        text = tr(
            "No conflict within what these people can tell: {limit}, and "
            "{found_value} (p = {p_value:.2f}) is not beyond that{spread}.",
            limit=limit or tr("samples vary widely"),
            found_value=points(found.value),
            p_value=found.p_value,
            spread=spread,
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
        return tr(" With the same people weighted to equal base rates nothing of it would remain.")
    start = tr(
        " With the same people weighted to equal base rates, {left} would remain", left=points(left)
    )
    if found.left_p_value is None:
        return f"{start}."
    if found.left_beyond_chance:
        return tr(
            "{start}: that part is not due to base rates, but to a score "
            "that tells outcomes apart better in one group than in another "
            "(p = {left_p_value:.2f}).",
            start=start,
            left_p_value=found.left_p_value,
        )
    return tr(
        "{start}: on these people the score tells outcomes apart better in "
        "one group than in another; chance alone may do it (p = "
        "{left_p_value:.2f}).",
        start=start,
        left_p_value=found.left_p_value,
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
    return tr("drawn per person: ") + "; ".join(
        tr("{p:.3g} % {words}", p=100 * p, words=words) for words, p in parts
    )


def _cut(cut: float, risk: bool) -> str:
    if math.isinf(cut):
        return tr("nobody selected") if cut > 0 else tr("everybody selected")
    return (
        tr("selected up to score {cut:.4g}", cut=0.0 - cut)
        if risk
        else tr("selected from score {cut:.4g}", cut=cut)
    )
