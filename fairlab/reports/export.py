"""What leaves the app: the run as YAML, the numbers as CSV. Aggregates only.

Rates of fewer than ten people are left out of the tables, and each row says so. Text that a
spreadsheet would run as a formula is neutralised. Nothing depends on the clock, so the same run
gives the same bytes.
"""

import io
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import fairlab
from fairlab.config import CONSTRAINT_GAPS, Choice, RunConfig
from fairlab.errors import InputError
from fairlab.metrics import GAPS, RATES, Rate, wilson
from fairlab.outcomes import Counts, FloatArray, count
from fairlab.pareto import non_dominated
from fairlab.results import CROSSING, Point, SweepResult

SMALL_CELL = 10  # rates of fewer people than this are not exported

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def run_yaml(config: RunConfig, choice: Choice | None = None) -> str:
    """The run as YAML that ``fairlab sweep`` re-runs to the same numbers.

    Args:
        choice: The model chosen and why; replaces the one of the configuration.
    """
    chosen = config if choice is None else config.model_copy(update={"choice": choice})
    command = "fairlab sweep THIS_FILE.yaml"
    if config.data.source == "file":
        name = config.data.filename
        command += f" --data {'YOUR_TABLE.csv' if name is None else _one_line(name)}"
    head = (
        f"# Written by fairlab {fairlab.__version__}. The same numbers again:\n"
        f"#   {command} --out RESULTS\n"
    )
    return head + chosen.to_yaml()


def points_table(result: SweepResult, threshold: float | None = None) -> pd.DataFrame:
    """One row per model and split: accuracy, every gap, what the layer promised.

    Args:
        threshold: A person is selected iff score >= threshold; None is the one trained for.

    Returns:
        Columns ``model, mode, strength, slack, seed, best_epoch, baseline, split, group_by,
        threshold, n, accuracy, accuracy_lower, accuracy_upper, selection_rate``, one per name of
        ``GAPS``, ``on_front`` (no other model of this sweep has both a higher accuracy and a
        narrower gap of the constraint on this split), ``promised_score_gap``,
        ``measured_score_gap``, ``largest_batch_excess``, ``flags``. Missing means undefined or
        not applicable.
    """
    cut = result.threshold if threshold is None else threshold
    rows = []
    for split in result.splits:
        weighted = result.splits[split].weight is not None
        counts = [
            count(result.scored(point.index, split).outcomes(result.group_by), cut)
            for point in result.points
        ]
        front = _on_front(result.constraint, counts)
        for point, cells, on_front in zip(result.points, counts, front, strict=True):
            rows.append(
                {
                    **_identity(result, point, split, cut),
                    **_overall(cells, weighted),
                    **{name: float(gap(cells)) for name, gap in GAPS.items()},
                    "on_front": on_front,
                    **_promise(point, split),
                    "flags": " ".join(point.flags),
                }
            )
    return pd.DataFrame(rows)


def rates_table(
    result: SweepResult, threshold: float | None = None, *, smallest: int = SMALL_CELL
) -> pd.DataFrame:
    """One row per model, split, group and rate, with a 95 % Wilson interval and its n.

    Rates of fewer than ``smallest`` people have no numbers; ``left_out`` says why. Rates that
    are not shares of people (F1, balanced accuracy …) and rates of weighted people have no
    interval here; ``n`` counts people, whatever their weight.

    Returns:
        Columns ``model, mode, strength, slack, seed, best_epoch, baseline, split, group_by,
        threshold, group, rate, value, lower, upper, n, left_out``.
    """
    cut = result.threshold if threshold is None else threshold
    rows = []
    for split in result.splits:
        for point in result.points:
            outcomes = result.scored(point.index, split).outcomes(result.group_by)
            counts = count(outcomes, cut)
            people = count(replace(outcomes, weight=None), cut)
            identity = _identity(result, point, split, cut)
            for rate in RATES.values():
                rows += [{**identity, **row} for row in _rate_rows(rate, counts, people, smallest)]
    return pd.DataFrame(rows)


def csv_bytes(table: pd.DataFrame) -> bytes:
    """UTF-8 CSV; text that begins like a formula gets a leading apostrophe, numbers stay numbers.

    Missing is an empty cell. The same table gives the same bytes.
    """
    safe = table.copy()
    for place, column in enumerate(table.columns):
        if not pd.api.types.is_numeric_dtype(table[column]):
            safe.isetitem(place, [neutral(value) for value in table[column]])
    safe.columns = pd.Index([neutral(name) for name in table.columns])
    stream = io.StringIO()
    safe.to_csv(stream, index=False, lineterminator="\n")
    return stream.getvalue().encode()


