"""A sweep as plain text for a terminal."""

from fairlab.config import CONSTRAINT_GAPS
from fairlab.errors import InputError
from fairlab.pareto.honesty import honesty
from fairlab.pareto.selection import select, validation_draws
from fairlab.reports.sentences.health import health_sentence
from fairlab.reports.sentences.noise import curve_noise_sentence
from fairlab.reports.sentences.point import point_label
from fairlab.reports.sentences.selection import selection_sentence
from fairlab.reports.tables.honesty import folds_frame
from fairlab.reports.tables.points import points_table
from fairlab.results import SweepResult

WITHIN = (0.02, 0.05, 0.1)  # gaps the summary picks the best model for
_SPLITS = {"train", "validation", "test"}


def sweep_text(result: SweepResult) -> str:
    """Models of a sweep on test people, and everything the training disclosed."""
    gap = CONSTRAINT_GAPS.get(result.constraint)
    columns = ["model", "mode", "strength", "slack", "seed", "accuracy", "on_front"]
    if gap is not None:
        columns.insert(-1, gap)
    table = points_table(result)
    shown = table.loc[table["split"] == "test", columns]
    words = shown.to_string(index=False, na_rep="", float_format=lambda value: f"{value:.4g}")
    head = f"{len(result.points)} models on test people"
    return "\n".join([head, words, *_honest(result), *_list(result.notes)])


def _honest(result: SweepResult) -> list[str]:
    """Noise, health, and the best within some gaps, each picked on validation people."""
    if result.constraint not in CONSTRAINT_GAPS or not set(result.splits) >= _SPLITS:
        return []
    found = honesty(result)
    lines = ["", curve_noise_sentence(found.noise), health_sentence(found.health, result)]
    alike = sum(one.told_apart is False for one in found.comparisons)
    if alike:
        models = "model" if alike == 1 else "models"
        lines.append(
            f"{alike} {models} cannot be told from the unmitigated one of their family on test "
            "people."
        )
    draws = validation_draws(result)
    for within in WITHIN:
        try:
            picked = select(result, within, draws=draws)
        except InputError as error:
            lines.append(str(error))
            break
        lines.append(selection_sentence(picked, point_label(result.points[picked.index])))
    return [*lines, *_over_folds(result), ""]


def _over_folds(result: SweepResult) -> list[str]:
    if result.folds is None:
        return []
    table = folds_frame(result).dropna(axis=1, how="all")
    columns = ["model", "accuracy", "accuracy_sd", "gap", "gap_lower", "gap_upper", "gap_sd"]
    shown = table.loc[:, [name for name in columns if name in table]]
    head = f"Over {result.folds.done} folds, everybody in test once (sd: over folds)"
    return ["", head, shown.to_string(index=False, float_format=lambda value: f"{value:.4g}")]


def _list(notes: tuple[str, ...]) -> list[str]:
    return [f"- {note}" for note in notes]
