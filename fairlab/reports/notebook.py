"""A notebook that makes a run's figures again with the Python API: aggregates only, no outputs.

It holds the run as YAML and the numbers of the report, trains the run again and draws what the
report shows. Nobody's row is in it; the table stays with whoever has it.
"""

import json
from typing import Any

import pandas as pd

from fairlab.config import CONSTRAINT_GAPS, Choice, RunConfig
from fairlab.language import tr
from fairlab.reports.export import run_yaml
from fairlab.reports.tables.numbers import chosen_model, numbers_table
from fairlab.reports.tables.points import SMALL_CELL
from fairlab.results import SweepResult

# Numbers told again are compared with these; devices differ by less.
TOLERANCE = 0.005


def notebook_bytes(
    config: RunConfig,
    result: SweepResult,
    *,
    smallest: int = SMALL_CELL,
    choice: Choice | None = None,
    numbers: pd.DataFrame | None = None,
) -> bytes:
    """The notebook (nbformat 4.5); the same run gives the same bytes.

    Args:
        config: The run.
        result: Its result, for the numbers the notebook compares its own with.
        smallest: Numbers of fewer people are left out, here and in what the notebook draws.
        choice: The model chosen; replaces the one of the configuration.
        numbers: What :func:`numbers_table` says of both; computed unless given.
    """
    chosen = config.choice if choice is None else choice
    whole = config if chosen is None else config.model_copy(update={"choice": chosen})
    if numbers is None:
        numbers = numbers_table(result, chosen_model(whole, result), smallest=smallest)
    cells = [
        _text(tr("# The figures of a fairlab run, made again"), "", _whole(), "", _how(whole)),
        _code(*_imports()),
        _text(tr("## The run"), "", tr("Its configuration, as the report exports it.")),
        _code(*_configuration(whole, smallest)),
        _text(tr("## Its table, and its models trained again"), "", _table_words(whole)),
        _code(*_TRAIN),
        _text(tr("## The curve"), "", tr("Accuracy and gap of every model, on test people.")),
        _code(*_curve(whole)),
        _text(tr("## The chosen model"), "", tr("Rates of each group, gaps between groups, each "
                                                "with its 95 % interval, on test people.")),
        _code(*_CHOSEN),
        _code("rates_figure(shown)"),
        _code("gaps_figure(shown)"),
        _code(*_SCORES),
        _text(tr("## The same numbers?"), "", _same_words()),
        _code(*_compare(numbers)),
    ]  # fmt: skip
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number:02d}"
    notebook = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return f"{json.dumps(notebook, indent=1, ensure_ascii=False)}\n".encode()


def _whole() -> str:
    return tr(
        "This notebook holds the run's configuration and numbers about groups, and nobody's row. "
        "What rests on few people is left out of what it draws."
    )


def _how(config: RunConfig) -> str:
    if config.data.source == "file":
        return tr(
            "To run it: install fairlab, write the path of the table into `TABLE` below, and run "
            "all cells."
        )
    return tr("To run it: install fairlab, and run all cells.")


def _table_words(config: RunConfig) -> str:
    said = tr(
        "The same table, seeds and device give the same numbers; this takes as long as it did."
    )
    if config.data.source == "file":
        return said + " " + tr("A table that is not the run's own is refused.")
    return said


def _same_words() -> str:
    return tr(
        "What the report said, and what came out here. On another device numbers may differ in "
        "the third digit."
    )


def _imports() -> tuple[str, ...]:
    return (
        "import warnings",
        "from pathlib import Path",
        "",
        "import pandas as pd",
        "import plotly.graph_objects as go",
        "",
        "# PyTorch asks for progress bars that nothing here draws.",
        "warnings.filterwarnings('ignore', message='IProgress not found')",
        "",
        "from fairlab.config import RunConfig",
        "from fairlab.data import open_task",
        "from fairlab.metrics import audit",
        "from fairlab.metrics.suppression import suppress",
        "from fairlab.reports.export import chosen_index",
        "from fairlab.reports.figures.audit import gaps_figure, rates_figure",
        "from fairlab.reports.figures.calibration import reliability_figure",
        "from fairlab.reports.tables.numbers import chosen_model, numbers_table",
        "from fairlab.reports.tables.points import points_table",
        "from fairlab.sweeps.cuts import decided",
        "from fairlab.training import fit_sweep",
    )


