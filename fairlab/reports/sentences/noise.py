"""How far points of the curve would move, and what can be told apart, in words."""

from collections.abc import Sequence
from statistics import median

from fairlab.language import tr, translated
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
    people = tr(
        "Drawing other {split} people would move a point by about {rows}",
        split=translated(noise.split),
        rows=rows,
    )
    seeds = _both([one.accuracy_sd for one in own], [one.gap_sd for one in own])
    if seeds is None:
        return tr(
            "{people} (standard deviations). How far training it again "
            "would move it, one seed cannot say: train with three or more.",
            people=people,
        )
    return tr(
        "Retraining moves a point by about {seeds}. {people} (standard deviations).",
        seeds=seeds,
        people=people,
    )


def setting_sentence(setting: SettingNoise, split: str = "test") -> str:
    """Both noises of one setting; "" where nothing is defined."""
    rows = _both([setting.accuracy.sd], [setting.gap.sd])
    if rows is None:
        return ""
    people = tr(
        "drawing other {split} people would move it by {rows}", split=translated(split), rows=rows
    )
    seeds = _both([setting.accuracy_sd], [setting.gap_sd])
    if seeds is None:
        return tr(
            "{upper}{people} (standard deviations).", upper=people[0].upper(), people=people[1:]
        )
    return tr(
        "Retraining moves this point by {seeds}; {people} (standard "
        "deviations, {n_indices} seeds).",
        seeds=seeds,
        people=people,
        n_indices=len(setting.indices),
    )


def comparison_sentence(found: Comparison, split: str = "test") -> str:
    """Whether a model can be told from the unmitigated one; "" when there is none."""
    apart = found.told_apart
    if found.unmitigated is None or apart is None:
        return ""
    by = tr(
        "accuracy {change} points ({range}), gap {gap_value} "
        "({found_gap}); {decided_differently:,} people are decided "
        "differently",
        change=_change(found.accuracy.value),
        range=_range(found.accuracy),
        gap_value=_change(found.gap.value),
        found_gap=_range(found.gap),
        decided_differently=found.decided_differently,
    )
    if not apart:
        return tr(
            "On {split} people it cannot be told from the unmitigated "
            "model of its family: {by}. Both 97.5 % intervals contain 0.",
            split=translated(split),
            by=by,
        )
    return tr(
        "Beside the unmitigated model of its family, on the same {split} people: {by} "
        "(97.5 % intervals).",
        split=translated(split),
        by=by,
    )


def overfit_sentence(found: FairnessOverfit | None, against: str = "validation") -> str:
    """That a gap is narrow on training people only, when it is beyond chance; else ""."""
    if found is None or not found.flagged or found.difference is None:
        return ""
    return tr(
        "The gap is {train} on training people and {other} on {against} "
        "people. By chance alone the second would be {change} points "
        "wider: part of what training achieved is not there on others.",
        train=_points(found.train),
        other=_points(found.other),
        against=against,
        change=_change(found.by_chance),
    )


def _both(accuracy: Sequence[float | None], gap: Sequence[float | None]) -> str | None:
    a, g = ([value for value in own if value is not None] for own in (accuracy, gap))
    if not a or not g:
        return None
    return tr(
        "{median:.1f} points of accuracy and {median_2:.1f} of gap",
        median=100 * median(a),
        median_2=100 * median(g),
    )


def _change(value: float | None) -> str:
    return (
        tr("undefined")
        if value is None
        else tr("{value:+.1f}", value=100 * value).replace("-", "−")
    )


def _range(change: object) -> str:
    lower, upper = getattr(change, "lower", None), getattr(change, "upper", None)
    return (
        tr("no interval")
        if lower is None
        else tr("{change} to {change_2}", change=_change(lower), change_2=_change(upper))
    )


def _points(value: float | None) -> str:
    return tr("undefined") if value is None else tr("{value:.1f} points", value=100 * value)
