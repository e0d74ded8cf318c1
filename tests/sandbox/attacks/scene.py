"""What hostile programs would like to reach: canaries, listeners and somebody to hurt."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["NOBODY", "VARIABLE", "Scene", "set_up"]

NOBODY = 65534
VARIABLE = "LITEAGENT_CANARY"
_SHARED_FOLDERS = ("/", "/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", "/etc", "/usr/lib", "/home")


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that must be as it was when a program has ended.

    Attributes:
        mark: What hostile programs name their files and processes.
        secrets: What must never be in an answer.
    """

    mark: str
    folder: Path
    secrets: dict[str, str]
    listeners: dict[str, socket.socket]
    victim: subprocess.Popen[bytes]

    @property
    def canary(self) -> Path:
        """A file that anybody on the host can read."""
        return self.folder / f"canary-{self.mark}"

    @property
    def spare(self) -> Path:
        """A file that anybody on the host can write."""
        return self.folder / "open" / "spare"

    @property
    def open_folders(self) -> list[str]:
        """Where anybody, or at least root, can write."""
        return [str(self.folder / "open"), str(self.folder), *_SHARED_FOLDERS, str(Path.cwd())]

    @property
    def _kept(self) -> set[str]:
        return {self.canary.name, "open", "open/spare", "open/socket"}

    def told(self, service: int) -> dict[str, Any]:
        """What a hostile program knows: where everything is, nothing of what it holds."""
        addresses = {each[4][0] for each in socket.getaddrinfo(socket.gethostname(), None)}
        return {
            "mark": self.mark,
            "canary": str(self.canary),
            "canary_name": self.canary.name,
            "spare": str(self.spare),
            "folder": str(self.folder),
            "variable": VARIABLE,
            "writable": self.open_folders,
            "host_paths": [
                "/boot",
                "/srv",
                "/media",
                "/var/log",
                str(self.folder),
                "/run/lock",
                "/tmp/.X11-unix",
            ],
            "service": service,
            "victim": self.victim.pid,
            "addresses": sorted(str(address) for address in addresses),
            "tcp": self.listeners["tcp"].getsockname()[1],
            "udp": self.listeners["udp"].getsockname()[1],
            "unix": str(self.folder / "open" / "socket"),
            "abstract": f"{self.mark}-stream",
            "abstract_datagram": f"{self.mark}-datagram",
        }

    def changes(self) -> Iterator[str]:
        """What was done to it."""
        if self.victim.poll() is not None:
            yield f"the bystander got {signal.Signals(-self.victim.returncode).name}"
        if not self.canary.is_file() or self.canary.read_text("utf-8") != self.secrets["file"]:
            yield "the canary file was changed"
        if not self.spare.is_file() or self.spare.read_text("utf-8") != "spare":
            yield "the spare file was changed"
        found = {str(path.relative_to(self.folder)) for path in self.folder.rglob("*")}
        yield from (f"{path} came or went" for path in sorted(found ^ self._kept))
        for folder in _SHARED_FOLDERS:
            if (Path(folder) / self.mark).exists():
                yield f"{folder}/{self.mark} was written"
        yield from self._reached()

    def _reached(self) -> Iterator[str]:
        for name, listener in self.listeners.items():
            try:
                if listener.type == socket.SOCK_STREAM:
                    listener.accept()[0].close()
                else:
                    listener.recv(100)
                yield f"the {name} listener was reached"
            except BlockingIOError:
                pass

    def restore(self) -> None:
        """Undo what a program did that got through, so that it is not held against the next one."""
        for folder in _SHARED_FOLDERS:
            (Path(folder) / self.mark).unlink(missing_ok=True)
        for path in self.folder.rglob("*"):
            if str(path.relative_to(self.folder)) not in self._kept and not path.is_dir():
                path.unlink()
        self.canary.write_text(self.secrets["file"], encoding="utf-8")
        self.spare.write_text("spare", encoding="utf-8")
        self.spare.chmod(0o666)


@contextmanager
def set_up() -> Generator[Scene]:
    """A scene, and nothing of it afterwards."""
    mark = f"la{secrets.token_hex(4)}"
    folder = Path(tempfile.mkdtemp(prefix="scene-"))
    found = {name: f"{name}-{secrets.token_hex(16)}" for name in ("file", "environment", "key")}
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        _lay_out(folder, mark, found["file"])
        listeners = _listen(folder, mark)
        for listener in listeners.values():
            listener.setblocking(False)
            stack.callback(listener.close)
        victim = _bystander()
        stack.callback(victim.wait)
        stack.callback(victim.kill)
        yield Scene(mark, folder, found, listeners, victim)


def _lay_out(folder: Path, mark: str, canary: str) -> None:
    folder.chmod(0o755)
    (folder / f"canary-{mark}").write_text(canary, encoding="utf-8")
    (folder / "open").mkdir()
    (folder / "open").chmod(0o777)
    (folder / "open" / "spare").write_text("spare", encoding="utf-8")
    (folder / "open" / "spare").chmod(0o666)


def _listen(folder: Path, mark: str) -> dict[str, socket.socket]:
    listeners = {
        "tcp": socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True),
        "udp": socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "unix": socket.socket(socket.AF_UNIX),
        "abstract": socket.socket(socket.AF_UNIX),
        "abstract datagram": socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM),
    }
    listeners["udp"].bind(("127.0.0.1", 0))
    listeners["unix"].bind(str(folder / "open" / "socket"))
    (folder / "open" / "socket").chmod(0o777)
    listeners["abstract"].bind(f"\0{mark}-stream")
    listeners["abstract datagram"].bind(f"\0{mark}-datagram")
    for name in ("unix", "abstract"):
        listeners[name].listen()
    return listeners


def _bystander() -> subprocess.Popen[bytes]:
    """A process of the user whom the sandbox becomes, that most signals end."""
    user = NOBODY if os.geteuid() == 0 else None
    return subprocess.Popen(["/bin/sleep", "100000"], stdin=subprocess.DEVNULL, user=user)
