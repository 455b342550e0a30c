"""What a named strategy does with thresholds, in a few plain sentences."""

from collections.abc import Sequence

from fairlab.frontier.strategies import Strategy, StrategyThresholds
from fairlab.language import tr

_MOST_NOTES = 3


def strategy_sentence(
    strategy: Strategy,
    found: StrategyThresholds,
    fitted_on: str,
    absent: Sequence[str] = (),
) -> str:
    """What it does, on whom it was fitted, whether it needs the group, what one threshold loses.

    Args:
        fitted_on: "196 validation people" or "the same 400 people".
        absent: Groups nobody of whom it was fitted on; they keep the threshold in use.
    """
    needs = (
        tr("A decision needs the person's group.")
        if strategy.uses_attribute_when_deciding
        else tr("A decision does not need the person's group.")
    )
    said = [strategy.definition, needs, tr("Chosen on {fitted_on}.", fitted_on=fitted_on)]
    if found.loss:
        said.append(
            tr("There, {loss_first}{loss}", loss_first=found.loss[0].lower(), loss=found.loss[1:])
        )
    if strategy.constraint is not None:
        said.append(tr("What it does to the people shown, the numbers below say."))
    if absent:
        said.append(
            tr("No one of {list} to fit on: the threshold in use stays.", list=_list(absent))
        )
    known = [note for note in found.notes if not note.startswith("No one is in ")]
    said += known[:_MOST_NOTES]
    return " ".join(said)


def kept_sentence(label: str, error: str) -> str:
    """Why a strategy is not offered."""
    return tr("{label} is not offered: {error}", label=label, error=error)


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return (
        shown
        if len(names) <= 5
        else tr("{shown} and {n_names} more", shown=shown, n_names=len(names) - 5)
    )
