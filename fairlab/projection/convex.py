"""The nearest scores that meet an expert's own convex constraints, written as cvxpy expressions.

For the six constraints of ``CONSTRAINTS`` use :class:`fairlab.projection.FairnessLayer`: it is
exact and orders of magnitude faster. This layer is for everything else that is convex. It is
built on cvxpylayers (Agrawal et al., "Differentiable Convex Optimization Layers", NeurIPS 2019),
which writes the problem as a cone programme, solves it with Clarabel and differentiates its
optimality conditions with diffcp.
"""

import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from fairlab.errors import InputError, SolveError
from fairlab.projection.convex_problem import ConvexProblem, build, described
from fairlab.projection.uncompiled import not_compiled

if TYPE_CHECKING:
    import cvxpy as cp

__all__ = ["ConvexFairnessLayer", "PrecisionNotice"]

# The objective's gap enters the scores by its root, so it is driven far below their tolerance.
_SOLVER = {
    "solve_method": "Clarabel",
    "tol_gap_abs": 1e-14,
    "tol_gap_rel": 1e-14,
    "tol_feas": 1e-13,
    "mode": "lsmr",
}
_NOT_NEAREST = 1e-4


class PrecisionNotice(UserWarning):
    """Scores came in another precision or from another device than the solver works in."""


