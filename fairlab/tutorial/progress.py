"""How far somebody is, and what they answered, as a short text that fits into an address."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

STEPS = 10
CHECK = STEPS + 1
#: What may be answered, with the lowest and highest value.
BOUNDS: dict[str, tuple[int, int]] = {
    "guess": (0, 100),
    "cut": (1, 99),
    "selection": (1, 99),
    "tpr": (0, 9),
    "ppv": (0, 9),
    "first": (1, 99),
    "second": (1, 99),
    "third": (1, 99),
    "penalty": (0, 20),
    "adversarial": (0, 20),
    "layer": (0, 20),
    "move": (0, 2),
    "one": (0, 3),
    "two": (0, 3),
    "three": (0, 3),
}
_ANSWER = re.compile(r"([a-z]{2,12})(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a reader is.

    Attributes:
        step: 1 to 10; 11 is the check.
        answers: By name of :data:`BOUNDS`.
    """

    step: int = 1
    answers: Mapping[str, int] = field(default_factory=dict)

    def at(self, step: int) -> "Progress":
        """The same at another step, kept inside the path."""
        return replace(self, step=min(max(step, 1), CHECK))

    def answered(self, name: str, value: int) -> "Progress":
        """The same with one more answer, or another one.

        Raises:
            KeyError: For a name that is not in :data:`BOUNDS`.
        """
        low, high = BOUNDS[name]
        return replace(self, answers={**self.answers, name: min(max(value, low), high)})

    def written(self) -> str:
        """As it stands in the address: ``3~guess61~cut80``."""
        told = (f"{name}{self.answers[name]}" for name in BOUNDS if name in self.answers)
        return "~".join([str(self.step), *told])


def read_progress(text: str) -> Progress:
    """Progress from an address; what is not understood is left out, never an error."""
    first, *rest = text[:400].split("~")
    found = Progress().at(int(first)) if re.fullmatch(r"\d{1,2}", first, re.ASCII) else Progress()
    for part in rest:
        answer = _ANSWER.fullmatch(part)
        if answer is None or answer[1] not in BOUNDS or not answer[2].isascii():
            continue
        low, high = BOUNDS[answer[1]]
        if low <= int(answer[2]) <= high:
            found = found.answered(answer[1], int(answer[2]))
    return found
