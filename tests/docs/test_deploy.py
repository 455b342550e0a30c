"""What docs/deploy.md, compose.yaml and the Dockerfile say is what there is."""

import fnmatch
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

import fairlab
from fairlab.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
VARIABLE = re.compile(r"FAIRLAB_[A-Z_]+[A-Z]")
KNOWN = {f"FAIRLAB_{name.upper()}" for name in Settings.model_fields} | {"FAIRLAB_HOME"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", ["compose.yaml", "Dockerfile", "docs/deploy.md", "README.md"])
def test_every_variable_that_is_named_exists(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert set(VARIABLE.findall(text)) <= KNOWN


def test_every_setting_is_in_the_table_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(FAIRLAB_[A-Z_]+)` \| ?(.*?) ?\| .+ \|$", DEPLOY, re.MULTILINE))
    assert set(rows) == KNOWN
    for name, field in Settings.model_fields.items():
        said, default = rows[f"FAIRLAB_{name.upper()}"], field.default
        if isinstance(default, SecretStr) or default == "":
            continue
        wanted = str(default).lower() if isinstance(default, bool) else str(default)
        assert said == f"`{wanted}`", name


def test_every_part_that_is_linked_exists() -> None:
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", DEPLOY, re.MULTILINE)
    }
    assert set(re.findall(r"\(#([a-z0-9-]+)\)", DEPLOY)) <= anchors


def test_no_secret_is_in_a_file_that_is_kept(compose: dict[str, Any]) -> None:
    """Passwords come from a file that is neither committed nor copied into the image."""
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|TOKEN|URL", name):
                assert "${" in value, name
                assert ":?" in value, f"{name} must not be empty without a word"
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert ".env" in ignored
    assert ".streamlit/secrets.toml" in ignored
    assert not re.search(r"(?i)(password|token|secret)\s*=", DOCKERFILE)


def test_services_have_limits_restart_and_health(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {"app", "worker", "postgres"}
    for name, service in services.items():
        assert service["restart"] == "unless-stopped", name
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}, name
    assert services["postgres"]["healthcheck"]["test"][1].startswith("pg_isready")
    for name in ("app", "worker"):
        assert services[name]["depends_on"]["postgres"] == {"condition": "service_healthy"}
        assert services[name]["environment"]["FAIRLAB_OWN_WORKER"] == "false"
        assert services[name]["read_only"] is True
        assert services[name]["volumes"] == ["fairlab-data:/data"], "results are shared"
    assert services["worker"]["command"] == ["fairlab", "worker"]
    version = services["app"]["image"].split(":")[1]
    assert version == fairlab.__version__


def test_ports_are_open_to_this_machine_only(compose: dict[str, Any]) -> None:
    assert compose["services"]["app"]["ports"] == ["127.0.0.1:8501:8501"]
    assert "ports" not in compose["services"]["postgres"]


def test_images_are_pinned_and_nobody_is_root(compose: dict[str, Any]) -> None:
    for image in (compose["services"]["postgres"]["image"], "python:" + _python()):
        assert re.search(r":\d+\.\d+", image), image
    assert "latest" not in DOCKERFILE
    last = DOCKERFILE.split("FROM ")[-1]
    assert "\nUSER 10001:10001\n" in last
    assert last.index("USER ") < last.index("\nCMD ")


def _python() -> str:
    found = re.search(r"PYTHON_IMAGE=python:(\S+)", DOCKERFILE)
    assert found is not None
    return found[1]


def test_the_image_has_a_python_that_fairlab_runs_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    least = tuple(int(part) for part in project["requires-python"].removeprefix(">=").split("."))
    assert tuple(int(part) for part in _python().split("-")[0].split(".")) >= least


def test_everything_copied_exists_and_is_not_ignored() -> None:
    """What .dockerignore leaves out cannot be copied: the build would stop there."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    names = [name for line in copied for name in line.split()]
    assert {"fairlab", "pages", "datasets", "app.py", ".streamlit/config.toml"} <= set(names)
    for name in names:
        assert (ROOT / name).exists(), name
        assert not _ignored(name, patterns), name
    for secret in (".env", ".streamlit/secrets.toml", ".git", "worker.log", "fairlab/x.pyc"):
        assert _ignored(secret, patterns), secret


def _ignored(name: str, patterns: list[str]) -> bool:
    """Docker's rule: the last pattern that matches the path, or a folder it is in, decides."""
    ignored = False
    folders = [str(parent) for parent in Path(name).parents if str(parent) != "."]
    for pattern in patterns:
        bare = pattern.removeprefix("!")
        tail = bare.removeprefix("**/")
        if any(
            fnmatch.fnmatch(one, bare) or fnmatch.fnmatch(Path(one).name, tail)
            if bare.startswith("**/")
            else fnmatch.fnmatch(one, bare) and one.count("/") == bare.count("/")
            for one in (name, *folders)
        ):
            ignored = not pattern.startswith("!")
    return ignored


def test_the_image_installs_what_the_project_needs() -> None:
    """PyTorch's version is read from the pins, so that there is one place for it."""
    assert "RUN pip install -r requirements.txt\n" in DOCKERFILE
    assert "torch" not in DOCKERFILE.split("RUN pip install -r")[0]
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    (torch,) = [pin for pin in pins if pin.startswith("torch==")]
    assert torch in DEPLOY, "who takes another build takes the same version"
    developing = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
    both = [*pins, *developing]
    (ray,) = [pin for pin in both if pin.startswith("ray==")]
    assert ray in DEPLOY


def test_the_container_is_started_and_asked_as_the_docs_say() -> None:
    assert '"--server.address", "0.0.0.0"' in DOCKERFILE
    assert "/api/ready" in DOCKERFILE
    assert "STOPSIGNAL SIGTERM" in DOCKERFILE
