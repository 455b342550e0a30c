"""What the numbers of a record mean: definition, range, sign and source of each."""

from collections.abc import Iterable

from fairlab.decision.parts import MetricDefinition
from fairlab.language import tr
from fairlab.metrics import GAPS, RATES

_HARDT = "Hardt, Price, Srebro 2016, Equality of Opportunity in Supervised Learning"
_BERK = "Berk, Heidari, Jabbari, Kearns, Roth 2018, Fairness in Criminal Justice Risk Assessments"
_DWORK = "Dwork, Hardt, Pitassi, Reingold, Zemel 2012, Fairness Through Awareness"
_TABLE = "confusion matrix: share of people, or of people with one outcome or decision"

SOURCES: dict[str, str] = {
    "demographic_parity_difference": f"{_DWORK} (statistical parity)",
    "demographic_parity_ratio": "29 CFR 1607.4 D (US, 1978): compared with four fifths there",
    "equal_opportunity_difference": _HARDT,
    "predictive_equality_difference": (
        "Corbett-Davies, Pierson, Feller, Goel, Huq 2017, Algorithmic Decision Making and the Cost "
        "of Fairness"
    ),
    "equalized_odds_difference": _HARDT,
    "average_absolute_odds_difference": (
        f"{_HARDT}; as a mean Bellamy et al. 2018, AI Fairness 360, there signed, here unsigned"
    ),
    "equalized_odds_ratio": f"{_HARDT}; as a ratio Fairlearn",
    "predictive_parity_difference": ("Chouldechova 2017, Fair Prediction with Disparate Impact"),
    "accuracy_difference": f"{_BERK} (overall accuracy equality)",
    "treatment_equality_difference": f"{_BERK} (treatment equality)",
    "balanced_accuracy_difference": (
        "Brodersen, Ong, Stephan, Buhmann 2010, The Balanced Accuracy and Its Posterior "
        "Distribution; compared between groups"
    ),
    "negative_predictive_value_difference": f"{_BERK} (conditional use accuracy equality, in part)",
    "base_rate_difference": "the data alone: what Chouldechova 2017 calls prevalence",
    "mean_residual_difference": (
        "mean of decision minus outcome by group; of scores Kim, Ghorbani, Zou 2019, Multiaccuracy"
    ),
}


def definitions(names: Iterable[str]) -> dict[str, MetricDefinition]:
    """Definitions of rates and gaps by name.

    Raises:
        UnknownNameError: For a name that is neither.
    """
    return {name: _rate(name) if name in RATES else _gap(name) for name in names}


def _rate(name: str) -> MetricDefinition:
    rate = RATES[name]
    signed = name == "mean_residual"
    return MetricDefinition(
        label=rate.label,
        definition=rate.definition,
        kind="rate",
        lowest=-1 if signed else 0,
        highest=1 if signed or rate.share or name in ("balanced_accuracy", "f1") else None,
        sign=tr("A share; higher means more of these people. It says nothing of other groups."),
        source=_TABLE,
    )


def _gap(name: str) -> MetricDefinition:
    gap = GAPS[name]
    ratio = gap.spread == "ratio"
    highest = {"treatment_equality_difference": None, "mean_residual_difference": 2.0}.get(name, 1)
    return MetricDefinition(
        label=gap.label,
        definition=gap.definition,
        kind="gap",
        lowest=0,
        highest=highest,
        equal=gap.equal,
        sign=(
            tr("Lowest divided by highest, so never above 1; 1 means groups do not differ.")
            if ratio
            else tr("Highest minus lowest, so never negative; 0 means groups do not differ.")
        ),
        source=SOURCES[name],
    )
