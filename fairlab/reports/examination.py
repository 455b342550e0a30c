"""An audit of one grouping with all that belongs to it: what the page shows part by part."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fairlab.metrics import (
    Audit,
    Multicalibration,
    PairTest,
    WithinStrata,
    audit,
    audit_multicalibration,
    pair_tests,
    within_strata,
)
from fairlab.metrics.calibration import scores_are_probabilities
from fairlab.metrics.multicalibration_suppression import suppress_multicalibration
from fairlab.metrics.resampling import DRAWS
from fairlab.metrics.strata_suppression import suppress_strata
from fairlab.metrics.suppression import suppress, suppress_pairs
from fairlab.outcomes import GroupedOutcomes
from fairlab.reports.own_units import in_own_units
from fairlab.reports.tables.audit import PAIR_RATES, overview_table
from fairlab.reports.tables.dictionary import dictionary_table
from fairlab.results import CROSSING, ScoredPeople


@dataclass(frozen=True, slots=True, eq=False)
class Examination:
    """All that is said of people in groups by one attribute or crossing.

    Attributes:
        by: The attributes.
        selected_if: Who is selected, in the units of the people's table.
        result: Rates, gaps and scores; small cells suppressed when asked for.
        pairs: Every pair of groups on :data:`PAIR_RATES`, corrected together; () when weighted.
        strata: Gaps within the strata of each control, small strata suppressed, too.
        dictionary: Rows of what other tools print; () unless asked for.
        multicalibration: Calibration in crossed groups at once; None without probabilities.
        smallest: Cells of fewer people are suppressed.
    """

    by: tuple[str, ...]
    selected_if: str
    result: Audit
    pairs: tuple[PairTest, ...]
    strata: Mapping[str, WithinStrata]
    dictionary: tuple[Mapping[str, Any], ...]
    multicalibration: Multicalibration | None
    smallest: int

    @property
    def name(self) -> str:
        """The grouping as a title: "sex × race"."""
        return CROSSING.join(self.by)

    def to_record(self) -> dict[str, Any]:
        """Plain numbers, texts, lists and mappings; None where undefined or suppressed."""
        many = self.multicalibration
        return {
            "by": list(self.by),
            "selected_if": self.selected_if,
            **self.result.to_record(),
            "pairs": [asdict(test) for test in self.pairs],
            "strata": {c: w.to_record() for c, w in self.strata.items()},
            "multicalibration": None if many is None else many.to_record(),
            "dictionary": [dict(row) for row in self.dictionary],
            "smallest": self.smallest,
        }


def examine(
    people: ScoredPeople,
    by: Sequence[str],
    *,
    threshold: float | None = None,
    controls: Sequence[str] = (),
    draws: int = DRAWS,
    seed: int = 0,
    level: float = 0.95,
    smallest: int = 0,
    dictionary: bool = False,
    multicalibration: bool = True,
) -> Examination:
    """Audit people in groups by one attribute or the crossing of several.

    Args:
        people: Scored people.
        by: Attributes; several are crossed.
        threshold: On the scale of ``people.score``; theirs when None.
        controls: Attributes or controls of the people within whose strata gaps are compared.
        draws, seed, level: Of the resampling.
        smallest: Cells of fewer people are suppressed; 0 shows all.
        dictionary: Also what other tools would print.
        multicalibration: Also calibration in crossed groups at once.
    """
    at = people.threshold if threshold is None else threshold
    outcomes = people.outcomes(by)
    whole = in_own_units(
        audit(outcomes, at, draws, seed, level=level, has_scores=people.has_scores), people
    )
    shown = suppress(whole, smallest)
    tests = () if whole.weighted else pair_tests(whole.counts, PAIR_RATES, level)
    available = people.strata_for(by)
    strata = {
        name: suppress_strata(
            within_strata(outcomes, available[name], at, draws=draws, seed=seed, level=level),
            smallest,
        )
        for name in controls
        if name in available
    }
    rows = dictionary_table(whole, shown).to_dict("records") if dictionary else []
    many = None
    if multicalibration and people.has_scores and scores_are_probabilities(outcomes):
        many = suppress_multicalibration(
            _multicalibration(people, outcomes, seed, level),
            outcomes,
            people.attributes,
            smallest,
            shown=shown,
            by=by,
            selected=outcomes.score >= at,
        )
    return Examination(
        by=tuple(by),
        selected_if=people.selected_if(at) if people.has_scores else "",
        result=shown,
        pairs=suppress_pairs(tests, shown),
        strata=strata,
        dictionary=tuple({str(k): v for k, v in row.items()} for row in rows),
        multicalibration=many,
        smallest=smallest,
    )


def overview(found: Sequence[Examination]) -> list[dict[str, Any]]:
    """The main gaps of several groupings as plain rows; None where undefined."""
    table = overview_table({one.name: one.result for one in found})
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return [{str(key): value for key, value in row.items()} for row in rows]


def _multicalibration(
    people: ScoredPeople, outcomes: GroupedOutcomes, seed: int, level: float
) -> Multicalibration:
    return audit_multicalibration(
        outcomes.y_true, outcomes.score, people.attributes, people.weight, seed=seed, level=level
    )
