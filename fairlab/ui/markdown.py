"""Text that holds names users chose, shown as it is."""

_SIGNS = frozenset(r"\`*_[]<>$~#|:")


def as_it_is(text: str) -> str:
    """The text with Markdown's own signs escaped: a group called "$40k*" stays that."""
    return "".join(f"\\{sign}" if sign in _SIGNS else sign for sign in text)
