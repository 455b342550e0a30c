"""On how many people a mean rests when the values of one person are taken for many.

People who got the values of the same donor are not drawn independently: what that donor's values
do happens to all of them. A mean's variance is therefore summed by donor (Liang, Zeger 1986,
"Longitudinal data analysis using generalized linear models"; for two donors per person Cameron,
Gelbach, Miller 2011, "Robust inference with multiway clustering").
"""

import numpy as np
from scipy.special import ndtri, stdtrit

from fairlab.outcomes import FloatArray, IntArray


def kish(donor: IntArray) -> float:
    """Number of donors who, used equally often, are used as unevenly as these; 0 for nobody.

    (sum of uses)² / sum of uses² (Kish 1965), at most the number of people.
    """
    uses = np.unique(donor, return_counts=True)[1].astype(np.float64)
    return 0.0 if len(uses) == 0 else float(uses.sum() ** 2 / (uses**2).sum())


def effective_people(value: FloatArray, donors: tuple[IntArray, ...]) -> float:
    """People drawn independently who would tell the mean of ``value`` as well as these do.

    Never more than there are, nor fewer than Kish's number of donors (of the donors most used):
    that is for values which are the same for everybody who got the same donor. It is taken as it
    is where nobody's value differs.

    Args:
        value: (n,) what is averaged.
        donors: One or two arrays (n,): whose values each person got.

    Returns:
        Between 1 and n, or 0 for nobody.
    """
    n = len(value)
    if n == 0:
        return 0.0
    floor = min(kish(donor) for donor in donors)
    off = value - value.mean()
    alone = float((off**2).sum())
    if alone == 0:
        return min(float(n), floor)
    squares = sum(_by(donor, off) for donor in donors)
    if len(donors) > 1:
        both = np.unique(np.stack(donors, axis=1), axis=0, return_inverse=True)[1].ravel()
        squares -= _by(both, off)
    # Few donors: their sums are known less well, so a normal interval would be too narrow.
    wider = (stdtrit(max(floor - 1, 1.0), 0.975) / ndtri(0.975)) ** 2
    return float(np.clip(n * alone / (wider * max(squares, alone)), min(floor, n), n))


def _by(donor: IntArray, off: FloatArray) -> float:
    """Sum over donors of the squared sum of what is theirs, for that many donors."""
    codes = np.unique(donor, return_inverse=True)[1]
    sums = np.bincount(codes, weights=off)
    few = len(sums) / max(len(sums) - 1, 1)
    return float(few * (sums**2).sum())
