"""What ``fairlab doctor`` asks of others: database, cluster, port, Streamlit, a trial training."""

import json
import os
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

import fairlab
from fairlab.commands.doctor_findings import Finding, note, ok, wrong
from fairlab.errors import FairlabError
from fairlab.home import home
from fairlab.settings import settings

ROOT = Path(fairlab.__file__).parents[1]
STREAMLIT = {
    "runner.postScriptGC": False,
    "logger.enableRich": False,
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "type",
    "server.fileWatcherType": "none",
    "server.enableXsrfProtection": True,
}


def database() -> Iterator[Finding]:
    """The run database opens, is of this version, and takes what is written."""
    from fairlab.runs.inspection import inspect_database
    from fairlab.runs.store import RunStore

    try:
        found = inspect_database(home())
        name = f"{found.kind} {found.place}"
        if found.damage:
            yield wrong(
                "database",
                f"{name} is damaged ({found.damage[:80]})",
                "Runs may be missing or unreadable.",
                "Stop fairlab, keep the file, and put a copy from before in its place.",
            )
            return
        if found.schema is None:
            yield ok("database", f"{name}: empty, the first start makes its tables")
            return
        if found.schema > found.wanted:
            yield wrong(
                "database",
                f"{name} has schema {found.schema}; this fairlab knows {found.wanted}",
                "A newer fairlab wrote it.",
                "Update fairlab, or set FAIRLAB_HOME to another folder.",
            )
            return
        if found.schema < found.wanted:
            yield note(
                "database",
                f"{name} has schema {found.schema}, of an earlier fairlab",
                f"The next start brings it to schema {found.wanted}.",
                "Copy it before (docs/deploy.md, Backup): there is no way back.",
            )
            return
        store = RunStore()
        try:
            store.check()
            yield ok("database", f"{name}, schema {found.schema}, takes and gives")
            yield from _runs(store.overview())
        finally:
            store.close()
    except FairlabError as error:
        yield wrong("database", str(error), "No run can be stored.", "As it says.")


def _runs(now: object) -> Iterator[Finding]:
    """Whether queued runs have somebody to train them."""
    queued, running = getattr(now, "queued", 0), getattr(now, "running", 0)
    workers = getattr(now, "workers", {})
    counts = f"{running:,} runs train, {queued:,} wait"
    if workers:
        states = ", ".join(sorted(workers.values()))
        yield ok("training process", f"{len(workers)} there ({states}); {counts}")
    elif queued:
        yield wrong(
            "training process",
            f"none is there; {counts}",
            "Runs wait until one comes.",
            "Start the app (make app), or 'fairlab worker' where FAIRLAB_OWN_WORKER is false.",
        )
    else:
        yield ok("training process", "none is there: it starts with the app, or 'fairlab worker'")


def sign_in() -> Iterator[Finding]:
    """Secrets of sign-in, where there are any: for their owner alone."""
    for file in (ROOT / ".streamlit" / "secrets.toml", Path.home() / ".streamlit" / "secrets.toml"):
        if not file.is_file():
            continue
        if os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & 0o077:
            yield wrong(
                "sign-in",
                f"{file} is open to other users of this machine",
                "They can read the client secret and sign cookies as anybody.",
                f"chmod 600 {file}",
            )
        else:
            yield ok("sign-in", f"{file}, its owner's alone")


def ray() -> Iterator[Finding]:
    """The cluster, where one is set."""
    address = settings().ray_address
    if not address:
        return
    try:
        version = metadata.version("ray")
    except metadata.PackageNotFoundError:
        yield wrong(
            "Ray",
            "FAIRLAB_RAY_ADDRESS is set and ray is not installed",
            "Runs cannot be trained on the cluster.",
            "Install it (the pin is in requirements-dev.txt), or unset the variable.",
        )
        return
    parts = urlsplit(address if "://" in address else f"//{address}")
    if parts.hostname is None or parts.port is None:
        yield note("Ray", f"ray {version}", "The address names no port to try.", "Start a run.")
        return
    try:
        socket.create_connection((parts.hostname, parts.port), timeout=3).close()
    except OSError as error:
        yield wrong(
            "Ray",
            f"ray {version}; {parts.hostname}:{parts.port} does not answer "
            f"({error.strerror or type(error).__name__})",
            "Runs cannot be trained on the cluster.",
            "Start it ('ray start --head'), open the port, or unset FAIRLAB_RAY_ADDRESS.",
        )
        return
    yield ok("Ray", f"ray {version}; {parts.hostname}:{parts.port} answers")


def port(number: int) -> Iterator[Finding]:
    """Free, or whose it is."""
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", number))
    except OSError:
        yield from _taken(number)
        return
    yield ok("port", f"{number} is free")


