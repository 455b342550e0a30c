"""Everything shown of one population at once: no hidden cell is left with few people alone."""

from itertools import product

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fairlab.metrics import GAPS, RATES, audit, audit_multicalibration, within_strata
from fairlab.metrics.multicalibration_suppression import suppress_multicalibration
from fairlab.metrics.strata_suppression import small_strata, suppress_strata
from fairlab.metrics.suppression import suppress, withheld
from fairlab.outcomes import Counts, GroupedOutcomes
from fairlab.reports.tables.strata import pooled_table, strata_table
from fairlab.reports.withheld import ModelWithheld, hidden_columns
from fairlab.results import Attribute

SMALLEST = 3


@st.composite
def tables(draw: st.DrawFn, values: list[int]) -> np.ndarray:
    """(2, 2, 4) cells by stratum and group, of groups with these totals."""
    totals = draw(st.lists(st.sampled_from(values), min_size=8, max_size=8))
    first = [draw(st.integers(0, total)) for total in totals]
    return np.stack([first, np.array(totals) - first]).reshape(2, 2, 4)


def population(table: np.ndarray) -> tuple[GroupedOutcomes, dict[str, Attribute]]:
    """People of a (strata, groups, 4) table of cells; nearly everybody has a score of their own."""
    rows = [
        (c in (0, 2), 0.7 if c < 2 else 0.3, g, s)
        for s, g, c in np.ndindex(*table.shape)
        for _ in range(table[s, g, c])
    ]
    y, score, group, stratum = (np.array(column) for column in zip(*rows, strict=True))
    score = score + np.random.default_rng(0).uniform(-0.2, 0.2, len(score))
    names = ("A", "B", "C")[: table.shape[1]]
    people = GroupedOutcomes.from_arrays(
        y_true=y.astype(int), score=score, group=group, group_names=names
    )
    control = Attribute(stratum, tuple(f"s{s}" for s in range(table.shape[0])))
    return people, {"group": Attribute(group, names), "control": control}


def splits_of(n: int) -> np.ndarray:
    """(M, 4) every way n people can lie in four cells."""
    ways = [w for w in product(range(n + 1), repeat=3) if sum(w) <= n]
    return np.array([(*w, n - sum(w)) for w in ways])


def counts_of(cells: np.ndarray) -> Counts:
    tp, fp, fn, tn = np.moveaxis(cells, -1, 0)
    return Counts(tp, fp, fn, tn, ("A", "B"))


class Shown:
    """All that leaves of one table: audit, strata, crossed groups, a model's points."""

    def __init__(self, table: np.ndarray) -> None:
        people, attributes = population(table)
        whole = audit(people, draws=100)
        self.audit = suppress(whole, SMALLEST)
        self.strata = suppress_strata(
            within_strata(people, attributes["control"], draws=100), SMALLEST
        )
        self.many = suppress_multicalibration(
            audit_multicalibration(people.y_true, people.score, attributes, smallest=1, draws=100),
            people,
            attributes,
            SMALLEST,
            shown=self.audit,
            by=("group",),
            selected=people.score >= 0.5,
        )
        gone = ModelWithheld((withheld(whole.cells, SMALLEST),))
        self.left_out = hidden_columns(gone, "equalized_odds")

    def fits(self, cells: np.ndarray, truth: np.ndarray) -> np.ndarray:
        """Which of (M, 2, 4) totals per group agree with every number shown."""
        tried, real = counts_of(cells), counts_of(truth)
        fit = np.ones(len(cells), dtype=bool)

        def same(number) -> None:
            a, b = np.asarray(number(tried), float), np.asarray(number(real), float)
            fit[:] &= np.isclose(a, b, atol=1e-12, equal_nan=True)

        for g, name in enumerate(("A", "B")):
            if name not in self.audit.hidden:
                fit &= (cells[:, g] == truth[g]).all(axis=1)
            for rate in RATES.values():
                if self.audit.rates[rate.name][name].value is not None:
                    same(lambda c, rate=rate, g=g: rate(c)[..., g])
        for rate in RATES.values():
            if self.audit.rates[rate.name].everyone.value is not None:
                same(lambda c, rate=rate: rate(c.overall())[..., 0])
        for name, gap in GAPS.items():
            unconditional = self.strata.gaps[name].unconditional.value
            if (
                self.audit.gaps[name].value is not None
                or unconditional is not None
                or name not in self.left_out
            ):
                same(gap)
        for name in {"accuracy", "selection_rate"} - self.left_out:
            same(lambda c, name=name: RATES[name](c.overall())[..., 0])
        if self.many.subgroups:
            same(lambda c: RATES["base_rate"](c.overall())[..., 0])
        return fit


@settings(max_examples=15, deadline=None)
@given(tables([0, 1, 3]))
def test_totals_of_a_hidden_group_stay_open(table: np.ndarray) -> None:
    """Of all pairs of groups that agree with what is shown, a hidden cell may be large in some."""
    totals = table.sum(axis=0)
    assume((totals.sum(axis=1) > 0).all())
    shown = Shown(table)
    assume(shown.audit.hidden)
    a, b = (splits_of(int(n)) for n in totals.sum(axis=1))
    pairs = np.stack([np.repeat(a, len(b), axis=0), np.tile(b, (len(a), 1))], axis=1)
    fit = pairs[shown.fits(pairs, totals)]
    for g, name in enumerate(("A", "B")):
        if name in shown.audit.hidden:
            least = min(SMALLEST, int(totals[g].sum()))
            assert (fit[:, g].max(axis=0) >= least).all()


