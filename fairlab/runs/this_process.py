"""Trains parts in this process, one after the other: where there is one core, or one part."""

import time
from collections.abc import Callable, Iterator, Sequence

from fairlab.config import RunConfig
from fairlab.errors import FairlabError
from fairlab.results import SweepResult
from fairlab.runs.executors import Limits, Listener, PartFailed
from fairlab.runs.parts import Part, train_part
from fairlab.runs.reasons import over_time
from fairlab.runs.shares import Together


class ThisProcess:
    """Trains here, on one thread; limits on memory are the caller's."""

    def train(
        self,
        config: RunConfig,
        parts: Sequence[Part],
        on_progress: Listener,
        should_stop: Callable[[], bool],
        limits: Limits,
    ) -> Iterator[tuple[Part, SweepResult]]:
        """See :meth:`fairlab.runs.executors.Executor.train`. Imports torch."""
        import torch
        from threadpoolctl import threadpool_limits

        began = time.monotonic()
        together = Together(parts, on_progress)

        def stop() -> bool:
            return should_stop() or time.monotonic() - began > limits.seconds

        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            for number, part in enumerate(parts):
                if should_stop():
                    return
                try:
                    with threadpool_limits(1):
                        result = train_part(config, part, together.teller(part), stop)
                except FairlabError as error:
                    raise PartFailed(str(error), part.name) from error
                used = time.monotonic() - began
                if used > limits.seconds:
                    sentence = over_time(limits.seconds, used, number, len(parts))
                    raise PartFailed(sentence, part.name)
                together.finished(part)
                yield part, result
        finally:
            torch.set_num_threads(threads)

    def close(self) -> None:
        """Nothing is held."""
