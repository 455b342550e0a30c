"""A server, a visitor and a training process at work: what they wrote names nobody and nothing."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlab.config import RunConfig
from fairlab.runs.records import RunState
from fairlab.runs.store import RunStore
from tests.contracts.running import Running

COOKIE = "c00c1e" + "5" * 26
TOKEN = "open-sesame-9137"
PASSWORD = "s3same-9137"
COLUMN, VALUE, FILE = "diagnosis_9137", "maria_9137", "salaries_9137.csv"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "served"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def running(home: Path) -> Iterator[Running]:
    running = Running(home, FAIRLAB_ADMIN_TOKEN=TOKEN)
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()


def failing_run() -> RunConfig:
    """Its table is not here; the sentence about that names the file."""
    return RunConfig.model_validate(
        {
            "data": {"source": "file", "filename": FILE, "rows": 3, "fingerprint": "f" * 64},
            "task": {"label": COLUMN, "favourable": [VALUE], "sensitive": ["sex"]},
            "sweep": {"penalty": {"strengths": [0, 1]}, "epochs": 1},
        }
    )


def test_a_session_leaves_no_personal_data_in_any_log(running: Running) -> None:
    """Ready, used, made to fail, and stopped: the log says so without a name or a token."""
    running.until("/_stcore/health")
    ready = running.until("/api/ready").json()
    assert ready["ready"], ready
    store = RunStore(running.home)
    run_id = store.submit(failing_run(), title=FILE)
    cookie = {"Cookie": f"fairlab={COOKIE}"}
    for path in (
        f"/train?run={run_id}&name={VALUE}",
        f"/api/runs/{run_id}/points",
        f"/api/points?run={run_id}:0:-1:&wait=0",
        f"/api/points?run={VALUE}",
        f"/api/runs/{VALUE}/points?after={COLUMN}",
        f"/admin?token={TOKEN}",
        f"/media/{FILE}",
        f"/_stcore/upload_file/{VALUE}/{FILE}",
    ):
        running.client.get(path, headers=cookie)
    running.client.put(f"/_stcore/upload_file/{VALUE}/{FILE}", content=b"x", headers=cookie)
    deadline = time.monotonic() + 120
    while store.get(run_id).state.active:
        assert time.monotonic() < deadline, running.written()
        time.sleep(0.1)
    assert store.get(run_id).state is RunState.FAILED
    store.close()
    assert running.stop() == 0
    written = running.written()
    assert "Stopping" in written
    assert run_id[:6] in written, "the log can be searched for a run"
    secrets = {run_id, COOKIE, TOKEN, COLUMN, VALUE, FILE, "salaries", "127.0.0.1", "f" * 64}
    assert {secret for secret in secrets if secret in written} == set()
    assert "Traceback" not in written


def test_a_database_that_cannot_be_reached_leaves_its_password_nowhere(home: Path) -> None:
    """The server starts all the same, says that it is not ready, and ends in order."""
    url = f"postgresql://lab:{PASSWORD}@127.0.0.1:1/fairlab"
    running = Running(home, FAIRLAB_DATABASE_URL=url, FAIRLAB_LOG_FORMAT="json")
    try:
        running.until("/_stcore/health")
        answer = running.until("/api/ready", 503)
        assert "fairlab doctor" in answer.text
        assert running.stop() == 0
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()
    assert PASSWORD not in answer.text
    assert PASSWORD not in running.written()
    assert "Traceback" not in running.written()


def test_wrong_settings_keep_the_server_from_starting_and_say_which(home: Path) -> None:
    running = Running(home, FAIRLAB_UPLOAD_MB="lots")
    assert running.process.wait(120) != 0
    assert "FAIRLAB_UPLOAD_MB is 'lots'" in running.written()
