"""How a point was chosen: the way taken, the numbers and answers given, and what they determine."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fairlab.config import Record

Route = Literal["tolerance", "cost", "pairs", "curve"]
Answer = Literal["left", "right", "neither"]
LARGEST_WORDS = 2_000  # characters of a reason, and of a dissent
MOST_ANSWERS = 12
# Costs are compared with each other, so their unit is free; this bounds their ratio.
LARGEST_COST = 1_000_000.0

Share = Annotated[float, Field(ge=0, le=1)]
Index = Annotated[int, Field(ge=0, lt=1_000_000)]


class Preference(Record):
    """One answer to "A or B?".

    Attributes:
        left, right: The two models, as they stood.
        answer: Which was preferred; ``neither`` is no preference.
    """

    left: Index
    right: Index
    answer: Answer

    @property
    def preferred(self) -> int | None:
        """The model preferred; None without a preference."""
        return {"left": self.left, "right": self.right, "neither": None}[self.answer]


class HowChosen(Record):
    """How a point was chosen; everything was measured on ``split``.

    Attributes:
        route: ``tolerance``: the largest gap accepted came first; ``cost``: what errors cost;
            ``pairs``: answers to "A or B?"; ``curve``: picked on the curve itself.
        index: The model chosen in the end.
        threshold: Its threshold.
        proposed: The model the route led to; another than ``index`` when the person took a
            neighbour. None where nothing was proposed.
        determined: Whether the answers determine a point; None for the other routes.
        within: Largest gap accepted, [0, 1].
        wrong_approval, wrong_refusal: What one of each costs, in any unit.
        given_up: Accuracy that may be given up, [0, 1] of people, at these costs: a share of
            decisions that may be wrong beyond the least, each at the mean of the two costs.
        answers: In order.
        seed: Of the sides on which questions stood.
        consistency: Largest share of answers with a preference that one exchange rate agrees
            with; None without such answers.
        by_chance: Share of coin-tossed answers to the same questions that are as consistent.
        exchange_rate: Accuracy given up for a gap one narrower (points for a point), the
            posterior's median; with its 95 % interval, whose upper end is None when the answers
            set none.
        in_circle: Models preferred in a circle (each over the next, the last over the first).
        picked_again: Share of resampled validation people from whom the same model is picked.
        reason, dissent: Words of whoever chose.
        split: Where points were measured; never test people.
    """

    route: Route
    index: Index
    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5
    proposed: Index | None = None
    determined: bool | None = None
    within: Share | None = None
    wrong_approval: Annotated[float, Field(ge=0, le=LARGEST_COST)] | None = None
    wrong_refusal: Annotated[float, Field(ge=0, le=LARGEST_COST)] | None = None
    given_up: Share | None = None
    answers: Annotated[tuple[Preference, ...], Field(max_length=MOST_ANSWERS)] = ()
    seed: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    consistency: Share | None = None
    by_chance: Share | None = None
    exchange_rate: Annotated[float, Field(ge=0)] | None = None
    exchange_lower: Annotated[float, Field(ge=0)] | None = None
    exchange_upper: Annotated[float, Field(ge=0)] | None = None
    in_circle: Annotated[tuple[Index, ...], Field(max_length=MOST_ANSWERS)] = ()
    picked_again: Share | None = None
    reason: Annotated[str, Field(max_length=LARGEST_WORDS)] = ""
    dissent: Annotated[str, Field(max_length=LARGEST_WORDS)] = ""
    split: Literal["validation"] = "validation"

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed = {
            "tolerance": ("within",),
            "cost": ("wrong_approval", "wrong_refusal", "given_up"),
            "pairs": ("seed",),
            "curve": (),
        }[self.route]
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f"route {self.route!r} needs {', '.join(missing)}")
        return self

    @property
    def taken_otherwise(self) -> bool:
        """Whether another model was taken than the route led to."""
        return self.proposed is not None and self.proposed != self.index
