"""What if, what it looks at, and what leaving proxies out does, in sentences."""

from collections.abc import Sequence

from fairlab.config import CONSTRAINT_GAPS
from fairlab.examine.changes import Difference, Flip, FlipTest, Share, by_direction
from fairlab.examine.importance import Contributions, Importance
from fairlab.examine.proxies_effect import Estimate, ProxyEffects, Step
from fairlab.metrics.gaps import GAPS

FLIP_CAVEATS = (
    "This is a test of the model, not of the world. It does not say what would have happened to a "
    "person of another group: much else would follow from that, and the table does not hold it. "
    "(Kusner and others 2017 and Kilbertus et al. 2017 say what a causal answer needs: a model of "
    "what causes what.)",
    "The nearest person is near by the other columns the model reads, never by the outcome. What "
    "is not in the table cannot be matched.",
    "Few changes do not mean that groups are decided alike: columns that were not changed may "
    "still go with the group. Many do not mean the columns should go: they may hold what matters "
    "for the outcome.",
    "Anybody else's values change some decisions. The comparison with someone like them of their "
    "own group shows how many: only what differs from it, and the net direction, go with the "
    "group. Where people of the own group are nearer than those of the other, it shows somewhat "
    "too few.",
    "Where one person's values are taken for many, these count as fewer people: intervals are "
    "wider.",
)
_BRACKETS = "Brackets hold 95 % intervals."
LOOK_CAVEATS = (
    "This explains the model, not the world: a column weighs because the model uses it, not "
    "because it causes the outcome.",
    "Columns that go together share their weight in a way nobody can settle: a small share for one "
    "does not mean the model would miss it, and the mixtures of people asked about may be unlike "
    "anybody.",
    "It is no advice: changing a value that weighs against a person need not change the decision, "
    "nor the outcome.",
)


def alone_sentence(attribute: str, seen: Sequence[str], test: FlipTest | None, people: int) -> str:
    """What changing the attribute alone does; where the model does not see it, why nothing."""
    if not seen or test is None:
        return (
            f"Changing {attribute} alone cannot change a decision: the model does not see it. So "
            f"0 of {people:,} decisions change. That follows from how the model is built; other "
            f"columns may still tell it {attribute}."
        )
    where = " and ".join(seen)
    said = f"The model sees {attribute} {where}. Changing it and nothing else: "
    return said + " ".join([*(_flip(flip) for flip in _widest(test)), _BRACKETS])


def proxies_sentence(test: FlipTest) -> str:
    """The pairs with the strongest net direction, and how many change without another group."""
    changed = _list([f"“{name}”" for name in test.proxies])
    return (
        f"With the value{'s' if len(test.proxies) > 1 else ''} of {changed} taken from the nearest "
        f"person of the other group: "
        + " ".join([*(_flip(flip) for flip in _widest(test)), _BRACKETS])
    )


def match_sentence(test: FlipTest) -> str:
    """How near the matches are, how often one is used, who had none."""
    matched = [flip for flip in test.flips if flip.distance is not None]
    unmatched = sum(flip.unmatched for flip in test.flips)
    asked = unmatched + sum(flip.people for flip in test.flips)
    said = []
    if matched:
        worst = max(matched, key=lambda flip: flip.distance or 0.0)
        own = (
            ""
            if worst.own_distance is None
            else (f"; the nearest other person of {worst.origin} is at {worst.own_distance:.1f}")
        )
        said.append(
            f"The least near are matches of {worst.origin} with {worst.target}: a median distance "
            f"of {worst.distance:.1f}{own}. One category that differs, or a number that differs by "
            "its interquartile range, is a distance of 1."
        )
        if worst.own_distance is not None and (worst.distance or 0) > 1.5 * worst.own_distance:
            said.append("These people are unlike their matches: read their changes with care.")
        most = max(matched, key=lambda flip: flip.people / max(flip.donors, 1))
        said.append(
            f"For {most.people:,} people of {most.origin} the values of {most.donors:,} different "
            f"people of {most.target} were taken{_own_donors(most)}."
        )
    if test.caliper is not None:
        said.append(
            f"For {unmatched:,} of {asked:,} questions nobody of the other group, or nobody else "
            f"of the own, is within {test.caliper:g}; they are not counted."
        )
    return " ".join(said)


