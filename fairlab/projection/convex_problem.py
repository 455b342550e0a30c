"""A convex problem for n people, as cvxpy states it: built, solved, measured, explained."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from fairlab.errors import InputError

if TYPE_CHECKING:
    import cvxpy as cp

__all__ = ["ConvexProblem", "build"]

_SHOWN = 160


@dataclass(frozen=True, eq=False)
class ConvexProblem:
    """``min ½ ‖d‖²`` over p and d = p − z, in a box, under the expert's constraints.

    Attributes:
        n: Number of people.
        scores: z, a parameter.
        parameters: The expert's, by name, in the order the layer takes them.
        variables: p and the expert's own further variables.
        constraints: The expert's.
        problem: All of it.
        layer: Takes (z, parameters...), returns (variables..., multipliers of d = p − z), which
            at the nearest scores are z − p.
    """

    n: int
    scores: "cp.Parameter"
    parameters: "dict[str, cp.Parameter]"
    variables: "tuple[cp.Variable, ...]"
    constraints: "tuple[cp.Constraint, ...]"
    problem: "cp.Problem"
    layer: nn.Module

    def tensors(self, values: Mapping[str, Any], rows: int | None) -> list[Tensor]:
        """Values of the parameters in order, float64, on the CPU, differentiable.

        Args:
            values: By name.
            rows: Number of problems M where a value may differ between them; None if it may not.

        Raises:
            InputError: Names or shapes that do not fit, or numbers that are not finite.
        """
        missing = [name for name in self.parameters if name not in values]
        unknown = [name for name in values if name not in self.parameters]
        if missing or unknown:
            raise InputError(
                f"The constraints use the parameters {_listed(self.parameters)}; "
                + "; ".join(
                    [f"{name} was not given" for name in missing]
                    + [f"{name} is not one of them" for name in unknown]
                )
                + ". Pass every one by its name."
            )
        found = []
        for name, parameter in self.parameters.items():
            value = torch.as_tensor(values[name]).to("cpu", torch.float64)
            shapes = [parameter.shape] + ([(rows, *parameter.shape)] if rows is not None else [])
            if tuple(value.shape) not in shapes:
                wanted = " or ".join(str(shape) for shape in shapes)
                raise InputError(
                    f"{name} has shape {tuple(value.shape)} and needs {wanted} for {self.n} people."
                )
            if not bool(torch.isfinite(value).all()):
                raise InputError(f"{name} must be finite; some entries are not.")
            found.append(value)
        return found

    def put(self, scores: Tensor, given: Sequence[Tensor], row: int) -> None:
        """Give the parameters their values in one of the problems.

        Raises:
            InputError: A value that contradicts what the parameter was declared to be.
        """
        self.scores.value = scores[row].detach().numpy()
        for (name, parameter), value in zip(self.parameters.items(), given, strict=True):
            own = value if value.ndim == len(parameter.shape) else value[row]
            try:
                parameter.value = own.detach().numpy()
            except ValueError as error:
                raise InputError(
                    f"{name} is not what it was declared to be: {error} Pass values of that kind, "
                    "or declare the parameter without the option."
                ) from error

    def violations(self, solution: Sequence[np.ndarray]) -> list[float]:
        """Largest violation of each of the expert's constraints, with the parameters as put."""
        for variable, value in zip(self.variables, solution, strict=True):
            variable.save_value(value)
        return [float(np.max(c.violation())) for c in self.constraints]

    def feasible(self) -> bool | None:
        """Whether any scores meet the constraints as the parameters are put; None if unknown."""
        import cvxpy as cp

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                self.problem.solve(solver=cp.CLARABEL)
            except cp.error.SolverError:
                return None
        if self.problem.status in ("infeasible", "infeasible_inaccurate"):
            return False
        return True if self.problem.status == "optimal" else None


