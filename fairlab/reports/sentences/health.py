"""The health of a run in words."""

from collections import Counter

from fairlab.language import tr
from fairlab.pareto.health import Finding, HealthReport, healthy_words
from fairlab.reports.sentences.point import dial_words, family_label, point_label
from fairlab.results import Point, SweepResult
from fairlab.retelling import retold

NAMED = 2  # models of a family that are named one by one
STRETCHES = 4  # stretches of settings that are said; the others are counted


def health_sentence(report: HealthReport, result: SweepResult) -> str:
    """How many models are healthy, and what is wrong with which of the others."""
    parts = [f"{retold(healthy_words(len(report.healthy), report.models))}."]
    parts += [finding_words(one, result) for one in report.findings]
    return " ".join(parts)


def finding_words(finding: Finding, result: SweepResult) -> str:
    """One finding as a sentence, with the models that have it: few by name, many by their range."""
    if not finding.indices:
        return retold(finding.words)
    where = tr(" on test people") if finding.on_test else ""
    families: dict[str, list[Point]] = {}
    for m in finding.indices:
        families.setdefault(result.points[m].family, []).append(result.points[m])
    shown = "; ".join(
        _together(own, [p for p in result.points if p.family == family])
        for family, own in families.items()
    )
    return f"{len(finding.indices)} {retold(finding.words)}{where} ({shown})."


def _together(points: list[Point], family: list[Point]) -> str:
    """Models of one family: by name, or as stretches of settings that lie side by side.

    Args:
        points: Those meant.
        family: All of their family: a stretch never reaches over a setting that is not meant.
    """
    labels = list(dict.fromkeys(point_label(point) for point in points))
    if len(labels) <= NAMED:
        return "; ".join(labels)
    label = family_label(points[0].family)
    if any(_dial(point) is None for point in points):
        return tr("{label}, {n_points} of them", label=label, n_points=len(points))
    said = [_stretch_words(*ends) for ends in _stretches(points, family)]
    if len(said) > STRETCHES:
        said = [
            *said[:STRETCHES],
            tr(
                "{n_said_less_stretches} more stretches",
                n_said_less_stretches=len(said) - STRETCHES,
            ),
        ]
    *most, last = said
    return (
        tr("{label}, {most} and {last}", label=label, most=", ".join(most), last=last)
        if most
        else f"{label}, {last}"
    )


def _stretches(points: list[Point], family: list[Point]) -> list[tuple[Point, Point, bool]]:
    """First and last of each stretch of neighbouring settings, and whether in every seed."""
    meant = Counter(map(_order, points))
    trained = Counter(map(_order, family))
    example = {_order(point): point for point in points}
    found: list[tuple[Point, Point, bool]] = []
    before: bool | None = None  # of the setting before: None where none of its models is meant
    for value in sorted(trained):
        if not meant[value]:
            before = None
            continue
        whole = meant[value] == trained[value]
        if whole is before:
            found[-1] = (found[-1][0], example[value], whole)
        else:
            found.append((example[value], example[value], whole))
        before = whole
    return found


def _stretch_words(least: Point, largest: Point, whole: bool) -> str:
    low, high = dial_words(least), dial_words(largest)
    seeds = "" if whole else tr(" in some seeds")
    if low == high:
        return f"{low}{seeds}"
    number = high.rsplit(" ", 2)[-2:] if high.endswith(" points") else high.split(" ")[-1:]
    unit = tr(" points") if low.endswith(" points") and high.endswith(" points") else ""
    upto = " ".join(number) if low.split()[0] == high.split()[0] else high
    return tr(
        "{removesuffix} to {upto}{seeds}",
        removesuffix=low.removesuffix(unit),
        upto=upto,
        seeds=seeds,
    )


def _dial(point: Point) -> float | None:
    return point.strength if point.slack is None else point.slack


def _order(point: Point) -> float:
    dial = _dial(point)
    return 0.0 if dial is None else dial
