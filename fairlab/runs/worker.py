"""The training process: takes queued runs one by one, trains them, stores what they give.

One worker per home (a file lock); torch is imported once, before the first run arrives. It
stops on SIGTERM or SIGINT by giving its run back to the queue. When the server that started it
is killed, it finishes the run it has and ends: nothing half done is thrown away, and no process
stays behind. Runs still queued then wait for the next server.
"""

import errno
import functools
import logging
import logging.handlers
import os
import platform
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout
from sqlalchemy.exc import SQLAlchemyError

from fairlab.config import Grouping, RunConfig, SplitConfig, SweepConfig
from fairlab.errors import FairlabError
from fairlab.home import home
from fairlab.results import Progress, SweepResult
from fairlab.runs.records import LeaseLostError, RunRecord
from fairlab.runs.store import RunStore

if TYPE_CHECKING:
    from fairlab.data import PreparedData

logger = logging.getLogger(__name__)

IDLE_PAUSE = 0.05  # seconds between looks at an empty queue
CANCEL_PAUSE = 0.2  # seconds between looks at a run's cancel flag
BEAT = 2.0  # seconds between signs of life
LOG_NAME = "worker.log"

Train = Callable[[RunConfig, Callable[[Progress], None], Callable[[], bool]], SweepResult]


class Worker:
    """Claims and trains runs until told to stop.

    Args:
        store: Where runs come from.
        train: Trains one configuration; default :func:`train_config`. Replaced in tests.
        worker_id: Name in the store; default made of host and process id.
        abandoned: Says whether the process that started this one is gone.
    """

    def __init__(
        self,
        store: RunStore,
        train: Train | None = None,
        worker_id: str | None = None,
        abandoned: Callable[[], bool] = lambda: False,
    ) -> None:
        self.store = store
        self.id = f"{platform.node()}:{os.getpid()}" if worker_id is None else worker_id
        self._train = train_config if train is None else train
        self._abandoned = abandoned
        self._stopping = threading.Event()
        self._lost = threading.Event()
        self._current: RunRecord | None = None
        self._over = threading.Event()

    def stop(self) -> None:
        """Give the current run back at its next epoch and leave the loop."""
        self._stopping.set()

    def run(self) -> None:
        """Work until :meth:`stop`, or until abandoned and idle."""
        beat = threading.Thread(target=self._keep_beating, name="heartbeat", daemon=True)
        beat.start()
        try:
            while not self._stopping.is_set() and not self._abandoned():
                if not self._work_once():
                    self._stopping.wait(IDLE_PAUSE)
        finally:
            self._over.set()
            beat.join()
            self._quietly(lambda: self.store.announce(self.id, "gone"))

    def run_until_empty(self) -> int:
        """Work until nothing waits; the number of runs worked on. For tests and scripts."""
        worked = 0
        while not self._stopping.is_set() and self._work_once():
            worked += 1
        return worked

    def _work_once(self) -> bool:
        """Claim and train one run; False when none waits or the store does not answer."""
        try:
            record = self.store.claim(self.id)
        except (SQLAlchemyError, OSError):
            logger.exception("The run store does not answer; trying again.")
            self._stopping.wait(1.0)
            return False
        if record is None:
            return False
        self._lost.clear()
        self._current = record
        try:
            self._train_one(record)
        finally:
            self._current = None
        return True

    def _train_one(self, record: RunRecord) -> None:
        run_id = record.id
        logger.info("Run %s: attempt %d.", run_id, record.attempt)
        try:
            result = self._train(
                record.config,
                lambda progress: self._note(run_id, progress),
                self._should_stop(run_id),
            )
            if self._stopping.is_set() and not self.store.cancel_requested(run_id):
                self.store.release(run_id, self.id)
                return
            self.store.finish(run_id, result, self.id)
        except LeaseLostError as error:
            logger.warning("%s", error)
        except Exception as error:  # whatever happens to one run, the worker goes on
            logger.exception("Run %s failed.", run_id)
            message = explain(error)
            self._quietly(lambda: self.store.fail(run_id, message, self.id))

    def _note(self, run_id: str, progress: Progress) -> None:
        self.store.append_progress(run_id, progress, self.id)

    def _should_stop(self, run_id: str) -> Callable[[], bool]:
        looked = -CANCEL_PAUSE
        cancelled = False

        def should_stop() -> bool:
            nonlocal looked, cancelled
            if self._stopping.is_set() or self._lost.is_set():
                return True
            now = time.monotonic()
            if not cancelled and now - looked >= CANCEL_PAUSE:
                looked = now
                cancelled = self.store.cancel_requested(run_id)
            return cancelled

        return should_stop

    def _keep_beating(self) -> None:
        while not self._over.is_set():
            self._quietly(self._beat)
            self._over.wait(BEAT)

    def _beat(self) -> None:
        current = self._current
        self.store.announce(self.id, "ready" if current is None else "busy")
        if current is None:
            return
        try:
            self.store.heartbeat(current.id, self.id)
        except LeaseLostError:
            if self._current is current:
                self._lost.set()

    def _quietly(self, act: Callable[[], None]) -> None:
        """Do something whose failure must not end the worker; the log keeps the reason."""
        try:
            act()
        except (LeaseLostError, SQLAlchemyError, OSError):
            logger.exception("The run store could not be written.")


