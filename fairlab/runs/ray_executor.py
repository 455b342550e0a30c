"""Trains parts on a Ray cluster: one task per part, each on one core of some node.

The table travels once per run, into the cluster's object store. A part whose node is lost is
trained again by Ray on another. Nodes need the same fairlab, torch, Ray and Python as this
process, and processors of the same kind for the same bytes.
"""

import contextlib
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import ray

from fairlab.config import RunConfig
from fairlab.data import open_task
from fairlab.errors import FairlabError, InputError
from fairlab.logs import Public
from fairlab.results import SweepResult
from fairlab.runs.artefacts import decode
from fairlab.runs.executors import Limits, Listener, PartFailed
from fairlab.runs.identity import code_version
from fairlab.runs.messages import FAILURE, PROGRESS, read_failure, read_progress
from fairlab.runs.parts import Part
from fairlab.runs.ray_tasks import BEGUN, Mailbox, train_remotely
from fairlab.runs.reasons import SMALLER, over_time
from fairlab.runs.shares import Together

logger = logging.getLogger(__name__)

RETRIES = 2  # of a part whose node or process is lost
PAUSE = 0.1  # seconds between looks at messages and limits
GRACE = 8.0  # seconds a part has to give what it has when asked to stop
KNOCK = 5.0  # seconds a cluster has to answer at all
NAMESPACE = "fairlab"


class RayExecutor:
    """A Ray cluster.

    Args:
        address: ``host:port`` of its head, ``ray://host:port`` or ``auto``.

    Raises:
        InputError: If it does not answer, or has other versions, with what to do.
    """

    def __init__(self, address: str) -> None:
        self._closed = threading.Event()
        if not ray.is_initialized():
            _connect(address)

    def train(
        self,
        config: RunConfig,
        parts: Sequence[Part],
        on_progress: Listener,
        should_stop: Callable[[], bool],
        limits: Limits,
    ) -> Iterator[tuple[Part, SweepResult]]:
        """See :meth:`fairlab.runs.executors.Executor.train`."""
        if not parts:
            return
        call = _Call(config, parts, on_progress, limits)
        try:
            while call.unfinished and not self._closed.is_set():
                if should_stop():
                    call.stop()
                call.look_at_time()
                yield from call.heard()
        finally:
            call.end()

    def close(self) -> None:
        """End what is under way; the connection ends with this process."""
        self._closed.set()


class _Call:
    """The parts of one run on the cluster."""

    def __init__(
        self, config: RunConfig, parts: Sequence[Part], on_progress: Listener, limits: Limits
    ) -> None:
        device = config.sweep.device
        _refuse_without(device, parts[0].name)
        try:
            table = open_task(config, parts[0].path)
        except FairlabError as error:
            raise PartFailed(str(error), parts[0].name) from error
        self._mailbox = ray.remote(Mailbox).options(**_beside_us()).remote()
        memory = limits.memory_mb * 2**20 if limits.memory_mb else None
        asked = {"num_cpus": 1, "max_retries": RETRIES, "name": "fairlab part"}
        if device == "cuda":
            asked["num_gpus"] = 1
        if memory is not None:
            asked["memory"] = memory
        task = ray.remote(train_remotely).options(**asked)
        shared = ray.put(table)
        text, code = config.model_dump_json(), code_version()
        self._under_way: dict[Any, Part] = {
            task.remote(text, part, shared, self._mailbox, code, memory): part for part in parts
        }
        self._parts = {part.name: part for part in parts}
        self._together = Together(parts, on_progress)
        self._limits = limits
        self._began = time.monotonic()
        self._asked: float | None = None
        self._begun: set[str] = set()

    @property
    def unfinished(self) -> bool:
        """Whether anything is under way."""
        return bool(self._under_way)

    def stop(self) -> None:
        """Let nothing begin; ask what has begun for what it has, and kill what is late."""
        if self._asked is None:
            self._asked = time.monotonic()
            self._listen()
            with contextlib.suppress(ray.exceptions.RayError):
                ray.get(self._mailbox.stop.remote())
        late = time.monotonic() - self._asked > GRACE
        for task, part in list(self._under_way.items()):
            if late or part.name not in self._begun:
                self._cancel(task)

    def heard(self) -> Iterator[tuple[Part, SweepResult]]:
        """Wait a moment; the parts that came to an end."""
        ready, _ = ray.wait(list(self._under_way), num_returns=1, timeout=PAUSE)
        self._listen()
        for task in ready:
            part = self._under_way.pop(task)
            message = self._fetched(task, part)
            if message is None:
                continue
            if message[:1] == FAILURE:
                failure = read_failure(message[1:])
                if failure.trace:
                    logger.error("Part %s failed: %s.", Public(part.name), Public(failure.trace))
                raise PartFailed(failure.sentence, part.name)
            self._together.finished(part)
            yield part, decode(message[1:])

    def look_at_time(self) -> None:
        """Raises PartFailed when the run's time is over."""
        used = time.monotonic() - self._began
        if used > self._limits.seconds:
            done = len(self._parts) - len(self._under_way)
            raise PartFailed(over_time(self._limits.seconds, used, done, len(self._parts)))

    def end(self) -> None:
        """Cancel what is under way and let the mailbox go."""
        for task in list(self._under_way):
            self._cancel(task)
        with contextlib.suppress(ray.exceptions.RayError):
            ray.kill(self._mailbox)

    def _listen(self) -> None:
        try:
            messages = ray.get(self._mailbox.take.remote(), timeout=KNOCK)
        except ray.exceptions.RayError:
            return  # points drawn meanwhile are lost; results are not
        for name, message in messages:
            self._begun.add(name)
            if message[:1] == PROGRESS:
                self._together.note(self._parts[name], read_progress(message[1:]))
            else:
                assert message[:1] == BEGUN
                logger.info("Part %s begins on node %s.", Public(name), message[1:].decode())

    def _fetched(self, task: Any, part: Part) -> bytes | None:
        """The message of a task; None if it was cancelled."""
        try:
            return bytes(ray.get(task))
        except ray.exceptions.TaskCancelledError:
            return None
        except ray.exceptions.RayError as error:
            logger.warning("Part %s on the cluster: %s", Public(part.name), error)
            if self._asked is not None:
                return None
            raise PartFailed(_sentence(error), part.name) from error

    def _cancel(self, task: Any) -> None:
        with contextlib.suppress(ray.exceptions.RayError, ValueError):
            ray.cancel(task, force=True, recursive=False)
        self._under_way.pop(task, None)