def _configuration(config: RunConfig, smallest: int) -> tuple[str, ...]:
    """The YAML as a list of text, each quoted by Python itself: no name in it can become code."""
    lines = [f"    {line!r}," for line in run_yaml(config).splitlines()]
    table = "None  # the path of your table" if config.data.source == "file" else "None"
    return (
        f"TABLE = {table}",
        f"SMALLEST = {smallest}  # numbers of cells of fewer people are left out",
        "config = RunConfig.from_yaml('\\n'.join([",
        *lines,
        "]))",
    )


_TRAIN = (
    "data = open_task(config, None if TABLE is None else Path(TABLE))",
    "result = fit_sweep(data, config)",
    "points = points_table(result, smallest=SMALLEST)",
    "f'{len(result.points)} models, {result.seconds:.0f} s'",
)


def _curve(config: RunConfig) -> tuple[str, ...]:
    gap = CONSTRAINT_GAPS[config.sweep.constraint]
    return (
        "test = points[points['split'] == 'test']",
        "figure = go.Figure()",
        "for family, own in test.groupby(test['method'].fillna(test['mode'])):",
        "    figure.add_scatter(",
        f"        x=100 * own[{gap!r}], y=100 * own['accuracy'], mode='markers', name=family",
        "    )",
        "figure.update_layout(",
        f"    xaxis_title={gap.replace('_', ' ') + ', points'!r}, yaxis_title='accuracy, %'",
        ")",
    )


_CHOSEN = (
    "choice = config.choice",
    "index = 0 if choice is None else chosen_index(result, choice)",
    "people = result.scored(index, 'test')",
    "threshold = result.threshold if choice is None else choice.threshold",
    "if choice is not None and choice.group_cuts is not None:",
    "    people = decided(people, choice.group_cuts)",
    "if not people.has_scores:",
    "    threshold = 0.5",
    "found = audit(",
    "    people.outcomes(result.groupings[0]), threshold, has_scores=people.has_scores",
    ")",
    "shown = suppress(found, SMALLEST) if SMALLEST else found",
    "shown.notes",
)
_SCORES = (
    "# Calibration needs scores; decisions that are drawn or made per group have none.",
    "reliability_figure(shown.calibration) if shown.calibration else 'no scores'",
)


def _compare(table: pd.DataFrame) -> tuple[str, ...]:
    """What the report said of the chosen model on test people, as plain numbers."""
    chosen = bool(table["chosen"].any())
    own = table[(table["split"] == "test") & table["value"].notna()]
    own = own[own["chosen"]] if chosen else own[own["model"] == 0]
    own = own[own["kind"].isin(("rate", "gap"))]
    rows = own[["attribute", "group", "metric", "value"]].values.tolist()
    picked = "anew['chosen']" if chosen else "anew['model'] == 0"
    return (
        "said = pd.DataFrame([",
        *(f"    {row!r}," for row in rows),
        "], columns=['attribute', 'group', 'metric', 'report'])",
        "anew = numbers_table(result, chosen_model(config, result), smallest=SMALLEST)",
        f"anew = anew[{picked} & (anew['split'] == 'test') & anew['kind'].isin(['rate', 'gap'])]",
        "keys = ['attribute', 'group', 'metric']",
        "both = said.merge(anew[[*keys, 'value']], on=keys, how='left')",
        "both['difference'] = (both['value'] - both['report']).abs()",
        f"different = both[~(both['difference'] <= {TOLERANCE})]",
        "print(f'{len(both)} numbers compared; {len(different)} differ by more than "
        f"{TOLERANCE}')",
        "different",
    )


def _text(*lines: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": _lines(lines)}


def _code(*lines: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": _lines(lines),
    }


def _lines(lines: tuple[str, ...]) -> list[str]:
    return [f"{line}\n" for line in lines[:-1]] + [lines[-1]]
