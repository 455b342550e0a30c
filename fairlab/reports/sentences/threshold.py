"""A threshold picked on validation people, in sentences."""

from fairlab.language import inside, later, tr
from fairlab.metrics.gap_names import gap_name
from fairlab.sweeps import ThresholdOffer

RULE = later(
    "A threshold counts only if its accuracy is within 5 points of the best "
    "threshold's, and if it tells outcomes apart at least half as well as the one that "
    "does so best (true minus false positive rate): selecting nearly everybody, or "
    "nobody, makes gaps small for an empty reason."
)


def offer_sentence(offer: ThresholdOffer) -> str:
    """Which threshold, why, what it does on validation people, and measured on test people."""
    picked, gap = offer.picked, inside(gap_name(offer.gap_name))
    if picked.within:
        chosen = tr(
            "On validation people, {threshold:g} is the most accurate "
            "single threshold whose {gap} is at most {slack}",
            threshold=picked.threshold,
            gap=gap,
            slack=_points(picked.slack),
        )
    else:
        chosen = tr(
            "No threshold that counts brings the {gap} of validation "
            "people within {slack}. {threshold:g} has the narrowest",
            gap=gap,
            slack=_points(picked.slack),
            threshold=picked.threshold,
        )
    return tr(
        "{chosen}: accuracy {accuracy}, gap {gap}. On test people it gives "
        "accuracy {test_accuracy} and a gap of {test_gap}; the run's own "
        "threshold {usual_threshold:g} gives {usual_accuracy} and "
        "{usual_gap}. The threshold is the best of many on validation "
        "people, so expect its gap to be wider on others.",
        chosen=chosen,
        accuracy=_percent(picked.accuracy),
        gap=_points(picked.gap),
        test_accuracy=_percent(offer.test_accuracy),
        test_gap=_points(offer.test_gap),
        usual_threshold=offer.usual_threshold,
        usual_accuracy=_percent(offer.usual_accuracy),
        usual_gap=_points(offer.usual_gap),
    )


def no_offer_sentence(constraint: str) -> str:
    """When no threshold counts."""
    return tr(
        "No threshold can be offered for {replace}: on validation people "
        "the scores do not tell outcomes apart, or the gap is undefined.",
        replace=constraint.replace("_", " "),
    )


def _percent(value: float) -> str:
    return tr("{value:.1f} %", value=100 * value)


def _points(value: float | None) -> str:
    return tr("undefined") if value is None else tr("{value:.1f} points", value=100 * value)
