"""Reading a run that somebody else exported: checked before anything is trained."""

import yaml

from fairlab.config import RunConfig
from fairlab.decision import KIND, DecisionRecord
from fairlab.decision.reading import run_or_record
from fairlab.errors import InputError
from fairlab.language import tr

LARGEST_FILE = 200_000  # bytes; an exported run has about three thousand
LARGEST_SWEEP = 2_000  # models
MOST_WEIGHTS = 100_000_000  # of all hidden layers together; training holds four copies
LARGEST_RECORD = 1_000_000  # bytes of a decision record; one of many groups has 200,000
_HEAD = 2_000  # bytes within which a record says that it is one
DEEPEST = 20  # lists inside lists; an exported run has four


def read_run(content: bytes) -> RunConfig:
    """A run from the bytes of a YAML file; of a decision record the run it is about.

    Raises:
        InputError: As :func:`read_import`.
    """
    return read_import(content)[0]


def read_import(content: bytes) -> tuple[RunConfig, DecisionRecord | None]:
    """A run from the bytes of a file, and the decision record if it is one.

    Raises:
        InputError: If it is too large, not UTF-8, uses aliases (a few lines of which can stand
            for a file of any size), nests without end, is not a valid run, or asks for more models
            or larger ones than one person should train on a shared machine.
    """
    most = LARGEST_RECORD if KIND.encode() in content[:_HEAD] else LARGEST_FILE
    if len(content) > most:
        raise InputError(
            tr(
                "The file has {n_content:,} bytes; a run exported by fairlab "
                "has a few thousand, and at most {largest_file:,} are read. "
                "Choose the YAML file of a run.",
                n_content=len(content),
                largest_file=most,
            )
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            tr(
                "The file is not UTF-8 text, so it is not a run exported by "
                "fairlab. Choose the YAML file of a run."
            )
        ) from error
    config, record = _read(text)
    models = config.sweep.n_models
    together = models + config.sweep.n_baselines
    if together > LARGEST_SWEEP:
        raise InputError(
            tr(
                "The run trains {together:,} models; at most {largest_sweep:,} "
                "are accepted here. Train it with the command fairlab sweep "
                "instead.",
                together=together,
                largest_sweep=LARGEST_SWEEP,
            )
        )
    search = config.sweep.search
    # A search trains its candidates side by side, and the sweep may get the largest of them.
    side_by_side = models if search is None else max(models, search.candidates)
    weights = side_by_side * config.sweep.most_hidden_weights
    if weights > MOST_WEIGHTS:
        raise InputError(
            tr(
                "The run trains networks of {weights:,} weights together; at "
                "most {most_weights:,} are accepted here. Train it with the "
                "command fairlab sweep instead, or make the networks smaller.",
                weights=weights,
                most_weights=MOST_WEIGHTS,
            )
        )
    return config, record


def _read(text: str) -> tuple[RunConfig, DecisionRecord | None]:
    if len(text) <= LARGEST_FILE:
        _refuse_bombs(text)
    return run_or_record(text)


def _refuse_bombs(text: str) -> None:
    depth = 0
    try:
        for event in yaml.parse(text):
            if isinstance(event, yaml.AliasEvent):
                raise InputError(
                    tr(
                        "The file uses YAML aliases (*name), which fairlab "
                        "never writes and does not read. Write the values out."
                    )
                )
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise InputError(
                    tr(
                        "The file nests more than {deepest} lists or mappings "
                        "in each other, which no run needs. Choose the YAML "
                        "file of a run.",
                        deepest=DEEPEST,
                    )
                )
    except yaml.YAMLError:
        return  # reading it says what is wrong, and where
