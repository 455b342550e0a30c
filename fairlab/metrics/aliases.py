"""What other tools call our numbers: one line per name, with the way its number is made.

Sources: :data:`fairlab.metrics.conventions.TOOLS`. A name that measures something else under a
familiar word is listed where a reader would look for it, and says so in ``warning``.
"""

from dataclasses import dataclass

from fairlab.metrics.conventions import Form


@dataclass(frozen=True, slots=True)
class Alias:
    """What another tool calls one of our numbers.

    Attributes:
        gap: Name in ``GAPS``, of a gap of scores, or ``theil`` / ``generalized_entropy``.
        tool: Name in ``TOOLS``.
        call: Its name for the number.
        form: How its number is made of the rates.
        rates: The rates, by our names (or names only others need, see ``conventions.py``).
        first: Which comes first in a signed difference: ``other`` minus reference, or
            ``reference`` minus other.
        warning: What differs beyond sign and combination; "" if nothing.
    """

    gap: str
    tool: str
    call: str
    form: Form
    rates: tuple[str, ...]
    first: str = "other"
    warning: str = ""


_DP, _DPR = "demographic_parity_difference", "demographic_parity_ratio"
_EO, _PE = "equal_opportunity_difference", "predictive_equality_difference"
_ODDS, _AAO = "equalized_odds_difference", "average_absolute_odds_difference"
_ODDS_RATIO, _PP = "equalized_odds_ratio", "predictive_parity_difference"
_ACC, _TE, _BA = (
    "accuracy_difference", "treatment_equality_difference", "balanced_accuracy_difference",
)  # fmt: skip
_NPV, _BASE = "negative_predictive_value_difference", "base_rate_difference"
_RESIDUAL, _AUC, _SCORE = (
    "mean_residual_difference", "auc_difference", "mean_score_difference",
)  # fmt: skip
_SEL, _TPR, _FPR, _BOTH = ("selection_rate",), ("tpr",), ("fpr",), ("tpr", "fpr")
_FNR_FPR = "uses the false negative rate where ours uses the true positive rate"
_PER_SELECTED = (
    "a ratio of outcomes to decisions within each group, where ours is a difference of shares"
)
_LABELS = "computed from the outcomes alone"
_COMPLEMENT = "of the complementary rate, so the sign is turned round"
_TWICE = "a sum where ours is a mean"
_INEQUALITY = "of everybody's benefits, no groups"
_BETWEEN = "the part between groups"

