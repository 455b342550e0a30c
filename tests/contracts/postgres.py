"""A PostgreSQL of the tests' own: in a temporary folder, on a socket nobody else finds.

``python -m tests.contracts.postgres`` installs Debian's ``postgresql`` if it is missing and this
process may. A server ends with the process that started it, however that ends.
"""

import functools
import itertools
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import sqlalchemy as sa

REMEDY = (
    "The tests of the run store need PostgreSQL, and it is not installed. On Debian or Ubuntu: "
    "apt-get install postgresql. On macOS: brew install postgresql@15, with its bin folder on "
    "PATH."
)
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "16MB",
    "max_connections": "100",
}
GUARDED = "guarded"  # a role that has to give a password
PATIENCE = 60.0  # seconds until a server that does not start is given up
# The server ends when nobody holds the other end of its input any more.
UNTIL_ABANDONED = '"$@" & server=$!; read -r _; kill -INT $server; wait $server'


def find_programs() -> Path | None:
    """The folder with ``initdb`` and ``postgres``; None if there is none."""
    on_path = shutil.which("initdb")
    if on_path is not None and shutil.which("postgres") is not None:
        return Path(on_path).parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    return found[-1].parent if found else None


def install() -> None:
    """Install Debian's packages if PostgreSQL is missing.

    Raises:
        SystemExit: If it cannot be installed from here, with the remedy.
    """
    if find_programs() is not None:
        return
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        raise SystemExit(REMEDY)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (
        ("update", "-qq"),
        ("install", "-qq", "-y", "--no-install-recommends", "postgresql"),
    ):
        subprocess.run([apt, *arguments], env=quiet, check=False, stdout=subprocess.DEVNULL)
    if find_programs() is None:
        raise SystemExit(REMEDY)


class Postgres:
    """A running server. ``stop`` once."""

    def __init__(self, programs: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="fairlab-pg-"))
        self._names = itertools.count(1)
        self._who: dict[str, object] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            user = _unprivileged()
            self._who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        data = self.folder / "data"
        initdb = [programs / "initdb", "-D", data, "-U", "fairlab", "-E", "UTF8"]
        initdb += ["--no-sync", "--locale=C", "--auth-local=trust", "--auth-host=scram-sha-256"]
        self._run([*initdb, "--no-instructions"])
        rules = data / "pg_hba.conf"
        rules.write_text(f"local all {GUARDED} scram-sha-256\n" + rules.read_text())
        options = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        server = [programs / "postgres", "-D", data, "-k", self.folder, *options]
        reading, self._life = os.pipe()
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", UNTIL_ABANDONED, "sh", *server],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                stdin=reading,
                **self._who,  # type: ignore[call-overload]
            )
        os.close(reading)
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def url(self, name: str = "postgres") -> str:
        """Address of one of its databases."""
        return f"postgresql://fairlab@/{name}?host={self.folder}"

    def new_database(self, template: str = "template1") -> str:
        """A database of its own; its address."""
        name = f"test{next(self._names)}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def connect(self, name: str = "postgres") -> "psycopg.Connection[tuple[object, ...]]":
        """A connection that commits each statement."""
        return psycopg.connect(host=str(self.folder), user="fairlab", dbname=name, autocommit=True)

    def stop(self) -> None:
        """End the server and delete its folder."""
        os.close(self._life)
        self._process.wait(PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, command: list[object]) -> None:
        done = subprocess.run(  # type: ignore[call-overload]
            [str(part) for part in command],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            **self._who,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} failed: {done.stderr}")

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError as error:
                if time.monotonic() > until or self._process.poll() is not None:
                    log = (self.folder / "log").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"PostgreSQL did not start: {log}") from error
            time.sleep(0.02)


@functools.cache
def server() -> Postgres:
    """The server of this process, started when first asked for.

    Raises:
        RuntimeError: If PostgreSQL is not installed, with the remedy.
    """
    import atexit

    programs = find_programs()
    if programs is None:
        raise RuntimeError(REMEDY)
    found = Postgres(programs)
    atexit.register(found.stop)
    return found


@functools.cache
def prepared() -> str:
    """Name of a database with the tables of this version, to make others from."""
    from fairlab.runs.database import Database

    url = server().new_database()
    Database(url, Path("not-used")).close()
    return str(sa.make_url(url).database)


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL does not run as root, and there is no user nobody.")


def _version(path: Path) -> int:
    name = path.parts[-3]
    return int(name) if name.isdigit() else 0


if __name__ == "__main__":
    install()
    sys.exit(0)
