"""``fairlab decide``: apply a rule to people whose outcomes are not known."""

import json
from pathlib import Path
from typing import Annotated

import typer

from fairlab.commands.console import (
    AsJson,
    read_small_text,
    refuse_draws,
    say,
    say_json,
    say_table,
    write_text,
)


def decide(
    rule: Annotated[Path, typer.Argument(help="A rule as JSON, as frontier --rule writes it.")],
    file: Annotated[Path, typer.Argument(help="CSV or Parquet with one row per person.")],
    score: Annotated[str, typer.Option(help="Column of scores, in the unit the rule knows.")],
    sensitive: Annotated[
        list[str],
        typer.Option(help="Column of the rule's groups; several are crossed, in order."),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Write the table with its decisions here (CSV).")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="For drawn decisions; repeats them.")] = None,
    deterministic: Annotated[
        bool, typer.Option("--deterministic", help="Draw nothing: the likelier decision.")
    ] = False,
    risk: Annotated[
        bool, typer.Option("--risk", help="High scores are unfavourable, as for frontier --risk.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Who is selected under a rule with thresholds per group. Labels are not read."""
    from fairlab.data import read_path
    from fairlab.frontier import Rule, decide_table
    from fairlab.reports.export import csv_bytes

    refuse_draws(0, 0 if seed is None else seed)
    table = read_path(file)
    decided = decide_table(
        Rule.from_json(read_rule_text(rule)),
        table.frame,
        score=score,
        sensitive=sensitive,
        seed=seed,
        deterministic=deterministic,
        higher_is_better=not risk,
    )
    content = csv_bytes(decided.frame).decode()
    notes = [*table.notes, *decided.notes]
    if out is not None:
        write_text(out, content.rstrip("\n"))
    if as_json:
        groups = json.loads(decided.summary().to_json(orient="records"))
        record = {"notes": notes, "groups": groups, "file": None if out is None else str(out)}
        say_json(record if out is not None else record | {"decision": decided.decision.tolist()})
    elif out is None:
        say_table(content.rstrip("\n"))
    else:
        for group, people, selected, between in decided.summary().itertuples(index=False):
            drawn = f", {between} by chance" if between and not deterministic else ""
            say(f"{group}: {selected} of {people} selected{drawn}")
        for note in notes:
            say(f"- {note}")
        say(f"Written: {out}")


def read_rule_text(path: Path) -> str:
    """The text of a rule's JSON file."""
    return read_small_text(
        path,
        "a rule",
        "Give the JSON that fairlab frontier --rule or the Train page wrote.",
    )
