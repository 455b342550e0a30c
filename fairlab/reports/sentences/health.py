"""The health of a run in words."""

from fairlab.pareto.health import Finding, HealthReport
from fairlab.reports.sentences.point import point_label
from fairlab.results import SweepResult

NAMED = 2  # models named per finding


def health_sentence(report: HealthReport, result: SweepResult) -> str:
    """How many models are healthy, and what is wrong with which of the others."""
    whole = len(report.healthy) == report.models
    start = f"All {report.models}" if whole else f"{len(report.healthy)} of {report.models}"
    parts = [f"{start} models are healthy."]
    parts += [finding_words(one, result) for one in report.findings]
    return " ".join(parts)


def finding_words(finding: Finding, result: SweepResult, named: int = NAMED) -> str:
    """One finding as a sentence, with the first models that have it."""
    if not finding.indices:
        return finding.words
    where = " on test people" if finding.on_test else ""
    labels = [point_label(result.points[m]) for m in finding.indices]
    shown = "; ".join(labels[:named])
    more = len(labels) - named
    rest = f" and {more} more" if more > 0 else ""
    return f"{len(labels)} {finding.words}{where} ({shown}{rest})."
