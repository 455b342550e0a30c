"""The inner step of the layer for families that overlap in people."""

from unittest import mock

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fairlab.projection import overlap
from fairlab.projection.overlap import active_solve, inner_step
from tests.unit.overlap_people import Crowd, crowd, departure, families_of, model_means

torch.manual_seed(0)
SIZES = [(2, 2), (3, 4), (2, 5, 3), (1, 4), (6,), (5, 5, 5, 5)]


def slacks(value: float, M: int = 1) -> torch.Tensor:
    return torch.full((M,), value, dtype=torch.float64)


def solved(people: Crowd, eps: torch.Tensor, **options: float) -> tuple[torch.Tensor, torch.Tensor]:
    return inner_step(
        people.mean, people.stiffness, people.still, people.mass, eps, people.families, **options
    )


@given(
    sizes=st.sampled_from(SIZES),
    seed=st.integers(0, 10_000),
    each=st.sampled_from([3, 20]),
    eps=st.sampled_from([0.0, 1e-9, 0.01, 0.05, 0.25]),
    rounded=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_meets_the_optimality_conditions(
    sizes: tuple[int, ...], seed: int, each: int, eps: float, rounded: bool
) -> None:
    """Means within [τ, τ + ε], shifted cells at the right end, multipliers that sum to 0."""
    people = crowd(sizes, each * sum(sizes), seed, M=2, rounded=rounded)
    with mock.patch.object(overlap, "_FAR", float("inf")):
        shift, tau = solved(people, slacks(eps, 2))
    # The ridge acts like 1e-10 of every cell more inside the box.
    size = 1 + float(shift.abs().max())
    assume(size < 1e3)  # else the model may contradict itself: see below
    assert departure(people, model_means(people, shift), shift, tau, slacks(eps, 2)) < 1e-9 * size


def test_a_model_that_contradicts_itself_gives_a_step_of_sensible_size() -> None:
    """Two cells 0.9 apart with nobody inside cannot meet; they are sent towards each other."""
    people = crowd((3, 2), 100, 22, M=2)
    stiffness, mean = people.stiffness.clone(), people.mean.clone()
    stiffness[0, :2, :] = 0
    stiffness[0, :, :2] = 0
    mean[0, 0], mean[0, 1] = 0.95, 0.05
    shift, _ = inner_step(
        mean, stiffness, people.still, people.mass, slacks(0.1, 2), people.families
    )
    assert 1 < float(shift[0, 0]) < 1000
    assert -1000 < float(shift[0, 1]) < -1
    alone, _ = solved(people, slacks(0.1, 2))
    torch.testing.assert_close(shift[1], alone[1])
    common, _ = inner_step(
        mean, stiffness, people.still, people.mass[None], slacks(0.1, 2), people.families
    )
    torch.testing.assert_close(common, shift)


@pytest.mark.parametrize("eps", [0.0, 0.02, 0.1])
@pytest.mark.parametrize("sizes", SIZES)
def test_conditions_hold_to_rounding(sizes: tuple[int, ...], eps: float) -> None:
    """With plenty of people inside every cell one step is exact, from 0 and from elsewhere."""
    people = crowd(sizes, 400, 1, M=3)
    shift, tau = solved(people, slacks(eps, 3))
    assert departure(people, model_means(people, shift), shift, tau, slacks(eps, 3)) < 1e-13
    start = torch.randn(shift.shape, generator=torch.Generator().manual_seed(2)).to(shift)
    again, _ = inner_step(
        model_means(people, start),
        people.stiffness,
        start,
        people.mass,
        slacks(eps, 3),
        people.families,
    )
    torch.testing.assert_close(again, shift, atol=1e-12, rtol=0)


def test_a_solution_is_a_fixed_point_whatever_the_ridge() -> None:
    """Only the way is changed by the ridge, not where it ends."""
    people = crowd((3, 4), 400, 2)
    shift = people.still
    for _ in range(3):
        means = model_means(people, shift)
        shift, _ = inner_step(
            means, people.stiffness, shift, people.mass, slacks(0.05), people.families
        )
    far, _ = inner_step(
        model_means(people, shift),
        people.stiffness,
        shift,
        people.mass,
        slacks(0.05),
        people.families,
        ridge=0.5,
    )
    assert torch.allclose(far, shift, atol=1e-12)


def test_raises_the_lower_cell_and_lowers_the_higher() -> None:
    """Two cells of equal mass 0.2 apart with slack 0.1: each moves by half of what is too much."""
    mean = torch.tensor([[0.6, 0.4]], dtype=torch.float64)
    mass = torch.tensor([10.0, 10.0], dtype=torch.float64)
    shift, tau = inner_step(
        mean, torch.diag(mass)[None], torch.zeros_like(mean), mass, slacks(0.1), families_of((2,))
    )
    torch.testing.assert_close(shift, torch.tensor([[0.05, -0.05]], dtype=torch.float64))
    torch.testing.assert_close(tau, torch.tensor([[0.45]], dtype=torch.float64))


def test_a_second_attribute_that_says_the_same_shares_the_shift() -> None:
    """The model is singular; people move as with one attribute, half by each."""
    one = crowd((3,), 60, 3)
    member = torch.cat([one.member, one.member], 1)
    both = Crowd(
        mean=torch.cat([one.mean, one.mean], 1),
        stiffness=torch.einsum("mn,nc,nd->mcd", one.inside, member, member),
        mass=torch.cat([one.mass, one.mass]),
        families=families_of((3, 3)),
        member=member,
        inside=one.inside,
    )
    alone, _ = solved(one, slacks(0.05))
    shift, tau = solved(both, slacks(0.05))
    torch.testing.assert_close(shift[:, :3], alone / 2, atol=1e-5, rtol=0)
    torch.testing.assert_close(shift[:, 3:], alone / 2, atol=1e-5, rtol=0)
    assert departure(both, model_means(both, shift), shift, tau, slacks(0.05)) < 1e-9


def test_a_slack_that_is_met_shifts_nobody() -> None:
    """With the slack larger than every range the shifts are 0, not merely small."""
    people = crowd((3, 4), 40, 4)
    shift, tau = solved(people, slacks(2.0))
    assert bool((shift == 0).all())
    assert departure(people, people.mean, shift, tau, slacks(2.0)) == 0


def test_forgets_a_shift_that_is_no_longer_needed() -> None:
    """Started from shifts, a model whose slack is large goes back to 0."""
    people = crowd((3, 4), 400, 5)
    shift, _ = solved(people, slacks(0.01))
    back, _ = inner_step(
        model_means(people, shift),
        people.stiffness,
        shift,
        people.mass,
        slacks(2.0),
        people.families,
    )
    assert bool((back == 0).all())


def test_a_family_of_one_cell_is_never_shifted() -> None:
    """Nothing compares it with anything."""
    people = crowd((1, 3), 40, 6)
    for eps in (0.0, 0.05):
        shift, _ = solved(people, slacks(eps))
        assert float(shift[0, 0]) == 0
        assert bool((shift[0, 1:] != 0).any())


def test_a_cell_with_nobody_inside_pins_the_level() -> None:
    """Its mean cannot move, so its family comes to it; its shift balances the others'."""
    people = crowd((3, 2), 400, 7, spread=0.05)
    stiffness = people.stiffness.clone()
    stiffness[:, 0, :] = 0
    stiffness[:, :, 0] = 0
    shift, tau = inner_step(
        people.mean, stiffness, people.still, people.mass, slacks(0.0), people.families
    )
    means = people.mean - (stiffness @ shift[:, :, None])[:, :, 0] / people.mass
    torch.testing.assert_close(tau[:, 0], people.mean[:, 0], atol=1e-8, rtol=0)
    assert departure(people, means, shift, tau, slacks(0.0)) < 1e-8


@pytest.mark.parametrize("sizes", SIZES)
def test_models_together_equal_each_alone(sizes: tuple[int, ...]) -> None:
    """Problems of one batch do not see each other, whatever their slack and masses."""
    people = crowd(sizes, 200, 8, M=5)
    eps = torch.tensor([0.0, 0.01, 0.05, 0.2, 2.0], dtype=torch.float64)
    mass = people.mass * torch.tensor([[1.0], [1.1], [1.2], [1.0], [1.3]], dtype=torch.float64)
    shift, tau = inner_step(people.mean, people.stiffness, people.still, mass, eps, people.families)
    for m in range(5):
        own, own_tau = inner_step(
            people.mean[m : m + 1],
            people.stiffness[m : m + 1],
            people.still[m : m + 1],
            mass[m],
            eps[m : m + 1],
            people.families,
        )
        torch.testing.assert_close(shift[m], own[0], atol=1e-12, rtol=0)
        torch.testing.assert_close(tau[m], own_tau[0], atol=1e-12, rtol=0)


@given(seed=st.integers(0, 10_000), eps=st.sampled_from([0.002, 0.01, 0.05]))
@settings(max_examples=40, deadline=None)
def test_interior_point_finds_who_is_held(seed: int, eps: float) -> None:
    """Where guessing goes round in circles, the other way gives an answer right at once."""
    people = crowd((4, 3, 2), 60, seed, M=2)
    model = overlap._model(
        people.mean,
        people.stiffness,
        people.still,
        people.mass,
        slacks(eps, 2),
        people.families,
        overlap.RIDGE,
    )
    x, tau, settled = overlap._by_guessing(model, overlap._by_interior_point(model))
    assert bool(settled.all())
    shift = x / model.root
    size = 1 + float(shift.abs().max())
    assert departure(people, model_means(people, shift), shift, tau, slacks(eps, 2)) < 1e-9 * size


def test_hands_over_when_guesses_do_not_settle(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a single guess allowed, the answer is still the right one."""
    people = crowd((4, 3), 60, 9, M=3)
    right, _ = solved(people, slacks(0.03, 3))
    monkeypatch.setattr(overlap, "_GUESSES", 1)
    shift, _ = solved(people, slacks(0.03, 3))
    torch.testing.assert_close(shift, right, atol=1e-9, rtol=0)


def test_renaming_groups_renames_shifts() -> None:
    """The order of a family's cells carries no meaning."""
    people = crowd((3, 4), 100, 10)
    order = torch.tensor([2, 0, 1, 5, 6, 3, 4])
    shift, _ = solved(people, slacks(0.03))
    renamed, _ = inner_step(
        people.mean[:, order],
        people.stiffness[:, order][:, :, order],
        people.still,
        people.mass[order],
        slacks(0.03),
        people.families,
    )
    torch.testing.assert_close(renamed, shift[:, order], atol=1e-10, rtol=0)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("eps", [0.0, 0.02, 0.1])
def test_derivative_equals_finite_differences(sizes: tuple[int, ...], eps: float) -> None:
    """Scores of the people inside change a little; the shifts follow as active_solve says."""
    people = crowd(sizes, 1000, 11, M=2)
    random = torch.Generator().manual_seed(12)
    change = torch.randn(people.inside.shape, generator=random, dtype=torch.float64)
    rhs = (people.inside * change) @ people.member
    h = 1e-6

    def at(step: float) -> torch.Tensor:
        means = people.mean + step * rhs / people.mass
        return inner_step(
            means,
            people.stiffness,
            people.still,
            people.mass,
            slacks(eps, 2),
            people.families,
            ridge=1e-13,
        )[0]

    shift = at(0.0)
    held = torch.ones_like(shift) if eps == 0 else shift
    expected = (at(h) - at(-h)) / (2 * h)
    found = active_solve(people.stiffness, rhs, held, people.mass, people.families)
    scale = 1e-3 + float(expected.abs().max())
    torch.testing.assert_close(found / scale, expected / scale, atol=1e-7, rtol=0)
    if eps == 0.02:
        assert bool((held != 0).any())
        assert float(found.abs().max()) > 1e-3


def test_derivative_is_zero_where_nobody_is_held() -> None:
    """Cells that are not shifted stay unshifted."""
    people = crowd((3, 4), 100, 13)
    rhs = torch.ones_like(people.mean)
    held = torch.tensor([[True, False, True, False, False, False, False]])
    found = active_solve(people.stiffness, rhs, held, people.mass, people.families)
    assert bool((found[:, [1, 3, 4, 5, 6]] == 0).all())
    weighted = people.mass[[0, 2]] * found[0, [0, 2]]
    assert float(weighted.sum().abs()) < 1e-9


def test_derivative_is_its_own_adjoint() -> None:
    """u · solve(v) = v · solve(u)."""
    people = crowd((3, 4), 100, 14, M=2)
    u, v = torch.randn(2, 2, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    held = torch.tensor([[1, 1, -1, 0, 1, -1, 1], [0, 1, -1, 1, 0, 0, -1]])

    def run(rhs: torch.Tensor) -> torch.Tensor:
        return active_solve(people.stiffness, rhs, held, people.mass, people.families)

    torch.testing.assert_close((u * run(v)).sum(1), (v * run(u)).sum(1))


def test_derivative_with_a_pinned_cell_keeps_the_level() -> None:
    """Nobody inside a held cell: the family's level does not move, nor do the others' means."""
    people = crowd((3,), 100, 15)
    stiffness = people.stiffness.clone()
    stiffness[:, 0, 0] = 0
    rhs = torch.tensor([[0.0, 2.0, 5.0]], dtype=torch.float64)
    held = torch.ones(1, 3, dtype=torch.bool)
    found = active_solve(stiffness, rhs, held, people.mass, people.families)
    means = rhs - (stiffness @ found[:, :, None])[:, :, 0]
    torch.testing.assert_close(means, torch.zeros_like(means), atol=1e-8, rtol=0)


def test_derivative_with_attributes_that_say_the_same() -> None:
    """Singular: what both shifts do to a person together is as with one attribute."""
    one = crowd((3,), 60, 16)
    member = torch.cat([one.member, one.member], 1)
    stiffness = torch.einsum("mn,nc,nd->mcd", one.inside, member, member)
    rhs = torch.tensor([[1.0, -2.0, 4.0]], dtype=torch.float64)
    alone = active_solve(one.stiffness, rhs, torch.ones_like(rhs), one.mass, one.families)
    twice = active_solve(
        stiffness,
        torch.cat([rhs, rhs], 1),
        torch.ones(1, 6),
        torch.cat([one.mass, one.mass]),
        families_of((3, 3)),
    )
    torch.testing.assert_close(twice[:, :3] + twice[:, 3:], alone, atol=1e-9, rtol=0)
    assert float(twice.abs().max()) < 10 * float(alone.abs().max())
