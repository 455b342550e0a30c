"""Imported by the process that training processes are forked from, and by nothing else.

It imports what training needs and trains one epoch of everything, so that a fork of it starts at
once. Forking is safe because this process has one thread: no library may start another here.
"""

import gc
import logging
import os
import signal
import threading

from fairlab.logs import configure

# Ctrl-C is for the process that started this one, also while this one imports.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
# Before numpy and torch are imported: no pools of threads, and no graphics card, whose driver does
# not survive a fork. Parts for a card are trained by fresh processes.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""


def warm_up() -> None:
    """Train one epoch of every mode and two baselines, on one thread."""
    import torch

    from fairlab.config import RunConfig
    from fairlab.data import load
    from fairlab.runs import child  # noqa: F401 (what a fork runs)
    from fairlab.runs.artefacts import encode
    from fairlab.runs.parts import parts_of, train_part

    torch.set_num_threads(1)
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
    for part in parts_of(config):
        encode(train_part(config, part, lambda _progress: None, lambda: False))


configure("training")
try:
    warm_up()
except Exception:  # a warm start is a kindness, never a reason not to work
    logging.getLogger(__name__).exception("The warm start failed; training works all the same.")
if threading.active_count() > 1:
    logging.getLogger(__name__).warning("A library started threads in the process to fork from.")
gc.collect()
gc.freeze()  # so that forks do not copy pages only to look for garbage on them
