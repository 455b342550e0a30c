"""Who trains the parts of a run: processes of this machine, or a Ray cluster.

Callers see this interface alone. Every executor trains each part on one thread, so that the same
part gives the same bytes on any of them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from fairlab.config import RunConfig
from fairlab.errors import FairlabError, InputError
from fairlab.results import Progress, SweepResult
from fairlab.runs.parts import Part
from fairlab.settings import Settings, settings

__all__ = ["Executor", "Limits", "Listener", "PartFailed", "choose_executor"]

Listener = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """What training may take.

    Attributes:
        seconds: Of one call of :meth:`Executor.train`, from its first part to its last.
        memory_mb: Of one part's process and its children, some 420 MB of shared code and tables
            included; 0 is the memory of the machine.
    """

    seconds: float = float("inf")
    memory_mb: int = 0


class PartFailed(FairlabError):  # noqa: N818 (what happened, not a programming error)
    """A part could not be trained; the sentence says why and what to do.

    Attributes:
        part: Name of the part.
    """

    def __init__(self, sentence: str, part: str = "") -> None:
        super().__init__(sentence)
        self.part = part


class Executor(Protocol):
    """Trains parts, several at once; safe to use from several threads, one call per run."""

    def train(
        self,
        config: RunConfig,
        parts: Sequence[Part],
        on_progress: Listener,
        should_stop: Callable[[], bool],
        limits: Limits,
    ) -> Iterator[tuple[Part, SweepResult]]:
        """Train the parts and give each with its result as it finishes.

        ``on_progress`` is called in the caller's thread while it waits for the next part;
        ``share_done`` is of all the parts given here and never falls. A part that was killed from
        outside is trained again, three times at most. Closing the iterator kills what is under
        way.

        Args:
            config: The run.
            parts: Some or all of ``parts_of(config)``.
            on_progress: Told after each epoch of each part.
            should_stop: Asked several times a second. After a true answer no part begins, and
                those under way end within an epoch or are killed a little later. What they have
                then is given with ``cancelled`` set: part of a cancelled result, nothing to keep
                as finished.
            limits: Time and memory.

        Raises:
            PartFailed: For the first part that cannot be trained; the others are killed.
        """
        ...

    def close(self) -> None:
        """Kill whatever is under way and give back what the executor holds."""
        ...


def choose_executor(chosen: Settings | None = None, at_once: int | None = None) -> Executor:
    """Ray where an installation names a cluster (``FAIRLAB_RAY_ADDRESS``), else processes here.

    Args:
        chosen: Settings; default those of this process.
        at_once: Most parts that are trained together on this machine; None is one per core.

    Raises:
        InputError: If the cluster cannot be reached, with what to do.
    """
    chosen = settings() if chosen is None else chosen
    if chosen.ray_address:
        try:
            from fairlab.runs.ray_executor import RayExecutor
        except ImportError as error:
            raise InputError(
                "FAIRLAB_RAY_ADDRESS names a Ray cluster, and the package ray is not installed "
                "here. Install it (pip install ray), in the cluster's version, or unset the "
                "variable."
            ) from error

        return RayExecutor(chosen.ray_address)
    from fairlab.runs.local_processes import LocalProcesses

    return LocalProcesses(at_once)
