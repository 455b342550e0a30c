"""``fairlab frontier``: the best any thresholds per group allow for a score."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlab.commands.console import (
    AsJson,
    favourable_values,
    refuse_draws,
    say,
    say_json,
    write_text,
)
from fairlab.errors import InputError

if TYPE_CHECKING:
    from fairlab.results import ScoredPeople


def frontier(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet of scored validation people.")],
    label: Annotated[str, typer.Option(help="Column with what truly happened.")],
    score: Annotated[str, typer.Option(help="Column of scores.")],
    sensitive: Annotated[
        list[str], typer.Option(help="Column of a sensitive attribute; may be given again.")
    ],
    favourable: Annotated[
        list[str] | None, typer.Option(help="Label value that is favourable; may be repeated.")
    ] = None,
    risk: Annotated[
        bool, typer.Option("--risk", help="High scores are unfavourable: their sign is turned.")
    ] = False,
    crossed: Annotated[
        bool, typer.Option("--crossed", help="Cross the attributes instead of one by one.")
    ] = False,
    constraint: Annotated[
        str, typer.Option(help="Whose gap is at most the slack, such as equalized_odds.")
    ] = "demographic_parity",
    mean: Annotated[
        bool, typer.Option("--mean", help="Equalized odds as the mean of its two gaps.")
    ] = False,
    cost_fp: Annotated[float, typer.Option(help="Cost of a false positive.")] = 1,
    cost_fn: Annotated[float, typer.Option(help="Cost of a false negative.")] = 1,
    slack: Annotated[
        float | None, typer.Option(help="Also give the rule for this slack (0.05 is 5 points).")
    ] = None,
    rule: Annotated[
        Path | None, typer.Option(help="Write the rule here as JSON (with --slack).")
    ] = None,
    deterministic: Annotated[
        bool, typer.Option("--deterministic", help="Write the rule with one threshold per group.")
    ] = False,
    test: Annotated[
        Path | None, typer.Option(help="Other people, same columns: measure the rules on them.")
    ] = None,
    draws: Annotated[int, typer.Option(help="Resampled populations for the bands.")] = 500,
    seed: Annotated[int, typer.Option(help="Same seed, same bands.")] = 0,
    as_json: AsJson = False,
) -> None:
    """The best any thresholds per group allow for a score, at every slack; and the rule."""
    from fairlab.data import read_path, read_predictions
    from fairlab.frontier import one_threshold_each, threshold_frontier
    from fairlab.reports import terminal_frontier as words

    refuse_draws(draws, seed)
    if slack is not None and slack > 1:
        raise InputError(
            f"--slack is {slack:g}; it is a share from 0 to 1. Write 0.05 for 5 points."
        )
    groupings = [tuple(sensitive)] if crossed else [(name,) for name in sensitive]
    if rule is not None and (slack is None or len(groupings) > 1):
        raise InputError(
            "--rule writes one rule: give --slack too, and one --sensitive column or --crossed."
        )
    if deterministic and rule is None:
        raise InputError("--deterministic is about the rule that is written: give --rule too.")
    table = read_path(file)
    good = favourable_values(table.frame, label) if favourable is None else favourable

    def read(path: Path) -> "ScoredPeople":
        return read_predictions(
            (table if path == file else read_path(path)).frame,
            label=label,
            favourable=good,
            sensitive=sensitive,
            score=score,
            higher_is_better=not risk,
        )

    people, others = read(file), None if test is None else read(test)
    notes = [*table.notes, *people.notes, *(others.notes if others else ())]
    record: dict[str, Any] = {"notes": notes, "frontiers": {}}
    lines = [f"Favourable: {label} = {' or '.join(good)}"]
    for by in groupings:
        outcomes = people.outcomes(by)
        found = threshold_frontier(
            outcomes, constraint, cost_fp, cost_fn, form="mean" if mean else "max"
        )
        name = " × ".join(by)
        one = record["frontiers"][name] = words.frontier_record(found)
        lines.append(words.frontier_text(name, found))
        if others is not None:
            measured = found.evaluate(others.outcomes(by), draws, seed)
            one["test"] = words.evaluated_record(measured)
            lines.append(words.evaluated_text(measured))
        if slack is not None:
            chosen = found.at(slack)
            rounded = one_threshold_each(found, outcomes, slack)
            one["rule"] = words.rule_record(chosen, rounded)
            lines.append(words.rule_text(chosen, rounded, risk=risk))
            if rule is not None:
                write_text(rule, (rounded.rule if deterministic else chosen).to_json())
                lines.append(f"Written: {rule}{'; it is for minus the score' if risk else ''}")
    if as_json:
        say_json(record)
        return
    for line in [*lines, *(f"- {note}" for note in dict.fromkeys(notes))]:
        say(line)
