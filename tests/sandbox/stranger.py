"""Runs code as someone else: `python -m tests.sandbox.stranger HOW CODE`.

HOW is any of these, with a comma between: `nobody` (an ordinary user), `open` (root, with an interpreter that
anybody may read), `contained` (whatever makes namespaces or mounts is refused, as the default filter of a
container engine does), `bare` (it refuses Landlock as well).
"""

import errno
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from liteagent_sandbox import bpf, kernel
from liteagent_sandbox.syscalls import AUDIT_ARCH, number

__all__ = ["NOBODY", "contain", "run_as"]

NOBODY = 65534
_ROOT = Path(__file__).parents[2]
_NAMESPACES = 0x7E020000
_CLONE_NEWTIME = 0x80


def run_as(how: str, code: str, timeout: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a Python of its own, as someone else."""
    return subprocess.run(
        [sys.executable, "-m", "tests.sandbox.stranger", how, code],
        cwd=_ROOT,
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": f"{_ROOT}/src:{_ROOT}", **environment},
        text=True,
        capture_output=True,
        check=False,
        timeout=timeout,
    )


def _uncover() -> None:
    """Let anybody read the interpreter and the code, in this process only."""
    needed = [sys.base_prefix, sys.prefix, str(_ROOT / "src"), str(_ROOT / "tests")]
    held = {path: os.open(path, os.O_PATH) for path in needed}
    covers = sorted({cover for path in needed if (cover := _closed(Path(path)))})
    for cover in covers:
        kernel.mount("cover", cover, "tmpfs", 0, "mode=755")
    for path, descriptor in held.items():
        if not any(path.startswith(f"{cover}/") or path == cover for cover in covers):
            continue
        Path(path).mkdir(parents=True, exist_ok=True)
        kernel.mount(f"/proc/self/fd/{descriptor}", path, flags=kernel.MS_BIND | kernel.MS_REC)


def _closed(path: Path) -> str:
    """The outermost folder on the way that not everybody may pass; empty for none."""
    for folder in [*reversed(path.parents), path]:
        if not folder.stat().st_mode & 0o001:
            return str(folder)
    return ""


def _open() -> None:
    if os.getuid() != 0:
        return
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    _uncover()
    os.chdir("/")


def _become_nobody() -> None:
    if os.getuid() != 0:
        return
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    tempfile.tempdir = "/tmp"


def contain(*, landlock: bool = True) -> None:
    """Refuse what the default filter of a container engine refuses."""
    refused = ["unshare", "setns", "mount", "umount2", "pivot_root", "mount_setattr", "fsopen", "move_mount"]
    if not landlock:
        refused += ["landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"]
    program = [
        bpf.load(4),
        bpf.jump("==", AUDIT_ARCH[platform.machine()], 1, 0),
        bpf.ret(bpf.KILL),
        bpf.load(0),
    ]
    for name in refused:
        found = number(name)
        assert found is not None
        program += [bpf.jump("==", found, 0, 1), bpf.ret(bpf.deny(errno.EPERM))]
    for name, action in (("clone3", errno.ENOSYS), ("clone", errno.EPERM)):
        found = number(name)
        assert found is not None
        body = [bpf.ret(bpf.deny(action))]
        if name == "clone":
            body = [bpf.low_word(0), bpf.jump("&", _NAMESPACES, 0, 1), *body, bpf.ret(bpf.ALLOW)]
        program += [bpf.jump("==", found, 0, len(body)), *body]
    kernel.set_no_new_privs()
    bpf.install(bpf.assembled([*program, bpf.ret(bpf.ALLOW)]))


def _main(how: str, code: str) -> None:
    ways = how.split(",")
    if "nobody" in ways or "open" in ways:
        _open()
    if "nobody" in ways:
        _become_nobody()
    if "contained" in ways:
        contain()
    if "bare" in ways:
        contain(landlock=False)
    os.execve(sys.executable, [sys.executable, "-c", code], {**os.environ, "HOME": "/tmp"})


if __name__ == "__main__":
    _main(*sys.argv[1:])