def _connect(address: str) -> None:
    _knock(address)
    before = _handlers()
    try:
        ray.init(
            address=address,
            namespace=NAMESPACE,
            log_to_driver=False,
            logging_level=logging.ERROR,
            configure_logging=False,
        )
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise InputError(_refusal(address, error)) from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _knock(address: str) -> None:
    """Ask the port at all: Ray itself takes minutes to give up."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), timeout=KNOCK).close()
    except OSError as error:
        raise InputError(_refusal(address, error)) from error


def _refusal(address: str, error: Exception) -> str:
    text = str(error)
    if "version mismatch" in text.lower():
        said = " ".join(text.split())[:300]
        return (
            f"The Ray cluster at {address} has other versions of Ray or Python than this process "
            f"({said}). Install the same on both, or unset FAIRLAB_RAY_ADDRESS to train here."
        )
    return (
        f"The Ray cluster at {address} cannot be reached ({type(error).__name__}). Start it with "
        "'ray start --head', correct FAIRLAB_RAY_ADDRESS, or unset it to train on this machine."
    )


def _handlers() -> dict[int, Any]:
    """Signal handlers that Ray must not replace; {} outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    return {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}


def _refuse_without(device: str, part: str) -> None:
    """A task whose node does not exist would wait for ever."""
    name = {"cpu": "CPU", "cuda": "GPU"}[device]
    if ray.cluster_resources().get(name, 0) < 1:
        raise PartFailed(
            f"The Ray cluster has no {name} to train on. Add a node that has one, or choose "
            "another device.",
            part,
        )


def _beside_us() -> dict[str, Any]:
    """The mailbox lives where this process does, and takes no core from training."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = ray.get_runtime_context().get_node_id()
    strategy = NodeAffinitySchedulingStrategy(here, soft=True)
    return {"num_cpus": 0, "max_restarts": -1, "scheduling_strategy": strategy}


def _sentence(error: Exception) -> str:
    """Why Ray gave a part up, for the owner of the run."""
    if isinstance(error, ray.exceptions.OutOfMemoryError):
        return (
            "A node of the Ray cluster ran out of memory, and Ray ended the training process. "
            f"{SMALLER}; or add memory to the nodes."
        )
    if isinstance(error, ray.exceptions.WorkerCrashedError | ray.exceptions.NodeDiedError):
        return (
            f"The training process was lost {RETRIES + 1} times, with its node or by itself. "
            "Train again; if it happens again, look at the nodes of the Ray cluster."
        )
    if "ModuleNotFoundError" in str(error) or "No module named" in str(error):
        return (
            "A node of the Ray cluster has no fairlab. Install the same version on every node and "
            "train again."
        )
    return (
        f"The Ray cluster could not train a part ({type(error).__name__}). Train again; if it "
        "happens again, look at the cluster, or unset FAIRLAB_RAY_ADDRESS to train here."
    )
