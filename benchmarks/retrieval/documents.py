"""The documentation that is indexed: Debian's, fetched once into a folder of the user's."""

import gzip
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

__all__ = ["MissingError", "fetched", "pages", "prepared", "read"]

_PACKAGES = ("python3.11-doc", "linux-doc-6.1")
_PYTHON = "usr/share/doc/python3.11/html"
_LINUX = "usr/share/doc/linux-doc-6.1/Documentation"
_MB = 1_000_000


class MissingError(Exception):
    """The documentation is not to be had; the message says why."""


def fetched(cache: Path) -> Path:
    """The folder that Debian's packages are unpacked in.

    Raises:
        MissingError: This system has no apt-get, or its sources do not have them.
    """
    root = cache / "debian"
    if all((root / each).is_dir() for each in (_PYTHON, _LINUX)):
        return root
    tools = [shutil.which(name) for name in ("apt-get", "dpkg-deb")]
    if None in tools:
        raise MissingError("this system has no apt-get and dpkg-deb to fetch Debian's documentation with")
    root.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["apt-get", "download", *_PACKAGES], cwd=cache, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise MissingError(f"apt-get cannot download {' and '.join(_PACKAGES)}; run `apt-get update` first")
    for package in cache.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", str(package), str(root)], check=True)
        package.unlink()
    return root


def pages(cache: Path) -> Path:
    """Python's documentation as HTML pages.

    Raises:
        MissingError: As `fetched`.
    """
    return fetched(cache) / _PYTHON


def prepared(cache: Path) -> Path:
    """A folder with `python` (11 MB) and `linux` (22 MB) in it: prose as plain text files.

    Raises:
        MissingError: As `fetched`.
    """
    made = cache / "texts"
    if made.is_dir():
        return made
    root, partial = fetched(cache), cache / f"texts.{os.getpid()}"
    for path in sorted((root / _PYTHON / "_sources").rglob("*.txt")):
        _write(partial / "python" / path.relative_to(root / _PYTHON / "_sources"), path.read_bytes())
    for path in sorted((root / _LINUX).rglob("*.rst.gz")):
        inner = path.relative_to(root / _LINUX)
        if inner.parts[0] != "translations":
            _write(partial / "linux" / inner.with_suffix(""), gzip.decompress(path.read_bytes()))
    partial.rename(made)
    return made


def read(folder: Path, megabytes: float) -> Iterator[tuple[str, str]]:
    """Names and texts of files below a folder, as many as have so many million bytes together."""
    size = 0
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            size += len(data)
            if size > megabytes * _MB:
                return
            yield path.relative_to(folder).as_posix(), data.decode("utf-8", "replace")


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
