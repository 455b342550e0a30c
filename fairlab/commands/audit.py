"""``fairlab audit``: rates and gaps of a table of predictions."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlab.commands.console import AsJson, favourable_values, refuse_draws, say, say_json
from fairlab.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


class Missing(StrEnum):
    """What to do with people who have no value of a sensitive attribute."""

    GROUP = "group"
    DROP = "drop"
    STOP = "stop"


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
    threshold: Annotated[
        float | None,
        typer.Option(
            help="Selected if score >= threshold; 0.5 for scores in 0 to 1 unless given.",
            show_default=False,
        ),
    ] = None,
    risk: Annotated[
        bool, typer.Option("--risk", help="High scores are unfavourable: selected if <= threshold.")
    ] = False,
    selected: Annotated[
        list[str] | None, typer.Option(help="Decision value that means selected.")
    ] = None,
    crossed: Annotated[
        bool, typer.Option("--crossed", help="Cross the attributes instead of one by one.")
    ] = False,
    weight: Annotated[str | None, typer.Option(help="Column of weights.")] = None,
    control: Annotated[
        list[str] | None,
        typer.Option(help="Also compare within strata of this column; may be given again."),
    ] = None,
    bins: Annotated[
        list[str] | None,
        typer.Option(help="Cut a numeric attribute into groups: age=25,60. May be given again."),
    ] = None,
    missing: Annotated[
        Missing, typer.Option(help="People without an attribute: own group, left out, or refuse.")
    ] = Missing.GROUP,
    merge_below: Annotated[
        int, typer.Option(min=0, help="Groups of fewer people become one: 'other groups'.")
    ] = 0,
    to_overall: Annotated[
        bool, typer.Option("--to-overall", help="Also print each gap measured from everyone.")
    ] = False,
    dictionary: Annotated[
        bool, typer.Option("--dictionary", help="Also print what other tools would print.")
    ] = False,
    smallest: Annotated[
        int, typer.Option(min=0, help="Suppress cells of fewer people; 0 shows all.")
    ] = 0,
    draws: Annotated[int, typer.Option(help="Resampled populations for the intervals.")] = 2000,
    seed: Annotated[int, typer.Option(help="Same seed, same intervals.")] = 0,
    level: Annotated[float, typer.Option(help="Confidence level of the intervals.")] = 0.95,
    as_json: AsJson = False,
) -> None:
    """Rates and gaps of a table of predictions, each with its n and its interval."""
    from fairlab.data import read_path, read_predictions
    from fairlab.reports.examination import examine, overview
    from fairlab.reports.terminal_audit import audit_text, overview_text

    refuse_draws(draws, seed, level)
    table = read_path(file)
    at = _threshold(table.frame, score, threshold, risk=risk)
    good = favourable_values(table.frame, label) if favourable is None else favourable
    controls = tuple(control or ())
    people = read_predictions(
        table.frame,
        label=label,
        favourable=good,
        sensitive=sensitive,
        score=score,
        decision=decision,
        selected=selected,
        threshold=at,
        higher_is_better=not risk,
        weight=weight,
        bins=_bins(bins or ()),
        missing_sensitive=missing.value,
        merge_groups_below=merge_below,
        controls=[name for name in controls if name not in sensitive],
    )
    groupings = [tuple(sensitive)] if crossed else [(name,) for name in sensitive]
    found = [
        examine(
            people,
            by,
            controls=controls,
            draws=draws,
            seed=seed,
            level=level,
            smallest=smallest,
            dictionary=dictionary,
            multicalibration=first,
        )
        for first, by in zip([True, *[False] * len(groupings)], groupings, strict=False)
    ]
    notes = [*table.notes, *people.notes]
    if as_json:
        audits = {one.name: one.to_record() for one in found}
        say_json({"notes": notes, "overview": overview(found), "audits": audits})
        return
    taken = "" if favourable is not None else " (say another with --favourable VALUE)"
    say(f"Favourable: {label} = {' or '.join(good)}{taken}")
    if len(found) > 1:
        say(overview_text({one.name: one.result for one in found}))
    for one in found:
        say(f"\n{audit_text(one, to_overall=to_overall)}")
    for note in notes:
        say(f"- {note}")


def _threshold(
    frame: "pd.DataFrame", score: str | None, threshold: float | None, *, risk: bool
) -> float:
    """The threshold given; one half where scores lie in [0, 1] and none was given.

    Raises:
        InputError: When none was given and the scores are on another scale.
    """
    import pandas as pd

    if threshold is not None:
        return threshold
    if score is None or score not in frame.columns:
        return 0.5
    values = pd.to_numeric(frame[score], errors="coerce").dropna()
    if values.empty or (values.min() >= 0 and values.max() <= 1):
        return 0.5
    sign = "<=" if risk else ">="
    raise InputError(
        f"The scores in {score!r} run from {values.min():g} to {values.max():g}, so the usual "
        f"threshold 0.5 says nothing. Say who is selected ({score} {sign} threshold) with "
        f"--threshold; the middle of the scores is {values.median():g}."
    )


def _bins(texts: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Inner edges by column, from "age=25,60"."""
    edges = {}
    for text in texts:
        name, _, numbers = text.rpartition("=")
        try:
            edges[name] = tuple(float(number) for number in numbers.split(","))
        except ValueError:
            name = ""
        if not name:
            raise InputError(
                f"--bins is {text!r}; it names a column and the numbers to cut it at. Write "
                "--bins age=25,60 for under 25, 25 to 59, and 60 and over."
            )
    return edges
