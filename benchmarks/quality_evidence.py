"""How the rules of picking fare on test people, over everybody and everything at once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.quality_picks import PRICE, worth_within
from benchmarks.quality_points import LIMITS, Method
from benchmarks.quality_report import OTHER_PRICES, RULES_SAID, Study, front, methods_of
from benchmarks.quality_rules import OTHERS, RULE


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
            by_table: dict[str, list[Any]] = {}
            for study in studies:
                picks = [pick for names in fronts for pick in _picks(study, names)]
                by_table.setdefault(study.table, []).extend(picks)
            everything = [pick for picks in by_table.values() for pick in picks]
            if everything:
                rows.append(
                    {
                        "whose": whose,
                        "of": kind,
                        "picks": len(everything),
                        **_means(everything),
                        "by_table": {
                            table: _means(picks) for table, picks in by_table.items() if picks
                        },
                    }
                )
    return rows


def _picks(study: Study, names: Sequence[str]) -> Iterator[list[list[float]]]:
    """Per limit and seed: test worth by rule and price."""
    for limit in LIMITS:
        by_rule = [front(study, names, limit, rule) for rule in (RULE, *OTHERS)]
        for seed in by_rule[0]:
            yield [
                [
                    float(worth_within(by_seed[seed].counts, study.constraint, limit, price))
                    for price in (PRICE, *OTHER_PRICES)
                ]
                for by_seed in by_rule
            ]


def _means(picks: Sequence[Sequence[Sequence[float]]]) -> dict[str, Any]:
    """Mean worth by rule, and how much the chosen rule's is above another's at each price."""
    mean = np.array(picks).mean(0)
    prices = [f"{price:g}" for price in (PRICE, *OTHER_PRICES)]
    return {
        **{rule: round(float(row[0]), 6) for rule, row in zip((RULE, *OTHERS), mean, strict=True)},
        "difference_at_prices": {
            rule: dict(zip(prices, np.round(mean[0] - row, 6).tolist(), strict=True))
            for rule, row in zip(OTHERS, mean[1:], strict=True)
        },
    }


def rule_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """In a sentence; none where there is nothing."""
    if not rows:
        return []
    said = "; ".join(
        f"{r['whose']}, {r['of']}: " + ", ".join(f"{100 * r[rule]:.2f}" for rule in (RULE, *OTHERS))
        for r in rows
    )
    names = ", as ".join(("this rule", *(RULES_SAID[rule] for rule in OTHERS)))
    return [f"Mean accuracy within the limit (%) of what is picked by {names}: {said}."]
