"""From cells to what ``bench quality`` prints and writes."""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.harness import columns
from benchmarks.quality_cells import Cell
from benchmarks.quality_picks import FRONT_LIMITS, PRICE, REFERENCE_GAP, covered
from benchmarks.quality_points import LIMITS, Method
from benchmarks.quality_rules import OTHERS, RULE, Rule
from benchmarks.quality_tables import TABLES
from benchmarks.quality_verdicts import (
    Chosen,
    Interval,
    People,
    Verdict,
    beyond_chance_together,
    chance,
    choose,
    compare,
    over_seeds,
)

OURS = "fairlab"
# Verdicts are repeated at these prices, to see whether they hang on it.
OTHER_PRICES = (0.0, 0.3)
TIES = (
    "A tie is a difference within noise: with five seeds, a true loss of 2 standard errors would "
    "be called a tie in 65 to 72 of 100 cases, and with fewer seeds in more."
)
# How the rules are called that are not the one.
RULES_SAID: Mapping[Rule, str] = {
    "expected": "the highest expected accuracy within the limit of all points alike",
    "within": "the most accurate point within the limit on validation people",
}


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """All cells of a table and a constraint.

    Attributes:
        table, constraint: Which.
        people: Test people by seed.
        cells: By method name and seed; those that failed hold no points.
        shared: Share of test people two seeds have in common.
    """

    table: str
    constraint: str
    people: Mapping[int, People]
    cells: Mapping[str, Mapping[int, Cell]]
    shared: float


def studies(
    cells: Iterable[Cell],
    people: Callable[[str, int], People],
    shared: Callable[[str], float],
) -> list[Study]:
    """Cells by table and constraint, in the order of the tables."""
    found: dict[tuple[str, str], dict[str, dict[int, Cell]]] = {}
    for cell in cells:
        of_study = found.setdefault((cell.place.table, cell.place.constraint), {})
        of_study.setdefault(cell.method, {})[cell.place.seed] = cell
    order = sorted(found, key=lambda place: (list(TABLES).index(place[0]), place[1]))
    return [
        Study(
            table,
            constraint,
            {
                seed: people(table, seed)
                for seed in sorted(
                    {s for by_seed in found[table, constraint].values() for s in by_seed}
                )
            },
            found[table, constraint],
            shared(table),
        )
        for table, constraint in order
    ]


def seeds_of(study: Study, names: Sequence[str]) -> list[int]:
    """Seeds in which all of some methods have been run: a front lacks none of them."""
    if not names:
        return []
    return sorted(set.intersection(*(set(study.cells.get(name, {})) for name in names)))


def front(study: Study, names: Sequence[str], limit: float, rule: Rule = RULE) -> dict[int, Chosen]:
    """By seed what the union of some methods picks, where all of them have been run."""
    found = {}
    for seed in seeds_of(study, names):
        chosen = choose([study.cells[name][seed] for name in names], limit, rule)
        if chosen is not None:
            found[seed] = chosen
    return found


def methods_of(methods: Sequence[Method], owner: str, uses: bool) -> list[str]:
    """Names of the methods of an owner that do, or do not, use the attribute."""
    return [m.name for m in methods if m.owner == owner and m.uses_attribute == uses]


def rows_of(study: Study, methods: Sequence[Method]) -> list[dict[str, Any]]:
    """Accuracy, gap and hypervolume on test people of every method, and of our two fronts."""
    rows = []
    for uses in (False, True):
        names = {"our best front": methods_of(methods, OURS, uses)}
        names |= {m.title: [m.name] for m in methods if m.uses_attribute == uses}
        for title, chosen in names.items():
            row = _row(study, chosen)
            if row is None:
                continue
            owner = next(m.owner for m in methods if m.name == chosen[0])
            rows.append({"method": title, "owner": owner, "uses_attribute": uses, **row})
    return rows


def _row(study: Study, names: Sequence[str]) -> dict[str, Any] | None:
    fronts = {limit: front(study, names, limit) for limit in LIMITS}
    if not fronts[LIMITS[0]]:
        return None
    row: dict[str, Any] = {"seeds": len(fronts[LIMITS[0]]), "at": {}}
    for limit, by_seed in fronts.items():
        accuracy = [float(c.cell.test.accuracy[c.pick.index]) for c in by_seed.values()]
        gap = [float(c.cell.test.gap[c.pick.index]) for c in by_seed.values()]
        row["at"][f"{limit:g}"] = {
            "accuracy": as_record(over_seeds(accuracy)),
            "gap": as_record(over_seeds(gap)),
            "beyond": sum(not c.pick.within for c in by_seed.values()),
            "picked": [
                f"{c.cell.method}: {c.cell.settings[c.pick.index]}" for c in by_seed.values()
            ],
        }
    row["hypervolume"] = as_record(over_seeds(volumes(study, names)))
    return row


