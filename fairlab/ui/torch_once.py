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

        import fairlab.projection.policies  # noqa: F401

        torch.set_num_threads(1)
        gc.collect()
        gc.freeze()
        _ready = True


def is_loaded() -> bool:
    """Whether torch is there already."""
    return _ready
