"""Torch in the server: imported once, by the one page that needs it, when it first does."""

import gc
import threading

_LOCK = threading.Lock()
_ready = False


def load_torch() -> None:
    """Import torch and the fairness layer, if that has not happened yet. Any thread may call it.

    Two visitors who come at once must not import at the same time: the second would see half a
    module. One thread is enough for a stream, and leaves the other cores to training. What was
    loaded is left out of garbage collection, which would otherwise walk it each time.
    """
    global _ready
    with _LOCK:
        if _ready:
            return
        import torch

        from fairlab.projection import FrozenRule, project

        torch.set_num_threads(1)
        # The first projection makes torch import more of itself; better here than in two threads.
        people = torch.tensor([0.0, 1.0], dtype=torch.float64), torch.tensor([0, 1])
        project(*people, 0.5)
        FrozenRule.fit(*people, 0.5)
        gc.collect()
        gc.freeze()
        _ready = True


def is_loaded() -> bool:
    """Whether torch is there already."""
    return _ready