def described(constraint: "cp.Constraint") -> str:
    """The constraint as cvxpy prints it, not too long."""
    text = str(constraint)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def build(
    constraints: "Callable[[cp.Variable, Mapping[str, cp.Parameter]], Any]",
    declared: Mapping[str, Any],
    n: int,
    lower: float,
    upper: float,
) -> ConvexProblem:
    """State the problem for n people and hand it to cvxpylayers.

    Raises:
        InputError: If something other than constraints came back, one is not convex, parameters
            do not enter linearly, a declared parameter is not used, or another is.
    """
    import cvxpy as cp
    from cvxpylayers.torch import CvxpyLayer

    p, d = cp.Variable(n, name="p"), cp.Variable(n, name="d")
    z = cp.Parameter(n, name="z")
    parameters = {name: _parameter(name, spec, n) for name, spec in declared.items()}
    own = _constraints(constraints(p, parameters))
    link = d == p - z
    box = ([p >= lower] if lower > -np.inf else []) + ([p <= upper] if upper < np.inf else [])
    problem = cp.Problem(cp.Minimize(cp.sum_squares(d) / 2), [link, *box, *own])
    _check(own, problem, [z, *parameters.values()])
    further = tuple(v for v in problem.variables() if v.id not in (p.id, d.id))
    variables = (p, *further)
    layer = CvxpyLayer(problem, [z, *parameters.values()], [*variables, link.dual_variables[0]])
    return ConvexProblem(n, z, parameters, variables, own, problem, layer)


def _parameter(name: str, spec: Any, n: int) -> "cp.Parameter":
    import cvxpy as cp

    options = dict(spec) if isinstance(spec, Mapping) else {"shape": spec}
    if "shape" not in options or isinstance(options["shape"], str | int):
        raise InputError(
            f"Parameter {name} needs a shape such as () for a number or ('n',) for one entry per "
            f"person; found {spec!r}."
        )
    shape = tuple(n if size == "n" else size for size in options.pop("shape"))
    return cp.Parameter(shape, name=name, **options)


def _constraints(found: Any) -> "tuple[cp.Constraint, ...]":
    import cvxpy as cp

    several = tuple(found) if isinstance(found, Sequence) else (found,)
    for one in several:
        if not isinstance(one, cp.Constraint):
            raise InputError(
                f"The constraints must be cvxpy constraints, such as cp.mean(p) <= 0.5; found "
                f"{type(one).__name__}. A comparison without the scores or a variable in it is "
                "not one."
            )
    if not several:
        raise InputError(
            "No constraint came back. Return at least one; to keep scores in a box, clamp them."
        )
    return several


def _check(
    own: "Sequence[cp.Constraint]", problem: "cp.Problem", parameters: "Sequence[cp.Parameter]"
) -> None:
    for one in own:
        if not one.is_dcp():
            raise InputError(
                f"{described(one)} is not convex by cvxpy's rules (DCP): a convex expression may "
                "be at most, a concave one at least, only an affine one equal to something. "
                "Rewrite it with cvxpy's functions, and declare signs of parameters "
                "(nonneg=True) where convexity hangs on them."
            )
        if not one.is_dcp(dpp=True):
            raise InputError(
                f"Parameters must enter linearly (cvxpy's DPP rules), and in {described(one)} "
                "they do not: two parameters are multiplied, or one divides. Pass the product or "
                "the quotient as a parameter of its own, for example in_group / in_group.sum()."
            )
    if problem.is_mixed_integer():
        raise InputError("Integer and boolean variables are not convex. Use continuous ones.")
    used = {parameter.id for parameter in problem.parameters()}
    unused = [parameter.name() for parameter in parameters if parameter.id not in used]
    known = {parameter.id for parameter in parameters}
    foreign = [q.name() for q in problem.parameters() if q.id not in known]
    if unused:
        raise InputError(
            f"Declared and not used by any constraint: {', '.join(unused)}. Remove it from "
            "parameters, or use it."
        )
    if foreign:
        raise InputError(
            f"The constraints use cvxpy parameters that are not declared: {', '.join(foreign)}. "
            "Declare them under parameters= and take them from the second argument."
        )


def _listed(names: Mapping[str, Any]) -> str:
    return ", ".join(names) if names else "none"
