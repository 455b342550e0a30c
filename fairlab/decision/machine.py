"""What of this machine, and of its libraries, matters for the bytes of a result."""

import platform
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

import numpy as np

import fairlab
from fairlab.config import RunConfig
from fairlab.decision.parts import Machine, Tolerance
from fairlab.runs.identity import code_digest

# Libraries that compute a number of a result.
LIBRARIES = ("torch", "numpy", "scipy", "scikit-learn", "pandas", "pyarrow", "fairlearn")
# Measured; see docs/decisions/0035-decision-records.md.
TOLERANCE = Tolerance(
    share=0.01,
    people=3.0,
    because=(
        "Another processor, graphics card, number of threads or of models at once, or other "
        "versions of libraries round sums otherwise, and training amplifies rounding: scores move "
        "a little, and people close to a threshold may be decided otherwise. Data, split, roles "
        "and numbers of people may not differ at all."
    ),
)


def versions() -> dict[str, str]:
    """Versions by name: fairlab, its code that computes, Python, libraries."""
    found = {
        "fairlab": fairlab.__version__,
        "fairlab code": code_digest()[:16],
        "python": platform.python_version(),
    }
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def machine(config: RunConfig, models_at_once: int | None = None) -> Machine:
    """This machine, as one that trains a run.

    Args:
        config: The run.
        models_at_once: If it was set by hand.
    """
    device = config.sweep.device
    return Machine(
        device=device,
        processor=_processor(),
        architecture=" ".join((platform.machine(), *_extensions())),
        system=platform.system(),
        models_at_once=models_at_once,
        accelerator=_accelerator() if device == "cuda" else None,
    )


@cache
def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n"):
            if line.startswith("model name"):
                return line.partition(":")[2].strip()[:200]
    except OSError:
        pass
    return platform.processor()[:200]


@cache
def _extensions() -> tuple[str, ...]:
    """Those of the processor that NumPy found."""
    try:
        found = np.show_config(mode="dicts")
        return tuple(str(name) for name in found["SIMD Extensions"]["found"])
    except (KeyError, TypeError):
        return ()


def _accelerator() -> str | None:
    """Its name where torch has been imported already; it is not imported for that."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return None
    return str(torch.cuda.get_device_name())[:200]
