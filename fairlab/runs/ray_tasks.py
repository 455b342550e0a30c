"""What runs on the nodes of a Ray cluster: a part trained, and a mailbox for what it tells."""

import contextlib
import time
from collections.abc import Callable
from typing import Any

from fairlab.config import RunConfig
from fairlab.data.task import TaskData
from fairlab.errors import FairlabError
from fairlab.logs import where
from fairlab.results import Progress
from fairlab.runs.messages import FAILURE, RESULT, Failure, pack_failure, pack_progress
from fairlab.runs.parts import Part

ASK_PAUSE = 0.5  # seconds between questions whether to stop
BEGUN = b"B"  # and the node it begins on


class Mailbox:
    """What the parts of a run tell, until somebody takes it; and whether they should stop."""

    def __init__(self) -> None:
        self._messages: list[tuple[str, bytes]] = []
        self._stop = False

    def post(self, part: str, message: bytes) -> bool:
        """Leave a message; whether to stop."""
        self._messages.append((part, message))
        return self._stop

    def take(self) -> list[tuple[str, bytes]]:
        """All messages nobody has taken."""
        taken, self._messages = self._messages, []
        return taken

    def stop(self) -> None:
        """Ask all parts to stop."""
        self._stop = True

    def stopped(self) -> bool:
        """Whether parts should stop."""
        return self._stop


def train_remotely(
    config: str, part: Part, table: TaskData, mailbox: Any, code: str, memory: int | None
) -> bytes:
    """Train a part on this node, on one thread; a message with its result, or why it failed.

    Args:
        config: The run, as JSON.
        part: Which part.
        table: The table; nodes do not share a folder.
        mailbox: Handle of a :class:`Mailbox`.
        code: :func:`fairlab.runs.identity.code_version` of who asks: nodes have the same.
        memory: More bytes than this the part may not take; None is no limit.
    """
    from fairlab.runs.child import bounded_memory
    from fairlab.runs.identity import code_version
    from fairlab.runs.reasons import explain

    try:
        if code_version() != code:
            raise OtherCodeError
        with bounded_memory(memory):
            return _trained(RunConfig.model_validate_json(config), part, table, mailbox)
    except FairlabError as error:
        return pack_failure(Failure(str(error), ""))
    except Exception as error:  # a sentence travels better than an exception
        return pack_failure(Failure(explain(error), where(error)))


class OtherCodeError(FairlabError):
    """A node would give other numbers."""

    def __init__(self) -> None:
        super().__init__(
            "A node of the Ray cluster has another version of fairlab or torch than this server, "
            "and would give other numbers. Install the same on every node and train again."
        )


def _trained(config: RunConfig, part: Part, table: TaskData, mailbox: Any) -> bytes:
    import torch
    from threadpoolctl import threadpool_limits

    from fairlab.runs.artefacts import encode
    from fairlab.runs.parts import train_part

    line = _Line(part.name, mailbox)
    line.say(BEGUN + _node().encode())
    torch.set_num_threads(1)
    with threadpool_limits(1):
        return RESULT + encode(train_part(config, part, line.tell, line.should_stop, table))


def _node() -> str:
    import ray

    return str(ray.get_runtime_context().get_node_id())


class _Line:
    """To the mailbox; training goes on if nobody answers."""

    def __init__(self, part: str, mailbox: Any, clock: Callable[[], float] = time.monotonic):
        self._part, self._mailbox, self._clock = part, mailbox, clock
        self._asked = clock()
        self._stop = False

    def say(self, message: bytes) -> None:
        self._ask(self._mailbox.post, self._part, message)

    def tell(self, progress: Progress) -> None:
        self.say(pack_progress(progress))

    def should_stop(self) -> bool:
        if not self._stop and self._clock() - self._asked >= ASK_PAUSE:
            self._ask(self._mailbox.stopped)
        return self._stop

    def _ask(self, method: Any, *given: Any) -> None:
        import ray

        self._asked = self._clock()
        with contextlib.suppress(ray.exceptions.RayError):
            self._stop = bool(ray.get(method.remote(*given)))


__all__ = ["BEGUN", "FAILURE", "RESULT", "Mailbox", "train_remotely"]