def volumes(study: Study, names: Sequence[str]) -> list[float]:
    """Hypervolume by seed of what the union of some methods picks at ``FRONT_LIMITS``."""
    fronts = [front(study, names, limit) for limit in FRONT_LIMITS]
    return [
        covered(np.stack([by_seed[seed].counts for by_seed in fronts]), study.constraint)
        for seed in fronts[0]
    ]


def verdicts_of(study: Study, methods: Sequence[Method]) -> list[dict[str, Any]]:
    """Our best front against each peer's, with and without the attribute, at every limit."""
    rows = []
    for uses in (False, True):
        mine = methods_of(methods, OURS, uses)
        for owner in dict.fromkeys(m.owner for m in methods if m.owner != OURS):
            names = methods_of(methods, owner, uses)
            for limit in LIMITS if names else ():
                ours, theirs = front(study, mine, limit), front(study, names, limit)
                if not set(ours) & set(theirs):
                    continue
                made = [
                    compare(ours, theirs, study.people, limit, study.shared, price)
                    for price in (PRICE, *OTHER_PRICES)
                ]
                others = {
                    rule: compare(
                        front(study, mine, limit, rule),
                        front(study, names, limit, rule),
                        study.people,
                        limit,
                        study.shared,
                    )
                    for rule in OTHERS
                }
                rows.append(
                    {
                        "table": study.table,
                        "constraint": study.constraint,
                        "uses_attribute": uses,
                        "limit": limit,
                        "peer": owner,
                        **verdict_record(made[0]),
                        "at_other_prices": {
                            f"{price:g}": found.word
                            for price, found in zip(OTHER_PRICES, made[1:], strict=True)
                        },
                        "by_other_rules": {
                            rule: {
                                "difference": as_record(other.difference),
                                "verdict": other.word,
                            }
                            for rule, other in others.items()
                        },
                    }
                )
    return rows


def verdict_record(found: Verdict) -> dict[str, Any]:
    """A verdict as JSON."""
    return {
        "difference": as_record(found.difference),
        "by_seed": [round(v, 6) for v in found.by_seed],
        "noise_of_rows": _number(found.noise_of_rows),
        "verdict": found.word,
    }


def as_record(found: Interval) -> dict[str, float | None]:
    """An interval as JSON: undefined is null."""
    return {name: _number(value) for name, value in asdict(found).items()}


