"""Words beside a spinner while something kept is worked out for the first time."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import streamlit as st

from fairlab.language import translated

F = TypeVar("F", bound=Callable[..., Any])


def with_spinner(words: str) -> Callable[[F], F]:
    """Decorator of a cached function: what it does is said, in the visitor's language."""

    def decorate(function: F) -> F:
        @wraps(function)
        def shown(*args: Any, **kwargs: Any) -> Any:
            with st.spinner(translated(words)):
                return function(*args, **kwargs)

        return cast(F, shown)

    return decorate
