"""Flips for others to see: pairs of groups that rest on few people are left out."""

from dataclasses import replace

from fairlab.examine.flips import Flip, FlipTest


def suppress_flips(test: FlipTest, smallest: int) -> tuple[FlipTest, str]:
    """The test without pairs in which fewer people than the minimum, but some, are alike.

    Those are people changed in one direction, or not changed; nobody (0) is shown.

    Args:
        test: The whole test.
        smallest: Fewest people shown; 0 hides nothing.

    Returns:
        The test, and how many pairs were left out in a sentence; "" for none.
    """
    kept = tuple(flip for flip in test.flips if not _small(flip, smallest))
    hidden = len(test.flips) - len(kept)
    if not hidden:
        return test, ""
    which = "1 pair of groups rests" if hidden == 1 else f"{hidden} pairs of groups rest"
    note = f"{which} on fewer than {smallest} people who change, or who do not, and stay hidden."
    return replace(test, flips=kept), note


def _small(flip: Flip, smallest: int) -> bool:
    selected, refused = flip.selected, flip.people - flip.selected
    cells = (
        flip.to_selected,
        flip.to_refused,
        selected - flip.to_refused,
        refused - flip.to_selected,
        flip.unmatched,
    )
    return flip.people < smallest or any(0 < cell < smallest for cell in cells)
