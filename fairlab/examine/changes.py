"""What a flip test finds: people decided twice, and the placebo that stands beside them."""

from dataclasses import dataclass
from math import sqrt

from fairlab.metrics.intervals import normal_quantile, wilson


@dataclass(frozen=True, slots=True)
class Share:
    """k of n with its interval, in [0, 1]; None where nobody is there."""

    value: float | None
    lower: float | None
    upper: float | None
    k: int
    n: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A share minus another of the same people, with its interval, in [−1, 1]; or None."""

    value: float | None
    lower: float | None
    upper: float | None

    @property
    def is_clear(self) -> bool:
        """Whether 0 lies outside the interval."""
        if self.lower is None or self.upper is None:
            return False
        return self.lower > 0 or self.upper < 0


@dataclass(frozen=True, slots=True)
class Effective:
    """People each number rests on: fewer than there are where one person's values serve many.

    Attributes:
        changed, to_selected, to_refused: Of the shares.
        net: Of newly selected minus newly refused.
    """

    changed: float
    to_selected: float
    to_refused: float
    net: float


@dataclass(frozen=True, slots=True)
class Placebo:
    """The same people with the values of the nearest other person of their *own* group.

    What changes here follows from taking anybody else's values, not from the group.

    Attributes:
        to_selected: Refused as they are, selected with these values.
        to_refused: Selected as they are, refused with these values.
        only_flip: Decided otherwise as the other group and not here.
        only_placebo: Decided otherwise here and not as the other group.
        donors: Different people whose values were taken.
        effective: People its shares rest on.
        paired: People the difference of the two shares changed rests on.
    """

    to_selected: int
    to_refused: int
    only_flip: int
    only_placebo: int
    donors: int
    effective: Effective
    paired: float

    @property
    def changed(self) -> int:
        """People whose decision changes."""
        return self.to_selected + self.to_refused


@dataclass(frozen=True, slots=True)
class Flip:
    """People of one group decided as they are, and with another group's values.

    Attributes:
        origin, target: Groups: as they are, and as they are asked about.
        people: People of ``origin`` decided twice.
        unmatched: Further ones for whom nobody of ``target``, or nobody else of ``origin``, is
            near enough.
        to_selected: Refused as they are, selected when changed.
        to_refused: Selected as they are, refused when changed.
        selected: Selected as they are.
        donors: Different people whose values were taken; 0 when none were.
        distance, distance_high: Median and 90 % quantile of the distance to them; None without.
        own_distance: Median distance to the nearest *other* person of their own group, by the same
            columns: what "near" means here. None without matching.
        effective: People the numbers rest on; None for all of them.
        placebo: The same people with values of their own group; None when no values were taken.
    """

    origin: str
    target: str
    people: int
    unmatched: int
    to_selected: int
    to_refused: int
    selected: int
    donors: int = 0
    distance: float | None = None
    distance_high: float | None = None
    own_distance: float | None = None
    effective: Effective | None = None
    placebo: Placebo | None = None

    @property
    def changed(self) -> int:
        """People whose decision changes."""
        return self.to_selected + self.to_refused

    def share(self, what: str = "changed", level: float = 0.95) -> Share:
        """``changed``, ``to_selected`` or ``to_refused`` of ``people``, with Wilson's interval."""
        return _share(int(getattr(self, what)), self.people, self._rests_on(what), level)

    def placebo_share(self, what: str = "changed", level: float = 0.95) -> Share | None:
        """The same with values of their own group; None without a placebo."""
        if self.placebo is None:
            return None
        size = float(getattr(self.placebo.effective, what))
        return _share(int(getattr(self.placebo, what)), self.people, size, level)

    def net(self, level: float = 0.95) -> Difference:
        """Newly selected minus newly refused, of ``people``: above 0 when the group gains."""
        return _paired(self.to_selected, self.to_refused, self.people, self._rests_on("net"), level)

    def beyond_placebo(self, level: float = 0.95) -> Difference | None:
        """Share changed as the other group minus the placebo's, of the same people."""
        if self.placebo is None:
            return None
        of = self.placebo
        return _paired(of.only_flip, of.only_placebo, self.people, of.paired, level)

    def _rests_on(self, what: str) -> float:
        return self.people if self.effective is None else float(getattr(self.effective, what))


@dataclass(frozen=True, slots=True)
class FlipTest:
    """Every pair of groups, one way and the other.

    Attributes:
        attribute: What was changed.
        proxies: Columns whose values were taken from the nearest person; () for none.
        matched_on: Columns by which that person is near.
        caliper: Largest distance of a match, or None for any.
        flips: One per ordered pair of groups.
        notes: Who was sampled or left out, in sentences.
    """

    attribute: str
    proxies: tuple[str, ...]
    matched_on: tuple[str, ...]
    caliper: float | None
    flips: tuple[Flip, ...]
    notes: tuple[str, ...] = ()


def by_direction(test: FlipTest) -> list[Flip]:
    """Pairs of groups: clear directions first, of these the strongest, then by share changed."""

    def place(flip: Flip) -> tuple[bool, float, float]:
        net = flip.net()
        return not net.is_clear, -abs(net.value or 0.0), -(flip.share().value or 0.0)

    return sorted(test.flips, key=place)


def _share(k: int, n: int, size: float, level: float) -> Share:
    if n == 0:
        return Share(None, None, None, k, 0)
    lower, upper = wilson(k / n * size, size, level)
    return Share(k / n, float(lower), float(upper), k, n)


def _paired(up: int, down: int, n: int, size: float, level: float) -> Difference:
    """``(up − down) / n`` of people of whom each goes up, down or neither.

    Interval of Bonett, Price 2012 ("Adjusted Wald confidence interval for a difference of binomial
    proportions based on paired data", eq. 5): one more person each way, two more in all.
    """
    if n == 0:
        return Difference(None, None, None)
    more, less = (k / n * size + 1 for k in (up, down))
    high, low = more / (size + 2), less / (size + 2)
    middle = high - low
    half = normal_quantile(level) * sqrt((high + low - middle * middle) / (size + 2))
    value = (up - down) / n
    return Difference(
        value, max(-1.0, min(middle - half, value)), min(1.0, max(middle + half, value))
    )
