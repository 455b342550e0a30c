"""Flips for others to see: pairs of groups that rest on few people are left out."""

from dataclasses import replace

from fairlab.examine.changes import Flip, FlipTest


def suppress_flips(test: FlipTest, smallest: int) -> tuple[FlipTest, str]:
    """The test without pairs in which fewer people than the minimum, but some, are alike.

    Those are people changed in one direction, or not changed; nobody (0) is shown.

    Args:
        test: The whole test.
        smallest: Fewest people shown; 0 hides nothing.

    Returns:
        The test, and how many pairs were left out in a sentence; "" for none. Of a pair of which
        only the placebo rests on few people, the placebo and the difference are left out.
    """
    kept = [flip for flip in test.flips if not _small(flip, smallest)]
    notes = []
    hidden = len(test.flips) - len(kept)
    if hidden:
        which = "1 pair of groups rests" if hidden == 1 else f"{hidden} pairs of groups rest"
        notes.append(
            f"{which} on fewer than {smallest} people who change, or who do not, and stay hidden."
        )
    bare = [flip for flip in kept if _small_placebo(flip, smallest)]
    if bare:
        whose = "1 pair of groups" if len(bare) == 1 else f"{len(bare)} pairs of groups"
        notes.append(
            f"For {whose} what changes with values of the own group rests on fewer than {smallest} "
            "people and stays hidden, with the difference from it."
        )
    if not notes:
        return test, ""
    shown = tuple(replace(flip, placebo=None) if flip in bare else flip for flip in kept)
    return replace(test, flips=shown), " ".join(notes)


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


def _small_placebo(flip: Flip, smallest: int) -> bool:
    """Whether a cell of decisions before, as the other group and with own values is small."""
    of = flip.placebo
    if of is None:
        return False
    both = flip.changed - of.only_flip
    cells = (
        of.to_selected,
        of.to_refused,
        flip.selected - of.to_refused,
        flip.people - flip.selected - of.to_selected,
        of.only_flip,
        of.only_placebo,
        both,
        flip.people - both - of.only_flip - of.only_placebo,
    )
    return any(0 < cell < smallest for cell in cells)
