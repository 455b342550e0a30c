"""Functions that stay as they are under ``torch.compile``, without paying for the compiler.

torch's own ways to say so import the compiler, 800 modules and more than a second, when such a
function is made or first called, although hardly anybody compiles.
"""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import torch
from torch._compile import _disable_dynamo

_P = ParamSpec("_P")
_T = TypeVar("_T")


def not_compiled(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """``function``, which runs uncompiled between the compiled parts of what calls it."""
    apart = _disable_dynamo(function)

    @functools.wraps(function)
    def either(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        if torch.compiler.is_compiling():  # the compiler reads this as true, and calls what follows
            return apart(*args, **kwargs)
        return function(*args, **kwargs)

    return either
