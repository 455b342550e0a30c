"""A threshold picked on validation people, in sentences."""

from fairlab.metrics import GAPS
from fairlab.sweeps import ThresholdOffer

RULE = (
    "A threshold counts only if its accuracy is within 5 points of the best threshold's, and if it "
    "tells outcomes apart at least half as well as the one that does so best (true minus false "
    "positive rate): selecting nearly everybody, or nobody, makes gaps small for an empty reason."
)


def offer_sentence(offer: ThresholdOffer) -> str:
    """Which threshold, why, what it does on validation people, and measured on test people."""
    picked, gap = offer.picked, GAPS[offer.gap_name].label.lower()
    if picked.within:
        chosen = (
            f"On validation people, {picked.threshold:g} is the most accurate single threshold "
            f"whose {gap} is at most {_points(picked.slack)}"
        )
    else:
        chosen = (
            f"No threshold that counts brings the {gap} of validation people within "
            f"{_points(picked.slack)}. {picked.threshold:g} has the narrowest"
        )
    return (
        f"{chosen}: accuracy {_percent(picked.accuracy)}, gap {_points(picked.gap)}. On test "
        f"people it gives accuracy {_percent(offer.test_accuracy)} and a gap of "
        f"{_points(offer.test_gap)}; the run's own threshold {offer.usual_threshold:g} gives "
        f"{_percent(offer.usual_accuracy)} and {_points(offer.usual_gap)}. The threshold is the "
        "best of many on validation people, so expect its gap to be wider on others."
    )


def no_offer_sentence(constraint: str) -> str:
    """When no threshold counts."""
    return (
        f"No threshold can be offered for {constraint.replace('_', ' ')}: on validation people the "
        "scores do not tell outcomes apart, or the gap is undefined."
    )


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _points(value: float | None) -> str:
    return "undefined" if value is None else f"{100 * value:.1f} points"