def neutral(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula; plain numbers written as text stay."""
    if not isinstance(value, str) or not value.lstrip(" ").startswith(_FORMULA_STARTS):
        return value
    return value if _NUMBER.fullmatch(value) else f"'{value}"


def result_record(config: RunConfig, result: SweepResult) -> dict[str, Any]:
    """What the tables do not hold, as strict JSON data: disclosures, guarantees, the choice."""
    return {
        "fairlab": fairlab.__version__,
        "digest": config.digest(),
        "device": config.sweep.device,
        "constraint": result.constraint,
        "group_by": list(result.group_by),
        "threshold": result.threshold,
        "cancelled": result.cancelled,
        "notes": list(result.notes),
        "people": {name: len(split.y_true) for name, split in result.splits.items()},
        "suppressed_below": SMALL_CELL,
        "choice": None if config.choice is None else config.choice.model_dump(mode="json"),
        "points": [_strict(asdict(point)) for point in result.points],
    }


def export_files(config: RunConfig, result: SweepResult) -> dict[str, bytes]:
    """Every file of an export by name; the same run gives the same bytes."""
    record = json.dumps(
        result_record(config, result), indent=2, ensure_ascii=False, allow_nan=False
    )
    return {
        "config.yaml": run_yaml(config).encode(),
        "points.csv": csv_bytes(points_table(result)),
        "rates.csv": csv_bytes(rates_table(result)),
        "result.json": f"{record}\n".encode(),
    }


def write_export(folder: Path, config: RunConfig, result: SweepResult) -> tuple[Path, ...]:
    """Write :func:`export_files` into a folder, which is created if needed.

    Raises:
        InputError: If the folder cannot be written.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in export_files(config, result).items():
            (folder / name).write_bytes(content)
            written.append(folder / name)
    except OSError as error:
        raise InputError(
            f"The results could not be written to {folder}: {error.strerror}. Choose another "
            "folder with --out."
        ) from error
    return tuple(written)


def chosen_index(result: SweepResult, choice: Choice) -> int:
    """The model of a sweep that a choice names.

    Raises:
        InputError: If the sweep has no such model.
    """
    wanted = (choice.mode, choice.strength, choice.slack, choice.seed)
    for point in result.points:
        if (point.mode, point.strength, point.slack, point.seed) == wanted:
            return point.index
    dial = f"slack {choice.slack:g}" if choice.slack is not None else f"strength {choice.strength}"
    raise InputError(
        f"The choice names {choice.mode}, {dial}, seed {choice.seed}, which this sweep did not "
        "train. Correct the choice, or add that value to the sweep."
    )


def _identity(result: SweepResult, point: Point, split: str, threshold: float) -> dict[str, Any]:
    return {
        "model": point.index,
        "mode": point.mode,
        "strength": point.strength,
        "slack": point.slack,
        "seed": point.seed,
        "best_epoch": point.best_epoch,
        "baseline": point.baseline,
        "split": split,
        "group_by": CROSSING.join(result.group_by),
        "threshold": threshold,
    }


def _overall(counts: Counts, weighted: bool) -> dict[str, float]:
    everyone = counts.overall()
    accuracy = RATES["accuracy"]
    lower = upper = np.array([np.nan])
    if not weighted:
        lower, upper = wilson(accuracy.numerator(everyone), everyone.n)
    return {
        "n": everyone.n[0].item(),
        "accuracy": float(accuracy(everyone)[0]),
        "accuracy_lower": float(lower[0]),
        "accuracy_upper": float(upper[0]),
        "selection_rate": float(RATES["selection_rate"](everyone)[0]),
    }


def _on_front(constraint: str, counts: list[Counts]) -> list[bool | None]:
    if constraint not in CONSTRAINT_GAPS or not counts:
        return [None] * len(counts)
    gap = GAPS[CONSTRAINT_GAPS[constraint]]
    errors = [1 - float(RATES["accuracy"](cells.overall())[0]) for cells in counts]
    mask = non_dominated(np.column_stack((errors, [float(gap(cells)) for cells in counts])))
    return [bool(value) for value in mask]


def _promise(point: Point, split: str) -> dict[str, float | None]:
    promise = point.guarantee
    if promise is None:
        return {
            "promised_score_gap": None,
            "measured_score_gap": None,
            "largest_batch_excess": None,
        }
    return {
        "promised_score_gap": promise.promised,
        "measured_score_gap": promise.score_gap.get(split),
        "largest_batch_excess": promise.batch_excess,
    }


def _rate_rows(rate: Rate, counts: Counts, people: Counts, smallest: int) -> list[dict[str, Any]]:
    value = rate(counts)
    behind = _people_behind(rate, people)
    lower = upper = np.full(len(value), np.nan)
    if rate.share and np.issubdtype(counts.tp.dtype, np.integer):
        lower, upper = wilson(rate.numerator(counts), rate.denominator(counts))
    rows = []
    for g, name in enumerate(counts.group_names):
        small = 0 < behind[g] < smallest
        empty = behind[g] == 0 or np.isnan(value[g])
        hidden = small or empty
        rows.append(
            {
                "group": name,
                "rate": rate.name,
                "value": np.nan if hidden else value[g],
                "lower": np.nan if hidden else lower[g],
                "upper": np.nan if hidden else upper[g],
                "n": np.nan if small else behind[g],
                "left_out": f"fewer than {smallest} people"
                if small
                else (rate.undefined(name) if empty else ""),
            }
        )
    return rows


def _people_behind(rate: Rate, counts: Counts) -> FloatArray:
    """People in the denominator; for rates that are no shares, in the smaller outcome."""
    denominator = np.asarray(rate.denominator(counts), dtype=np.float64)
    if rate.share:
        return denominator
    smaller = np.minimum(counts.tp + counts.fn, counts.fp + counts.tn)
    return np.asarray(np.minimum(denominator, smaller), dtype=np.float64)


def _strict(value: Any) -> Any:
    """Plain JSON data with None for undefined."""
    if isinstance(value, Mapping):
        return {str(key): _strict(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(item) for item in value]
    if isinstance(value, np.generic):
        return _strict(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)
