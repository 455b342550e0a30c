"""What is said of a change from one model to another on the same people."""

from dataclasses import asdict, dataclass

import pandas as pd

from fairlab.errors import InputError


@dataclass(frozen=True, slots=True)
class GapChange:
    """Gap after minus gap before; negative is narrower (for ratios: farther apart). None where
    undefined.

    Attributes:
        value: The change on these people.
        lower, upper: Percentile interval of the change, from resampled people with both decisions
            about them, mended for the bias of gaps.
        p_value: Chance of a change this large, either way, if a coin decided which of the two
            decisions about a person is which model's.
        p_adjusted: Holm-adjusted over all tests of one comparison.
        detectable: Smallest change these people could show (80 % power, 5 % level), from the
            spread of the resampled change.
        gap: Name in ``GAPS``.
        before, after: The gap under each model.
        changed: People (or weight) decided differently.
        why: Why something above is None; "" when nothing is.
    """

    value: float | None
    lower: float | None
    upper: float | None
    p_value: float | None = None
    p_adjusted: float | None = None
    detectable: float | None = None
    gap: str = ""
    before: float | None = None
    after: float | None = None
    changed: float = 0.0
    why: str = ""


@dataclass(frozen=True, slots=True)
class RateChange:
    """One rate of one group under two models. None is undefined.

    Attributes:
        rate: Name in ``RATES``.
        group: Its name, or "everyone".
        n_before, n_after: People (or weight) behind the rate under each model.
        before, after: The rate under each model.
        value: after − before.
        lower, upper: Interval of the change that knows both are about the same people: Agresti and
            Min's for shares of people whom no decision moves (accuracy, selection rate, TPR …),
            percentiles of resampled people otherwise (predictive values, F1 …).
        p_value: McNemar's mid-p for such shares; otherwise from exchanged decisions, as for gaps.
        test: ``McNemar mid-p``, ``exchanged decisions`` or "".
        p_adjusted: Holm-adjusted over all tests of one comparison.
        detectable: Smallest change these people could show (80 % power, 5 % level).
        plus, minus: For McNemar: people who count under the second, respectively first, model
            only. Otherwise people newly and no longer selected.
        why: Why something above is None; "" when nothing is.
    """

    rate: str
    group: str
    n_before: float
    n_after: float
    before: float | None
    after: float | None
    value: float | None
    lower: float | None
    upper: float | None
    p_value: float | None
    test: str
    p_adjusted: float | None
    detectable: float | None
    plus: float
    minus: float
    why: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ModelComparison:
    """Two models on the same people.

    Attributes:
        rates: For each rate asked for, every group in order and then everyone.
        gaps: Every gap asked for.
        decided_differently: People (or weight) about whom the models disagree.
        n: People (or weight) in all.
        group_names: The groups.
        level, draws, seed: Of the intervals and tests.
        notes: What a reader must know, in sentences.
    """

    rates: tuple[RateChange, ...]
    gaps: tuple[GapChange, ...]
    decided_differently: float
    n: float
    group_names: tuple[str, ...]
    level: float
    draws: int
    seed: int
    notes: tuple[str, ...]

    def rate(self, name: str, group: str = "everyone") -> RateChange:
        """One rate of one group.

        Raises:
            InputError: If it was not compared.
        """
        for change in self.rates:
            if (change.rate, change.group) == (name, group):
                return change
        raise InputError(f"The {name} of {group} was not compared; ask for it in rates.")

    def gap(self, name: str) -> GapChange:
        """One gap.

        Raises:
            InputError: If it was not compared.
        """
        for change in self.gaps:
            if change.gap == name:
                return change
        raise InputError(f"{name} was not compared; ask for it in gaps.")

    def to_frame(self) -> pd.DataFrame:
        """One row per rate and group, then one per gap. Missing means undefined."""
        rates = [{"kind": "rate", "name": c.rate, **asdict(c)} for c in self.rates]
        gaps = [{"kind": "gap", "name": c.gap, "group": "", **asdict(c)} for c in self.gaps]
        columns = ["kind", "name", "group", "n_before", "n_after", "before", "after"]
        columns += ["value", "lower", "upper", "p_value", "p_adjusted", "test", "detectable"]
        columns += ["plus", "minus", "changed", "why"]
        return pd.DataFrame([*rates, *gaps], columns=columns)
