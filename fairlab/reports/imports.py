"""Reading a run that somebody else exported: checked before anything is trained."""

import yaml

from fairlab.config import RunConfig, SweepConfig
from fairlab.errors import InputError

LARGEST_FILE = 200_000  # bytes; an exported run has about three thousand
LARGEST_SWEEP = 2_000  # models


def read_run(content: bytes) -> RunConfig:
    """A run from the bytes of a YAML file.

    Raises:
        InputError: If it is too large, not UTF-8, uses aliases (a few lines of which can stand
            for a file of any size), is not a valid run, or asks for more models than one person
            should train on a shared machine.
    """
    if len(content) > LARGEST_FILE:
        raise InputError(
            f"The file has {len(content):,} bytes; a run exported by fairlab has a few thousand, "
            f"and at most {LARGEST_FILE:,} are read. Choose the YAML file of a run."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "The file is not UTF-8 text, so it is not a run exported by fairlab. Choose the YAML "
            "file of a run."
        ) from error
    _refuse_aliases(text)
    config = RunConfig.from_yaml(text)
    models = models_of(config.sweep)
    if models > LARGEST_SWEEP:
        raise InputError(
            f"The run trains {models:,} models; at most {LARGEST_SWEEP:,} are accepted here. "
            "Train it with the command fairlab sweep instead."
        )
    return config


def models_of(sweep: SweepConfig) -> int:
    """How many models a sweep trains, the unmitigated one of each family included."""
    dials = {
        "penalty": {0.0, *sweep.penalty.strengths},
        "adversarial": {0.0, *sweep.adversarial.strengths},
        "layer": {1.0, *sweep.layer.slacks},
    }
    return len(sweep.seeds) * sum(len(dials[mode]) for mode in sweep.modes)


def _refuse_aliases(text: str) -> None:
    try:
        aliased = any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text))
    except yaml.YAMLError:
        return  # reading it says what is wrong, and where
    if aliased:
        raise InputError(
            "The file uses YAML aliases (*name), which fairlab never writes and does not read. "
            "Write the values out."
        )