def importance_sentence(found: Importance) -> str:
    """The columns that weigh most, and where groups differ most in it."""
    named = [
        f"“{player}” ({_points(_average(found, player))}"
        + (" points of score, up or down, on average)" if place == 0 else ")")
        for place, player in enumerate(found.players[:3])
    ]
    return (
        f"The model looks most at {_list(named)}. Scores are compared with the mean score of "
        f"{found.background} training people, {100 * found.base:.1f} points."
    )


def apart_sentence(found: Importance) -> str:
    """Which columns go with the difference of mean scores between two groups; "" for one group."""
    if len(found.groups) < 2:
        return ""
    high = max(found.groups, key=lambda g: found.mean_score[g])
    low = min(found.groups, key=lambda g: found.mean_score[g])
    apart = found.mean_score[high] - found.mean_score[low]
    gaps = {p: found.of(p, high).mean - found.of(p, low).mean for p in found.players}
    first, second = (
        sorted(gaps, key=lambda p: -abs(gaps[p]))[:2] if len(gaps) > 1 else ([*gaps, *gaps])
    )
    return (
        f"Among those looked at, the mean score of {high} is {_points(apart)} points above that of "
        f"{low}. Of this, {_signed(gaps[first])} points go with “{first}” and "
        f"{_signed(gaps[second])} with “{second}”; all columns together add up to it."
    )


def person_sentence(found: Contributions, threshold: float | None, selected: bool) -> str:
    """One person's score put together from the mean score and the columns."""
    values, score = found.values[0], float(found.score[0])
    order = sorted(range(len(values)), key=lambda c: -abs(values[c]))[:3]
    named = [f"“{found.players[c]}” {_signed(values[c])}" for c in order]
    rest = score - found.base - sum(values[c] for c in order)
    at = "" if threshold is None else f" (threshold {100 * threshold:.1f})"
    decided = "selected" if selected else "not selected"
    return (
        f"Score {100 * score:.1f} points, {decided}{at}: mean score {100 * found.base:.1f}, "
        f"{', '.join(named)}, all other columns together {_signed(rest)}."
    )


def effects_sentence(found: ProxyEffects) -> str:
    """What dropping the strong proxies does to gap and accuracy, and what is still given away."""
    dropped = [step for step in found.steps if step.kind == "dropped"]
    if not dropped:
        return "There is no proxy to drop: fewer than two features."
    first = found.steps[0]
    strong = sum(auc >= 0.6 for _, auc in found.strengths)
    step = next((s for s in dropped if len(s.dropped) == strong), dropped[-1])
    return f"{_start(found, first)} {_change('Leaving out', step, first, found)}"


def order_sentence(found: ProxyEffects) -> str:
    """In which order columns are left out, and why a list of other people may differ."""
    longest = max((step.dropped for step in found.steps), key=len)
    if not longest:
        return ""
    return (
        f"Left out in this order: {', '.join(longest)}. It is how well each by itself tells the "
        f"groups of {found.attribute} apart on training people; the list of proxies above is made "
        "of all people of the table, so its figures differ a little and neighbours may change "
        "places. What if on Audit asks training people, as here."
    )


def residualised_sentence(found: ProxyEffects) -> str:
    """What residualising does, and whom it hides the group from."""
    step = next(s for s in found.steps if s.kind == "residualised")
    said = _change("Taking the group's mean out of every feature", step, found.steps[0], found)
    if step.auc is None or step.auc_linear is None:
        return said
    return (
        f"{said} A linear model can then tell {found.attribute} with AUC {step.auc_linear:.2f}, "
        f"boosted trees with AUC {step.auc:.2f}. It needs {found.attribute} when deciding."
    )


def step_name(step: Step) -> str:
    """A step in a few words."""
    if step.kind == "all":
        return "All features"
    if step.kind == "residualised":
        return "Residualised"
    return f"Without {len(step.dropped)}: {', '.join(step.dropped)}"


def _start(found: ProxyEffects, first: Step) -> str:
    gap = GAPS[CONSTRAINT_GAPS[found.constraint]].label.lower()
    return (
        f"With all features the {gap} between groups of {found.attribute} is "
        f"{_share_points(first.gap)} at an accuracy of {100 * (first.accuracy.value or 0):.1f} % "
        f"({found.n:,} test people)."
    )


