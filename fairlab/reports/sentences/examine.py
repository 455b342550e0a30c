"""What if, what it looks at, and what leaving proxies out does, in sentences."""

from collections.abc import Sequence

from fairlab.config import CONSTRAINT_GAPS
from fairlab.examine.changes import Difference, Flip, FlipTest, Share, by_direction
from fairlab.examine.importance import Contributions, Importance
from fairlab.examine.proxies_effect import Estimate, ProxyEffects, Step
from fairlab.language import inside, later, told, tr, tr_n, translated
from fairlab.metrics.gap_names import gap_name

FLIP_CAVEATS = told(
    (
        later(
            "This is a test of the model, not of the world. It does not say what would "
            "have happened to a person of another group: much else would follow from "
            "that, and the table does not hold it. (Kusner and others 2017 and "
            "Kilbertus et al. 2017 say what a causal answer needs: a model of what "
            "causes what.)"
        ),
        later(
            "The nearest person is near by the other columns the model reads, never by "
            "the outcome. What is not in the table cannot be matched."
        ),
        later(
            "Few changes do not mean that groups are decided alike: columns that were "
            "not changed may still go with the group. Many do not mean the columns "
            "should go: they may hold what matters for the outcome."
        ),
        later(
            "Anybody else's values change some decisions. The comparison with someone "
            "like them of their own group shows how many: only what differs from it, "
            "and the net direction, go with the group. Where people of the own group "
            "are nearer than those of the other, it shows somewhat too few."
        ),
        later(
            "Where one person's values are taken for many, these count as fewer "
            "people: intervals are wider."
        ),
    )
)
_BRACKETS = later("Brackets hold 95 % intervals.")
LOOK_CAVEATS = told(
    (
        later(
            "This explains the model, not the world: a column weighs because the model "
            "uses it, not because it causes the outcome."
        ),
        later(
            "Columns that go together share their weight in a way nobody can settle: a "
            "small share for one does not mean the model would miss it, and the "
            "mixtures of people asked about may be unlike anybody."
        ),
        later(
            "It is no advice: changing a value that weighs against a person need not "
            "change the decision, nor the outcome."
        ),
    )
)


def alone_sentence(attribute: str, seen: Sequence[str], test: FlipTest | None, people: int) -> str:
    """What changing the attribute alone does; where the model does not see it, why nothing."""
    if not seen or test is None:
        return tr(
            "Changing {attribute} alone cannot change a decision: the "
            "model does not see it. So 0 of {people:,} decisions change. "
            "That follows from how the model is built; other columns may "
            "still tell it {attribute}.",
            attribute=attribute,
            people=people,
        )
    where = tr(" and ").join(seen)
    said = tr(
        "The model sees {attribute} {where}. Changing it and nothing else: ",
        attribute=attribute,
        where=where,
    )
    return said + " ".join([*(_flip(flip) for flip in _widest(test)), translated(_BRACKETS)])


def proxies_sentence(test: FlipTest) -> str:
    """The pairs with the strongest net direction, and how many change without another group."""
    changed = _list([f"“{name}”" for name in test.proxies])
    return tr_n(
        "With the value of {changed} taken from the nearest person of the other group: ",
        "With the values of {changed} taken from the nearest person of the other group: ",
        len(test.proxies),
        changed=changed,
    ) + " ".join([*(_flip(flip) for flip in _widest(test)), translated(_BRACKETS)])


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
            else (
                tr(
                    "; the nearest other person of {origin} is at {own_distance:.1f}",
                    origin=worst.origin,
                    own_distance=worst.own_distance,
                )
            )
        )
        said.append(
            tr(
                "The least near are matches of {origin} with {target}: a "
                "median distance of {distance:.1f}{own}. One category that "
                "differs, or a number that differs by its interquartile range, "
                "is a distance of 1.",
                origin=worst.origin,
                target=worst.target,
                distance=worst.distance,
                own=own,
            )
        )
        if worst.own_distance is not None and (worst.distance or 0) > 1.5 * worst.own_distance:
            said.append(tr("These people are unlike their matches: read their changes with care."))
        most = max(matched, key=lambda flip: flip.people / max(flip.donors, 1))
        said.append(
            tr(
                "For {people:,} people of {origin} the values of {donors:,} "
                "different people of {target} were taken{own_donors}.",
                people=most.people,
                origin=most.origin,
                donors=most.donors,
                target=most.target,
                own_donors=_own_donors(most),
            )
        )
    if test.caliper is not None:
        said.append(
            tr(
                "For {unmatched:,} of {asked:,} questions nobody of the other "
                "group, or nobody else of the own, is within {caliper:g}; they "
                "are not counted.",
                unmatched=unmatched,
                asked=asked,
                caliper=test.caliper,
            )
        )
    return " ".join(said)


