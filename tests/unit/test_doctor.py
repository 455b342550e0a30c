"""``fairlab doctor``: what it finds, and that one broken check does not hide the others."""

import json
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

import pytest

from fairlab.commands import doctor as verb
from fairlab.commands import doctor_checks as checks
from fairlab.commands import doctor_services as services
from fairlab.commands.doctor_findings import Finding, Status
from fairlab.runs.store import RunStore
from fairlab.settings import settings
from tests.contracts import small
from tests.unit.conftest import Run


def only(found: Iterable[Finding]) -> Finding:
    (one,) = found
    return one


@pytest.fixture
def private(fairlab_home: Path) -> Path:
    fairlab_home.chmod(0o700)
    return fairlab_home


def test_the_tested_packages_are_installed() -> None:
    assert only(checks.packages()).status is Status.OK


def test_another_version_and_a_missing_package_are_both_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pins = ["numpy==0.1", "no-such-package==1.0", "pandas", 'x==1 ; python_version < "3"']
    monkeypatch.setattr(checks, "_pins", lambda: pins)
    found = only(checks.packages())
    assert found.status is Status.WRONG
    assert "numpy" in found.found
    assert "instead of ==0.1" in found.found
    assert "no-such-package is missing" in found.found
    assert "pandas" not in found.found


def test_a_build_for_a_processor_counts_as_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch calls itself 2.13.0+cpu or +cu130."""
    monkeypatch.setattr(checks, "_pins", lambda: ["torch==2.13.0"])
    monkeypatch.setattr(checks.metadata, "version", lambda _: "2.13.0+cu130")
    assert only(checks.packages()).status is Status.OK


def test_wrong_and_misspelt_settings_are_all_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLAB_UPLOAD_MB", "lots")
    monkeypatch.setenv("FAIRLAB_OWNER_MB", "-1")
    monkeypatch.setenv("FAIRLAB_ADMIN_TOKNE", "secret-value")
    found = list(checks.settings_valid())
    text = " ".join(one.found for one in found)
    assert "FAIRLAB_UPLOAD_MB" in text
    assert "FAIRLAB_OWNER_MB" in text
    assert "FAIRLAB_ADMIN_TOKNE" in text
    assert "secret-value" not in text
    assert {one.status for one in found} == {Status.NOTE, Status.WRONG}


def test_a_folder_others_can_read_is_wrong(private: Path) -> None:
    assert next(iter(checks.home_folder())).status is Status.OK
    private.chmod(0o755)
    found = only(checks.home_folder())
    assert found.status is Status.WRONG
    assert "chmod 700" in found.remedy


def test_sqlite_on_a_network_drive_is_wrong(private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_file_system", lambda _: "nfs4")
    assert list(checks.home_folder())[-1].status is Status.WRONG
    monkeypatch.setenv("FAIRLAB_DATABASE_URL", "postgresql://db/fairlab")
    settings.cache_clear()
    assert list(checks.home_folder())[-1].status is Status.OK


def test_a_full_disk_is_wrong(private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _: SimpleNamespace(free=10**6))
    found = list(checks.machine())[-1]
    assert found.status is Status.WRONG
    assert "FAIRLAB_FREE_MB" in found.means


def test_looking_makes_no_database(private: Path) -> None:
    assert "first start" in only(services.database()).found
    assert not (private / "runs.sqlite3").exists()


def test_a_database_in_order(private: Path) -> None:
    RunStore().close()
    found = list(services.database())
    assert [one.status for one in found] == [Status.OK, Status.OK]
    assert "takes and gives" in found[0].found


def test_runs_that_wait_for_nobody_are_told(private: Path) -> None:
    store = RunStore()
    store.submit(small.config())
    store.close()
    found = list(services.database())[-1]
    assert found.status is Status.WRONG
    assert "1 wait" in found.found


def test_a_damaged_database_is_told_and_left_alone(private: Path) -> None:
    file = private / "runs.sqlite3"
    file.write_bytes(b"not a database " * 100)
    before = file.read_bytes()
    found = only(services.database())
    assert found.status is Status.WRONG
    assert "damaged" in found.found
    assert file.read_bytes() == before


@pytest.mark.parametrize(("schema", "status"), [("999", Status.WRONG), ("1", Status.NOTE)])
def test_a_database_of_another_version_is_told_and_not_changed(
    private: Path, schema: str, status: Status
) -> None:
    RunStore().close()
    with sqlite3.connect(private / "runs.sqlite3") as connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'schema'", (schema,))
    connection.close()
    assert only(services.database()).status is status
    with sqlite3.connect(private / "runs.sqlite3") as connection:
        (kept,) = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    connection.close()
    assert kept == schema


def test_a_database_that_is_not_there_never_shows_its_password(
    private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLAB_DATABASE_URL", "postgresql://lab:s3same@127.0.0.1:1/fairlab")
    settings.cache_clear()
    found = only(services.database())
    assert found.status is Status.WRONG
    assert "cannot be reached" in found.found
    assert "s3same" not in str(found)


def test_no_cluster_is_asked_for_where_none_is_set() -> None:
    assert list(services.ray()) == []


def test_a_cluster_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        number = closed.getsockname()[1]
    monkeypatch.setenv("FAIRLAB_RAY_ADDRESS", f"127.0.0.1:{number}")
    settings.cache_clear()
    found = only(services.ray())
    assert found.status is Status.WRONG
    assert "does not answer" in found.found


def test_a_port_is_free_or_somebody_elses() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        number = other.getsockname()[1]
        other.listen()
        other.settimeout(0)
        assert only(services.port(number)).status is Status.NOTE
    assert only(services.port(number)).status is Status.OK


def test_streamlits_settings_are_those_in_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable goes before our file; with this one seven visitors stall each other."""
    assert only(services.streamlit()).status is Status.OK
    monkeypatch.setenv("STREAMLIT_RUNNER_POST_SCRIPT_GC", "true")
    found = only(services.streamlit())
    assert found.status is Status.WRONG
    assert "runner.postScriptGC is True" in found.found


