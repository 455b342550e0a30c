"""How the two rules of picking fare on test people, over everybody and everything at once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.quality_picks import PRICE, worth_within
from benchmarks.quality_points import LIMITS, Method
from benchmarks.quality_report import OTHER_PRICES, Study, front, methods_of
from benchmarks.quality_rules import OTHER, RULE


def by_rule(studies: Sequence[Study], methods: Sequence[Method]) -> list[dict[str, Any]]:
    """Mean accuracy within the limit on test people by rule, of ours and of the peers'.

    Single methods and unions, each over all tables, constraints, limits and seeds: no rule is
    chosen for a table, a limit or a method.
    """
    rows = []
    for whose, owned in (("ours", True), ("peers", False)):
        mine = [m for m in methods if (m.owner == "fairlab") == owned]
        owners = dict.fromkeys((m.owner, m.uses_attribute) for m in mine)
        kinds = {
            "single methods": [[m.name] for m in mine],
            "unions": [methods_of(methods, *owner) for owner in owners],
        }
        for kind, fronts in kinds.items():
            found = np.array([pair for s in studies for f in fronts for pair in _pairs(s, f)])
            if len(found):
                rows.append({"whose": whose, "of": kind, "picks": len(found), **_means(found)})
    return rows


def _pairs(study: Study, names: Sequence[str]) -> Iterator[list[list[float]]]:
    """Per limit and seed: test worth by rule and price."""
    for limit in LIMITS:
        both = [front(study, names, limit, rule) for rule in (RULE, OTHER)]
        for seed in both[0]:
            yield [
                [
                    float(worth_within(by_seed[seed].counts, study.constraint, limit, price))
                    for price in (PRICE, *OTHER_PRICES)
                ]
                for by_seed in both
            ]


def _means(found: np.ndarray[Any, Any]) -> dict[str, Any]:
    chosen, other = found.mean(0)
    return {
        RULE: round(float(chosen[0]), 6),
        OTHER: round(float(other[0]), 6),
        "difference_at_prices": {
            f"{price:g}": round(float(a - b), 6)
            for price, a, b in zip((PRICE, *OTHER_PRICES), chosen, other, strict=True)
        },
    }


def rule_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """In a sentence; none where there is nothing."""
    if not rows:
        return []
    said = "; ".join(
        f"{r['whose']}, {r['of']}: {100 * r[RULE]:.2f} instead of {100 * r[OTHER]:.2f}"
        for r in rows
    )
    return [
        "Mean accuracy within the limit (%) of what this rule picks instead of the most accurate "
        f"within the limit on validation people: {said}."
    ]
