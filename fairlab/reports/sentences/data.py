"""What a table says before any model, in sentences."""

from collections.abc import Sequence

import pandas as pd

from fairlab.data import Proxies, Strength
from fairlab.language import tr, tr_n
from fairlab.reports.tables.data import GroupRow


def base_rate_sentence(rows: Sequence[GroupRow], words: tuple[str, str]) -> str:
    """Highest and lowest base rate, each with its interval and people."""
    known = [row for row in rows if row.rate is not None]
    if len(known) < 2:
        return tr("We cannot tell: fewer than two groups have anyone in them.")
    high = max(known, key=lambda row: row.rate or 0)
    low = min(known, key=lambda row: row.rate or 0)
    if high.rate == low.rate:
        return tr(
            "“{words_first}” is equally common in every group: {high}.",
            words_first=words[0],
            high=_share(high),
        )
    apart = 100 * ((high.rate or 0) - (low.rate or 0))
    overlap = (low.upper or 0) >= (high.lower or 0)
    said = tr(
        "In this table “{words_first}” is most common for {high} "
        "({high_2}) and least common for {low} ({low_2}): {apart:.1f} "
        "points apart.",
        words_first=words[0],
        high=high.name,
        high_2=_share(high),
        low=low.name,
        low_2=_share(low),
        apart=apart,
    )
    return said + (tr(" The intervals overlap.") if overlap else "")


def detectable_sentence(rows: Sequence[GroupRow]) -> str:
    """The smallest gap the test part could show, for the group it is hardest for."""
    known = [row for row in rows if row.n > 0]
    if len(known) < 2:
        return ""
    blind = [row.name for row in known if row.detectable is None]
    if blind:
        return tr(
            "We cannot tell gaps for {list}: with so few people in the "
            "test part, even the largest possible gap would often be "
            "missed.",
            list=_list(blind),
        )
    hardest = max(known, key=lambda row: row.detectable or 0)
    return tr(
        "Results are measured on a fifth of the people. For {hardest} "
        "(about {word:,} of them) the smallest gap that would show in 4 of "
        "5 tries is {detectable:.0f} points; smaller ones may be there "
        "unseen.",
        hardest=hardest.name,
        word=max(1, round(hardest.n / 5)),
        detectable=100 * (hardest.detectable or 0),
    )


def proxies_sentence(found: Proxies) -> str:
    """How well features give the group away, together and the strongest by itself."""
    if not found.columns:
        return tr(
            "We cannot tell: too few people per group of {attribute}.", attribute=found.attribute
        )
    first = found.columns[0]
    alone = tr(
        "The strongest by itself is {column} ({auc:.2f})", column=first.column, auc=first.auc
    )
    together = ""
    if found.together is not None:
        together = tr(
            "All features together tell the groups of {attribute} apart "
            "with AUC {together:.2f} (0.5 is guessing, 1 is certain; "
            "{found_n:,} people). ",
            attribute=found.attribute,
            together=found.together,
            found_n=found.n,
        )
    notes = f" {' '.join(found.notes)}" if found.notes else ""
    return tr(
        "{together}{alone}. Leaving {attribute} out of the features does "
        "not hide what they give away.{notes}",
        together=together,
        alone=alone,
        attribute=found.attribute,
        notes=notes,
    )


def leaks_sentence(found: Sequence[Strength], limit: float) -> str:
    """Which features predict the label almost perfectly by themselves."""
    if not found:
        return tr("We cannot tell: no features, or too few people.")
    leaks = [s.column for s in found if s.auc >= limit]
    if leaks:
        return tr_n(
            "{list} alone predicts the label almost perfectly (AUC {limit:g} or more): known only "
            "after the outcome?",
            "{list} alone predict the label almost perfectly (AUC {limit:g} or more): known only "
            "after the outcome?",
            len(leaks),
            list=_list(leaks),
            limit=limit,
        )
    first = found[0]
    return tr(
        "No feature alone predicts the label almost perfectly; the best is "
        "{column} (AUC {auc:.2f}, {first_n:,} people).",
        column=first.column,
        auc=first.auc,
        first_n=first.n,
    )


def missing_sentence(table: pd.DataFrame, columns: int) -> str:
    """How many columns have missing values, and the worst."""
    if table.empty:
        return tr("No value is missing.")
    worst = table.iloc[0]
    return tr(
        "{n_table} of {columns} columns have missing values; most in "
        "{column} ({of_all:g} % of rows).",
        n_table=len(table),
        columns=columns,
        column=worst["Column"],
        of_all=worst["of all, %"],
    )


def begin(text: str) -> str:
    """The text with a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]


def left_out_sentence(rows: Sequence[GroupRow], drawn: int) -> str:
    """Groups with nobody, and groups the chart has no room for; "" when there are none."""
    said = []
    empty = [row.name for row in rows if row.n == 0]
    if empty:
        said.append(tr("No one is in {list}.", list=_list(empty)))
    if len(rows) - len(empty) > drawn:
        said.append(
            tr(
                "The chart shows the {drawn} largest of {n_rows} groups, the table all.",
                drawn=drawn,
                n_rows=len(rows),
            )
        )
    return " ".join(said)


def crossing_sentence(problems: Sequence[str]) -> str:
    """Why models cannot be trained on a crossing; audits of it still can be read."""
    more = (
        tr(" {n_problems} more groups are too small.", n_problems=len(problems) - 1)
        if len(problems) > 1
        else ""
    )
    return tr(
        "Models cannot be trained to compare by this crossing. {problems_first}{more}",
        problems_first=problems[0],
        more=more,
    )


def favourable_words(label: str, favourable: Sequence[str], words: tuple[str, str]) -> str:
    """ "approve = 1 means loan approved"."""
    if not favourable:
        return tr("choose the favourable outcome")
    return tr(
        "{label} = {favourable} means “{words_first}”",
        label=label,
        favourable=" or ".join(favourable),
        words_first=words[0],
    )


def _share(row: GroupRow) -> str:
    return tr(
        "{rate:.1f} %, 95 % interval {row_lower:.1f} to {row_upper:.1f}, {row_n:,} people",
        rate=100 * (row.rate or 0),
        row_lower=100 * (row.lower or 0),
        row_upper=100 * (row.upper or 0),
        row_n=row.n,
    )


def _list(names: Sequence[str]) -> str:
    shown = list(names[:4])
    if len(names) > 4:
        shown.append(tr("{n_names} more", n_names=len(names) - 4))
    return (
        shown[0]
        if len(shown) == 1
        else tr("{shown} and {shown_last}", shown=", ".join(shown[:-1]), shown_last=shown[-1])
    )
