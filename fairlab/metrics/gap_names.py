"""What a gap is called: in plain words, and by the term of the field.

Whoever reads a curve, a report or a comparison reads the plain name, "gap in selection rate". Where
a gap is first met, in lists, tables and tiles, the field's term stands beside it. The term alone
names criteria that somebody picks as such, and keys of files (``demographic_parity_difference``).
"""

from fairlab.language import inside, later, told, tr
from fairlab.metrics.gaps import GAPS

_PLAIN: dict[str, str] = told(
    {
        "demographic_parity_difference": later("Gap in selection rate"),
        "demographic_parity_ratio": later("Ratio of selection rates"),
        "equal_opportunity_difference": later("Gap in true positive rate"),
        "predictive_equality_difference": later("Gap in false positive rate"),
        "equalized_odds_difference": later("Gap in true or false positive rate, the wider"),
        "average_absolute_odds_difference": later("Mean gap in true and false positive rate"),
        "equalized_odds_ratio": later("Ratio of true or false positive rates, the smaller"),
        "predictive_parity_difference": later("Gap in positive predictive value"),
        "accuracy_difference": later("Gap in accuracy"),
        "treatment_equality_difference": later("Gap in false negatives per false positive"),
        "balanced_accuracy_difference": later("Gap in balanced accuracy"),
        "negative_predictive_value_difference": later("Gap in negative predictive value"),
        "base_rate_difference": later("Gap in base rate"),
        "mean_residual_difference": later("Gap in selection rate minus base rate"),
    }
)
# Their term says no more than "difference" of what the plain name says already.
_NO_TERM = {
    "accuracy_difference",
    "balanced_accuracy_difference",
    "negative_predictive_value_difference",
    "base_rate_difference",
}


def gap_name(name: str) -> str:
    """The plain name: "Gap in selection rate".

    Args:
        name: Name in ``GAPS``.

    Raises:
        UnknownNameError: If there is no such gap.
    """
    return _PLAIN.get(name) or GAPS[name].label


def gap_title(name: str) -> str:
    """Both: "Gap in selection rate (demographic parity difference)"; one where they say the same.

    Args, Raises: As :func:`gap_name`.
    """
    plain, term = gap_name(name), GAPS[name].label
    if name in _NO_TERM or plain == term:
        return plain
    return tr("{plain} ({term})", plain=plain, term=inside(term))
