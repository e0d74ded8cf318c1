"""What a run finds inside: the interpreters, their libraries and the operator's packages."""

import contextlib
import importlib
import importlib.util
import shutil
import sys
import sysconfig
from pathlib import Path

from liteagent_sandbox.blueprint import Blueprint
from liteagent_sandbox.settings import Settings

__all__ = ["blueprint", "node_program"]

_INSTALLED = ("site-packages", "dist-packages")
_TEMPLATES = ("jinja2", "markupsafe")
_SHARED = (
    "/usr/share/zoneinfo",
    "/etc/localtime",
    "/etc/ld.so.cache",
)
_ONLINE = (
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/ssl",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
)
_BRINGING_LIBRARIES = ("bz2", "ctypes", "lzma", "sqlite3", "ssl", "zlib")
_LIBRARIES = ("/lib", "/lib64", "/usr/lib64", "/usr/local/lib64")


def node_program(settings: Settings) -> str:
    """Where Node is; empty when there is none or it is not wanted."""
    if settings.node == "none":
        return ""
    found = shutil.which(settings.node or "node")
    return str(Path(found).resolve()) if found else ""


def blueprint(settings: Settings, layers: frozenset[str], *, network: bool) -> Blueprint:
    """For a server with these layers; the descriptor to talk over is filled in later."""
    standard = _standard()
    packages = [str(Path(settings.packages).resolve())] if settings.packages else []
    templates = _templates()
    readable = [*standard, *packages, *templates, *_libraries(), *_SHARED, *(_ONLINE if network else ())]
    return Blueprint(
        package=str(Path(__file__).parent.resolve()),
        python=str(Path(sys.executable).resolve()),
        module_path=packages,
        template_path=list(dict.fromkeys(str(Path(each).parent) for each in templates)),
        readable=[each for each in dict.fromkeys(readable) if Path(each).exists()],
        hidden=_hidden(standard, packages),
        node=node_program(settings),
        preload=list(settings.preload),
        namespaces="namespaces" in layers,
        landlock="landlock" in layers,
        seccomp="seccomp" in layers,
        network=network,
        work_bytes=settings.work_bytes,
        work_files=settings.work_files,
        tasks=settings.tasks,
        open_files=settings.open_files,
        memory=settings.mem,
        cpu=settings.max_cpu,
        cgroup="",
        control=-1,
    )


def _standard() -> list[str]:
    """The standard library."""
    folders = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
    return list(dict.fromkeys(str(Path(each).resolve()) for each in folders))


def _templates() -> list[str]:
    """Jinja2 and what it needs, wherever that is."""
    found = [importlib.util.find_spec(each) for each in _TEMPLATES]
    return [str(Path(each.origin).parent.resolve()) for each in found if each is not None and each.origin]


def _hidden(standard: list[str], packages: list[str]) -> list[str]:
    """The packages that lie inside the standard library, if they are not the operator's choice."""
    inside = [f"{folder}/{name}" for folder in standard for name in _INSTALLED]
    return [each for each in inside if Path(each).is_dir() and each not in packages]


def _libraries() -> list[str]:
    """The folders of the shared libraries that are mapped here, and the system's own."""
    for name in _BRINGING_LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    found = {
        str(Path(each).resolve())
        for each in _LIBRARIES
        if Path(each).is_dir() and not Path(each).is_symlink()
    }
    with Path("/proc/self/maps").open(encoding="utf-8", errors="replace") as maps:
        for line in maps:
            path = line.split(maxsplit=5)[5].strip() if len(line.split(maxsplit=5)) > 5 else ""
            if path.startswith("/") and ".so" in path and "-packages/" not in path:
                found.add(str(Path(path).resolve().parent))
    return sorted(found | {each for each in _standard_folders() if Path(each).is_dir()})


def _standard_folders() -> list[str]:
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    return [f"{each}/{multiarch}" for each in ("/lib", "/usr/lib") if multiarch] + ["/usr/lib64"]
