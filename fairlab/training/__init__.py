"""Training: strengths × seeds as one batched model.

Names are imported when they are first used, so that the learners of other libraries can be had
without paying for torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fairlab.training.grids import resolve_grids
    from fairlab.training.sweep import fit_sweep

__all__ = ["fit_sweep", "resolve_grids"]

_HOME = {"fit_sweep": "sweep", "resolve_grids": "grids"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
