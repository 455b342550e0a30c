"""How long a run will take, judged from the runs before it on this machine."""

from collections.abc import Iterable

from fairlab.config import RunConfig, SweepConfig
from fairlab.runs.records import RunRecord, RunState

# Seconds per person, model and epoch for the default network on two cores of a 2024 server.
# Only used until a first run has been finished here.
NOMINAL = 1.7e-6
SHORTEST = 1.0
_MODEL_SHARE = {"logistic": 0.25, "mlp": 1.0}


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


def _work(sweep: SweepConfig, rows: int) -> float:
    models = sum(len(strengths_of(sweep, mode)) for mode in sweep.modes) * len(sweep.seeds)
    size = _MODEL_SHARE[sweep.model.kind]
    if sweep.model.kind == "mlp":
        size *= 0.5 + 0.5 * (sweep.model.width / 64) * (sweep.model.depth / 2)
    return rows * sweep.split.train * sweep.epochs * models * size


def strengths_of(sweep: SweepConfig, mode: str) -> tuple[float, ...]:
    """The grid of a mode: strengths, or slacks for the layer."""
    if mode == "layer":
        return sweep.layer.slacks
    return sweep.penalty.strengths if mode == "penalty" else sweep.adversarial.strengths


def _pace(record: RunRecord) -> float | None:
    rows = record.config.data.rows
    whole = record.state is RunState.DONE and record.started is not None
    if not whole or record.finished is None or record.started is None or not rows:
        return None
    return (record.finished - record.started) / _work(record.config.sweep, rows)
