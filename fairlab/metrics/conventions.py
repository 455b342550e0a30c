"""How other tools turn the counts of groups into one number: sign, partner, 0/0.

A tool is described by whom it compares with whom, what it makes of 0/0 and what of a division by
zero; a form says how rates become the number. Everything was read from the tools' sources, named
in :data:`TOOLS`, and is checked by tests against Fairlearn and error-parity themselves.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from fairlab.metrics.rates import RATES
from fairlab.outcomes import Counts
from fairlab.registry import Registry

Partners = Literal[
    "all groups", "reference and the rest together", "group and the rest together", "pairs"
]
Form = Literal[
    "range",
    "largest range",
    "mean range",
    "ratio",
    "smallest ratio",
    "difference",
    "mean difference",
    "mean size",
    "largest size",
    "quotient",
    "largest distance",
    "cohen d",
    "z",
]
Zero = Literal["undefined", "0", "worst", "0, x/0 infinite"]

Cells = tuple[float, float, float, float]
Values = Sequence[float]


@dataclass(frozen=True, slots=True)
class Tool:
    """Another tool's habits.

    Attributes:
        name: Its name.
        partners: Whom it compares: all groups at once; a reference group with all others together;
            each group with all others together; or each group with the reference group.
        zero: What a rate with an empty denominator is: undefined; 0; the worst value (a false
            positive or false negative rate of 1, else 0); or 0 for 0/0 and infinite for x/0.
        zero_ratio: What x / 0 is when two rates are divided: ``undefined`` (infinite for x > 0),
            ``0``, ``10``, or ``0, x/0 infinite``.
        takes: How one tells it the groups, in its own terms.
        source: Where its definitions were read.
        zero_selected: ``zero`` for rates among the selected or the not selected, where it differs.
    """

    name: str
    partners: Partners
    zero: Zero
    zero_ratio: Literal["undefined", "0", "10", "0, x/0 infinite"]
    takes: str
    source: str
    zero_selected: Zero | None = None

    def empty(self, rate: str) -> Zero:
        """What a rate nobody is behind is; rates of decisions may have a rule of their own."""
        about_decisions = rate in RATES and RATES[rate].given == "decision"
        return self.zero_selected if self.zero_selected and about_decisions else self.zero


# fmt: off
TOOLS: Registry[Tool] = Registry("tool", {tool.name: tool for tool in (
    Tool("Fairlearn", "all groups", "0", "undefined",
         "sensitive_features: every group", "fairlearn 0.14, fairlearn/metrics"),
    Tool("AIF360", "reference and the rest together", "undefined", "undefined",
         "one set of groups is the reference, the others are compared with it together",
         "Trusted-AI/AIF360, aif360/metrics/classification_metric.py and "
         "binary_label_dataset_metric.py", "0"),
    Tool("Aequitas", "pairs", "undefined", "10",
         "ref_groups_dict: every group is divided by the reference group",
         "dssg/aequitas, src/aequitas/bias.py and group.py"),
    Tool("SageMaker Clarify", "group and the rest together", "0, x/0 infinite",
         "0, x/0 infinite",
         "the facet is one group (d), everybody else is the other (a)",
         "aws/amazon-sagemaker-clarify, src/smclarify/bias/metrics/posttraining.py and common.py"),
    Tool("HolisticAI", "pairs", "0", "undefined",
         "group_a and group_b: two groups; here group_b is the reference",
         "holistic-ai/holisticai, src/holisticai/bias/metrics/_classification.py"),
    Tool("error-parity", "all groups", "worst", "0",
         "sensitive_attribute: every group", "error-parity 0.3.12, error_parity/evaluation.py"),
)})
# fmt: on

_FORMS: dict[Form, str] = {
    "range": "highest minus lowest group",
    "largest range": "largest of the rates' ranges over groups",
    "mean range": "mean of the rates' ranges over groups",
    "ratio": "lowest divided by highest group",
    "smallest ratio": "smallest of the rates' lowest-by-highest ratios",
    "difference": "signed difference",
    "mean difference": "mean of signed differences: opposite signs cancel to 0",
    "mean size": "mean of unsigned differences",
    "largest size": "largest of unsigned differences",
    "quotient": "ratio of a group to a reference group",
    "largest distance": "largest sum of unsigned differences of any two groups",
    "cohen d": "signed difference in pooled standard deviations",
    "z": "signed two-proportion z statistic",
}
_ZERO: dict[Zero, str] = {
    "undefined": "0/0 stays undefined",
    "0": "an undefined rate counts as 0",
    "worst": "an undefined rate counts as the worst: 1 for error rates, else 0",
    "0, x/0 infinite": "0/0 counts as 0, x/0 as infinite",
}
# Rates of other tools that we do not list: numerator and denominator of (tp, fp, fn, tn).
_THEIRS: Mapping[str, Callable[[Cells], tuple[float, float]]] = {
    "error_rate": lambda c: (c[1] + c[2], sum(c)),
    "favourable_per_selected": lambda c: (c[0] + c[2], c[0] + c[1]),
    "unfavourable_per_refused": lambda c: (c[1] + c[3], c[2] + c[3]),
}
_ONE_IS_WORST = ("fpr", "fnr")


@dataclass(frozen=True, slots=True)
class Number:
    """One number another tool would print.

    Attributes:
        of: Which groups were compared with which ("" when all at once).
        value: NaN when it prints an undefined number; may be infinite.
    """

    of: str
    value: float


def meaning_of(form: Form, tool: Tool, first: str, rates: Sequence[str] = ()) -> str:
    """The convention in a sentence: how groups combine, which minus which, what 0/0 is."""
    text = _FORMS[form]
    if form in ("difference", "mean difference", "cohen d", "z"):
        minus = {
            "reference and the rest together": ("the others", "the reference group"),
            "group and the rest together": ("the group (facet d)", "everybody else (a)"),
            "pairs": ("the group", "the reference group"),
            "all groups": ("one", "the other"),
        }[tool.partners]
        a, b = minus if first == "other" else minus[::-1]
        text += f", {a} minus {b}"
    empty = tool.empty(rates[0]) if rates else tool.zero
    return f"{text}; {_ZERO[empty]}"


def numbers(
    tool: Tool,
    form: Form,
    rates: Sequence[str],
    counts: Counts,
    first: str,
    reference: str | None,
) -> tuple[Number, ...]:
    """Every number the tool could print: one, or one per choice of whom to compare with whom.

    Args:
        tool, form: Its convention.
        rates: Names in ``RATES`` or of rates only others have.
        counts: Fields of shape (G,), of groups that have people.
        first: ``other`` or ``reference``: which comes first in a signed difference.
        reference: The reference group, or None for every choice of it.
    """
    cells = _cells(counts)
    if tool.partners == "all groups":
        if len(cells) < 2 and tool.name == "error-parity":
            return (Number("", math.nan),)
        table = [[_value(name, c, tool.empty(name)) for c in cells.values()] for name in rates]
        return (Number("", _of_all(form, table, tool)),)
    found = []
    for label, other, base in _partners(tool, cells, reference):
        pairs = [(_value(r, other, tool.empty(r)), _value(r, base, tool.empty(r))) for r in rates]
        value = _of_two(form, pairs, tool, first, sum(other), sum(base))
        found.append(Number(label, value))
    return tuple(found)


def _cells(counts: Counts) -> dict[str, Cells]:
    return {
        name: (
            float(counts.tp[g]),
            float(counts.fp[g]),
            float(counts.fn[g]),
            float(counts.tn[g]),
        )
        for g, name in enumerate(counts.group_names)
    }


def _partners(
    tool: Tool, cells: Mapping[str, Cells], reference: str | None
) -> list[tuple[str, Cells, Cells]]:
    """(label, cells of the group in question, cells it is compared with)."""
    rows = []
    for base in cells:
        if len(cells) < 2 or (reference is not None and base != reference):
            continue
        rest = [name for name in cells if name != base]
        if tool.partners == "reference and the rest together":
            rows.append((f"reference {base}", _together([cells[n] for n in rest]), cells[base]))
        elif tool.partners == "pairs":
            rows += [(f"{other} to {base}", cells[other], cells[base]) for other in rest]
    if tool.partners == "group and the rest together" and len(cells) > 1:
        for facet in cells:
            if facet != reference or len(cells) > 2:
                rest_cells = [cells[name] for name in cells if name != facet]
                rows.append((f"facet {facet}", cells[facet], _together(rest_cells)))
    return rows


def _together(several: Sequence[Cells]) -> Cells:
    tp, fp, fn, tn = (sum(c[i] for c in several) for i in range(4))
    return tp, fp, fn, tn


def _value(name: str, cells: Cells, zero: Zero) -> float:
    """A rate with the tool's value for an empty denominator."""
    if name in _THEIRS:
        numerator, denominator = _THEIRS[name](cells)
    elif name == "balanced_accuracy":
        return _balanced(cells, zero)
    else:
        tp, fp, fn, tn = (_scalar(c) for c in cells)
        one = Counts(tp, fp, fn, tn)
        numerator, denominator = (
            float(RATES[name].numerator(one)),
            float(RATES[name].denominator(one)),
        )
    if denominator > 0:
        return numerator / denominator
    if zero == "undefined":
        return math.nan if numerator == 0 else math.inf
    if zero == "0, x/0 infinite":
        return 0.0 if numerator == 0 else math.inf
    return 1.0 if zero == "worst" and name in _ONE_IS_WORST else 0.0


