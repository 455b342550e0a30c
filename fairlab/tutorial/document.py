"""The tutorial as a page to read, ``docs/tutorial.md``, made from the same words and numbers.

Written anew with ``python -m fairlab.tutorial.document > docs/tutorial.md``.
"""

import sys
from collections.abc import Callable

from fairlab.data import load
from fairlab.tutorial import steps
from fairlab.tutorial.check import questions
from fairlab.tutorial.numbers import USUAL, Numbers, best_threshold, read_numbers

_OPENING = """# Tutorial: three rates, a conflict, and three modes

Ten steps on the built-in table of mortgage applications. In the app every step has something to
move or to answer: start it and open **Tutorial**, linked from Home (`make app`). Here the same
steps can be read. This page is made from the table by `python -m fairlab.tutorial.document`, and a
test compares its numbers with it.
"""


def as_markdown(numbers: Numbers) -> str:
    """The whole page."""
    parts = [_OPENING]
    for number, step in enumerate(steps.steps(numbers), start=1):
        parts.append(f"## {number}. {step.title}\n")
        parts += [f"{paragraph}\n" for paragraph in step.text]
        parts.append(f"**Try it.** {step.ask}\n")
        parts += [f"{said}\n" for said in _told(numbers)[number - 1]()]
    parts.append("## Check: three questions\n")
    for number, question in enumerate(questions(numbers), start=1):
        parts.append(f"**{number}. {question.words}**\n")
        rows = [f"- *{one.words}*: {one.told}" for one in question.choices]
        parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


def _told(numbers: Numbers) -> list[Callable[[], list[str]]]:
    """What is said after trying, for the values a reader is likely to try."""
    usual = (USUAL,) * len(numbers.groups)

    def mode(name: str) -> list[str]:
        dials = numbers.sweeps[name]
        word = "Slack" if name == "layer" else "Strength"
        rows = [
            f"- {word} {100 * dial.value:g} points: "
            if name == "layer"
            else f"- {word} {dial.value:g}: "
            for dial in dials
        ]
        return [
            "\n".join(
                row + steps.dial_told(name, dial, dials[0])
                for row, dial in zip(rows, dials, strict=True)
            )
        ]

    return [
        lambda: [steps.base_rates_told(numbers)],
        lambda: [steps.threshold_told(numbers, best_threshold(numbers))],
        lambda: [steps.selection_told(numbers, USUAL)],
        lambda: [steps.rate_told(numbers, "tpr", steps.lowest_group(numbers, "tpr"))],
        lambda: [steps.rate_told(numbers, "ppv", steps.lowest_group(numbers, "ppv"))],
        lambda: [steps.conflict_told(numbers, usual)],
        lambda: mode("penalty"),
        lambda: mode("adversarial"),
        lambda: mode("layer"),
        lambda: [
            f"- {word}: {steps.move_told(numbers, answer)}"
            for answer, word in enumerate(("A", "No preference", "B"))
        ],
    ]


def main() -> None:
    """Write the page."""
    sys.stdout.write(as_markdown(read_numbers(load("loanapp"))))


if __name__ == "__main__":
    main()