# fmt: off
ALIASES = (
    Alias(_DP, "Fairlearn", "demographic_parity_difference", "range", _SEL),
    Alias(_DP, "AIF360", "statistical_parity_difference", "difference", _SEL),
    Alias(_DP, "Aequitas", "pprev_disparity (Impact Parity)", "quotient", _SEL),
    Alias(_DP, "SageMaker Clarify", "DPPL", "difference", _SEL, "reference"),
    Alias(_DP, "HolisticAI", "statistical_parity", "difference", _SEL),
    Alias(_DP, "HolisticAI", "cohen_d", "cohen d", _SEL, "other", "not in points"),
    Alias(_DP, "HolisticAI", "z_test_diff (2SD Rule)", "z", _SEL, "other",
          "a test statistic, as z of our pairs"),
    Alias(_DP, "error-parity", "ppr_diff", "range", _SEL),

    Alias(_DPR, "Fairlearn", "demographic_parity_ratio", "ratio", _SEL),
    Alias(_DPR, "AIF360", "disparate_impact", "quotient", _SEL),
    Alias(_DPR, "Aequitas", "pprev_disparity (Impact Parity)", "quotient", _SEL),
    Alias(_DPR, "SageMaker Clarify", "DI", "quotient", _SEL),
    Alias(_DPR, "HolisticAI", "disparate_impact", "quotient", _SEL),
    Alias(_DPR, "HolisticAI", "four_fifths", "ratio", _SEL),
    Alias(_DPR, "error-parity", "ppr_ratio", "ratio", _SEL),

    Alias(_EO, "Fairlearn", "equal_opportunity_difference", "range", _TPR),
    Alias(_EO, "AIF360", "equal_opportunity_difference", "difference", _TPR),
    Alias(_EO, "AIF360", "true_positive_rate_difference", "difference", _TPR),
    Alias(_EO, "AIF360", "false_negative_rate_difference", "difference", ("fnr",), "other",
          _COMPLEMENT),
    Alias(_EO, "Aequitas", "tpr_disparity", "quotient", _TPR),
    Alias(_EO, "Aequitas", "fnr_disparity", "quotient", ("fnr",)),
    Alias(_EO, "SageMaker Clarify", "RD", "difference", _TPR, "reference"),
    Alias(_EO, "HolisticAI", "equal_opportunity_diff", "difference", _TPR),
    Alias(_EO, "HolisticAI", "false_negative_rate_diff", "difference", ("fnr",), "other",
          _COMPLEMENT),
    Alias(_EO, "error-parity", "tpr_diff", "range", _TPR),
    Alias(_EO, "error-parity", "fnr_diff", "range", ("fnr",)),

    Alias(_PE, "Fairlearn", "MetricFrame(metrics=false_positive_rate).difference()", "range", _FPR),
    Alias(_PE, "AIF360", "false_positive_rate_difference", "difference", _FPR),
    Alias(_PE, "Aequitas", "fpr_disparity", "quotient", _FPR),
    Alias(_PE, "Aequitas", "tnr_disparity", "quotient", ("tnr",)),
    Alias(_PE, "SageMaker Clarify", "SD", "difference", ("tnr",), "other", _COMPLEMENT),
    Alias(_PE, "HolisticAI", "false_positive_rate_diff", "difference", _FPR),
    Alias(_PE, "HolisticAI", "true_negative_rate_diff", "difference", ("tnr",), "other",
          _COMPLEMENT),
    Alias(_PE, "error-parity", "fpr_diff", "range", _FPR),
    Alias(_PE, "error-parity", "tnr_diff", "range", ("tnr",)),

    Alias(_ODDS, "Fairlearn", "equalized_odds_difference(agg='worst_case')", "largest range",
          _BOTH),
    Alias(_ODDS, "AIF360", "equalized_odds_difference", "largest size", _BOTH),
    Alias(_ODDS, "AIF360", "average_odds_difference", "mean difference", _BOTH),
    Alias(_ODDS, "HolisticAI", "average_odds_diff", "mean difference", _BOTH),
    Alias(_ODDS, "error-parity", "equalized_odds_diff", "largest range", _BOTH),

    Alias(_AAO, "Fairlearn", "equalized_odds_difference(agg='mean')", "mean range", _BOTH),
    Alias(_AAO, "AIF360", "average_abs_odds_difference", "mean size", _BOTH),
    Alias(_AAO, "AIF360", "average_odds_difference", "mean difference", _BOTH),
    Alias(_AAO, "HolisticAI", "average_odds_diff", "mean difference", _BOTH),
    Alias(_AAO, "error-parity", "equalized_odds_diff_l1", "largest distance", _BOTH, "other",
          _TWICE),

    Alias(_ODDS_RATIO, "Fairlearn", "equalized_odds_ratio(agg='worst_case')", "smallest ratio",
          _BOTH),
    Alias(_ODDS_RATIO, "error-parity", "equalized_odds_ratio", "smallest ratio", ("fnr", "fpr"),
          "other", _FNR_FPR),

    Alias(_PP, "Fairlearn", "MetricFrame(metrics=sklearn.metrics.precision_score).difference()",
          "range", ("ppv",)),
    Alias(_PP, "AIF360", "false_discovery_rate_difference", "difference", ("fdr",), "other",
          _COMPLEMENT),
    Alias(_PP, "Aequitas", "precision_disparity", "quotient", ("ppv",)),
    Alias(_PP, "Aequitas", "fdr_disparity", "quotient", ("fdr",)),
    Alias(_PP, "SageMaker Clarify", "DAR", "difference", ("ppv",), "reference"),
    Alias(_PP, "error-parity", "precision_diff", "range", ("ppv",)),

    Alias(_ACC, "Fairlearn", "MetricFrame(metrics=sklearn.metrics.accuracy_score).difference()",
          "range", ("accuracy",)),
    Alias(_ACC, "AIF360", "error_rate_difference", "difference", ("error_rate",), "other",
          _COMPLEMENT),
    Alias(_ACC, "SageMaker Clarify", "AD", "difference", ("accuracy",), "reference"),
    Alias(_ACC, "HolisticAI", "accuracy_diff", "difference", ("accuracy",)),
    Alias(_ACC, "error-parity", "accuracy_diff", "range", ("accuracy",)),

    Alias(_TE, "SageMaker Clarify", "TE", "difference", ("fn_fp_ratio",)),

    Alias(_BA, "Fairlearn",
          "MetricFrame(metrics=sklearn.metrics.balanced_accuracy_score).difference()", "range",
          ("balanced_accuracy",), "other", "the mean over the outcomes that occur in a group"),

    Alias(_NPV, "Fairlearn", "MetricFrame(metrics=partial(precision_score, pos_label=0))"
          ".difference()", "range", ("npv",)),
    Alias(_NPV, "AIF360", "false_omission_rate_difference", "difference",
          ("false_omission_rate",), "other",
          _COMPLEMENT),
    Alias(_NPV, "Aequitas", "npv_disparity", "quotient", ("npv",)),
    Alias(_NPV, "Aequitas", "for_disparity", "quotient", ("false_omission_rate",)),
    Alias(_NPV, "SageMaker Clarify", "DRR", "difference", ("npv",)),

    Alias(_BASE, "Fairlearn", "demographic_parity_difference(y_true, y_true)", "range",
          ("base_rate",), "other", _LABELS),
    Alias(_BASE, "AIF360", "BinaryLabelDatasetMetric.mean_difference", "difference",
          ("base_rate",), "other", _LABELS),
    Alias(_BASE, "AIF360", "BinaryLabelDatasetMetric.disparate_impact", "quotient",
          ("base_rate",), "other", _LABELS),
    Alias(_BASE, "SageMaker Clarify", "DPL", "difference", ("base_rate",), "reference", _LABELS),

    Alias(_RESIDUAL, "SageMaker Clarify", "DCAcc (DCA)", "difference",
          ("favourable_per_selected",), "reference", _PER_SELECTED),
    Alias(_RESIDUAL, "SageMaker Clarify", "DCR", "difference", ("unfavourable_per_refused",),
          "other", _PER_SELECTED),

    Alias(_AUC, "Fairlearn", "MetricFrame(metrics=sklearn.metrics.roc_auc_score).difference()",
          "range", ()),
    Alias(_AUC, "HolisticAI", "abroca", "difference", (), "other",
          "its name is of the area between curves, its number the difference of two areas"),
    Alias(_SCORE, "Fairlearn", "MetricFrame(metrics=mean_prediction).difference()", "range", ()),

    Alias("theil", "AIF360", "theil_index", "range", (), "other", _INEQUALITY),
    Alias("theil", "AIF360", "between_all_groups_theil_index", "range", (), "other", _BETWEEN),
    Alias("theil", "HolisticAI", "theil_index", "range", (), "other", _INEQUALITY),
    Alias("generalized_entropy", "AIF360", "generalized_entropy_index(alpha=2)", "range", (),
          "other", _INEQUALITY),
    Alias("generalized_entropy", "AIF360", "between_all_groups_generalized_entropy_index(alpha=2)",
          "range", (), "other", _BETWEEN),
    Alias("generalized_entropy", "SageMaker Clarify", "GE", "range", (), "other", _INEQUALITY),
    Alias("generalized_entropy", "HolisticAI", "generalized_entropy_index", "range", (), "other",
          _INEQUALITY),
)
# fmt: on
