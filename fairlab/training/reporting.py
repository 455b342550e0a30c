"""How far a sweep is: told after every epoch, for all models of a mode at once."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from fairlab.config import Mode, SweepConfig
from fairlab.duration import Nominal, baseline_seconds
from fairlab.outcomes import FloatArray
from fairlab.results import Progress
from fairlab.training.baselines import Trained
from fairlab.training.chunks import Chunk
from fairlab.training.evaluate import accuracy_of, gap_of
from fairlab.training.loop import Epoch
from fairlab.training.people import Crowd, counts, groups_compared

Listener = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Clock:
    """When a sweep began, and which share of it a mode is."""

    started: float
    position: int
    modes: int
    whole: Nominal

    def seconds(self) -> float:
        """Since the sweep began."""
        return time.perf_counter() - self.started

    def share(self, done: float) -> float:
        """Of the whole sweep, when this share of the mode is done."""
        families = (self.position + done) / self.modes
        return self.whole.search_share + self.whole.family_share * families


class ModeReport:
    """Tells of a mode, whose models may be trained in several chunks.

    Every :class:`Progress` has all models of the mode, in their final order: those of a chunk
    not begun are NaN, those of a finished one stay as they last were. Epochs are counted over all
    chunks together, so that they only go up.
    """

    def __init__(
        self,
        mode: Mode,
        sweep: SweepConfig,
        crowd: Crowd,
        chunks: Sequence[Chunk],
        clock: Clock,
        listener: Listener | None,
    ) -> None:
        self.mode, self.sweep, self.crowd = mode, sweep, crowd
        self.chunks, self.clock, self.listener = chunks, clock, listener
        strengths = sweep.grid(mode)
        self.strength = np.tile(np.array(strengths), len(sweep.seeds))
        self.seed = np.repeat(np.array(sweep.seeds, dtype=np.int64), len(strengths))
        self.accuracy = self._pending()
        self.gap = self._pending()
        self.losses: dict[str, FloatArray] = {}

    def tell(self, chunk: int, epoch: Epoch) -> None:
        """One more epoch of a chunk."""
        if self.listener is None:
            return
        sweep, crowd = self.sweep, self.crowd
        table = counts(
            epoch.verdict.score, crowd.splits["validation"], crowd.group_names, sweep.threshold
        )
        where = np.array(self.chunks[chunk].models, dtype=np.int64)
        self.accuracy[where] = accuracy_of(table)
        self.gap[where] = gap_of(sweep.constraint, table, crowd.compared_names)
        for name, value in epoch.losses.items():
            self.losses.setdefault(name, self._pending())[where] = value.cpu().numpy()
        before = sum(len(one.models) for one in self.chunks[:chunk])
        done = before + len(where) * epoch.number / sweep.epochs
        self.listener(
            Progress(
                mode=self.mode,
                epoch=chunk * sweep.epochs + epoch.number,
                epochs=len(self.chunks) * sweep.epochs,
                strength=self.strength,
                seed=self.seed,
                accuracy=self.accuracy.copy(),
                gap=self.gap.copy(),
                losses={name: value.copy() for name, value in self.losses.items()},
                seconds=self.clock.seconds(),
                share_done=self.clock.share(done / len(self.strength)),
            )
        )

    def _pending(self) -> FloatArray:
        return np.full(len(self.strength), np.nan)


def baseline_report(
    sweep: SweepConfig,
    crowd: Crowd,
    whole: Nominal,
    started: float,
    listener: Listener | None,
) -> Callable[[list[Trained], float], None]:
    """Tells of all baselines trained so far after each."""
    people, groups = crowd.splits["train"].n, sum(groups_compared(crowd))

    def report(done: list[Trained], finished: float) -> None:
        if listener is None:
            return
        points = [one.point for one in done]
        spent = sum(
            min(1.0, max(0.0, finished - place)) * baseline_seconds(name, sweep, people, groups)
            for place, name in enumerate(sweep.baselines)
        )
        listener(
            Progress(
                mode="baseline",
                epoch=math.ceil(finished),
                epochs=len(sweep.baselines),
                strength=np.array([0.0 if p.slack is None else p.slack for p in points]),
                seed=np.array([p.seed for p in points]),
                accuracy=np.array([one.accuracy for one in done]),
                gap=np.array([one.gap for one in done]),
                losses={},
                seconds=time.perf_counter() - started,
                share_done=min(1.0, 1 - (whole.baselines - spent) / whole.total),
                methods=tuple(p.family for p in points),
            )
        )

    return report
