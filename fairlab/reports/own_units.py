"""An audit of a risk, read as the people's table writes it."""

from dataclasses import replace

from fairlab.metrics import Audit
from fairlab.metrics.ranking import GroupRanking
from fairlab.results import ScoredPeople

_MEANS = ("mean_score", "mean_score_favourable", "mean_score_unfavourable")


def in_own_units(result: Audit, people: ScoredPeople) -> Audit:
    """The audit with mean scores in the units of the people's table.

    A risk is compared with its sign turned. Mean scores get theirs back, and the groups with the
    highest and the lowest change places. Nothing else depends on the sign; ``threshold`` stays on
    the scale of ``people.score``, as ``people.selected_if`` expects it.
    """
    if people.higher_is_better:
        return result
    gaps = dict(result.score_gaps)
    if "mean_score_difference" in gaps:
        gap = gaps["mean_score_difference"]
        gaps["mean_score_difference"] = replace(gap, highest=gap.lowest, lowest=gap.highest)
    ranking = tuple(_own(one, people) for one in result.ranking)
    return replace(result, score_gaps=gaps, ranking=ranking)


def _own(one: GroupRanking, people: ScoredPeople) -> GroupRanking:
    means: dict[str, float | None] = {name: getattr(one, name) for name in _MEANS}
    turned = {n: None if v is None else people.own_units(v) for n, v in means.items()}
    return replace(
        one,
        mean_score=turned["mean_score"],
        mean_score_favourable=turned["mean_score_favourable"],
        mean_score_unfavourable=turned["mean_score_unfavourable"],
    )
