"""The baselines a sweep can be drawn beside: their names, words and what each can do.

No training library is imported here, so pages and reports can name baselines without one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fairlab.config import BaselineName, Constraint
from fairlab.errors import InputError
from fairlab.language import told_fields
from fairlab.registry import Registry

Learner = Literal["logistic", "boosting"]
Mitigation = Literal["none", "reweighing", "exponentiated_gradient", "grid_search", "plugin"]

# Fairlearn has no moment for how much selection exceeds favourable outcomes.
REDUCED_CONSTRAINTS: tuple[Constraint, ...] = (
    "demographic_parity",
    "equal_opportunity",
    "predictive_equality",
    "equalized_odds",
    "accuracy_parity",
)

# Boosting learns P(group | x, y) with a tree per group and round.
MOST_BOOSTED_GROUPS = 50


@told_fields("label", "short", "aim")
@dataclass(frozen=True, slots=True)
class Baseline:
    """One baseline.

    Attributes:
        name: As in ``SweepConfig.baselines``.
        label: In words.
        short: As written beside its markers.
        learner: What is trained.
        mitigation: What is done about the gap, and by whom.
        aim: What it does, as a sentence.
        fits: How often its learner is fitted per point, roughly (for a plug-in rule, per fold
            for all its points together); for estimates of time.
    """

    name: BaselineName
    label: str
    short: str
    learner: Learner
    mitigation: Mitigation
    aim: str
    fits: float = 1.0

    @property
    def is_reduction(self) -> bool:
        """Whether it trains for the constraint of the sweep, on crossed groups without weights."""
        return self.mitigation in ("exponentiated_gradient", "grid_search")

    @property
    def is_drawn(self) -> bool:
        """Whether its decisions are drawn, with its score as the chance of being selected."""
        return self.mitigation == "exponentiated_gradient"


_REWEIGHED = (
    "People are weighed so that group and label are independent in training (Kamiran and Calders "
    "2012); this is about demographic parity, whatever constraint the run trains for."
)

_PLUGIN = (
    "The chance of the favourable outcome, less a charge for belonging, as far as the person's "
    "features say, to each group, is compared with the threshold: the best rule within the slack "
    "if the learnt chances were true (Menon and Williamson 2018; Zeng, Dobriban and Cheng 2022). "
    "Nobody's group is read to decide; it is guessed from the features."
)

BASELINES: Registry[Baseline] = Registry(
    "baseline",
    {
        b.name: b
        for b in (
            Baseline(
                "logistic",
                "Logistic regression",
                "logistic",
                "logistic",
                "none",
                "Nothing is done about the gap.",
            ),
            Baseline(
                "boosting",
                "Boosting",
                "boosting",
                "boosting",
                "none",
                "Nothing is done about the gap.",
            ),
            Baseline(
                "reweighing_logistic",
                "Reweighing + logistic regression",
                "reweighed logistic",
                "logistic",
                "reweighing",
                _REWEIGHED,
            ),
            Baseline(
                "reweighing_boosting",
                "Reweighing + boosting",
                "reweighed boosting",
                "boosting",
                "reweighing",
                _REWEIGHED,
            ),
            Baseline(
                "exponentiated_gradient",
                "Reductions: exponentiated gradient (logistic)",
                "exponentiated gradient",
                "logistic",
                "exponentiated_gradient",
                "Several logistic regressions are mixed so that the decisions it draws keep "
                "within the slack on train people (Agarwal et al. 2018, Fairlearn).",
                fits=40.0,
            ),
            Baseline(
                "grid_search",
                "Reductions: grid search (logistic)",
                "grid search",
                "logistic",
                "grid_search",
                "One logistic regression per vector of Lagrange multipliers (Agarwal et al. 2018, "
                "Fairlearn).",
            ),
            Baseline(
                "plugin_logistic",
                "Plug-in rule on logistic regression",
                "plug-in logistic",
                "logistic",
                "plugin",
                _PLUGIN,
                fits=2.0,
            ),
            Baseline(
                "plugin_boosting",
                "Plug-in rule on boosting",
                "plug-in boosting",
                "boosting",
                "plugin",
                _PLUGIN,
                fits=3.0,
            ),
        )
    },
)


def baselines_for(
    constraint: str, *, marginal: bool = False, weighted: bool = False
) -> tuple[BaselineName, ...]:
    """The baselines that can be trained.

    Args:
        constraint: What must be nearly equal.
        marginal: Whether several attributes are compared, each by itself.
        weighted: Whether people have weights.
    """
    return tuple(
        b.name
        for b in BASELINES.values()
        if not (
            b.is_reduction and why_no_reductions(constraint, marginal=marginal, weighted=weighted)
        )
    )


def check_baselines(
    names: Sequence[BaselineName],
    constraint: str,
    *,
    marginal: bool = False,
    weighted: bool = False,
) -> None:
    """Refuse baselines that cannot be trained; arguments as for :func:`baselines_for`.

    Raises:
        InputError: Saying why and what to leave out.
    """
    reductions = [name for name in names if BASELINES[name].is_reduction]
    reason = why_no_reductions(constraint, marginal=marginal, weighted=weighted)
    if reductions and reason:
        raise InputError(
            f"{' and '.join(reductions)} cannot be trained here: {reason}. Leave "
            f"{'it' if len(reductions) == 1 else 'them'} out of the baselines."
        )


def check_plugin_groups(names: Sequence[BaselineName], groups: Sequence[int]) -> None:
    """Refuse the plug-in rule on boosting for groups without end.

    Args:
        names: Baselines asked for.
        groups: How many groups of people each compared attribute, or the crossing, has.

    Raises:
        InputError: Saying how many there are, and what to do.
    """
    if "plugin_boosting" in names and max(groups, default=0) > MOST_BOOSTED_GROUPS:
        raise InputError(
            f"plugin_boosting grows a tree per group and round; found {max(groups):,} groups, and "
            f"at most {MOST_BOOSTED_GROUPS} are learnt. Compare fewer attributes, merge small "
            "groups on the Data page (merge_groups_below), or choose plugin_logistic."
        )


def why_no_reductions(constraint: str, *, marginal: bool = False, weighted: bool = False) -> str:
    """Why a reduction cannot be trained, the first reason that applies; "" when it can."""
    if constraint not in REDUCED_CONSTRAINTS:
        return f"Fairlearn's reductions have no {constraint}"
    if marginal:
        return "Fairlearn's reductions compare combinations of attributes, not each by itself"
    if weighted:
        return "Fairlearn's reductions take no weights of people"
    return ""
