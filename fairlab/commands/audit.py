"""``fairlab audit``: rates and gaps of a table of predictions."""

from pathlib import Path
from typing import Annotated

import typer

from fairlab.commands.console import AsJson, favourable_values, say, say_json


def audit(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet with one row per person.")],
    label: Annotated[str, typer.Option(help="Column with what truly happened.")],
    sensitive: Annotated[
        list[str], typer.Option(help="Column of a sensitive attribute; may be given again.")
    ],
    score: Annotated[str | None, typer.Option(help="Column of scores.")] = None,
    decision: Annotated[str | None, typer.Option(help="Column of decisions.")] = None,
    favourable: Annotated[
        list[str] | None, typer.Option(help="Label value that is favourable; may be repeated.")
    ] = None,
    threshold: Annotated[float, typer.Option(help="Selected if score >= threshold.")] = 0.5,
    risk: Annotated[
        bool, typer.Option("--risk", help="High scores are unfavourable: selected if <= threshold.")
    ] = False,
    selected: Annotated[
        list[str] | None, typer.Option(help="Decision value that means selected.")
    ] = None,
    crossed: Annotated[
        bool, typer.Option("--crossed", help="Cross the attributes instead of one by one.")
    ] = False,
    draws: Annotated[int, typer.Option(help="Resampled populations for the intervals.")] = 2000,
    seed: Annotated[int, typer.Option(help="Same seed, same intervals.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Rates and gaps of a table of predictions, each with its n and its interval."""
    from fairlab.data import read_path, read_predictions
    from fairlab.metrics.audit import audit as run_audit
    from fairlab.reports.terminal import audit_text

    table = read_path(file)
    good = favourable_values(table.frame, label) if favourable is None else favourable
    people = read_predictions(
        table.frame,
        label=label,
        favourable=good,
        sensitive=sensitive,
        score=score,
        decision=decision,
        selected=selected,
        threshold=threshold,
        higher_is_better=not risk,
    )
    groupings = [tuple(sensitive)] if crossed else [(name,) for name in sensitive]
    found = {
        " × ".join(by): run_audit(
            people.outcomes(by), people.threshold, draws, seed, has_scores=people.has_scores
        )
        for by in groupings
    }
    if as_json:
        record = {"notes": [*table.notes, *people.notes]}
        say_json({**record, "audits": {by: one.to_record() for by, one in found.items()}})
        return
    taken = "" if favourable is not None else " (say another with --favourable VALUE)"
    say(f"Favourable: {label} = {' or '.join(good)}{taken}")
    for by, one in found.items():
        say(audit_text(by, one, people.has_scores))
    for note in (*table.notes, *people.notes):
        say(f"- {note}")