def train_config(
    config: RunConfig, on_progress: Callable[[Progress], None], should_stop: Callable[[], bool]
) -> SweepResult:
    """Open the table of a configuration and train its sweep. Imports torch."""
    from fairlab.training import fit_sweep

    sweep = config.sweep
    if sweep.folds > 1:  # folds split the table themselves
        from fairlab.data import open_task

        return fit_sweep(open_task(config), config, on_progress, should_stop)
    what = config.model_copy(update={"sweep": SweepConfig(), "choice": None})
    split = sweep.split.model_dump_json()
    data = _prepared(what.model_dump_json(), split, sweep.group_by, sweep.grouping)
    return fit_sweep(data, config, on_progress, should_stop)


@functools.lru_cache(maxsize=2)
def _prepared(
    what: str, split: str, group_by: tuple[str, ...], grouping: Grouping
) -> "PreparedData":
    """The table of a configuration, split and encoded; kept for the next run on it."""
    from fairlab.data import open_task, prepare

    config = RunConfig.model_validate_json(what)
    shares = SplitConfig.model_validate_json(split)
    return prepare(open_task(config), shares, group_by, grouping)


def explain(error: BaseException) -> str:
    """A sentence for the owner of a run that failed; details stay in the log."""
    if isinstance(error, FairlabError):
        return str(error)
    text = str(error).lower()
    cause = getattr(error, "orig", error)
    if (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or "can't allocate memory" in text
        or "out of memory" in text
    ):
        return (
            "Memory ran out while training. Train fewer strengths or seeds, a smaller model, a "
            "smaller batch or fewer rows."
        )
    if getattr(cause, "errno", None) == errno.ENOSPC or "disk is full" in text:
        return (
            "The disk is full, so points and results could not be stored. Free some space and "
            "train again."
        )
    if getattr(cause, "errno", None) in (errno.EACCES, errno.EROFS, errno.EPERM):
        return (
            f"fairlab may not write to its folder ({home()}). Give it permission, or set "
            "FAIRLAB_HOME to another folder, and train again."
        )
    if "cuda" in text:
        return (
            "Training on the graphics card failed. Choose the device cpu, or check the driver "
            f"(details are in {LOG_NAME})."
        )
    return (
        f"Training stopped on an unexpected error ({type(error).__name__}). The other runs are "
        f"not affected; details are in {home() / LOG_NAME}."
    )


def main(parent: int | None = None, device: str = "cpu") -> None:  # noqa: ARG001
    """Run the worker of this home until it is stopped.

    Args:
        parent: Process id of the server that started it; when that is gone, the worker ends
            after the run it has. None works until stopped.
    """
    folder = home()
    _log_to(folder / LOG_NAME)
    if hasattr(os, "nice"):
        os.nice(10)

    def abandoned() -> bool:
        return parent is not None and os.getppid() != parent

    stopped = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()
        if worker is not None:
            worker.stop()

    worker: Worker | None = None
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)
    warm_up()
    lock = FileLock(folder / "worker.lock")
    while not stopped.is_set() and not abandoned():
        try:
            lock.acquire(timeout=0)
        except Timeout:
            stopped.wait(0.2)  # another worker still finishes the run of a server that died
            continue
        with lock:
            store = RunStore(folder)
            worker = Worker(store, abandoned=abandoned)
            if store.requeue_lost():
                logger.warning("Runs of a training process that died are queued again.")
            if stopped.is_set():
                worker.stop()
            worker.run()
            store.close()
        break
    if parent is not None:
        # All is stored and released; taking torch down in order would cost the server a second.
        logging.shutdown()
        os._exit(0)


def warm_up() -> None:
    """Import all that training needs and train one epoch, so that the first run starts at once."""
    try:
        from fairlab.data import load

        table = load("loanapp")
        sweep = {
            "epochs": 1,
            "modes": ("penalty", "adversarial", "layer"),
            "penalty": {"strengths": (0.0, 1.0)},
            "adversarial": {"strengths": (0.0, 1.0)},
            "layer": {"slacks": (1.0, 0.1)},
            "baselines": ("logistic", "boosting"),
        }
        config = RunConfig.model_validate({"data": table.data, "task": table.task, "sweep": sweep})
        train_config(config, lambda _progress: None, lambda: False)
    except Exception:  # a warm start is a kindness, never a reason not to work
        logger.exception("The warm start failed; training works all the same.")


def _log_to(path: Path) -> None:
    handler = logging.handlers.RotatingFileHandler(
        path, maxBytes=1_000_000, backupCount=2, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
