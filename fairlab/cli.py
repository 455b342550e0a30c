"""The ``fairlab`` command."""

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


@app.callback()
def _fairlab() -> None:
    """Explore fairness trade-offs in machine learning on your own data."""


@app.command()
def worker(
    parent: Annotated[
        int | None, typer.Option(help="Process whose end also ends this worker.")
    ] = None,
) -> None:
    """Train queued runs of this home (FAIRLAB_HOME) until stopped."""
    from fairlab.runs.worker import main as work

    work(parent)


def main() -> None:
    """Entry point of the console script."""
    app()
