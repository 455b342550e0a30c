"""Thresholds a visitor set in the explorer: as the browser sends them, and as a link holds them."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Mode = Literal["one", "each"]
_NAME = re.compile(r"[a-z_]{0,40}")
_NUMBER = r"-?\d{1,15}(?:\.\d{1,17})?(?:e-?\d{1,3})?"
_LINK = re.compile(rf"(one|each)~([a-z_]{{0,40}})~({_NUMBER}(?:_{_NUMBER})*)")
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class ExplorerChoice:
    """One threshold for everyone or one per group, and the strategy they come from.

    Attributes:
        mode: ``one`` or ``each``.
        cuts: One number, or one per group in the order of the groups; finite.
        strategy: Name of the button in force; "" for thresholds set by hand.
    """

    mode: Mode
    cuts: tuple[float, ...]
    strategy: str = ""

    def per_group(self, groups: int) -> tuple[float, ...]:
        """A threshold for each of so many groups."""
        return self.cuts if self.mode == "each" else self.cuts * groups

    def to_link(self) -> str:
        """As the address bar holds it; read back by :func:`choice_of_link`."""
        return f"{self.mode}~{self.strategy}~{'_'.join(f'{cut!r}' for cut in self.cuts)}"


def read_choice(found: Any, groups: int) -> ExplorerChoice | None:
    """What the browser sent, checked; None if it is no such choice for so many groups."""
    if not isinstance(found, Mapping):
        return None
    mode, cuts, strategy = (found.get(name) for name in ("mode", "cuts", "strategy"))
    if mode not in ("one", "each") or not isinstance(cuts, list) or not isinstance(strategy, str):
        return None
    numbers = all(isinstance(c, int | float) and math.isfinite(c) for c in cuts)
    if (
        not numbers
        or len(cuts) != (1 if mode == "one" else groups)
        or not _NAME.fullmatch(strategy)
    ):
        return None
    return ExplorerChoice(mode, tuple(float(cut) for cut in cuts), strategy)


def as_offered(choice: ExplorerChoice, strategies: Sequence[Mapping[str, Any]]) -> ExplorerChoice:
    """The choice with the thresholds its strategy has now.

    A button pressed while a cost was still on its way comes with thresholds for the cost before.

    Args:
        choice: What the browser sent.
        strategies: Those of the explorer's payload.
    """
    now = next((one for one in strategies if one["name"] == choice.strategy and one["cuts"]), None)
    if now is None:
        return choice
    return ExplorerChoice(now["mode"], tuple(now["cuts"]), choice.strategy)


def choice_of_link(text: str, groups: int) -> ExplorerChoice | None:
    """Thresholds out of a link; None for anything else, or for other groups."""
    found = _LINK.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    mode, strategy, cuts = found.groups()
    values = [float(cut) for cut in cuts.split("_")]
    return read_choice({"mode": mode, "cuts": values, "strategy": strategy}, groups)
