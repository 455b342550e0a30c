"""One run in a worker's hands: what is missing is trained, what is finished is kept.

A run ends in one of five ways: done, failed with a sentence, cancelled, given back to the queue,
or lost to another worker. Whatever the store answers meanwhile, nothing that is finished is
dropped: what cannot be written is tried again for as long as the run is this worker's.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from fairlab.errors import FairlabError
from fairlab.results import Progress, SweepResult
from fairlab.runs.executors import Executor, Limits
from fairlab.runs.parts import BASELINES, Part, merge, parts_of
from fairlab.runs.reasons import disk_is_full, explain, over_time
from fairlab.runs.records import LeaseLostError, RunRecord
from fairlab.runs.stopping import CANCEL_PATIENCE
from fairlab.runs.store import RunStore
from fairlab.runs.store_errors import StoreError

logger = logging.getLogger(__name__)

CANCEL_PAUSE = 0.2  # seconds between looks at a run's cancel flag
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds between tries of a store that does not answer
FULL_PATIENCE = 10.0  # seconds a full disk is given until the run fails for it
NOT_ANSWERING = (StoreError, SQLAlchemyError, OSError)

Given = TypeVar("Given")


class Why(Enum):
    """Why training should stop before its end."""

    DRAINING = "the worker ends"
    LOST = "another worker has the run"
    CANCELLED = "nobody waits for it"


class Drive:
    """A run that a worker has. :meth:`go` takes it to its end, in a thread of its own.

    Args:
        store: Where the run is recorded.
        executor: Trains parts.
        record: The run, as claimed.
        worker_id: Who claimed it.
        limits: What it may take. The executor holds it to them.
        clock: Seconds, replaced in tests.
    """

    def __init__(
        self,
        store: RunStore,
        executor: Executor,
        record: RunRecord,
        worker_id: str,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.record = record
        self._store = store
        self._executor = executor
        self._worker = worker_id
        self._limits = limits
        self._clock = clock
        self._began = clock()
        self._why: Why | None = None
        self._since = 0.0
        self._looked = -CANCEL_PAUSE
        self._wake = threading.Event()  # set when there is no point in trying a store again
        self._parts: tuple[Part, ...] = ()
        self._finished: dict[str, SweepResult] = {}
        self._trained = False
        self._told = False  # that the store does not answer

    # From outside

    def drain(self) -> None:
        """Stop, keep what is finished, and give the run back to the queue."""
        self._end(Why.DRAINING)
        self._wake.set()

    def lose(self) -> None:
        """Stop, and write nothing any more: the run is another worker's."""
        self._why = Why.LOST
        self._wake.set()

    @property
    def overdue(self) -> bool:
        """Whether the executor has not come back for long although it should have."""
        if self._trained:
            return False
        now = self._clock()
        if self._why is None:
            return now - self._began > self._limits.seconds + CANCEL_PATIENCE
        return now - self._since > CANCEL_PATIENCE

    def give_up(self) -> None:
        """End the run without the parts that do not answer; its thread writes nothing more."""
        why = self._why
        self.lose()
        run_id = self.record.id
        if why is None:
            used = self._clock() - self._began
            sentence = over_time(self._limits.seconds, used, len(self._finished), len(self._parts))
            self._store.fail(run_id, sentence, self._worker)
        elif why is Why.DRAINING:
            self._store.release(run_id, self._worker)
        elif why is Why.CANCELLED:
            self._store.finish(run_id, self._what_there_is(), self._worker)

    # The run

    def go(self) -> None:
        """Train what is missing and end the run. Raises nothing; the log has what happened."""
        run_id = self.record.id
        try:
            self._train()
            self._trained = True
            if self._why is Why.LOST:
                return
            if self._complete or self._why in (None, Why.CANCELLED):
                self._finish()
            else:
                self._persist(lambda: self._store.release(run_id, self._worker))
        except LeaseLostError as error:
            logger.warning("A run was taken by another worker.", exc_info=error)
        except Exception as error:  # whatever happens to one run, the worker goes on
            self._trained = True
            logger.exception("Run %s failed.", run_id)
            if self._why not in (Why.LOST, Why.DRAINING):  # else the next worker takes it up again
                self._fail(explain(error))

    def _train(self) -> None:
        config, run_id = self.record.config, self.record.id
        self._parts = parts_of(config)
        self._finished = dict(self._persist(lambda: self._store.parts(run_id)))
        missing = [part for part in self._parts if part.name not in self._finished]
        counts = (self.record.attempt, len(missing), len(self._parts))
        logger.info("Run %s: attempt %d, %d of %d parts to train.", run_id, *counts)
        if not missing:
            return
        note = self._rescaled(missing)
        trained = self._executor.train(config, missing, note, self._should_stop, self._limits)
        for part, result in trained:
            if self._why is Why.LOST:
                return
            self._finished[part.name] = result
            if not result.cancelled:
                self._keep(part.name, result)

    def _keep(self, name: str, result: SweepResult) -> None:
        """Store a finished part. If that fails it stays here, and is merged all the same."""
        try:
            self._store.save_part(self.record.id, name, result, self._worker)
        except LeaseLostError:
            self.lose()
        except NOT_ANSWERING as error:
            self._tell(error)

    def _finish(self) -> None:
        """Store the result; a disk that stays full ends the run with the reason."""
        run_id, since = self.record.id, self._clock()
        result = self._what_there_is()

        def too_long(error: Exception) -> bool:
            return disk_is_full(error) and self._clock() - since > FULL_PATIENCE

        try:
            self._persist(lambda: self._store.finish(run_id, result, self._worker), too_long)
        except NOT_ANSWERING as error:
            if isinstance(error, LeaseLostError):
                raise
            self._fail(explain(error))

    def _what_there_is(self) -> SweepResult:
        """All parts as one result; of a cancelled run, those that began."""
        return merge(self.record.config, self._finished)

    def _fail(self, message: str) -> None:
        try:
            self._persist(lambda: self._store.fail(self.record.id, message, self._worker))
        except (FairlabError, *NOT_ANSWERING) as error:
            logger.warning("Run %s could not be ended.", self.record.id, exc_info=error)

    # Asked while it trains

    def _should_stop(self) -> bool:
        now = self._clock()
        if self._why is None and now - self._looked >= CANCEL_PAUSE:
            self._looked = now
            try:
                if self._store.cancel_requested(self.record.id):
                    self._end(Why.CANCELLED)
            except NOT_ANSWERING as error:
                self._tell(error)
        return self._why is not None

    def _rescaled(self, missing: Sequence[Part]) -> Callable[[Progress], None]:
        """Progress of the parts to train as progress of the run."""
        whole = sum(part.share for part in self._parts)
        kept = 1 - sum(part.share for part in missing) / whole

        def note(progress: Progress) -> None:
            self._note(replace(progress, share_done=kept + (1 - kept) * progress.share_done))

        return note

    def _note(self, progress: Progress) -> None:
        """Store a point. One that cannot be stored is left out: the next epoch draws the same."""
        if self._why is Why.LOST:
            return
        try:
            part = _part_of(progress)
            self._store.append_progress(self.record.id, progress, self._worker, part=part)
        except LeaseLostError:
            self.lose()
        except NOT_ANSWERING as error:
            self._tell(error)

    # Inside

    @property
    def _complete(self) -> bool:
        """Whether every part was trained to its end."""
        done = [name for name, result in self._finished.items() if not result.cancelled]
        return len(self._parts) > 0 and len(done) == len(self._parts)

    def _end(self, why: Why) -> None:
        if self._why is None:
            self._why, self._since = why, self._clock()

    def _tell(self, error: Exception) -> None:
        if not self._told:
            logger.warning("The run store does not answer; it is tried again.", exc_info=error)
        self._told = True

    def _persist(
        self,
        act: Callable[[], Given],
        enough: Callable[[Exception], bool] = lambda _error: False,
    ) -> Given:
        """Do something with the store, again and again while it does not answer.

        Raises:
            LeaseLostError: If the run is another worker's.
            StoreError, OSError: Once ``enough`` says so, or the run is to be let go.
        """
        pause = FIRST_PAUSE
        while True:
            try:
                found = act()
            except LeaseLostError:
                raise
            except NOT_ANSWERING as error:
                self._tell(error)
                if enough(error) or self._wake.wait(pause):
                    raise
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                self._told = False
                return found


def _part_of(progress: Progress) -> str:
    """Name of the part that an epoch belongs to."""
    if progress.folds > 1:
        return f"fold {progress.fold}"
    return BASELINES if progress.mode == "baseline" else progress.mode
