"""How other tools print our number: their name, their sign, their way of combining groups.

One name has several meanings in this field. Nothing here imports those tools; conventions were
read from their documentation, and those of Fairlearn are checked by tests.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from fairlab.metrics.gaps import GAPS, Gap
from fairlab.outcomes import Counts

Convention = Literal["same", "signed", "signed mean", "ratio to a reference", "0 for 0/0"]

_MEANING: dict[Convention, str] = {
    "same": "same number",
    "signed": "signed: first minus second of two groups",
    "signed mean": "mean of signed differences: opposite signs cancel to 0",
    "ratio to a reference": "ratio of a group to a reference group",
    "0 for 0/0": "same number, but an undefined rate counts as 0",
}


@dataclass(frozen=True, slots=True)
class Alias:
    """What another tool calls one of our gaps.

    Attributes:
        gap: Name in ``GAPS``.
        tool: The other tool.
        call: Its name for the number.
        convention: How its number follows from ours.
    """

    gap: str
    tool: str
    call: str
    convention: Convention


@dataclass(frozen=True, slots=True)
class Translation:
    """What another tool would print for one population.

    Attributes:
        tool, call: The other tool and its name for the number.
        printed: The number as it would print it ("0.30", "−0.30 or 0.30"); "undefined" if so.
        meaning: How its convention differs, in a sentence.
    """

    tool: str
    call: str
    printed: str
    meaning: str


# fmt: off
ALIASES = (
    Alias("demographic_parity_difference", "Fairlearn", "demographic_parity_difference", "same"),
    Alias("demographic_parity_difference", "AIF360", "statistical_parity_difference", "signed"),
    Alias("demographic_parity_difference", "Aequitas", "pprev_disparity (impact parity)",
          "ratio to a reference"),
    Alias("demographic_parity_ratio", "Fairlearn", "demographic_parity_ratio", "same"),
    Alias("demographic_parity_ratio", "AIF360", "disparate_impact", "ratio to a reference"),
    Alias("demographic_parity_ratio", "Aequitas", "pprev_disparity (impact parity)",
          "ratio to a reference"),
    Alias("equal_opportunity_difference", "Fairlearn", "equal_opportunity_difference",
          "0 for 0/0"),
    Alias("equal_opportunity_difference", "AIF360", "equal_opportunity_difference", "signed"),
    Alias("equal_opportunity_difference", "Aequitas", "tpr_disparity", "ratio to a reference"),
    Alias("predictive_equality_difference", "Fairlearn",
          "MetricFrame(metrics=false_positive_rate).difference()", "0 for 0/0"),
    Alias("predictive_equality_difference", "AIF360", "false_positive_rate_difference", "signed"),
    Alias("predictive_equality_difference", "Aequitas", "fpr_disparity", "ratio to a reference"),
    Alias("equalized_odds_difference", "Fairlearn",
          "equalized_odds_difference(agg='worst_case')", "0 for 0/0"),
    Alias("equalized_odds_difference", "AIF360", "average_odds_difference", "signed mean"),
    Alias("average_absolute_odds_difference", "Fairlearn",
          "equalized_odds_difference(agg='mean')", "0 for 0/0"),
    Alias("average_absolute_odds_difference", "AIF360", "average_abs_odds_difference", "same"),
    Alias("average_absolute_odds_difference", "AIF360", "average_odds_difference", "signed mean"),
    Alias("equalized_odds_ratio", "Fairlearn", "equalized_odds_ratio(agg='worst_case')",
          "0 for 0/0"),
    Alias("predictive_parity_difference", "Fairlearn",
          "MetricFrame(metrics=sklearn.metrics.precision_score).difference()", "0 for 0/0"),
    Alias("predictive_parity_difference", "Aequitas", "precision_disparity",
          "ratio to a reference"),
    Alias("accuracy_difference", "Fairlearn",
          "MetricFrame(metrics=sklearn.metrics.accuracy_score).difference()", "same"),
    Alias("accuracy_difference", "AIF360", "error_rate_difference", "signed"),
)
# fmt: on


def translations(name: str, counts: Counts) -> tuple[Translation, ...]:
    """What other tools would print for a gap of one population.

    Args:
        name: Name in ``GAPS``; one without aliases gives ().
        counts: Fields of shape (G,).

    Raises:
        UnknownNameError: For a name that is not in ``GAPS``.
    """
    gap = GAPS[name]
    counts = _present(counts)
    return tuple(
        Translation(a.tool, a.call, _printed(gap, a.convention, counts), _MEANING[a.convention])
        for a in ALIASES
        if a.gap == name
    )


def _present(counts: Counts) -> Counts:
    """Without groups nobody is in: other tools learn of groups from the people."""
    kept = np.flatnonzero(np.asarray(counts.n) > 0)
    names = counts.group_names
    return Counts(
        counts.tp[kept],
        counts.fp[kept],
        counts.fn[kept],
        counts.tn[kept],
        tuple(names[g] if names else f"group {g}" for g in kept),
    )


def _printed(gap: Gap, convention: Convention, counts: Counts) -> str:
    result = gap.result(counts)
    if convention == "0 for 0/0" and result.left_out:
        return "another number: it counts the undefined rates as 0"
    if result.value is None:
        return "undefined"
    if convention in ("same", "0 for 0/0"):
        return f"{result.value:.3f}"
    if convention == "signed":
        return _either(result.value, -result.value)
    rates = {rate.name: rate(counts) for rate in gap.rates}
    names = list(counts.group_names)
    if convention == "ratio to a reference":
        value = rates[result.rate]
        assert result.highest is not None
        assert result.lowest is not None
        high, low = value[names.index(result.highest)], value[names.index(result.lowest)]
        if high == 0:
            return "undefined"
        return f"{low / high:.3f} or " + ("infinite" if low == 0 else f"{high / low:.3f}")
    if len(names) != 2:
        return "compares two groups only"
    signed = float(sum(value[0] - value[1] for value in rates.values()) / len(rates))
    return _either(signed, -signed)


def _either(a: float, b: float) -> str:
    if round(a, 3) == 0:
        return "0.000"
    low, high = sorted((a, b))
    return f"−{abs(low):.3f} or {high:.3f}"
