"""Pages as Streamlit runs them, without a browser: always through app.py."""

import functools
import inspect
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import joblib
import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from fairlab.config import MODES, LayerParams, PenaltyParams, RunConfig, SweepConfig
from fairlab.config import AdversarialParams as Adversarial
from fairlab.data import load
from fairlab.results import SweepResult
from fairlab.training import fit_sweep
from fairlab.ui.owner import owner_of_token
from tests.stored import stored_run

# Every page that is opened looks through all installed packages for components, for half a second
# or more. What is installed does not change while tests run.
manifest_scanner.scan_component_manifests = functools.cache(
    manifest_scanner.scan_component_manifests
)

# The Data page fits boosted trees to see what features together tell about groups: a second that
# each test of it would pay for the same tables.
_proxies = sys.modules["fairlab.data.proxies"]  # the package has a function of that name
_together, _TOGETHER = _proxies._together, {}


def _together_once(*what):  # type: ignore[no-untyped-def]
    key = joblib.hash(what)
    if key not in _TOGETHER:
        _TOGETHER[key] = _together(*what)
    return _TOGETHER[key]


_proxies._together = _together_once

APP = Path(__file__).parents[2] / "app.py"
# The visitor whom ``open_page`` brings, and another; both without a cookie, as AppTest has none.
TOKEN, OTHER_TOKEN = "0" * 31 + "1", "0" * 31 + "2"
OWNER, OTHER = owner_of_token(TOKEN), owner_of_token(OTHER_TOKEN)
SMALL = SweepConfig(
    modes=MODES,
    penalty=PenaltyParams(strengths=(0.0, 1.0, 3.0)),
    adversarial=Adversarial(strengths=(0.0, 1.0)),
    layer=LayerParams(slacks=(1.0, 0.05, 0.0)),
    model={"kind": "logistic"},  # type: ignore[arg-type] # pydantic reads the mapping
    learning_rate=0.005,  # three epochs at this rate tell nothing, which a test needs
    epochs=3,
)


@pytest.fixture(autouse=True, scope="module")
def fresh_caches() -> None:
    """Each file meets a server that has worked nothing out yet."""
    st.cache_data.clear()


@pytest.fixture(autouse=True)
def fresh_server(fairlab_home: Path, request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test meets an empty store; what was worked out for the same people before is kept.

    Not so where a test changes how things are worked out.
    """
    assert fairlab_home.exists()
    st.cache_resource.clear()
    changes = "monkeypatch" in inspect.signature(request.function).parameters
    if changes:
        st.cache_data.clear()
    yield
    if changes:
        st.cache_data.clear()


@pytest.fixture(scope="session")
def trained() -> tuple[RunConfig, SweepResult]:
    """A small real sweep of all three families on the built-in table, trained once."""
    data = load("loanapp")
    config = RunConfig(data=data.data, task=data.task, sweep=SMALL)
    return config, fit_sweep(data, config)


@pytest.fixture(scope="session")
def stored_home(
    tmp_path_factory: pytest.TempPathFactory, trained: tuple[RunConfig, SweepResult]
) -> tuple[Path, str]:
    """A data folder with a finished run of the visitor, to copy; and the run's id."""
    home = tmp_path_factory.mktemp("stored-home")
    return home, stored_run(home, *trained, OWNER)


@pytest.fixture
def finished_run(
    fairlab_home: Path,
    stored_home: tuple[Path, str],
    trained: tuple[RunConfig, SweepResult],
) -> str:
    """Id of a finished run of the visitor in this test's store; mostly the same in every test."""
    if any(fairlab_home.iterdir()):  # another fixture has put something there
        return stored_run(fairlab_home, *trained, OWNER)
    shutil.copytree(stored_home[0], fairlab_home, dirs_exist_ok=True)
    return stored_home[1]


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    """Opens a page through app.py: ``open_page("audit", run=..., chosen=[3, 0], token=...)``."""

    def open_it(
        name: str,
        run: str | None = None,
        chosen: tuple[int, ...] = (),
        token: str = TOKEN,
        **address: str,
    ) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.session_state["fairlab.owner_token"] = token
        for key, value in address.items():
            app.query_params[key] = value
        if run is not None:
            app.query_params["run"] = run
        if chosen:
            app.query_params["chosen"] = ",".join(f"{run}:{index}@0.5" for index in chosen)
        if name != "home":  # opened by its address: Home is not drawn first
            app.switch_page(f"pages/{name}.py")
        app.run()
        assert not app.exception, [error.message for error in app.exception]
        return app

    return open_it