class ConvexFairnessLayer(nn.Module):
    """Last layer of a network: scores in, nearest scores that meet your constraints out.

    Solves ``min ½ ‖p − z‖²  s.t.  lower ≤ p ≤ upper  and your constraints`` for every row of
    scores, in float64 on the CPU, and checks every constraint on every solve.

    Measured against :func:`project` (demographic parity written out, 3 groups, 10 to 256 people,
    scores around 1): scores within 1e-8, gradients within 2e-7 of their largest entry; 8 ms
    forward and 3 ms backward per row at 20 people, 35 and 8 ms at 256. Scores around 100 come out
    within 2e-3 only: divide regression outputs by their typical size first. With further
    variables of your own, scores are within about 1e-6.

    The gradient is exact where the set of binding constraints does not change. At a kink (a score
    just reaching its bound, a constraint just met) it is the least-squares solution of the
    optimality conditions, some mixture of both sides. There is no second derivative.

    The problem is built once for every number of people n and kept; it is not part of the state
    dict, nor of copies. Use one layer from one thread at a time. ``torch.compile`` runs it
    uncompiled, between the compiled parts; ``torch.func`` transforms are refused.

    Args:
        constraints: Called once per n with the scores, a ``cp.Variable`` of shape (n,), and the
            parameters by name; returns one cvxpy constraint or several. Whatever changes from
            batch to batch must be a parameter, and enter linearly (cvxpy's DPP rules): no product
            or quotient of two parameters. You may use further variables.
        parameters: Shape of each parameter; ``"n"`` stands for the number of people, as in
            ``{"in_group": ("n",), "cap": ()}``. For options of ``cp.Parameter`` such as
            ``nonneg`` give ``{"shape": ("n",), "nonneg": True}`` instead of a shape.
        lower, upper: Box of the scores; infinite for none.
        tolerance: Largest violation accepted of any constraint, in its own units.
        max_shapes: How many n are kept built; the one unused for longest goes first.
        solver_args: Settings of diffcp and its solver that replace ours.

    Attributes:
        residual: (M,) largest violation of any constraint in the last forward pass; None before.
    """

    def __init__(
        self,
        constraints: "Callable[[cp.Variable, Mapping[str, cp.Parameter]], Any]",
        parameters: Mapping[str, Sequence[int | str] | Mapping[str, Any]] | None = None,
        *,
        lower: float = 0.0,
        upper: float = 1.0,
        tolerance: float = 1e-6,
        max_shapes: int = 8,
        solver_args: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        if not lower < upper:
            raise InputError(
                f"The box must not be empty; found lower {lower:g} and upper {upper:g}."
            )
        if max_shapes < 1:
            raise InputError(f"At least one shape must be kept built; found {max_shapes}.")
        taken = sorted({"z", "self"} & set(parameters or ()))
        if taken:
            raise InputError(f"A parameter cannot be called {taken[0]}; give it another name.")
        self.constraints = constraints
        self.declared = {} if parameters is None else dict(parameters)
        self.lower, self.upper, self.tolerance = lower, upper, tolerance
        self.max_shapes = max_shapes
        self.solver_args = dict(_SOLVER if solver_args is None else solver_args)
        self.residual: Tensor | None = None
        self._kept: OrderedDict[int, ConvexProblem] = OrderedDict()
        self._noticed = False

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the built problems, which a copy builds for itself."""
        return {**self.__dict__, "_kept": OrderedDict()}

    @not_compiled
    def forward(self, z: Tensor, **values: Any) -> Tensor:
        """Nearest scores that meet the constraints.

        Args:
            z: (n,) or (M, n) finite floating scores; M problems at once.
            values: Each parameter by name: a number, array or tensor of its shape, or with a
                leading M. Tensors that require a gradient get one.

        Returns:
            Scores like ``z``: same shape, dtype and device.

        Raises:
            InputError: Names or shapes that do not fit, numbers that are not finite, constraints
                that are not convex or in which parameters do not enter linearly.
            SolveError: No scores meet the constraints, or a violation larger than ``tolerance``
                is left, or the scores are not the nearest; its ``residual`` is the violation.
        """
        _check(z)
        if z.dtype != torch.float64 or z.device.type != "cpu":
            self._notice(z)
        rows = (z[None] if z.ndim == 1 else z).to("cpu", torch.float64)
        problem = self._for(z.shape[-1])
        given = problem.tensors(values, len(z) if z.ndim == 2 else None)
        problem.put(rows, given, 0)
        needed = torch.is_grad_enabled() and any(x.requires_grad for x in (rows, *given))
        with torch.enable_grad():
            variables, astray = self._solved(problem, rows, given)
        p = variables[0] if needed else variables[0].detach()
        self.residual = self._checked(problem, rows, given, variables, astray)
        # Onto the box to the last bit, which moves no score by more than the tolerance.
        p = p + (p.detach().clamp(self.lower, self.upper) - p.detach())
        return p.reshape(z.shape).to(z.device, z.dtype)

    def extra_repr(self) -> str:
        """What the layer promises."""
        names = ", ".join(self.declared)
        return f"parameters=({names}), lower={self.lower:g}, upper={self.upper:g}"

    def _for(self, n: int) -> ConvexProblem:
        """The problem for n people, built now or before."""
        if n not in self._kept:
            self._kept[n] = build(self.constraints, self.declared, n, self.lower, self.upper)
            if len(self._kept) > self.max_shapes:
                self._kept.popitem(last=False)
        self._kept.move_to_end(n)
        return self._kept[n]

    def _notice(self, z: Tensor) -> None:
        if not self._noticed:
            self._noticed = True
            warnings.warn(
                f"ConvexFairnessLayer solves in float64 on the CPU; scores in {z.dtype} on "
                f"{z.device} are moved there and back. FairnessLayer works where the scores are.",
                PrecisionNotice,
                stacklevel=3,
            )

    def _solved(
        self, problem: ConvexProblem, rows: Tensor, given: Sequence[Tensor]
    ) -> tuple[list[Tensor], Tensor]:
        """Values of the variables with a leading M, and (M,) how far p may be from the nearest.

        At the nearest scores the multipliers ν of d = p − z are z − p. The p found are the nearest
        to p + ν, so those nearest to z differ from them by J (z − p − ν) to first order, with the
        projection's derivative J, which is symmetric: one step back and p is right to its square.
        """
        import diffcp

        probe = torch.zeros_like(rows, requires_grad=True)
        try:
            *variables, multipliers = problem.layer(
                rows + probe, *given, solver_args=self.solver_args
            )
        except diffcp.SolverError as error:
            raise SolveError(f"{_why(problem)} The solver said: {error}.") from error
        off = rows.detach() - variables[0].detach() - multipliers.detach()
        if len(variables) == 1:
            (step,) = torch.autograd.grad(variables[0], probe, off, retain_graph=True)
            variables[0] = variables[0] + step
        return variables, off.abs().amax(1)

    def _checked(
        self,
        problem: ConvexProblem,
        rows: Tensor,
        given: Sequence[Tensor],
        variables: Sequence[Tensor],
        astray: Tensor,
    ) -> Tensor:
        """(M,) residuals, none above the tolerance."""
        p = variables[0].detach()
        outside = torch.maximum(self.lower - p, p - self.upper).amax(1)
        found = []
        for m in range(len(rows)):
            problem.put(rows, given, m)
            own = problem.violations([v[m].detach().numpy() for v in variables])
            worst = max([float(outside[m].clamp_min(0.0)), *own])
            named = (
                "the box" if worst > max(own) else described(problem.constraints[own.index(worst)])
            )
            where = f" in row {m}" if len(rows) > 1 else ""
            if not worst <= self.tolerance:
                raise SolveError(
                    f"The solver left {named}{where} violated by {worst:.2g}; at most "
                    f"{self.tolerance:g} is accepted. {_why(problem)}",
                    residual=worst,
                )
            if not float(astray[m]) <= _NOT_NEAREST * (1 + float(rows[m].detach().abs().max())):
                raise SolveError(
                    f"The solver stopped{where} at scores that meet the constraints and need not "
                    f"be the nearest (off by about {float(astray[m]):.2g}). Scale the constraints "
                    "to numbers around 1, or give the solver more steps.",
                    residual=worst,
                )
            found.append(worst)
        return torch.tensor(found, dtype=torch.float64)


def _why(problem: ConvexProblem) -> str:
    """What to do about a failed solve, with the parameters as put."""
    if problem.feasible() is False:
        return (
            "No scores in the box meet all constraints at once: they contradict each other for "
            "these parameters. Loosen one of them."
        )
    return "Scale the constraints to numbers around 1, or raise the tolerance."


def _check(z: Tensor) -> None:
    if torch._C._functorch.is_functorch_wrapped_tensor(z):
        raise InputError(
            "ConvexFairnessLayer cannot be transformed by torch.func (vmap, grad, jvp). Put "
            "several problems on the leading axis of the scores, (M, n), and use backward()."
        )
    if z.ndim not in (1, 2) or not z.is_floating_point() or z.numel() == 0:
        raise InputError(
            "Scores must be a floating tensor of shape (n,) or (M, n) with at least one entry; "
            f"found {z.dtype} of shape {tuple(z.shape)}."
        )
    if not bool(torch.isfinite(z).all()):
        raise InputError(
            "Scores must be finite to be projected; some are not. Lower the learning rate or "
            "check the features."
        )