@settings(max_examples=15, deadline=None)
@given(tables([3, 4]))
def test_cells_of_hidden_strata_stay_open(table: np.ndarray) -> None:
    """Totals known, sizes known, crossed groups seen: a hidden cell of a stratum may be large."""
    totals, sizes = table.sum(axis=0), table.sum(axis=(1, 2))
    assume(sizes.min() > 0)
    shown = Shown(table)
    assert not shown.audit.hidden
    assume(shown.strata.hidden)
    assert shown.strata.hidden == ("s0", "s1")
    assert all(s.gap.value is None for g in shown.strata.gaps.values() for s in g.strata)
    by = {row.by for row in shown.many.subgroups}
    assert ("group", "control") not in by
    firsts = [np.array(list(product(*(range(int(t) + 1) for t in totals[g])))) for g in range(2)]
    seen = np.array([[1, 1, 1, 1], [1, 0, 1, 0]])  # people; with the favourable outcome
    seen = seen if ("control",) in by else seen[:1]
    keys = [first @ seen.T for first in firsts]
    wanted = (table[0].sum(axis=0) @ seen.T)[None]
    for g in range(2):
        others = {tuple(key) for key in keys[1 - g]}
        fit = firsts[g][[tuple(key) in others for key in wanted - keys[g]]]
        for first in (fit, totals[g] - fit):
            assert (first.max(axis=0) >= min(SMALLEST, sizes.min())).all()


def test_the_only_small_stratum_is_hidden_with_another() -> None:
    """Everyone less the strata that are shown would be the hidden one."""
    large, small = (20, 20, 20, 20), (20, 3, 20, 20)
    table = np.array([[large, large], [large, small], [(30, 30, 30, 30), large]])
    people, attributes = population(table)
    whole = within_strata(people, attributes["control"], draws=100)
    assert small_strata(whole.cells, whole.names, 10) == ("s0", "s1")
    assert small_strata(whole.cells, whole.names, 3) == ()
    shown = suppress_strata(whole, 10)
    parity = shown.gaps["predictive_equality_difference"]
    assert [s.gap.value is None for s in parity.strata] == [True, True, False]
    assert parity.unconditional == whole.gaps["predictive_equality_difference"].unconditional


def test_pooled_numbers_rest_on_hidden_strata_and_go() -> None:
    """The gap strata aside gives B's three people away when the audit hides them; so do means."""
    table = np.array([[(40, 45, 30, 55), (35, 3, 20, 70)], [(40, 40, 40, 40), (40, 0, 30, 0)]])
    people, attributes = population(table)
    whole = within_strata(people, attributes["control"], draws=100)
    name = "predictive_equality_difference"
    shown = suppress_strata(whole, 10).to_record()["gaps"][name]
    assert shown["unconditional"]["value"] is None
    for field in ("standardised", "average"):
        assert set(shown[field].values()) == {None}
    assert [shown[f] for f in ("high", "low", "covered", "test", "widest")] == [None] * 5
    pooled = pooled_table(whole, [name], 10)
    assert pooled.drop(columns="Gap").isna().all(axis=None)
    assert pooled_table(whole, [name])["Everyone together"].notna().all()


def test_the_correction_of_shown_strata_does_not_tell_of_hidden_ones() -> None:
    """Corrected p-values of strata count the hidden ones, whatever theirs are."""
    large, other = (20, 20, 20, 20), (20, 25, 20, 30)
    found = []
    for small in ((20, 3, 20, 60), (20, 3, 20, 20)):
        table = np.array([[large, other], [large, small], [large, large], [other, large]])
        people, attributes = population(table)
        whole = within_strata(people, attributes["control"], draws=200)
        rows = strata_table(whole, "predictive_equality_difference", 10)
        found.append(rows[rows["Gap"].notna()])
    assert len(found[0]) == 2
    for rows in found:
        assert (rows["p (Holm)"].astype(float) >= np.minimum(1, 3 * rows["p"].min()) - 1e-9).all()


def test_a_crossing_goes_whole_and_the_number_of_rows_is_said() -> None:
    """Nine people with the outcome in one group of a crossing take all its rows along."""
    table = np.full((2, 2, 4), 20)
    table[1, 1] = (5, 30, 4, 30)
    people, attributes = population(table)
    whole = audit_multicalibration(
        people.y_true, people.score, attributes, smallest=10, draws=100, bins=1
    )
    shown = suppress_multicalibration(whole, people, attributes, 10, bins=1)
    assert {row.by for row in shown.subgroups} == {(), ("group",), ("control",)}
    assert shown.withheld == len(whole.subgroups) - len(shown.subgroups) == 4
    assert "4 rows are left out" in shown.notes[-1]
    assert shown.violation.value is None
    assert suppress_multicalibration(whole, people, attributes, 9, bins=1) is whole
    assert suppress_multicalibration(whole, people, attributes, 0, bins=1) is whole