def _number(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None


def tally(verdicts: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many wins, ties, losses, and open comparisons."""
    words = [v["verdict"] for v in verdicts]
    return {word: words.count(word) for word in ("win", "tie", "loss", "open")}


def text(record: Mapping[str, Any]) -> str:
    """The record as text."""
    lines = [record["title"], record["machine"], *(f"- {fact}" for fact in record["facts"]), ""]
    for study in record["studies"]:
        lines += [f"{study['title']}, {study['constraint'].replace('_', ' ')}", ""]
        lines += [columns(_table(study["methods"]), [""] * len(study["methods"])), ""]
    lines += ["Our best front − the peer's, accuracy within the limit, in points:", ""]
    lines += [columns(_verdict_table(record["verdicts"]), [""] * _peers(record["verdicts"])), ""]
    lines.append(tally_line(record["verdicts"]))
    for lost in (v for v in record["verdicts"] if v["verdict"] == "loss"):
        lines.append(f"Lost: {loss_line(lost)}")
    return "\n".join(lines)


def tally_line(verdicts: Sequence[Mapping[str, Any]]) -> str:
    """Wins, ties and losses in sentences, by each rule of picking."""
    found = tally(verdicts)
    seeds = Counter(len(v["by_seed"]) for v in verdicts)
    each = ", ".join(f"{n} with {k} seed{'s' * (k > 1)}" for k, n in sorted(seeds.items()))
    said = [
        f"{found['win']} won, {found['tie']} tied, {found['loss']} lost of {len(verdicts)}"
        f"{f' ({each})' if each else ''}."
    ]
    judged = len(verdicts) - found["open"]
    if judged and not found["loss"]:
        said.append(f"None of the {judged:,} is lost beyond noise.")
    if judged:
        said.append(f"About {0.025 * judged:.0f} would be lost by chance alone if all were equal.")
    if judged > 1:
        stands = beyond_chance_together(
            [chance(v["by_seed"], v["noise_of_rows"]) for v in verdicts]
        )
        together = tally([v for v, stood in zip(verdicts, stands, strict=True) if stood])
        said.append(
            "Looked at all together (Holm's procedure, 5 % for one wrong among them), "
            f"{together['win']} are won and {together['loss']} lost."
        )
    if found["tie"]:
        wide = [
            (v["difference"]["high"] - v["difference"]["low"]) / 2
            for v in verdicts
            if v["verdict"] == "tie"
        ]
        said.append(
            f"{TIES} Half of the ties have intervals of ± {100 * np.median(wide):.1f} points "
            "or more."
        )
    if found["open"]:
        said.append(f"{found['open']} are open: one seed gives no verdict.")
    if judged:
        for rule, how in RULES_SAID.items():
            other = tally([v["by_other_rules"][rule] for v in verdicts])
            said.append(
                f"Picked as {how}: {other['win']} won, {other['tie']} tied, {other['loss']} lost."
            )
    return " ".join(said)


def loss_line(lost: Mapping[str, Any]) -> str:
    """A lost comparison in words."""
    d = lost["difference"]
    return (
        f"{lost['table']}, {lost['constraint'].replace('_', ' ')}, limit {100 * lost['limit']:g}, "
        f"to {lost['peer']} ({'with' if lost['uses_attribute'] else 'without'} the attribute): "
        f"{points(d)}"
    )


def points(found: Mapping[str, float | None]) -> str:
    """An interval in points: "+0.31 [−0.02, 0.64]"."""
    if found["mean"] is None:
        return "–"
    if found["low"] is None or found["high"] is None:
        return f"{100 * found['mean']:+.2f}"
    return f"{100 * found['mean']:+.2f} [{100 * found['low']:.2f}, {100 * found['high']:.2f}]"


def _table(methods: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    head = ["method", "uses the attribute", "seeds"]
    head += [f"accuracy, gap at ≤ {100 * limit:g}" for limit in LIMITS] + ["hypervolume"]
    rows = [tuple(head)]
    for m in methods:
        cells = [m["method"], "yes" if m["uses_attribute"] else "no", str(m["seeds"])]
        for limit in LIMITS:
            at = m["at"][f"{limit:g}"]
            missed = f" ({at['beyond']} beyond)" if at["beyond"] else ""
            cells.append(f"{_pair(at['accuracy'], 1)}, {_pair(at['gap'], 1)}{missed}")
        rows.append((*cells, _pair(m["hypervolume"], 1)))
    return rows


def _pair(found: Mapping[str, float | None], digits: int) -> str:
    """ "84.5 ± 0.3" in points."""
    mean, high = found["mean"], found["high"]
    if mean is None:
        return "–"
    said = f"{100 * mean:.{digits}f}"
    return said if high is None else f"{said} ± {100 * (high - mean):.{digits}f}"


def _peers(verdicts: Sequence[Mapping[str, Any]]) -> int:
    return len({_line(v) for v in verdicts})


def _line(v: Mapping[str, Any]) -> tuple[str, str, bool, str]:
    return v["table"], v["constraint"], v["uses_attribute"], v["peer"]


def _verdict_table(verdicts: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    head = (
        "table",
        "constraint",
        "uses the attribute",
        "peer",
        *(f"≤ {100 * k:g}" for k in LIMITS),
    )
    by_line: dict[tuple[str, str, bool, str], dict[float, str]] = {}
    for v in verdicts:
        by_line.setdefault(_line(v), {})[v["limit"]] = f"{v['verdict']} {points(v['difference'])}"
    return [
        head,
        *(
            (t, c.replace("_", " "), "yes" if u else "no", peer, *(at.get(k, "–") for k in LIMITS))
            for (t, c, u, peer), at in by_line.items()
        ),
    ]


def as_json(record: Mapping[str, Any]) -> str:
    """JSON with a study's method, or a verdict, per line."""
    parts = []
    for key, value in record.items():
        if key == "studies":
            inner = []
            for study in value:
                facts = {k: v for k, v in study.items() if k != "methods"}
                rows = ",\n".join(f"    {json.dumps(m, allow_nan=False)}" for m in study["methods"])
                head = json.dumps(facts, allow_nan=False)[:-1]
                inner.append(f'  {head}, "methods": [\n{rows}\n  ]}}')
            joined = ",\n".join(inner)
            parts.append(f' "studies": [\n{joined}\n ]')
        elif isinstance(value, list) and key == "verdicts":
            rows = ",\n".join(f"  {json.dumps(v, allow_nan=False)}" for v in value)
            parts.append(f' "verdicts": [\n{rows}\n ]')
        else:
            parts.append(f" {json.dumps(key)}: {json.dumps(value, allow_nan=False)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


REFERENCE = (
    f"Hypervolume: share of the box of errors below a constant decision's and gaps below "
    f"{100 * REFERENCE_GAP:g} points that the picked points cover on test people."
)
