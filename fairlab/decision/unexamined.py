"""What nobody looked at, derived from what a run is and is not."""

from collections.abc import Sequence

from fairlab.config import CONSTRAINT_GAPS, MODES, TRAINED_CONSTRAINTS, Choice, RunConfig
from fairlab.decision.parts import SplitNumbers
from fairlab.language import tr, tr_n
from fairlab.metrics import GAPS
from fairlab.results import SweepResult

FEW = 30  # a group of fewer test people says little
_MOST_NAMED = 12


def not_examined(
    config: RunConfig,
    result: SweepResult,
    choice: Choice,
    results: Sequence[SplitNumbers],
    compared: int,
) -> tuple[str, ...]:
    """Constraints, attributes, people and circumstances that no number of the record is about.

    Args:
        config: The run.
        result: What it came to.
        choice: The chosen model, with its threshold.
        results: Its numbers.
        compared: Models the record speaks of, the chosen one among them.
    """
    said = (
        _table(config),
        _time(config),
        _label(config),
        _constraints(config),
        _modes(config),
        _attributes(config, result),
        *_small(results),
        _threshold(result, choice),
        _seeds(config),
        _folds(config),
        _models(result, compared),
        _picked(result),
        _proxies(config, result),
        _scores(),
        _cost(),
    )
    return tuple(sentence for sentence in said if sentence)


def _table(config: RunConfig) -> str:
    return tr(
        "No second table: all numbers are of one table ({source}). Whether they hold for people of "
        "another place was not looked at.",
        source=config.data.filename or config.data.source,
    )


def _time(config: RunConfig) -> str:
    return tr(
        "No split by time: people were divided at random (seed {seed}). Whether the model decides "
        "later people as it decided earlier ones was not looked at.",
        seed=config.sweep.split.seed,
    )


def _label(config: RunConfig) -> str:
    return tr(
        "How the label “{label}” came about: if people were treated unequally when it was "
        "recorded, no number here can see that.",
        label=config.task.label,
    )


def _constraints(config: RunConfig) -> str:
    own = config.sweep.constraint
    others = [
        GAPS[CONSTRAINT_GAPS[name]].label.lower() for name in TRAINED_CONSTRAINTS if name != own
    ]
    return tr(
        "Other constraints: models were trained for one, {own}. None was trained for: {others}. "
        "Gaps of the chosen model by these are in the results.",
        own=own.replace("_", " "),
        others=", ".join(others),
    )


def _modes(config: RunConfig) -> str:
    rest = [mode for mode in MODES if mode not in config.sweep.modes]
    if not rest:
        return ""
    return tr("Other ways of training: not tried were {modes}.", modes=", ".join(rest))


def _attributes(config: RunConfig, result: SweepResult) -> str:
    rest = [name for name in config.task.sensitive if name not in result.group_by]
    crossed = result.grouping == "marginal" and len(result.group_by) > 1
    if rest and crossed:
        return tr(
            "Groups by {rest}, and crossings of any attributes: the run compared groups of "
            "{by}, each attribute by itself.",
            rest=", ".join(rest),
            by=result.groups_in_words,
        )
    if rest:
        return tr(
            "Groups by {rest}, and crossings with them: the run compared groups of {by}.",
            rest=", ".join(rest),
            by=result.groups_in_words,
        )
    if crossed:
        return tr(
            "Crossings of attributes: the run compared groups of {by}, each attribute by itself.",
            by=result.groups_in_words,
        )
    return tr(
        "Attributes that are no sensitive ones of the run: it compared groups of {by} alone.",
        by=result.groups_in_words,
    )


def _small(results: Sequence[SplitNumbers]) -> list[str]:
    """Groups of few test people, and numbers that are hidden."""
    test = [one for one in results if one.split == "test"]
    few, hidden = [], 0
    for grouping in (g for split in test for g in split.groupings):
        for group in grouping.groups:
            if group.people is None or group.people < FEW:
                few.append(group.group)
            hidden += bool(group.hidden)
    said = []
    if few:
        named = ", ".join(few[:_MOST_NAMED]) + (" …" if len(few) > _MOST_NAMED else "")
        said.append(
            tr(
                "Groups of fewer than {few} test people: we cannot tell much about {groups}.",
                few=FEW,
                groups=named,
            )
        )
    if hidden:
        said.append(
            tr_n(
                "Numbers of {n} group of test people are left out: they rest on cells of few.",
                "Numbers of {n} groups of test people are left out: they rest on cells of few.",
                hidden,
            )
        )
    return said


def _threshold(result: SweepResult, choice: Choice) -> str:
    if choice.group_cuts is not None:
        return tr(
            "Other thresholds than those of the groups; and training and the choice of epoch used "
            "one threshold for everyone, {threshold:g}.",
            threshold=result.threshold,
        )
    if choice.threshold != result.threshold:
        return tr(
            "Other thresholds than {chosen:g}; training and the choice of epoch used "
            "{threshold:g}.",
            chosen=choice.threshold,
            threshold=result.threshold,
        )
    return tr("Other thresholds than {chosen:g}.", chosen=choice.threshold)


def _seeds(config: RunConfig) -> str:
    if len(config.sweep.seeds) > 1:
        return ""
    return tr("Other seeds of training: there was one, so luck of training is in no interval.")


def _folds(config: RunConfig) -> str:
    if config.sweep.folds > 1:
        return ""
    return tr("Another split: there was one, and most people were in no test.")


def _models(result: SweepResult, compared: int) -> str:
    rest = len(result.points) - compared
    if rest <= 0:
        return ""
    return tr_n(
        "{n} further model of the run is not compared here with the one chosen.",
        "{n} further models of the run are not compared here with the one chosen.",
        rest,
    )


def _picked(result: SweepResult) -> str:
    """That whoever chooses from many chooses luck too; intervals do not hold that."""
    if len(result.points) < 2:
        return ""
    return tr(
        "{n_points} models were trained and shown with their test results. "
        "The one chosen from so many tends to look better on these people "
        "than on new ones.",
        n_points=len(result.points),
    )


def _proxies(config: RunConfig, result: SweepResult) -> str:
    if config.task.sensitive_as_features:
        return ""
    return tr(
        "Which other columns stand in for {by}: the model does not read these attributes, but may "
        "read columns that go with them.",
        by=result.groups_in_words,
    )


def _scores() -> str:
    return tr(
        "Calibration and ranking of scores within groups: the record is about decisions at the "
        "threshold."
    )


def _cost() -> str:
    return tr("What a wrong decision costs whom, beyond counting it.")
