"""Executors that train nothing: what a worker does with parts, without processes."""

from collections.abc import Callable, Iterator, Sequence

from fairlab.config import RunConfig
from fairlab.results import Progress, SweepResult
from fairlab.runs.executors import Limits
from fairlab.runs.parts import Part
from tests.contracts import small

Note = Callable[[Progress], None]
Stop = Callable[[], bool]
Train = Callable[[RunConfig, Part, Note, Stop], SweepResult]


class Here:
    """Trains one part after the other in the thread that asks."""

    def __init__(self, train: Train) -> None:
        self._train = train
        self.trained: list[str] = []
        self.limits: list[Limits] = []
        self.closed = False

    def train(
        self,
        config: RunConfig,
        parts: Sequence[Part],
        on_progress: Note,
        should_stop: Stop,
        limits: Limits,
    ) -> Iterator[tuple[Part, SweepResult]]:
        self.limits.append(limits)
        for part in parts:
            if should_stop():
                return
            self.trained.append(part.name)
            yield part, self._train(config, part, on_progress, should_stop)

    def close(self) -> None:
        self.closed = True


def quick(_config: RunConfig, _part: Part, note: Note, _stop: Stop) -> SweepResult:
    """One epoch, done."""
    note(small.progress())
    return small.result()
