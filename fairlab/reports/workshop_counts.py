"""Counting what people in a workshop chose, so that few people's choices are not told apart."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from fairlab.decision import Tally, WorkshopPart
from fairlab.reports.tables.points import SMALL_CELL
from fairlab.runs.room_state import Answer, Proposal, RoomState

FEWEST = 3  # choices of fewer people are counted together
#: Stands for the rest in files; screens and summaries have words of their own.
OTHERS = "others"


def fewest(smallest: int) -> int:
    """Choices of fewer people than this are counted together."""
    return min(FEWEST, smallest)


def tallies(names: Iterable[str], smallest: int = SMALL_CELL) -> dict[str, int] | None:
    """How many chose each name, most first; what few chose together, as :data:`OTHERS`.

    The rest is never smaller than ``FEWEST`` people, so nothing follows from the sum.

    Returns:
        None when fewer than ``smallest`` people chose.
    """
    counts = Counter(names)
    if counts.total() < smallest or not counts:
        return None
    order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rest = 0
    while order and (order[-1][1] < fewest(smallest) or 0 < rest < fewest(smallest)):
        rest += order.pop()[1]
    return dict(order) | ({OTHERS: rest} if rest else {})


def workshop_part(
    state: RoomState, point_words: Callable[[str, int], str], smallest: int = SMALL_CELL
) -> WorkshopPart:
    """What a decision record says of the room it was made in: counts alone.

    Args:
        state: Of the room.
        point_words: A model of a run in words.
        smallest: A count of fewer people in all is left out.
    """
    decided = None if state.decision is None else state.decision.proposal
    proposal = None if decided is None else state.proposal(decided)
    return WorkshopPart(
        question=state.question,
        participants=len(state.participants),
        answers=len(state.answers),
        metrics=_records(tallies((one.metric for one in state.answers), smallest)),
        models=_records(tallies(models_of(state.answers, point_words), smallest)),
        support=_records(tallies(stances_of(proposal), smallest)),
    )


def _records(found: Mapping[str, int] | None) -> tuple[Tally, ...]:
    given = {} if found is None else found
    return tuple(Tally(name=name or "-", people=people) for name, people in given.items())


def models_of(answers: Iterable[Answer], point_words: Callable[[str, int], str]) -> list[str]:
    """The model each answer chose, in words."""
    return [point_words(one.run_id, one.index) for one in answers]


def stances_of(proposal: Proposal | None) -> list[str]:
    """The stance each participant takes on a proposal."""
    return [] if proposal is None else [one.stance for one in proposal.supports]
