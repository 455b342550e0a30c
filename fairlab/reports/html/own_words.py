"""What people wrote, beside what fairlab says."""


class Own(str):
    """A text of a person, or for a program: never told again in another language."""

    __slots__ = ()
