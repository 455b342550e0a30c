"""The criteria of the compatibility table, each a rate that should be equal in all groups."""

from dataclasses import dataclass
from typing import Literal

from fairlab.errors import InputError
from fairlab.language import inside, tr
from fairlab.metrics import GAPS, RATES
from fairlab.metrics.rates import Rate
from fairlab.registry import Registry

Kind = Literal["linear", "ratio"]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion of fairness between groups.

    Attributes:
        name: Key in :data:`CRITERIA`.
        gap: Name in ``GAPS`` of its gap, the range of one rate over groups.
        rate: Name in ``RATES`` of that rate.
        kind: ``linear`` if the rate's denominator does not depend on the decisions, so that the
            rate is linear in a group's (FPR, TPR); ``ratio`` if it does.
    """

    name: str
    gap: str
    rate: str
    kind: Kind

    @property
    def label(self) -> str:
        """Name on screen: "predictive parity"."""
        return inside(GAPS[self.gap].label.removesuffix(tr(" difference")))

    @property
    def rated(self) -> Rate:
        """The rate itself."""
        return RATES[self.rate]


CRITERIA: Registry[Criterion] = Registry(
    "criterion",
    {
        c.name: c
        for c in (
            Criterion(
                "demographic_parity", "demographic_parity_difference", "selection_rate", "linear"
            ),
            Criterion("equal_opportunity", "equal_opportunity_difference", "tpr", "linear"),
            Criterion("predictive_equality", "predictive_equality_difference", "fpr", "linear"),
            Criterion("predictive_parity", "predictive_parity_difference", "ppv", "ratio"),
            Criterion(
                "negative_predictive_parity", "negative_predictive_value_difference", "npv", "ratio"
            ),
            Criterion("accuracy_parity", "accuracy_difference", "accuracy", "linear"),
        )
    },
)
#: Names that stand for several criteria at once.
SHORTHANDS = {"equalized_odds": ("equal_opportunity", "predictive_equality")}


def expand(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of :data:`CRITERIA` in its order, once each, with shorthands written out.

    Raises:
        UnknownNameError: For an unknown criterion.
        InputError: If none is named.
    """
    if not names:
        raise InputError(f"Name at least one criterion of: {', '.join([*CRITERIA, *SHORTHANDS])}.")
    wanted = {part for name in names for part in SHORTHANDS.get(name, (name,))}
    for name in wanted:
        CRITERIA[name]  # raises for an unknown one
    return tuple(name for name in CRITERIA if name in wanted)
