"""Which Python runs what is measured: ours is this one, peers have environments of their own.

Dependency groups of pyproject.toml name the peers.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["OURS", "RUNNING", "Environment", "install"]

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The version of this Python."""

_ROOT = Path(__file__).parents[2]
_HOME = Path(sys.prefix) / "engine-peers"
_VERSION = """
import importlib.metadata, platform, sys
print(importlib.metadata.version(sys.argv[1]), "on Python", platform.python_version())
"""


@dataclass(frozen=True, slots=True)
class Environment:
    """An interpreter.

    Attributes:
        group: The dependency group that it has; empty for our own.
        version: The Python that it needs, for uv.
    """

    name: str
    group: str
    version: str

    @property
    def python(self) -> Path:
        """The interpreter, whether it is there or not; `LITEAGENT_BENCH_<NAME>` names another."""
        if not self.group:
            return Path(sys.executable)
        named = os.environ.get(f"LITEAGENT_BENCH_{self.name.upper()}")
        return Path(named) if named else _HOME / self.name / "bin" / "python"

    def version_of(self, package: str) -> str | None:
        """The version of a package, and of Python; None where it is not installed."""
        if not self.python.exists():
            return None
        looking = [str(self.python), "-c", _VERSION, package]
        done = subprocess.run(looking, check=False, capture_output=True, text=True, cwd=_ROOT)
        return done.stdout.strip() if done.returncode == 0 else None


OURS = Environment("ours", "", "")
"""This one."""


def install(environments: Iterable[Environment]) -> list[str]:
    """Make the environments of the peers, or bring them up to date; what went wrong, a line each."""
    search = f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"
    uv, problems = shutil.which("uv", path=search) or "uv", list[str]()
    for each in environments:
        if not each.group:
            continue
        python = _python(each.version)
        if python is None:
            problems.append(f"{each.name}: Python {each.version} is not on this machine; install it")
            continue
        made = each.python if each.python.exists() else None
        commands = [[uv, "venv", "--python", python, str(_HOME / each.name)]] if made is None else []
        # Copied, since LlamaIndex refuses to open its own data where it is hard-linked.
        where = ["--link-mode", "copy", "--python", str(each.python)]
        commands.append([uv, "pip", "install", *where, "--group", each.group])
        if any(subprocess.run(command, check=False, cwd=_ROOT).returncode for command in commands):
            problems.append(f"{each.name}: uv could not install it; it has said why above")
    return problems


def _python(version: str) -> str | None:
    """A Python of that version that starts: the running one, one on the path, or one of pyenv's."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = [shutil.which(f"python{version}"), *pyenv.glob(f"versions/{version}*/bin/python{version}")]
    for each in filter(None, found):
        if subprocess.run([each, "-V"], check=False, capture_output=True).returncode == 0:
            return str(each)
    return None