def _taken(number: int) -> Iterator[Finding]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{number}/api/health", timeout=3) as answer:
            version = json.loads(answer.read(10_000))["version"]
        yield ok("port", f"{number} is fairlab {version}, running")
    except (OSError, ValueError, KeyError, TypeError):
        yield note(
            "port",
            f"{number} is taken by another program",
            "The app takes the next free port, or says that it cannot.",
            "Give another one: make app ARGS='--server.port 8600'.",
        )


# 'streamlit run' takes variables as it takes options: they go before every file.
_STREAMLIT_CODE = """
import json, os, sys
from streamlit import config
config._main_script_path = sys.argv[1]
options = config.get_config_options()
found = {}
for name in json.loads(sys.argv[2]):
    found[name] = config.get_option(name)
    said = os.environ.get(options[name].env_var)
    if said is not None:
        kind = type(found[name])
        found[name] = said.lower() in ("1", "true", "t", "yes", "y", "on") if kind is bool else (
            int(said) if kind is int else said)
print(json.dumps(found))
"""


def streamlit() -> Iterator[Finding]:
    """Settings in effect: files of this user and variables STREAMLIT_… go before ours."""
    names = [*STREAMLIT, "server.maxUploadSize", "server.address"]
    command = [sys.executable, "-c", _STREAMLIT_CODE, str(ROOT / "app.py"), json.dumps(names)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    found = json.loads(answer.stdout.strip().splitlines()[-1])
    differ = [
        f"{name} is {found[name]!r}" for name, value in STREAMLIT.items() if found[name] != value
    ]
    if differ:
        yield wrong(
            "Streamlit",
            "; ".join(differ),
            "The server gets slow with several visitors, or says more than it should.",
            "Start it beside .streamlit/config.toml, and unset STREAMLIT_… variables and lines of "
            "~/.streamlit/config.toml that say otherwise.",
        )
    else:
        yield ok(
            "Streamlit", f"{len(STREAMLIT)} settings as meant; address {found['server.address']}"
        )
    if found["server.maxUploadSize"] < settings().upload_mb:
        yield note(
            "Streamlit",
            f"server.maxUploadSize is {found['server.maxUploadSize']} MB, FAIRLAB_UPLOAD_MB "
            f"{settings().upload_mb}",
            "The smaller one counts.",
            f"Start with --server.maxUploadSize {settings().upload_mb}.",
        )


_TRIAL_CODE = """
import json, time
began = time.perf_counter()
import torch
from fairlab.config import RunConfig
from fairlab.data import load
from fairlab.training import fit_sweep
loaded = time.perf_counter()
torch.set_num_threads(1)
table = load("loanapp")
sweep = {"epochs": 2, "modes": ["penalty"], "penalty": {"strengths": [0.0, 1.0]}, "baselines": []}
run = RunConfig.model_validate({"data": table.data, "task": table.task, "sweep": sweep})
points = len(fit_sweep(table, run).points)
cuda = torch.cuda.is_available()
print(json.dumps({
    "torch": torch.__version__, "cuda": torch.cuda.get_device_name(0) if cuda else "",
    "built": torch.version.cuda or "", "points": points,
    "loading": loaded - began, "training": time.perf_counter() - loaded,
}))
"""


def trial() -> Iterator[Finding]:
    """A second of training in a process of its own, with PyTorch and what it finds to run on."""
    answer = subprocess.run(
        [sys.executable, "-c", _TRIAL_CODE], capture_output=True, text=True, timeout=180
    )
    if answer.returncode != 0:
        last = answer.stderr.strip().splitlines()[-1:] or [f"status {answer.returncode}"]
        yield wrong(
            "trial training", last[0][:200], "Nothing can be trained.", "Install anew: make app."
        )
        return
    found = json.loads(answer.stdout.strip().splitlines()[-1])
    yield ok(
        "trial training",
        f"{found['points']} models in {found['training']:.1f} s (loading PyTorch "
        f"{found['loading']:.1f} s)",
    )
    if found["cuda"]:
        yield ok("PyTorch", f"{found['torch']}, {found['cuda']}")
    elif Path("/dev/nvidia0").exists():
        why = f"built for CUDA {found['built']}" if found["built"] else "built without CUDA"
        yield note(
            "PyTorch",
            f"{found['torch']} ({why}) does not see the graphics card of this machine",
            "Runs train on the processor.",
            "Check the driver (nvidia-smi), or install a build for CUDA: docs/deploy.md.",
        )
    else:
        yield ok("PyTorch", f"{found['torch']}, no graphics card: runs train on the processor")