def test_a_check_that_breaks_does_not_keep_the_others(
    private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Iterable[Finding]:
        raise RuntimeError("password=s3same")

    (found,) = verb._tried("machine", broken)
    assert found.status is Status.WRONG
    assert "RuntimeError" in found.found
    assert "s3same" not in str(found)


def fairlab_doctor(home: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The verb as it is typed."""
    import os

    return subprocess.run(
        [sys.executable, "-m", "fairlab", "doctor", *options],
        env={**os.environ, "FAIRLAB_HOME": str(home), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_verb_says_all_that_is_wrong_and_ends_with_1(private: Path) -> None:
    """Wrong settings do not keep it from looking at the rest; no password is shown."""
    done = fairlab_doctor(
        private,
        "--json",
        "--no-training",
        FAIRLAB_UPLOAD_MB="lots",
        FAIRLAB_DATABASE_URL="postgresql://lab:s3same@127.0.0.1:1/fairlab",
        FAIRLAB_ADMIN_TOKEN="open-sesame",
    )
    assert done.returncode == 1, done.stderr
    record = json.loads(done.stdout)
    assert record["ok"] is False
    names = {one["name"] for one in record["checks"]}
    assert {"Python", "packages", "settings", "data folder", "port", "Streamlit"} <= names
    assert all(one["remedy"] for one in record["checks"] if one["status"] == "wrong")
    told = [one for one in record["checks"] if "FAIRLAB_UPLOAD_MB" in one["found"]]
    assert len(told) == 1, "what several checks stumble over is told once"
    assert "s3same" not in done.stdout + done.stderr
    assert "sesame" not in done.stdout + done.stderr


def test_the_verb_trains_for_a_moment_and_ends_with_0(private: Path, run: Run) -> None:
    status, said, _ = run("doctor", "--port", 1)
    assert "trial training: 2 models" in said
    assert status == 0, said
    assert "Nothing is wrong." in said