def _balanced(cells: Cells, zero: Zero) -> float:
    """scikit-learn's: the mean over the outcomes that occur; others' stay undefined."""
    parts = [_value(name, cells, "undefined") for name in ("tpr", "tnr")]
    known = [part for part in parts if not math.isnan(part)]
    return sum(known) / len(known) if known and zero == "0" else sum(parts) / 2


def _scalar(value: float) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    return np.asarray(value, dtype=np.float64)


def _of_all(form: Form, table: Sequence[Values], tool: Tool) -> float:
    if form in ("ratio", "smallest ratio"):
        return min(_divided(min(row), max(row), tool) for row in table)
    ranges = [max(row) - min(row) for row in table]
    if form == "mean range":
        return sum(ranges) / len(ranges)
    if form == "largest distance":
        places = combinations(range(len(table[0])), 2)
        return max(sum(abs(row[a] - row[b]) for row in table) for a, b in places)
    return max(ranges)


def _of_two(
    form: Form,
    pairs: Sequence[tuple[float, float]],
    tool: Tool,
    first: str,
    n_other: float,
    n_base: float,
) -> float:
    if form == "quotient":
        return _divided(pairs[0][0], pairs[0][1], tool)
    if form == "ratio":
        a, b = pairs[0]
        return min(_divided(a, b, tool), _divided(b, a, tool))
    sign = 1.0 if first == "other" else -1.0
    signed = [
        0.0 if a == b and math.isinf(a) else sign * (a - b)  # Clarify: both infinite is equal
        for a, b in pairs
    ]
    if form in ("mean size", "largest size"):
        sizes = [abs(value) for value in signed]
        return sum(sizes) / len(sizes) if form == "mean size" else max(sizes)
    mean = sum(signed) / len(signed)
    if form in ("cohen d", "z"):
        return _standardised(form, pairs[0], sign, n_other, n_base)
    return mean


def _standardised(
    form: Form, pair: tuple[float, float], sign: float, n_other: float, n_base: float
) -> float:
    a, b = pair
    if form == "cohen d":
        spread = (n_other - 1) * a * (1 - a) + (n_base - 1) * b * (1 - b)
        spread = spread / (n_other + n_base - 2) if n_other + n_base > 2 else 0.0
    else:
        pooled = (a * n_other + b * n_base) / (n_other + n_base)
        spread = pooled * (1 - pooled) * (1 / n_other + 1 / n_base)
    if spread <= 0:
        return math.nan if a == b else math.copysign(math.inf, sign * (a - b))
    return sign * (a - b) / math.sqrt(spread)


def _divided(a: float, b: float, tool: Tool) -> float:
    if b != 0:
        return a / b
    if math.isnan(a) or math.isnan(b):
        return math.nan
    if tool.zero_ratio == "0":
        return 0.0
    if a == 0:
        return 0.0 if tool.zero_ratio == "0, x/0 infinite" else math.nan
    return 10.0 if tool.zero_ratio == "10" else math.inf
