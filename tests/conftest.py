"""Fixtures for every test: a data folder of its own, so no test sees a person's runs."""

import atexit
import gc
import os
import shutil
import tempfile
from pathlib import Path

# Set before anything imports fairlab; a worker or server started by a test inherits it.
_HOME = tempfile.mkdtemp(prefix="fairlab-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ["FAIRLAB_HOME"] = _HOME
# What is imported and collected stays until the end. Looking for garbage among it costs seconds
# while tests are collected, and again with each later look; pytest_collection_finish ends this.
gc.disable()
# Small models: one thread is as fast, and does not stall when the machine is busy.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import functools  # noqa: E402

import hypothesis  # noqa: E402
import pytest  # noqa: E402
from scipy.optimize._highspy import _highs_options, _highs_wrapper  # noqa: E402

from fairlab.settings import settings  # noqa: E402

# How long an example takes says how busy the machine is; speed is measured in benchmarks/.
hypothesis.settings.register_profile("fairlab", deadline=None)
hypothesis.settings.load_profile("fairlab")

# SciPy makes a table of all options of HiGHS, and looks a value up in it, for each of eight options
# of each linear programme: as long as the small programmes of the tests take to be solved.
_highs_options.HighsOptionsManager = functools.cache(_highs_options.HighsOptionsManager)
_check_option, _CHECKED = _highs_wrapper.check_option, {}


def _check_option_once(highs, option, value):  # type: ignore[no-untyped-def]
    key = (option, type(value), value)
    if key not in _CHECKED:
        _CHECKED[key] = _check_option(highs, option, value)
    return _CHECKED[key]


_highs_wrapper.check_option = _check_option_once


def pytest_collection_finish() -> None:
    """From here on garbage is looked for, among what tests make and nowhere else.

    And less often than for 700 new objects: Hypothesis is told each time, and writes it down.
    """
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    gc.enable()


@pytest.fixture(autouse=True)
def fairlab_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder for each test."""
    home = tmp_path / "fairlab-home"
    home.mkdir()
    monkeypatch.setenv("FAIRLAB_HOME", str(home))
    settings.cache_clear()
    return home