def _change(how: str, step: Step, first: Step, found: ProxyEffects) -> str:
    what = f" {_list([f'“{name}”' for name in step.dropped])}" if step.dropped else ""
    gap, accuracy = step.gap_change, step.accuracy_change
    assert gap is not None
    assert accuracy is not None
    if gap.value is None:
        said = f"{how}{what} leaves a gap that is undefined here."
    elif not gap.is_clear:
        said = (
            f"{how}{what}: we cannot tell whether the gap changes, from "
            f"{_share_points(first.gap)} to {_share_points(step.gap)} "
            f"(change {_interval(gap)})."
        )
    else:
        verb = "narrows" if gap.value < 0 else "widens"
        said = (
            f"{how}{what} {verb} the gap from {_share_points(first.gap)} to "
            f"{_share_points(step.gap)} (change {_interval(gap)})."
        )
    said += f" {_cost(accuracy)}"
    if step.dropped and step.auc is not None:
        said += f" What is left still tells {found.attribute} with AUC {step.auc:.2f}"
        said += " (0.5 is guessing)."
    return said


def _cost(accuracy: Estimate) -> str:
    if not accuracy.is_clear:
        return f"A change of accuracy cannot be told from chance ({_interval(accuracy)})."
    verb = "costs" if (accuracy.value or 0) < 0 else "adds"
    return (
        f"It {verb} {abs(100 * (accuracy.value or 0)):.1f} points of accuracy "
        f"({_interval(accuracy)})."
    )


def _flip(flip: Flip) -> str:
    share, net = flip.share(), flip.net()
    if share.value is None or net.value is None:
        return f"Nobody of {flip.origin} could be matched with {flip.target}."
    unclear = "" if net.is_clear or not flip.changed else " We cannot tell a direction."
    return (
        f"Of {share.n:,} people of {flip.origin} decided as {flip.target}, {flip.to_selected:,} "
        f"are newly selected and {flip.to_refused:,} newly refused: net {_net(net)}.{unclear} "
        f"In all {_percent(share)} are decided otherwise{_own_group(flip)}."
    )


def _own_group(flip: Flip) -> str:
    """What the placebo changes, and the difference from it; "" without one."""
    share, beyond = flip.placebo_share(), flip.beyond_placebo()
    if share is None or beyond is None:
        return ""
    said = (
        f"; {_percent(share)} are as well with the values of someone like them of their own group, "
        f"a difference of {_net(beyond)}"
    )
    return said if beyond.is_clear else f"{said} that we cannot tell from none"


def _own_donors(flip: Flip) -> str:
    if flip.placebo is None:
        return ""
    return f", and those of {flip.placebo.donors:,} of their own group for the comparison"


def _percent(share: Share) -> str:
    if share.value is None or share.lower is None or share.upper is None:
        return "an undefined share"
    return f"{100 * share.value:.1f} % ({100 * share.lower:.1f} to {100 * share.upper:.1f})"


def _net(found: Difference) -> str:
    if found.value is None or found.lower is None or found.upper is None:
        return "undefined"
    return f"{_signed(found.value)} points ({_signed(found.lower)} to {_signed(found.upper)})"


def _widest(test: FlipTest, most: int = 2) -> list[Flip]:
    """The pair with the strongest net direction and the same the other way."""
    flips = by_direction(test)
    first = flips[0]
    back = [f for f in flips if (f.origin, f.target) == (first.target, first.origin)]
    return [first, *back][:most]


def _average(found: Importance, player: str) -> float:
    return sum(found.of(player, g).size for g in found.groups) / len(found.groups)


def _points(value: float) -> str:
    return f"{100 * value:.1f}"


def _signed(value: float) -> str:
    return f"{100 * value:+.1f}".replace("-", "−")


def _share_points(estimate: Estimate) -> str:
    return "undefined" if estimate.value is None else f"{100 * estimate.value:.1f} points"


def _interval(estimate: Estimate) -> str:
    if estimate.value is None or estimate.lower is None or estimate.upper is None:
        return "undefined"
    return (
        f"{_signed(estimate.value)}, 95 % interval {_signed(estimate.lower)} to "
        f"{_signed(estimate.upper)} points"
    )


def _list(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
