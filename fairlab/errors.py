"""Every error fairlab raises on purpose. Messages read: found → wanted → remedy."""

from collections.abc import Sequence


class FairlabError(Exception):
    """Base of all errors that are meant to be shown to a person."""


class InputError(FairlabError):
    """What was given cannot be used as it is.

    Args:
        message: One sentence per problem: what was found, what was wanted, the remedy.
        problems: All problems found, when several were; each is a sentence of its own.
    """

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.problems: tuple[str, ...] = tuple(problems) or (message,)


class UnknownNameError(InputError):
    """A name that is in no registry; the message lists the known ones."""


class SolveError(FairlabError):
    """A solver did not reach its promise; ``residual`` says by how much.

    Args:
        message: What failed and what to change.
        residual: Constraint violation left, in the constraint's own units; NaN if unknown.
    """

    def __init__(self, message: str, residual: float = float("nan")) -> None:
        super().__init__(message)
        self.residual = residual


class TrainingError(FairlabError):
    """Training could not produce a model; the message says why and what to change."""