def importance_sentence(found: Importance) -> str:
    """The columns that weigh most, and where groups differ most in it."""
    named = [
        f"“{player}” ({_points(_average(found, player))}"
        + (tr(" points of score, up or down, on average)") if place == 0 else ")")
        for place, player in enumerate(found.players[:3])
    ]
    return tr(
        "The model looks most at {list}. Scores are compared with the mean "
        "score of {background} training people, {base:.1f} points.",
        list=_list(named),
        background=found.background,
        base=100 * found.base,
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
    return tr(
        "Among those looked at, the mean score of {high} is {apart} points "
        "above that of {low}. Of this, {gaps} points go with “{first}” and "
        "{gaps_2} with “{second}”; all columns together add up to it.",
        high=high,
        apart=_points(apart),
        low=low,
        gaps=_signed(gaps[first]),
        first=first,
        gaps_2=_signed(gaps[second]),
        second=second,
    )


def person_sentence(found: Contributions, threshold: float | None, selected: bool) -> str:
    """One person's score put together from the mean score and the columns."""
    values, score = found.values[0], float(found.score[0])
    order = sorted(range(len(values)), key=lambda c: -abs(values[c]))[:3]
    named = [f"“{found.players[c]}” {_signed(values[c])}" for c in order]
    rest = score - found.base - sum(values[c] for c in order)
    at = "" if threshold is None else tr(" (threshold {threshold:.1f})", threshold=100 * threshold)
    decided = tr("selected") if selected else tr("not selected")
    return tr(
        "Score {score:.1f} points, {decided}{at}: mean score {base:.1f}, "
        "{named}, all other columns together {rest}.",
        score=100 * score,
        decided=decided,
        at=at,
        base=100 * found.base,
        named=", ".join(named),
        rest=_signed(rest),
    )


def effects_sentence(found: ProxyEffects) -> str:
    """What dropping the strong proxies does to gap and accuracy, and what is still given away."""
    dropped = [step for step in found.steps if step.kind == "dropped"]
    if not dropped:
        return tr("There is no proxy to drop: fewer than two features.")
    first = found.steps[0]
    strong = sum(auc >= 0.6 for _, auc in found.strengths)
    step = next((s for s in dropped if len(s.dropped) == strong), dropped[-1])
    return f"{_start(found, first)} {_change('Leaving out', step, first, found)}"


def order_sentence(found: ProxyEffects) -> str:
    """In which order columns are left out, and why a list of other people may differ."""
    longest = max((step.dropped for step in found.steps), key=len)
    if not longest:
        return ""
    return tr(
        "Left out in this order: {longest}. It is how well each by itself "
        "tells the groups of {attribute} apart on training people; the "
        "list of proxies above is made of all people of the table, so its "
        "figures differ a little and neighbours may change places. What if "
        "on Audit asks training people, as here.",
        longest=", ".join(longest),
        attribute=found.attribute,
    )


def residualised_sentence(found: ProxyEffects) -> str:
    """What residualising does, and whom it hides the group from."""
    step = next(s for s in found.steps if s.kind == "residualised")
    said = _change(tr("Taking the group's mean out of every feature"), step, found.steps[0], found)
    if step.auc is None or step.auc_linear is None:
        return said
    return tr(
        "{said} A linear model can then tell {attribute} with AUC "
        "{auc_linear:.2f}, boosted trees with AUC {auc:.2f}. It needs "
        "{attribute} when deciding.",
        said=said,
        attribute=found.attribute,
        auc_linear=step.auc_linear,
        auc=step.auc,
    )


def step_name(step: Step) -> str:
    """A step in a few words."""
    if step.kind == "all":
        return tr("All features")
    if step.kind == "residualised":
        return tr("Residualised")
    return tr(
        "Without {n_dropped}: {dropped}",
        n_dropped=len(step.dropped),
        dropped=", ".join(step.dropped),
    )


def _start(found: ProxyEffects, first: Step) -> str:
    gap = inside(gap_name(CONSTRAINT_GAPS[found.constraint]))
    return tr(
        "With all features the {gap} between groups of {attribute} is "
        "{share_points} at an accuracy of {accuracy_value:.1f} % "
        "({found_n:,} test people).",
        gap=gap,
        attribute=found.attribute,
        share_points=_share_points(first.gap),
        accuracy_value=100 * (first.accuracy.value or 0),
        found_n=found.n,
    )


def _change(how: str, step: Step, first: Step, found: ProxyEffects) -> str:
    what = f" {_list([f'“{name}”' for name in step.dropped])}" if step.dropped else ""
    gap, accuracy = step.gap_change, step.accuracy_change
    assert gap is not None
    assert accuracy is not None
    if gap.value is None:
        said = tr("{how}{what} leaves a gap that is undefined here.", how=how, what=what)
    elif not gap.is_clear:
        said = tr(
            "{how}{what}: we cannot tell whether the gap changes, from "
            "{share_points} to {step_gap} (change {interval}).",
            how=how,
            what=what,
            share_points=_share_points(first.gap),
            step_gap=_share_points(step.gap),
            interval=_interval(gap),
        )
    else:
        verb = tr("narrows") if gap.value < 0 else tr("widens")
        said = tr(
            "{how}{what} {verb} the gap from {share_points} to {step_gap} (change {interval}).",
            how=how,
            what=what,
            verb=verb,
            share_points=_share_points(first.gap),
            step_gap=_share_points(step.gap),
            interval=_interval(gap),
        )
    said += f" {_cost(accuracy)}"
    if step.dropped and step.auc is not None:
        said += tr(
            " What is left still tells {attribute} with AUC {auc:.2f}",
            attribute=found.attribute,
            auc=step.auc,
        )
        said += tr(" (0.5 is guessing).")
    return said


def _cost(accuracy: Estimate) -> str:
    if not accuracy.is_clear:
        return tr(
            "A change of accuracy cannot be told from chance ({interval}).",
            interval=_interval(accuracy),
        )
    verb = tr("costs") if (accuracy.value or 0) < 0 else tr("adds")
    return tr(
        "It {verb} {accuracy_value:.1f} points of accuracy ({interval}).",
        verb=verb,
        accuracy_value=abs(100 * (accuracy.value or 0)),
        interval=_interval(accuracy),
    )


def _flip(flip: Flip) -> str:
    share, net = flip.share(), flip.net()
    if share.value is None or net.value is None:
        return tr(
            "Nobody of {origin} could be matched with {target}.",
            origin=flip.origin,
            target=flip.target,
        )
    unclear = "" if net.is_clear or not flip.changed else tr(" We cannot tell a direction.")
    return tr(
        "Of {share_n:,} people of {origin} decided as {target}, "
        "{to_selected:,} are newly selected and {to_refused:,} newly "
        "refused: net {net}.{unclear} In all {share} are decided "
        "otherwise{own_group}.",
        share_n=share.n,
        origin=flip.origin,
        target=flip.target,
        to_selected=flip.to_selected,
        to_refused=flip.to_refused,
        net=_net(net),
        unclear=unclear,
        share=_percent(share),
        own_group=_own_group(flip),
    )


def _own_group(flip: Flip) -> str:
    """What the placebo changes, and the difference from it; "" without one."""
    share, beyond = flip.placebo_share(), flip.beyond_placebo()
    if share is None or beyond is None:
        return ""
    said = tr(
        "; {share} are as well with the values of someone like them of "
        "their own group, a difference of {net}",
        share=_percent(share),
        net=_net(beyond),
    )
    return said if beyond.is_clear else tr("{said} that we cannot tell from none", said=said)


def _own_donors(flip: Flip) -> str:
    if flip.placebo is None:
        return ""
    return tr(
        ", and those of {donors:,} of their own group for the comparison",
        donors=flip.placebo.donors,
    )


def _percent(share: Share) -> str:
    if share.value is None or share.lower is None or share.upper is None:
        return tr("an undefined share")
    return tr(
        "{share_value:.1f} % ({share_lower:.1f} to {share_upper:.1f})",
        share_value=100 * share.value,
        share_lower=100 * share.lower,
        share_upper=100 * share.upper,
    )


def _net(found: Difference) -> str:
    if found.value is None or found.lower is None or found.upper is None:
        return tr("undefined")
    return tr(
        "{found_value} points ({found_lower} to {found_upper})",
        found_value=_signed(found.value),
        found_lower=_signed(found.lower),
        found_upper=_signed(found.upper),
    )


def _widest(test: FlipTest, most: int = 2) -> list[Flip]:
    """The pair with the strongest net direction and the same the other way."""
    flips = by_direction(test)
    first = flips[0]
    back = [f for f in flips if (f.origin, f.target) == (first.target, first.origin)]
    return [first, *back][:most]


def _average(found: Importance, player: str) -> float:
    return sum(found.of(player, g).size for g in found.groups) / len(found.groups)


def _points(value: float) -> str:
    return tr("{value:.1f}", value=100 * value)


def _signed(value: float) -> str:
    return tr("{value:+.1f}", value=100 * value).replace("-", "−")


def _share_points(estimate: Estimate) -> str:
    return (
        tr("undefined")
        if estimate.value is None
        else tr("{estimate_value:.1f} points", estimate_value=100 * estimate.value)
    )


def _interval(estimate: Estimate) -> str:
    if estimate.value is None or estimate.lower is None or estimate.upper is None:
        return tr("undefined")
    return tr(
        "{estimate_value}, 95 % interval {estimate_lower} to {estimate_upper} points",
        estimate_value=_signed(estimate.value),
        estimate_lower=_signed(estimate.lower),
        estimate_upper=_signed(estimate.upper),
    )


def _list(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return tr("{names} and {names_last}", names=", ".join(names[:-1]), names_last=names[-1])
