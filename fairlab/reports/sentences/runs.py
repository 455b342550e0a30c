"""What a list of runs says of each: what it is for, where it is, when it was asked for."""

from fairlab.config import RunConfig
from fairlab.errors import InputError
from fairlab.reports.sentences.point import family_label
from fairlab.results import CROSSING
from fairlab.runs.records import RunRecord, RunState

MINUTE, HOUR, DAY = 60, 3600, 86400
MB = 1_000_000


def compared(config: RunConfig) -> tuple[str, ...]:
    """The attributes whose groups a run compares: those it names, else the first sensitive one."""
    return config.sweep.group_by or config.task.sensitive[:1]


def run_title(config: RunConfig) -> str:
    """The constraint, between whose groups, and on which table."""
    sweep = config.sweep
    between = " and " if sweep.grouping == "marginal" else CROSSING
    by = between.join(compared(config))
    constraint = sweep.constraint.replace("_", " ").capitalize()
    table = config.data.filename or config.data.source
    return f"{constraint} by {by}, {table}" if by else f"{constraint}, {table}"


def run_parts(config: RunConfig) -> str:
    """How many models of which families, and on how many people where that is known."""
    families = ", ".join(family_label(mode).lower() for mode in config.sweep.modes)
    rows = config.data.rows
    people = f" · {rows:,} people" if rows else ""
    return f"{_count(config.sweep.n_models, 'model')} ({families}){people}"


def state_words(record: RunRecord) -> str:
    """Where a run is, in a few words."""
    if record.cancel_requested and record.state is RunState.RUNNING:
        return "stopping"
    if record.state is RunState.RUNNING:
        return f"training, {100 * record.share_done:.0f} %"
    words = {
        RunState.QUEUED: "waits",
        RunState.DONE: "done",
        RunState.FAILED: "stopped with an error",
        RunState.CANCELLED: "cancelled",
    }
    return words[record.state]


def ago(seconds: float) -> str:
    """How long ago, in the largest unit that fits: "just now", "12 minutes ago", "3 days ago"."""
    for length, unit in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds >= length:
            return f"{_count(int(seconds // length), unit)} ago"
    return "just now"


def in_a_while(seconds: float) -> str:
    """How long still, rounded up: "in 1 minute", "in 2 hours"."""
    for length, unit in ((HOUR, "hour"), (MINUTE, "minute")):
        if seconds > length:
            return f"in {_count(-int(-seconds // length), unit)}"
    return "in 1 minute"


def megabytes(size: int) -> str:
    """A size on disk: "0.4 MB", "12 MB", "3.1 GB"."""
    if size >= 1000 * MB:
        return f"{size / (1000 * MB):.1f} GB"
    return f"{size / MB:.0f} MB" if size >= 10 * MB else f"{size / MB:.1f} MB"


def delete_run_sentence(record: RunRecord) -> str:
    """What deleting this run takes away."""
    stops = " Its training stops, unless others wait for the same." if record.state.active else ""
    return (
        f"The run goes, with its points, for everybody who has its link.{stops} "
        "This cannot be undone."
    )


def holdings_sentence(runs: int, tables: int, size: int) -> str:
    """What somebody has here: "3 runs and 1 table, 12 MB"; no tables, no word of them."""
    parts = [_count(runs, "run")] if runs or not tables else []
    parts += [_count(tables, "table")] if tables else []
    return f"{' and '.join(parts)}, {megabytes(size)}"


def quota_sentence(used: int, most: int) -> str:
    """How much of one's place is taken."""
    return f"{megabytes(used)} of {megabytes(most)} used"


def quota_problems(error: InputError) -> str:
    """Why a run or table cannot be added, as one text."""
    return " ".join(error.problems)


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
