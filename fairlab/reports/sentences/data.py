"""What a table says before any model, in sentences."""

from collections.abc import Sequence

import pandas as pd

from fairlab.data import Proxies, Strength
from fairlab.reports.tables.data import GroupRow


def base_rate_sentence(rows: Sequence[GroupRow], words: tuple[str, str]) -> str:
    """Highest and lowest base rate, each with its interval and people."""
    known = [row for row in rows if row.rate is not None]
    if len(known) < 2:
        return "We cannot tell: fewer than two groups have anyone in them."
    high = max(known, key=lambda row: row.rate or 0)
    low = min(known, key=lambda row: row.rate or 0)
    if high.rate == low.rate:
        return f"“{words[0]}” is equally common in every group: {_share(high)}."
    apart = 100 * ((high.rate or 0) - (low.rate or 0))
    overlap = (low.upper or 0) >= (high.lower or 0)
    said = (
        f"In this table “{words[0]}” is most common for {high.name} ({_share(high)}) and least "
        f"common for {low.name} ({_share(low)}): {apart:.1f} points apart."
    )
    return said + (" The intervals overlap." if overlap else "")


def detectable_sentence(rows: Sequence[GroupRow]) -> str:
    """The smallest gap the test part could show, for the group it is hardest for."""
    known = [row for row in rows if row.n > 0]
    if len(known) < 2:
        return ""
    blind = [row.name for row in known if row.detectable is None]
    if blind:
        return (
            f"We cannot tell gaps for {_list(blind)}: with so few people in the test part, even "
            "the largest possible gap would often be missed."
        )
    hardest = max(known, key=lambda row: row.detectable or 0)
    return (
        f"Results are measured on a fifth of the people. For {hardest.name} (about "
        f"{max(1, round(hardest.n / 5)):,} of them) the smallest gap that would show in 4 of 5 "
        f"tries is {100 * (hardest.detectable or 0):.0f} points; smaller ones may be there unseen."
    )


def proxies_sentence(found: Proxies) -> str:
    """How well features give the group away, together and the strongest by itself."""
    if not found.columns:
        return f"We cannot tell: too few people per group of {found.attribute}."
    first = found.columns[0]
    alone = f"The strongest by itself is {first.column} ({first.auc:.2f})"
    together = ""
    if found.together is not None:
        together = (
            f"All features together tell the groups of {found.attribute} apart with AUC "
            f"{found.together:.2f} (0.5 is guessing, 1 is certain; {found.n:,} people). "
        )
    notes = f" {' '.join(found.notes)}" if found.notes else ""
    return (
        f"{together}{alone}. Leaving {found.attribute} out of the features does not hide what "
        f"they give away.{notes}"
    )


def leaks_sentence(found: Sequence[Strength], limit: float) -> str:
    """Which features predict the label almost perfectly by themselves."""
    if not found:
        return "We cannot tell: no features, or too few people."
    leaks = [s.column for s in found if s.auc >= limit]
    if leaks:
        return (
            f"{_list(leaks)} alone predict{'s' if len(leaks) == 1 else ''} the label almost "
            f"perfectly (AUC {limit:g} or more): known only after the outcome?"
        )
    first = found[0]
    return (
        f"No feature alone predicts the label almost perfectly; the best is {first.column} "
        f"(AUC {first.auc:.2f}, {first.n:,} people)."
    )


def missing_sentence(table: pd.DataFrame, columns: int) -> str:
    """How many columns have missing values, and the worst."""
    if table.empty:
        return "No value is missing."
    worst = table.iloc[0]
    return (
        f"{len(table)} of {columns} columns have missing values; most in {worst['Column']} "
        f"({worst['of all, %']:g} % of rows)."
    )


def begin(text: str) -> str:
    """The text with a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]


def left_out_sentence(rows: Sequence[GroupRow], drawn: int) -> str:
    """Groups with nobody, and groups the chart has no room for; "" when there are none."""
    said = []
    empty = [row.name for row in rows if row.n == 0]
    if empty:
        said.append(f"No one is in {_list(empty)}.")
    if len(rows) - len(empty) > drawn:
        said.append(f"The chart shows the {drawn} largest of {len(rows)} groups, the table all.")
    return " ".join(said)


def crossing_sentence(problems: Sequence[str]) -> str:
    """Why models cannot be trained on a crossing; audits of it still can be read."""
    more = f" {len(problems) - 1} more groups are too small." if len(problems) > 1 else ""
    return f"Models cannot be trained to compare by this crossing. {problems[0]}{more}"


def favourable_words(label: str, favourable: Sequence[str], words: tuple[str, str]) -> str:
    """ "approve = 1 means loan approved"."""
    if not favourable:
        return "choose the favourable outcome"
    return f"{label} = {' or '.join(favourable)} means “{words[0]}”"


def _share(row: GroupRow) -> str:
    return (
        f"{100 * (row.rate or 0):.1f} %, 95 % interval {100 * (row.lower or 0):.1f} to "
        f"{100 * (row.upper or 0):.1f}, {row.n:,} people"
    )


def _list(names: Sequence[str]) -> str:
    shown = list(names[:4])
    if len(names) > 4:
        shown.append(f"{len(names) - 4} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
