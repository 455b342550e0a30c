"""What a list of runs says of each: what it is for, where it is, when it was asked for."""

from fairlab.config import RunConfig
from fairlab.errors import InputError
from fairlab.language import inside, tr, tr_n
from fairlab.reports.sentences.curve import CONSTRAINT_WORDS
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
    between = tr(" and ") if sweep.grouping == "marginal" else CROSSING
    by = between.join(compared(config))
    constraint = CONSTRAINT_WORDS[sweep.constraint].partition(":")[0]
    table = config.data.filename or config.data.source
    return (
        tr("{constraint} by {by}, {table}", constraint=constraint, by=by, table=table)
        if by
        else f"{constraint}, {table}"
    )


def run_parts(config: RunConfig) -> str:
    """How many models of which families, and on how many people where that is known."""
    families = ", ".join(inside(family_label(mode)) for mode in config.sweep.modes)
    rows = config.data.rows
    people = tr(" · {rows:,} people", rows=rows) if rows else ""
    return tr_n(
        "{n:,} model ({families}){people}",
        "{n:,} models ({families}){people}",
        config.sweep.n_models,
        families=families,
        people=people,
    )


def state_words(record: RunRecord) -> str:
    """Where a run is, in a few words."""
    if record.cancel_requested and record.state is RunState.RUNNING:
        return tr("stopping")
    if record.state is RunState.RUNNING:
        return tr("training, {share_done:.0f} %", share_done=100 * record.share_done)
    words = {
        RunState.QUEUED: tr("waits"),
        RunState.DONE: tr("done"),
        RunState.FAILED: tr("stopped with an error"),
        RunState.CANCELLED: tr("cancelled"),
    }
    return words[record.state]


def ago(seconds: float) -> str:
    """How long ago, in the largest unit that fits: "just now", "12 minutes ago", "3 days ago"."""
    if seconds >= DAY:
        return tr_n("{n:,} day ago", "{n:,} days ago", int(seconds // DAY))
    if seconds >= HOUR:
        return tr_n("{n:,} hour ago", "{n:,} hours ago", int(seconds // HOUR))
    if seconds >= MINUTE:
        return tr_n("{n:,} minute ago", "{n:,} minutes ago", int(seconds // MINUTE))
    return tr("just now")


def in_a_while(seconds: float) -> str:
    """How long still, rounded up: "in 1 minute", "in 2 hours"."""
    if seconds > HOUR:
        return tr_n("in {n:,} hour", "in {n:,} hours", -int(-seconds // HOUR))
    return tr_n("in {n:,} minute", "in {n:,} minutes", max(1, -int(-seconds // MINUTE)))


def megabytes(size: int) -> str:
    """A size on disk: "0.4 MB", "12 MB", "3.1 GB"."""
    if size >= 1000 * MB:
        return tr("{size:.1f} GB", size=size / (1000 * MB))
    return (
        tr("{size:.0f} MB", size=size / MB)
        if size >= 10 * MB
        else tr("{size:.1f} MB", size=size / MB)
    )


def delete_run_sentence(record: RunRecord) -> str:
    """What deleting this run takes away."""
    stops = (
        tr(" Its training stops, unless others wait for the same.") if record.state.active else ""
    )
    return tr(
        "The run goes, with its points, for everybody who has its "
        "link.{stops} This cannot be undone.",
        stops=stops,
    )


def holdings_sentence(runs: int, tables: int, size: int) -> str:
    """What somebody has here: "3 runs and 1 table, 12 MB"; no tables, no word of them."""
    parts = [tr_n("{n:,} run", "{n:,} runs", runs)] if runs or not tables else []
    parts += [tr_n("{n:,} table", "{n:,} tables", tables)] if tables else []
    return f"{tr(' and ').join(parts)}, {megabytes(size)}"


def quota_sentence(used: int, most: int) -> str:
    """How much of one's place is taken."""
    return tr(
        "{megabytes} of {megabytes_2} used", megabytes=megabytes(used), megabytes_2=megabytes(most)
    )


def quota_problems(error: InputError) -> str:
    """Why a run or table cannot be added, as one text."""
    return " ".join(error.problems)
