"""The health of a run in words."""

from fairlab.pareto.health import Finding, HealthReport
from fairlab.reports.sentences.point import dial_words, family_label, point_label
from fairlab.results import Point, SweepResult

NAMED = 2  # models of a family that are named one by one


def health_sentence(report: HealthReport, result: SweepResult) -> str:
    """How many models are healthy, and what is wrong with which of the others."""
    whole = len(report.healthy) == report.models
    start = f"All {report.models}" if whole else f"{len(report.healthy)} of {report.models}"
    parts = [f"{start} models are healthy."]
    parts += [finding_words(one, result) for one in report.findings]
    return " ".join(parts)


def finding_words(finding: Finding, result: SweepResult) -> str:
    """One finding as a sentence, with the models that have it: few by name, many by their range."""
    if not finding.indices:
        return finding.words
    where = " on test people" if finding.on_test else ""
    families: dict[str, list[Point]] = {}
    for m in finding.indices:
        families.setdefault(result.points[m].family, []).append(result.points[m])
    shown = "; ".join(_together(own) for own in families.values())
    return f"{len(finding.indices)} {finding.words}{where} ({shown})."


def _together(points: list[Point]) -> str:
    """Models of one family: by name, or from the least to the largest of their settings."""
    labels = list(dict.fromkeys(point_label(point) for point in points))
    if len(labels) <= NAMED:
        return "; ".join(labels)
    family = family_label(points[0].family)
    dialled = [p for p in points if _dial(p) is not None]
    if not dialled:
        return f"{family}, {len(points)} of them"
    least, largest = min(dialled, key=_order), max(dialled, key=_order)
    low, high = dial_words(least), dial_words(largest)
    same_dial = low.split()[0] == high.split()[0]
    upto = high.split(" ", 1)[-1] if same_dial else high
    return f"{family}, {low}" if low == high else f"{family}, {low} to {upto}"


def _dial(point: Point) -> float | None:
    return point.strength if point.slack is None else point.slack


def _order(point: Point) -> float:
    dial = _dial(point)
    return 0.0 if dial is None else dial
