"""How long a run will take, judged from the runs before it on this machine."""

from collections.abc import Iterable

from fairlab.config import ModelConfig, RunConfig, SweepConfig
from fairlab.runs.records import RunRecord, RunState

# Seconds per person, model and epoch for the default network on two cores of a 2024 server.
# Only used until a first run has been finished here.
NOMINAL = 1.7e-6
SHORTEST = 1.0
# One queue serves everybody on the machine, so a longer run belongs in a shell of its own.
LONGEST = 2 * 3600.0
# Columns of a table once encoded; only the proportion between models of one table matters.
COLUMNS = 130


def estimate_seconds(config: RunConfig, rows: int, past: Iterable[RunRecord] = ()) -> float:
    """Seconds from start to end, roughly: the work to do times the pace of the newest past run.

    Args:
        config: What would be trained.
        rows: People in the table.
        past: Runs of this machine, newest first.

    Returns:
        At least one second. Within a factor of two for tables of similar width; wider tables and
        deeper networks than those of past runs take longer than said.
    """
    pace = next((p for p in map(_pace, past) if p is not None), NOMINAL)
    return max(SHORTEST, pace * _work(config.sweep, rows))


def duration_words(seconds: float) -> str:
    """A duration for reading: "40 seconds", "12 minutes", "2.5 hours"."""
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def too_long(seconds: float) -> str:
    """What to do about a run that would hold up everybody else; "" when it would not."""
    if seconds <= LONGEST:
        return ""
    return (
        f"This run would take about {duration_words(seconds)}, and others on this machine would "
        f"wait behind it; the limit here is {duration_words(LONGEST)}. Train fewer strengths, "
        "seeds or epochs, or a smaller network. Or train it in a shell of your own: fairlab sweep "
        "has no limit."
    )


def _work(sweep: SweepConfig, rows: int) -> float:
    size = 0.3 + 0.7 * _weights(sweep.model) / _weights(ModelConfig())
    return rows * sweep.split.train * sweep.epochs * sweep.n_models * size


def _weights(model: ModelConfig) -> int:
    if model.kind == "logistic":
        return COLUMNS
    return COLUMNS * model.width + (model.depth - 1) * model.width**2


def _pace(record: RunRecord) -> float | None:
    rows = record.config.data.rows
    whole = record.state is RunState.DONE and record.started is not None
    if not whole or record.finished is None or record.started is None or not rows:
        return None
    return (record.finished - record.started) / _work(record.config.sweep, rows)
