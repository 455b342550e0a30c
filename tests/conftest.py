"""Fixtures for every test: a data folder of its own, so no test sees a person's runs."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# Set before anything imports fairlab; a worker or server started by a test inherits it.
_HOME = tempfile.mkdtemp(prefix="fairlab-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ["FAIRLAB_HOME"] = _HOME
# Small models: one thread is as fast, and does not stall when the machine is busy.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis  # noqa: E402
import pytest  # noqa: E402

from fairlab.settings import settings  # noqa: E402

# How long an example takes says how busy the machine is; speed is measured in benchmarks/.
hypothesis.settings.register_profile("fairlab", deadline=None)
hypothesis.settings.load_profile("fairlab")


@pytest.fixture(autouse=True)
def fairlab_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder for each test."""
    home = tmp_path / "fairlab-home"
    home.mkdir()
    monkeypatch.setenv("FAIRLAB_HOME", str(home))
    settings.cache_clear()
    return home
