"""What a named strategy does with thresholds, in a few plain sentences."""

from collections.abc import Sequence

from fairlab.frontier.strategies import Strategy, StrategyThresholds

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
        "A decision needs the person's group."
        if strategy.uses_attribute_when_deciding
        else "A decision does not need the person's group."
    )
    said = [strategy.definition, needs, f"Chosen on {fitted_on}."]
    if found.loss:
        said.append(f"There, {found.loss[0].lower()}{found.loss[1:]}")
    if strategy.constraint is not None:
        said.append("What it does to the people shown, the numbers below say.")
    if absent:
        said.append(f"No one of {_list(absent)} to fit on: the threshold in use stays.")
    known = [note for note in found.notes if not note.startswith("No one is in ")]
    said += known[:_MOST_NOTES]
    return " ".join(said)


def kept_sentence(label: str, error: str) -> str:
    """Why a strategy is not offered."""
    return f"{label} is not offered: {error}"


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
