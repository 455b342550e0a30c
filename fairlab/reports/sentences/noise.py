"""How far points of the curve would move, and what can be told apart, in words."""

from collections.abc import Sequence
from statistics import median

from fairlab.pareto.noise import Noise, SettingNoise
from fairlab.pareto.overfit import FairnessOverfit
from fairlab.pareto.unmitigated import Comparison

__all__ = ["comparison_sentence", "curve_noise_sentence", "overfit_sentence", "setting_sentence"]


def curve_noise_sentence(noise: Noise) -> str:
    """Both noises of a curve, in the middle of its settings; "" where nothing is defined."""
    # Models that decide alike for everybody have a gap that nothing moves: they say nothing here.
    moved = [one for one in noise.settings if one.gap.sd] or list(noise.settings)
    own = [one for one in moved if one.family in ("penalty", "adversarial", "layer")] or moved
    rows = _both([one.accuracy.sd for one in own], [one.gap.sd for one in own])
    if rows is None:
        return ""
    people = f"Drawing other {noise.split} people would move a point by about {rows}"
    seeds = _both([one.accuracy_sd for one in own], [one.gap_sd for one in own])
    if seeds is None:
        return (
            f"{people} (standard deviations). How far training it again would move it, one seed "
            "cannot say: train with three or more."
        )
    return f"Retraining moves a point by about {seeds}. {people} (standard deviations)."


def setting_sentence(setting: SettingNoise, split: str = "test") -> str:
    """Both noises of one setting; "" where nothing is defined."""
    rows = _both([setting.accuracy.sd], [setting.gap.sd])
    if rows is None:
        return ""
    people = f"drawing other {split} people would move it by {rows}"
    seeds = _both([setting.accuracy_sd], [setting.gap_sd])
    if seeds is None:
        return f"{people[0].upper()}{people[1:]} (standard deviations)."
    return (
        f"Retraining moves this point by {seeds}; {people} (standard deviations, "
        f"{len(setting.indices)} seeds)."
    )


def comparison_sentence(found: Comparison, split: str = "test") -> str:
    """Whether a model can be told from the unmitigated one; "" when there is none."""
    apart = found.told_apart
    if found.unmitigated is None or apart is None:
        return ""
    by = (
        f"accuracy {_change(found.accuracy.value)} points ({_range(found.accuracy)}), "
        f"gap {_change(found.gap.value)} ({_range(found.gap)}); "
        f"{found.decided_differently:,} people are decided differently"
    )
    if not apart:
        return (
            f"On {split} people it cannot be told from the unmitigated model of its family: {by}. "
            "Both intervals contain 0."
        )
    return f"Beside the unmitigated model of its family, on the same {split} people: {by}."


def overfit_sentence(found: FairnessOverfit | None, against: str = "validation") -> str:
    """That a gap is narrow on training people only, when it is beyond chance; else ""."""
    if found is None or not found.flagged or found.difference is None:
        return ""
    return (
        f"The gap is {_points(found.train)} on training people and {_points(found.other)} on "
        f"{against} people. By chance alone the second would be {_change(found.by_chance)} points "
        "wider: part of what training achieved is not there on others."
    )


def _both(accuracy: Sequence[float | None], gap: Sequence[float | None]) -> str | None:
    a, g = ([value for value in own if value is not None] for own in (accuracy, gap))
    if not a or not g:
        return None
    return f"{100 * median(a):.1f} points of accuracy and {100 * median(g):.1f} of gap"


def _change(value: float | None) -> str:
    return "undefined" if value is None else f"{100 * value:+.1f}".replace("-", "−")


def _range(change: object) -> str:
    lower, upper = getattr(change, "lower", None), getattr(change, "upper", None)
    return "no interval" if lower is None else f"{_change(lower)} to {_change(upper)}"


def _points(value: float | None) -> str:
    return "undefined" if value is None else f"{100 * value:.1f} points"
